// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/inbox.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "crypto/sign/dsse.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/log.h"
#include "node/base/status_macros.h"
#include "node/delivery/arrival_checks.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/letter_codec.h"
#include "node/delivery/receipts.h"
#include "node/delivery/repetitions.h"
#include "node/peering/agreements.h"
#include "node/peering/own_office.h"
#include "node/peering/peers.h"
#include "node/storage/table.h"

namespace amparo::delivery {
namespace {

using storage::Batch;
using storage::Row;
using storage::Table;

// How often a letter is prepared again when something it read was changed
// meanwhile.
constexpr int kAttemptsMax = 5;

}  // namespace

class Inbox::Impl {
 public:
  Impl(storage::Store& store, storage::Vault& vault, const audit::Log& log,
       const peering::OwnOffice& own, const peering::Peers& peers,
       const peering::Agreements& agreements, Outbox& outbox,
       const Clock& clock)
      : store_(store),
        vault_(vault),
        log_(log),
        own_(own),
        peers_(peers),
        agreements_(agreements),
        outbox_(outbox),
        clock_(clock) {}

  void Register(LetterType type, LetterHandler& handler) {
    handlers_[type] = &handler;
  }

  std::vector<Outcome> Accept(const OfficeId& sender,
                              absl::Span<const std::string> letters);

 private:
  // One letter on its way through the checks.
  struct Arrival {
    size_t index = 0;
    WireLetter wire;
    LetterName name;
    int attempts = 0;
  };
  struct Prepared {
    Arrival* arrival = nullptr;
    Batch batch;
    std::string receipt;
  };

  Outcome Refused(const OfficeId& sender, const absl::Status& why);
  absl::StatusOr<Arrival> Read(const OfficeId& sender,
                               absl::string_view letter) const;
  absl::StatusOr<LetterHeader> CheckHeader(const WireLetter& wire,
                                           const peering::Peer& peer,
                                           absl::Time as_of) const;
  absl::Status CheckAgreement(const LetterHeader& header,
                              absl::Time as_of) const;
  absl::StatusOr<peering::SigningKey> SenderKey(const LetterHeader& header,
                                                const peering::Peer& peer,
                                                absl::Time as_of) const;
  absl::StatusOr<Plain> Open(const WireLetter& wire, const LetterHeader& header,
                             const peering::SigningKey& key,
                             SignedPlain& evidence) const;
  absl::StatusOr<Row<ThreadState>> CheckPlace(const LetterHeader& header,
                                              bool& first) const;
  // What the receipt says of a letter: its kind, and the digest that the next
  // letter of the thread has to name as the one before it.
  struct Taken {
    ReceiptKind kind = ReceiptKind::kDelivered;
    std::string thread_digest;
  };
  absl::StatusOr<Taken> Handle(const ReceivedLetter& letter, const Plain& plain,
                               const peering::Peer& peer, absl::Time as_of,
                               Batch& batch);
  absl::Status TakeReceipt(const ReceivedLetter& letter,
                           const peering::Peer& peer, absl::Time as_of,
                           Batch& batch);
  absl::StatusOr<std::string> Prepare(const Arrival& arrival, Batch& batch);
  absl::StatusOr<std::string> ReceiptFor(
      const ReceivedLetter& letter, const Taken& taken,
      const std::optional<SignedReceipt>& former,
      const std::string& former_bytes) const;
  absl::Status Keep(const ReceivedLetter& letter, const LetterHeader& header,
                    const std::string& receipt, Batch& batch) const;
  std::vector<Prepared> PrepareWave(std::vector<Arrival>& waiting,
                                    std::vector<Outcome>& outcomes,
                                    std::set<size_t>& again);
  void CommitWave(std::vector<Prepared>& wave, std::vector<Outcome>& outcomes,
                  std::set<size_t>& again);

  storage::Store& store_;
  storage::Vault& vault_;
  const audit::Log& log_;
  const peering::OwnOffice& own_;
  const peering::Peers& peers_;
  const peering::Agreements& agreements_;
  Outbox& outbox_;
  const Clock& clock_;
  std::map<LetterType, LetterHandler*> handlers_;
};

Outcome Inbox::Impl::Refused(const OfficeId& sender, const absl::Status& why) {
  outbox_.counts().RefusedIn(ReasonOf(why));
  Log("letter_refused", {LogField::Peer(sender), LogField::Why(ReasonOf(why))});
  return Outcome{{}, RefusalOf(why)};
}

absl::StatusOr<Inbox::Impl::Arrival> Inbox::Impl::Read(
    const OfficeId& sender, absl::string_view letter) const {
  Arrival arrival;
  ASSIGN_OR_RETURN(arrival.wire, ParseLetter(letter));
  ASSIGN_OR_RETURN(arrival.name, DecodeName(arrival.wire.header));
  if (arrival.name.sender != sender) return Error(Reason::kLetterWrongSender);
  return arrival;
}

absl::Status Inbox::Impl::CheckAgreement(const LetterHeader& header,
                                         absl::Time now) const {
  if (NeedsNoAgreement(header.type)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const peering::Agreement agreement,
                   agreements_.Named(header.sender, header.agreement,
                                     header.agreement_hash));
  return peering::CheckLetter(agreement, header.sender, header.type,
                              header.purpose, {}, now);
}

absl::StatusOr<LetterHeader> Inbox::Impl::CheckHeader(const WireLetter& wire,
                                                      const peering::Peer& peer,
                                                      absl::Time now) const {
  ASSIGN_OR_RETURN(const LetterHeader header, DecodeHeader(wire.header));
  if (header.receiver != own_.id()) {
    return Error(Reason::kLetterWrongReceiver);
  }
  if (peer.bundle.exercise != own_.exercise()) {
    return Error(Reason::kExerciseMismatch);
  }
  if (header.incarnation > peer.bundle.incarnation) {
    return Error(Reason::kIncarnationUnknown);
  }
  RETURN_IF_ERROR(
      peering::CheckMayExchange(peer, IsProtectiveLetter(header.type)));
  RETURN_IF_ERROR(CheckAgreement(header, now));
  RETURN_IF_ERROR(CheckTimes(header, now));
  RETURN_IF_ERROR(CheckRoom(header.type, store_.FreeBytes()));
  return header;
}

// The key a letter says it was signed with, when it may have signed it.
absl::StatusOr<peering::SigningKey> Inbox::Impl::SenderKey(
    const LetterHeader& header, const peering::Peer& peer,
    absl::Time as_of) const {
  const bool earlier = header.incarnation < peer.bundle.incarnation;
  absl::StatusOr<peering::SigningKey> key =
      peer.bundle.SigningKeyOf(header.sender_key_epoch);
  // A restore ends all keys of the life before: what waited since then still
  // comes, but whoever goes on living that life is not heard.
  const bool over =
      key.ok() ? key->validity.sign_until < header.created_at : earlier;
  if (earlier && over) return Error(Reason::kIncarnationOver);
  RETURN_IF_ERROR(key.status());
  if (over || key->validity.verify_until < as_of) {
    return Error(Reason::kSignatureInvalid);
  }
  return key;
}

absl::StatusOr<Plain> Inbox::Impl::Open(const WireLetter& wire,
                                        const LetterHeader& header,
                                        const peering::SigningKey& key,
                                        SignedPlain& evidence) const {
  const auto opener = own_.SealingKeyFor(header.sealing_key);
  if (opener == nullptr) return Error(Reason::kSealingKeyUnknown);
  ASSIGN_OR_RETURN(evidence, OpenLetter(wire, header, *opener));
  if (!crypto::VerifyDsse(key.key, kPlainDsse, evidence.plain,
                          evidence.signature)
           .ok()) {
    return Error(Reason::kSignatureInvalid);
  }
  ASSIGN_OR_RETURN(Plain plain, DecodePlain(evidence.plain));
  if (!SameButSealingKey(plain.header, header)) {
    return Error(Reason::kHeaderMismatch);
  }
  return plain;
}

absl::StatusOr<Row<ThreadState>> Inbox::Impl::CheckPlace(
    const LetterHeader& header, bool& first) const {
  const ThreadKey key{header.sender, header.incarnation, header.thread};
  ASSIGN_OR_RETURN(std::optional<Row<ThreadState>> row,
                   Table<ThreadInCodec>(vault_).Get(store_, key));
  first = !row.has_value();
  if (first) row = Row<ThreadState>{ThreadState(), {}, KeyId()};
  if (header.seq > row->value.next_seq) return Error(Reason::kSequenceGap);
  if (header.seq < row->value.next_seq) return Error(Reason::kSequenceReused);
  if (header.prev_digest != row->value.last_digest) {
    return Error(Reason::kPreviousDigestMismatch);
  }
  return *std::move(row);
}

absl::Status Inbox::Impl::TakeReceipt(const ReceivedLetter& letter,
                                      const peering::Peer& peer,
                                      absl::Time as_of, Batch& batch) {
  ASSIGN_OR_RETURN(const std::string bytes,
                   DecodeReceiptLetter(letter.payload));
  ASSIGN_OR_RETURN(const SignedReceipt receipt, ParseSignedReceipt(bytes));
  if (receipt.body.kind != ReceiptKind::kRetrieved &&
      receipt.body.kind != ReceiptKind::kAnswered) {
    return Error(Reason::kReceiptInvalid);
  }
  const MessageId& message = receipt.body.message;
  const auto about = outbox_.StatusOf(store_, message);
  // Of an erased letter nothing is left to hold it against, and nobody to tell.
  if (!about.ok()) return OkIfErased(store_, message, about.status());
  if (!about->has_value()) return Error(Reason::kReceiptInvalid);
  const LetterRef& ours = (*about)->letter;
  RETURN_IF_ERROR(CheckReceipt(receipt, ours, own_.id(), peer.bundle, as_of));
  return outbox_.StoreReceipt(batch, ours, receipt.body.kind,
                              receipt.body.issued_at, bytes);
}

absl::StatusOr<Inbox::Impl::Taken> Inbox::Impl::Handle(
    const ReceivedLetter& letter, const Plain& plain, const peering::Peer& peer,
    absl::Time as_of, Batch& batch) {
  Taken taken{ReceiptKind::kDelivered, letter.plain_digest};
  if (letter.type == LetterType::kVoid) {
    ASSIGN_OR_RETURN(const VoidNotice notice, DecodeVoidNotice(letter.payload));
    const LetterHeader& header = plain.header;
    if (notice.message != header.message || notice.seq != header.seq ||
        notice.thread != header.thread ||
        notice.prev_digest != header.prev_digest ||
        notice.incarnation != header.incarnation) {
      return Error(Reason::kHeaderMismatch);
    }
    taken = {ReceiptKind::kVoided, notice.plain_digest};
  } else if (letter.type == LetterType::kReceipt) {
    RETURN_IF_ERROR(TakeReceipt(letter, peer, as_of, batch));
  } else {
    const auto handler = handlers_.find(letter.type);
    if (handler == handlers_.end()) return Error(Reason::kTypeUnknown);
    RETURN_IF_ERROR(handler->second->Receive(letter, batch));
  }
  return taken;
}

// The receipt of this letter: a new one, or the very one that we gave before a
// restore lost the letter.
absl::StatusOr<std::string> Inbox::Impl::ReceiptFor(
    const ReceivedLetter& letter, const Taken& taken,
    const std::optional<SignedReceipt>& former,
    const std::string& former_bytes) const {
  if (!former.has_value()) {
    return outbox_.SignReceipt(letter.message, taken.thread_digest,
                               letter.sender, own_.id(), taken.kind,
                               letter.received_at);
  }
  if (former->body.kind != taken.kind ||
      former->body.plain_digest != taken.thread_digest) {
    return Error(Reason::kReceiptInvalid);
  }
  return former_bytes;
}

absl::Status Inbox::Impl::Keep(const ReceivedLetter& letter,
                               const LetterHeader& header,
                               const std::string& receipt, Batch& batch) const {
  const bool is_void = letter.type == LetterType::kVoid;
  RETURN_IF_ERROR(Table<SeenCodec>(vault_).Insert(
      batch, SeenKey{letter.sender, letter.message}, receipt));
  RETURN_IF_ERROR(Table<PeerLetterCodec>(vault_).Insert(
      batch, PeerLetterKey{letter.sender, letter.message, is_void},
      PeerLetterRow{letter.signed_plain, letter.plain_signature,
                    letter.sender_key_epoch, letter.received_at},
      letter.copy_key));
  return log_.Record(batch,
                     {audit::EventKind::kLetterReceived,
                      clock_.Now(),
                      PersonId(),
                      {{"letter", letter.message.hex()},
                       {"office", letter.sender.hex()},
                       {"type", std::string(Name(letter.type))},
                       {"sequence", absl::StrCat(header.seq)},
                       {"digest", crypto::HexEncode(letter.plain_digest)}}});
}

absl::StatusOr<std::string> Inbox::Impl::Prepare(const Arrival& arrival,
                                                 Batch& batch) {
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(const peering::Peer peer, peers_.Get(arrival.name.sender));
  // What we gave a receipt for and lost is judged as on the day we had it.
  std::optional<SignedReceipt> former;
  absl::Time as_of = now;
  if (!arrival.wire.former_receipt.empty()) {
    ASSIGN_OR_RETURN(
        former,
        CheckOwnReceipt(arrival.wire.former_receipt, arrival.wire.former_bundle,
                        peer.id, arrival.name.message, own_));
    as_of = std::min(now, former->body.issued_at);
  }
  ASSIGN_OR_RETURN(const LetterHeader header,
                   CheckHeader(arrival.wire, peer, as_of));
  ASSIGN_OR_RETURN(const peering::SigningKey key,
                   SenderKey(header, peer, as_of));
  if (!crypto::VerifyDsse(key.key, kLetterDsse, OuterBody(arrival.wire),
                          arrival.wire.signature)
           .ok()) {
    return Error(Reason::kSignatureInvalid);
  }
  ReceivedLetter letter;
  SignedPlain evidence;
  ASSIGN_OR_RETURN(Plain plain, Open(arrival.wire, header, key, evidence));
  RETURN_IF_ERROR(CheckConsent(plain, own_.id(), as_of));
  bool first = false;
  ASSIGN_OR_RETURN(const Row<ThreadState> thread, CheckPlace(header, first));

  letter.message = header.message;
  letter.thread = header.thread;
  letter.seq = header.seq;
  letter.incarnation = header.incarnation;
  letter.sender = header.sender;
  letter.type = header.type;
  letter.purpose = header.purpose;
  letter.handling_codes = header.handling_codes;
  letter.agreement = header.agreement;
  letter.agreement_hash = header.agreement_hash;
  letter.consent_commitment = header.consent_commitment;
  letter.created_at = header.created_at;
  letter.expires_at = header.expires_at;
  letter.deliver_by = header.deliver_by;
  letter.respond_by = header.respond_by;
  letter.received_at = as_of;
  letter.payload = std::move(plain.payload);
  letter.consent_statement = std::move(plain.consent_statement);
  letter.consent_salt = std::move(plain.consent_salt);
  letter.plain_digest = crypto::Sha256(evidence.plain);
  letter.signed_plain = std::move(evidence.plain);
  letter.plain_signature = std::move(evidence.signature);
  letter.sender_key_epoch = header.sender_key_epoch;
  if (CarriesAPerson(header.type)) {
    ASSIGN_OR_RETURN(letter.copy_key, vault_.NewKey(batch));
  } else {
    letter.copy_key = vault_.TableKey(PeerLetterCodec::kTable);
  }

  ASSIGN_OR_RETURN(const Taken taken,
                   Handle(letter, plain, peer, as_of, batch));
  ASSIGN_OR_RETURN(
      const std::string receipt,
      ReceiptFor(letter, taken, former, arrival.wire.former_receipt));
  const ThreadState after{header.seq + 1, taken.thread_digest};
  const Table<ThreadInCodec> threads(vault_);
  const ThreadKey thread_key{header.sender, header.incarnation, header.thread};
  RETURN_IF_ERROR(first ? threads.Insert(batch, thread_key, after)
                        : threads.Replace(batch, thread_key, thread, after));
  RETURN_IF_ERROR(Keep(letter, header, receipt, batch));
  return receipt;
}

// The letters of `waiting` that can be committed together; those that have to
// wait for one of them go into `again`, the others have their outcome.
std::vector<Inbox::Impl::Prepared> Inbox::Impl::PrepareWave(
    std::vector<Arrival>& waiting, std::vector<Outcome>& outcomes,
    std::set<size_t>& again) {
  std::vector<Prepared> wave;
  std::set<std::string> threads;
  for (Arrival& arrival : waiting) {
    const OfficeId& sender = arrival.name.sender;
    Outcome& outcome = outcomes[arrival.index];
    Prepared prepared;
    prepared.arrival = &arrival;
    const absl::StatusOr<std::optional<std::string>> seen =
        Repetitions(outbox_).Answer(arrival.name, arrival.wire.former_receipt,
                                    prepared.batch);
    if (!seen.ok()) {
      outcome = Refused(sender, seen.status());
      continue;
    }
    if (seen->has_value()) {
      prepared.receipt = **seen;
      if (prepared.batch.empty()) {
        outcome.receipt = std::move(prepared.receipt);
      } else {
        wave.push_back(std::move(prepared));
      }
      continue;
    }
    const absl::StatusOr<LetterHeader> header =
        DecodeHeader(arrival.wire.header);
    if (header.ok() && !threads.insert(header->thread.bytes()).second) {
      again.insert(arrival.index);
      continue;
    }
    absl::StatusOr<std::string> receipt = Prepare(arrival, prepared.batch);
    if (!receipt.ok()) {
      outcome = Refused(sender, receipt.status());
      continue;
    }
    prepared.receipt = *std::move(receipt);
    wave.push_back(std::move(prepared));
  }
  return wave;
}

void Inbox::Impl::CommitWave(std::vector<Prepared>& wave,
                             std::vector<Outcome>& outcomes,
                             std::set<size_t>& again) {
  std::vector<const Batch*> batches;
  batches.reserve(wave.size());
  for (const Prepared& prepared : wave) batches.push_back(&prepared.batch);
  const auto committed = store_.CommitAll(batches);
  for (size_t i = 0; i < wave.size(); ++i) {
    Arrival& arrival = *wave[i].arrival;
    if (committed[i].ok()) {
      outcomes[arrival.index].receipt = std::move(wave[i].receipt);
    } else if (ReasonOf(committed[i].status()) == Reason::kVersionConflict &&
               ++arrival.attempts < kAttemptsMax) {
      again.insert(arrival.index);
    } else {
      outcomes[arrival.index] =
          Refused(arrival.name.sender, committed[i].status());
    }
  }
}

std::vector<Outcome> Inbox::Impl::Accept(
    const OfficeId& sender, absl::Span<const std::string> letters) {
  std::vector<Outcome> outcomes(letters.size());
  std::vector<Arrival> waiting;
  for (size_t i = 0; i < letters.size(); ++i) {
    if (i >= limits::kBatchLettersMax) {
      outcomes[i] = Refused(sender, Error(Reason::kLimitExceeded));
      continue;
    }
    absl::StatusOr<Arrival> arrival = Read(sender, letters[i]);
    if (!arrival.ok()) {
      outcomes[i] = Refused(sender, arrival.status());
      continue;
    }
    arrival->index = i;
    waiting.push_back(*std::move(arrival));
  }
  // In waves: each takes the next letter of every thread, so that a letter
  // sees the ones before it, and all share one disk write.
  while (!waiting.empty()) {
    std::set<size_t> again;
    std::vector<Prepared> wave = PrepareWave(waiting, outcomes, again);
    if (!wave.empty()) CommitWave(wave, outcomes, again);
    waiting.erase(std::remove_if(waiting.begin(), waiting.end(),
                                 [&](const Arrival& arrival) {
                                   return again.count(arrival.index) == 0;
                                 }),
                  waiting.end());
  }
  return outcomes;
}

Inbox::Inbox(storage::Store& store, storage::Vault& vault,
             const audit::Log& log, const peering::OwnOffice& own,
             const peering::Peers& peers, const peering::Agreements& agreements,
             Outbox& outbox, const Clock& clock)
    : impl_(std::make_unique<Impl>(store, vault, log, own, peers, agreements,
                                   outbox, clock)) {}
Inbox::~Inbox() = default;

void Inbox::Register(LetterType type, LetterHandler& handler) {
  impl_->Register(type, handler);
}

std::vector<Outcome> Inbox::Accept(const OfficeId& sender,
                                   absl::Span<const std::string> letters) {
  return impl_->Accept(sender, letters);
}

}  // namespace amparo::delivery
