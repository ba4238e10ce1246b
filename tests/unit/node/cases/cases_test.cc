// SPDX-License-Identifier: Apache-2.0
#include "node/cases/cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crypto/base/deterministic_random.h"
#include "node/base/errors.h"
#include "tests/support/status_matchers.h"

namespace amparo::cases {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const vocabulary::Lists& Words() { return vocabulary::Lists::BuiltIn(); }

Profile Make(std::vector<Profile::Pair> pairs) {
  absl::StatusOr<Profile> profile = Profile::Create(Words(), pairs);
  EXPECT_THAT(profile, IsOk());
  return profile.value_or(Profile());
}

Reason WhyNot(std::vector<Profile::Pair> pairs) {
  return ReasonOf(Profile::Create(Words(), pairs).status());
}

TEST(CaseNumberTest, WhatIsGeneratedParsesBackAndDiffers) {
  crypto::DeterministicRandom random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const CaseNumber number = CaseNumber::Generate(random);
    EXPECT_EQ(number.text().size(), 11u);
    EXPECT_THAT(CaseNumber::Parse(number.text()), IsOkAndHolds(number));
    seen.insert(number.text());
  }
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(CaseNumberTest, TakesWhatPeopleWrite) {
  crypto::DeterministicRandom random(2);
  CaseNumber number = CaseNumber::Generate(random);
  while (number.text().find('0') == std::string::npos ||
         number.text().find('1') == std::string::npos) {
    number = CaseNumber::Generate(random);
  }
  std::string written = number.text();
  for (char& c : written) {
    if (c == '0') c = 'o';
    if (c == '1') c = 'l';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  EXPECT_THAT(CaseNumber::Parse(written), IsOkAndHolds(number));
  std::string bare;
  for (const char c : number.text()) {
    if (c != '-') bare.push_back(c);
  }
  EXPECT_THAT(CaseNumber::Parse(bare), IsOkAndHolds(number));
}

TEST(CaseNumberTest, EverySingleWrongCharacterIsCaught) {
  crypto::DeterministicRandom random(3);
  const std::string text = CaseNumber::Generate(random).text();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '-') continue;
    for (const char c : std::string("0123456789ABCDEFGHJKMNPQRSTVWXYZ")) {
      if (c == text[i]) continue;
      std::string wrong = text;
      wrong[i] = c;
      EXPECT_THAT(CaseNumber::Parse(wrong), Not(IsOk())) << i << c;
    }
  }
}

TEST(CaseNumberTest, EverySwapOfNeighboursIsCaught) {
  crypto::DeterministicRandom random(4);
  for (int round = 0; round < 50; ++round) {
    std::string text;
    for (const char c : CaseNumber::Generate(random).text()) {
      if (c != '-') text.push_back(c);
    }
    for (size_t i = 0; i + 2 < text.size(); ++i) {
      std::string wrong = text;
      std::swap(wrong[i], wrong[i + 1]);
      if (wrong == text) continue;
      EXPECT_THAT(CaseNumber::Parse(wrong), Not(IsOk())) << i;
    }
  }
}

TEST(CaseNumberTest, OtherFormsAreRefusedWithoutBeingRepeated) {
  for (const char* text : {"", "1234", "ABCD-EFGH-JK", "MARIA-IVANOVA",
                           "AAAA-AAAA-*", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}) {
    const absl::Status status = CaseNumber::Parse(text).status();
    EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid) << text;
    EXPECT_EQ(FieldOf(status), "case_number");
    if (text[0] != '\0') {
      EXPECT_THAT(std::string(status.message()), Not(HasSubstr(text)));
    }
  }
}

TEST(ProfileTest, IsOrderedCheckedAndFound) {
  const Profile profile = Make({{"gender", "Woman"},
                                {"citizenship", "UA"},
                                {"isForcedLabour", "0"},
                                {"gender", "Female"}});
  EXPECT_EQ(profile.entries().size(), 3u);
  EXPECT_EQ(profile.Find("gender"), "Female");
  EXPECT_EQ(profile.Find("citizenship"), "UKR");
  EXPECT_EQ(profile.Find("isForcedLabour"), "0");
  EXPECT_EQ(profile.Find("isSexualExploit"), "");
  EXPECT_TRUE(profile.Has("gender", "Female"));
  EXPECT_FALSE(profile.Has("gender", "Male"));
}

TEST(ProfileTest, RefusesWhatTheVocabularyRefuses) {
  EXPECT_EQ(WhyNot({{"gender", "?"}}), Reason::kCodeUnknown);
  EXPECT_EQ(WhyNot({{"name", "x"}}), Reason::kColumnUnknown);
  EXPECT_EQ(WhyNot({{"isInternal", "1"}}), Reason::kFieldInvalid);
}

TEST(ProfileTest, RefusesTwoCodesOfASingleVariable) {
  EXPECT_EQ(WhyNot({{"gender", "Female"}, {"gender", "Male"}}),
            Reason::kFieldInvalid);
  EXPECT_EQ(WhyNot({{"isForcedLabour", "0"}, {"isForcedLabour", "-99"}}),
            Reason::kFieldInvalid);
  const Profile both = Make({{"typeOfExploitation", "ForcedLabour"},
                             {"typeOfExploitation", "ForcedBegging"}});
  EXPECT_EQ(both.entries().size(), 2u);
}

TEST(ProfileTest, RefusesAnAgeBandThatContradictsMajority) {
  EXPECT_EQ(WhyNot({{"ageBroad", "9--17"}, {"majorityStatus", "Adult"}}),
            Reason::kFieldInvalid);
  EXPECT_EQ(WhyNot({{"ageBroad", "30--38"}, {"majorityStatus", "Minor"}}),
            Reason::kFieldInvalid);
  Make({{"ageBroad", "30--38"}, {"majorityStatus", "-99"}});
  Make({{"ageBroad", "-99"}, {"majorityStatus", "Minor"}});
}

TEST(ProfileTest, RefusesTooManyValues) {
  const std::vector<Profile::Pair> many(257, {"gender", "Female"});
  EXPECT_EQ(WhyNot(many), Reason::kFieldInvalid);
}

TEST(ProfileTest, FormsOfExploitationComeFromFlagsAndWordsOnce) {
  EXPECT_THAT(FormsOfExploitation(Make({{"isForcedLabour", "1"},
                                        {"isSexualExploit", "0"},
                                        {"isForcedMarriage", "-99"},
                                        {"isOtherExploit", "1"},
                                        {"typeOfExploitation", "ForcedLabour"},
                                        {"typeOfExploitation", "Surrogacy"}})),
              ElementsAre("ForcedLabour", "Other", "Surrogacy"));
  EXPECT_THAT(FormsOfExploitation(Make({{"typeOfExploitation", "-99"}})),
              IsEmpty());
}

TEST(PartialDateTest, ParsesWhatItFormats) {
  for (const char* text : {"", "1999", "1999-02", "2000-02-29", "1900-12-31"}) {
    const auto date = ParsePartialDate(text, "born");
    ASSERT_THAT(date, IsOk()) << text;
    EXPECT_EQ(FormatPartialDate(*date), text);
  }
}

TEST(PartialDateTest, RefusesImpossibleDates) {
  for (const char* text :
       {"99", "1999-13", "1999-00", "1999-02-29", "1999-04-31", "1999-1-1",
        "31.12.1999", "1899", "2201", "1999-12-32", "1999-12-01-01", "abcd",
        "-1-0", "+999"}) {
    EXPECT_EQ(ReasonOf(ParsePartialDate(text, "born").status()),
              Reason::kFieldInvalid)
        << text;
  }
}

TEST(PartialDateTest, LatestIsTheLastPossibleDay) {
  EXPECT_EQ((PartialDate{2000, 0, 0}.Latest()), absl::CivilDay(2000, 12, 31));
  EXPECT_EQ((PartialDate{2000, 2, 0}.Latest()), absl::CivilDay(2000, 2, 29));
  EXPECT_EQ((PartialDate{2000, 12, 0}.Latest()), absl::CivilDay(2000, 12, 31));
  EXPECT_EQ((PartialDate{2000, 2, 3}.Latest()), absl::CivilDay(2000, 2, 3));
}

TEST(MinorTest, P7_UnknownAgeWithChildIndicatorsCountsAsMinor) {
  const absl::CivilDay today(2025, 6, 15);
  struct Row {
    const char* name;
    std::vector<Profile::Pair> profile;
    PartialDate born;
    bool minor;
  };
  const Row table[] = {
      {"nothing known, no indicator", {}, {}, false},
      {"indicator", {{"childIndicators", "1"}}, {}, true},
      {"no indicator", {{"childIndicators", "0"}}, {}, false},
      {"indicator unknown", {{"childIndicators", "-99"}}, {}, false},
      {"age unknown, indicator",
       {{"ageBroad", "-99"}, {"childIndicators", "1"}},
       {},
       true},
      {"child labour", {{"typeOfExploitation", "ChildLabour"}}, {}, true},
      {"was a minor when exploited",
       {{"majorityStatusAtExploit", "Minor"}},
       {},
       true},
      {"said minor", {{"majorityStatus", "Minor"}}, {}, true},
      {"band", {{"ageBroad", "9--17"}}, {}, true},
      {"band of adults", {{"ageBroad", "18--20"}}, {}, false},
      {"adult in spite of indicator",
       {{"majorityStatus", "Adult"}, {"childIndicators", "1"}},
       {},
       false},
      {"eighteen today", {}, {2007, 6, 15}, false},
      {"eighteen tomorrow", {}, {2007, 6, 16}, true},
      {"only the year, may be under", {}, {2007, 0, 0}, true},
      {"only the year, over", {}, {2006, 0, 0}, false},
      {"only the month, may be under", {}, {2007, 6, 0}, true},
      {"said adult, date says under",
       {{"majorityStatus", "Adult"}},
       {2010, 1, 1},
       true},
      {"said minor, date says over",
       {{"majorityStatus", "Minor"}},
       {1990, 1, 1},
       true},
  };
  for (const Row& row : table) {
    EXPECT_EQ(TreatedAsMinor(Make(row.profile), row.born, today), row.minor)
        << row.name;
  }
}

Identity Maria() {
  Identity identity;
  identity.given_names = "Марія";
  identity.family_names = "Іваненко";
  identity.given_names_romanised = "Mariia";
  identity.family_names_romanised = "Ivanenko";
  identity.born = {1999, 5, 0};
  identity.documents = {{"PASSPORT", "FA123456", "UA"}};
  identity.contacts = {{"TELEPHONE", "+380441234567", "messages only"}};
  return identity;
}

TEST(IdentityTest, ACompleteOneIsTakenAndItsCodesAreNormalised) {
  Identity identity = Maria();
  EXPECT_THAT(CheckIdentity(Words(), identity), IsOk());
  EXPECT_EQ(identity.documents[0].country, "UKR");
  EXPECT_FALSE(identity.empty());
  EXPECT_TRUE(Identity().empty());
}

TEST(IdentityTest, EachFieldIsCheckedAndNamed) {
  struct Row {
    const char* field;
    void (*spoil)(Identity&);
  };
  const Row table[] = {
      {"given_names", [](Identity& i) { i.given_names = "\xff"; }},
      {"family_names", [](Identity& i) { i.family_names = "a\nb"; }},
      {"given_names_romanised",
       [](Identity& i) { i.given_names_romanised.assign(257, 'a'); }},
      {"family_names_romanised",
       [](Identity& i) {
         i.family_names_romanised =
             "a\xe2\x80\xae"
             "b";
       }},
      {"documents.number", [](Identity& i) { i.documents[0].number = ""; }},
      {"contacts.value", [](Identity& i) { i.contacts[0].value = ""; }},
      {"contacts.safe_instruction",
       [](Identity& i) { i.contacts[0].safe_instruction = ""; }},
      {"documents", [](Identity& i) { i.documents.resize(17); }},
      {"contacts", [](Identity& i) { i.contacts.resize(17); }},
  };
  for (const Row& row : table) {
    Identity identity = Maria();
    row.spoil(identity);
    EXPECT_EQ(FieldOf(CheckIdentity(Words(), identity)), row.field);
  }
  Identity identity = Maria();
  identity.documents[0].type = "LIBRARY_CARD";
  EXPECT_EQ(ReasonOf(CheckIdentity(Words(), identity)), Reason::kCodeUnknown);
}

TEST(IdentityTest, LanguagesAreCodesAndPartsAreComparedAndCopied) {
  Identity identity = Maria();
  identity.primary_language = "uk";
  EXPECT_NE(FieldOf(CheckIdentity(Words(), identity)), "other_languages");
  identity.primary_language = "Klingonish";
  EXPECT_EQ(ReasonOf(CheckIdentity(Words(), identity)), Reason::kCodeUnknown);
  identity.primary_language = "";
  identity.other_languages.assign(17, "ukr");
  EXPECT_EQ(FieldOf(CheckIdentity(Words(), identity)), "other_languages");
  // Each part is a part of its own.
  for (const absl::string_view part : IdentityParts()) {
    Identity full = Maria();
    full.primary_language = "ukr";
    full.other_languages = {"rus"};
    full.photo = *EntryId::FromBytes(std::string(16, 'p'));
    Identity copy;
    EXPECT_FALSE(HasPart(part, copy)) << part;
    EXPECT_TRUE(CopyPart(part, full, copy)) << part;
    EXPECT_TRUE(HasPart(part, copy)) << part;
    EXPECT_TRUE(SamePart(part, full, copy)) << part;
    for (const absl::string_view other : IdentityParts()) {
      if (other != part) {
        EXPECT_FALSE(HasPart(other, copy)) << other;
      }
    }
  }
  EXPECT_FALSE(CopyPart("shoe_size", identity, identity));
}

}  // namespace
}  // namespace amparo::cases
