// SPDX-License-Identifier: Apache-2.0
#include "node/cases/entries_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "amparo/record/v1/case_life.pb.h"
#include "node/base/errors.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"

namespace amparo::cases {
namespace {

using ::testing::IsEmpty;
namespace pb = amparo::record::v1;

template <class IdType>
IdType MakeId(char fill) {
  return *IdType::FromBytes(std::string(16, fill));
}

Identity FullIdentity() {
  Identity identity;
  identity.given_names = "Марія";
  identity.family_names = "Іваненко";
  identity.given_names_romanised = "Mariia";
  identity.family_names_romanised = "Ivanenko";
  identity.born = {1999, 5, 0};
  identity.documents = {{"PASSPORT", "FA123456", "UKR"}};
  identity.contacts = {{"TELEPHONE", "+380441234567", "messages only"}};
  identity.primary_language = "ukr";
  identity.other_languages = {"rus"};
  identity.photo = MakeId<EntryId>('f');
  return identity;
}

Wording Full(EntryContent content) {
  return {{2025, 6, 1}, "the person", std::move(content)};
}

const EntryContent kContents[] = {
    RouteEvent{"Transit", "UKR", "UA-32", "Kyiv"},
    StatusDecision{"ActualVictimOfTrafficking", "Police",
                   "PossibleVictimOfTrafficking", "NGO"},
    RiskAssessment{"HIGH", "Threats.", true, {2025, 7, 0}},
    SupportItem{
        "Health", "See a doctor", "Go", {2025, 8, 0}, {2025, 6, 1}, "STOPPED"},
    ServiceGiven{"MEDICAL", "Clinic", {2025, 6, 2}},
    Note{"Called."},
    Attachment{"MEDICAL", "Report", "application/pdf", 10,
               std::string(32, 'd')}};

template <class Codec>
void ExpectWhole(const typename Codec::Record& record,
                 google::protobuf::Message&& message) {
  const std::string bytes = Codec::Encode(record);
  ASSERT_TRUE(message.ParseFromString(bytes));
  EXPECT_THAT(FieldsNotSet(message), IsEmpty());
  const auto decoded = Codec::Decode(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(Codec::Encode(*decoded), bytes);
}

TEST(EntryCodecTest, EveryFieldOfEveryContentIsMappedAndSurvives) {
  for (const EntryContent& content : kContents) {
    Entry entry;
    entry.recorded_at = absl::FromUnixMillis(1735689600123);
    entry.recorded_by = MakeId<PersonId>('p');
    entry.wording = Full(content);
    entry.corrections = {{absl::FromUnixMillis(5), MakeId<PersonId>('q'),
                          "typo", Full(content)}};
    entry.retracted =
        Retraction{absl::FromUnixMillis(6), MakeId<PersonId>('r'), "wrong"};
    ExpectWhole<EntryCodec>(entry, pb::CaseEntry());
    const auto decoded = EntryCodec::Decode(EntryCodec::Encode(entry));
    ASSERT_THAT(decoded, IsOk());
    EXPECT_EQ(decoded->version(), 2u);
    EXPECT_EQ(KindName(decoded->wording.content), KindName(content));
  }
}

TEST(CaseChangeCodecTest, EveryFieldOfTheRecordIsMappedAndSurvives) {
  CaseChange change;
  change.kind = ChangeKind::kAbsorbed;
  change.at = absl::FromUnixMillis(7);
  change.by = MakeId<PersonId>('p');
  change.source = "passport";
  change.reason = "DUPLICATE";
  change.profile = {{"gender", {"Male"}, {"Female"}}};
  change.identity_parts = {"born"};
  change.assignment = AssignmentChange{MakeId<PersonId>('a'),
                                       MakeId<PersonId>('b'), "north", "south"};
  change.status = StatusChange{CaseStatus::kActive, CaseStatus::kClosed};
  change.other_case = MakeId<CaseId>('o');
  change.entry = MakeId<EntryId>('e');
  ExpectWhole<CaseChangeCodec>(change, pb::CaseChange());
  ExpectWhole<IdentityChangeCodec>({FullIdentity(), FullIdentity()},
                                   pb::IdentityChange());
  const auto none = IdentityChangeCodec::Decode(
      IdentityChangeCodec::Encode({std::nullopt, FullIdentity()}));
  ASSERT_THAT(none, IsOk());
  EXPECT_FALSE(none->before.has_value());
  EXPECT_EQ(none->after, FullIdentity());
}

TEST(ThirdPersonCodecTest, EveryFieldOfTheRecordIsMappedAndSurvives) {
  ThirdPerson person;
  person.recorded_at = absl::FromUnixMillis(7);
  person.recorded_by = MakeId<PersonId>('p');
  person.kind = "ALLEGED_PERPETRATOR";
  person.relation = "EMPLOYER";
  person.roles = {"Exploiter"};
  person.identity = FullIdentity();
  person.note = "Seen.";
  person.corrections = {
      {absl::FromUnixMillis(8), MakeId<PersonId>('q'), "police", person}};
  EXPECT_EQ(person.version(), 2u);
  ExpectWhole<ThirdPersonCodec>(person, pb::ThirdPerson());
}

TEST(EntriesRecordsTest, KeysBeginWithTheCaseAndDecode) {
  const auto entry = EntryCodec::DecodeKey(
      EntryCodec::EncodeKey({MakeId<CaseId>('c'), MakeId<EntryId>('e')}));
  ASSERT_THAT(entry, IsOk());
  EXPECT_EQ(entry->case_id, MakeId<CaseId>('c'));
  EXPECT_EQ(entry->id, MakeId<EntryId>('e'));
  const ChangeKey second{MakeId<CaseId>('c'), 2};
  const ChangeKey later{MakeId<CaseId>('c'), 256};
  EXPECT_LT(CaseChangeCodec::EncodeKey(second),
            CaseChangeCodec::EncodeKey(later));
  const auto change =
      CaseChangeCodec::DecodeKey(CaseChangeCodec::EncodeKey(later));
  ASSERT_THAT(change, IsOk());
  EXPECT_EQ(change->version, 256u);
  const auto third = ThirdPersonCodec::DecodeKey(ThirdPersonCodec::EncodeKey(
      {MakeId<CaseId>('c'), MakeId<ThirdPersonId>('t')}));
  ASSERT_THAT(third, IsOk());
  EXPECT_EQ(third->id, MakeId<ThirdPersonId>('t'));
}

TEST(EntriesRecordsTest, WhatCannotBeReadIsDamagedAndNeverHalfRead) {
  Entry entry;
  entry.recorded_at = absl::UnixEpoch();
  entry.recorded_by = MakeId<PersonId>('p');
  entry.wording = Full(Note{"a"});
  pb::CaseEntry message;
  ASSERT_TRUE(message.ParseFromString(EntryCodec::Encode(entry)));
  pb::CaseEntry empty = message;
  empty.mutable_wording()->clear_note();
  pb::CaseEntry dated = message;
  dated.mutable_wording()->set_happened("2025-13");
  pb::CaseEntry early = message;
  early.set_recorded_at_ms(-1);
  pb::CaseChange kind;
  kind.set_by(std::string(16, 'p'));
  kind.set_kind(99);
  const std::pair<const char*, absl::Status> table[] = {
      {"no proto", EntryCodec::Decode("\xff").status()},
      {"nothing", EntryCodec::Decode("").status()},
      {"content", EntryCodec::Decode(empty.SerializeAsString()).status()},
      {"date", EntryCodec::Decode(dated.SerializeAsString()).status()},
      {"time", EntryCodec::Decode(early.SerializeAsString()).status()},
      {"kind", CaseChangeCodec::Decode(kind.SerializeAsString()).status()},
      {"identity", IdentityChangeCodec::Decode("\xff").status()},
      {"third", ThirdPersonCodec::Decode("").status()},
      {"entry key", EntryCodec::DecodeKey("short").status()},
      {"no entry", EntryCodec::DecodeKey(std::string(32, '\0')).status()},
      {"first version",
       CaseChangeCodec::DecodeKey(
           CaseChangeCodec::EncodeKey({MakeId<CaseId>('c'), 1}))
           .status()},
      {"change key", CaseChangeCodec::DecodeKey("short").status()},
  };
  for (const auto& [name, status] : table) {
    EXPECT_EQ(ReasonOf(status), Reason::kRecordDamaged) << name;
  }
}

}  // namespace
}  // namespace amparo::cases
