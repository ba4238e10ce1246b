// SPDX-License-Identifier: Apache-2.0
//
// A store that dies on command, as a process does that is killed: a test says
// at which commit, and whether the disk still got it. From then on every call
// answers kUnavailable, also through snapshots. Drop it with everything above
// it, open the inner store again, and see what was kept.
#ifndef AMPARO_TESTS_SUPPORT_CRASHING_STORE_H_
#define AMPARO_TESTS_SUPPORT_CRASHING_STORE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "node/storage/store.h"

namespace amparo {

// Thread-safe; commits pass one at a time, so that the count means the same
// in every run. Batches of CommitAll count one by one.
class CrashingStore final : public storage::Store {
 public:
  // When a commit is the one: kBefore loses it, kAfter writes it and loses
  // only the answer.
  enum class Moment { kBefore, kAfter };

  explicit CrashingStore(std::unique_ptr<storage::Store> inner)
      : inner_(std::move(inner)) {}

  // Dies at the `nth` commit from now, 1 being the next.
  void DieAt(uint64_t nth, Moment moment);
  // Dies at once.
  void Die();

  bool dead() const;
  // Commits that reached the inner store so far, failed ones too.
  uint64_t commits() const;
  // Rows that scans of the present were given so far.
  uint64_t rows_scanned() const { return rows_scanned_.load(); }

  absl::StatusOr<std::optional<std::string>> Get(
      storage::TableId table, absl::string_view key) const override;
  absl::Status Scan(storage::TableId table, absl::string_view first,
                    absl::string_view limit,
                    const RowFunction& row) const override;
  absl::StatusOr<storage::CommitResult> Commit(
      const storage::Batch& batch) override;
  std::vector<absl::StatusOr<storage::CommitResult>> CommitAll(
      absl::Span<const storage::Batch* const> batches) override;
  std::unique_ptr<storage::Reader> NewSnapshot() const override;
  bool writable() const override { return !dead() && inner_->writable(); }
  std::optional<uint64_t> FreeBytes() const override { return free_bytes; }

  // What the disk says it has left.
  std::optional<uint64_t> free_bytes;

 private:
  const std::unique_ptr<storage::Store> inner_;
  mutable std::atomic<uint64_t> rows_scanned_{0};
  mutable absl::Mutex mutex_;
  bool dead_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t left_ ABSL_GUARDED_BY(mutex_) = 0;  // 0: no death planned.
  Moment moment_ ABSL_GUARDED_BY(mutex_) = Moment::kBefore;
  uint64_t commits_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace amparo

#endif  // AMPARO_TESTS_SUPPORT_CRASHING_STORE_H_
