// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/hostile/letter_faults.h"

namespace amparo::hostile {
namespace {

namespace wire = ::amparo::peer::v1;
using delivery::Plain;

std::string TwistedTerms(Federation& all, const Twist& twist) {
  return all.hostile().Letter(twist);
}

OfficeId HonestId(Federation& all) {
  return *OfficeId::FromHex(all.honest().id());
}

void Recommit(Plain& plain) {
  plain.header.consent_commitment =
      *consent::Commitment(plain.consent_salt, plain.consent_statement);
}

}  // namespace

const std::vector<Fault>& TermsFaults() {
  static const auto* const faults = new std::vector<Fault>{
      {"WrongAgreementHash", Reason::kAgreementHashMismatch,
       [](Federation& all) {
         return TwistedTerms(all, {.plain = [](Plain& p) {
                               p.header.agreement_hash = std::string(32, 'x');
                             }});
       }},
      {"NoAgreement", Reason::kAgreementMissing,
       [](Federation& all) {
         return TwistedTerms(all, {.plain = [](Plain& p) {
                               p.header.agreement = AgreementId();
                               p.header.agreement_hash.clear();
                             }});
       }},
      {"UnknownAgreement", Reason::kAgreementMissing,
       [](Federation& all) {
         return TwistedTerms(all, {.plain = [](Plain& p) {
                               p.header.agreement =
                                   *AgreementId::FromHex(std::string(32, '9'));
                             }});
       }},
      {"AgreementOfTwoOtherOffices", Reason::kAgreementMissing,
       [](Federation& all) {
         const auto other = *AgreementId::FromHex(all.honest_agreement());
         return TwistedTerms(
             all, {.plain = [=](Plain& p) { p.header.agreement = other; }});
       }},
      {"TypeNotInTheAgreement", Reason::kTypeNotInAgreement,
       [](Federation& all) {
         return TwistedTerms(all, {.plain = [](Plain& p) {
                               p.header.type = LetterType::kStatisticsRelease;
                             }});
       }},
      {"PurposeNotInTheAgreement", Reason::kPurposeNotInAgreement,
       [](Federation& all) {
         return TwistedTerms(all, {.plain = [](Plain& p) {
                               p.header.purpose = Purpose::kResearch;
                             }});
       }},
      {"NoConsentStatement", Reason::kConsentMissing,
       [](Federation& all) {
         return TwistedTerms(
             all, {.plain = [](Plain& p) { p.consent_statement.clear(); }});
       }},
      {"NoConsentCommitment", Reason::kConsentMissing,
       [](Federation& all) {
         return TwistedTerms(all, {.plain = [](Plain& p) {
                               p.header.consent_commitment.clear();
                             }});
       }},
      {"CommitmentToAnotherStatement", Reason::kConsentCommitmentMismatch,
       [](Federation& all) {
         return TwistedTerms(all, {.plain = [](Plain& p) {
                               p.consent_salt = std::string(32, 'x');
                             }});
       }},
      {"ConsentThatIsNone", Reason::kLetterMalformed,
       [](Federation& all) {
         return TwistedTerms(all, {.plain = [](Plain& p) {
                               p.consent_statement = "no statement";
                               Recommit(p);
                             }});
       }},
      {"ConsentForAnotherOffice", Reason::kConsentNotForRecipient,
       [](Federation& all) {
         const OfficeId other = HonestId(all);
         return TwistedTerms(all, {.statement = [=](consent::Statement& s) {
                               s.recipient = other;
                             }});
       }},
      {"ConsentForAnotherPurpose", Reason::kConsentNotForPurpose,
       [](Federation& all) {
         return TwistedTerms(all, {.statement = [](consent::Statement& s) {
                               s.purpose = Purpose::kIdentityDisclosure;
                             }});
       }},
      {"ConsentThatHasEnded", Reason::kConsentExpired,
       [](Federation& all) {
         return TwistedTerms(all, {.statement = [](consent::Statement& s) {
                               s.valid_until -= absl::Hours(24 * 365);
                             }});
       }},
      {"ConsentOfAnotherReferral", Reason::kConsentOfAnotherReferral,
       [](Federation& all) {
         return TwistedTerms(all, {.statement = [](consent::Statement& s) {
                               s.pseudonym =
                                   *Pseudonym::FromHex(std::string(32, '5'));
                             }});
       }},
      {"ConsentThatLeavesOutWhatIsSent", Reason::kConsentNotForCategory,
       [](Federation& all) {
         return TwistedTerms(all, {.statement = [](consent::Statement& s) {
                               s.categories.erase(DataCategory::kNeeds);
                             }});
       }},
      {"ReferralOfAnotherThread", Reason::kHeaderMismatch,
       [](Federation& all) {
         return TwistedTerms(all, {.payload = [](wire::ReferralRequest& r) {
                               r.set_referral_id(std::string(16, 'r'));
                             }});
       }},
      {"CodeThatIsInNoList", Reason::kCodeUnknown,
       [](Federation& all) {
         return TwistedTerms(all, {.payload = [](wire::ReferralRequest& r) {
                               r.set_urgency("WHENEVER");
                             }});
       }},
      {"VoidForALetterOfAnotherThread", Reason::kHeaderMismatch,
       [](Federation& all) {
         const auto in_place = [](Plain& p) {
           delivery::VoidNotice notice;
           notice.message = p.header.message;
           notice.seq = p.header.seq;
           notice.prev_digest = p.header.prev_digest;
           notice.plain_digest = std::string(32, 'd');
           notice.thread = *ThreadId::FromHex(std::string(32, '7'));
           p.payload = delivery::EncodeVoidNotice(notice);
         };
         return all.hostile().Letter(LetterType::kVoid, "",
                                     {.plain = in_place});
       }},
  };
  return *faults;
}

}  // namespace amparo::hostile
