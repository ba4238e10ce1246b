// SPDX-License-Identifier: Apache-2.0
//
// AMPARO_SEED=n runs one seed and tells its story; AMPARO_SEEDS=n runs that
// many seeds in all (500 when it is not set).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/simulation/pair_simulation.h"

namespace amparo::simulation {
namespace {

constexpr uint64_t kSeeds = 500;
constexpr uint64_t kParts = 4;
constexpr int kSteps = 120;
// A planted fault needs its occasion: some seeds have none.
constexpr uint64_t kCanarySeeds = 60;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  uint64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

std::string Describe(const Report& report) {
  return absl::StrCat("seed ", report.seed, " (AMPARO_SEED=", report.seed,
                      " replays it)\n", absl::StrJoin(report.story, "\n"),
                      "\nbroken:\n", absl::StrJoin(report.broken, "\n"));
}

class TwoOfficesTest : public testing::TestWithParam<uint64_t> {};

TEST_P(TwoOfficesTest, InvariantsHoldAfterEverySeed) {
  const uint64_t one = FromEnvironment("AMPARO_SEED", 0);
  if (one != 0) {
    if (one % kParts != GetParam()) return;
    const Report report = PairSimulation(one).Run(kSteps);
    std::printf("%s\n", Describe(report).c_str());
    EXPECT_TRUE(report.broken.empty());
    return;
  }
  const uint64_t seeds = FromEnvironment("AMPARO_SEEDS", kSeeds);
  size_t letters = 0;
  size_t crashes = 0;
  size_t disclosures = 0;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    if (seed % kParts != GetParam()) continue;
    const Report report = PairSimulation(seed).Run(kSteps);
    letters += report.letters;
    crashes += report.crashes;
    disclosures += report.disclosures;
    ASSERT_TRUE(report.broken.empty()) << Describe(report);
  }
  std::printf("%zu letters, %zu disclosures, %zu crashes\n", letters,
              disclosures, crashes);
  // A simulation in which nothing happens proves nothing.
  EXPECT_GT(letters, seeds / kParts);
  EXPECT_GT(crashes, seeds / kParts / 2);
  EXPECT_GT(disclosures, seeds / kParts / 16);
}

INSTANTIATE_TEST_SUITE_P(Quarter, TwoOfficesTest,
                         testing::Range(uint64_t{0}, kParts));

class CanaryTest : public testing::TestWithParam<Planted> {};

TEST_P(CanaryTest, APlantedFaultIsFound) {
  for (uint64_t seed = 1; seed <= kCanarySeeds; ++seed) {
    const Report report = PairSimulation(seed, GetParam()).Run(kSteps);
    if (!report.broken.empty()) {
      std::printf("found by seed %llu: %s\n",
                  static_cast<unsigned long long>(seed),
                  report.broken.front().c_str());
      return;
    }
  }
  FAIL() << "no seed finds it";
}

INSTANTIATE_TEST_SUITE_P(Fault, CanaryTest,
                         testing::Values(Planted::kSendsWithdrawn,
                                         Planted::kForgetsSeen,
                                         Planted::kAnswersTooEarly));

}  // namespace
}  // namespace amparo::simulation
