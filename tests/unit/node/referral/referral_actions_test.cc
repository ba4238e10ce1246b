// SPDX-License-Identifier: Apache-2.0
#include "node/referral/referral_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "node/base/errors.h"
#include "node/cases/entries_actions.h"
#include "node/cases/life_actions.h"
#include "node/cases/third_person_actions.h"
#include "node/referral/referral_letters.h"
#include "node/referral/referral_records.h"
#include "tests/support/office_pair.h"
#include "tests/support/status_matchers.h"

namespace amparo::referral {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

class ReferralActionsTest : public testing::Test {
 protected:
  ReferralActions& AtA() { return pair_.a.node().referrals(); }
  ReferralActions& AtB() { return pair_.b.node().referrals(); }

  absl::Status TryPropose(const OfficePair::Person& person) {
    return AtA()
        .Propose(pair_.a.caseworker(),
                 pair_.a.Proposal(person.case_number, pair_.b.id()))
        .status();
  }
  absl::Status TryDisclose(const ReferralId& id,
                           std::vector<DataCategory> categories) {
    return AtA()
        .Disclose(pair_.a.caseworker(), pair_.a.NewRequest(), id, categories)
        .status();
  }
  absl::Status TryAccept(const ReferralId& id) {
    return AtB()
        .Accept(pair_.b.focal_point(), pair_.b.NewRequest(), id)
        .status();
  }
  State StateAtA(const ReferralId& id) {
    return Must(AtA().Show(pair_.a.caseworker(), id)).referral.state;
  }
  State StateAtB(const ReferralId& id) {
    return Must(AtB().Show(pair_.b.focal_point(), id)).referral.state;
  }
  static std::vector<delivery::ReceiptKind> Rungs(const ReferralView& view,
                                                  LetterType type) {
    std::vector<delivery::ReceiptKind> kinds;
    for (const Rung& rung : view.evidence) {
      if (rung.letter == type) kinds.push_back(rung.kind);
    }
    return kinds;
  }

  OfficePair pair_;
};

TEST_F(ReferralActionsTest, AProposalWithoutConsentIsRefusedAndStoresNothing) {
  struct Lacking {
    const char* name;
    Reason reason;
    std::function<void(const std::string& case_number)> give;
  };
  TestOffice& a = pair_.a;
  const OfficeId b = pair_.b.id();
  const Lacking cases[] = {
      {"none at all", Reason::kConsentMissing, [](const std::string&) {}},
      {"another purpose", Reason::kConsentNotForPurpose,
       [&](const std::string& number) {
         a.GiveConsent(number, b, Purpose::kIdentityDisclosure);
       }},
      {"withdrawn", Reason::kConsentWithdrawn,
       [&](const std::string& number) {
         MustBeOk(a.Withdraw(a.GiveConsent(number, b,
                                           Purpose::kTransnationalReferral)),
                  "withdraw");
       }},
      {"another recipient", Reason::kConsentNotForRecipient,
       [&](const std::string& number) {
         a.GiveConsent(number, *OfficeId::FromBytes(std::string(16, 'x')),
                       Purpose::kTransnationalReferral);
       }},
      {"not the needs", Reason::kConsentNotForCategory,
       [&](const std::string& number) {
         a.GiveConsent(number, b, Purpose::kTransnationalReferral,
                       {DataCategory::kCodedProfile});
       }},
  };
  for (const Lacking& lacking : cases) {
    SCOPED_TRACE(lacking.name);
    const std::string number = a.RegisterCase();
    lacking.give(number);
    const uint64_t commits = a.store().commits();
    const size_t rows = a.Rows(storage::TableId::kReferrals);
    const absl::Status status =
        AtA().Propose(a.caseworker(), a.Proposal(number, b)).status();
    EXPECT_EQ(ReasonOf(status), lacking.reason) << status.ToString();
    EXPECT_EQ(a.store().commits(), commits);
    EXPECT_EQ(a.Rows(storage::TableId::kReferrals), rows);
    EXPECT_EQ(a.Rows(storage::TableId::kOutbox), 0u);
  }
}

TEST_F(ReferralActionsTest, AnExpiredConsentIsRefusedWithItsReason) {
  const OfficePair::Person person = pair_.NewPerson();
  pair_.clock.Advance(absl::Hours(24 * 366));
  EXPECT_EQ(ReasonOf(TryPropose(person)), Reason::kConsentExpired);
}

TEST_F(ReferralActionsTest, ASoundProposalTravelsAndItsReceiptsComeBack) {
  const ReferralId id = pair_.Propose(pair_.NewPerson());
  EXPECT_EQ(StateAtA(id), State::kRequested);
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kReferrals), 0u);
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(StateAtB(id), State::kReceived);
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_THAT(TryAccept(id), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  const ReferralView view = Must(AtA().Show(pair_.a.caseworker(), id));
  EXPECT_EQ(view.referral.state, State::kAccepted);
  EXPECT_EQ(view.peer_name, "Minsk");
  EXPECT_THAT(Rungs(view, LetterType::kReferralRequest),
              ElementsAre(delivery::ReceiptKind::kSubmitted,
                          delivery::ReceiptKind::kDelivered,
                          delivery::ReceiptKind::kRetrieved,
                          delivery::ReceiptKind::kAnswered));
}

TEST_F(ReferralActionsTest, ThePreviewHoldsNoIdentity) {
  const ReferralId id = pair_.Propose(pair_.NewPerson());
  ASSERT_TRUE(pair_.Quiet());
  const ReferralView view = Must(AtB().Show(pair_.b.focal_point(), id));
  EXPECT_THAT(view.referral.request.preview,
              ElementsAre(Pair("ageBroad", "30--38"), Pair("gender", "Female"),
                          Pair("majorityStatus", "Adult")));
  EXPECT_TRUE(view.referral.subject.empty());
  EXPECT_TRUE(view.referral.case_id.empty());
  EXPECT_THAT(view.referral.case_number, IsEmpty());
  EXPECT_FALSE(view.referral.disclosed());
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kDisclosures), 0u);
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kIdentities), 0u);
}

TEST_F(ReferralActionsTest, DisclosureBeforeAcceptanceIsRefused) {
  const ReferralId id = pair_.Propose(pair_.NewPerson());
  EXPECT_EQ(ReasonOf(TryDisclose(id, {DataCategory::kNames})),
            Reason::kWrongState);
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(ReasonOf(TryDisclose(id, {DataCategory::kNames})),
            Reason::kWrongState);
  EXPECT_EQ(ReasonOf(AtB().OpenDisclosure(pair_.b.focal_point(), id).status()),
            Reason::kWrongState);
}

TEST_F(ReferralActionsTest, OnlyConsentedCategoriesAreDisclosed) {
  OfficePair::Person person;
  person.case_number = pair_.a.RegisterCase();
  person.referral = pair_.a.GiveConsent(person.case_number, pair_.b.id(),
                                        Purpose::kTransnationalReferral);
  pair_.a.GiveConsent(person.case_number, pair_.b.id(),
                      Purpose::kIdentityDisclosure, {DataCategory::kNames});
  const ReferralId id = pair_.ProposeAndAccept(person);
  EXPECT_EQ(ReasonOf(TryDisclose(
                id, {DataCategory::kNames, DataCategory::kDatesOfBirth})),
            Reason::kConsentNotForCategory);
  EXPECT_EQ(ReasonOf(TryDisclose(id, {})), Reason::kFieldInvalid);
  EXPECT_EQ(ReasonOf(TryDisclose(id, {DataCategory::kNeeds})),
            Reason::kFieldInvalid);
  EXPECT_EQ(pair_.a.Rows(storage::TableId::kOutbox), 0u);
  EXPECT_THAT(TryDisclose(id, {DataCategory::kNames}), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  const auto file = AtB().OpenDisclosure(pair_.b.focal_point(), id);
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->identity.family_names, "Коваль");
  EXPECT_FALSE(file->identity.born.known());
  EXPECT_THAT(file->identity.documents, IsEmpty());
  EXPECT_THAT(file->identity.contacts, IsEmpty());
  EXPECT_THAT(file->handling_codes, Contains(HandlingCode::kNoOnward));
  EXPECT_EQ(ReasonOf(TryDisclose(id, {DataCategory::kNames})),
            Reason::kWrongState)
      << "a file is sent once";
}

// What a case names and notes beside its person stays in its office.
TEST_F(ReferralActionsTest, ThirdPersonsAndEntriesNeverTravel) {
  const OfficePair::Person person = pair_.NewPerson();
  const cases::CaseDesk& desk = pair_.a.node().cases().desk();
  cases::AddThirdPersonRequest third{
      pair_.a.NewRequest(), person.case_number, {}};
  third.person.kind = "ALLEGED_PERPETRATOR";
  third.person.relation = "EMPLOYER";
  third.person.roles = {"Exploiter"};
  third.person.identity.family_names = "Borghesiano";
  third.person.note = "Drives a Borghesiano van";
  ASSERT_THAT(cases::ThirdPersonActions(desk).Add(pair_.a.caseworker(), third),
              IsOk());
  ASSERT_THAT(cases::EntriesActions(desk).Add(
                  pair_.a.caseworker(),
                  {pair_.a.NewRequest(),
                   person.case_number,
                   {{}, "", cases::Note{"Borghesiano was seen."}}}),
              IsOk());
  const ReferralId id = pair_.ProposeAndAccept(person);
  ASSERT_THAT(
      TryDisclose(id, {DataCategory::kNames, DataCategory::kDatesOfBirth}),
      IsOk());
  ASSERT_TRUE(pair_.Quiet());
  const auto file = AtB().OpenDisclosure(pair_.b.focal_point(), id);
  ASSERT_THAT(file, IsOk());
  const std::string disclosed =
      EncodeDisclosure({id, file->identity}) +
      EncodeRequest(
          {id, Pseudonym(),
           Must(AtB().Show(pair_.b.focal_point(), id)).referral.request});
  EXPECT_THAT(disclosed, HasSubstr("Коваль"));
  EXPECT_THAT(disclosed, Not(HasSubstr("Borghesiano")));
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kThirdPersons), 0u);
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kCaseEntries), 0u);
}

TEST_F(ReferralActionsTest, AClosedCaseIsNotReferredNorConsentedFor) {
  const OfficePair::Person person = pair_.NewPerson();
  const cases::LifeActions life(pair_.a.node().cases().desk());
  ASSERT_THAT(life.ChangeStatus(pair_.a.caseworker(),
                                {pair_.a.NewRequest(), person.case_number,
                                 "Closed", "CONTACT_LOST"}),
              IsOk());
  EXPECT_EQ(StateOf(TryPropose(person)), "Closed");
  // What was consented to can be withdrawn all the same.
  EXPECT_THAT(pair_.a.Withdraw(person.referral), IsOk());
}

TEST_F(ReferralActionsTest, DisclosureNeedsItsOwnConsent) {
  OfficePair::Person person;
  person.case_number = pair_.a.RegisterCase();
  pair_.a.GiveConsent(person.case_number, pair_.b.id(),
                      Purpose::kTransnationalReferral);
  const ReferralId id = pair_.ProposeAndAccept(person);
  EXPECT_EQ(ReasonOf(TryDisclose(id, {DataCategory::kNames})),
            Reason::kConsentNotForPurpose);
}

TEST_F(ReferralActionsTest, AReferralIsAnsweredOnceAndOnlyWhereItWasAsked) {
  const ReferralId id = pair_.Propose(pair_.NewPerson());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_THAT(TryAccept(id), IsOk());
  EXPECT_EQ(ReasonOf(TryAccept(id)), Reason::kWrongState);
  EXPECT_EQ(ReasonOf(AtB()
                         .Decline(pair_.b.focal_point(), pair_.b.NewRequest(),
                                  id, "NO_CAPACITY")
                         .status()),
            Reason::kWrongState);
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(StateAtA(id), State::kAccepted);
  EXPECT_EQ(
      ReasonOf(AtA()
                   .Accept(pair_.a.focal_point(), pair_.a.NewRequest(), id)
                   .status()),
      Reason::kNotAllowed)
      << "the office that asked does not answer";
}

TEST_F(ReferralActionsTest, ADeclineTravelsWithItsReason) {
  const ReferralId id = pair_.Propose(pair_.NewPerson());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(ReasonOf(AtB()
                         .Decline(pair_.b.focal_point(), pair_.b.NewRequest(),
                                  id, "no room")
                         .status()),
            Reason::kCodeUnknown);
  EXPECT_THAT(AtB().Decline(pair_.b.focal_point(), pair_.b.NewRequest(), id,
                            "NO_CAPACITY"),
              IsOk());
  ASSERT_TRUE(pair_.Quiet());
  const ReferralView view = Must(AtA().Show(pair_.a.caseworker(), id));
  EXPECT_EQ(view.referral.state, State::kDeclined);
  EXPECT_EQ(view.referral.decline_reason, "NO_CAPACITY");
  EXPECT_EQ(ReasonOf(TryDisclose(id, {DataCategory::kNames})),
            Reason::kWrongState);
}

TEST_F(ReferralActionsTest, NotYoursLooksLikeNotThere) {
  const ReferralId id = pair_.Propose(pair_.NewPerson());
  const ReferralId nowhere = *ReferralId::FromBytes(std::string(16, 'n'));
  const absl::Status absent =
      AtA().Show(pair_.a.caseworker(), nowhere).status();
  EXPECT_EQ(ReasonOf(absent), Reason::kNotAllowed);
  EXPECT_EQ(AtA().Show(pair_.a.outsider(), id).status().ToString(),
            absent.ToString());
  EXPECT_THAT(AtA().Show(pair_.a.colleague(), id), IsOk());
  EXPECT_EQ(AtA()
                .Disclose(pair_.a.outsider(), pair_.a.NewRequest(), id,
                          {DataCategory::kNames})
                .status()
                .ToString(),
            absent.ToString());
  EXPECT_THAT(Must(AtA().List(pair_.a.outsider(), std::nullopt, 50, "")),
              Field(&ReferralPage::referrals, IsEmpty()));
  EXPECT_THAT(Must(AtA().List(pair_.a.caseworker(), std::nullopt, 50, "")),
              Field(&ReferralPage::referrals, SizeIs(1)));
}

TEST_F(ReferralActionsTest, EachVerbAsksForItsPermissionFirst) {
  const ReferralId id = pair_.Propose(pair_.NewPerson());
  const people::Caller& analyst = pair_.a.analyst();
  const DataCategory names[] = {DataCategory::kNames};
  const RequestId request = pair_.a.NewRequest();
  const absl::Status refusals[] = {
      AtA().Propose(analyst, {}).status(),
      AtA().List(analyst, std::nullopt, 50, "").status(),
      AtA().Show(analyst, id).status(),
      AtA().Accept(analyst, request, id).status(),
      AtA().Decline(analyst, request, id, "NO_CAPACITY").status(),
      AtA().Disclose(analyst, request, id, names).status(),
      AtA().OpenDisclosure(analyst, id).status(),
  };
  for (const absl::Status& refusal : refusals) {
    EXPECT_EQ(ReasonOf(refusal), Reason::kNotAllowed) << refusal.ToString();
  }
}

TEST_F(ReferralActionsTest, ARepeatedRequestIsTheSameReferral) {
  const OfficePair::Person person = pair_.NewPerson();
  ProposeRequest request = pair_.a.Proposal(person.case_number, pair_.b.id());
  const ReferralView first = Must(AtA().Propose(pair_.a.caseworker(), request));
  const ReferralView again = Must(AtA().Propose(pair_.a.caseworker(), request));
  EXPECT_EQ(first.referral.id, again.referral.id);
  // The first answer was not read from the store, the second was.
  EXPECT_EQ(ReferralCodec::Encode(first.referral),
            ReferralCodec::Encode(again.referral));
  EXPECT_EQ(first.peer_name, again.peer_name);
  ASSERT_EQ(first.evidence.size(), 1u);
  ASSERT_EQ(again.evidence.size(), 1u);
  EXPECT_EQ(first.evidence[0].kind, again.evidence[0].kind);
  EXPECT_EQ(first.evidence[0].letter, again.evidence[0].letter);
  EXPECT_EQ(absl::ToUnixMillis(first.evidence[0].issued_at),
            absl::ToUnixMillis(again.evidence[0].issued_at));
  EXPECT_EQ(pair_.a.Rows(storage::TableId::kOutbox), 1u);
  request.urgency = "NORMAL_14D";
  EXPECT_EQ(ReasonOf(AtA().Propose(pair_.a.caseworker(), request).status()),
            Reason::kRequestIdReused);
}

TEST_F(ReferralActionsTest, ARepeatedAnswerOrDisclosureChangesNothing) {
  const ReferralId id = pair_.Propose(pair_.NewPerson());
  ASSERT_TRUE(pair_.Quiet());
  const RequestId answer = pair_.b.NewRequest();
  EXPECT_THAT(AtB().Accept(pair_.b.focal_point(), answer, id), IsOk());
  EXPECT_THAT(AtB().Accept(pair_.b.focal_point(), answer, id), IsOk());
  EXPECT_EQ(
      ReasonOf(AtB()
                   .Decline(pair_.b.focal_point(), answer, id, "NO_CAPACITY")
                   .status()),
      Reason::kRequestIdReused);
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kOutbox), 2u)
      << "the answer and its receipt, once";
  ASSERT_TRUE(pair_.Quiet());
  const RequestId request = pair_.a.NewRequest();
  const DataCategory names[] = {DataCategory::kNames};
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(AtA().Disclose(pair_.a.caseworker(), request, id, names),
                IsOk());
  }
  EXPECT_EQ(pair_.a.Rows(storage::TableId::kOutbox), 1u);
}

TEST_F(ReferralActionsTest, RetrievedIsReceiptedOnceHoweverOftenItIsOpened) {
  const ReferralId id = pair_.ProposeAndAccept(pair_.NewPerson());
  EXPECT_THAT(TryDisclose(id, {DataCategory::kNames}), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(AtB().Show(pair_.b.focal_point(), id), IsOk());
    EXPECT_THAT(AtB().OpenDisclosure(pair_.b.focal_point(), id), IsOk());
  }
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kOutbox), 2u)
      << "RETRIEVED of the request and of the file";
  EXPECT_EQ(pair_.b.CountEvents(audit::EventKind::kLetterOpened), 4u)
      << "the first look at the preview, every look at the file";
  ASSERT_TRUE(pair_.Quiet());
  const ReferralView view = Must(AtA().Show(pair_.a.caseworker(), id));
  for (const LetterType type :
       {LetterType::kReferralRequest, LetterType::kDisclosure}) {
    EXPECT_THAT(Rungs(view, type),
                Contains(delivery::ReceiptKind::kRetrieved).Times(1));
  }
}

TEST_F(ReferralActionsTest, ListsAreNewestFirstAndPaged) {
  std::vector<ReferralId> ids;
  for (int i = 0; i < 3; ++i) {
    pair_.clock.Advance(absl::Seconds(1));
    ids.push_back(pair_.Propose(pair_.NewPerson()));
  }
  const auto first =
      Must(AtA().List(pair_.a.caseworker(), std::nullopt, 2, ""));
  ASSERT_THAT(first.referrals, SizeIs(2));
  EXPECT_EQ(first.referrals[0].referral.id, ids[2]);
  EXPECT_EQ(first.referrals[1].referral.id, ids[1]);
  const auto rest =
      Must(AtA().List(pair_.a.caseworker(), std::nullopt, 2, first.next));
  ASSERT_THAT(rest.referrals, SizeIs(1));
  EXPECT_EQ(rest.referrals[0].referral.id, ids[0]);
  EXPECT_THAT(rest.next, IsEmpty());
  EXPECT_THAT(
      Must(AtA().List(pair_.a.caseworker(), Direction::kIncoming, 50, ""))
          .referrals,
      IsEmpty());
  EXPECT_EQ(
      ReasonOf(
          AtA().List(pair_.a.caseworker(), std::nullopt, 50, "odd").status()),
      Reason::kFieldInvalid);
}

}  // namespace
}  // namespace amparo::referral
