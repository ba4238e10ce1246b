// SPDX-License-Identifier: Apache-2.0
//
// Connections below gRPC: plain sockets, and TLS connections that carry bytes
// of the test's choice. For what no gRPC client would say.
#ifndef AMPARO_TESTS_E2E_HOSTILE_RAW_CONNECTIONS_H_
#define AMPARO_TESTS_E2E_HOSTILE_RAW_CONNECTIONS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/support/child_process.h"
#include "tests/support/stolen_identity.h"

namespace amparo::hostile {

// Sockets to one port of loopback. Not thread-safe.
class RawSockets {
 public:
  // As many as `count` connections; fewer when the other side or this machine
  // takes no more.
  RawSockets(int port, int count);
  ~RawSockets();
  RawSockets(const RawSockets&) = delete;
  RawSockets& operator=(const RawSockets&) = delete;

  size_t size() const { return sockets_.size(); }
  // Sends the same bytes on each.
  void Send(absl::string_view bytes);
  // Whether the other side closed all of them within this time.
  bool AllClosed(absl::Duration within);

 private:
  std::vector<int> sockets_;
};

// TLS by the openssl program, which must be there.
bool HasOpenssl();

// A connection made with `credentials` on which `bytes` are sent and that then
// stays open until it is dropped. `folder` is for its files.
absl::StatusOr<std::unique_ptr<ChildProcess>> SayOverTls(
    const std::string& address, const PeerCredentials& credentials,
    const std::string& folder, const std::string& bytes);
// What it was answered so far.
std::string AnsweredOverTls(const std::string& folder);

// The bytes of a Deliver call that announces `announced` bytes of message and
// sends fewer: HTTP/2 (RFC 9113) and HPACK (RFC 7541) by hand.
std::string HalfADelivery(size_t announced, absl::string_view beginning);

}  // namespace amparo::hostile

#endif  // AMPARO_TESTS_E2E_HOSTILE_RAW_CONNECTIONS_H_
