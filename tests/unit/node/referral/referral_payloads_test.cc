// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "amparo/peer/v1/letter.pb.h"
#include "amparo/peer/v1/referral.pb.h"
#include "node/base/errors.h"
#include "node/referral/referral_letters.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"

namespace amparo::referral {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace peer = amparo::peer::v1;

constexpr char kNoMessage[] = "\xff\xff\xff";

const vocabulary::Lists& Lists() { return vocabulary::Lists::BuiltIn(); }

template <class IdType>
IdType MakeId(char fill) {
  return *IdType::FromBytes(std::string(16, fill));
}

template <class Message>
Message ParseAs(const std::string& bytes) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  return message;
}

RequestPayload FullRequest() {
  RequestPayload payload{MakeId<ReferralId>('r'), MakeId<Pseudonym>('p'), {}};
  payload.request = {"SERVICE_REFERRAL",     "URGENT_72H", {"SAFE_SHELTER"},
                     {{"gender", "Female"}}, "MEDIUM",     true};
  return payload;
}

cases::Identity FullIdentity() {
  cases::Identity identity;
  identity.given_names = "Олена";
  identity.family_names = "Коваль";
  identity.given_names_romanised = "Olena";
  identity.family_names_romanised = "Koval";
  identity.born = {1990, 5, 17};
  identity.documents = {{"PASSPORT", "FA123456", "UKR"}};
  identity.contacts = {{"TELEPHONE", "+380441234567", "messages only"}};
  return identity;
}

RecallPayload FullRecall() {
  return {MakeId<ReferralId>('r'),
          {MakeId<MessageId>('1'), MakeId<MessageId>('2')},
          std::string(32, 'c'),
          absl::FromUnixMillis(1735689600123)};
}

TEST(RequestPayloadTest, EveryFieldIsMappedAndSurvives) {
  const std::string bytes = EncodeRequest(FullRequest());
  EXPECT_THAT(FieldsNotSet(ParseAs<peer::ReferralRequest>(bytes)), IsEmpty());
  const auto decoded = DecodeRequest(bytes, Lists());
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->id, FullRequest().id);
  EXPECT_EQ(decoded->pseudonym, FullRequest().pseudonym);
  EXPECT_EQ(decoded->request, FullRequest().request);
}

TEST(RequestPayloadTest, WhatIsNotARequestIsRefused) {
  struct Spoilt {
    const char* name;
    void (*spoil)(peer::ReferralRequest&);
    Reason reason;
  };
  const Spoilt cases[] = {
      {"no id", [](auto& m) { m.clear_referral_id(); },
       Reason::kLetterMalformed},
      {"an id of zeros",
       [](auto& m) { m.set_referral_id(std::string(16, '\0')); },
       Reason::kLetterMalformed},
      {"a long pseudonym",
       [](auto& m) { m.set_pseudonym(std::string(17, 'p')); },
       Reason::kLetterMalformed},
      {"an unknown code", [](auto& m) { m.set_urgency("SOON"); },
       Reason::kCodeUnknown},
      {"a variable that is not for previews",
       [](auto& m) { m.mutable_preview(0)->set_variable("citizenship"); },
       Reason::kFieldInvalid},
      {"no services", [](auto& m) { m.clear_services(); },
       Reason::kFieldInvalid},
  };
  for (const Spoilt& spoilt : cases) {
    auto message = ParseAs<peer::ReferralRequest>(EncodeRequest(FullRequest()));
    spoilt.spoil(message);
    EXPECT_EQ(
        ReasonOf(DecodeRequest(message.SerializeAsString(), Lists()).status()),
        spoilt.reason)
        << spoilt.name;
  }
  EXPECT_EQ(ReasonOf(DecodeRequest(kNoMessage, Lists()).status()),
            Reason::kLetterMalformed);
  EXPECT_EQ(ReasonOf(DecodeRequest("", Lists()).status()),
            Reason::kLetterMalformed);
}

TEST(AnswerPayloadTest, BothAnswersSurvive) {
  const AnswerPayload no{MakeId<ReferralId>('r'), false, "NO_CAPACITY"};
  EXPECT_THAT(FieldsNotSet(ParseAs<peer::ReferralAnswer>(EncodeAnswer(no))),
              IsEmpty());
  const auto declined = DecodeAnswer(EncodeAnswer(no), Lists());
  ASSERT_THAT(declined, IsOk());
  EXPECT_FALSE(declined->accepted);
  EXPECT_EQ(declined->decline_reason, "NO_CAPACITY");
  const auto accepted =
      DecodeAnswer(EncodeAnswer({MakeId<ReferralId>('r'), true, ""}), Lists());
  ASSERT_THAT(accepted, IsOk());
  EXPECT_TRUE(accepted->accepted);
  EXPECT_EQ(accepted->id, MakeId<ReferralId>('r'));
}

TEST(AnswerPayloadTest, WhatIsNotAnAnswerIsRefused) {
  const auto refusal = [](int decision, const std::string& reason) {
    peer::ReferralAnswer message;
    message.set_referral_id(std::string(16, 'r'));
    message.set_decision(static_cast<peer::ReferralDecision>(decision));
    message.set_decline_reason(reason);
    return ReasonOf(
        DecodeAnswer(message.SerializeAsString(), Lists()).status());
  };
  EXPECT_EQ(refusal(0, ""), Reason::kValueUnknown);
  EXPECT_EQ(refusal(3, ""), Reason::kValueUnknown);
  EXPECT_EQ(refusal(1, "NO_CAPACITY"), Reason::kLetterMalformed);
  EXPECT_EQ(refusal(2, ""), Reason::kCodeUnknown);
  EXPECT_EQ(refusal(2, "BECAUSE"), Reason::kCodeUnknown);
  EXPECT_EQ(ReasonOf(DecodeAnswer(kNoMessage, Lists()).status()),
            Reason::kLetterMalformed);
}

TEST(DisclosurePayloadTest, EveryFieldIsMappedAndSurvives) {
  const std::string bytes =
      EncodeDisclosure({MakeId<ReferralId>('r'), FullIdentity()});
  EXPECT_THAT(FieldsNotSet(ParseAs<peer::Disclosure>(bytes)), IsEmpty());
  const auto decoded = DecodeDisclosure(bytes, Lists());
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->identity, FullIdentity());
}

TEST(DisclosurePayloadTest, WhatIsNoIdentityIsRefused) {
  const auto refusal = [](void (*spoil)(peer::Disclosure&)) {
    auto message = ParseAs<peer::Disclosure>(
        EncodeDisclosure({MakeId<ReferralId>('r'), FullIdentity()}));
    spoil(message);
    return ReasonOf(
        DecodeDisclosure(message.SerializeAsString(), Lists()).status());
  };
  EXPECT_EQ(refusal([](auto& m) { m.clear_referral_id(); }),
            Reason::kLetterMalformed);
  EXPECT_EQ(refusal([](auto& m) { m.set_date_of_birth("1990-13"); }),
            Reason::kFieldInvalid);
  EXPECT_EQ(refusal([](auto& m) { m.mutable_documents(0)->set_type("CARD"); }),
            Reason::kCodeUnknown);
  EXPECT_EQ(
      refusal([](auto& m) { m.mutable_contacts(0)->clear_safe_instruction(); }),
      Reason::kFieldInvalid);
  EXPECT_EQ(ReasonOf(DecodeDisclosure(kNoMessage, Lists()).status()),
            Reason::kLetterMalformed);
}

TEST(RecallPayloadTest, EveryFieldIsMappedAndSurvives) {
  const std::string bytes = EncodeRecall(FullRecall());
  EXPECT_THAT(FieldsNotSet(ParseAs<peer::Recall>(bytes)), IsEmpty());
  const auto decoded = DecodeRecall(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->id, FullRecall().id);
  EXPECT_EQ(decoded->messages, FullRecall().messages);
  EXPECT_EQ(decoded->consent_commitment, FullRecall().consent_commitment);
  EXPECT_EQ(decoded->withdrawn_at, FullRecall().withdrawn_at);
}

TEST(RecallPayloadTest, WhatIsNoRecallIsRefused) {
  void (*const spoils[])(peer::Recall&) = {
      [](peer::Recall& m) { m.clear_message_ids(); },
      [](peer::Recall& m) { m.add_message_ids("short"); },
      [](peer::Recall& m) {
        for (int i = 0; i < 16; ++i) m.add_message_ids(std::string(16, 'm'));
      },
      [](peer::Recall& m) { m.clear_referral_id(); },
      [](peer::Recall& m) { m.set_consent_commitment("short"); },
      [](peer::Recall& m) { m.set_withdrawn_at_ms(-1); },
  };
  for (const auto spoil : spoils) {
    auto message = ParseAs<peer::Recall>(EncodeRecall(FullRecall()));
    spoil(message);
    EXPECT_EQ(ReasonOf(DecodeRecall(message.SerializeAsString()).status()),
              Reason::kLetterMalformed);
  }
  EXPECT_EQ(ReasonOf(DecodeRecall(kNoMessage).status()),
            Reason::kLetterMalformed);
}

TEST(NarrowedTest, OnlyTheCategoriesNamedAreLeft) {
  EXPECT_THAT(CategoriesOf(FullIdentity()),
              ElementsAre(DataCategory::kNames, DataCategory::kDatesOfBirth,
                          DataCategory::kDocuments, DataCategory::kContacts));
  for (const DataCategory category : CategoriesOf(FullIdentity())) {
    const cases::Identity narrowed = Narrowed(FullIdentity(), {&category, 1});
    EXPECT_THAT(CategoriesOf(narrowed), ElementsAre(category))
        << Name(category);
  }
  const DataCategory no_part[] = {DataCategory::kCodedProfile,
                                  DataCategory::kNeeds,
                                  DataCategory::kStatisticalCounts};
  EXPECT_TRUE(Narrowed(FullIdentity(), no_part).empty());
}

}  // namespace
}  // namespace amparo::referral
