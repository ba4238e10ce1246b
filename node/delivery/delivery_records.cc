// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/delivery_records.h"

#include <algorithm>

#include "amparo/record/v1/delivery.pb.h"
#include "crypto/base/bytes.h"
#include "node/base/clock.h"
#include "node/clearance/clearance_records.h"

namespace amparo::delivery {
namespace {

namespace rec = ::amparo::record::v1;
using crypto::ByteReader;

constexpr size_t kDigest = 32;
constexpr char kStartKey[] = "start";

absl::Status Damaged() {
  return Error(Reason::kRecordDamaged, "a stored letter row is not readable");
}

template <class Message>
std::string Serialize(const Message& message) {
  std::string bytes;
  message.SerializeToString(&bytes);
  return bytes;
}

template <class Message>
absl::StatusOr<Message> Parse(absl::string_view bytes) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Damaged();
  }
  return message;
}

template <class IdType>
absl::StatusOr<IdType> ReadId(ByteReader& reader) {
  ASSIGN_OR_RETURN(const std::string bytes, reader.ReadBytes(IdType::kSize));
  return IdType::FromBytes(bytes);
}

// An error of a reader becomes kRecordDamaged, and so do bytes left over.
template <class Key, class Read>
absl::StatusOr<Key> ReadWhole(absl::string_view bytes, Read read) {
  ByteReader reader(bytes);
  absl::StatusOr<Key> key = read(reader);
  if (!key.ok() || !reader.AtEnd()) return Damaged();
  return key;
}

int64_t MillisOrZero(absl::Time time) {
  return time == absl::InfiniteFuture() ? 0 : amparo::ToUnixMillis(time);
}

absl::Time TimeOrNever(int64_t millis) {
  return millis == 0 ? absl::InfiniteFuture() : amparo::FromUnixMillis(millis);
}

absl::StatusOr<Reason> ReadReason(uint32_t number) {
  if (number == 0) return Reason::kUnspecified;
  const auto reason = ReasonFromNumber(static_cast<int>(number));
  if (!reason.has_value()) return Damaged();
  return *reason;
}

}  // namespace

absl::Time OutboxRow::NextDeadline() const {
  if (is_void() || offered_again) return absl::InfiniteFuture();
  return non_delivery ? clearance.expires_at
                      : std::min(clearance.expires_at, deliver_by);
}

LetterRef OutboxRow::ref() const {
  LetterRef ref;
  ref.message = key.message;
  ref.recipient = key.receiver;
  ref.thread = thread;
  ref.type = type;
  ref.agreement = clearance.agreement;
  ref.agreement_hash = clearance.agreement_hash;
  ref.consent_commitment = clearance.consent_commitment;
  ref.plain_digest = plain_digest;
  return ref;
}

std::string OutboxCodec::EncodeKey(const Key& key) {
  std::string bytes = key.receiver.bytes();
  crypto::AppendU8(&bytes, static_cast<uint8_t>(key.lane));
  crypto::AppendU64(&bytes, key.order);
  return bytes + key.message.bytes();
}

absl::StatusOr<OutboxKey> OutboxCodec::DecodeKey(absl::string_view bytes) {
  return ReadWhole<Key>(bytes, [](ByteReader& in) -> absl::StatusOr<Key> {
    Key key;
    ASSIGN_OR_RETURN(key.receiver, ReadId<OfficeId>(in));
    ASSIGN_OR_RETURN(const uint8_t lane, in.ReadU8());
    if (lane > static_cast<uint8_t>(Lane::kOrdinary)) return Damaged();
    key.lane = static_cast<Lane>(lane);
    ASSIGN_OR_RETURN(key.order, in.ReadU64());
    ASSIGN_OR_RETURN(key.message, ReadId<MessageId>(in));
    return key;
  });
}

std::string OutboxCodec::Encode(const Record& record) {
  rec::OutboxRecord out;
  out.set_message_id(record.key.message.bytes());
  out.set_thread_id(record.thread.bytes());
  out.set_seq(record.seq);
  out.set_incarnation(record.incarnation);
  out.set_prev_digest(record.prev_digest);
  out.set_plain_digest(record.plain_digest);
  out.set_type(static_cast<uint32_t>(record.type));
  out.set_void_reason(static_cast<uint32_t>(record.void_reason));
  out.set_non_delivery(record.non_delivery);
  out.set_deliver_by_ms(MillisOrZero(record.deliver_by));
  clearance::WriteFacts(record.clearance, *out.mutable_clearance());
  out.set_plain_bytes(record.plain_bytes);
  out.set_offered_again(record.offered_again);
  out.set_refusals(record.refusals);
  if (record.first_refused_at != absl::InfinitePast()) {
    out.set_first_refused_at_ms(amparo::ToUnixMillis(record.first_refused_at));
  }
  return Serialize(out);
}

absl::StatusOr<OutboxRow> OutboxCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const rec::OutboxRecord in, Parse<rec::OutboxRecord>(bytes));
  OutboxRow row;
  const auto message = MessageId::FromBytes(in.message_id());
  const auto thread = ThreadId::FromBytes(in.thread_id());
  const auto type = LetterTypeFromNumber(static_cast<int>(in.type()));
  if (!message.ok() || !thread.ok() || !type.has_value() || in.seq() == 0 ||
      in.prev_digest().size() != kDigest ||
      in.plain_digest().size() != kDigest || in.deliver_by_ms() < 0 ||
      in.first_refused_at_ms() < 0) {
    return Damaged();
  }
  row.key.message = *message;
  row.thread = *thread;
  row.seq = in.seq();
  row.incarnation = in.incarnation();
  row.prev_digest = in.prev_digest();
  row.plain_digest = in.plain_digest();
  row.type = *type;
  ASSIGN_OR_RETURN(row.void_reason, ReadReason(in.void_reason()));
  row.non_delivery = in.non_delivery();
  row.deliver_by = TimeOrNever(in.deliver_by_ms());
  ASSIGN_OR_RETURN(row.clearance, clearance::ReadFacts(in.clearance()));
  row.key.receiver = row.clearance.recipient;
  row.plain_bytes = in.plain_bytes();
  row.offered_again = in.offered_again();
  row.refusals = in.refusals();
  if (in.first_refused_at_ms() != 0) {
    row.first_refused_at = amparo::FromUnixMillis(in.first_refused_at_ms());
  }
  return row;
}

std::string LetterCodec::EncodeKey(const Key& key) {
  std::string bytes = key.message.bytes();
  crypto::AppendU8(&bytes, key.is_void ? 1 : 0);
  return bytes;
}

absl::StatusOr<LetterKey> LetterCodec::DecodeKey(absl::string_view bytes) {
  return ReadWhole<Key>(bytes, [](ByteReader& in) -> absl::StatusOr<Key> {
    Key key;
    ASSIGN_OR_RETURN(key.message, ReadId<MessageId>(in));
    ASSIGN_OR_RETURN(const uint8_t is_void, in.ReadU8());
    if (is_void > 1) return Damaged();
    key.is_void = is_void == 1;
    return key;
  });
}

std::string LetterCodec::Encode(const Record& record) {
  rec::LetterRecord out;
  out.set_plain(record.plain);
  out.set_signature(record.signature);
  out.set_key_epoch(record.key_epoch);
  clearance::WriteFacts(record.clearance, *out.mutable_clearance());
  out.set_thread_id(record.thread.bytes());
  out.set_plain_digest(record.plain_digest);
  out.set_created_at_ms(amparo::ToUnixMillis(record.created_at));
  out.set_outbox_key(OutboxCodec::EncodeKey(record.outbox_key));
  out.set_void_reason(static_cast<uint32_t>(record.void_reason));
  return Serialize(out);
}

absl::StatusOr<LetterRow> LetterCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const rec::LetterRecord in, Parse<rec::LetterRecord>(bytes));
  LetterRow row;
  const auto thread = ThreadId::FromBytes(in.thread_id());
  if (!thread.ok() || in.plain_digest().size() != kDigest ||
      in.created_at_ms() <= 0) {
    return Damaged();
  }
  row.plain = in.plain();
  row.signature = in.signature();
  row.key_epoch = in.key_epoch();
  ASSIGN_OR_RETURN(row.clearance, clearance::ReadFacts(in.clearance()));
  row.thread = *thread;
  row.plain_digest = in.plain_digest();
  row.created_at = amparo::FromUnixMillis(in.created_at_ms());
  ASSIGN_OR_RETURN(row.outbox_key, OutboxCodec::DecodeKey(in.outbox_key()));
  ASSIGN_OR_RETURN(row.void_reason, ReadReason(in.void_reason()));
  return row;
}

absl::Status OkIfErased(const storage::Reader& reader, const MessageId& message,
                        const absl::Status& otherwise) {
  ASSIGN_OR_RETURN(const std::optional<std::string> stored,
                   reader.Get(LetterCodec::kTable,
                              LetterCodec::EncodeKey({message, false})));
  if (!stored.has_value()) return otherwise;
  ASSIGN_OR_RETURN(const KeyId key, storage::Vault::KeyOf(*stored));
  ASSIGN_OR_RETURN(const std::optional<std::string> wrapped,
                   reader.Get(storage::TableId::kDataKeys, key.bytes()));
  return wrapped.has_value() ? otherwise : absl::OkStatus();
}

std::string ThreadOutCodec::EncodeKey(const Key& key) {
  std::string bytes = key.peer.bytes();
  crypto::AppendU32(&bytes, key.incarnation);
  return bytes + key.thread.bytes();
}

absl::StatusOr<ThreadKey> ThreadOutCodec::DecodeKey(absl::string_view bytes) {
  return ReadWhole<Key>(bytes, [](ByteReader& in) -> absl::StatusOr<Key> {
    Key key;
    ASSIGN_OR_RETURN(key.peer, ReadId<OfficeId>(in));
    ASSIGN_OR_RETURN(key.incarnation, in.ReadU32());
    ASSIGN_OR_RETURN(key.thread, ReadId<ThreadId>(in));
    return key;
  });
}

std::string ThreadOutCodec::Encode(const Record& record) {
  rec::ThreadRecord out;
  out.set_next_seq(record.next_seq);
  out.set_last_digest(record.last_digest);
  return Serialize(out);
}

absl::StatusOr<ThreadState> ThreadOutCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const rec::ThreadRecord in, Parse<rec::ThreadRecord>(bytes));
  if (in.next_seq() == 0 || in.last_digest().size() != kDigest) {
    return Damaged();
  }
  return ThreadState{in.next_seq(), in.last_digest()};
}

std::string SeenCodec::EncodeKey(const Key& key) {
  return key.sender.bytes() + key.message.bytes();
}

absl::StatusOr<SeenKey> SeenCodec::DecodeKey(absl::string_view bytes) {
  return ReadWhole<Key>(bytes, [](ByteReader& in) -> absl::StatusOr<Key> {
    Key key;
    ASSIGN_OR_RETURN(key.sender, ReadId<OfficeId>(in));
    ASSIGN_OR_RETURN(key.message, ReadId<MessageId>(in));
    return key;
  });
}

std::string SeenCodec::Encode(const Record& record) {
  rec::SeenRecord out;
  out.set_receipt(record);
  return Serialize(out);
}

absl::StatusOr<std::string> SeenCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const rec::SeenRecord in, Parse<rec::SeenRecord>(bytes));
  if (in.receipt().empty()) return Damaged();
  return in.receipt();
}

std::string PeerLetterCodec::EncodeKey(const Key& key) {
  std::string bytes = key.sender.bytes() + key.message.bytes();
  crypto::AppendU8(&bytes, key.is_void ? 1 : 0);
  return bytes;
}

absl::StatusOr<PeerLetterKey> PeerLetterCodec::DecodeKey(
    absl::string_view bytes) {
  return ReadWhole<Key>(bytes, [](ByteReader& in) -> absl::StatusOr<Key> {
    Key key;
    ASSIGN_OR_RETURN(key.sender, ReadId<OfficeId>(in));
    ASSIGN_OR_RETURN(key.message, ReadId<MessageId>(in));
    ASSIGN_OR_RETURN(const uint8_t is_void, in.ReadU8());
    if (is_void > 1) return Damaged();
    key.is_void = is_void == 1;
    return key;
  });
}

std::string PeerLetterCodec::Encode(const Record& record) {
  rec::PeerLetterRecord out;
  out.set_plain(record.plain);
  out.set_signature(record.signature);
  out.set_key_epoch(record.key_epoch);
  out.set_received_at_ms(amparo::ToUnixMillis(record.received_at));
  return Serialize(out);
}

absl::StatusOr<PeerLetterRow> PeerLetterCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const rec::PeerLetterRecord in,
                   Parse<rec::PeerLetterRecord>(bytes));
  if (in.received_at_ms() <= 0) return Damaged();
  return PeerLetterRow{in.plain(), in.signature(), in.key_epoch(),
                       amparo::FromUnixMillis(in.received_at_ms())};
}

std::string ReceiptCodec::EncodeKey(const Key& key) {
  std::string bytes = key.message.bytes();
  crypto::AppendU8(&bytes, static_cast<uint8_t>(key.kind));
  return bytes;
}

absl::StatusOr<ReceiptKey> ReceiptCodec::DecodeKey(absl::string_view bytes) {
  return ReadWhole<Key>(bytes, [](ByteReader& in) -> absl::StatusOr<Key> {
    Key key;
    ASSIGN_OR_RETURN(key.message, ReadId<MessageId>(in));
    ASSIGN_OR_RETURN(const uint8_t number, in.ReadU8());
    const auto kind = ReceiptKindFromNumber(number);
    if (!kind.has_value()) return Damaged();
    key.kind = *kind;
    return key;
  });
}

std::string ReceiptCodec::Encode(const Record& record) {
  rec::ReceiptRecord out;
  out.set_kind(static_cast<uint32_t>(record.kind));
  out.set_issued_at_ms(amparo::ToUnixMillis(record.issued_at));
  out.set_signed_body(record.signed_body);
  return Serialize(out);
}

absl::StatusOr<StoredReceipt> ReceiptCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const rec::ReceiptRecord in,
                   Parse<rec::ReceiptRecord>(bytes));
  const auto kind = ReceiptKindFromNumber(static_cast<int>(in.kind()));
  if (!kind.has_value() || in.issued_at_ms() <= 0) return Damaged();
  return StoredReceipt{*kind, amparo::FromUnixMillis(in.issued_at_ms()),
                       in.signed_body()};
}

std::string ConsentLetterCodec::EncodeKey(const Key& key) {
  return key.consent.bytes() + key.message.bytes();
}

absl::StatusOr<ConsentLetterKey> ConsentLetterCodec::DecodeKey(
    absl::string_view bytes) {
  return ReadWhole<Key>(bytes, [](ByteReader& in) -> absl::StatusOr<Key> {
    Key key;
    ASSIGN_OR_RETURN(key.consent, ReadId<ConsentId>(in));
    ASSIGN_OR_RETURN(key.message, ReadId<MessageId>(in));
    return key;
  });
}

std::string ConsentLetterCodec::Encode(const Record& record) {
  rec::ConsentLetterRecord out;
  out.set_recipient(record.receiver.bytes());
  out.set_outbox_key(OutboxCodec::EncodeKey(record));
  return Serialize(out);
}

absl::StatusOr<OutboxKey> ConsentLetterCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const rec::ConsentLetterRecord in,
                   Parse<rec::ConsentLetterRecord>(bytes));
  ASSIGN_OR_RETURN(const OutboxKey key,
                   OutboxCodec::DecodeKey(in.outbox_key()));
  if (key.receiver.bytes() != in.recipient()) return Damaged();
  return key;
}

std::string PeerCursorCodec::EncodeKey(const Key& key) { return key.bytes(); }

absl::StatusOr<OfficeId> PeerCursorCodec::DecodeKey(absl::string_view bytes) {
  return OfficeId::FromBytes(bytes);
}

std::string PeerCursorCodec::Encode(const Record& record) {
  rec::PeerCursorRecord out;
  out.set_failures(record.failures);
  if (record.next_attempt != absl::InfinitePast()) {
    out.set_next_attempt_ms(amparo::ToUnixMillis(record.next_attempt));
  }
  if (record.offered_incarnation != 1) {
    out.set_offered_incarnation(record.offered_incarnation);
  }
  out.set_offer_from(record.offer_from);
  return Serialize(out);
}

absl::StatusOr<PeerCursor> PeerCursorCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const rec::PeerCursorRecord in,
                   Parse<rec::PeerCursorRecord>(bytes));
  if (in.next_attempt_ms() < 0) return Damaged();
  PeerCursor cursor;
  cursor.failures = in.failures();
  if (in.next_attempt_ms() != 0) {
    cursor.next_attempt = amparo::FromUnixMillis(in.next_attempt_ms());
  }
  if (in.offered_incarnation() != 0) {
    cursor.offered_incarnation = in.offered_incarnation();
  }
  cursor.offer_from = in.offer_from();
  return cursor;
}

std::string StartCodec::EncodeKey(const Key&) { return kStartKey; }

absl::StatusOr<StartKey> StartCodec::DecodeKey(absl::string_view bytes) {
  if (bytes != kStartKey) return Damaged();
  return StartKey();
}

std::string StartCodec::Encode(const Record& record) {
  rec::StartRecord out;
  out.set_start(record);
  return Serialize(out);
}

absl::StatusOr<uint32_t> StartCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const rec::StartRecord in, Parse<rec::StartRecord>(bytes));
  if (in.start() == 0) return Damaged();
  return in.start();
}

}  // namespace amparo::delivery
