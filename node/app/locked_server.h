// SPDX-License-Identifier: Apache-2.0
//
// A node that was started without its passphrase: it holds its data directory
// and its office socket and waits for `amparod unlock`. Health answers
// NOT_SERVING, every other call is refused with NODE_LOCKED. The peers' port
// is closed: peers keep their letters and try again.
#ifndef AMPARO_NODE_APP_LOCKED_SERVER_H_
#define AMPARO_NODE_APP_LOCKED_SERVER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "crypto/base/secret.h"
#include "node/base/clock.h"

namespace amparo::app {

// Thread-safe.
class LockedServer {
 public:
  // Makes the node key of a passphrase; one guess at a time.
  using Opener =
      std::function<absl::StatusOr<crypto::Secret>(const crypto::Secret&)>;

  // Serves on the socket, of mode 0600 also where an office_group connects
  // later: guesses are for the node's own user. `opened` is called, from a
  // thread of the server, when the right passphrase came. Wrong ones are
  // delayed as wrong sign-ins are (people::Attempts):
  // limits::kSignInFailuresMax are free, then 1 s, doubled up to 15 minutes; a
  // restart forgets them. `clock` must outlive it.
  static absl::StatusOr<std::unique_ptr<LockedServer>> Start(
      const std::string& socket_path, const Clock& clock, Opener opener,
      std::function<void()> opened);
  // Stops to serve, after the answers under way.
  ~LockedServer();

  // The node key, once the right passphrase came; taken out.
  std::optional<crypto::Secret> TakeKey();

 private:
  class Impl;
  explicit LockedServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_LOCKED_SERVER_H_
