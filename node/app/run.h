// SPDX-License-Identifier: Apache-2.0
//
// `amparod run`: one process from its start to the signal that ends it.
#ifndef AMPARO_NODE_APP_RUN_H_
#define AMPARO_NODE_APP_RUN_H_

#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/secret.h"
#include "node/app/config.h"

namespace amparo::app {

// Gives the passphrase, or nullopt when nobody is there to give one.
using PassphraseFinder =
    std::function<absl::StatusOr<std::optional<crypto::Secret>>()>;

// Serves until SIGTERM or SIGINT, then ends in order; a second signal changes
// nothing. Without a passphrase it starts locked (locked_server.h): the data
// directory is held, and the node opens when `amparod unlock` gives the right
// one. The supervisor is told when it serves, or is locked. Call it before any
// thread is started: it blocks the signals it waits for. kDirectoryInUse,
// kPassphraseWrong, kFileModeTooOpen, and what Service::Start answers.
absl::Status RunNode(const Config& config, const PassphraseFinder& find);

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_RUN_H_
