// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/waiting_letters.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "node/base/limits.h"
#include "node/base/log.h"
#include "node/base/status_macros.h"
#include "node/delivery/letter_codec.h"
#include "node/delivery/receipts.h"
#include "node/delivery/second_offers.h"
#include "node/peering/own_office.h"

namespace amparo::delivery {
namespace {

using storage::Batch;
using storage::Row;
using storage::Table;

// Rows that one sweep changes before it looks again.
constexpr size_t kSweepPage = 256;
constexpr int kCommitAttempts = 5;

}  // namespace

// Refusals that may pass: the letter stays and is sent again.
bool MayPass(Reason reason) {
  switch (reason) {
    case Reason::kUnspecified:
    case Reason::kUnavailable:
    case Reason::kInternal:
    case Reason::kStorageFailed:
    case Reason::kVersionConflict:
    case Reason::kLimitExceeded:
    case Reason::kPeerUnknown:
    case Reason::kPeerNotConfirmed:
    case Reason::kPeerSuspended:
    case Reason::kAgreementMissing:
    case Reason::kLetterFromFuture:
    case Reason::kSequenceGap:
    case Reason::kSealingKeyUnknown:
    case Reason::kKeyEpochUnknown:
    case Reason::kIncarnationUnknown:
    // Somebody else lives on under our name, or we are that somebody: a hello
    // tells which. No reason to void what waits.
    case Reason::kIncarnationOver:
    case Reason::kRestoreNeeded:
      return true;
    default:
      return false;
  }
}

// Refusals that a newer key bundle heals.
bool WantsNewKeys(Reason reason) {
  return reason == Reason::kSealingKeyUnknown ||
         reason == Reason::kKeyEpochUnknown ||
         reason == Reason::kLetterUndecryptable ||
         reason == Reason::kIncarnationUnknown ||
         reason == Reason::kIncarnationOver;
}

// Reasons of our own gate that hold a letter back without ending it.
bool HoldsBack(Reason reason) {
  return reason == Reason::kPeerUnknown ||
         reason == Reason::kPeerNotConfirmed ||
         reason == Reason::kPeerSuspended;
}

// Faults of this node: no reason to void somebody's letter.
bool IsOurFault(const absl::Status& status) {
  switch (ReasonOf(status)) {
    case Reason::kInternal:
    case Reason::kRecordDamaged:
    case Reason::kRestoreNeeded:
    case Reason::kStorageFailed:
    case Reason::kUnavailable:
    case Reason::kUnspecified:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<WaitingOverview> OverviewOfWaiting(const storage::Reader& reader,
                                                  const storage::Vault& vault) {
  const Table<LetterCodec> letters(vault);
  WaitingOverview overview;
  RETURN_IF_ERROR(Table<OutboxCodec>(vault).Scan(
      reader, {}, {},
      [&](const OutboxKey& key,
          const Row<OutboxRow>& row) -> absl::StatusOr<bool> {
        ++overview.letters;
        // One that does not open any more is for fsck to name.
        const auto letter =
            letters.Get(reader, LetterKey{key.message, row.value.is_void()});
        if (letter.ok() && letter->has_value()) {
          overview.last_written_at =
              std::max(overview.last_written_at, (*letter)->value.created_at);
        }
        return true;
      }));
  return overview;
}

absl::StatusOr<std::optional<Row<OutboxRow>>> WaitingLetters::Reread(
    const OutboxKey& key) const {
  ASSIGN_OR_RETURN(std::optional<Row<OutboxRow>> row,
                   rows_.Get(outbox_.store_, key));
  if (row.has_value()) row->value.key = key;
  return row;
}

absl::StatusOr<std::optional<absl::Time>> WaitingLetters::OldestSince(
    const OfficeId& peer) const {
  std::optional<absl::Time> oldest;
  for (const Lane lane : {Lane::kProtective, Lane::kOrdinary}) {
    std::optional<MessageId> first;
    RETURN_IF_ERROR(outbox_.store_.ScanPrefix(
        OutboxCodec::kTable, peer.bytes() + static_cast<char>(lane),
        [&first](absl::string_view key,
                 absl::string_view) -> absl::StatusOr<bool> {
          ASSIGN_OR_RETURN(const OutboxKey row, OutboxCodec::DecodeKey(key));
          first = row.message;
          return false;
        }));
    if (!first.has_value()) continue;
    // Also of one that a VOID replaced: it has waited since it was written.
    ASSIGN_OR_RETURN(const auto letter,
                     Table<LetterCodec>(outbox_.vault_)
                         .Get(outbox_.store_, LetterKey{*first, false}));
    if (!letter.has_value()) continue;
    if (!oldest.has_value() || letter->value.created_at < *oldest) {
      oldest = letter->value.created_at;
    }
  }
  return oldest;
}

absl::StatusOr<std::string> WaitingLetters::Seal(const peering::Peer& peer,
                                                 absl::Time now,
                                                 const OutboxRow& row) const {
  ASSIGN_OR_RETURN(const peering::SealingKey key,
                   peer.bundle.SealingKeyToUse(now));
  ASSIGN_OR_RETURN(
      const auto letter,
      Table<LetterCodec>(outbox_.vault_)
          .Get(outbox_.store_, LetterKey{row.key.message, row.is_void()}));
  if (!letter.has_value()) return Error(Reason::kRecordDamaged);
  ASSIGN_OR_RETURN(const Plain plain, DecodePlain(letter->value.plain));
  LetterHeader header = plain.header;
  header.sealing_key = key.id;
  ASSIGN_OR_RETURN(
      WireLetter wire,
      SealLetter(header, {letter->value.plain, letter->value.signature},
                 key.key, outbox_.random_));
  if (row.offered_again) {
    RETURN_IF_ERROR(
        AddFormerReceipt(outbox_.store_, outbox_.vault_, peer, row, wire));
  }
  ASSIGN_OR_RETURN(wire.signature,
                   outbox_.own_.SignWithEpoch(header.sender_key_epoch,
                                              kLetterDsse, OuterBody(wire)));
  return EncodeLetter(wire);
}

absl::Status WaitingLetters::Replace(const OutboxRow& row,
                                     absl::string_view stored, Reason reason) {
  // What was delivered once and is offered again stays delivered for those who
  // wrote it, until the receiver says that it has the VOID instead.
  return CommitUnlessChanged(row.key, stored,
                             [&](Batch& batch) {
                               return outbox_.PostVoid(
                                   batch, row, stored, reason,
                                   /*tell_listeners=*/!row.offered_again);
                             })
      .status();
}

absl::StatusOr<bool> WaitingLetters::CommitUnlessChanged(
    const OutboxKey& key, absl::string_view stored,
    const std::function<absl::Status(Batch&)>& fill) {
  absl::Status status;
  for (int attempt = 0; attempt < kCommitAttempts; ++attempt) {
    Batch batch;
    RETURN_IF_ERROR(fill(batch));
    status = outbox_.store_.Commit(batch).status();
    if (status.ok()) return true;
    if (ReasonOf(status) != Reason::kVersionConflict) return status;
    ASSIGN_OR_RETURN(const auto present, Reread(key));
    if (!present.has_value() || present->stored != stored) return false;
  }
  return status;
}

void WaitingLetters::TakeOut(Batch& batch, const OutboxKey& key,
                             absl::string_view stored) {
  batch.RequireUnchanged(OutboxCodec::kTable, OutboxCodec::EncodeKey(key),
                         stored);
  rows_.Delete(batch, key);
  outbox_.CountQueued(batch, key.receiver, -1);
}

absl::Status WaitingLetters::AddReceipt(const peering::Peer& peer,
                                        const OutboxRow& row,
                                        absl::string_view stored,
                                        absl::string_view receipt,
                                        Batch& batch) {
  ASSIGN_OR_RETURN(const SignedReceipt parsed, ParseSignedReceipt(receipt));
  if (row.offered_again) {
    // The receipt that was checked when it came, perhaps by a key that the
    // peer has lost since.
    ASSIGN_OR_RETURN(
        const auto known,
        Table<ReceiptCodec>(outbox_.vault_)
            .Get(outbox_.store_, {row.key.message, parsed.body.kind}));
    if (known.has_value() && known->value.signed_body == receipt) {
      TakeOut(batch, row.key, stored);
      return absl::OkStatus();
    }
  }
  RETURN_IF_ERROR(CheckReceipt(parsed, row.ref(), outbox_.own_.id(),
                               peer.bundle, outbox_.clock_.Now()));
  if (parsed.body.kind != ReceiptKind::kDelivered &&
      parsed.body.kind != ReceiptKind::kVoided) {
    return Error(Reason::kReceiptInvalid);
  }
  // A letter that no VOID replaced cannot have been answered as one: believed,
  // a withdrawal would leave its recipient without a recall. Unless we were
  // restored since: then we have lost the VOID, and this is how we learn of it.
  const bool lost_void =
      parsed.body.kind == ReceiptKind::kVoided && !row.is_void();
  if (lost_void && row.incarnation >= outbox_.own_.incarnation()) {
    return Error(Reason::kReceiptInvalid);
  }
  if (lost_void) {
    for (ReceiptListener* listener : outbox_.listeners_) {
      RETURN_IF_ERROR(
          listener->OnVoided(row.ref(), Reason::kReplacedByVoid, batch));
    }
  }
  TakeOut(batch, row.key, stored);
  return outbox_.StoreReceipt(batch, row.ref(), parsed.body.kind,
                              parsed.body.issued_at, receipt);
}

// After a conflict: a VOID may have taken the letter's place meanwhile, and
// the same receipt answers it; or a listener's record was changed.
absl::Status WaitingLetters::TakeAgain(const peering::Peer& peer,
                                       const OutboxRow& row,
                                       absl::string_view receipt) {
  absl::Status status = Error(Reason::kVersionConflict);
  for (int attempt = 0; attempt < kCommitAttempts; ++attempt) {
    ASSIGN_OR_RETURN(const auto present, Reread(row.key));
    if (!present.has_value()) return absl::OkStatus();
    Batch batch;
    RETURN_IF_ERROR(
        AddReceipt(peer, present->value, present->stored, receipt, batch));
    status = outbox_.store_.Commit(batch).status();
    if (ReasonOf(status) != Reason::kVersionConflict) return status;
  }
  return status;
}

std::vector<absl::Status> WaitingLetters::TakeReceipts(
    const peering::Peer& peer, absl::Span<const Answer> answers) {
  std::vector<absl::Status> statuses(answers.size());
  std::vector<Batch> batches(answers.size());
  std::vector<const Batch*> commits;
  std::vector<size_t> committed;
  for (size_t i = 0; i < answers.size(); ++i) {
    statuses[i] = AddReceipt(peer, *answers[i].row, answers[i].stored,
                             answers[i].receipt, batches[i]);
    if (!statuses[i].ok()) continue;
    commits.push_back(&batches[i]);
    committed.push_back(i);
  }
  if (commits.empty()) return statuses;
  const auto results = outbox_.store_.CommitAll(commits);
  for (size_t c = 0; c < committed.size(); ++c) {
    const Answer& answer = answers[committed[c]];
    absl::Status& status = statuses[committed[c]];
    status = results[c].status();
    if (ReasonOf(status) == Reason::kVersionConflict) {
      status = TakeAgain(peer, *answer.row, answer.receipt);
    }
    if (status.ok()) outbox_.ForgetAttempted(answer.row->key.message);
  }
  return statuses;
}

// A letter that never expires must not be refused for ever. Both many times and
// for long, so that neither a clock that jumps nor a peer in a hurry ends it.
bool WaitingLetters::IsSpent(const OutboxRow& row, absl::Time now) {
  return row.refusals >= limits::kRefusalsMax &&
         row.first_refused_at + limits::kRefusalPatience <= now;
}

absl::StatusOr<OutboxRow> WaitingLetters::CountRefusal(const OutboxRow& row,
                                                       absl::string_view stored,
                                                       absl::Time now) {
  OutboxRow after = row;
  const bool ends =
      row.clearance.expires_at != absl::InfiniteFuture() && !row.offered_again;
  if (ends) return after;
  ++after.refusals;
  if (after.refusals == 1) after.first_refused_at = now;
  Batch batch;
  batch.RequireUnchanged(OutboxCodec::kTable, OutboxCodec::EncodeKey(row.key),
                         stored);
  RETURN_IF_ERROR(rows_.Put(batch, row.key, after));
  const absl::Status status = outbox_.store_.Commit(batch).status();
  if (ReasonOf(status) == Reason::kVersionConflict) return row;
  RETURN_IF_ERROR(status);
  return after;
}

absl::Status WaitingLetters::End(
    const OutboxKey& key, absl::Time now,
    const std::function<absl::Status(const OutboxRow&, Batch&)>& more) {
  ASSIGN_OR_RETURN(const auto row, Reread(key));
  if (!row.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string receipt,
                   outbox_.SignReceipt(key.message, row->value.plain_digest,
                                       outbox_.own_.id(), key.receiver,
                                       ReceiptKind::kNonDelivery, now));
  ASSIGN_OR_RETURN(
      const bool given_up,
      CommitUnlessChanged(key, row->stored, [&](Batch& batch) -> absl::Status {
        TakeOut(batch, key, row->stored);
        RETURN_IF_ERROR(outbox_.StoreReceipt(
            batch, row->value.ref(), ReceiptKind::kNonDelivery, now, receipt));
        return more(row->value, batch);
      }));
  if (!given_up) return absl::OkStatus();
  outbox_.ForgetAttempted(key.message);
  Log("letter_given_up", {LogField::Peer(key.receiver)});
  return absl::OkStatus();
}

absl::Status WaitingLetters::GiveUp(const OutboxKey& key, absl::Time now) {
  return End(key, now,
             [](const OutboxRow&, Batch&) { return absl::OkStatus(); });
}

absl::StatusOr<std::optional<Draft>> WaitingLetters::DraftAnew(
    const OutboxRow& row) const {
  // Also when a withdrawal met the VOID of another reason: a referral that it
  // ended takes its file along, whose own consent still stands.
  if (row.void_reason == Reason::kConsentWithdrawn) {
    return std::optional<Draft>();
  }
  const auto letter =
      Table<LetterCodec>(outbox_.vault_)
          .Get(outbox_.store_, LetterKey{row.key.message, false});
  if (!letter.ok()) {
    RETURN_IF_ERROR(
        OkIfErased(outbox_.store_, row.key.message, letter.status()));
    return std::optional<Draft>();
  }
  if (!letter->has_value()) return Error(Reason::kRecordDamaged);
  absl::StatusOr<clearance::Clearance> cleared =
      outbox_.gate_.ClearAnew((*letter)->value.clearance);
  if (!cleared.ok()) {
    if (IsOurFault(cleared.status()) || HoldsBack(ReasonOf(cleared.status()))) {
      return cleared.status();
    }
    return std::optional<Draft>();
  }
  ASSIGN_OR_RETURN(Plain plain, DecodePlain((*letter)->value.plain));
  return std::optional<Draft>(
      Draft{*std::move(cleared), plain.header.thread, std::move(plain.payload),
            std::move(plain.consent_statement), std::move(plain.consent_salt),
            plain.header.deliver_by, plain.header.respond_by, (*letter)->key});
}

absl::Status WaitingLetters::PostAnew(const OutboxKey& key, absl::Time now) {
  return End(
      key, now, [this](const OutboxRow& row, Batch& batch) -> absl::Status {
        ASSIGN_OR_RETURN(std::optional<Draft> draft, DraftAnew(row));
        std::optional<Posted> anew;
        if (draft.has_value()) {
          ASSIGN_OR_RETURN(anew, outbox_.Post(batch, *std::move(draft)));
        }
        for (ReceiptListener* listener : outbox_.listeners_) {
          RETURN_IF_ERROR(listener->OnNeverTaken(row.ref(), anew, batch));
        }
        return absl::OkStatus();
      });
}

absl::StatusOr<PeerCursor> WaitingLetters::OfferPage(const peering::Peer& peer,
                                                     const PeerCursor& cursor) {
  Batch batch;
  int added = 0;
  ASSIGN_OR_RETURN(const PeerCursor after,
                   AddSecondOffers(outbox_.store_, outbox_.vault_, peer, cursor,
                                   batch, added));
  outbox_.CountQueued(batch, peer.id, added);
  RETURN_IF_ERROR(outbox_.store_.Commit(batch).status());
  return after;
}

absl::Status WaitingLetters::NoteNonDelivery(const OutboxRow& row,
                                             absl::string_view stored,
                                             absl::Time now) {
  ASSIGN_OR_RETURN(
      const std::string receipt,
      outbox_.SignReceipt(row.key.message, row.plain_digest, outbox_.own_.id(),
                          row.key.receiver, ReceiptKind::kNonDelivery, now));
  OutboxRow after = row;
  after.non_delivery = true;
  return CommitUnlessChanged(
             row.key, stored,
             [&](Batch& batch) -> absl::Status {
               batch.RequireUnchanged(OutboxCodec::kTable,
                                      OutboxCodec::EncodeKey(row.key), stored);
               RETURN_IF_ERROR(rows_.Put(batch, row.key, after));
               return outbox_.StoreReceipt(
                   batch, row.ref(), ReceiptKind::kNonDelivery, now, receipt);
             })
      .status();
}

absl::Status WaitingLetters::Sweep(const OfficeId& peer, absl::Time now) {
  if (now < outbox_.NextDeadline(peer)) return absl::OkStatus();
  outbox_.ForgetDeadlines(peer);
  const absl::Status swept = SweepAll(peer, now);
  // What failed is due at once.
  if (!swept.ok()) outbox_.NoteDeadline(peer, absl::InfinitePast());
  return swept;
}

absl::Status WaitingLetters::SweepAll(const OfficeId& peer, absl::Time now) {
  std::string from;
  for (bool more = true; more;) {
    more = false;
    std::vector<Row<OutboxRow>> due;
    RETURN_IF_ERROR(
        rows_.Scan(outbox_.store_, peer.bytes(), from,
                   [&](const OutboxKey& key,
                       const Row<OutboxRow>& row) -> absl::StatusOr<bool> {
                     if (due.size() == kSweepPage) {
                       more = true;
                       from = OutboxCodec::EncodeKey(key);
                       return false;
                     }
                     const absl::Time deadline = row.value.NextDeadline();
                     if (deadline > now) {
                       outbox_.NoteDeadline(peer, deadline);
                       return true;
                     }
                     due.push_back(row);
                     due.back().value.key = key;
                     return true;
                   }));
    for (const Row<OutboxRow>& row : due) {
      if (row.value.clearance.expires_at <= now) {
        RETURN_IF_ERROR(Replace(row.value, row.stored, Reason::kLetterExpired));
      } else {
        RETURN_IF_ERROR(NoteNonDelivery(row.value, row.stored, now));
        outbox_.NoteDeadline(peer, row.value.clearance.expires_at);
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace amparo::delivery
