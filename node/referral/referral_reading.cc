// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/referral/referral_actions.h"
#include "node/referral/referral_letters.h"

namespace amparo::referral {
namespace {

using people::Caller;
using people::Permission;

constexpr size_t kTimeKeySize = 8 + ReferralId::kSize;

// A receipt that may not leave now does not keep a person from reading what is
// here already; it is posted at the next look.
bool MayNotLeaveNow(const absl::Status& status) {
  const Reason reason = ReasonOf(status);
  return reason == Reason::kPeerSuspended ||
         reason == Reason::kPeerNotConfirmed ||
         reason == Reason::kAgreementMissing ||
         reason == Reason::kAgreementExpired ||
         reason == Reason::kTypeNotInAgreement;
}

}  // namespace

absl::StatusOr<std::optional<ReferralId>> ReferralActions::FindOpen(
    const Referral& wanted) const {
  ASSIGN_OR_RETURN(const std::vector<consent::Consent> consents,
                   rooms_.consents.ListBySubject(rooms_.store, wanted.subject));
  for (const consent::Consent& consent : consents) {
    ASSIGN_OR_RETURN(const std::vector<ReferralId> ids,
                     ReferralsByConsent(rooms_.store, consent.id()));
    for (const ReferralId& id : ids) {
      ASSIGN_OR_RETURN(const auto row, referrals_.Get(rooms_.store, id));
      if (row.has_value() && row->value.peer == wanted.peer &&
          row->value.request.referral_type == wanted.request.referral_type &&
          (row->value.state == State::kRequested ||
           row->value.state == State::kAccepted)) {
        return std::optional<ReferralId>(id);
      }
    }
  }
  return std::optional<ReferralId>();
}

absl::Status ReferralActions::MayReach(const Caller& caller,
                                       Permission permission,
                                       const Referral& referral) const {
  RETURN_IF_ERROR(caller.May(permission));
  // An incoming referral belongs to no case here yet: only who may act for the
  // whole office reaches it.
  if (referral.direction == Direction::kIncoming) {
    return caller.MayReach(permission, PersonId(), "");
  }
  ASSIGN_OR_RETURN(const std::optional<cases::Case> file,
                   rooms_.cases.Get(rooms_.store, referral.case_id));
  if (!file.has_value()) return Error(Reason::kNotAllowed);
  return caller.MayReach(Permission::kCaseRead, file->owner, file->team);
}

absl::StatusOr<ReferralActions::Found> ReferralActions::Reach(
    const Caller& caller, Permission permission, const ReferralId& id) const {
  ASSIGN_OR_RETURN(auto row, referrals_.Get(rooms_.store, id));
  if (!row.has_value()) return Error(Reason::kNotAllowed);
  row->value.id = id;
  RETURN_IF_ERROR(MayReach(caller, permission, row->value));
  Found found{*std::move(row), std::nullopt};
  if (found.row.value.direction == Direction::kOutgoing) {
    ASSIGN_OR_RETURN(found.file,
                     rooms_.cases.Get(rooms_.store, found.row.value.case_id));
  }
  return found;
}

absl::StatusOr<ReferralView> ReferralActions::ViewOf(Referral referral) const {
  ReferralView view;
  const auto peer = rooms_.peers.Get(referral.peer);
  if (peer.ok()) view.peer_name = peer->name();
  if (referral.direction == Direction::kOutgoing) {
    for (const MessageId& message : {referral.request_letter.message,
                                     referral.disclosure_letter.message}) {
      if (message.empty()) continue;
      ASSIGN_OR_RETURN(const auto status,
                       rooms_.outbox.StatusOf(rooms_.store, message));
      if (!status.has_value()) continue;
      for (const delivery::StoredReceipt& receipt : status->receipts) {
        view.evidence.push_back(
            {receipt.kind, status->letter.type, receipt.issued_at});
      }
    }
  }
  view.referral = std::move(referral);
  return view;
}

absl::StatusOr<ReferralView> ReferralActions::ViewOf(
    const ReferralId& id) const {
  ASSIGN_OR_RETURN(auto row, referrals_.Get(rooms_.store, id));
  if (!row.has_value()) return Error(Reason::kNotAllowed);
  row->value.id = id;
  return ViewOf(std::move(row->value));
}

absl::StatusOr<ReferralPage> ReferralActions::List(
    const Caller& caller, std::optional<Direction> direction, size_t limit,
    absl::string_view after) const {
  RETURN_IF_ERROR(caller.May(Permission::kReferralRead));
  if (!after.empty() && after.size() != kTimeKeySize) {
    return FieldError("page_token", "must come from the page before");
  }
  ReferralPage page;
  std::string last;
  RETURN_IF_ERROR(rooms_.store.ScanPrefix(
      storage::TableId::kReferralsByTime, "",
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        if (key == after) return true;
        if (key.size() != kTimeKeySize) return Error(Reason::kRecordDamaged);
        ASSIGN_OR_RETURN(const ReferralId id,
                         ReferralId::FromBytes(key.substr(8)));
        ASSIGN_OR_RETURN(auto row, referrals_.Get(rooms_.store, id));
        if (!row.has_value()) return true;
        row->value.id = id;
        if (direction.has_value() && row->value.direction != *direction) {
          return true;
        }
        const absl::Status reach =
            MayReach(caller, Permission::kReferralRead, row->value);
        if (ReasonOf(reach) == Reason::kNotAllowed) return true;
        RETURN_IF_ERROR(reach);
        if (page.referrals.size() == limit) {
          page.next = last;
          return false;
        }
        ASSIGN_OR_RETURN(ReferralView view, ViewOf(std::move(row->value)));
        page.referrals.push_back(std::move(view));
        last = std::string(key);
        return true;
      },
      after));
  return page;
}

absl::StatusOr<ReferralView> ReferralActions::Show(const Caller& caller,
                                                   const ReferralId& id) {
  RETURN_IF_ERROR(caller.May(Permission::kReferralRead));
  ASSIGN_OR_RETURN(const Found found,
                   Reach(caller, Permission::kReferralRead, id));
  const Referral& referral = found.row.value;
  if (referral.direction == Direction::kIncoming &&
      !referral.opened_at.has_value() && referral.state != State::kRevoked) {
    const absl::Status marked = MarkOpened(caller, id);
    // Somebody else opened it in the same moment: theirs is the receipt.
    if (!marked.ok() && ReasonOf(marked) != Reason::kVersionConflict) {
      return marked;
    }
  }
  return ViewOf(id);
}

absl::Status ReferralActions::MarkOpened(const Caller& caller,
                                         const ReferralId& id) {
  ASSIGN_OR_RETURN(const Found found,
                   Reach(caller, Permission::kReferralRead, id));
  Referral referral = found.row.value;
  storage::Batch batch;
  const absl::Status posted =
      rooms_.outbox
          .PostReceipt(batch, ReceivedAs(referral),
                       delivery::ReceiptKind::kRetrieved)
          .status();
  if (!posted.ok() && !MayNotLeaveNow(posted)) return posted;
  if (posted.ok()) referral.opened_at = rooms_.clock.Now();
  RETURN_IF_ERROR(referrals_.Replace(batch, id, found.row, referral));
  RETURN_IF_ERROR(rooms_.log.Record(
      batch, {audit::EventKind::kLetterOpened,
              absl::InfinitePast(),
              caller.person(),
              {{"referral", id.hex()},
               {"letter", referral.request_letter.message.hex()}}}));
  return rooms_.store.Commit(batch).status();
}

absl::StatusOr<ReceivedFile> ReferralActions::OpenDisclosure(
    const Caller& caller, const ReferralId& id) {
  RETURN_IF_ERROR(caller.May(Permission::kDisclosureRead));
  ASSIGN_OR_RETURN(const Found found,
                   Reach(caller, Permission::kDisclosureRead, id));
  Referral referral = found.row.value;
  RETURN_IF_ERROR(CheckOpening(referral));
  ASSIGN_OR_RETURN(auto file, disclosures_.Get(rooms_.store, id));
  if (!file.has_value()) return Error(Reason::kRecordDamaged);
  storage::Batch batch;
  if (!referral.disclosure_opened_at.has_value()) {
    delivery::ReceivedLetter letter = ReceivedAs(referral);
    letter.message = referral.disclosure_letter.message;
    letter.plain_digest = referral.disclosure_letter.plain_digest;
    letter.agreement = referral.disclosure_letter.agreement;
    letter.agreement_hash = referral.disclosure_letter.agreement_hash;
    letter.consent_commitment = referral.disclosure_letter.consent_commitment;
    letter.type = LetterType::kDisclosure;
    letter.purpose = Purpose::kIdentityDisclosure;
    const absl::Status posted =
        rooms_.outbox
            .PostReceipt(batch, letter, delivery::ReceiptKind::kRetrieved)
            .status();
    if (!posted.ok() && !MayNotLeaveNow(posted)) return posted;
    if (posted.ok()) referral.disclosure_opened_at = rooms_.clock.Now();
  }
  // Replace even when nothing changes: a recall that comes in between makes
  // this commit fail, so nobody reads a file that was recalled before.
  RETURN_IF_ERROR(referrals_.Replace(batch, id, found.row, referral));
  RETURN_IF_ERROR(rooms_.log.Record(
      batch, {audit::EventKind::kLetterOpened,
              absl::InfinitePast(),
              caller.person(),
              {{"referral", id.hex()},
               {"letter", referral.disclosure_letter.message.hex()}}}));
  RETURN_IF_ERROR(rooms_.store.Commit(batch).status());
  return std::move(file->value);
}

}  // namespace amparo::referral
