// SPDX-License-Identifier: Apache-2.0
#include "node/referral/case_ties.h"

#include <vector>

#include "node/base/status_macros.h"
#include "node/referral/referral.h"
#include "node/storage/table.h"

namespace amparo::referral {
namespace {

using storage::TableId;

bool Ended(const Referral& referral) {
  return referral.state == State::kDeclined ||
         referral.state == State::kRevoked;
}

}  // namespace

absl::StatusOr<std::optional<std::string>> CaseTies::Needs(
    const storage::Reader& reader, const cases::Case& file) const {
  std::optional<std::string> needs;
  ASSIGN_OR_RETURN(const std::vector<consent::Consent> consents,
                   consents_.ListBySubject(reader, file.subject));
  for (const consent::Consent& consent : consents) {
    ASSIGN_OR_RETURN(const std::vector<ReferralId> ids,
                     ReferralsByConsent(reader, consent.id()));
    for (const ReferralId& id : ids) {
      ASSIGN_OR_RETURN(const auto row, referrals_.Get(reader, id));
      if (row.has_value() && !Ended(row->value)) {
        return std::optional<std::string>("OPEN_REFERRAL");
      }
    }
    const bool recallable = consent.state() == consent::State::kActive;
    // Row keys are the consent and the message.
    RETURN_IF_ERROR(reader.ScanPrefix(
        TableId::kLettersByConsent, consent.id().bytes(),
        [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
          if (recallable) {
            needs = "CONSENT_RECALLABLE";
            return false;
          }
          ASSIGN_OR_RETURN(const bool waiting, Waits(reader, key));
          if (waiting) needs = "LETTER_WAITING";
          return true;
        }));
    if (needs.has_value()) return needs;
  }
  return needs;
}

absl::StatusOr<bool> CaseTies::Waits(const storage::Reader& reader,
                                     absl::string_view by_consent) const {
  ASSIGN_OR_RETURN(const MessageId message,
                   MessageId::FromBytes(by_consent.substr(ConsentId::kSize)));
  ASSIGN_OR_RETURN(const auto status, outbox_.StatusOf(reader, message));
  return status.has_value() && status->waiting;
}

absl::Status CaseTies::Erase(storage::Batch& batch,
                             const storage::Reader& reader,
                             const cases::Case& file) const {
  ASSIGN_OR_RETURN(const std::vector<consent::Consent> consents,
                   consents_.ListBySubject(reader, file.subject));
  for (const consent::Consent& consent : consents) {
    bool waits = false;
    RETURN_IF_ERROR(reader.ScanPrefix(
        TableId::kLettersByConsent, consent.id().bytes(),
        [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
          ASSIGN_OR_RETURN(const bool waiting, Waits(reader, key));
          waits = waits || waiting;
          batch.Delete(TableId::kLettersByConsent, key);
          return true;
        }));
    if (waits) {
      RETURN_IF_ERROR(outbox_.StopUnderConsent(batch, consent.id()).status());
    }
    ASSIGN_OR_RETURN(const std::vector<ReferralId> ids,
                     ReferralsByConsent(reader, consent.id()));
    for (const ReferralId& id : ids) {
      RemoveFromConsentIndex(batch, consent.id(), id);
      ASSIGN_OR_RETURN(const auto row, referrals_.Get(reader, id));
      // A file went under another consent than the request: once is enough.
      if (!row.has_value() || row->value.consent != consent.id()) continue;
      Referral referral = row->value;
      referral.id = id;
      RemoveFromTimeIndex(batch, referral);
      batch.RequireUnchanged(ReferralCodec::kTable,
                             ReferralCodec::EncodeKey(id), row->stored);
      referrals_.Delete(batch, id);
      RETURN_IF_ERROR(log_.Record(
          batch,
          {audit::EventKind::kReferralTransition,
           absl::InfinitePast(),
           PersonId(),
           {{"referral", id.hex()}, {"state", std::string(kErasedState)}}}));
    }
  }
  return absl::OkStatus();
}

}  // namespace amparo::referral
