// SPDX-License-Identifier: Apache-2.0
#include "node/clearance/clearance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <type_traits>

#include "amparo/record/v1/clearance.pb.h"
#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/clearance/clearance_records.h"
#include "node/consent/statement.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::clearance {
namespace {

using delivery::Office;
using ::testing::IsEmpty;

// Nothing but the gate makes one, and one is not two.
static_assert(!std::is_default_constructible_v<Clearance>);
static_assert(!std::is_constructible_v<Clearance, ClearanceFacts>);
static_assert(!std::is_constructible_v<Clearance, const ClearanceFacts&>);
static_assert(!std::is_convertible_v<ClearanceFacts, Clearance>);
static_assert(!std::is_aggregate_v<Clearance>);
static_assert(!std::is_copy_constructible_v<Clearance>);
static_assert(!std::is_copy_assignable_v<Clearance>);
static_assert(std::is_move_constructible_v<Clearance>);
static_assert(
    std::is_const_v<
        std::remove_reference_t<decltype(std::declval<Clearance&>().facts())>>,
    "what was cleared cannot be changed");

class ClearanceTest : public testing::Test, protected delivery::TwoOffices {
 protected:
  // A request that passes, with a new consent.
  ClearanceRequest Right(LetterType type = LetterType::kReferralRequest) {
    ClearanceRequest request;
    request.recipient = b.id;
    request.type = type;
    request.payload_digest = crypto::Sha256("payload");
    request.expires_at = clock.Now() + absl::Hours(24);
    request.categories = {DataCategory::kNeeds};
    if (type == LetterType::kReferralAnswer) {
      request.thread_commitment = std::string(32, 'c');
      return request;
    }
    if (type == LetterType::kStatisticsRelease) {
      request.purpose = Purpose::kStatistics;
      request.categories = {DataCategory::kStatisticalCounts};
      return request;
    }
    if (type == LetterType::kDisclosure) {
      request.purpose = Purpose::kIdentityDisclosure;
      request.categories = {DataCategory::kNames};
    }
    request.consent = a.GiveConsent(b.id, request.purpose);
    request.consent_salt = std::string(32, 's');
    request.consent_statement = StatementOf(request).Encode();
    return request;
  }
  consent::Statement StatementOf(const ClearanceRequest& request) {
    return *consent::Statement::For(*a.ledger->Get(*a.store, *request.consent),
                                    *Pseudonym::FromHex(std::string(32, '6')),
                                    b.id);
  }
  Reason Refusal(const ClearanceRequest& request) {
    return ReasonOf(a.gate->Clear(request).status());
  }
  Reason RecheckRefusal(const ClearanceFacts& facts) {
    return ReasonOf(a.gate->Recheck(facts, clock.Now()));
  }
};

TEST_F(ClearanceTest, EachTypeOfLetterPassesWithWhatItNeeds) {
  for (LetterType type :
       {LetterType::kReferralRequest, LetterType::kReferralAnswer,
        LetterType::kDisclosure, LetterType::kStatisticsRelease}) {
    SCOPED_TRACE(Name(type));
    const auto cleared = a.gate->Clear(Right(type));
    ASSERT_THAT(cleared, IsOk());
    EXPECT_EQ(cleared->facts().agreement, agreement->id());
    EXPECT_EQ(cleared->facts().agreement_hash, agreement->hash());
    EXPECT_EQ(RecheckRefusal(cleared->facts()), Reason::kUnspecified);
  }
}

TEST_F(ClearanceTest, AnUnknownPeerGetsNothing) {
  ClearanceRequest request = Right();
  request.recipient = *OfficeId::FromHex(std::string(32, '9'));
  EXPECT_EQ(Refusal(request), Reason::kPeerUnknown);
}

TEST_F(ClearanceTest, AnUnconfirmedPeerGetsNothing) {
  const ClearanceRequest request = Right();
  SetPeerState(a, peering::PeerState::kAwaitingConfirmation);
  EXPECT_EQ(Refusal(request), Reason::kPeerNotConfirmed);
}

TEST_F(ClearanceTest, ASuspendedPeerGetsNothing) {
  const ClearanceRequest request = Right();
  SetPeerState(a, peering::PeerState::kSuspended);
  EXPECT_EQ(Refusal(request), Reason::kPeerSuspended);
}

TEST_F(ClearanceTest, AnAgreementThatIsOverAllowsNothing) {
  ClearanceRequest request = Right(LetterType::kReferralAnswer);
  clock.Advance(absl::Hours(24 * 366));
  request.expires_at = clock.Now() + absl::Hours(1);
  EXPECT_EQ(Refusal(request), Reason::kAgreementExpired);
}

TEST_F(ClearanceTest, ATypeOfTheOtherDirectionIsNotInTheAgreement) {
  ClearanceRequest request = Right(LetterType::kStatisticsRelease);
  request.recipient = a.id;
  EXPECT_EQ(ReasonOf(b.gate->Clear(request).status()),
            Reason::kTypeNotInAgreement);
}

TEST_F(ClearanceTest, APurposeOutsideTheAgreementIsRefused) {
  ClearanceRequest request = Right();
  request.purpose = Purpose::kResearch;
  EXPECT_EQ(Refusal(request), Reason::kPurposeNotInAgreement);
}

TEST_F(ClearanceTest, ACategoryOutsideTheAgreementIsRefused) {
  ClearanceRequest request = Right(LetterType::kDisclosure);
  request.categories = {DataCategory::kDocuments};
  EXPECT_EQ(Refusal(request), Reason::kCategoryNotInAgreement);
}

TEST_F(ClearanceTest, P4_NothingLeavesWithoutActiveConsent) {
  for (LetterType type :
       {LetterType::kReferralRequest, LetterType::kDisclosure}) {
    SCOPED_TRACE(Name(type));
    ClearanceRequest request = Right(type);
    request.consent.reset();
    EXPECT_EQ(Refusal(request), Reason::kConsentMissing);
  }
}

TEST_F(ClearanceTest, AConsentThatIsNotThereIsMissing) {
  ClearanceRequest request = Right();
  request.consent = *ConsentId::FromHex(std::string(32, '9'));
  EXPECT_EQ(Refusal(request), Reason::kConsentMissing);
}

TEST_F(ClearanceTest, AWithdrawnConsentAllowsNothing) {
  const ClearanceRequest request = Right();
  a.Withdraw(*request.consent);
  EXPECT_EQ(Refusal(request), Reason::kConsentWithdrawn);
}

TEST_F(ClearanceTest, AConsentThatIsOverAllowsNothing) {
  ClearanceRequest request = Right();
  clock.Advance(absl::Hours(24 * 201));
  request.expires_at = clock.Now() + absl::Hours(1);
  EXPECT_EQ(Refusal(request), Reason::kConsentExpired);
}

TEST_F(ClearanceTest, NoPurposeImpliesAnother) {
  ClearanceRequest request = Right();
  ClearanceRequest disclosure = Right(LetterType::kDisclosure);
  disclosure.consent = request.consent;
  EXPECT_EQ(Refusal(disclosure), Reason::kConsentNotForPurpose);
}

TEST_F(ClearanceTest, AConsentForAnotherOfficeAllowsNothing) {
  ClearanceRequest request = Right();
  request.consent =
      a.GiveConsent(*OfficeId::FromHex(std::string(32, '8')), request.purpose);
  EXPECT_EQ(Refusal(request), Reason::kConsentNotForRecipient);
}

TEST_F(ClearanceTest, ACategoryOutsideTheConsentIsRefused) {
  ClearanceRequest request = Right(LetterType::kDisclosure);
  request.categories = {DataCategory::kNames, DataCategory::kNeeds};
  EXPECT_EQ(Refusal(request), Reason::kConsentNotForCategory);
}

TEST_F(ClearanceTest, TheStatementSaysNeitherMoreNorOtherThanTheConsent) {
  using Change = std::function<void(consent::Statement&)>;
  const std::vector<std::pair<const char*, Change>> changes = {
      {"another recipient", [&](consent::Statement& s) { s.recipient = a.id; }},
      {"another purpose",
       [](consent::Statement& s) { s.purpose = Purpose::kFamilyTracing; }},
      {"fewer categories than the letter holds",
       [](consent::Statement& s) {
         s.categories = {DataCategory::kCodedProfile};
       }},
      {"valid for longer",
       [](consent::Statement& s) { s.valid_until += absl::Hours(1); }},
      {"over already",
       [&](consent::Statement& s) { s.valid_until = clock.Now(); }},
  };
  for (const auto& [name, change] : changes) {
    SCOPED_TRACE(name);
    ClearanceRequest request = Right();
    consent::Statement statement = StatementOf(request);
    change(statement);
    request.consent_statement = statement.Encode();
    EXPECT_EQ(Refusal(request), Reason::kConsentCommitmentMismatch);
  }
  ClearanceRequest request = Right();
  consent::Statement more = StatementOf(request);
  more.categories.insert(DataCategory::kContacts);
  request.consent_statement = more.Encode();
  EXPECT_EQ(Refusal(request), Reason::kConsentNotForCategory);
  request.consent_statement = "garbage";
  EXPECT_EQ(Refusal(request), Reason::kConsentCommitmentMismatch);
}

TEST_F(ClearanceTest, TheCommitmentIsOfTheStatementThatTravels) {
  const ClearanceRequest request = Right();
  const auto cleared = a.gate->Clear(request);
  ASSERT_THAT(cleared, IsOk());
  EXPECT_EQ(
      cleared->facts().consent_commitment,
      *consent::Commitment(request.consent_salt, request.consent_statement));
  ClearanceRequest short_salt = request;
  short_salt.consent_salt = "short";
  EXPECT_EQ(Refusal(short_salt), Reason::kFieldInvalid);
}

TEST_F(ClearanceTest, DisclosureIsStaged) {
  for (LetterType type :
       {LetterType::kReferralRequest, LetterType::kReferralAnswer,
        LetterType::kStatisticsRelease}) {
    for (DataCategory category :
         {DataCategory::kNames, DataCategory::kDatesOfBirth,
          DataCategory::kDocuments, DataCategory::kContacts}) {
      ClearanceRequest request = Right(type);
      request.categories = {category};
      EXPECT_EQ(Refusal(request), Reason::kFieldInvalid) << Name(type);
    }
  }
}

TEST_F(ClearanceTest, AnAnswerNeedsTheCommitmentItAnswersAndNoConsent) {
  ClearanceRequest request = Right(LetterType::kReferralAnswer);
  request.thread_commitment.clear();
  EXPECT_EQ(Refusal(request), Reason::kConsentCommitmentMismatch);
  request = Right(LetterType::kReferralAnswer);
  request.consent = a.GiveConsent(b.id, request.purpose);
  EXPECT_EQ(Refusal(request), Reason::kFieldInvalid);
}

TEST_F(ClearanceTest, AReleaseIsForStatisticsAndHoldsCountsOnly) {
  ClearanceRequest request = Right(LetterType::kStatisticsRelease);
  request.purpose = Purpose::kTransnationalReferral;
  EXPECT_EQ(Refusal(request), Reason::kFieldInvalid);
  request = Right(LetterType::kStatisticsRelease);
  request.categories.push_back(DataCategory::kCodedProfile);
  EXPECT_EQ(Refusal(request), Reason::kFieldInvalid);
}

TEST_F(ClearanceTest, ALetterNamesCategoriesDigestAndAnEnd) {
  ClearanceRequest request = Right();
  request.categories.clear();
  EXPECT_EQ(Refusal(request), Reason::kFieldInvalid);
  request = Right();
  request.payload_digest = "short";
  EXPECT_EQ(Refusal(request), Reason::kFieldInvalid);
  request = Right();
  request.expires_at = absl::InfiniteFuture();
  EXPECT_EQ(Refusal(request), Reason::kFieldInvalid);
  request.expires_at = clock.Now();
  EXPECT_EQ(Refusal(request), Reason::kLetterExpired);
}

TEST_F(ClearanceTest, ItEndsWithTheConsentAndTheAgreement) {
  ClearanceRequest request = Right();
  request.expires_at = clock.Now() + absl::Hours(24 * 3000);
  auto cleared = a.gate->Clear(request);
  ASSERT_THAT(cleared, IsOk());
  EXPECT_EQ(cleared->facts().expires_at, clock.Now() + absl::Hours(24 * 200));
  request = Right(LetterType::kReferralAnswer);
  request.expires_at = clock.Now() + absl::Hours(24 * 3000);
  cleared = a.gate->Clear(request);
  ASSERT_THAT(cleared, IsOk());
  EXPECT_EQ(cleared->facts().expires_at, agreement->terms().valid_until);
}

TEST_F(ClearanceTest, HandlingCodesOfTheAgreementAreAdded) {
  ClearanceRequest request = Right();
  request.handling_codes = {HandlingCode::kNotForProceedings};
  const auto cleared = a.gate->Clear(request);
  ASSERT_THAT(cleared, IsOk());
  EXPECT_THAT(cleared->facts().handling_codes,
              testing::ElementsAre(HandlingCode::kNotForProceedings,
                                   HandlingCode::kNoOnward));
}

TEST_F(ClearanceTest, OtherTypesAreClearedInTheirOwnWay) {
  for (LetterType type : AllLetterTypes()) {
    SCOPED_TRACE(Name(type));
    ClearanceRequest request = Right();
    request.type = type;
    const bool of_rooms = type == LetterType::kReferralRequest ||
                          type == LetterType::kReferralAnswer ||
                          type == LetterType::kDisclosure ||
                          type == LetterType::kStatisticsRelease;
    if (!of_rooms) {
      EXPECT_EQ(Refusal(request), Reason::kFieldInvalid);
    }
    const std::string digest(32, 'd');
    EXPECT_EQ(a.gate->ClearPeering(b.id, type, digest).ok(),
              IsPeeringLetter(type));
    Gate::ProtectiveRequest protective;
    protective.recipient = b.id;
    protective.type = type;
    protective.payload_digest = digest;
    EXPECT_EQ(a.gate->ClearProtective(protective).ok(),
              type == LetterType::kReceipt ||
                  (IsProtectiveLetter(type) && !IsPeeringLetter(type)));
  }
}

TEST_F(ClearanceTest, PeeringLettersNeedAnActivePeer) {
  const std::string digest(32, 'd');
  SetPeerState(a, peering::PeerState::kSuspended);
  EXPECT_EQ(
      ReasonOf(
          a.gate->ClearPeering(b.id, LetterType::kAgreementProposed, digest)
              .status()),
      Reason::kPeerSuspended);
  EXPECT_THAT(a.gate->ClearPeering(b.id, LetterType::kKeyBundle, digest),
              IsOk());
}

TEST_F(ClearanceTest, ProtectiveLettersPassASuspendedPeerAndADeadAgreement) {
  Gate::ProtectiveRequest request;
  request.recipient = b.id;
  request.type = LetterType::kRecall;
  request.payload_digest = std::string(32, 'd');
  request.agreement = agreement->id();
  request.agreement_hash = agreement->hash();
  SetPeerState(a, peering::PeerState::kSuspended);
  clock.Advance(absl::Hours(24 * 366));
  const auto cleared = a.gate->ClearProtective(request);
  ASSERT_THAT(cleared, IsOk());
  EXPECT_EQ(RecheckRefusal(cleared->facts()), Reason::kUnspecified);
  request.type = LetterType::kReceipt;
  EXPECT_EQ(ReasonOf(a.gate->ClearProtective(request).status()),
            Reason::kPeerSuspended);
  request.type = LetterType::kRecall;
  SetPeerState(a, peering::PeerState::kAwaitingConfirmation);
  EXPECT_EQ(ReasonOf(a.gate->ClearProtective(request).status()),
            Reason::kPeerNotConfirmed);
}

// What the person excluded after the letter was queued holds it back.
TEST_F(ClearanceTest, AnExclusionGivenLaterBeatsTheConsentOfAQueuedLetter) {
  const ClearanceRequest request = Right();
  const ClearanceFacts facts = a.gate->Clear(request)->facts();
  const auto consent = a.ledger->Get(*a.store, *request.consent);
  ASSERT_THAT(consent, IsOk());
  consent::ConsentFields fields = consent->fields();
  fields.id = *ConsentId::FromHex(std::string(32, '7'));
  fields.categories = {DataCategory::kCodedProfile};
  fields.exclusions = {DataCategory::kNeeds};
  const auto narrower = consent::Consent::Create(fields);
  ASSERT_THAT(narrower, IsOk());
  storage::Batch batch;
  const auto key = a.vault->NewKey(batch);
  ASSERT_THAT(key, IsOk());
  ASSERT_THAT(a.ledger->InsertImported(batch, *narrower, *key, fields.collector,
                                       clock.Now()),
              IsOk());
  ASSERT_THAT(a.store->Commit(batch), IsOk());
  EXPECT_EQ(RecheckRefusal(facts), Reason::kConsentNotForCategory);
}

// Invariant 2: what was true when it was cleared is asked again.
TEST_F(ClearanceTest, RecheckFindsWhatChangedSince) {
  const ClearanceRequest request = Right();
  const ClearanceFacts facts = a.gate->Clear(request)->facts();
  EXPECT_EQ(RecheckRefusal(facts), Reason::kUnspecified);

  ClearanceFacts changed = facts;
  changed.agreement_hash = std::string(32, 'x');
  EXPECT_EQ(RecheckRefusal(changed), Reason::kAgreementHashMismatch);
  changed = facts;
  changed.consent.reset();
  EXPECT_EQ(RecheckRefusal(changed), Reason::kConsentMissing);
  changed = facts;
  changed.categories.push_back(DataCategory::kNames);
  EXPECT_EQ(RecheckRefusal(changed), Reason::kConsentNotForCategory);

  SetPeerState(a, peering::PeerState::kSuspended);
  EXPECT_EQ(RecheckRefusal(facts), Reason::kPeerSuspended);
  SetPeerState(a, peering::PeerState::kActive);
  a.Withdraw(*request.consent);
  EXPECT_EQ(RecheckRefusal(facts), Reason::kConsentWithdrawn);
  clock.Advance(absl::Hours(25));
  EXPECT_EQ(RecheckRefusal(facts), Reason::kLetterExpired);
}

TEST_F(ClearanceTest, EveryFieldOfTheFactsSurvives) {
  ClearanceFacts facts = a.gate->Clear(Right())->facts();
  record::v1::ClearanceFacts record;
  WriteFacts(facts, record);
  EXPECT_THAT(FieldsNotSet(record), IsEmpty());
  const auto again = ReadFacts(record);
  ASSERT_THAT(again, IsOk());
  record::v1::ClearanceFacts second;
  WriteFacts(*again, second);
  EXPECT_EQ(second.SerializeAsString(), record.SerializeAsString());
}

TEST_F(ClearanceTest, DamagedFactsAreNotRead) {
  record::v1::ClearanceFacts right;
  WriteFacts(a.gate->Clear(Right())->facts(), right);
  const std::vector<std::function<void(record::v1::ClearanceFacts&)>> damages =
      {[](auto& r) { r.set_recipient("x"); },
       [](auto& r) { r.set_type(999); },
       [](auto& r) { r.set_purpose(0); },
       [](auto& r) { r.set_payload_digest("x"); },
       [](auto& r) { r.set_agreement_id("x"); },
       [](auto& r) { r.set_agreement_hash("x"); },
       [](auto& r) { r.set_consent_id("x"); },
       [](auto& r) { r.set_consent_commitment("x"); },
       [](auto& r) { r.add_categories(99); },
       [](auto& r) { r.add_handling_codes(99); },
       [](auto& r) { r.set_expires_at_ms(-1); }};
  for (const auto& damage : damages) {
    record::v1::ClearanceFacts record = right;
    damage(record);
    EXPECT_EQ(ReasonOf(ReadFacts(record).status()), Reason::kRecordDamaged);
  }
}

}  // namespace
}  // namespace amparo::clearance
