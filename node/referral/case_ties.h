// SPDX-License-Identifier: Apache-2.0
//
// What a case means to referrals when its time is over: as long as a referral
// is open, or another office holds what was sent under a consent that can
// still be withdrawn, the case must stay, because only with it can the other
// office be asked to give that up.
#ifndef AMPARO_NODE_REFERRAL_CASE_TIES_H_
#define AMPARO_NODE_REFERRAL_CASE_TIES_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "node/audit/log.h"
#include "node/cases/erasure.h"
#include "node/consent/ledger.h"
#include "node/delivery/outbox.h"
#include "node/referral/referral_records.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"

namespace amparo::referral {

// Thread-safe; references must outlive it.
class CaseTies final : public cases::CaseTie {
 public:
  CaseTies(const storage::Vault& vault, const audit::Log& log,
           const consent::Ledger& consents, delivery::Outbox& outbox)
      : log_(log), consents_(consents), outbox_(outbox), referrals_(vault) {}

  // "OPEN_REFERRAL" unless each ended (DECLINED, REVOKED);
  // "CONSENT_RECALLABLE" while a letter stands on a consent that was not
  // withdrawn; "LETTER_WAITING" while a letter or its VOID waits for its
  // receipt.
  absl::StatusOr<std::optional<std::string>> Needs(
      const storage::Reader& reader, const cases::Case& file) const override;

  // Referrals and their indexes, with a leaf for each. Letters stay as the
  // evidence that they were sent; what they said cannot be read any more. One
  // that waits, in a store that was put back, is replaced by its VOID.
  absl::Status Erase(storage::Batch& batch, const storage::Reader& reader,
                     const cases::Case& file) const override;

 private:
  // Whether the letter of a row of kLettersByConsent waits.
  absl::StatusOr<bool> Waits(const storage::Reader& reader,
                             absl::string_view by_consent) const;

  const audit::Log& log_;
  const consent::Ledger& consents_;
  delivery::Outbox& outbox_;
  const ReferralTable referrals_;
};

}  // namespace amparo::referral

#endif  // AMPARO_NODE_REFERRAL_CASE_TIES_H_
