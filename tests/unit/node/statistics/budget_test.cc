// SPDX-License-Identifier: Apache-2.0
#include "node/statistics/budget.h"

#include <gtest/gtest.h>

#include "node/base/errors.h"
#include "node/statistics/cohort.h"
#include "node/statistics/table_spec.h"
#include "tests/support/status_matchers.h"

namespace amparo::statistics {
namespace {

TEST(RhoTest, IsRoundedUpToABillionth) {
  EXPECT_EQ(Rho::FromFraction(1, 3)->nano(), 333'333'334);
  EXPECT_EQ(Rho::FromFraction(1, 20)->nano(), 50'000'000);
  EXPECT_EQ(Rho::FromFraction(1, 3'000'000'000)->nano(), 1);
  EXPECT_EQ(Rho::FromFraction(0, 5)->nano(), 0);
}

TEST(RhoTest, OutOfRangeIsRefused) {
  EXPECT_FALSE(Rho::FromNano(-1).ok());
  EXPECT_FALSE(Rho::FromNano(Rho::kNanoMax + 1).ok());
  EXPECT_FALSE(Rho::FromFraction(1, 0).ok());
  EXPECT_FALSE(Rho::FromFraction(UINT64_MAX, 1).ok());
  EXPECT_THAT(Rho::FromNano(Rho::kNanoMax), IsOk());
}

TEST(RhoTest, TwentyTimesATwentiethIsExactlyTheWhole) {
  Rho sum;
  for (int i = 0; i < 20; ++i) sum = sum + *Rho::FromFraction(1, 20);
  EXPECT_EQ(sum.nano(), Rho::kUnit);
}

TEST(Sigma2Test, IsSensitivityOverTwiceRho) {
  const crypto::Fraction sigma2 = *Sigma2For(2, *Rho::FromFraction(1, 20));
  EXPECT_EQ(sigma2.num, 20u);
  EXPECT_EQ(sigma2.den, 1u);
  const crypto::Fraction third = *Sigma2For(1, *Rho::FromNano(300'000'000));
  EXPECT_EQ(third.num, 5u);
  EXPECT_EQ(third.den, 3u);
}

// Property: noise never costs more than what was asked for, and rounding the
// variance loses less than a billionth of rho either way.
TEST(Sigma2Test, NeverCostsMoreThanDeclared) {
  for (const uint32_t sensitivity2 : {1u, 2u, 3u, 7u, 100u}) {
    for (int64_t nano = 1; nano <= Rho::kUnit; nano = nano * 3 + 1) {
      const Rho rho = *Rho::FromNano(nano);
      const absl::StatusOr<crypto::Fraction> sigma2 =
          Sigma2For(sensitivity2, rho);
      if (!sigma2.ok()) continue;  // Beyond the sampler.
      EXPECT_LE(CostOf(sensitivity2, *sigma2)->nano(), nano);
    }
  }
}

TEST(Sigma2Test, HalvedVarianceCostsTwice) {
  EXPECT_EQ(CostOf(2, {20, 1})->nano(), 50'000'000);
  EXPECT_EQ(CostOf(2, {10, 1})->nano(), 100'000'000);
}

TEST(Sigma2Test, ZeroIsRefused) {
  EXPECT_FALSE(Sigma2For(0, *Rho::FromFraction(1, 20)).ok());
  EXPECT_FALSE(Sigma2For(2, Rho()).ok());
  EXPECT_FALSE(CostOf(2, {0, 1}).ok());
  EXPECT_FALSE(CostOf(2, {1, 0}).ok());
}

// 3 * sqrt(20) = 13.42, 1.96 * sqrt(20) = 8.77; 3 * sqrt(60) = 23.24,
// 1.96 * sqrt(60) = 15.18; both by hand.
TEST(DisplayTest, RuleAndHalfWidthByHand) {
  EXPECT_EQ(DisplayThreshold({20, 1}), 14);
  EXPECT_EQ(HalfWidth({20, 1}), 9);
  EXPECT_EQ(DisplayThreshold({20, 1}, 3), 24);
  EXPECT_EQ(HalfWidth({20, 1}, 3), 16);
}

TEST(DisplayTest, NeverBelowEleven) {
  EXPECT_EQ(DisplayThreshold({1, 4}), 11);
  EXPECT_EQ(DisplayThreshold({121, 9}), 11);  // 3 sigma is exactly 11.
  EXPECT_EQ(DisplayThreshold({122, 9}), 12);
}

TEST(DisplayTest, WithheldIsNeverZero) {
  EXPECT_EQ(Displayed(13, 14), std::nullopt);
  EXPECT_EQ(Displayed(0, 14), std::nullopt);
  EXPECT_EQ(Displayed(-20, 14), std::nullopt);
  EXPECT_EQ(Displayed(14, 14), 14);
}

TEST(EpsilonTest, PresetsAsPublished) {
  EXPECT_EQ(*EpsilonMilli(*Rho::FromFraction(1, 40)), 1015u);  // 1.0141
  EXPECT_NEAR(static_cast<double>(*EpsilonMilli(StandardCap())), 5220, 6);
}

struct CohortCase {
  const char* text;
  bool valid;
};

TEST(CohortTest, HasOneSpelling) {
  const CohortCase table[] = {
      {"2016", true},     {"2016-Q1", true},  {"2016-Q4", true},
      {"", false},        {"16", false},      {"2016-Q0", false},
      {"2016-Q5", false}, {"2016-q1", false}, {"2016Q1", false},
      {"2016 ", false},   {"+016", false},    {"1989", false},
      {"2201", false},    {"2016-01", false}, {"2016-Q11", false}};
  for (const CohortCase& one : table) {
    const absl::StatusOr<Cohort> cohort = Cohort::Parse(one.text);
    EXPECT_EQ(cohort.ok(), one.valid) << one.text;
    if (cohort.ok()) {
      EXPECT_EQ(cohort->id(), one.text);
    }
  }
}

TEST(CohortTest, EndsWithItsPeriod) {
  EXPECT_EQ(absl::FormatTime(Cohort::Parse("2016")->end(), absl::UTCTimeZone()),
            "2017-01-01T00:00:00+00:00");
  EXPECT_EQ(
      absl::FormatTime(Cohort::Parse("2016-Q3")->end(), absl::UTCTimeZone()),
      "2016-10-01T00:00:00+00:00");
  EXPECT_EQ(
      absl::FormatTime(Cohort::Parse("2016-Q3")->begin(), absl::UTCTimeZone()),
      "2016-07-01T00:00:00+00:00");
}

TEST(CohortTest, AYearOverlapsItsQuarters) {
  const Cohort year = *Cohort::Parse("2016");
  EXPECT_TRUE(year.Overlaps(*Cohort::Parse("2016-Q3")));
  EXPECT_TRUE(Cohort::Parse("2016-Q3")->Overlaps(year));
  EXPECT_FALSE(Cohort::Parse("2016-Q3")->Overlaps(*Cohort::Parse("2016-Q4")));
  EXPECT_FALSE(year.Overlaps(*Cohort::Parse("2017-Q3")));
}

TEST(TableSpecTest, ShippedTablesAreSound) {
  for (const TableSpec& spec : Catalogue::BuiltIn().tables()) {
    EXPECT_THAT(CheckSpec(spec, vocabulary::Lists::BuiltIn()), IsOk());
  }
}

TEST(TableSpecTest, TenTablesShareTheCohort) {
  const TableSpec& spec =
      **Catalogue::BuiltIn().Find("exploitation-form-by-sex-by-year");
  EXPECT_EQ(Sensitivity2(spec), 2u);
  EXPECT_EQ(spec.rho.nano() * 10, StandardCap().nano());
  EXPECT_EQ(Sigma2(spec)->num, 20u);
}

TEST(TableSpecTest, HashChangesWithEveryField) {
  const TableSpec& spec = Catalogue::BuiltIn().tables()[0];
  std::vector<TableSpec> changed(10, spec);
  changed[0].id += "x";
  changed[1].title += "x";
  changed[2].dimensions[0].cap = 1;
  changed[3].dimensions[0].levels[0].of.push_back("x");
  changed[4].dimensions[1].levels[0].label += "x";
  changed[5].period = Period::kQuarter;
  changed[6].noised_levels = 2;
  changed[7].rho = *Rho::FromNano(1);
  changed[8].cap = *Rho::FromNano(1);
  changed[9].dimensions[0].none_when_all_no.pop_back();
  std::set<std::string> hashes = {SpecHash(spec)};
  for (const TableSpec& one : changed) hashes.insert(SpecHash(one));
  EXPECT_EQ(hashes.size(), changed.size() + 1);
}

TEST(TableSpecTest, UnsoundTablesAreRefused) {
  const TableSpec& spec = Catalogue::BuiltIn().tables()[0];
  const vocabulary::Lists& lists = vocabulary::Lists::BuiltIn();
  std::vector<TableSpec> broken(8, spec);
  broken[0].dimensions[1].levels[0].of.clear();  // Counts no code.
  broken[1].dimensions[1].levels.pop_back();     // No Unknown.
  broken[2].dimensions[0].cap = 0;
  broken[3].dimensions[0].cap = 99;
  broken[4].rho = *Rho::FromNano(Rho::kUnit);  // Above the cap.
  broken[5].dimensions[0].levels[0].of.push_back("Nonsense");
  broken[6].dimensions[0].none_when_all_no.clear();  // None without flags.
  broken[7].dimensions[1].name = "cohort";           // Taken.
  for (size_t i = 0; i < broken.size(); ++i) {
    EXPECT_THAT(CheckSpec(broken[i], lists),
                StatusIs(absl::StatusCode::kInternal))
        << i;
  }
}

TEST(TableSpecTest, CellPlacesAreTheInverseOfCellIndex) {
  const TableSpec& spec = Catalogue::BuiltIn().tables()[0];
  for (size_t cell = 0; cell < CellCount(spec); ++cell) {
    EXPECT_EQ(CellIndex(spec, CellPlaces(spec, cell)), cell);
  }
}

TEST(TableSpecTest, UnknownTableIsRefused) {
  EXPECT_EQ(ReasonOf(Catalogue::BuiltIn().Find("nonsense").status()),
            Reason::kTableUnknown);
  EXPECT_EQ(ReasonOf(Catalogue::BuiltIn().FindByHash("nonsense").status()),
            Reason::kTableUnknown);
}

}  // namespace
}  // namespace amparo::statistics
