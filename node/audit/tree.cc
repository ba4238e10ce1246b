// SPDX-License-Identifier: Apache-2.0
#include "node/audit/tree.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "node/audit/leaf.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::audit {
namespace {

using storage::TableId;

// About 2,000 tree nodes a commit.
constexpr uint64_t kLeavesPerCommit = 2048;

absl::Status Damaged(absl::string_view what) {
  return Error(Reason::kRecordDamaged, what);
}

// Appends the leaf of one row and passes on the nodes above it that it
// completes.
template <class Function>
absl::Status AppendLeaf(crypto::Frontier& frontier, absl::string_view key,
                        absl::string_view value, const Function& node) {
  ASSIGN_OR_RETURN(const uint64_t index, DecodeLeafKey(key));
  if (index != frontier.size()) {
    return Damaged(
        absl::StrCat("leaf ", frontier.size(), " of the log is missing"));
  }
  ASSIGN_OR_RETURN(const LeafRow row, DecodeLeafRow(value));
  ASSIGN_OR_RETURN(const std::vector<crypto::TreeNode> completed,
                   frontier.Append(crypto::LeafHash(row.leaf)));
  for (const crypto::TreeNode& made : completed) {
    if (made.level > 0) RETURN_IF_ERROR(node(made));
  }
  return absl::OkStatus();
}

using Roots = std::map<uint64_t, std::string>;

// Root by size of every stored checkpoint.
absl::StatusOr<Roots> CheckpointRoots(const storage::Reader& reader) {
  Roots roots;
  RETURN_IF_ERROR(reader.ScanPrefix(
      TableId::kLogHead, CheckpointKeyPrefix(),
      [&roots](absl::string_view key,
               absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const SignedCheckpoint checkpoint,
                         DecodeCheckpoint(value));
        if (key != CheckpointKey(checkpoint.size)) {
          return Damaged("a checkpoint of the log is not in its place");
        }
        roots[checkpoint.size] = checkpoint.root;
        return true;
      }));
  return roots;
}

// Compares the tree, as far as it is built, with what is stored.
class Comparison {
 public:
  Comparison(const storage::Reader& reader, Head head, Roots roots)
      : reader_(reader), head_(std::move(head)), roots_(std::move(roots)) {}

  absl::Status AtSize(const crypto::Frontier& frontier) const {
    const auto root = roots_.find(frontier.size());
    if (root != roots_.end() && root->second != frontier.Root()) {
      return Damaged(
          absl::StrCat("the leaves do not give the root of the "
                       "checkpoint of size ",
                       frontier.size()));
    }
    if (frontier.size() == head_.frontier.size() &&
        frontier.Serialise() != head_.frontier.Serialise()) {
      return Damaged("the leaves do not give the head of the log");
    }
    return absl::OkStatus();
  }

  absl::Status Node(const crypto::TreeNode& node) const {
    const uint64_t end = (node.index + 1) << node.level;
    if (end > head_.frontier.size()) return absl::OkStatus();
    ASSIGN_OR_RETURN(
        const std::optional<std::string> stored,
        reader_.Get(TableId::kTreeNodes, TreeNodeKey(node.level, node.index)));
    if (stored == node.hash) return absl::OkStatus();
    return Damaged(absl::StrCat("the leaves before ", end,
                                " do not give the stored tree"));
  }

  absl::Status AtEnd(uint64_t size) const {
    if (size < head_.frontier.size()) {
      return Damaged(absl::StrCat("leaves from ", size, " on are missing"));
    }
    std::optional<uint64_t> last;
    if (!roots_.empty()) last = roots_.rbegin()->first;
    if (head_.checkpoint_size != last ||
        last.value_or(0) > head_.frontier.size()) {
      return Damaged("the head of the log is not at its last checkpoint");
    }
    return absl::OkStatus();
  }

 private:
  const storage::Reader& reader_;
  const Head head_;
  const Roots roots_;
};

}  // namespace

absl::StatusOr<StoredHead> ReadHead(const storage::Reader& reader) {
  StoredHead read;
  ASSIGN_OR_RETURN(read.stored, reader.Get(TableId::kLogHead, HeadKey()));
  if (read.stored.has_value()) {
    ASSIGN_OR_RETURN(read.head, DecodeHead(*read.stored));
  }
  return read;
}

void ReplaceHead(storage::Batch& batch, const StoredHead& before,
                 const Head& head) {
  if (before.stored.has_value()) {
    batch.RequireUnchanged(TableId::kLogHead, HeadKey(), *before.stored);
  } else {
    batch.RequireAbsent(TableId::kLogHead, HeadKey());
  }
  batch.Put(TableId::kLogHead, HeadKey(), EncodeHead(head));
}

absl::StatusOr<StoredHead> Integrate(storage::Store& store, uint64_t size) {
  ASSIGN_OR_RETURN(StoredHead current, ReadHead(store));
  while (current.head.frontier.size() < size) {
    Head next = current.head;
    const uint64_t end =
        std::min(size, next.frontier.size() + kLeavesPerCommit);
    storage::Batch batch;
    const absl::Status scanned = store.Scan(
        TableId::kLeaves, LeafKey(next.frontier.size()), LeafKey(end),
        [&](absl::string_view key,
            absl::string_view value) -> absl::StatusOr<bool> {
          RETURN_IF_ERROR(AppendLeaf(
              next.frontier, key, value, [&](const crypto::TreeNode& node) {
                batch.Put(TableId::kTreeNodes,
                          TreeNodeKey(node.level, node.index), node.hash);
                return absl::OkStatus();
              }));
          return true;
        });
    RETURN_IF_ERROR(scanned);
    if (next.frontier.size() != end) {
      return Damaged(absl::StrCat("leaf ", next.frontier.size(),
                                  " of the log is missing"));
    }
    ReplaceHead(batch, current, next);
    RETURN_IF_ERROR(store.Commit(batch).status());
    current.stored = EncodeHead(next);
    current.head = std::move(next);
  }
  return current;
}

crypto::NodeReader NodesOf(const storage::Reader& reader) {
  return [&reader](uint32_t level,
                   uint64_t index) -> absl::StatusOr<std::string> {
    const bool is_leaf = level == 0;
    ASSIGN_OR_RETURN(
        const std::optional<std::string> stored,
        is_leaf ? reader.Get(TableId::kLeaves, LeafKey(index))
                : reader.Get(TableId::kTreeNodes, TreeNodeKey(level, index)));
    if (!stored.has_value()) {
      return Damaged("a part of the log's tree is missing");
    }
    if (!is_leaf) return *stored;
    ASSIGN_OR_RETURN(const LeafRow row, DecodeLeafRow(*stored));
    return crypto::LeafHash(row.leaf);
  };
}

absl::Status VerifyTree(const storage::Reader& reader) {
  ASSIGN_OR_RETURN(const StoredHead head, ReadHead(reader));
  ASSIGN_OR_RETURN(Roots roots, CheckpointRoots(reader));
  const Comparison comparison(reader, head.head, std::move(roots));
  crypto::Frontier frontier;
  RETURN_IF_ERROR(comparison.AtSize(frontier));
  const absl::Status scanned = reader.Scan(
      TableId::kLeaves, {}, {},
      [&](absl::string_view key,
          absl::string_view value) -> absl::StatusOr<bool> {
        RETURN_IF_ERROR(
            AppendLeaf(frontier, key, value, [&](const crypto::TreeNode& node) {
              return comparison.Node(node);
            }));
        RETURN_IF_ERROR(comparison.AtSize(frontier));
        return true;
      });
  RETURN_IF_ERROR(scanned);
  return comparison.AtEnd(frontier.size());
}

}  // namespace amparo::audit
