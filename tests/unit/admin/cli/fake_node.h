// SPDX-License-Identifier: Apache-2.0
//
// A node for tests of the command line: a real gRPC server on a Unix socket
// that answers every call as it was told, and remembers what it was asked.
#ifndef AMPARO_TESTS_UNIT_ADMIN_CLI_FAKE_NODE_H_
#define AMPARO_TESTS_UNIT_ADMIN_CLI_FAKE_NODE_H_

#include <google/protobuf/message.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace amparo::cli {

// A refusal as the node sends it.
grpc::Status RefusalOnWire(grpc::StatusCode code, const std::string& reason,
                           const std::string& message,
                           const std::string& field = "",
                           const std::string& state = "");

class FakeNode : public grpc::CallbackGenericService {
 public:
  struct Call {
    std::string method;  // "PeopleService.WhoAmI"
    std::string session;
    std::vector<std::string> messages;  // Serialised requests.
  };

  // Serves on office.sock in `folder`, which must exist.
  explicit FakeNode(const std::string& folder);
  ~FakeNode() override;

  // Answers calls of a method in the order given; the last answer stays. A
  // method without an answer is refused with NOT_ALLOWED.
  void Answer(const std::string& method,
              const google::protobuf::Message& response);
  // Several messages for one call, for methods that stream their answer, and
  // how the call ends.
  void AnswerStream(const std::string& method,
                    const std::vector<std::string>& messages,
                    const grpc::Status& end = grpc::Status::OK);
  void Refuse(const std::string& method, const grpc::Status& status);

  std::vector<Call> calls() const;
  // The first message of the last call of the method, read as Request.
  template <class Request>
  Request LastRequest(const std::string& method) const {
    Request request;
    for (const Call& call : calls()) {
      if (call.method == method && !call.messages.empty()) {
        request.ParseFromString(call.messages.front());
      }
    }
    return request;
  }
  const std::string& socket() const { return socket_; }

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

 private:
  class Reactor;
  struct Reply {
    grpc::Status status;
    std::vector<std::string> messages;
  };

  Reply Take(const Call& call);

  std::string socket_;
  mutable absl::Mutex mutex_;
  std::map<std::string, std::vector<Reply>> replies_;
  std::vector<Call> calls_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace amparo::cli

#endif  // AMPARO_TESTS_UNIT_ADMIN_CLI_FAKE_NODE_H_
