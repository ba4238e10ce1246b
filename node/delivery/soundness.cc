// SPDX-License-Identifier: Apache-2.0
//
// Letters of ours.
#include "node/delivery/soundness.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/status_macros.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/letter_codec.h"
#include "node/delivery/soundness_evidence.h"

namespace amparo::delivery {
namespace {

using peering::KnownOffices;
using storage::Erasure;
using storage::Gravity;
using storage::Inspection;
using storage::Opened;
using storage::Row;
using storage::RowSet;
using storage::StoredRow;
using storage::TableId;

// All that is stored about one message.
struct Sent {
  MessageId message;
  bool has_letter = false;
  std::optional<LetterRow> letter;    // Not when mute or damaged.
  std::optional<LetterRow> in_place;  // Its VOID.
  std::map<ReceiptKind, StoredReceipt> receipts;
};

// Where a waiting letter stands, the same from its letter and its outbox row.
std::string PlaceOf(const OutboxKey& key, const ThreadId& thread, uint64_t seq,
                    uint32_t incarnation, absl::string_view prev_digest,
                    absl::string_view plain_digest, LetterType type,
                    bool is_void) {
  std::string place = OutboxCodec::EncodeKey(key) + thread.bytes();
  crypto::AppendU64(&place, seq);
  crypto::AppendU32(&place, incarnation);
  crypto::AppendPrefixed(&place, prev_digest);
  crypto::AppendPrefixed(&place, plain_digest);
  crypto::AppendU32(&place, static_cast<uint32_t>(type));
  crypto::AppendU8(&place, is_void ? 1 : 0);
  return place;
}

// What some messages say about everything else.
struct SentSums {
  Opened opened;  // Of letters.
  RowSet waiting;
  RowSet places;
  RowSet by_consent;
  ThreadChains chains;

  void Add(const SentSums& other) {
    opened.Add(other.opened);
    waiting.Add(other.waiting);
    places.Add(other.places);
    by_consent.Add(other.by_consent);
    chains.Add(other.chains);
  }
};

// Rows that start with the same message.
struct StoredMessage {
  std::vector<StoredRow> letters;
  std::vector<StoredRow> receipts;
};

// Checks messages one by one, each by itself. One thread at a time.
class MessageCheck {
 public:
  MessageCheck(Inspection& inspection, const KnownOffices& offices,
               audit::ExpectedEvents& events, SentSums& sums)
      : inspection_(inspection),
        offices_(offices),
        events_(events),
        sums_(sums) {}

  absl::Status Take(const StoredMessage& stored) {
    std::optional<Sent> sent;
    RETURN_IF_ERROR(OpenLetters(stored.letters, sent));
    RETURN_IF_ERROR(OpenReceipts(stored.receipts, sent));
    if (sent.has_value()) Check(*sent);
    return absl::OkStatus();
  }

 private:
  static Sent& Of(const MessageId& message, std::optional<Sent>& sent) {
    if (!sent.has_value()) sent.emplace().message = message;
    return *sent;
  }

  absl::Status OpenLetters(const std::vector<StoredRow>& rows,
                           std::optional<Sent>& sent) {
    for (const auto& [bytes, value] : rows) {
      const auto key = LetterCodec::DecodeKey(bytes);
      if (!key.ok()) {
        inspection_.Add(TableId::kLetters, Gravity::kRecord,
                        "a row has a key that rows of this table cannot have");
        continue;
      }
      Sent& found = Of(key->message, sent);
      found.has_letter = found.has_letter || !key->is_void;
      ASSIGN_OR_RETURN(auto row, storage::OpenRow<LetterCodec>(
                                     inspection_, bytes, value,
                                     Erasure::kLeavesRows, sums_.opened));
      if (!row.has_value()) continue;
      (key->is_void ? found.in_place : found.letter) = std::move(row->value);
    }
    return absl::OkStatus();
  }

  absl::Status OpenReceipts(const std::vector<StoredRow>& rows,
                            std::optional<Sent>& sent) {
    for (const auto& [bytes, value] : rows) {
      const auto key = ReceiptCodec::DecodeKey(bytes);
      Opened opened;
      ASSIGN_OR_RETURN(auto row,
                       storage::OpenRow<ReceiptCodec>(inspection_, bytes, value,
                                                      Erasure::kNever, opened));
      if (!key.ok() || !row.has_value() || row->value.kind != key->kind) {
        sums_.opened.damaged += opened.damaged;
        inspection_.Add(TableId::kReceipts, Gravity::kEvidence,
                        "a receipt cannot be read or is not in its place");
        continue;
      }
      Of(key->message, sent).receipts[key->kind] = std::move(row->value);
    }
    return absl::OkStatus();
  }

  void Check(const Sent& sent) {
    if (!sent.has_letter) {
      inspection_.Add(TableId::kLetters, Gravity::kEvidence,
                      "a letter is not there, but its VOID or a receipt is");
      return;
    }
    if (sent.receipts.count(ReceiptKind::kSubmitted) == 0) {
      inspection_.Add(TableId::kReceipts, Gravity::kEvidence,
                      "a letter has no SUBMITTED receipt of this office");
    }
    // A VOID that its peer went on refusing is given up with a NON_DELIVERY;
    // nothing else tells it from one that is only late.
    const bool perhaps_given_up =
        sent.in_place.has_value() &&
        sent.receipts.count(ReceiptKind::kNonDelivery) > 0;
    const bool answered = sent.receipts.count(ReceiptKind::kDelivered) > 0 ||
                          sent.receipts.count(ReceiptKind::kVoided) > 0 ||
                          perhaps_given_up;
    if (!answered) sums_.waiting.Add({sent.message.bytes()});
    if (!sent.letter.has_value()) return;
    CheckReceipts(sent);
    CheckLetter(sent, answered);
    if (sent.in_place.has_value()) CheckVoid(sent);
  }

  // The header, when plain, digest, signature and row belong together.
  std::optional<LetterHeader> HeaderOf(const MessageId& message,
                                       const LetterRow& row) {
    const absl::StatusOr<Plain> plain = DecodePlain(row.plain);
    if (plain.ok() && crypto::Sha256(row.plain) == row.plain_digest) {
      const LetterHeader& header = plain->header;
      if (header.message == message && header.sender == offices_.own &&
          header.thread == row.thread &&
          header.receiver == row.clearance.recipient &&
          header.type == row.clearance.type &&
          header.sender_key_epoch == row.key_epoch &&
          row.outbox_key.message == message &&
          row.outbox_key.receiver == header.receiver &&
          crypto::Sha256(plain->payload) == row.clearance.payload_digest &&
          SignatureHolds(offices_, offices_.own, row.key_epoch, kPlainDsse,
                         row.plain, row.signature)) {
        return header;
      }
    }
    inspection_.Add(TableId::kLetters, Gravity::kEvidence,
                    "a letter is not what was cleared, signed and digested");
    return std::nullopt;
  }

  void CheckLetter(const Sent& sent, bool answered) {
    const LetterRow& row = *sent.letter;
    const auto header = HeaderOf(sent.message, row);
    if (!header.has_value()) return;
    sums_.chains.Letter({header->receiver, header->incarnation, header->thread},
                        header->seq, header->prev_digest, row.plain_digest);
    if (!answered) {
      sums_.places.Add(
          {PlaceOf(row.outbox_key, row.thread, header->seq, header->incarnation,
                   header->prev_digest, row.plain_digest, header->type,
                   sent.in_place.has_value())});
    }
    if (row.clearance.consent.has_value()) {
      sums_.by_consent.Add({ConsentLetterCodec::EncodeKey(
                                {*row.clearance.consent, sent.message}),
                            OutboxCodec::EncodeKey(row.outbox_key)});
    }
    events_.Add(
        audit::EventKind::kLetterSent,
        {sent.message.hex(), header->receiver.hex(), Name(header->type),
         absl::StrCat(header->seq), crypto::HexEncode(row.plain_digest)});
  }

  void CheckVoid(const Sent& sent) {
    const LetterRow& row = *sent.in_place;
    const auto header = HeaderOf(sent.message, row);
    if (!header.has_value()) return;
    if (header->type != LetterType::kVoid ||
        header->thread != sent.letter->thread) {
      inspection_.Add(TableId::kLetters, Gravity::kEvidence,
                      "a VOID does not stand in the place of its letter");
    }
    events_.Add(
        audit::EventKind::kVoidSent,
        {sent.message.hex(), header->receiver.hex(),
         ReasonName(row.void_reason), crypto::HexEncode(row.plain_digest)});
  }

  void CheckReceipts(const Sent& sent) {
    const LetterRow& letter = *sent.letter;
    const OfficeId& receiver = letter.clearance.recipient;
    for (const auto& [kind, receipt] : sent.receipts) {
      const bool ours =
          kind == ReceiptKind::kSubmitted || kind == ReceiptKind::kNonDelivery;
      if (!ReceiptHolds(offices_, receipt.signed_body,
                        {kind, sent.message, letter.plain_digest, offices_.own,
                         receiver, ours ? offices_.own : receiver})) {
        inspection_.Add(TableId::kReceipts, Gravity::kEvidence,
                        "a receipt is for another letter, or not signed by "
                        "who issues it");
      }
      if (kind == ReceiptKind::kSubmitted) continue;
      events_.Add(kind == ReceiptKind::kNonDelivery
                      ? audit::EventKind::kNonDelivery
                      : audit::EventKind::kReceiptReceived,
                  {sent.message.hex(), receiver.hex(), Name(kind)});
    }
  }

  Inspection& inspection_;
  const KnownOffices& offices_;
  audit::ExpectedEvents& events_;
  SentSums& sums_;
};

// Goes over letters and receipts side by side, in the order of messages.
class SentCheck {
 public:
  SentCheck(Inspection& inspection, const KnownOffices& offices,
            audit::ExpectedEvents& events)
      : inspection_(inspection), offices_(offices), events_(events) {}

  absl::Status Run() {
    RETURN_IF_ERROR(inspection_.Scan(
        TableId::kLetters, {},
        [&](absl::string_view key,
            absl::string_view value) -> absl::StatusOr<bool> {
          const std::string message(key.substr(0, MessageId::kSize));
          // A message is never cut in two: its VOID follows its letter.
          if (messages_.size() >= storage::kOpenedTogether &&
              messages_.count(message) == 0) {
            RETURN_IF_ERROR(Deliver(message));
          }
          messages_[message].letters.push_back(
              {std::string(key), std::string(value)});
          inspection_.CountRows(1);
          return true;
        }));
    RETURN_IF_ERROR(Deliver({}));
    RETURN_IF_ERROR(CheckOutbox());
    RETURN_IF_ERROR(
        CheckThreads<ThreadOutCodec>(inspection_, sums_.opened, sums_.chains));
    RETURN_IF_ERROR(CheckByConsent());
    if (!sums_.opened.complete()) {
      for (const auto kind :
           {audit::EventKind::kLetterSent, audit::EventKind::kVoidSent,
            audit::EventKind::kReceiptReceived,
            audit::EventKind::kNonDelivery}) {
        events_.Leave(kind);
      }
    }
    return absl::OkStatus();
  }

 private:
  // Checks the messages that were read and the receipts up to `limit`.
  absl::Status Deliver(const std::string& limit) {
    RETURN_IF_ERROR(inspection_.reader().Scan(
        TableId::kReceipts, done_, limit,
        [&](absl::string_view key,
            absl::string_view value) -> absl::StatusOr<bool> {
          messages_[std::string(key.substr(0, MessageId::kSize))]
              .receipts.push_back({std::string(key), std::string(value)});
          inspection_.CountRows(1);
          return true;
        }));
    std::vector<const StoredMessage*> messages;
    messages.reserve(messages_.size());
    for (const auto& [message, stored] : messages_) {
      messages.push_back(&stored);
    }
    RETURN_IF_ERROR(inspection_.crew().ShareAndAdd<SentSums>(
        messages.size(), storage::kOpenedByOne, sums_,
        [&](size_t begin, size_t end, SentSums& sums) -> absl::Status {
          Warm(messages, begin, end);
          MessageCheck check(inspection_, offices_, events_, sums);
          for (size_t i = begin; i < end; ++i) {
            RETURN_IF_ERROR(check.Take(*messages[i]));
          }
          return absl::OkStatus();
        }));
    messages_.clear();
    done_ = limit;
    return absl::OkStatus();
  }

  // Letters may be under keys of their own; receipts never are.
  void Warm(const std::vector<const StoredMessage*>& messages, size_t begin,
            size_t end) const {
    std::vector<absl::string_view> values;
    for (size_t i = begin; i < end; ++i) {
      for (const StoredRow& row : messages[i]->letters) {
        values.push_back(row.value);
      }
    }
    inspection_.vault().Warm(values);
  }

  absl::Status CheckOutbox() {
    RowSet messages;
    RowSet places;
    // Of waiting threads only; after a restore they count from 1 again.
    absl::flat_hash_map<std::pair<ThreadId, uint32_t>, uint64_t> last;
    ASSIGN_OR_RETURN(
        const Opened opened,
        storage::OpenAll<OutboxCodec>(
            inspection_, Erasure::kNever,
            [&](const OutboxKey& key, const Row<OutboxRow>& stored) {
              const OutboxRow& row = stored.value;
              uint64_t& before = last[{row.thread, row.incarnation}];
              if (row.seq <= before) {
                inspection_.Add(TableId::kOutbox, Gravity::kRecord,
                                "letters of a thread wait in another order "
                                "than they were written");
              }
              before = row.seq;
              // One that a restored peer lost is answered and waits again.
              if (row.offered_again) return absl::OkStatus();
              if (row.is_void() && row.non_delivery) return absl::OkStatus();
              messages.Add({key.message.bytes()});
              places.Add({PlaceOf(key, row.thread, row.seq, row.incarnation,
                                  row.prev_digest, row.plain_digest, row.type,
                                  row.is_void())});
              return absl::OkStatus();
            }));
    if (!opened.complete() || sums_.opened.damaged > 0) return absl::OkStatus();
    if (messages != sums_.waiting) {
      inspection_.Compare(sums_.waiting, messages, TableId::kOutbox,
                          Gravity::kRecord,
                          "what waits is not what has no receipt yet");
    } else if (sums_.opened.complete()) {
      inspection_.Compare(sums_.places, places, TableId::kOutbox,
                          Gravity::kRecord,
                          "what waits does not say what its letter says");
    }
    return absl::OkStatus();
  }

  absl::Status CheckByConsent() {
    RowSet found;
    ASSIGN_OR_RETURN(
        const Opened opened,
        storage::OpenAll<ConsentLetterCodec>(
            inspection_, Erasure::kNever,
            [&](const ConsentLetterKey& key, const Row<OutboxKey>& row) {
              found.Add({ConsentLetterCodec::EncodeKey(key),
                         OutboxCodec::EncodeKey(row.value)});
              return absl::OkStatus();
            }));
    if (opened.complete() && sums_.opened.complete()) {
      inspection_.Compare(sums_.by_consent, found, TableId::kLettersByConsent,
                          Gravity::kDerived,
                          "the index by consent does not say what the letters "
                          "say");
    }
    return absl::OkStatus();
  }

  Inspection& inspection_;
  const KnownOffices& offices_;
  audit::ExpectedEvents& events_;
  std::map<std::string, StoredMessage> messages_;  // By message.
  std::string done_;  // Receipts before this row key were read.
  SentSums sums_;
};

absl::Status CheckCursors(Inspection& inspection, const KnownOffices& offices) {
  std::vector<std::pair<std::string, std::string>> rows;
  RETURN_IF_ERROR(
      inspection.Scan(TableId::kPeerCursors, {},
                      [&](absl::string_view key,
                          absl::string_view value) -> absl::StatusOr<bool> {
                        rows.emplace_back(std::string(key), std::string(value));
                        return true;
                      }));
  Opened opened;
  for (const auto& [key, value] : rows) {
    if (StartCodec::DecodeKey(key).ok()) {
      RETURN_IF_ERROR(storage::OpenRow<StartCodec>(inspection, key, value,
                                                   Erasure::kNever, opened)
                          .status());
      continue;
    }
    const auto peer = PeerCursorCodec::DecodeKey(key);
    RETURN_IF_ERROR(storage::OpenRow<PeerCursorCodec>(inspection, key, value,
                                                      Erasure::kNever, opened)
                        .status());
    if (!peer.ok() || offices.peers.count(*peer) == 0) {
      inspection.Add(TableId::kPeerCursors, Gravity::kRecord,
                     "contact is kept with an office that is no peer");
    }
  }
  inspection.CountRows(rows.size());
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckSent(Inspection& inspection, const KnownOffices& offices,
                       audit::ExpectedEvents& events) {
  RETURN_IF_ERROR(SentCheck(inspection, offices, events).Run());
  return CheckCursors(inspection, offices);
}

}  // namespace amparo::delivery
