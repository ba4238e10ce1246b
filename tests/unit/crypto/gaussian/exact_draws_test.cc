// SPDX-License-Identifier: Apache-2.0

#include "crypto/gaussian/exact_draws.h"

#include <cstring>
#include <set>
#include <string>

#include "crypto/base/deterministic_random.h"
#include "gtest/gtest.h"

namespace amparo::crypto {
namespace {

// Gives out one byte for ever.
class ConstantRandom final : public RandomSource {
 public:
  explicit ConstantRandom(char byte) : byte_(byte) {}
  void Fill(char* out, size_t n) override {
    std::memset(out, byte_, n);
    filled_ += n;
  }
  size_t filled() const { return filled_; }

 private:
  char byte_;
  size_t filled_ = 0;
};

TEST(ExactDraws, ReadsItsSourceInBlocks) {
  ConstantRandom random(1);
  ExactDraws draws(random);
  EXPECT_EQ(random.filled(), 0u);
  draws.Bit();
  const size_t block = random.filled();
  for (int i = 0; i < 1000; ++i) draws.Bit();
  EXPECT_EQ(random.filled(), block);
}

TEST(ExactDraws, StaysBelowTheBound) {
  DeterministicRandom random(1);
  ExactDraws draws(random);
  const uint64_t bounds[] = {1,
                             2,
                             3,
                             1000,
                             (uint64_t{1} << 31) - 1,
                             uint64_t{1} << 31,
                             (uint64_t{1} << 31) + 1,
                             uint64_t{1} << 63,
                             ~uint64_t{0}};
  for (const uint64_t bound : bounds) {
    for (int i = 0; i < 1000; ++i) EXPECT_LT(draws.Below(bound), bound);
  }
  const Uint128 wide = (Uint128{1} << 100) + 12345;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(draws.BelowWide(wide) < wide);
}

TEST(ExactDraws, ReachesEveryValueBelowASmallBound) {
  DeterministicRandom random(1);
  ExactDraws draws(random);
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(draws.Below(7));
  EXPECT_EQ(seen.size(), 7u);
}

TEST(ExactDraws, DrawsAgainWhereAMultipleWouldBeBiased) {
  // All-zero words fall below the threshold of every bound that does not
  // divide 2^32, so they are never accepted: the source must be read again.
  // A block of zeros and then ones shows it: the answer comes from the ones.
  class ZerosThenOnes final : public RandomSource {
   public:
    void Fill(char* out, size_t n) override {
      std::memset(out, blocks_++ == 0 ? 0 : 0xff, n);
    }

   private:
    int blocks_ = 0;
  } random;
  ExactDraws draws(random);
  EXPECT_EQ(draws.Below(3), 2u);
}

TEST(ExactDraws, CertainEventsAreCertain) {
  DeterministicRandom random(1);
  ExactDraws draws(random);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(draws.BernoulliExp(0, 5));
  // exp(-1000).
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(draws.BernoulliExp(5000, 5));
}

}  // namespace
}  // namespace amparo::crypto
