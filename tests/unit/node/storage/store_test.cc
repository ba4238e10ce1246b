// SPDX-License-Identifier: Apache-2.0
#include "node/storage/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/base/random.h"
#include "node/storage/vault.h"
#include "tests/support/status_matchers.h"

namespace amparo::storage {
namespace {

TEST(Smoke, OpensAndSeals) {
  MemoryDisk disk;
  auto store = OpenStore("/db", &disk);
  ASSERT_THAT(store, IsOk());
  crypto::Secret key = crypto::RandomSecret(crypto::SystemRandom(), 32);
  auto vault = Vault::Open(**store, key.Clone(), crypto::SystemRandom());
  ASSERT_THAT(vault, IsOk());
  auto sealed = (*vault)->Seal((*vault)->TableKey(TableId::kCases),
                               TableId::kCases, "k", 1, "hello");
  ASSERT_THAT(sealed, IsOk());
  vault->reset();
  store->reset();
  store = OpenStore("/db", &disk);
  ASSERT_THAT(store, IsOk());
  vault = Vault::Open(**store, key.Clone(), crypto::SystemRandom());
  ASSERT_THAT(vault, IsOk());
  EXPECT_THAT((*vault)->Open(TableId::kCases, "k", 1, *sealed),
              IsOkAndHolds("hello"));
}

}  // namespace
}  // namespace amparo::storage
