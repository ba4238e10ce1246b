// SPDX-License-Identifier: Apache-2.0
//
// Linked once for each fault of planted/, with a product source that has it:
// the seeds find it, by the invariant that it breaks, and what they print
// replays it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/simulation/seeds.h"
#include "tests/simulation/simulation.h"

namespace amparo::simulation {

extern const char kPlantedFault[];
extern const int kPlantedInvariant;
extern const unsigned kPlantedSeed;

namespace {

// Those that run for the product. Most faults are found by the first ten. What
// one seed of hundreds finds is looked for first where it was found last: when
// another change has moved it, the test takes minutes and tells the new seed.
constexpr uint64_t kSeedsMax = 2000;

bool Finds(const Report& report) {
  return std::any_of(report.broken.begin(), report.broken.end(),
                     [](const Broken& broken) {
                       return broken.invariant == kPlantedInvariant;
                     });
}

// What this program prints when it is told to replay `seed`.
std::string ReplayInAnotherProcess(uint64_t seed) {
  char path[PATH_MAX] = {};
  if (::readlink("/proc/self/exe", path, sizeof path - 1) <= 0) return "";
  const std::string command =
      absl::StrCat("AMPARO_SEED=", seed, " '", path, "'");
  FILE* const output = ::popen(command.c_str(), "r");
  if (output == nullptr) return "";
  std::string text;
  char buffer[4096];
  for (size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, output)) > 0;) {
    text.append(buffer, n);
  }
  ::pclose(output);
  return text;
}

TEST(PlantedTest, IsFoundByASeedThatReplaysIt) {
  if (const auto seed = SeedToReplay(); seed.has_value()) {
    const Report report = Simulation(*seed).Run(kSteps);
    FAIL() << Describe(report);
  }
  Report found;
  for (uint64_t i = 0; i < kSeedsMax && !Finds(found); ++i) {
    const uint64_t seed = (kPlantedSeed - 1 + i) % kSeedsMax + 1;
    found = Simulation(seed).Run(kSteps);
  }
  ASSERT_TRUE(Finds(found)) << "no seed finds " << kPlantedFault;
  const std::string told = Describe(found);
  std::printf("%s:\n%s", kPlantedFault, told.c_str());
  EXPECT_THAT(told,
              testing::HasSubstr(absl::StrCat("AMPARO_SEED=", found.seed)));
  EXPECT_THAT(ReplayInAnotherProcess(found.seed), testing::HasSubstr(told));
}

}  // namespace
}  // namespace amparo::simulation
