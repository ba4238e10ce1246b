// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/outbox.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/consent/statement.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/letter_codec.h"
#include "node/peering/own_office.h"
#include "node/storage/table.h"

namespace amparo::delivery {
namespace {

using storage::Batch;
using storage::Row;
using storage::Table;

constexpr int kOrderCounterBits = 40;

absl::Status OurBug(absl::string_view what) {
  return Error(Reason::kInternal, what);
}

// Whether this batch already writes the thread: its second letter would not
// see the first.
bool WritesThread(const Batch& batch, const ThreadKey& thread) {
  std::string key;
  crypto::AppendU16(&key, static_cast<uint16_t>(ThreadOutCodec::kTable));
  key += ThreadOutCodec::EncodeKey(thread);
  for (const Batch::Write& write : batch.writes()) {
    if (write.key == key) return true;
  }
  return false;
}

// Statement and salt are what the clearance committed to.
absl::Status CheckStatement(const Draft& draft) {
  const clearance::ClearanceFacts& facts = draft.clearance.facts();
  if (draft.consent_statement.empty()) {
    if (facts.consent.has_value() || !draft.consent_salt.empty()) {
      return OurBug("a draft lacks the statement it was cleared with");
    }
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(
      const std::string commitment,
      consent::Commitment(draft.consent_salt, draft.consent_statement));
  if (commitment != facts.consent_commitment) {
    return OurBug("a draft's statement is not the one that was cleared");
  }
  return absl::OkStatus();
}

LetterRef RefOf(const MessageId& message, LetterType type,
                const LetterRow& row) {
  LetterRef ref;
  ref.message = message;
  ref.recipient = row.clearance.recipient;
  ref.thread = row.thread;
  ref.type = type;
  ref.agreement = row.clearance.agreement;
  ref.agreement_hash = row.clearance.agreement_hash;
  ref.consent_commitment = row.clearance.consent_commitment;
  ref.plain_digest = row.plain_digest;
  return ref;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Outbox>> Outbox::Open(
    storage::Store& store, const storage::Vault& vault, const audit::Log& log,
    const peering::OwnOffice& own, const clearance::Gate& gate,
    const Clock& clock, crypto::RandomSource& random) {
  const Table<StartCodec> starts(vault);
  ASSIGN_OR_RETURN(const std::optional<Row<uint32_t>> last,
                   starts.Get(store, StartKey()));
  const uint32_t start = last.has_value() ? last->value + 1 : 1;
  Batch batch;
  if (last.has_value()) {
    RETURN_IF_ERROR(starts.Replace(batch, StartKey(), *last, start));
  } else {
    RETURN_IF_ERROR(starts.Insert(batch, StartKey(), start));
  }
  RETURN_IF_ERROR(store.Commit(batch).status());
  std::unique_ptr<Outbox> outbox(
      new Outbox(store, vault, log, own, gate, clock, random, start));
  RETURN_IF_ERROR(store.Scan(
      OutboxCodec::kTable, {}, {},
      [&outbox](absl::string_view key,
                absl::string_view) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const OutboxKey row, OutboxCodec::DecodeKey(key));
        outbox->counts_.Queued(row.receiver, 1);
        return true;
      }));
  return outbox;
}

Outbox::Outbox(storage::Store& store, const storage::Vault& vault,
               const audit::Log& log, const peering::OwnOffice& own,
               const clearance::Gate& gate, const Clock& clock,
               crypto::RandomSource& random, uint32_t start)
    : store_(store),
      vault_(vault),
      log_(log),
      own_(own),
      gate_(gate),
      clock_(clock),
      random_(random),
      start_(start) {}

void Outbox::AddListener(ReceiptListener* listener) {
  listeners_.push_back(listener);
}

void Outbox::SetPostHook(std::function<void(const OfficeId&)> hook) {
  post_hook_ = std::move(hook);
}

void Outbox::Announce(Batch& batch, const OutboxRow& row) {
  const absl::Time deadline = row.NextDeadline();
  batch.OnCommitted([this, recipient = row.key.receiver, deadline] {
    NoteDeadline(recipient, deadline);
    if (post_hook_) post_hook_(recipient);
  });
}

absl::StatusOr<LetterRow> Outbox::Compose(const Draft& draft,
                                          const LetterHeader& header) const {
  Plain plain;
  plain.header = header;
  plain.blinding = crypto::RandomBytes(random_, kBlindingSize);
  plain.payload = draft.payload;
  plain.consent_statement = draft.consent_statement;
  plain.consent_salt = draft.consent_salt;
  LetterRow row;
  row.plain = EncodePlain(plain);
  if (!FitsLetter(row.plain.size())) return Error(Reason::kLetterTooLarge);
  ASSIGN_OR_RETURN(row.signature, own_.SignWithEpoch(header.sender_key_epoch,
                                                     kPlainDsse, row.plain));
  row.key_epoch = header.sender_key_epoch;
  row.clearance = draft.clearance.facts();
  row.thread = header.thread;
  row.plain_digest = crypto::Sha256(row.plain);
  row.created_at = header.created_at;
  return row;
}

absl::StatusOr<LetterHeader> Outbox::NewHeader(const Draft& draft,
                                               const ThreadState& place) const {
  const clearance::ClearanceFacts& facts = draft.clearance.facts();
  LetterHeader header;
  ASSIGN_OR_RETURN(header.message,
                   MessageId::FromBytes(crypto::RandomBytes(random_, 16)));
  header.incarnation = own_.incarnation();
  header.thread = draft.thread;
  header.seq = place.next_seq;
  header.prev_digest = place.last_digest;
  header.sender = own_.id();
  header.receiver = facts.recipient;
  header.sender_key_epoch = own_.signing_epoch();
  header.type = facts.type;
  header.purpose = facts.purpose;
  header.handling_codes = facts.handling_codes;
  header.agreement = facts.agreement;
  header.agreement_hash = facts.agreement_hash;
  header.consent_commitment = facts.consent_commitment;
  header.created_at = clock_.Now();
  header.expires_at = facts.expires_at;
  header.deliver_by = draft.deliver_by;
  header.respond_by = draft.respond_by;
  return header;
}

absl::StatusOr<Posted> Outbox::Post(Batch& batch, Draft draft) {
  const clearance::ClearanceFacts& facts = draft.clearance.facts();
  if (crypto::Sha256(draft.payload) != facts.payload_digest) {
    return OurBug("a draft's payload is not the one that was cleared");
  }
  RETURN_IF_ERROR(CheckStatement(draft));
  const ThreadKey thread{facts.recipient, own_.incarnation(), draft.thread};
  if (draft.thread.empty() || WritesThread(batch, thread)) {
    return OurBug("one letter per thread and batch");
  }
  const Table<ThreadOutCodec> threads(vault_);
  ASSIGN_OR_RETURN(const std::optional<Row<ThreadState>> before,
                   threads.Get(store_, thread));
  const ThreadState state = before.has_value() ? before->value : ThreadState();
  // Taken after the thread was read: a letter that was posted to it before has
  // a lower number.
  const uint64_t order = (uint64_t{start_} << kOrderCounterBits) + posted_++;

  ASSIGN_OR_RETURN(const LetterHeader header, NewHeader(draft, state));
  ASSIGN_OR_RETURN(LetterRow letter, Compose(draft, header));

  OutboxRow row;
  row.key = OutboxKey{
      facts.recipient,
      IsProtectiveLetter(facts.type) ? Lane::kProtective : Lane::kOrdinary,
      order, header.message};
  row.thread = header.thread;
  row.seq = header.seq;
  row.incarnation = header.incarnation;
  row.prev_digest = header.prev_digest;
  row.plain_digest = letter.plain_digest;
  row.type = facts.type;
  row.deliver_by = draft.deliver_by;
  row.clearance = facts;
  row.plain_bytes = letter.plain.size();
  letter.outbox_key = row.key;

  const ThreadState after{state.next_seq + 1, letter.plain_digest};
  RETURN_IF_ERROR(before.has_value()
                      ? threads.Replace(batch, thread, *before, after)
                      : threads.Insert(batch, thread, after));
  RETURN_IF_ERROR(Table<LetterCodec>(vault_).Insert(
      batch, LetterKey{header.message, false}, letter, draft.data_key));
  RETURN_IF_ERROR(Table<OutboxCodec>(vault_).Insert(batch, row.key, row));
  CountQueued(batch, facts.recipient, 1);
  const absl::Time now = clock_.Now();
  RETURN_IF_ERROR(RecordSent(batch, draft, row, now));
  Announce(batch, row);
  return Posted{header.message, letter.plain_digest, now};
}

absl::Status Outbox::RecordSent(Batch& batch, const Draft& draft,
                                const OutboxRow& row, absl::Time now) const {
  const clearance::ClearanceFacts& facts = row.clearance;
  if (facts.consent.has_value()) {
    RETURN_IF_ERROR(Table<ConsentLetterCodec>(vault_).Insert(
        batch, ConsentLetterKey{*facts.consent, row.key.message}, row.key));
    // The commitment is a leaf of its own.
    RETURN_IF_ERROR(
        log_.Record(batch,
                    {audit::EventKind::kDisclosureSent,
                     now,
                     PersonId(),
                     {{"letter", row.key.message.hex()},
                      {"recipient", facts.recipient.hex()},
                      {"consent", facts.consent->hex()},
                      {"digest", crypto::HexEncode(facts.consent_commitment)}}},
                    draft.data_key));
  }
  ASSIGN_OR_RETURN(const std::string submitted,
                   SignReceipt(row.key.message, row.plain_digest, own_.id(),
                               facts.recipient, ReceiptKind::kSubmitted, now));
  RETURN_IF_ERROR(Table<ReceiptCodec>(vault_).Insert(
      batch, ReceiptKey{row.key.message, ReceiptKind::kSubmitted},
      StoredReceipt{ReceiptKind::kSubmitted, now, submitted}));
  return log_.Record(batch,
                     {audit::EventKind::kLetterSent,
                      now,
                      PersonId(),
                      {{"letter", row.key.message.hex()},
                       {"recipient", facts.recipient.hex()},
                       {"type", std::string(Name(facts.type))},
                       {"sequence", absl::StrCat(row.seq)},
                       {"digest", crypto::HexEncode(row.plain_digest)}}});
}

absl::StatusOr<std::string> Outbox::SignReceipt(const MessageId& message,
                                                absl::string_view plain_digest,
                                                const OfficeId& sender,
                                                const OfficeId& receiver,
                                                ReceiptKind kind,
                                                absl::Time now) const {
  ReceiptBody body;
  body.kind = kind;
  body.message = message;
  body.plain_digest = std::string(plain_digest);
  body.sender = sender;
  body.receiver = receiver;
  body.issuer = own_.id();
  body.key_epoch = own_.signing_epoch();
  body.issued_at = now;
  const std::string bytes = EncodeReceiptBody(body);
  ASSIGN_OR_RETURN(const std::string signature,
                   own_.SignWithEpoch(body.key_epoch, kReceiptDsse, bytes));
  return EncodeSignedReceipt(bytes, own_.id(), body.key_epoch, signature);
}

absl::StatusOr<Posted> Outbox::PostReceipt(Batch& batch,
                                           const ReceivedLetter& letter,
                                           ReceiptKind kind) {
  if (kind != ReceiptKind::kRetrieved && kind != ReceiptKind::kAnswered) {
    return OurBug("only rungs after delivery travel as letters");
  }
  ASSIGN_OR_RETURN(const std::string receipt,
                   SignReceipt(letter.message, letter.plain_digest,
                               letter.sender, own_.id(), kind, clock_.Now()));
  std::string payload = EncodeReceiptLetter(receipt);
  clearance::Gate::ProtectiveRequest request;
  request.recipient = letter.sender;
  request.type = LetterType::kReceipt;
  request.payload_digest = crypto::Sha256(payload);
  request.agreement = letter.agreement;
  request.agreement_hash = letter.agreement_hash;
  ASSIGN_OR_RETURN(clearance::Clearance cleared,
                   gate_.ClearProtective(request));
  ASSIGN_OR_RETURN(const ThreadId thread,
                   ThreadId::FromBytes(crypto::RandomBytes(random_, 16)));
  return Post(batch,
              Draft{std::move(cleared), thread, std::move(payload), {}, {}});
}

// The VOID has the letter's own name and place: who knows one knows both.
LetterHeader Outbox::VoidHeader(const OutboxRow& row) const {
  LetterHeader header;
  header.message = row.key.message;
  header.incarnation = row.incarnation;
  header.thread = row.thread;
  header.seq = row.seq;
  header.prev_digest = row.prev_digest;
  header.sender = own_.id();
  header.receiver = row.key.receiver;
  header.sender_key_epoch = own_.signing_epoch();
  header.type = LetterType::kVoid;
  header.agreement = row.clearance.agreement;
  header.agreement_hash = row.clearance.agreement_hash;
  header.consent_commitment = row.clearance.consent_commitment;
  header.created_at = clock_.Now();
  return header;
}

absl::Status Outbox::PostVoid(Batch& batch, const OutboxRow& row,
                              absl::string_view stored, Reason reason,
                              bool tell_listeners) {
  const absl::Time now = clock_.Now();
  VoidNotice notice;
  notice.message = row.key.message;
  notice.seq = row.seq;
  notice.prev_digest = row.prev_digest;
  notice.plain_digest = row.plain_digest;
  notice.thread = row.thread;
  notice.reason = reason;
  notice.incarnation = row.incarnation;
  std::string payload = EncodeVoidNotice(notice);
  clearance::Gate::ProtectiveRequest request;
  request.recipient = row.key.receiver;
  request.type = LetterType::kVoid;
  request.payload_digest = crypto::Sha256(payload);
  request.agreement = row.clearance.agreement;
  request.agreement_hash = row.clearance.agreement_hash;
  request.consent_commitment = row.clearance.consent_commitment;
  ASSIGN_OR_RETURN(clearance::Clearance cleared,
                   gate_.ClearProtective(request));
  const Draft draft{std::move(cleared), row.thread, std::move(payload), {}, {}};

  // A letter that a restored peer is offered again may have one already: there
  // is one VOID of a letter, and one leaf of it.
  const Table<LetterCodec> letters(vault_);
  ASSIGN_OR_RETURN(const auto before,
                   letters.Get(store_, LetterKey{row.key.message, true}));
  ASSIGN_OR_RETURN(LetterRow letter,
                   before.has_value() ? absl::StatusOr<LetterRow>(before->value)
                                      : Compose(draft, VoidHeader(row)));
  letter.outbox_key = row.key;
  if (!before.has_value()) letter.void_reason = reason;

  OutboxRow after = row;
  after.void_reason = letter.void_reason;
  after.clearance = letter.clearance;
  after.plain_bytes = letter.plain.size();
  after.deliver_by = absl::InfiniteFuture();
  after.refusals = 0;
  after.first_refused_at = absl::InfinitePast();
  batch.RequireUnchanged(OutboxCodec::kTable, OutboxCodec::EncodeKey(row.key),
                         stored);
  RETURN_IF_ERROR(Table<OutboxCodec>(vault_).Put(batch, row.key, after));
  // The row of the outbox, unchanged, keeps two at once apart.
  RETURN_IF_ERROR(letters.Put(batch, LetterKey{row.key.message, true}, letter));
  if (!before.has_value()) {
    RETURN_IF_ERROR(log_.Record(
        batch, {audit::EventKind::kVoidSent,
                now,
                PersonId(),
                {{"letter", row.key.message.hex()},
                 {"recipient", row.key.receiver.hex()},
                 {"reason", std::string(ReasonName(reason))},
                 {"digest", crypto::HexEncode(letter.plain_digest)}}}));
  }
  if (tell_listeners) {
    for (ReceiptListener* listener : listeners_) {
      RETURN_IF_ERROR(listener->OnVoided(row.ref(), reason, batch));
    }
  }
  Announce(batch, after);
  return absl::OkStatus();
}

absl::Status Outbox::StoreReceipt(Batch& batch, const LetterRef& letter,
                                  ReceiptKind kind, absl::Time issued_at,
                                  absl::string_view signed_body) {
  const Table<ReceiptCodec> receipts(vault_);
  const ReceiptKey key{letter.message, kind};
  ASSIGN_OR_RETURN(const auto known, receipts.Get(store_, key));
  if (known.has_value()) return absl::OkStatus();
  RETURN_IF_ERROR(receipts.Insert(
      batch, key, StoredReceipt{kind, issued_at, std::string(signed_body)}));
  RETURN_IF_ERROR(log_.Record(batch, {kind == ReceiptKind::kNonDelivery
                                          ? audit::EventKind::kNonDelivery
                                          : audit::EventKind::kReceiptReceived,
                                      clock_.Now(),
                                      PersonId(),
                                      {{"letter", letter.message.hex()},
                                       {"recipient", letter.recipient.hex()},
                                       {"receipt", std::string(Name(kind))}}}));
  for (ReceiptListener* listener : listeners_) {
    RETURN_IF_ERROR(listener->OnReceipt(letter, kind, issued_at, batch));
  }
  return absl::OkStatus();
}

absl::StatusOr<StoppedLetters> Outbox::StopUnderConsent(
    Batch& batch, const ConsentId& consent, std::optional<ThreadId> thread) {
  StoppedLetters stopped;
  std::vector<std::pair<MessageId, OutboxKey>> letters;
  RETURN_IF_ERROR(Table<ConsentLetterCodec>(vault_).Scan(
      store_, consent.bytes(), {},
      [&](const ConsentLetterKey& key,
          const Row<OutboxKey>& row) -> absl::StatusOr<bool> {
        letters.emplace_back(key.message, row.value);
        return true;
      }));
  const Table<OutboxCodec> outbox(vault_);
  const Table<LetterCodec> kept(vault_);
  for (const auto& [message, key] : letters) {
    ASSIGN_OR_RETURN(std::optional<Row<OutboxRow>> row,
                     outbox.Get(store_, key));
    if (row.has_value()) {
      row->value.key = key;
      if (thread.has_value() && row->value.thread != *thread) continue;
      if (!row->value.is_void()) {
        RETURN_IF_ERROR(PostVoid(batch, row->value, row->stored,
                                 Reason::kConsentWithdrawn,
                                 /*tell_listeners=*/false));
        stopped.voided.push_back(row->value.ref());
      } else {
        // Stopped before for another reason, it is not to be posted anew.
        row->value.void_reason = Reason::kConsentWithdrawn;
        batch.RequireUnchanged(OutboxCodec::kTable, OutboxCodec::EncodeKey(key),
                               row->stored);
        RETURN_IF_ERROR(outbox.Put(batch, key, row->value));
      }
      if (row->value.offered_again || PossiblySent(key))
        stopped.possibly_sent.push_back(row->value.ref());
      continue;
    }
    // Answered by the receiver: with the VOID's receipt it never got there.
    ASSIGN_OR_RETURN(const auto voided,
                     Table<ReceiptCodec>(vault_).Get(
                         store_, ReceiptKey{message, ReceiptKind::kVoided}));
    if (voided.has_value()) continue;
    ASSIGN_OR_RETURN(const auto letter,
                     kept.Get(store_, LetterKey{message, false}));
    if (!letter.has_value()) return Error(Reason::kRecordDamaged);
    LetterRef ref = RefOf(message, letter->value.clearance.type, letter->value);
    if (thread.has_value() && ref.thread != *thread) continue;
    stopped.possibly_sent.push_back(std::move(ref));
  }
  return stopped;
}

absl::StatusOr<std::optional<LetterStatus>> Outbox::StatusOf(
    const storage::Reader& reader, const MessageId& message) const {
  const Table<LetterCodec> letters(vault_);
  ASSIGN_OR_RETURN(const auto letter,
                   letters.Get(reader, LetterKey{message, false}));
  if (!letter.has_value()) return std::optional<LetterStatus>();
  LetterStatus status;
  status.letter = RefOf(message, letter->value.clearance.type, letter->value);
  status.created_at = letter->value.created_at;
  ASSIGN_OR_RETURN(
      const auto waiting,
      reader.Get(OutboxCodec::kTable,
                 OutboxCodec::EncodeKey(letter->value.outbox_key)));
  status.waiting = waiting.has_value();
  ASSIGN_OR_RETURN(const auto voided,
                   letters.Get(reader, LetterKey{message, true}));
  if (voided.has_value()) status.voided_for = voided->value.void_reason;
  RETURN_IF_ERROR(Table<ReceiptCodec>(vault_).Scan(
      reader, message.bytes(), {},
      [&](const ReceiptKey&,
          const Row<StoredReceipt>& row) -> absl::StatusOr<bool> {
        status.receipts.push_back(row.value);
        return true;
      }));
  return std::optional<LetterStatus>(std::move(status));
}

}  // namespace amparo::delivery
