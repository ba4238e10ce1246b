// SPDX-License-Identifier: Apache-2.0
//
// Every kind of row that is sealed at rest, by the name of its golden file.
#ifndef AMPARO_TESTS_GOLDEN_ROW_KINDS_H_
#define AMPARO_TESTS_GOLDEN_ROW_KINDS_H_

#include "node/audit/audit_records.h"
#include "node/cases/cases_records.h"
#include "node/cases/counting.h"
#include "node/cases/entries_records.h"
#include "node/cases/retention_records.h"
#include "node/consent/consent_records.h"
#include "node/delivery/delivery_records.h"
#include "node/peering/peering_records.h"
#include "node/people/people_records.h"
#include "node/referral/referral_records.h"
#include "node/region/region_records.h"
#include "node/statistics/statistics_records.h"

namespace amparo::golden {

// Calls kind.operator()<Codec>(name) for each. New ones come last: the seeds of
// tests/fuzz know them by their place.
template <class Kind>
void ForEachRowKind(Kind&& kind) {
  kind.template operator()<audit::EventCodec>("event");
  kind.template operator()<cases::CaseCodec>("case");
  kind.template operator()<cases::ProfileCodec>("profile");
  kind.template operator()<cases::IdentityCodec>("identity");
  kind.template operator()<consent::ConsentCodec>("consent");
  kind.template operator()<delivery::OutboxCodec>("outbox");
  kind.template operator()<delivery::LetterCodec>("letter");
  kind.template operator()<delivery::ThreadOutCodec>("thread_out");
  kind.template operator()<delivery::ThreadInCodec>("thread_in");
  kind.template operator()<delivery::SeenCodec>("seen");
  kind.template operator()<delivery::PeerLetterCodec>("peer_letter");
  kind.template operator()<delivery::ReceiptCodec>("receipt");
  kind.template operator()<delivery::ConsentLetterCodec>("consent_letter");
  kind.template operator()<peering::OwnOfficeCodec>("own_office");
  kind.template operator()<peering::OwnKeyCodec>("own_key");
  kind.template operator()<peering::PeerCodec>("peer");
  kind.template operator()<peering::InvitationCodec>("invitation");
  kind.template operator()<peering::AgreementCodec>("agreement");
  kind.template operator()<people::PersonCodec>("person");
  kind.template operator()<people::SessionCodec>("session");
  kind.template operator()<people::RequestCodec>("request");
  kind.template operator()<referral::ReferralCodec>("referral");
  kind.template operator()<referral::DisclosureCodec>("disclosure");
  kind.template operator()<region::ReceivedReleaseCodec>("received_release");
  kind.template operator()<statistics::PreparationCodec>("preparation");
  kind.template operator()<statistics::ReleaseCodec>("release");
  kind.template operator()<statistics::LedgerCodec>("ledger_entry");
  kind.template operator()<cases::EntryCodec>("case_entry_support");
  kind.template operator()<cases::CaseChangeCodec>("case_change");
  kind.template operator()<cases::IdentityChangeCodec>("identity_change");
  kind.template operator()<cases::ThirdPersonCodec>("third_person");
  kind.template operator()<cases::CountingCodec>("counting_record");
  kind.template operator()<cases::RetentionRuleCodec>("retention_rule");
  kind.template operator()<cases::CaseRetentionCodec>("case_retention");
  kind.template operator()<cases::ErasedCaseCodec>("erased_case");
}

}  // namespace amparo::golden

#endif  // AMPARO_TESTS_GOLDEN_ROW_KINDS_H_
