// SPDX-License-Identifier: Apache-2.0
//
// What has to happen to a store that was put back from a backup before a node
// opens over it (exchange page, "Incarnation"). Without it the node would give
// sequence numbers, key epochs and versions a second time; peers that notice
// show it the later key bundle they hold, and it stops with kRestoreNeeded.
#ifndef AMPARO_NODE_APP_RESTORE_H_
#define AMPARO_NODE_APP_RESTORE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "crypto/base/secret.h"
#include "node/app/node.h"

namespace amparo::app {

struct Restored {
  uint32_t incarnation = 0;
  // In the outbox of the backup: offered again as they are. A peer that has
  // one answers the receipt it gave.
  uint64_t letters_waiting = 0;
};

// Raises the incarnation, makes new keys and records it, in one commit. No
// node may be open over the store. May be called again: each call raises it
// once more. What follows happens by itself once the node runs: peers learn
// the new bundle with the first hello and offer again every letter they hold a
// receipt of this office for. kNotInitialised, kPassphraseWrong,
// kRecordDamaged; on failure nothing is stored.
absl::StatusOr<Restored> RestoreNode(const Ground& ground,
                                     const crypto::Secret& node_key);

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_RESTORE_H_
