// SPDX-License-Identifier: Apache-2.0

#include "crypto/base/status_macros.h"
#include "crypto/merkle/merkle.h"

namespace amparo::crypto {
namespace {

absl::Status Wrong() {
  return absl::InvalidArgumentError("proof: does not lead to the root");
}

absl::Status CheckHash(absl::string_view hash) {
  if (hash.size() != kTreeHashSize) {
    return absl::InvalidArgumentError("proof: a hash is not 32 bytes");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status VerifyInclusion(uint64_t index, uint64_t size,
                             absl::string_view leaf_hash,
                             const std::vector<std::string>& proof,
                             absl::string_view root) {
  if (index >= size) {
    return absl::InvalidArgumentError("index: not in the tree");
  }
  RETURN_IF_ERROR(CheckHash(leaf_hash));
  RETURN_IF_ERROR(CheckHash(root));
  uint64_t node = index;
  uint64_t last = size - 1;
  std::string hash(leaf_hash);
  for (const std::string& sibling : proof) {
    RETURN_IF_ERROR(CheckHash(sibling));
    if (last == 0) return Wrong();
    if ((node & 1) != 0 || node == last) {
      hash = NodeHash(sibling, hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = NodeHash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0 || hash != root) return Wrong();
  return absl::OkStatus();
}

absl::Status VerifyConsistency(uint64_t old_size, uint64_t new_size,
                               const std::vector<std::string>& proof,
                               absl::string_view old_root,
                               absl::string_view new_root) {
  if (old_size > new_size) {
    return absl::InvalidArgumentError("old_size: larger than new_size");
  }
  if (old_size == new_size) {
    return proof.empty() && old_root == new_root ? absl::OkStatus() : Wrong();
  }
  if (old_size == 0) {
    return absl::InvalidArgumentError("old_size: nothing to follow from");
  }
  RETURN_IF_ERROR(CheckHash(old_root));
  RETURN_IF_ERROR(CheckHash(new_root));
  for (const std::string& hash : proof) RETURN_IF_ERROR(CheckHash(hash));
  uint64_t node = old_size - 1;
  uint64_t last = new_size - 1;
  while ((node & 1) != 0) {
    node >>= 1;
    last >>= 1;
  }
  // The first hash is the old root itself, and left out, when the old tree is
  // perfect.
  size_t next = 0;
  std::string old_hash(old_root);
  if (node != 0) {
    if (proof.empty()) return Wrong();
    old_hash = proof[next++];
  }
  std::string new_hash = old_hash;
  for (; next < proof.size(); ++next) {
    if (last == 0) return Wrong();
    if ((node & 1) != 0 || node == last) {
      old_hash = NodeHash(proof[next], old_hash);
      new_hash = NodeHash(proof[next], new_hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      new_hash = NodeHash(new_hash, proof[next]);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0 || old_hash != old_root || new_hash != new_root) {
    return Wrong();
  }
  return absl::OkStatus();
}

}  // namespace amparo::crypto
