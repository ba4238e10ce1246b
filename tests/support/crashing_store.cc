// SPDX-License-Identifier: Apache-2.0
#include "tests/support/crashing_store.h"

#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo {
namespace {

absl::Status Dead() {
  return Error(Reason::kUnavailable, "the process of this store was killed");
}

// Reads of a moment, as long as the store lives.
class CrashingSnapshot final : public storage::Reader {
 public:
  CrashingSnapshot(const CrashingStore& store,
                   std::unique_ptr<storage::Reader> inner)
      : store_(store), inner_(std::move(inner)) {}

  absl::StatusOr<std::optional<std::string>> Get(
      storage::TableId table, absl::string_view key) const override {
    if (store_.dead()) return Dead();
    return inner_->Get(table, key);
  }
  absl::Status Scan(storage::TableId table, absl::string_view first,
                    absl::string_view limit,
                    const RowFunction& row) const override {
    if (store_.dead()) return Dead();
    return inner_->Scan(table, first, limit, row);
  }

 private:
  const CrashingStore& store_;
  const std::unique_ptr<storage::Reader> inner_;
};

}  // namespace

void CrashingStore::DieAt(uint64_t nth, Moment moment) {
  absl::MutexLock lock(&mutex_);
  left_ = nth;
  moment_ = moment;
}

void CrashingStore::Die() {
  absl::MutexLock lock(&mutex_);
  dead_ = true;
}

bool CrashingStore::dead() const {
  absl::MutexLock lock(&mutex_);
  return dead_;
}

uint64_t CrashingStore::commits() const {
  absl::MutexLock lock(&mutex_);
  return commits_;
}

absl::StatusOr<std::optional<std::string>> CrashingStore::Get(
    storage::TableId table, absl::string_view key) const {
  if (dead()) return Dead();
  return inner_->Get(table, key);
}

absl::Status CrashingStore::Scan(storage::TableId table,
                                 absl::string_view first,
                                 absl::string_view limit,
                                 const RowFunction& row) const {
  if (dead()) return Dead();
  return inner_->Scan(table, first, limit,
                      [&](absl::string_view key, absl::string_view value) {
                        ++rows_scanned_;
                        return row(key, value);
                      });
}

absl::StatusOr<storage::CommitResult> CrashingStore::Commit(
    const storage::Batch& batch) {
  absl::MutexLock lock(&mutex_);
  if (dead_) return Dead();
  const bool last = left_ == 1;
  if (left_ > 0) --left_;
  if (last) dead_ = true;
  if (last && moment_ == Moment::kBefore) return Dead();
  ++commits_;
  absl::StatusOr<storage::CommitResult> result = inner_->Commit(batch);
  if (last) return Dead();
  return result;
}

std::vector<absl::StatusOr<storage::CommitResult>> CrashingStore::CommitAll(
    absl::Span<const storage::Batch* const> batches) {
  std::vector<absl::StatusOr<storage::CommitResult>> results;
  for (const storage::Batch* batch : batches) {
    results.push_back(Commit(*batch));
  }
  return results;
}

std::unique_ptr<storage::Reader> CrashingStore::NewSnapshot() const {
  return std::make_unique<CrashingSnapshot>(*this, inner_->NewSnapshot());
}

}  // namespace amparo
