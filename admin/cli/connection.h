// SPDX-License-Identifier: Apache-2.0
//
// Calls of the office API over the node's Unix socket. A call that the node
// could not take (UNAVAILABLE) is made up to three times with the same request
// and so the same request_id, which makes repeating harmless.
#ifndef AMPARO_ADMIN_CLI_CONNECTION_H_
#define AMPARO_ADMIN_CLI_CONNECTION_H_

#include <google/protobuf/message.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "admin/cli/failure.h"
#include "crypto/base/secret.h"

namespace amparo::cli {

inline constexpr int kTriesMax = 3;
inline constexpr absl::Duration kTimeoutDefault = absl::Seconds(60);
// Of an answer: 500 of the largest entries fit.
inline constexpr int kAnswerBytesMax = 64 * 1024 * 1024;

// 32 hexadecimal digits that nobody used before: names one change.
std::string NewRequestId();

// One thread.
class Connection {
 public:
  // Nothing is sent yet. NODE_NOT_REACHABLE when no socket is there. `timeout`
  // is for each try; infinite is allowed.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(
      const std::string& socket_path, absl::Duration timeout);

  // Sent with every call from now on.
  void SetSession(crypto::Secret token) { token_ = std::move(token); }

  // One call, for instance Call(&PeopleService::Stub::WhoAmI, request).
  // ENCODING_INVALID naming the field when some text in it is no UTF-8.
  template <class Stub, class Request, class Response>
  absl::StatusOr<Response> Call(
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      const Request& request) {
    const absl::Status text = CheckText(request);
    if (!text.ok()) return text;
    Stub stub(channel_);
    Response response;
    const absl::Status done = Try([&](grpc::ClientContext* context) {
      response.Clear();
      return (stub.*method)(context, request, &response);
    });
    if (!done.ok()) return done;
    return response;
  }

  // For streams, which are not repeated by themselves: the session and no
  // deadline. Of `first`, which opens the stream, the text is checked as by
  // Call.
  absl::Status Prepare(const google::protobuf::Message& first,
                       grpc::ClientContext* context) const;
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  Connection(std::shared_ptr<grpc::Channel> channel, absl::Duration timeout)
      : channel_(std::move(channel)), timeout_(timeout) {}

  static absl::Status CheckText(const google::protobuf::Message& request);
  void AddSession(grpc::ClientContext* context) const;
  absl::Status Try(
      const std::function<grpc::Status(grpc::ClientContext*)>& call) const;

  std::shared_ptr<grpc::Channel> channel_;
  absl::Duration timeout_;
  crypto::Secret token_;
};

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_CONNECTION_H_
