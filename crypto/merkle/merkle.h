// SPDX-License-Identifier: Apache-2.0
//
// Merkle trees of RFC 6962 (section 2.1), SHA-256. A log appends leaf hashes
// to a Frontier, stores the nodes that each append completes, and makes proofs
// from the stored nodes; anyone verifies them with the functions at the end.
//
// A node (level, index) is the root over leaves index * 2^level to
// (index + 1) * 2^level - 1; it exists once all of them do, and never changes.
// Hashes are strings of 32 bytes.

#ifndef AMPARO_CRYPTO_MERKLE_MERKLE_H_
#define AMPARO_CRYPTO_MERKLE_MERKLE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace amparo::crypto {

inline constexpr size_t kTreeHashSize = 32;

// SHA-256(0x00, leaf), SHA-256(0x01, left, right), SHA-256(). Any thread.
std::string LeafHash(absl::string_view leaf);
std::string NodeHash(absl::string_view left, absl::string_view right);
std::string EmptyRoot();

struct TreeNode {
  uint32_t level;
  uint64_t index;
  std::string hash;
};

// The right edge of a growing tree: all that is needed to append and to know
// the root, at most 64 hashes. One thread at a time; copyable, so that a
// transaction can try an append and drop it.
class Frontier {
 public:
  // An empty tree.
  Frontier() = default;

  // Takes the hash of the next leaf (index size()). Returns the nodes it
  // completes, the leaf itself first, each to be stored for proofs.
  // INVALID_ARGUMENT unless 32 bytes; then nothing changes.
  absl::StatusOr<std::vector<TreeNode>> Append(absl::string_view leaf_hash);

  // EmptyRoot() for an empty tree.
  std::string Root() const;

  // Leaves so far.
  uint64_t size() const { return size_; }

  // u64be size, then the roots of the perfect subtrees from left (largest) to
  // right, 32 bytes each. Frozen.
  std::string Serialise() const;

  // INVALID_ARGUMENT unless the length fits the size.
  static absl::StatusOr<Frontier> Parse(absl::string_view bytes);

 private:
  uint64_t size_ = 0;
  std::vector<std::string> roots_;  // left to right, one per set bit of size_
};

// Gives back a stored node. Its errors are passed on to the caller.
using NodeReader =
    std::function<absl::StatusOr<std::string>(uint32_t level, uint64_t index)>;

// The root of the first `size` leaves. Reads only nodes within them, at most
// 64. DATA_LOSS for a stored hash of a wrong size.
absl::StatusOr<std::string> RootAt(uint64_t size, const NodeReader& nodes);

// The audit path of leaf `index` in the tree of the first `size` leaves, leaf
// end first. INVALID_ARGUMENT unless index < size.
absl::StatusOr<std::vector<std::string>> InclusionProof(
    uint64_t index, uint64_t size, const NodeReader& nodes);

// That the tree of old_size leaves is the beginning of the one of new_size.
// Empty when both are equal. INVALID_ARGUMENT unless 1 <= old_size <=
// new_size: every tree follows from the empty one, so nothing can be shown.
absl::StatusOr<std::vector<std::string>> ConsistencyProof(
    uint64_t old_size, uint64_t new_size, const NodeReader& nodes);

// OK, or INVALID_ARGUMENT. RFC 9162 section 2.1.3.2. Any thread.
absl::Status VerifyInclusion(uint64_t index, uint64_t size,
                             absl::string_view leaf_hash,
                             const std::vector<std::string>& proof,
                             absl::string_view root);

// OK, or INVALID_ARGUMENT. RFC 9162 section 2.1.4.2. Trees of equal size are
// consistent when their roots are equal and the proof is empty. A first tree
// has no proof: old_size 0 with a larger new_size is refused, so whoever
// starts to follow a log takes its first root without one. Any thread.
absl::Status VerifyConsistency(uint64_t old_size, uint64_t new_size,
                               const std::vector<std::string>& proof,
                               absl::string_view old_root,
                               absl::string_view new_root);

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_MERKLE_MERKLE_H_
