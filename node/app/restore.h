// SPDX-License-Identifier: Apache-2.0
//
// What has to happen to a store that was put back from a backup before a node
// opens over it (exchange page, "Incarnation"). Without it the node would give
// sequence numbers, key epochs and versions a second time; peers that notice
// show it the later key bundle they hold, and it stops with kRestoreNeeded.
#ifndef AMPARO_NODE_APP_RESTORE_H_
#define AMPARO_NODE_APP_RESTORE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "crypto/base/secret.h"
#include "node/app/node.h"
#include "node/base/ids.h"
#include "node/cases/erasure.h"
#include "node/cases/retention_actions.h"
#include "node/storage/store.h"

namespace amparo::app {

struct Restored {
  uint32_t incarnation = 0;
  // Of `erased`: erased again, left because they were merged with others when
  // the copy was made, or damaged.
  cases::ErasedAgain cases;
  // In the outbox of the backup: offered again as they are. A peer that has
  // one answers the receipt it gave.
  uint64_t letters_waiting = 0;
};

// What the store that the backup replaces tells of erasures.
struct Erasures {
  cases::ErasedCases cases;
  // Rows that do not read, and tables that end in a damaged place: cases that
  // only these mark are not in `cases`.
  size_t damaged = 0;
};

// The cases that were erased in the store which the backup replaces, by their
// marks; no key is needed to read them, and nothing is changed. A directory
// that is replaced may well be damaged: what reads counts. `disk` as for
// storage::OpenReadOnly, and its errors.
absl::StatusOr<Erasures> ErasedIn(const std::string& store_directory,
                                  storage::Disk* disk = nullptr);

// Raises the incarnation, makes new keys and records it, in one commit; then
// erases the cases of `erased` that are there again, each in one, and marks
// the others. No node may be open over the store. May be called again, and
// must be after a failure: each call raises it once more. What follows happens
// by itself once the node runs: peers learn the new bundle with the first hello
// and offer again every letter they hold a receipt of this office for.
// kNotInitialised, kPassphraseWrong, kRecordDamaged, kStorageFailed.
absl::StatusOr<Restored> RestoreNode(const Ground& ground,
                                     const crypto::Secret& node_key,
                                     const cases::ErasedCases& erased = {});

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_RESTORE_H_
