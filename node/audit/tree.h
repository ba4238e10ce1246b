// SPDX-License-Identifier: Apache-2.0
//
// The Merkle tree over the leaf rows. Leaves are committed with the events;
// the tree follows when a checkpoint is wanted, in commits of its own, and
// can be built again from the leaves at any time.
#ifndef AMPARO_NODE_AUDIT_TREE_H_
#define AMPARO_NODE_AUDIT_TREE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/merkle/merkle.h"
#include "node/audit/audit_records.h"
#include "node/storage/store.h"

namespace amparo::audit {

// The head and the bytes it was stored as; nullopt before the first.
struct StoredHead {
  Head head;
  std::optional<std::string> stored;
};
absl::StatusOr<StoredHead> ReadHead(const storage::Reader& reader);

// Puts `head` into `batch`; the commit fails with kVersionConflict when
// somebody else moved the head since `before`.
void ReplaceHead(storage::Batch& batch, const StoredHead& before,
                 const Head& head);

// Takes the leaves from the head's size up to `size` into the tree, a bounded
// number per commit, and returns the head at `size`. After a failure the head
// stands where the last commit left it, and calling again goes on from there.
// kRecordDamaged when a leaf is missing or of an unknown form.
absl::StatusOr<StoredHead> Integrate(storage::Store& store, uint64_t size);

// Stored nodes for proofs; level 0 follows from the leaf rows. The reader
// must outlive it. kRecordDamaged for a node that should be there and is not.
crypto::NodeReader NodesOf(const storage::Reader& reader);

// Builds the whole tree again from the leaves and compares it with the nodes,
// the head and every checkpoint that are stored. kRecordDamaged says what is
// first found to differ.
absl::Status VerifyTree(const storage::Reader& reader);

}  // namespace amparo::audit

#endif  // AMPARO_NODE_AUDIT_TREE_H_
