// SPDX-License-Identifier: Apache-2.0
#include "node/audit/audit_records.h"

#include <limits>
#include <utility>

#include "amparo/record/v1/audit.pb.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/audit/leaf.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/record_bytes.h"
#include "node/storage/record_draft.h"

namespace amparo::audit {
namespace {

constexpr uint8_t kHeadTag = 1;
constexpr uint8_t kCheckpointTag = 2;

absl::Status Damaged(absl::string_view what) {
  return Error(Reason::kRecordDamaged, what);
}

}  // namespace

std::string EncodeEvent(const Event& event) {
  storage::RecordDraft<record::v1::Event> draft;
  record::v1::Event& record = *draft;
  record.set_kind(static_cast<uint32_t>(event.kind));
  record.set_at_ms(amparo::ToUnixMillis(event.at));
  if (!event.actor.empty()) record.set_actor(event.actor.bytes());
  for (const auto& [name, value] : event.about) {
    record::v1::EventSubject* about = record.add_about();
    about->set_name(name);
    about->set_value(value);
  }
  return storage::SerializeRecord(record);
}

absl::StatusOr<Event> DecodeEvent(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto record,
                   storage::ParseRecord<record::v1::Event>(bytes));
  if (record.kind() == 0 ||
      record.kind() > std::numeric_limits<uint16_t>::max() ||
      record.at_ms() < 0) {
    return Damaged("an event of the log has an unknown form");
  }
  Event event;
  event.kind = static_cast<EventKind>(record.kind());
  event.at = FromUnixMillis(record.at_ms());
  if (!record.actor().empty()) {
    absl::StatusOr<PersonId> actor = PersonId::FromBytes(record.actor());
    if (!actor.ok()) return Damaged("an event of the log names no person");
    event.actor = *actor;
  }
  for (const record::v1::EventSubject& about : record.about()) {
    event.about.emplace_back(about.name(), about.value());
  }
  return event;
}

absl::StatusOr<EventId> EventCodec::DecodeKey(absl::string_view bytes) {
  absl::StatusOr<EventId> id = EventId::FromBytes(bytes);
  if (!id.ok()) return Damaged("a row key of an event is not an id");
  return id;
}

std::string EventCodec::Encode(const SaltedEvent& salted) {
  storage::RecordDraft<record::v1::EventRow> draft;
  record::v1::EventRow& record = *draft;
  record.set_salt(salted.salt);
  record.set_event(salted.event_bytes);
  return storage::SerializeRecord(record);
}

absl::StatusOr<SaltedEvent> EventCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto record,
                   storage::ParseRecord<record::v1::EventRow>(bytes));
  if (record.salt().size() != kSaltSize) {
    return Damaged("the salt of an event is not 32 bytes");
  }
  return SaltedEvent{record.salt(), record.event()};
}

std::string HeadKey() { return std::string(1, static_cast<char>(kHeadTag)); }

std::string EncodeHead(const Head& head) {
  record::v1::LogHead record;
  record.set_frontier(head.frontier.Serialise());
  record.set_has_checkpoint(head.checkpoint_size.has_value());
  record.set_checkpoint_size(head.checkpoint_size.value_or(0));
  return storage::SerializeRecord(record);
}

absl::StatusOr<Head> DecodeHead(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto record,
                   storage::ParseRecord<record::v1::LogHead>(bytes));
  absl::StatusOr<crypto::Frontier> frontier =
      crypto::Frontier::Parse(record.frontier());
  if (!frontier.ok() || record.checkpoint_size() > frontier->size()) {
    return Damaged("the head of the log has an unknown form");
  }
  Head head;
  head.frontier = *std::move(frontier);
  if (record.has_checkpoint()) head.checkpoint_size = record.checkpoint_size();
  return head;
}

std::string CheckpointKeyPrefix() {
  return std::string(1, static_cast<char>(kCheckpointTag));
}

std::string CheckpointKey(uint64_t size) {
  std::string key = CheckpointKeyPrefix();
  crypto::AppendU64(&key, size);
  return key;
}

std::string EncodeCheckpoint(const SignedCheckpoint& checkpoint) {
  record::v1::Checkpoint record;
  record.set_size(checkpoint.size);
  record.set_root(checkpoint.root);
  record.set_note(checkpoint.note);
  return storage::SerializeRecord(record);
}

absl::StatusOr<SignedCheckpoint> DecodeCheckpoint(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto record,
                   storage::ParseRecord<record::v1::Checkpoint>(bytes));
  if (record.root().size() != crypto::kTreeHashSize || record.note().empty()) {
    return Damaged("a checkpoint of the log has an unknown form");
  }
  return SignedCheckpoint{record.size(), record.root(), record.note()};
}

std::string LeafKey(uint64_t index) {
  std::string key;
  crypto::AppendU64(&key, index);
  return key;
}

absl::StatusOr<uint64_t> DecodeLeafKey(absl::string_view bytes) {
  crypto::ByteReader reader(bytes);
  const absl::StatusOr<uint64_t> index = reader.ReadU64();
  if (!index.ok() || !reader.AtEnd()) {
    return Damaged("a row key of a leaf is not an index");
  }
  return *index;
}

std::string TreeNodeKey(uint32_t level, uint64_t index) {
  std::string key;
  crypto::AppendU8(&key, static_cast<uint8_t>(level));
  crypto::AppendU64(&key, index);
  return key;
}

}  // namespace amparo::audit
