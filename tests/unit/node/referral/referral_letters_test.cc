// SPDX-License-Identifier: Apache-2.0
//
// What the handlers refuse, however well a letter is sealed and signed.
#include "node/referral/referral_letters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/base/errors.h"
#include "node/consent/statement.h"
#include "node/delivery/waiting_letters.h"
#include "tests/support/office_pair.h"
#include "tests/support/status_matchers.h"

namespace amparo::referral {
namespace {

using delivery::ReceivedLetter;

template <class IdType>
IdType MakeId(char fill) {
  return *IdType::FromBytes(std::string(16, fill));
}

// Letters as delivery hands them over, to the node of office b.
class ReferralLettersTest : public testing::Test {
 protected:
  ReferralLettersTest()
      : letters_(pair_.b.store(), pair_.b.node().vault(), pair_.b.node().log(),
                 pair_.b.node().lists(), pair_.b.id()) {}

  absl::Status Receive(const ReceivedLetter& letter, bool commit = false) {
    storage::Batch batch;
    const absl::Status status = letters_.Receive(letter, batch);
    if (!status.ok() || !commit) return status;
    return pair_.b.store().Commit(batch).status();
  }

  consent::Statement StatementFor(Purpose purpose,
                                  std::set<DataCategory> categories) {
    consent::Statement statement;
    statement.pseudonym = MakeId<Pseudonym>('p');
    statement.purpose = purpose;
    statement.recipient = pair_.b.id();
    statement.categories = std::move(categories);
    statement.language = "uk";
    statement.text_version = "2024-1.uk";
    statement.valid_until = pair_.clock.Now() + absl::Hours(24);
    return statement;
  }

  ReceivedLetter Letter(LetterType type, std::string payload) {
    ReceivedLetter letter;
    letter.message = MakeId<MessageId>('m');
    letter.thread = MakeId<ThreadId>('r');
    letter.sender = pair_.a.id();
    letter.type = type;
    letter.purpose = Purpose::kTransnationalReferral;
    letter.agreement = pair_.agreement;
    letter.agreement_hash = std::string(32, 'h');
    letter.consent_commitment = std::string(32, 'c');
    letter.created_at = pair_.clock.Now();
    letter.expires_at = pair_.clock.Now() + absl::Hours(72);
    letter.deliver_by = absl::InfiniteFuture();
    letter.respond_by = absl::InfiniteFuture();
    letter.received_at = pair_.clock.Now();
    letter.payload = std::move(payload);
    letter.plain_digest = std::string(32, 'd');
    letter.copy_key =
        pair_.b.node().vault().TableKey(storage::TableId::kReferrals);
    return letter;
  }

  ReceivedLetter GoodRequest() {
    RequestPayload payload{MakeId<ReferralId>('r'), MakeId<Pseudonym>('p'), {}};
    payload.request.referral_type = "SERVICE_REFERRAL";
    payload.request.urgency = "URGENT_72H";
    payload.request.services = {"SAFE_SHELTER"};
    payload.request.risk_level = "MEDIUM";
    ReceivedLetter letter =
        Letter(LetterType::kReferralRequest, EncodeRequest(payload));
    letter.consent_statement =
        StatementFor(Purpose::kTransnationalReferral,
                     {DataCategory::kCodedProfile, DataCategory::kNeeds})
            .Encode();
    return letter;
  }

  ReceivedLetter GoodDisclosure() {
    DisclosurePayload payload;
    payload.id = MakeId<ReferralId>('r');
    payload.identity.given_names = "Olena";
    ReceivedLetter letter =
        Letter(LetterType::kDisclosure, EncodeDisclosure(payload));
    letter.message = MakeId<MessageId>('f');
    letter.purpose = Purpose::kIdentityDisclosure;
    letter.consent_statement =
        StatementFor(Purpose::kIdentityDisclosure, {DataCategory::kNames})
            .Encode();
    return letter;
  }

  void AcceptAtB() {
    ASSERT_THAT(pair_.b.node().referrals().Accept(pair_.b.focal_point(),
                                                  pair_.b.NewRequest(),
                                                  MakeId<ReferralId>('r')),
                IsOk());
  }

  OfficePair pair_;
  ReferralLetters letters_;
};

TEST_F(ReferralLettersTest, AGoodRequestIsTaken) {
  EXPECT_THAT(Receive(GoodRequest(), true), IsOk());
  const auto view = pair_.b.node().referrals().Show(pair_.b.focal_point(),
                                                    MakeId<ReferralId>('r'));
  ASSERT_THAT(view, IsOk());
  EXPECT_EQ(view->referral.respond_by, pair_.clock.Now() + absl::Hours(72))
      << "an urgency is a demand even without a date";
  EXPECT_EQ(ReasonOf(Receive(GoodRequest(), true)), Reason::kReferralIdReused)
      << "one referral, one request";
  EXPECT_FALSE(delivery::MayPass(Reason::kReferralIdReused))
      << "its sender must not offer it for ever";
}

TEST_F(ReferralLettersTest, ARequestUnderAStrangeConsentIsRefused) {
  const auto under = [this](const consent::Statement& statement) {
    ReceivedLetter letter = GoodRequest();
    letter.consent_statement = statement.Encode();
    return ReasonOf(Receive(letter));
  };
  const consent::Statement good =
      StatementFor(Purpose::kTransnationalReferral,
                   {DataCategory::kCodedProfile, DataCategory::kNeeds});
  consent::Statement bad = good;
  bad.pseudonym = MakeId<Pseudonym>('x');
  EXPECT_EQ(under(bad), Reason::kConsentOfAnotherReferral);
  bad = good;
  bad.purpose = Purpose::kCaseServices;
  EXPECT_EQ(under(bad), Reason::kConsentNotForPurpose);
  bad = good;
  bad.recipient = pair_.a.id();
  EXPECT_EQ(under(bad), Reason::kConsentNotForRecipient);
  bad = good;
  bad.valid_until = pair_.clock.Now();
  EXPECT_EQ(under(bad), Reason::kConsentExpired);
  bad = good;
  bad.categories = {DataCategory::kNeeds};
  EXPECT_EQ(under(bad), Reason::kConsentNotForCategory);
  EXPECT_EQ(under(good), Reason::kUnspecified);
}

TEST_F(ReferralLettersTest, APayloadInAStrangeThreadIsRefused) {
  for (ReceivedLetter letter :
       {GoodRequest(), GoodDisclosure(),
        Letter(LetterType::kReferralAnswer,
               EncodeAnswer({MakeId<ReferralId>('r'), true, ""}))}) {
    letter.thread = MakeId<ThreadId>('t');
    EXPECT_EQ(ReasonOf(Receive(letter)), Reason::kHeaderMismatch);
  }
}

TEST_F(ReferralLettersTest, LettersAboutNothingAreRefused) {
  EXPECT_EQ(ReasonOf(Receive(GoodDisclosure())), Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(Receive(
                Letter(LetterType::kReferralAnswer,
                       EncodeAnswer({MakeId<ReferralId>('r'), true, ""})))),
            Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(Receive(Letter(LetterType::kAgreementProposed, ""))),
            Reason::kTypeUnknown);
  for (const LetterType type :
       {LetterType::kReferralRequest, LetterType::kReferralAnswer,
        LetterType::kDisclosure, LetterType::kRecall}) {
    EXPECT_EQ(ReasonOf(Receive(Letter(type, "\xff\xff"))),
              Reason::kLetterMalformed);
  }
}

TEST_F(ReferralLettersTest, AFileBeforeAcceptanceOrFromAnotherOfficeIsRefused) {
  ASSERT_THAT(Receive(GoodRequest(), true), IsOk());
  EXPECT_EQ(ReasonOf(Receive(GoodDisclosure())), Reason::kWrongState);
  AcceptAtB();
  ReceivedLetter forged = GoodDisclosure();
  forged.sender = MakeId<OfficeId>('x');
  EXPECT_EQ(ReasonOf(Receive(forged)), Reason::kNotAllowed);
  EXPECT_THAT(Receive(GoodDisclosure(), true), IsOk());
  EXPECT_EQ(ReasonOf(Receive(GoodDisclosure())), Reason::kWrongState)
      << "a second file is refused";
}

TEST_F(ReferralLettersTest, AFileBeyondItsConsentIsRefused) {
  ASSERT_THAT(Receive(GoodRequest(), true), IsOk());
  AcceptAtB();
  ReceivedLetter letter = GoodDisclosure();
  DisclosurePayload payload;
  payload.id = MakeId<ReferralId>('r');
  payload.identity.given_names = "Olena";
  payload.identity.born = {1990, 0, 0};
  letter.payload = EncodeDisclosure(payload);
  EXPECT_EQ(ReasonOf(Receive(letter)), Reason::kConsentNotForCategory);
  payload.identity = cases::Identity();
  letter.payload = EncodeDisclosure(payload);
  EXPECT_EQ(ReasonOf(Receive(letter)), Reason::kLetterMalformed);
  letter = GoodDisclosure();
  letter.purpose = Purpose::kTransnationalReferral;
  EXPECT_EQ(ReasonOf(Receive(letter)), Reason::kConsentNotForPurpose);
}

TEST_F(ReferralLettersTest, AnAnswerFromAnOfficeThatWasNotAskedIsRefused) {
  ASSERT_THAT(Receive(GoodRequest(), true), IsOk());
  // b holds it as one it was asked; only its own question can be answered.
  EXPECT_EQ(ReasonOf(Receive(
                Letter(LetterType::kReferralAnswer,
                       EncodeAnswer({MakeId<ReferralId>('r'), true, ""})))),
            Reason::kNotAllowed);
}

TEST_F(ReferralLettersTest, ARecallLocksOnlyWhatItsSenderWrote) {
  ASSERT_THAT(Receive(GoodRequest(), true), IsOk());
  const RecallPayload payload{MakeId<ReferralId>('r'),
                              {MakeId<MessageId>('m')},
                              std::string(32, 'c'),
                              pair_.clock.Now()};
  ReceivedLetter recall = Letter(LetterType::kRecall, EncodeRecall(payload));
  recall.message = MakeId<MessageId>('k');
  const auto state = [this] {
    return Must(pair_.b.node().referrals().Show(pair_.b.focal_point(),
                                                MakeId<ReferralId>('r')))
        .referral.state;
  };
  ReceivedLetter forged = recall;
  forged.sender = MakeId<OfficeId>('x');
  EXPECT_THAT(Receive(forged, true), IsOk());
  EXPECT_EQ(state(), State::kReceived);
  EXPECT_THAT(Receive(recall, true), IsOk());
  EXPECT_EQ(state(), State::kRevoked);
  EXPECT_THAT(Receive(recall, true), IsOk()) << "again: nothing to do";
  EXPECT_EQ(ReasonOf(Receive(GoodDisclosure())), Reason::kConsentWithdrawn);
}

TEST_F(ReferralLettersTest, ARequestAfterItsRecallIsRefused) {
  const RecallPayload payload{MakeId<ReferralId>('r'),
                              {MakeId<MessageId>('m')},
                              std::string(32, 'c'),
                              pair_.clock.Now()};
  ReceivedLetter recall = Letter(LetterType::kRecall, EncodeRecall(payload));
  recall.message = MakeId<MessageId>('k');
  ASSERT_THAT(Receive(recall, true), IsOk());
  EXPECT_EQ(ReasonOf(Receive(GoodRequest())), Reason::kConsentWithdrawn);
}

}  // namespace
}  // namespace amparo::referral
