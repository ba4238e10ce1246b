// SPDX-License-Identifier: Apache-2.0
#include "node/storage/group_committer.h"

#include <rocksdb/options.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/rocksdb_status.h"
#include "node/storage/row_keys.h"

namespace amparo::storage {
namespace {

// Bounds how long the last of a group waits and how large one write gets.
constexpr size_t kGroupBatchesMax = 256;
constexpr size_t kGroupBytesMax = 4 * 1024 * 1024;

size_t BytesOf(const Batch& batch) {
  size_t bytes = 0;
  for (const Batch::Write& write : batch.writes()) {
    bytes += write.key.size() + (write.value ? write.value->size() : 0);
  }
  for (const Batch::Appended& append : batch.appends()) {
    bytes += append.value.size();
  }
  return bytes;
}

// The memory table takes rows in order much faster than here and there. Of two
// writes to one row the later stays the later.
std::vector<const Batch::Write*> InKeyOrder(const Batch& batch) {
  std::vector<const Batch::Write*> rows;
  rows.reserve(batch.writes().size());
  for (const Batch::Write& row : batch.writes()) rows.push_back(&row);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Batch::Write* a, const Batch::Write* b) {
                     return a->key < b->key;
                   });
  return rows;
}

absl::Status Refused() {
  return Error(Reason::kStorageFailed,
               "an earlier write to the storage failed: nothing more is "
               "written until amparod is started again; check the disk first");
}

}  // namespace

absl::StatusOr<CommitResult> GroupCommitter::Commit(const Batch& batch) {
  const Batch* const only = &batch;
  return std::move(CommitAll({&only, 1}).front());
}

std::vector<absl::StatusOr<CommitResult>> GroupCommitter::CommitAll(
    absl::Span<const Batch* const> batches) {
  Waiter self;
  self.batches = batches;
  absl::MutexLock lock(&mutex_);
  queue_.push_back(&self);
  while (!self.done && (leading_ || queue_.front() != &self)) {
    self.turn.Wait(&mutex_);
  }
  if (self.done) return std::move(self.results);

  leading_ = true;
  const std::vector<Waiter*> group = TakeGroup();
  mutex_.Unlock();
  CommitGroup(group);
  mutex_.Lock();
  leading_ = false;
  for (Waiter* waiter : group) {
    waiter->done = true;
    if (waiter != &self) waiter->turn.Signal();
  }
  if (!queue_.empty()) queue_.front()->turn.Signal();
  return std::move(self.results);
}

std::vector<GroupCommitter::Waiter*> GroupCommitter::TakeGroup() {
  std::vector<Waiter*> group;
  size_t batches = 0;
  size_t bytes = 0;
  while (!queue_.empty()) {
    batches += queue_.front()->batches.size();
    for (const Batch* batch : queue_.front()->batches) bytes += BytesOf(*batch);
    const bool fits = batches <= kGroupBatchesMax && bytes <= kGroupBytesMax;
    if (!group.empty() && !fits) break;
    group.push_back(queue_.front());
    queue_.pop_front();
  }
  return group;
}

void GroupCommitter::CommitGroup(const std::vector<Waiter*>& group) {
  Overlay overlay;
  size_t left = 0;
  size_t bytes = 0;
  for (const Waiter* waiter : group) {
    left += waiter->batches.size();
    for (const Batch* batch : waiter->batches) bytes += BytesOf(*batch);
  }
  rocksdb::WriteBatch write(bytes + bytes / 8);
  for (Waiter* waiter : group) {
    for (const Batch* batch : waiter->batches) {
      const bool last = --left == 0;
      waiter->results.push_back(failed_
                                    ? absl::StatusOr<CommitResult>(Refused())
                                    : Prepare(*batch, last, overlay, write));
    }
  }
  if (write.Count() == 0) return;
  rocksdb::WriteOptions options;
  options.sync = true;
  const rocksdb::Status status = db_.Write(options, &write);
  if (status.ok()) {
    // What was written stays acknowledged; a disk that fails here gets no
    // more.
    failed_ = !mark_.Set(db_.GetLatestSequenceNumber()).ok();
    return;
  }
  failed_ = true;
  for (Waiter* waiter : group) {
    for (absl::StatusOr<CommitResult>& result : waiter->results) {
      // Who failed alone keeps the own reason.
      if (!result.ok()) continue;
      result = Error(Reason::kStorageFailed,
                     "writing to the storage failed: check the disk, start "
                     "amparod again, then look whether it happened before it "
                     "is done again: that is known only then");
    }
  }
}

absl::StatusOr<CommitResult> GroupCommitter::Prepare(
    const Batch& batch, bool last, Overlay& overlay,
    rocksdb::WriteBatch& write) {
  RETURN_IF_ERROR(CheckRequirements(batch, overlay));
  // Everything that can fail comes before the first change to the group.
  for (const Batch::Appended& append : batch.appends()) {
    RETURN_IF_ERROR(NextIndex(append.table).status());
  }
  for (const Batch::Write* row : InKeyOrder(batch)) {
    if (row->value.has_value()) {
      write.Put(row->key, *row->value);
    } else {
      write.Delete(row->key);
    }
    if (!last) overlay.rows[row->key] = &row->value;
  }
  CommitResult result;
  for (const Batch::Appended& append : batch.appends()) {
    const uint64_t index = next_index_[append.table]++;
    std::string key = DiskKey(append.table, AppendedKey(index));
    write.Put(key, append.value);
    result.appended.push_back(index);
    if (last) continue;
    overlay.appended.push_back({std::move(key), append.value});
    const Batch::Write& row = overlay.appended.back();
    overlay.rows[row.key] = &row.value;
  }
  return result;
}

absl::Status GroupCommitter::CheckRequirements(const Batch& batch,
                                               const Overlay& overlay) {
  for (const Batch::Requirement& required : batch.requirements()) {
    std::optional<std::string> present;
    const auto written = overlay.rows.find(required.key);
    if (written != overlay.rows.end()) {
      present = *written->second;
    } else {
      std::string value;
      const rocksdb::Status status =
          db_.Get(rocksdb::ReadOptions(), db_.DefaultColumnFamily(),
                  required.key, &value);
      if (status.ok()) {
        present = std::move(value);
      } else if (!status.IsNotFound()) {
        return FromRocksDb(status, "checking a precondition");
      }
    }
    if (present != required.stored) return Error(Reason::kVersionConflict);
  }
  return absl::OkStatus();
}

// Afterwards next_index_ holds the table.
absl::StatusOr<uint64_t> GroupCommitter::NextIndex(TableId table) {
  const auto known = next_index_.find(table);
  if (known != next_index_.end()) return known->second;
  std::unique_ptr<rocksdb::Iterator> rows(
      db_.NewIterator(rocksdb::ReadOptions()));
  rows->SeekForPrev(DiskKey(table, AppendedKey(UINT64_MAX)));
  if (!rows->status().ok()) {
    return FromRocksDb(rows->status(), "looking for the last row");
  }
  uint64_t next = 0;
  const std::string prefix = DiskKey(table, {});
  if (rows->Valid() && rows->key().starts_with(prefix)) {
    const rocksdb::Slice key = rows->key();
    crypto::ByteReader reader(
        absl::string_view(key.data(), key.size()).substr(prefix.size()));
    const absl::StatusOr<uint64_t> last = reader.ReadU64();
    if (!last.ok() || !reader.AtEnd()) {
      return Error(Reason::kRecordDamaged,
                   "a row key of an appended table is not an index");
    }
    next = *last + 1;
  }
  next_index_[table] = next;
  return next;
}

}  // namespace amparo::storage
