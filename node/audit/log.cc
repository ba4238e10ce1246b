// SPDX-License-Identifier: Apache-2.0
#include "node/audit/log.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "node/audit/leaf.h"
#include "node/audit/signed_note.h"
#include "node/audit/tree.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/storage/table.h"

namespace amparo::audit {
namespace {

using storage::TableId;

constexpr uint64_t kCheckpointMultiple = 256;
// How far one page looks through padding for events.
constexpr size_t kLeavesPerPageMax = 16384;

// The Merkle code's own failures carry no reason.
absl::Status WithReason(const absl::Status& status) {
  if (status.ok() || ReasonOf(status) != Reason::kInternal) return status;
  return Error(status.code() == absl::StatusCode::kDataLoss
                   ? Reason::kRecordDamaged
                   : Reason::kInternal,
               status.message());
}

}  // namespace

class Log::Impl {
 public:
  Impl(storage::Store& store, const storage::Vault& vault, const Clock& clock,
       crypto::RandomSource& random, std::string origin, LogKey log_key)
      : store_(store),
        clock_(clock),
        random_(random),
        origin_(std::move(origin)),
        log_key_(std::move(log_key)),
        events_(vault) {}

  absl::Status Record(storage::Batch& batch, const Event& event,
                      std::optional<KeyId> data_key) const;
  absl::StatusOr<uint64_t> Size() const;
  absl::StatusOr<SignedCheckpoint> Checkpoint();
  absl::StatusOr<std::optional<SignedCheckpoint>> LastCheckpoint() const;
  absl::Status CheckIntegrated(uint64_t size) const;
  absl::StatusOr<EventPage> ReadEvents(uint64_t from, size_t limit) const;
  absl::Status Verify() const;

  storage::Store& store() const { return store_; }

  const std::string& origin() const { return origin_; }

 private:
  absl::StatusOr<bool> HasLeaf(uint64_t index) const;
  absl::Status Pad(uint64_t count);
  absl::StatusOr<SignedCheckpoint> Sign(uint64_t size);
  absl::StatusOr<bool> IsMute(const storage::Reader& reader,
                              const EventId& id) const;
  absl::StatusOr<LoggedEvent> ReadEvent(const storage::Reader& reader,
                                        uint64_t index,
                                        const LeafRow& leaf) const;

  storage::Store& store_;
  const Clock& clock_;
  crypto::RandomSource& random_;
  const std::string origin_;
  const LogKey log_key_;
  const storage::Table<EventCodec> events_;
  // Leaves known to be there: where counting starts.
  mutable std::atomic<uint64_t> known_size_ = 0;
  absl::Mutex checkpoint_mutex_;
};

absl::Status Log::Impl::Record(storage::Batch& batch, const Event& event,
                               std::optional<KeyId> data_key) const {
  RETURN_IF_ERROR(CheckEvent(event));
  if (event.at == absl::InfinitePast()) {
    Event dated = event;
    dated.at = clock_.Now();
    return Record(batch, dated, data_key);
  }
  const SaltedEvent salted{crypto::RandomBytes(random_, kSaltSize),
                           EncodeEvent(event)};
  ASSIGN_OR_RETURN(const EventId id, EventId::FromBytes(crypto::RandomBytes(
                                         random_, EventId::kSize)));
  // 128 fresh random bits are taken by nobody: not looked up at the commit.
  RETURN_IF_ERROR(events_.Put(batch, id, salted, data_key));
  batch.Append(
      TableId::kLeaves,
      EncodeLeafRow(MakeLeaf(event.kind, salted.salt, salted.event_bytes), id));
  return absl::OkStatus();
}

absl::StatusOr<bool> Log::Impl::HasLeaf(uint64_t index) const {
  ASSIGN_OR_RETURN(const std::optional<std::string> leaf,
                   store_.Get(TableId::kLeaves, LeafKey(index)));
  return leaf.has_value();
}

// Leaves have no gaps, so the end is found in steps that double and halve.
absl::StatusOr<uint64_t> Log::Impl::Size() const {
  uint64_t size = known_size_.load();
  uint64_t step = 1;
  while (true) {
    ASSIGN_OR_RETURN(const bool found, HasLeaf(size + step - 1));
    if (!found) break;
    size += step;
    step *= 2;
  }
  // The end is in [size, size + step).
  for (step /= 2; step > 0; step /= 2) {
    ASSIGN_OR_RETURN(const bool found, HasLeaf(size + step - 1));
    if (found) size += step;
  }
  uint64_t known = known_size_.load();
  while (known < size && !known_size_.compare_exchange_weak(known, size)) {
  }
  return size;
}

absl::Status Log::Impl::Pad(uint64_t count) {
  if (count == 0) return absl::OkStatus();
  storage::Batch batch;
  for (uint64_t i = 0; i < count; ++i) {
    batch.Append(TableId::kLeaves,
                 EncodeLeafRow(MakePaddingLeaf(random_), EventId()));
  }
  return store_.Commit(batch).status();
}

absl::StatusOr<SignedCheckpoint> Log::Impl::Checkpoint() {
  absl::MutexLock lock(&checkpoint_mutex_);
  ASSIGN_OR_RETURN(const uint64_t present, Size());
  ASSIGN_OR_RETURN(const StoredHead head, ReadHead(store_));
  if (head.head.checkpoint_size == present) {
    ASSIGN_OR_RETURN(std::optional<SignedCheckpoint> last, LastCheckpoint());
    if (last.has_value()) return *std::move(last);
  }
  // Others append meanwhile, which pushes some of the padding behind them:
  // the first `size` leaves are there either way.
  const uint64_t over = present % kCheckpointMultiple;
  const uint64_t padding = over == 0 ? 0 : kCheckpointMultiple - over;
  RETURN_IF_ERROR(Pad(padding));
  return Sign(present + padding);
}

absl::StatusOr<SignedCheckpoint> Log::Impl::Sign(uint64_t size) {
  ASSIGN_OR_RETURN(const StoredHead integrated, Integrate(store_, size));
  SignedCheckpoint checkpoint;
  checkpoint.size = size;
  checkpoint.root = integrated.head.frontier.Root();
  checkpoint.note = SignNote(CheckpointText(origin_, size, checkpoint.root),
                             origin_, log_key_.Now());
  Head head = integrated.head;
  head.checkpoint_size = size;
  storage::Batch batch;
  ReplaceHead(batch, integrated, head);
  batch.Put(TableId::kLogHead, CheckpointKey(size),
            EncodeCheckpoint(checkpoint));
  RETURN_IF_ERROR(store_.Commit(batch).status());
  return checkpoint;
}

absl::StatusOr<std::optional<SignedCheckpoint>> Log::Impl::LastCheckpoint()
    const {
  // Head and checkpoint of one moment.
  const std::unique_ptr<storage::Reader> snapshot = store_.NewSnapshot();
  ASSIGN_OR_RETURN(const StoredHead head, ReadHead(*snapshot));
  if (!head.head.checkpoint_size.has_value()) {
    return std::optional<SignedCheckpoint>();
  }
  ASSIGN_OR_RETURN(const std::optional<std::string> stored,
                   snapshot->Get(TableId::kLogHead,
                                 CheckpointKey(*head.head.checkpoint_size)));
  if (!stored.has_value()) {
    return Error(Reason::kRecordDamaged,
                 "the last checkpoint of the log is missing");
  }
  ASSIGN_OR_RETURN(SignedCheckpoint checkpoint, DecodeCheckpoint(*stored));
  return std::optional<SignedCheckpoint>(std::move(checkpoint));
}

absl::Status Log::Impl::CheckIntegrated(uint64_t size) const {
  ASSIGN_OR_RETURN(const StoredHead head, ReadHead(store_));
  if (size <= head.head.frontier.size()) return absl::OkStatus();
  return FieldError("size", "must not be beyond the last checkpoint");
}

absl::StatusOr<bool> Log::Impl::IsMute(const storage::Reader& reader,
                                       const EventId& id) const {
  ASSIGN_OR_RETURN(const std::optional<std::string> stored,
                   reader.Get(TableId::kEvents, id.bytes()));
  if (!stored.has_value()) return true;
  // The event of an erased subject is still a row, but nobody has its key.
  ASSIGN_OR_RETURN(const KeyId key, storage::Vault::KeyOf(*stored));
  ASSIGN_OR_RETURN(const std::optional<std::string> wrapped,
                   reader.Get(TableId::kDataKeys, key.bytes()));
  return !wrapped.has_value();
}

absl::StatusOr<LoggedEvent> Log::Impl::ReadEvent(const storage::Reader& reader,
                                                 uint64_t index,
                                                 const LeafRow& leaf) const {
  LoggedEvent read;
  read.index = index;
  read.kind = leaf.kind;
  ASSIGN_OR_RETURN(const bool mute, IsMute(reader, leaf.event));
  if (mute) return read;
  const auto row = events_.Get(reader, leaf.event);
  if (!row.ok()) {
    // The vault knows the present only: the key may have been erased since.
    ASSIGN_OR_RETURN(const bool mute_now, IsMute(store_, leaf.event));
    if (mute_now) return read;
    return row.status();
  }
  if (!row->has_value()) return read;
  const SaltedEvent& salted = (*row)->value;
  if (MakeLeaf(leaf.kind, salted.salt, salted.event_bytes) != leaf.leaf) {
    return Error(
        Reason::kRecordDamaged,
        absl::StrCat("event ", index,
                     " of the log is not the one its leaf was made of"));
  }
  ASSIGN_OR_RETURN(Event event, DecodeEvent(salted.event_bytes));
  if (event.kind != leaf.kind) {
    return Error(Reason::kRecordDamaged,
                 absl::StrCat("event ", index,
                              " of the log is of another kind than its leaf"));
  }
  read.event = std::move(event);
  return read;
}

absl::StatusOr<EventPage> Log::Impl::ReadEvents(uint64_t from,
                                                size_t limit) const {
  if (limit == 0 || limit > static_cast<size_t>(limits::kPageSizeMax)) {
    return FieldError("limit",
                      absl::StrCat("must be 1 to ", limits::kPageSizeMax));
  }
  // An erasure at the same moment must not look like damage.
  const std::unique_ptr<storage::Reader> snapshot = store_.NewSnapshot();
  EventPage page;
  page.next = from;
  size_t looked_at = 0;
  RETURN_IF_ERROR(snapshot->Scan(
      TableId::kLeaves, LeafKey(from), {},
      [&](absl::string_view key,
          absl::string_view value) -> absl::StatusOr<bool> {
        if (page.events.size() == limit || looked_at == kLeavesPerPageMax) {
          page.more = true;
          return false;
        }
        ASSIGN_OR_RETURN(const uint64_t index, DecodeLeafKey(key));
        ASSIGN_OR_RETURN(const LeafRow leaf, DecodeLeafRow(value));
        page.next = index + 1;
        ++looked_at;
        if (leaf.kind == EventKind::kPadding) return true;
        ASSIGN_OR_RETURN(LoggedEvent event, ReadEvent(*snapshot, index, leaf));
        page.events.push_back(std::move(event));
        return true;
      }));
  return page;
}

absl::Status Log::Impl::Verify() const {
  const std::unique_ptr<storage::Reader> snapshot = store_.NewSnapshot();
  RETURN_IF_ERROR(VerifyTree(*snapshot));
  return snapshot->Scan(
      TableId::kLeaves, {}, {},
      [&](absl::string_view key,
          absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const uint64_t index, DecodeLeafKey(key));
        ASSIGN_OR_RETURN(const LeafRow leaf, DecodeLeafRow(value));
        if (leaf.kind == EventKind::kPadding) return true;
        RETURN_IF_ERROR(ReadEvent(*snapshot, index, leaf).status());
        return true;
      });
}

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::~Log() = default;

absl::StatusOr<std::unique_ptr<Log>> Log::Open(
    storage::Store& store, const storage::Vault& vault, const Clock& clock,
    crypto::RandomSource& random, const OfficeId& office, uint32_t incarnation,
    LogKey log_key) {
  RETURN_IF_ERROR(ReadHead(store).status());
  return std::unique_ptr<Log>(new Log(std::make_unique<Impl>(
      store, vault, clock, random,
      absl::StrCat("amparo/", office.hex(), "/", incarnation),
      std::move(log_key))));
}

absl::Status Log::Record(storage::Batch& batch, const Event& event,
                         std::optional<KeyId> data_key) const {
  return impl_->Record(batch, event, data_key);
}

absl::StatusOr<uint64_t> Log::Size() const { return impl_->Size(); }

absl::StatusOr<SignedCheckpoint> Log::Checkpoint() {
  return impl_->Checkpoint();
}

absl::StatusOr<std::optional<SignedCheckpoint>> Log::LastCheckpoint() const {
  return impl_->LastCheckpoint();
}

absl::StatusOr<std::vector<std::string>> Log::InclusionProof(
    uint64_t index, uint64_t size) const {
  RETURN_IF_ERROR(impl_->CheckIntegrated(size));
  if (index >= size) return FieldError("index", "must be below the size");
  auto proof = crypto::InclusionProof(index, size, NodesOf(impl_->store()));
  if (!proof.ok()) return WithReason(proof.status());
  return proof;
}

absl::StatusOr<std::vector<std::string>> Log::ConsistencyProof(
    uint64_t old_size, uint64_t new_size) const {
  RETURN_IF_ERROR(impl_->CheckIntegrated(new_size));
  if (old_size == 0 || old_size > new_size) {
    return FieldError("old_size", "must be 1 to the new size");
  }
  auto proof =
      crypto::ConsistencyProof(old_size, new_size, NodesOf(impl_->store()));
  if (!proof.ok()) return WithReason(proof.status());
  return proof;
}

absl::StatusOr<std::optional<std::string>> Log::Leaf(uint64_t index) const {
  ASSIGN_OR_RETURN(const std::optional<std::string> stored,
                   impl_->store().Get(TableId::kLeaves, LeafKey(index)));
  if (!stored.has_value()) return std::optional<std::string>();
  ASSIGN_OR_RETURN(LeafRow row, DecodeLeafRow(*stored));
  return std::optional<std::string>(std::move(row.leaf));
}

absl::StatusOr<EventPage> Log::ReadEvents(uint64_t from, size_t limit) const {
  return impl_->ReadEvents(from, limit);
}

absl::Status Log::Verify() const { return impl_->Verify(); }

const std::string& Log::origin() const { return impl_->origin(); }

}  // namespace amparo::audit
