// SPDX-License-Identifier: Apache-2.0

#include "crypto/base/random.h"

#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <string>
#include <thread>

#include "crypto/base/deterministic_random.h"
#include "gtest/gtest.h"

namespace amparo::crypto {
namespace {

TEST(SystemRandom, NeverGivesTheSameBytesTwice) {
  EXPECT_NE(RandomBytes(SystemRandom(), 32), RandomBytes(SystemRandom(), 32));
  EXPECT_EQ(RandomBytes(SystemRandom(), 0), "");
  EXPECT_NE(RandomNumber(SystemRandom()), RandomNumber(SystemRandom()));
  EXPECT_EQ(RandomBytes(SystemRandom(), (1 << 20) + 7).size(),
            size_t{(1 << 20) + 7});
}

TEST(SystemRandom, GivesNoByteTwiceWhateverThePieces) {
  // More than a stock holds, in pieces on both sides of what is stocked.
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) {
    const size_t n = size_t{16} + static_cast<size_t>(i % 300);
    const std::string bytes = RandomBytes(SystemRandom(), n);
    for (size_t at = 0; at + 16 <= n; at += 16) {
      EXPECT_TRUE(seen.insert(bytes.substr(at, 16)).second);
    }
  }
}

TEST(SystemRandom, SharesNothingBetweenThreads) {
  const std::string mine = RandomBytes(SystemRandom(), 16);
  std::string theirs;
  std::thread([&] { theirs = RandomBytes(SystemRandom(), 16); }).join();
  EXPECT_NE(mine, theirs);
}

// A child that went on with its parent's bytes would make the same keys.
TEST(SystemRandom, SharesNothingWithAChildOfAFork) {
  RandomBytes(SystemRandom(), 16);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::string bytes = RandomBytes(SystemRandom(), 16);
    _exit(write(ends[1], bytes.data(), bytes.size()) == 16 ? 0 : 1);
  }
  std::string theirs(16, '\0');
  ASSERT_EQ(read(ends[0], theirs.data(), theirs.size()), 16);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_NE(RandomBytes(SystemRandom(), 16), theirs);
  close(ends[0]);
  close(ends[1]);
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
