// SPDX-License-Identifier: Apache-2.0
#include "node/referral/referral_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "amparo/record/v1/referral.pb.h"
#include "node/base/errors.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"

namespace amparo::referral {
namespace {

using ::testing::IsEmpty;

namespace pb = amparo::record::v1;

template <class IdType>
IdType MakeId(char fill) {
  return *IdType::FromBytes(std::string(16, fill));
}

LetterMark FullMark(char fill) {
  return {MakeId<MessageId>(fill), std::string(32, 'd'),
          MakeId<AgreementId>('g'), std::string(32, 'h'), std::string(32, 'c')};
}

Referral FullReferral() {
  Referral referral;
  referral.direction = Direction::kIncoming;
  referral.state = State::kUndelivered;
  referral.peer = MakeId<OfficeId>('o');
  referral.case_id = MakeId<CaseId>('k');
  referral.subject = MakeId<SubjectId>('s');
  referral.case_number = "0123-4567-B";
  referral.pseudonym = MakeId<Pseudonym>('p');
  referral.request = {"SERVICE_REFERRAL",     "URGENT_72H", {"SAFE_SHELTER"},
                      {{"gender", "Female"}}, "MEDIUM",     true};
  referral.created_at = absl::FromUnixMillis(1735689600123);
  referral.respond_by = absl::FromUnixMillis(1735689600456);
  referral.decline_reason = "NO_CAPACITY";
  referral.request_letter = FullMark('1');
  referral.disclosure_letter = FullMark('2');
  referral.consent = MakeId<ConsentId>('c');
  referral.consent_salt = std::string(32, 'x');
  referral.disclosure_consent = MakeId<ConsentId>('e');
  referral.disclosure_salt = std::string(32, 'y');
  referral.person = MakeId<PersonId>('w');
  referral.opened_at = absl::FromUnixMillis(1735689600789);
  referral.disclosure_opened_at = absl::FromUnixMillis(1735689600999);
  referral.disclosure_recalled = true;
  referral.peer_incarnation = 2;
  referral.former_answer = State::kAccepted;
  referral.answer_not_taken = Reason::kNotAllowed;
  return referral;
}

ReceivedFile FullFile() {
  ReceivedFile file;
  file.identity.given_names = "Олена";
  file.identity.family_names = "Коваль";
  file.identity.given_names_romanised = "Olena";
  file.identity.family_names_romanised = "Koval";
  file.identity.born = {1990, 5, 17};
  file.identity.documents = {{"PASSPORT", "FA123456", "UKR"}};
  file.identity.contacts = {{"TELEPHONE", "+380441234567", "messages only"}};
  file.handling_codes = {HandlingCode::kNoOnward,
                         HandlingCode::kNotForProceedings};
  return file;
}

template <class Message>
Message ParseAs(const std::string& bytes) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  return message;
}

TEST(ReferralCodecTest, EveryFieldOfTheRecordIsMappedAndSurvives) {
  const std::string bytes = ReferralCodec::Encode(FullReferral());
  EXPECT_THAT(FieldsNotSet(ParseAs<pb::ReferralRecord>(bytes)), IsEmpty());
  const auto decoded = ReferralCodec::Decode(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(ReferralCodec::Encode(*decoded), bytes);
  EXPECT_EQ(decoded->request, FullReferral().request);
  EXPECT_EQ(decoded->request_letter, FullReferral().request_letter);
  EXPECT_EQ(decoded->disclosure_letter, FullReferral().disclosure_letter);
  EXPECT_EQ(decoded->subject, FullReferral().subject);
  EXPECT_EQ(decoded->respond_by, FullReferral().respond_by);
  EXPECT_EQ(decoded->opened_at, FullReferral().opened_at);
  EXPECT_EQ(decoded->peer_incarnation, 2u);
  EXPECT_EQ(decoded->former_answer, State::kAccepted);
  EXPECT_EQ(decoded->answer_not_taken, Reason::kNotAllowed);
  EXPECT_TRUE(decoded->id.empty()) << "the id is the key";
}

TEST(ReferralCodecTest, WhatIsNotThereStaysNotThere) {
  Referral bare;
  bare.direction = Direction::kIncoming;
  bare.state = State::kReceived;
  bare.peer = MakeId<OfficeId>('o');
  bare.pseudonym = MakeId<Pseudonym>('p');
  bare.created_at = absl::FromUnixMillis(1);
  bare.respond_by = absl::FromUnixMillis(2);
  bare.request_letter = FullMark('1');
  const auto decoded = ReferralCodec::Decode(ReferralCodec::Encode(bare));
  ASSERT_THAT(decoded, IsOk());
  EXPECT_TRUE(decoded->subject.empty());
  EXPECT_TRUE(decoded->disclosure_letter.message.empty());
  EXPECT_FALSE(decoded->opened_at.has_value());
  EXPECT_FALSE(decoded->disclosed());
}

TEST(ReferralCodecTest, DamagedRowsAreRefused) {
  const auto spoilt = [](void (*spoil)(pb::ReferralRecord&)) {
    auto record =
        ParseAs<pb::ReferralRecord>(ReferralCodec::Encode(FullReferral()));
    spoil(record);
    return ReferralCodec::Decode(record.SerializeAsString()).status();
  };
  EXPECT_THAT(spoilt([](pb::ReferralRecord&) {}), IsOk());
  void (*const spoils[])(pb::ReferralRecord&) = {
      [](pb::ReferralRecord& r) { r.set_state(0); },
      [](pb::ReferralRecord& r) { r.set_state(7); },
      [](pb::ReferralRecord& r) { r.set_direction(3); },
      [](pb::ReferralRecord& r) { r.add_preview_codes("one too many"); },
      [](pb::ReferralRecord& r) { r.set_peer("short"); },
      [](pb::ReferralRecord& r) { r.set_consent_id("short"); },
      [](pb::ReferralRecord& r) {
        r.mutable_request_letter()->set_message_id("short");
      },
  };
  for (const auto spoil : spoils) EXPECT_FALSE(spoilt(spoil).ok());
  EXPECT_FALSE(ReferralCodec::Decode("\xff\xff\xff").ok());
}

TEST(DisclosureCodecTest, EveryFieldOfTheRecordIsMappedAndSurvives) {
  const std::string bytes = DisclosureCodec::Encode(FullFile());
  EXPECT_THAT(FieldsNotSet(ParseAs<pb::DisclosureRecord>(bytes)), IsEmpty());
  const auto decoded = DisclosureCodec::Decode(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->identity, FullFile().identity);
  EXPECT_EQ(decoded->handling_codes, FullFile().handling_codes);
}

TEST(DisclosureCodecTest, DamagedRowsAreRefused) {
  auto record =
      ParseAs<pb::DisclosureRecord>(DisclosureCodec::Encode(FullFile()));
  record.add_handling_codes(99);
  EXPECT_FALSE(DisclosureCodec::Decode(record.SerializeAsString()).ok());
  EXPECT_FALSE(DisclosureCodec::Decode("\xff\xff\xff").ok());
}

}  // namespace
}  // namespace amparo::referral
