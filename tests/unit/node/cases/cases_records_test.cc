// SPDX-License-Identifier: Apache-2.0
#include "node/cases/cases_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "amparo/record/v1/cases.pb.h"
#include "node/base/errors.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"

namespace amparo::cases {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

namespace pb = amparo::record::v1;

template <class IdType>
IdType MakeId(char fill) {
  return *IdType::FromBytes(std::string(16, fill));
}

Case FullCase() {
  return Case{.id = MakeId<CaseId>('c'),
              .number = *CaseNumber::Parse("0123-4567-B"),
              .subject = MakeId<SubjectId>('s'),
              .owner = MakeId<PersonId>('p'),
              .team = "north",
              .registered_at = absl::FromUnixMillis(1735689600123),
              .year = 2016,
              .source = "ctdc",
              .has_identity = true,
              .treated_as_minor = true,
              .status = CaseStatus::kClosedReferred,
              .closed_at = absl::FromUnixMillis(1735689600456),
              .closing_reason = "REFERRED",
              .version = 7,
              .merged_into = MakeId<CaseId>('m'),
              .absorbed = {MakeId<CaseId>('x'), MakeId<CaseId>('y')},
              .risk_to_life = true,
              .anonymised = true};
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
  identity.other_languages = {"rus", "pol"};
  identity.photo = MakeId<EntryId>('f');
  return identity;
}

StoredProfile FullProfile() {
  return {MakeId<CaseId>('c'),
          *Profile::Create(vocabulary::Lists::BuiltIn(),
                           {{"gender", "Female"}, {"citizenship", "UKR"}}),
          vocabulary::Lists::BuiltIn().edition(), true};
}

template <class Message>
Message ParseAs(const std::string& bytes) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  return message;
}

TEST(CaseCodecTest, EveryFieldOfTheRecordIsMappedAndSurvives) {
  const std::string bytes = CaseCodec::Encode(FullCase());
  EXPECT_THAT(FieldsNotSet(ParseAs<pb::Case>(bytes)), IsEmpty());
  const auto decoded = CaseCodec::Decode(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(CaseCodec::Encode(*decoded), bytes);
  EXPECT_EQ(decoded->number, FullCase().number);
  EXPECT_EQ(decoded->registered_at, FullCase().registered_at);
  EXPECT_THAT(CaseCodec::DecodeKey(CaseCodec::EncodeKey(decoded->id)),
              IsOkAndHolds(decoded->id));
}

TEST(ProfileCodecTest, EveryFieldOfTheRecordIsMappedAndSurvives) {
  StoredProfile later = FullProfile();
  later.edition = vocabulary::Lists::BuiltIn().edition() + 1;
  const std::string newer = ProfileCodec::Encode(later);
  // Only read.
  EXPECT_THAT(FieldsNotSet(ParseAs<pb::CaseProfile>(newer)),
              ElementsAre("amparo.record.v1.CaseProfile.entries"));
  // Of a vocabulary that only a later program knows.
  EXPECT_EQ(ReasonOf(ProfileCodec::Decode(newer).status()),
            Reason::kRecordDamaged);
  const auto decoded =
      ProfileCodec::Decode(ProfileCodec::Encode(FullProfile()));
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->profile, FullProfile().profile);
  EXPECT_EQ(decoded->case_id, FullProfile().case_id);
  EXPECT_EQ(decoded->edition, FullProfile().edition);
  EXPECT_TRUE(decoded->merged);
}

TEST(IdentityCodecTest, EveryFieldOfTheRecordIsMappedAndSurvives) {
  const std::string bytes = IdentityCodec::Encode(FullIdentity());
  EXPECT_THAT(FieldsNotSet(ParseAs<pb::CaseIdentity>(bytes)), IsEmpty());
  EXPECT_THAT(IdentityCodec::Decode(bytes), IsOkAndHolds(FullIdentity()));
}

TEST(CaseIndexTest, LeadsFromSixteenBytesToAnId) {
  const CaseId id = MakeId<CaseId>('c');
  EXPECT_THAT(ReadCaseIndex(std::string(16, 'k'), id.bytes()),
              IsOkAndHolds(id));
}

TEST(ProfileCodecTest, NoTwoVariablesHaveTheSameMark) {
  std::map<std::string, std::string> by_mark;
  for (const vocabulary::Variable* variable :
       vocabulary::Lists::BuiltIn().Variables()) {
    std::vector<std::string> names = variable->aliases;
    names.push_back(variable->name);
    for (const std::string& name : names) {
      const auto [other, fresh] =
          by_mark.try_emplace(VariableMark(name), variable->name);
      EXPECT_TRUE(fresh || other->second == variable->name)
          << name << " and " << other->second;
    }
  }
}

TEST(ProfileCodecTest, AProfileOfBeforeTheMarksIsStillRead) {
  const StoredProfile full = FullProfile();
  pb::CaseProfile old;
  old.set_case_id(full.case_id.bytes());
  for (const vocabulary::Coded& coded : full.profile.entries()) {
    pb::ProfileEntry& entry = *old.add_entries();
    entry.set_variable(std::string(coded.variable));
    entry.set_code(std::string(coded.code));
  }
  const auto decoded = ProfileCodec::Decode(old.SerializeAsString());
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->profile, full.profile);
}

TEST(CasesRecordsTest, WhatCannotBeReadIsDamagedAndNeverHalfRead) {
  pb::CaseProfile unknown_code =
      ParseAs<pb::CaseProfile>(ProfileCodec::Encode(FullProfile()));
  unknown_code.mutable_codes(0)->set_code("Atlantis");
  pb::CaseProfile unknown_variable =
      ParseAs<pb::CaseProfile>(ProfileCodec::Encode(FullProfile()));
  unknown_variable.mutable_codes(0)->set_variables("???");
  pb::CaseProfile torn_variable =
      ParseAs<pb::CaseProfile>(ProfileCodec::Encode(FullProfile()));
  torn_variable.mutable_codes(0)->mutable_variables()->pop_back();
  pb::Case bad_number = ParseAs<pb::Case>(CaseCodec::Encode(FullCase()));
  bad_number.set_number("0123-4567-C");
  pb::Case bad_subject = ParseAs<pb::Case>(CaseCodec::Encode(FullCase()));
  bad_subject.set_subject("short");
  pb::Case bad_time = ParseAs<pb::Case>(CaseCodec::Encode(FullCase()));
  bad_time.set_registered_at_ms(-1);
  pb::CaseIdentity bad_date =
      ParseAs<pb::CaseIdentity>(IdentityCodec::Encode(FullIdentity()));
  bad_date.set_born("1999-13");
  pb::Case bad_status = ParseAs<pb::Case>(CaseCodec::Encode(FullCase()));
  bad_status.set_status(9);
  pb::Case closed_without_reason =
      ParseAs<pb::Case>(CaseCodec::Encode(FullCase()));
  closed_without_reason.clear_closing_reason();
  pb::Case open_with_a_closing_time =
      ParseAs<pb::Case>(CaseCodec::Encode(FullCase()));
  open_with_a_closing_time.clear_status();
  const std::pair<const char*, absl::Status> table[] = {
      {"status", CaseCodec::Decode(bad_status.SerializeAsString()).status()},
      {"closing reason",
       CaseCodec::Decode(closed_without_reason.SerializeAsString()).status()},
      {"closing time",
       CaseCodec::Decode(open_with_a_closing_time.SerializeAsString())
           .status()},
      {"no proto", CaseCodec::Decode("\xff").status()},
      {"empty case", CaseCodec::Decode("").status()},
      {"number", CaseCodec::Decode(bad_number.SerializeAsString()).status()},
      {"subject", CaseCodec::Decode(bad_subject.SerializeAsString()).status()},
      {"time", CaseCodec::Decode(bad_time.SerializeAsString()).status()},
      {"code", ProfileCodec::Decode(unknown_code.SerializeAsString()).status()},
      {"variable",
       ProfileCodec::Decode(unknown_variable.SerializeAsString()).status()},
      {"torn variable",
       ProfileCodec::Decode(torn_variable.SerializeAsString()).status()},
      {"no case of a profile", ProfileCodec::Decode("").status()},
      {"date", IdentityCodec::Decode(bad_date.SerializeAsString()).status()},
      {"case of an index", ReadCaseIndex(std::string(16, 'k'), "").status()},
      {"case key", CaseCodec::DecodeKey("short").status()},
      {"number key", ReadCaseIndex("short", std::string(16, 'c')).status()},
  };
  for (const auto& [name, status] : table) {
    EXPECT_EQ(ReasonOf(status), Reason::kRecordDamaged) << name;
  }
}

}  // namespace
}  // namespace amparo::cases
