// SPDX-License-Identifier: Apache-2.0
//
// Persons who are only counted: what is kept of them, and that nothing else
// is, anywhere in the store.
#include "node/cases/counting_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "amparo/record/v1/counting.pb.h"
#include "node/base/errors.h"
#include "node/vocabulary/counting.h"
#include "node/vocabulary/fields.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/life_office.h"

namespace amparo::cases {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Pairs = std::vector<Profile::Pair>;
using Rows = std::map<std::pair<int, std::string>, std::string>;

constexpr storage::TableId kTable = storage::TableId::kCountingRecords;

class CountingActionsTest : public LifeTest {
 protected:
  absl::StatusOr<Quarter> Count(const Pairs& said) {
    return counting_.Count(anna_, Next(), said);
  }
  Rows All(bool without_counts = false) const {
    Rows rows;
    for (const storage::TableId table : storage::AllTables()) {
      if (without_counts && table == kTable) continue;
      EXPECT_THAT(office_.store->Scan(
                      table, {}, {},
                      [&](absl::string_view key,
                          absl::string_view value) -> absl::StatusOr<bool> {
                        rows[{static_cast<int>(table), std::string(key)}] =
                            std::string(value);
                        return true;
                      }),
                  IsOk());
    }
    return rows;
  }

  const CountingActions counting_{cases_.desk()};
};
// A second office that draws the same random numbers.
class Twin : public CountingActionsTest {
 public:
  using CountingActionsTest::All;
  using CountingActionsTest::anna_;
  using CountingActionsTest::cases_;
  using CountingActionsTest::Count;
  using CountingActionsTest::Next;
  void TestBody() override {}
};

TEST_F(CountingActionsTest, APersonIsCountedInThePresentQuarter) {
  const auto quarter = Count({{"gender", "Female"}});
  ASSERT_THAT(quarter, IsOk());
  EXPECT_EQ(*quarter, QuarterOf(cases_.desk().Today()));
  const auto counts = counting_.Show(boris_);
  ASSERT_THAT(counts, IsOk());
  EXPECT_THAT(counts->tally.quarters(),
              ElementsAre(std::pair(*quarter, int64_t{1})));
  EXPECT_EQ(Leaves(audit::EventKind::kPersonCounted), 1);
  EXPECT_EQ(office_.Rows(storage::TableId::kCases), 0);
  EXPECT_EQ(office_.Rows(storage::TableId::kProfiles), 0);
  EXPECT_THAT(Findings(), IsEmpty());
}

// Every variable of the vocabulary and every field of the standards that is
// not on the list is tried.
TEST_F(CountingActionsTest, AFieldBeyondTheListIsRefused) {
  std::vector<std::string> names = {"given_names", "number", "note", "born",
                                    "quarter",     "year",   ""};
  for (const auto* variable : vocabulary::Lists::BuiltIn().Variables()) {
    names.push_back(variable->name);
  }
  for (const auto& field : vocabulary::Fields::BuiltIn().all()) {
    names.push_back(field.name);
  }
  int refused = 0;
  for (const std::string& name : names) {
    if (vocabulary::IsCounting(name)) continue;
    ++refused;
    EXPECT_EQ(ReasonOf(Count({{"gender", "Female"}, {name, "1"}}).status()),
              Reason::kColumnUnknown)
        << name;
  }
  EXPECT_GT(refused, 200);
  EXPECT_EQ(ReasonOf(Count({{"gender", "Anna"}}).status()),
            Reason::kCodeUnknown);
  EXPECT_EQ(FieldOf(Count({{"gender", "Female"}, {"gender", "Male"}}).status()),
            "gender");
  EXPECT_EQ(office_.Rows(kTable), 0);
  EXPECT_EQ(Leaves(audit::EventKind::kPersonCounted), 0);
}

// Two offices draw the same random numbers and count different persons: what
// differs between their stores is what depends on the person.
TEST_F(CountingActionsTest, NothingButTheRowItselfKnowsWhatWasSaid) {
  Twin twin;
  ASSERT_EQ(All(), twin.All());
  ASSERT_THAT(Count({{"gender", "Female"}, {"identifiedBy", "Police"}}),
              IsOk());
  ASSERT_THAT(twin.Count({{"gender", "Male"},
                          {"typeOfExploitation", "ForcedLabour"},
                          {"typeOfExploitation", "ForcedBegging"}}),
              IsOk());
  EXPECT_NE(All(), twin.All());
  EXPECT_EQ(All(true), twin.All(true));
  // Nor does the length of the row.
  const Rows mine = All();
  const Rows theirs = twin.All();
  for (const auto& [key, value] : mine) {
    EXPECT_EQ(value.size(), theirs.at(key).size());
  }
}

// That the comparison above can fail: the request of a case knows its profile.
TEST_F(CountingActionsTest, CanaryACaseIsKnownByOtherRows) {
  Twin twin;
  ASSERT_THAT(cases_.Register(anna_, {Next(), {{"gender", "Female"}}, {}}),
              IsOk());
  ASSERT_THAT(
      twin.cases_.Register(twin.anna_, {twin.Next(), {{"gender", "Male"}}, {}}),
      IsOk());
  EXPECT_NE(All(true), twin.All(true));
}

TEST_F(CountingActionsTest, NoRowLinksTheRecordToAPersonOrATime) {
  ASSERT_THAT(Count({{"gender", "Female"}}), IsOk());
  const Rows rows = All();
  std::string key;
  std::string plain;
  for (const auto& [place, value] : rows) {
    if (place.first != static_cast<int>(kTable)) continue;
    key = place.second;
    plain =
        *office_.vault->Open(kTable, key, CountingCodec::kSchemaVersion, value);
  }
  ASSERT_THAT(key, SizeIs(16));
  // The key stands in no other row that can be read, opened or not.
  for (const auto& [place, value] : rows) {
    if (place.second == key) continue;
    EXPECT_EQ(place.second.find(key), std::string::npos);
    EXPECT_EQ(value.find(key), std::string::npos);
    const auto opened = office_.vault->Open(
        static_cast<storage::TableId>(place.first), place.second, 1, value);
    if (!opened.ok()) continue;
    EXPECT_EQ(opened->find(key), std::string::npos);
  }
  const auto page = office_.log->ReadEvents(0, 500);
  ASSERT_THAT(page, IsOk());
  for (const audit::LoggedEvent& event : page->events) {
    if (event.kind == audit::EventKind::kPersonCounted) {
      ASSERT_TRUE(event.event.has_value());
      EXPECT_THAT(event.event->about, IsEmpty());
    }
  }
  // Whoever wrote it and whenever in the quarter, it is the same record.
  office_.clock.Advance(absl::Hours(7));
  ASSERT_THAT(counting_.Count(boris_, Next(), {{"gender", "Female"}}), IsOk());
  for (const auto& [place, value] : All()) {
    if (place.first != static_cast<int>(kTable)) continue;
    EXPECT_EQ(*office_.vault->Open(kTable, place.second,
                                   CountingCodec::kSchemaVersion, value),
              plain);
  }
}

TEST_F(CountingActionsTest, TheSameRequestCountsOnceWhateverItSays) {
  const RequestId id = Next();
  const auto first = counting_.Count(anna_, id, {{"gender", "Female"}});
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(counting_.Count(anna_, id, {{"gender", "Male"}}),
              IsOkAndHolds(*first));
  EXPECT_EQ(office_.Rows(kTable), 1);
}

TEST_F(CountingActionsTest, CountingNeedsThePermissionOfCases) {
  const people::Caller analyst = Person('d', people::Role::kAnalyst, "north");
  for (const people::Caller& caller : {administrator_, analyst}) {
    EXPECT_EQ(ReasonOf(counting_.Count(caller, Next(), {}).status()),
              Reason::kNotAllowed);
    EXPECT_EQ(ReasonOf(counting_.Show(caller).status()), Reason::kNotAllowed);
  }
  EXPECT_EQ(office_.Rows(kTable), 0);
}

TEST_F(CountingActionsTest, CountedPersonsAreInNoStatisticsOfCases) {
  ASSERT_THAT(Count({{"gender", "Female"}}), IsOk());
  int profiles = 0;
  ASSERT_THAT(
      office_.registry->ScanProfiles(
          *office_.store,
          [&](const SubjectId&, const Profile&) -> absl::StatusOr<bool> {
            ++profiles;
            return true;
          }),
      IsOk());
  EXPECT_EQ(profiles, 0);
  EXPECT_EQ(cases_.List(supervisor_, {})->total, 0);
}

Tally TallyOf(const std::vector<std::pair<std::string, int>>& persons,
              const std::string& variable = "gender") {
  Tally tally;
  for (const auto& [code, number] : persons) {
    for (int i = 0; i < number; ++i) {
      tally.Add(
          {{2025, 1 + i % 4},
           *CheckCounted(vocabulary::Lists::BuiltIn(), {{variable, code}})});
    }
  }
  return tally;
}

Tally::Shown ShownOf(const Tally& tally, absl::string_view variable) {
  for (const Tally::Shown& shown : tally.Variables(2026)) {
    if (shown.variable == variable) return shown;
  }
  return {};
}

TEST(TallyTest, NoCodeOfFewAndNoneOfAllIsShown) {
  const auto shown = [](int female, int male) {
    return !ShownOf(TallyOf({{"Female", female}, {"Male", male}}), "gender")
                .withheld;
  };
  EXPECT_TRUE(shown(11, 11));
  EXPECT_TRUE(shown(30, 11));
  EXPECT_FALSE(shown(30, 10));
  EXPECT_FALSE(shown(10, 30));
  EXPECT_FALSE(shown(100, 0));
  // One few hides all: it would follow from the total and the others.
  const Tally::Shown some =
      ShownOf(TallyOf({{"Female", 40}, {"Male", 40}, {"-99", 1}}), "gender");
  EXPECT_TRUE(some.withheld);
  EXPECT_THAT(some.codes, IsEmpty());
  const Tally::Shown good =
      ShownOf(TallyOf({{"Male", 12}, {"Female", 40}, {"-99", 11}}), "gender");
  EXPECT_THAT(good.codes, ElementsAre(std::pair("Female", int64_t{40}),
                                      std::pair("Male", int64_t{12}),
                                      std::pair("-99", int64_t{11})));
  // What nobody said anything of is of all.
  EXPECT_TRUE(ShownOf(TallyOf({{"Female", 40}}), "identifiedBy").withheld);
}

TEST(TallyTest, AYearThatIsNotOverShowsPersonsOnly) {
  const Tally tally = TallyOf({{"Female", 40}, {"Male", 40}});
  EXPECT_THAT(tally.Variables(2025), IsEmpty());
  EXPECT_THAT(tally.Variables(2026),
              SizeIs(vocabulary::CountingVariables().size()));
  EXPECT_THAT(tally.quarters(), SizeIs(4));
  EXPECT_EQ(tally.quarters().at({2025, 3}), 20);
}

TEST(TallyTest, ACodeThatStandsBesideOthersLeavesEnoughWithoutIt) {
  Tally tally;
  for (int i = 0; i < 30; ++i) {
    std::vector<Profile::Pair> said = {{"typeOfExploitation", "ForcedLabour"}};
    if (i < 15) said.emplace_back("typeOfExploitation", "ForcedBegging");
    tally.Add({{2025, 1},
               *CheckCounted(vocabulary::Lists::BuiltIn(), std::move(said))});
  }
  EXPECT_TRUE(ShownOf(tally, "typeOfExploitation").withheld);
}

TEST(QuarterTest, AYearHasFour) {
  EXPECT_EQ(QuarterOf(absl::CivilDay(2025, 1, 1)), (Quarter{2025, 1}));
  EXPECT_EQ(QuarterOf(absl::CivilDay(2025, 3, 31)), (Quarter{2025, 1}));
  EXPECT_EQ(QuarterOf(absl::CivilDay(2025, 4, 1)), (Quarter{2025, 2}));
  EXPECT_EQ(QuarterOf(absl::CivilDay(2025, 12, 31)), (Quarter{2025, 4}));
}

TEST(CountingCodecTest, TheLongestRecordIsAsLongAsAnyOther) {
  std::vector<Profile::Pair> said;
  for (const auto* variable : vocabulary::CountingVariables()) {
    std::string longest;
    for (const vocabulary::Code& code : variable->list->codes()) {
      if (variable->multiple) said.emplace_back(variable->name, code.code);
      if (code.code.size() > longest.size()) longest = code.code;
    }
    if (!variable->multiple) said.emplace_back(variable->name, longest);
  }
  const auto checked = CheckCounted(vocabulary::Lists::BuiltIn(), said);
  ASSERT_THAT(checked, IsOk());
  EXPECT_GT(checked->entries().size(), 12u);
  EXPECT_EQ(CountingCodec::Encode({{2025, 1}, *checked}).size(), 1024u);
  EXPECT_EQ(CountingCodec::Encode(
                {{2025, 1}, *CheckCounted(vocabulary::Lists::BuiltIn(), {})})
                .size(),
            1024u);
}

TEST(CountingCodecTest, EveryFieldOfTheRecordIsMappedAndSurvives) {
  const CountingRecord record{
      {2025, 3},
      *CheckCounted(vocabulary::Lists::BuiltIn(),
                    {{"gender", "Man"}, {"majorityStatus", "Adult"}})};
  EXPECT_EQ(record.said.Find("gender"), "Male");
  EXPECT_EQ(record.said.Find("identifiedBy"), "-99");
  const std::string bytes = CountingCodec::Encode(record);
  EXPECT_EQ(bytes.size(), 1024u);
  amparo::record::v1::CountingRecord message;
  ASSERT_TRUE(message.ParseFromString(bytes));
  EXPECT_THAT(FieldsNotSet(message), IsEmpty());
  const auto decoded = CountingCodec::Decode(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->quarter, record.quarter);
  EXPECT_EQ(CountingCodec::Encode(*decoded), bytes);
  EXPECT_THAT(CountingCodec::DecodeKey(std::string(16, 'a')), IsOk());
  EXPECT_EQ(ReasonOf(CountingCodec::DecodeKey("a").status()),
            Reason::kRecordDamaged);
  message.set_quarter(5);
  EXPECT_EQ(
      ReasonOf(CountingCodec::Decode(message.SerializeAsString()).status()),
      Reason::kRecordDamaged);
  message.set_quarter(1);
  message.mutable_codes(0)->set_variable("citizenship");
  EXPECT_EQ(
      ReasonOf(CountingCodec::Decode(message.SerializeAsString()).status()),
      Reason::kRecordDamaged);
}

}  // namespace
}  // namespace amparo::cases
