// SPDX-License-Identifier: Apache-2.0
//
// Who lets connections in at the peers' port. gRPC's own listener dies for
// good when the process has no descriptor left (github.com/grpc/grpc issues
// 20418 and 31080; mended long after Debian's 1.51), so that a stranger who
// opens connections and says nothing could take a node off the network until
// it is started again. Here a share of the descriptors is kept for the node
// itself: connections beyond it are closed at once, those that are open stay,
// and when some go others are let in.
#ifndef AMPARO_NODE_DELIVERY_DOORKEEPER_H_
#define AMPARO_NODE_DELIVERY_DOORKEEPER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace amparo::delivery {

// How many of `limit` descriptors connections of peers may take: a connection
// whose descriptor has this number or a higher one is refused. The system
// always gives out the lowest number that is free.
int DescriptorsForPeers(uint64_t limit);

// Belongs to one thread, but for refused(); has a thread of its own.
class Doorkeeper {
 public:
  // Takes a connected socket, non-blocking and closed on exec, into its own
  // hands. Called on the doorkeeper's thread.
  using Taker = std::function<void(int descriptor)>;

  // Listens on all addresses of "host:port" ("[::1]:7410" for IPv6); port 0
  // takes a free one. Nobody is let in yet: connections wait in the queue of
  // the system. kConfigInvalid when it is no address of this machine,
  // kUnavailable when the port is taken.
  static absl::StatusOr<std::unique_ptr<Doorkeeper>> Listen(
      absl::string_view address);
  // Closes.
  ~Doorkeeper();
  Doorkeeper(const Doorkeeper&) = delete;
  Doorkeeper& operator=(const Doorkeeper&) = delete;

  int port() const { return port_; }

  // Lets in who waits and who comes, until Close().
  void Open(Taker taker);
  // When it returns nobody is let in any more; new connections wait. May be
  // opened again.
  void Close();

  // Connections that were closed at once, since the beginning.
  uint64_t refused() const { return refused_; }

 private:
  Doorkeeper() = default;
  absl::Status ListenOn(const std::string& host, const std::string& port);
  void Run(const Taker& taker);
  // Takes one that waits at `listener`; false when the system has none, or
  // cannot give it.
  bool TakeOne(int listener, const Taker& taker);
  void Refuse(int descriptor);

  std::vector<int> listeners_;
  int port_ = 0;
  int wake_ = -1;   // An eventfd: written to end the thread.
  int spare_ = -1;  // Given up to refuse somebody when no other is left.
  bool full_ = false;
  std::atomic<uint64_t> refused_{0};
  std::thread thread_;
};

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_DOORKEEPER_H_
