// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/simulation/seeds.h"
#include "tests/simulation/simulation.h"

namespace amparo::simulation {
namespace {

// Sanitizers make a seed ten times as dear; they look for other faults than
// more seeds do.
#if defined(AMPARO_SANITIZED)
constexpr uint64_t kSeeds = 120;
#else
constexpr uint64_t kSeeds = 2000;
#endif
constexpr uint64_t kParts = 8;

// So many seeds of a part come to all that people and nodes do.
constexpr uint64_t kSeedsForRareThings = 40;

// A part that found so many broken seeds has seen enough.
constexpr size_t kBrokenSeedsMax = 5;

// The first with its story, the others by seed and rule.
std::string DescribeAll(const std::vector<Report>& broken) {
  std::string text = Describe(broken.front());
  for (size_t i = 1; i < broken.size(); ++i) {
    absl::StrAppend(&text, "seed ", broken[i].seed,
                    " too: ", broken[i].broken.front().what, "\n");
  }
  return text;
}

class FederationTest : public testing::TestWithParam<uint64_t> {};

TEST_P(FederationTest, InvariantsHoldAfterEverySeed) {
  if (const auto one = SeedToReplay(); one.has_value()) {
    if (*one % kParts != GetParam()) return;
    const Report report = Simulation(*one).Run(kSteps);
    std::printf("%s\n", Describe(report).c_str());
    EXPECT_TRUE(report.broken.empty());
    return;
  }
  const uint64_t seeds = SeedsToRun(kSeeds);
  Report sum;
  std::vector<Report> broken;
  for (uint64_t seed = 1; seed <= seeds && broken.size() < kBrokenSeedsMax;
       ++seed) {
    if (seed % kParts != GetParam()) continue;
    Report report = Simulation(seed).Run(kSteps);
    if (!report.broken.empty()) {
      broken.push_back(std::move(report));
      continue;
    }
    sum.letters += report.letters;
    sum.crashes += report.crashes;
    sum.jumps += report.jumps;
    sum.restores += report.restores;
    sum.late_restores += report.late_restores;
    sum.disclosures += report.disclosures;
    sum.withdrawals += report.withdrawals;
    sum.releases += report.releases;
  }
  ASSERT_TRUE(broken.empty()) << DescribeAll(broken);
  std::printf(
      "%zu letters, %zu disclosures, %zu withdrawals, %zu releases, "
      "%zu crashes, %zu restores, %zu of them late, %zu jumps of clocks\n",
      sum.letters, sum.disclosures, sum.withdrawals, sum.releases, sum.crashes,
      sum.restores, sum.late_restores, sum.jumps);
  // A simulation in which nothing happens proves nothing.
  const uint64_t part = seeds / kParts;
  EXPECT_GT(sum.letters, part * 10);
  EXPECT_GT(sum.crashes, part);
  EXPECT_GT(sum.jumps, part);
  // What a seed does now and then, a few seeds may all leave out.
  if (part < kSeedsForRareThings) return;
  EXPECT_GE(sum.restores, part / 4);
  EXPECT_GE(sum.late_restores, part / 64);
  EXPECT_GE(sum.disclosures, part / 16);
  EXPECT_GE(sum.withdrawals, part / 4);
  EXPECT_GE(sum.releases, part / 16);
}

INSTANTIATE_TEST_SUITE_P(Part, FederationTest,
                         testing::Range(uint64_t{0}, kParts));

TEST(SimulationTest, TheSameSeedTellsTheSameStory) {
  for (const uint64_t seed : {3, 4, 5}) {
    EXPECT_EQ(Simulation(seed).Run(kSteps).story,
              Simulation(seed).Run(kSteps).story);
  }
}

}  // namespace
}  // namespace amparo::simulation
