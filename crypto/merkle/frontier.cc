// SPDX-License-Identifier: Apache-2.0

#include <bit>
#include <limits>
#include <utility>

#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "crypto/base/status_macros.h"
#include "crypto/merkle/merkle.h"

namespace amparo::crypto {

std::string LeafHash(absl::string_view leaf) {
  static thread_local Sha256Stream stream;
  stream.Update(absl::string_view("\0", 1));
  stream.Update(leaf);
  return stream.Finish();
}

std::string NodeHash(absl::string_view left, absl::string_view right) {
  static thread_local Sha256Stream stream;
  stream.Update(absl::string_view("\1", 1));
  stream.Update(left);
  stream.Update(right);
  return stream.Finish();
}

std::string EmptyRoot() { return Sha256(""); }

absl::StatusOr<std::vector<TreeNode>> Frontier::Append(
    absl::string_view leaf_hash) {
  if (leaf_hash.size() != kTreeHashSize) {
    return absl::InvalidArgumentError("leaf hash: not 32 bytes");
  }
  if (size_ == std::numeric_limits<uint64_t>::max()) {
    return absl::ResourceExhaustedError("tree: full");
  }
  std::vector<TreeNode> completed;
  TreeNode node{0, size_, std::string(leaf_hash)};
  // Every trailing one of the size is a perfect tree that gets its sibling
  // now, as in a binary carry.
  for (uint64_t bits = size_; (bits & 1) != 0; bits >>= 1) {
    completed.push_back(node);
    node = {node.level + 1, node.index / 2, NodeHash(roots_.back(), node.hash)};
    roots_.pop_back();
  }
  roots_.push_back(node.hash);
  completed.push_back(std::move(node));
  ++size_;
  return completed;
}

std::string Frontier::Root() const {
  if (roots_.empty()) return EmptyRoot();
  std::string root = roots_.back();
  for (size_t i = roots_.size() - 1; i > 0; --i) {
    root = NodeHash(roots_[i - 1], root);
  }
  return root;
}

std::string Frontier::Serialise() const {
  std::string out;
  AppendU64(&out, size_);
  for (const std::string& root : roots_) out += root;
  return out;
}

absl::StatusOr<Frontier> Frontier::Parse(absl::string_view bytes) {
  ByteReader reader(bytes);
  Frontier out;
  ASSIGN_OR_RETURN(out.size_, reader.ReadU64());
  const int count = std::popcount(out.size_);
  for (int i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(std::string root, reader.ReadBytes(kTreeHashSize));
    out.roots_.push_back(std::move(root));
  }
  if (!reader.AtEnd()) {
    return absl::InvalidArgumentError("frontier: bytes after its end");
  }
  return out;
}

}  // namespace amparo::crypto
