// SPDX-License-Identifier: Apache-2.0
#include "node/consent/leases.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "tests/unit/node/consent/a_consent.h"

namespace amparo::consent {
namespace {

TEST(LeasesTest, SharesGoTogether) {
  Leases leases;
  const auto a = leases.Share(ConsentOf('a'));
  const auto b = leases.Share(ConsentOf('a'));
  EXPECT_NE(a, nullptr);
  EXPECT_NE(b, nullptr);
}

TEST(LeasesTest, NoShareWhileItIsHeldExclusively) {
  Leases leases;
  auto exclusive = leases.Exclusive(ConsentOf('a'));
  EXPECT_EQ(leases.Share(ConsentOf('a')), nullptr);
  EXPECT_NE(leases.Share(ConsentOf('b')), nullptr);
  exclusive.reset();
  EXPECT_NE(leases.Share(ConsentOf('a')), nullptr);
}

TEST(LeasesTest, ExclusiveWaitsForSharesAndKeepsNewOnesOut) {
  Leases leases;
  auto share = leases.Share(ConsentOf('a'));
  std::atomic<bool> held = false;
  std::thread withdrawal([&] {
    const auto exclusive = leases.Exclusive(ConsentOf('a'));
    held = true;
  });
  // As soon as it waits, nobody gets a new share.
  while (leases.Share(ConsentOf('a')) != nullptr) std::this_thread::yield();
  EXPECT_FALSE(held);
  share.reset();
  withdrawal.join();
  EXPECT_TRUE(held);
  EXPECT_NE(leases.Share(ConsentOf('a')), nullptr);
}

// Two batches that hold each other's consents while both are withdrawn: a
// share that waited would never end.
TEST(LeasesTest, CrossedBatchesDoNotDeadlock) {
  Leases leases;
  auto one_a = leases.Share(ConsentOf('a'));
  auto two_b = leases.Share(ConsentOf('b'));
  std::thread withdraw_a([&] { leases.Exclusive(ConsentOf('a')); });
  std::thread withdraw_b([&] { leases.Exclusive(ConsentOf('b')); });
  while (leases.Share(ConsentOf('a')) != nullptr) std::this_thread::yield();
  while (leases.Share(ConsentOf('b')) != nullptr) std::this_thread::yield();
  one_a.reset();
  two_b.reset();
  withdraw_a.join();
  withdraw_b.join();
}

TEST(LeasesTest, NeverSharedAndExclusiveAtOnce) {
  Leases leases;
  std::atomic<int> shares = 0;
  std::atomic<int> exclusives = 0;
  std::atomic<int> broken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 2000; ++j) {
        if (i == 0) {
          const auto lease = leases.Exclusive(ConsentOf('a'));
          if (++exclusives != 1 || shares != 0) ++broken;
          --exclusives;
        } else if (const auto lease = leases.Share(ConsentOf('a'))) {
          ++shares;
          if (exclusives != 0) ++broken;
          --shares;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(broken, 0);
}

TEST(LeasesDeathTest, LeaseMustNotOutliveItsLeases) {
  EXPECT_DEATH(
      {
        auto leases = std::make_unique<Leases>();
        Lease* share = leases->Share(ConsentOf('a')).release();
        leases.reset();
        (void)share;
      },
      "outlives");
}

}  // namespace
}  // namespace amparo::consent
