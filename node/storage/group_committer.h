// SPDX-License-Identifier: Apache-2.0
//
// One synced disk write for the batches of many threads. Callers queue; the
// first in the queue leads: it takes those that wait behind it as a group,
// checks the preconditions of each against the database and what earlier
// batches of the group will have written, assigns the indexes of appended
// rows, and writes everything at once. Private to storage.
//
// The order of the queue is the order of effect: a batch sees every batch
// before it and none after. A batch whose precondition fails leaves no trace
// and does not disturb the others of its group.
#ifndef AMPARO_NODE_STORAGE_GROUP_COMMITTER_H_
#define AMPARO_NODE_STORAGE_GROUP_COMMITTER_H_

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "node/storage/acknowledged_mark.h"
#include "node/storage/store.h"

namespace amparo::storage {

// Thread-safe. `db` and `mark` must outlive it.
class GroupCommitter {
 public:
  GroupCommitter(rocksdb::DB& db, AcknowledgedMark& mark)
      : db_(db), mark_(mark) {}

  // As Store::Commit. kAborted for a failed precondition; kStorageFailed for
  // this and every later batch once a write failed, because nobody knows then
  // what reached the disk.
  absl::StatusOr<CommitResult> Commit(const Batch& batch);
  // As Store::CommitAll: the batches are never divided over two groups.
  std::vector<absl::StatusOr<CommitResult>> CommitAll(
      absl::Span<const Batch* const> batches) ABSL_LOCKS_EXCLUDED(mutex_);
  // As Store::writable.
  bool writable() const { return !failed_; }

 private:
  struct Waiter {
    absl::Span<const Batch* const> batches;
    absl::CondVar turn;  // Done, or first in the queue.
    bool done = false;
    std::vector<absl::StatusOr<CommitResult>> results;  // One per batch.
  };
  // What a group will have written, over what the database holds. Points into
  // the batches of the group, which wait until it is committed, and into
  // `appended`.
  struct Overlay {
    absl::flat_hash_map<absl::string_view, const std::optional<std::string>*>
        rows;
    std::deque<Batch::Write> appended;
  };

  // The rest belongs to the leader, of which there is one at a time.
  std::vector<Waiter*> TakeGroup() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CommitGroup(const std::vector<Waiter*>& group);
  // Adds `batch` to `write`; to `overlay` only when another batch follows.
  absl::StatusOr<CommitResult> Prepare(const Batch& batch, bool last,
                                       Overlay& overlay,
                                       rocksdb::WriteBatch& write);
  absl::Status CheckRequirements(const Batch& batch, const Overlay& overlay);
  absl::StatusOr<uint64_t> NextIndex(TableId table);

  rocksdb::DB& db_;
  AcknowledgedMark& mark_;
  absl::Mutex mutex_;
  std::deque<Waiter*> queue_ ABSL_GUARDED_BY(mutex_);
  bool leading_ ABSL_GUARDED_BY(mutex_) = false;

  // Changed by the leader only; leaders follow each other under mutex_.
  absl::flat_hash_map<TableId, uint64_t> next_index_;
  std::atomic<bool> failed_{false};
};

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_GROUP_COMMITTER_H_
