// SPDX-License-Identifier: Apache-2.0
//
// How letters, receipts and threads are kept. Row keys:
//
//   kOutbox            receiver 16 | u8 lane | u64be order | message 16
//   kLetters           message 16 | u8 0 letter, 1 its VOID
//   kThreadsOut        receiver 16 | u32be incarnation | thread 16
//   kThreadsIn         sender 16 | u32be incarnation | thread 16
//   kInbox             sender 16 | message 16
//   kPeerLetters       sender 16 | message 16 | u8 0 letter, 1 VOID
//   kReceipts          message 16 | u8 kind
//   kLettersByConsent  consent 16 | message 16
//   kPeerCursors       peer 16, or "start"
//
// Keys are made of random ids only. All values are sealed.
#ifndef AMPARO_NODE_DELIVERY_DELIVERY_RECORDS_H_
#define AMPARO_NODE_DELIVERY_DELIVERY_RECORDS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/base/errors.h"
#include "node/base/ids.h"
#include "node/clearance/clearance.h"
#include "node/delivery/delivery.h"
#include "node/storage/store.h"
#include "node/storage/table.h"

namespace amparo::delivery {

// Letters that overtake, and the others.
enum class Lane : uint8_t { kProtective = 0, kOrdinary = 1 };

struct OutboxKey {
  OfficeId receiver;
  Lane lane = Lane::kOrdinary;
  // The start of the node in the upper 24 bits, a counter in the lower 40:
  // letters of one thread are in this order.
  uint64_t order = 0;
  MessageId message;

  uint32_t start() const { return static_cast<uint32_t>(order >> 40); }
};

// A letter that waits for its receipt, or the VOID in its place.
struct OutboxRow {
  OutboxKey key;
  ThreadId thread;
  uint64_t seq = 0;
  uint32_t incarnation = 1;
  std::string prev_digest;
  std::string plain_digest;             // Of the letter, for its VOID too.
  LetterType type = LetterType::kVoid;  // Of the letter, for its VOID too.
  Reason void_reason = Reason::kUnspecified;
  bool non_delivery = false;  // One was signed.
  absl::Time deliver_by = absl::InfiniteFuture();
  clearance::ClearanceFacts clearance;
  uint64_t plain_bytes = 0;
  // Receipted once by a peer that was restored since: goes with that receipt.
  bool offered_again = false;
  // Of letters that never expire: how often the peer refused it, and since
  // when (absl::InfinitePast(): it did not).
  uint32_t refusals = 0;
  absl::Time first_refused_at = absl::InfinitePast();

  bool is_void() const { return void_reason != Reason::kUnspecified; }
  // When it becomes late or expires, whichever comes first and has not been
  // noted yet; never for a VOID.
  absl::Time NextDeadline() const;
  LetterRef ref() const;
};

struct OutboxCodec {
  using Key = OutboxKey;
  using Record = OutboxRow;
  static constexpr storage::TableId kTable = storage::TableId::kOutbox;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  // The key is not in the value: the caller puts it in.
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

struct LetterKey {
  MessageId message;
  bool is_void = false;
};

// A letter of ours, or its VOID: the evidence.
struct LetterRow {
  std::string plain;
  std::string signature;
  uint32_t key_epoch = 1;
  clearance::ClearanceFacts clearance;
  ThreadId thread;
  std::string plain_digest;
  absl::Time created_at;
  OutboxKey outbox_key;
  Reason void_reason = Reason::kUnspecified;
};

struct LetterCodec {
  using Key = LetterKey;
  using Record = LetterRow;
  static constexpr storage::TableId kTable = storage::TableId::kLetters;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// OK when a letter of ours of this id does not open because its data key was
// erased, with the person it was about; else `otherwise`. A letter that is
// damaged, or was never there, is no erased one.
absl::Status OkIfErased(const storage::Reader& reader, const MessageId& message,
                        const absl::Status& otherwise);

struct ThreadKey {
  OfficeId peer;
  uint32_t incarnation = 1;
  ThreadId thread;
};

struct ThreadState {
  uint64_t next_seq = 1;
  std::string last_digest = std::string(32, '\0');
};

// Threads we write (kThreadsOut) and threads we receive (kThreadsIn).
struct ThreadOutCodec {
  using Key = ThreadKey;
  using Record = ThreadState;
  static constexpr storage::TableId kTable = storage::TableId::kThreadsOut;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};
struct ThreadInCodec : ThreadOutCodec {
  static constexpr storage::TableId kTable = storage::TableId::kThreadsIn;
};

struct SeenKey {
  OfficeId sender;
  MessageId message;
};

// The receipt a letter was answered with.
struct SeenCodec {
  using Key = SeenKey;
  using Record = std::string;  // Serialised peer.v1.SignedBody.
  static constexpr storage::TableId kTable = storage::TableId::kInbox;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

struct PeerLetterKey {
  OfficeId sender;
  MessageId message;
  bool is_void = false;
};

// A letter of a peer: the evidence.
struct PeerLetterRow {
  std::string plain;
  std::string signature;
  uint32_t key_epoch = 1;
  absl::Time received_at;
};

struct PeerLetterCodec {
  using Key = PeerLetterKey;
  using Record = PeerLetterRow;
  static constexpr storage::TableId kTable = storage::TableId::kPeerLetters;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

struct ReceiptKey {
  MessageId message;
  ReceiptKind kind = ReceiptKind::kSubmitted;
};

struct ReceiptCodec {
  using Key = ReceiptKey;
  using Record = StoredReceipt;
  static constexpr storage::TableId kTable = storage::TableId::kReceipts;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

struct ConsentLetterKey {
  ConsentId consent;
  MessageId message;
};

struct ConsentLetterCodec {
  using Key = ConsentLetterKey;
  using Record = OutboxKey;
  static constexpr storage::TableId kTable =
      storage::TableId::kLettersByConsent;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// How contact with a peer goes.
struct PeerCursor {
  uint32_t failures = 0;
  absl::Time next_attempt = absl::InfinitePast();
  // The peer's incarnation for which all it had receipted is in the outbox
  // again, and the row key of kReceipts where that work goes on.
  uint32_t offered_incarnation = 1;
  std::string offer_from;
};

struct PeerCursorCodec {
  using Key = OfficeId;
  using Record = PeerCursor;
  static constexpr storage::TableId kTable = storage::TableId::kPeerCursors;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// How often the node has started. One row.
struct StartKey {};
struct StartCodec {
  using Key = StartKey;
  using Record = uint32_t;
  static constexpr storage::TableId kTable = storage::TableId::kPeerCursors;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_DELIVERY_RECORDS_H_
