// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <utility>

#include "crypto/base/status_macros.h"
#include "crypto/merkle/merkle.h"
#include "crypto/merkle/subtrees.h"

namespace amparo::crypto {
namespace {

absl::StatusOr<std::string> ReadNode(const NodeReader& nodes, uint32_t level,
                                     uint64_t index) {
  ASSIGN_OR_RETURN(std::string hash, nodes(level, index));
  if (hash.size() != kTreeHashSize) {
    return absl::DataLossError("tree node: not 32 bytes");
  }
  return hash;
}

// The root over leaves [begin, end), where begin is a multiple of a power of
// two that is at least end - begin, as every range of RFC 6962 is: stored
// perfect trees from left to right, joined from the right.
absl::StatusOr<std::string> RangeRoot(uint64_t begin, uint64_t end,
                                      const NodeReader& nodes) {
  std::vector<std::string> parts;
  while (begin < end) {
    const uint32_t level = LevelWithin(end - begin);
    ASSIGN_OR_RETURN(std::string part, ReadNode(nodes, level, begin >> level));
    parts.push_back(std::move(part));
    begin += uint64_t{1} << level;
  }
  std::string root = parts.back();
  for (size_t i = parts.size() - 1; i > 0; --i) {
    root = NodeHash(parts[i - 1], root);
  }
  return root;
}

}  // namespace

absl::StatusOr<std::string> RootAt(uint64_t size, const NodeReader& nodes) {
  if (size == 0) return EmptyRoot();
  return RangeRoot(0, size, nodes);
}

// PATH(m, D[n]) of RFC 6962 section 2.1.1, from the root down, then turned.
absl::StatusOr<std::vector<std::string>> InclusionProof(
    uint64_t index, uint64_t size, const NodeReader& nodes) {
  if (index >= size) {
    return absl::InvalidArgumentError("index: not in the tree");
  }
  std::vector<std::string> proof;
  uint64_t begin = 0;
  uint64_t end = size;
  while (end - begin > 1) {
    const uint64_t middle = begin + SplitOf(end - begin);
    const bool left = index < middle;
    ASSIGN_OR_RETURN(
        std::string sibling,
        left ? RangeRoot(middle, end, nodes) : RangeRoot(begin, middle, nodes));
    proof.push_back(std::move(sibling));
    (left ? end : begin) = middle;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

// SUBPROOF(m, D[n], b) of RFC 6962 section 2.1.2, from the root down, then
// turned. While the walk has only gone left from the whole old tree, its root
// is known to the verifier and left out.
absl::StatusOr<std::vector<std::string>> ConsistencyProof(
    uint64_t old_size, uint64_t new_size, const NodeReader& nodes) {
  if (old_size == 0 || old_size > new_size) {
    return absl::InvalidArgumentError("old_size: not from 1 to new_size");
  }
  std::vector<std::string> proof;
  if (old_size == new_size) return proof;
  uint64_t begin = 0;
  uint64_t end = new_size;
  while (old_size != end) {
    const uint64_t middle = begin + SplitOf(end - begin);
    const bool left = old_size <= middle;
    ASSIGN_OR_RETURN(
        std::string sibling,
        left ? RangeRoot(middle, end, nodes) : RangeRoot(begin, middle, nodes));
    proof.push_back(std::move(sibling));
    (left ? end : begin) = middle;
  }
  if (begin > 0) {
    ASSIGN_OR_RETURN(std::string last, RangeRoot(begin, end, nodes));
    proof.push_back(std::move(last));
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

}  // namespace amparo::crypto
