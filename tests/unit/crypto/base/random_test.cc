// SPDX-License-Identifier: Apache-2.0

#include "crypto/base/random.h"

#include <string>

#include "crypto/base/deterministic_random.h"
#include "gtest/gtest.h"

namespace amparo::crypto {
namespace {

TEST(SystemRandom, NeverGivesTheSameBytesTwice) {
  EXPECT_NE(RandomBytes(SystemRandom(), 32), RandomBytes(SystemRandom(), 32));
  EXPECT_EQ(RandomBytes(SystemRandom(), 0), "");
  EXPECT_EQ(RandomBytes(SystemRandom(), (1 << 20) + 7).size(),
            size_t{(1 << 20) + 7});
}

TEST(RandomSecret, HasTheSizeAskedForAndIsFilled) {
  const Secret secret = RandomSecret(SystemRandom(), 32);
  EXPECT_EQ(secret.size(), 32u);
  EXPECT_NE(secret.Reveal(), std::string(32, '\0'));
}

TEST(DeterministicRandom, RepeatsBySeed) {
  DeterministicRandom one(7);
  DeterministicRandom same(7);
  DeterministicRandom other(8);
  const std::string bytes = RandomBytes(one, 10000);
  EXPECT_EQ(RandomBytes(same, 10000), bytes);
  EXPECT_NE(RandomBytes(other, 10000), bytes);
}

TEST(DeterministicRandom, DoesNotDependOnThePieces) {
  DeterministicRandom whole(1);
  DeterministicRandom pieces(1);
  std::string joined;
  for (const size_t n : {size_t{1}, size_t{4094}, size_t{3}, size_t{5000}}) {
    joined += RandomBytes(pieces, n);
  }
  EXPECT_EQ(RandomBytes(whole, joined.size()), joined);
}

TEST(DeterministicRandom, DoesNotRepeatFromBlockToBlock) {
  DeterministicRandom random(1);
  EXPECT_NE(RandomBytes(random, 4096), RandomBytes(random, 4096));
}

}  // namespace
}  // namespace amparo::crypto
