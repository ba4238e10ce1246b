// SPDX-License-Identifier: Apache-2.0
#include "node/statistics/counting.h"

#include <gtest/gtest.h>

#include <random>

#include "node/storage/store.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/statistics/counting_office.h"

namespace amparo::statistics {

const TableSpec& FormTable() { return **Catalogue::BuiltIn().Find(kFormTable); }

std::vector<std::string> CellNames(const cases::Profile& profile) {
  const TableSpec& spec = FormTable();
  std::vector<std::string> names;
  for (const size_t cell : CellsOf(spec, profile)) {
    const std::vector<size_t> places = CellPlaces(spec, cell);
    names.push_back(absl::StrCat(spec.dimensions[0].levels[places[0]].code, "/",
                                 spec.dimensions[1].levels[places[1]].code));
  }
  return names;
}

// A friend of ExactCountAccess: the only test that sees exact counts.
class CountingTest : public testing::Test {
 protected:
  Values CountOf(const std::string& cohort) {
    const std::vector<Cohort> cohorts = {*Cohort::Parse(cohort)};
    absl::StatusOr<ExactCounts> counts =
        Count(*office_.store, *office_.registry, *office_.consents, FormTable(),
              cohorts, office_.clock.Now());
    EXPECT_THAT(counts, IsOk());
    return counts->Reveal(ExactCountAccess())[0];
  }

  int64_t Total(const std::string& cohort) {
    int64_t total = 0;
    for (const int64_t value : CountOf(cohort)) total += value;
    return total;
  }

  CountingOffice office_;
};

using Codes = std::vector<cases::Profile::Pair>;
constexpr const char* kFlags[] = {"isForcedLabour",       "isForcedMarriage",
                                  "isForcedMilitary",     "isOrganRemoval",
                                  "isOtherExploit",       "isSexualExploit",
                                  "isSlaveryAndPractices"};

TEST(CellsTest, UnknownAndNoAreNeverMerged) {
  Codes all_no = {{"gender", "Female"}};
  for (const char* flag : kFlags) all_no.push_back({flag, "0"});
  EXPECT_EQ(CellNames(CountingOffice::Profile(all_no)),
            std::vector<std::string>{"None/Female"});

  // One of them unknown, or not recorded, or the form recorded as unknown.
  Codes one_unknown = all_no;
  one_unknown.back().second = "-99";
  EXPECT_EQ(CellNames(CountingOffice::Profile(one_unknown)),
            std::vector<std::string>{"Unknown/Female"});
  Codes one_missing = all_no;
  one_missing.pop_back();
  EXPECT_EQ(CellNames(CountingOffice::Profile(one_missing)),
            std::vector<std::string>{"Unknown/Female"});
  Codes said_unknown = all_no;
  said_unknown.push_back({"typeOfExploitation", "-99"});
  EXPECT_EQ(CellNames(CountingOffice::Profile(said_unknown)),
            std::vector<std::string>{"Unknown/Female"});
  EXPECT_EQ(CellNames(CountingOffice::Profile({})),
            std::vector<std::string>{"Unknown/Unknown"});
  EXPECT_EQ(CellNames(CountingOffice::Profile({{"gender", "-99"}})),
            std::vector<std::string>{"Unknown/Unknown"});
}

TEST(CellsTest, AnUnknownBesideAKnownFormAddsNothing) {
  EXPECT_EQ(CellNames(CountingOffice::Profile({{"isForcedLabour", "1"},
                                               {"isSexualExploit", "-99"},
                                               {"gender", "Male"}})),
            std::vector<std::string>{"ForcedLabour/Male"});
}

TEST(CellsTest, AtMostTwoFormsCount) {
  const std::vector<std::string> cells =
      CellNames(CountingOffice::Profile({{"isForcedLabour", "1"},
                                         {"isSexualExploit", "1"},
                                         {"isForcedMarriage", "1"},
                                         {"isOrganRemoval", "1"},
                                         {"gender", "Female"}}));
  EXPECT_EQ(cells, (std::vector<std::string>{"SexualExploitation/Female",
                                             "ForcedLabour/Female"}));
}

TEST(CellsTest, FormsOfOneLevelCountOnce) {
  EXPECT_EQ(CellNames(CountingOffice::Profile(
                {{"typeOfExploitation", "Servitude"},
                 {"typeOfExploitation", "ForcedBegging"}})),
            std::vector<std::string>{"Other/Unknown"});
}

TEST_F(CountingTest, NonConsentingIsNeverCounted) {
  const Codes codes = {{"yearOfRegistration", "2016"}, {"gender", "Female"}};
  office_.Add({codes, true});
  office_.Add({codes, false});
  const SubjectId withdrawn = office_.Add({codes, true});
  office_.Withdraw(withdrawn);
  EXPECT_EQ(Total("2016"), 1);
}

TEST_F(CountingTest, OnlyAnActiveStatisticsConsentToCountsCounts) {
  const Codes codes = {{"yearOfRegistration", "2016"}, {"gender", "Female"}};
  const auto with = [&](auto change) {
    const SubjectId subject = office_.Add({codes, false});
    consent::ConsentFields fields = office_.Fields(subject);
    change(fields);
    office_.Give(fields);
    return Total("2016");
  };
  EXPECT_EQ(with([](consent::ConsentFields& f) {
              f.purpose = Purpose::kCaseServices;
            }),
            0);
  EXPECT_EQ(with([&](consent::ConsentFields& f) {
              f.valid_until = office_.clock.Now();
            }),
            0);
  EXPECT_EQ(with([&](consent::ConsentFields& f) {
              f.given_at = office_.clock.Now() + absl::Seconds(1);
            }),
            0);
  EXPECT_EQ(with([](consent::ConsentFields& f) {
              f.recipients = {TestId<OfficeId>('x')};
            }),
            0);
  EXPECT_EQ(with([](consent::ConsentFields&) {}), 1);
}

TEST_F(CountingTest, AnExclusionBeatsEveryConsent) {
  const SubjectId subject =
      office_.Add({{{"yearOfRegistration", "2016"}}, true});
  EXPECT_EQ(Total("2016"), 1);
  consent::ConsentFields fields = office_.Fields(subject);
  fields.recipients = {TestId<OfficeId>('x')};
  fields.categories = {DataCategory::kCodedProfile};
  fields.exclusions = {DataCategory::kStatisticalCounts};
  office_.Give(fields);
  EXPECT_EQ(Total("2016"), 0);
}

TEST_F(CountingTest, APersonIsInTheCohortOfTheYearOnly) {
  office_.Add({{{"yearOfRegistration", "2016"}}, true});
  office_.Add({{{"yearOfRegistration", "-99"}}, true});
  office_.Add({{}, true});
  EXPECT_EQ(Total("2016"), 1);
  EXPECT_EQ(Total("2015"), 0);
  EXPECT_EQ(Total("2016-Q1"), 0);
}

// Sensitivity by enumeration: on small random data sets, taking any one
// person away changes the counts by at most what the table declares.
TEST_F(CountingTest, SensitivityByEnumeration) {
  std::mt19937 random(1);
  const auto among = [&random](std::vector<const char*> codes) {
    return codes[random() % codes.size()];
  };
  std::vector<SubjectId> subjects;
  int64_t worst = 0;
  for (int person = 0; person < 40; ++person) {
    Codes codes = {{"yearOfRegistration", "2016"},
                   {"gender", among({"Female", "Male", "-99"})}};
    for (const char* flag : kFlags) {
      codes.push_back({flag, among({"1", "0", "-99"})});
    }
    subjects.push_back(office_.Add({codes, true}));
  }
  Values with = CountOf("2016");
  for (const SubjectId& subject : subjects) {
    office_.Withdraw(subject);
    const Values without = CountOf("2016");
    int64_t squares = 0;
    for (size_t i = 0; i < with.size(); ++i) {
      squares += (with[i] - without[i]) * (with[i] - without[i]);
    }
    EXPECT_LE(squares, Sensitivity2(FormTable()));
    worst = std::max(worst, squares);
    with = without;
  }
  // The bound is reached: with a lost cap this test would have been red.
  EXPECT_EQ(worst, Sensitivity2(FormTable()));
}

TEST_F(CountingTest, CanaryALostCapBreaksTheDeclaredSensitivity) {
  TableSpec loose = FormTable();
  loose.dimensions[0].cap = 7;
  const cases::Profile profile =
      CountingOffice::Profile({{"isForcedLabour", "1"},
                               {"isSexualExploit", "1"},
                               {"isForcedMarriage", "1"}});
  EXPECT_GT(CellsOf(loose, profile).size(), Sensitivity2(FormTable()));
}

TEST_F(CountingTest, ZeroCellsGetNoiseToo) {
  const ExactCounts empty(1, 1000);
  const absl::StatusOr<std::vector<Values>> noised =
      AddNoise(empty, {20, 1}, office_.random);
  ASSERT_THAT(noised, IsOk());
  int64_t squares = 0;
  int zeros = 0;
  for (const int64_t value : (*noised)[0]) {
    squares += value * value;
    if (value == 0) ++zeros;
  }
  // Variance 20 in 1000 draws: standard error 0.9. Half or twice is red.
  EXPECT_NEAR(static_cast<double>(squares) / 1000, 20, 5);
  EXPECT_LT(zeros, 200);
}

}  // namespace amparo::statistics
