// SPDX-License-Identifier: Apache-2.0
//
// Letters between offices: the words that the rooms above use. A room posts a
// Draft into the outbox in the same batch as its state change, and registers a
// LetterHandler for each type of letter it receives. The rest (sealing, order,
// repetition, receipts, deadlines) happens in outbox.h, inbox.h and
// dispatcher.h, all included here for those who only name `delivery`.
#ifndef AMPARO_NODE_DELIVERY_DELIVERY_H_
#define AMPARO_NODE_DELIVERY_DELIVERY_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "node/base/errors.h"
#include "node/base/exchange_terms.h"
#include "node/base/ids.h"
#include "node/clearance/clearance.h"
#include "node/storage/store.h"

namespace amparo::delivery {

// How far a letter has come. Numbers are frozen: they are on the wire and in
// row keys.
enum class ReceiptKind : uint8_t {
  kSubmitted = 1,    // This node holds it durably.
  kDelivered = 2,    // The receiver's node holds it durably.
  kRetrieved = 3,    // A person opened it.
  kAnswered = 4,     // It was answered.
  kVoided = 5,       // The receiver holds the VOID that replaced it.
  kNonDelivery = 6,  // No receipt came by deliver_by.
};

// Stable name, e.g. "DELIVERED".
absl::string_view Name(ReceiptKind kind);
std::optional<ReceiptKind> ReceiptKindFromNumber(int number);

// A letter to be written. The clearance names recipient, type, purpose,
// agreement and expiry, and must be for exactly this payload.
struct Draft {
  clearance::Clearance clearance;
  // Letters of one thread arrive in order. A referral's thread is its
  // referral id, an agreement's its agreement id; a protective letter goes
  // into a thread of its own, so that it overtakes.
  ThreadId thread;
  std::string payload;
  // Where a person is concerned: what the clearance committed to.
  std::string consent_statement;
  std::string consent_salt;
  // absl::InfiniteFuture(): no demand.
  absl::Time deliver_by = absl::InfiniteFuture();
  absl::Time respond_by = absl::InfiniteFuture();
  // What the kept copy is sealed under: the subject's key where there is one,
  // so that erasing the subject erases the copy. By default the table's key.
  std::optional<KeyId> data_key = std::nullopt;
};

// What the poster keeps of a letter.
struct Posted {
  MessageId message;
  std::string plain_digest;  // SHA-256 of the signed plain, 32 bytes.
  absl::Time submitted_at;   // What the SUBMITTED receipt says.
};

// A letter that passed every check, handed to its handler.
struct ReceivedLetter {
  MessageId message;
  ThreadId thread;
  uint64_t seq = 0;
  // Which life of its sender wrote it: a restore from a backup begins another.
  uint32_t incarnation = 1;
  OfficeId sender;
  LetterType type = LetterType::kVoid;
  Purpose purpose = Purpose::kAdministration;
  std::set<HandlingCode> handling_codes;
  AgreementId agreement;           // Empty for peering letters.
  std::string agreement_hash;      // 32 bytes or empty.
  std::string consent_commitment;  // 32 bytes or empty.
  absl::Time created_at;
  absl::Time expires_at;  // absl::InfiniteFuture(): never.
  absl::Time deliver_by;  // absl::InfiniteFuture(): no demand.
  absl::Time respond_by;  // absl::InfiniteFuture(): no demand.
  // When this office had it first: of a letter that it lost and was restored
  // without, the time of the receipt it had given.
  absl::Time received_at;
  std::string payload;
  std::string consent_statement;  // Checked against the commitment.
  std::string consent_salt;
  std::string plain_digest;  // SHA-256 of signed_plain, what receipts name.
  // The evidence: the exact plain bytes and the inner signature over them.
  std::string signed_plain;
  std::string plain_signature;
  uint32_t sender_key_epoch = 0;
  // A data key of this copy's own where a person is concerned (delivery's
  // evidence is sealed under it; seal what is derived from the letter under
  // it too), else the table's key.
  KeyId copy_key;
};

// What a room does with a letter of a type it registered for.
class LetterHandler {
 public:
  virtual ~LetterHandler() = default;
  // Adds to delivery's open batch; no other I/O than reads. An error refuses
  // the letter with its reason and nothing is stored; what it wrote into the
  // batch is dropped with it. May be called again for the same letter, and
  // from several threads at once.
  virtual absl::Status Receive(const ReceivedLetter& letter,
                               storage::Batch& batch) = 0;
};

// A letter of ours, as those who wrote it are told about it.
struct LetterRef {
  MessageId message;
  OfficeId recipient;
  ThreadId thread;
  LetterType type = LetterType::kVoid;
  AgreementId agreement;
  std::string agreement_hash;
  std::string consent_commitment;
  std::string plain_digest;
};

// Told about what became of letters of ours, in the transaction that stores
// it. An error keeps that transaction from being committed; it is tried again.
class ReceiptListener {
 public:
  virtual ~ReceiptListener() = default;
  // A receipt that was verified, or one of our own (NON_DELIVERY).
  virtual absl::Status OnReceipt(const LetterRef& letter, ReceiptKind kind,
                                 absl::Time issued_at,
                                 storage::Batch& batch) = 0;
  // A VOID takes the letter's place: it expired, was stopped, or the receiver
  // refused it for good.
  virtual absl::Status OnVoided(const LetterRef& letter, Reason reason,
                                storage::Batch& batch) = 0;
  // After OnVoided, perhaps long after: neither letter nor VOID was ever taken,
  // because an old copy of this office wrote it into a place that the receiver
  // has another letter of ours in. After the restore it was posted `anew`, word
  // for word; nullopt: the gate does not let it go any more.
  virtual absl::Status OnNeverTaken(const LetterRef& letter,
                                    const std::optional<Posted>& anew,
                                    storage::Batch& batch) = 0;
};

// What became of one letter of a Deliver call.
struct Outcome {
  // A serialised, signed receipt (peer.v1.SignedBody); the same bytes each
  // time. Empty: refused, nothing stored.
  std::string receipt;
  Reason refusal = Reason::kUnspecified;
};

// How letters get to a peer: the transport, or a simulated network.
class PeerLink {
 public:
  virtual ~PeerLink() = default;
  // At most limits::kBatchLettersMax letters and limits::kBatchBytesMax
  // bytes. Blocks up to limits::kDeliverCallTimeout. One outcome per letter,
  // in order. kUnavailable when the peer could not be reached: whether the
  // letters arrived is then unknown.
  virtual absl::StatusOr<std::vector<Outcome>> Deliver(
      const OfficeId& peer, absl::Span<const std::string> letters) = 0;
};

// A receipt as stored.
struct StoredReceipt {
  ReceiptKind kind = ReceiptKind::kSubmitted;
  absl::Time issued_at;
  std::string signed_body;  // Serialised peer.v1.SignedBody.
};

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_DELIVERY_H_
