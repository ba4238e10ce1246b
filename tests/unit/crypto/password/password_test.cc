// SPDX-License-Identifier: Apache-2.0

#include "crypto/password/password.h"

#include <string>

#include "crypto/base/bytes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace amparo::crypto {
namespace {

using testing::StartsWith;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
// As cheap as Argon2id goes; one test runs at the standard cost.
constexpr PasswordCost kCheap = {8, 1};
const std::string kSalt(16, 's');

TEST(HashPassword, VerifiesOnlyTheSamePassword) {
  const auto encoded = HashPassword("correct horse", kCheap);
  ASSERT_THAT(encoded, IsOk());
  EXPECT_THAT(*encoded, StartsWith("$argon2id$v=19$m=8,t=1,p=1$"));
  EXPECT_THAT(VerifyPassword(*encoded, "correct horse"), IsOkAndHolds(true));
  EXPECT_THAT(VerifyPassword(*encoded, Secret::Copy("correct horse")),
              IsOkAndHolds(true));
  for (const char* other : {"correct horsE", "correct hors", ""}) {
    EXPECT_THAT(VerifyPassword(*encoded, other), IsOkAndHolds(false));
  }
}

TEST(HashPassword, StandardCostIs64MiBAndThreePasses) {
  const auto encoded = HashPassword(Secret::Copy("correct horse"));
  ASSERT_THAT(encoded, IsOk());
  EXPECT_THAT(*encoded, StartsWith("$argon2id$v=19$m=65536,t=3,p=1$"));
  EXPECT_THAT(VerifyPassword(*encoded, "correct horse"), IsOkAndHolds(true));
}

TEST(HashPassword, SaltsEachTime) {
  EXPECT_NE(*HashPassword("same", kCheap), *HashPassword("same", kCheap));
}

TEST(HashPassword, RefusesPasswordsAndCostsOutOfRange) {
  EXPECT_THAT(HashPassword("", kCheap), StatusIs(kInvalid));
  EXPECT_THAT(HashPassword(std::string(1025, 'p'), kCheap), StatusIs(kInvalid));
  EXPECT_THAT(HashPassword(std::string(1024, 'p'), kCheap), IsOk());
  for (const PasswordCost cost :
       {PasswordCost{7, 1}, PasswordCost{8, 0}, PasswordCost{8, 17},
        PasswordCost{1024 * 1024 + 1, 1}}) {
    EXPECT_THAT(HashPassword("password", cost), StatusIs(kInvalid));
    EXPECT_THAT(DeriveKey("password", kSalt, cost), StatusIs(kInvalid));
    EXPECT_THAT(CheckPasswordCost(cost), StatusIs(kInvalid));
  }
}

TEST(VerifyPassword, RefusesStringsItDidNotMake) {
  const std::string good = *HashPassword("password", kCheap);
  const std::string tail = good.substr(good.find("$v="));
  const std::string strings[] = {
      "",
      "password",
      "$argon2i" + tail,
      "$argon2d" + tail,
      good + "$more",
      good.substr(0, good.rfind('$')),
      std::string(200, '$'),
      // Costs that would take all memory or all day.
      "$argon2id$v=19$m=4194304,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaA",
      "$argon2id$v=19$m=65536,t=100000,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaA",
      "$argon2id$v=19$m=-8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaA",
      "$argon2id$v=16$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaA",
  };
  for (const std::string& encoded : strings) {
    SCOPED_TRACE(encoded);
    EXPECT_THAT(VerifyPassword(encoded, "password"), StatusIs(kInvalid));
  }
}

TEST(VerifyPassword, RefusesATamperedHash) {
  std::string encoded = *HashPassword("password", kCheap);
  // The first digit of the hash; its last one has unused bits.
  char& digit = encoded[encoded.rfind('$') + 1];
  digit = digit == 'A' ? 'B' : 'A';
  EXPECT_THAT(VerifyPassword(encoded, "password"), IsOkAndHolds(false));
}

TEST(HashOfNoPassword, HasTheFormAndTheCostAndNoPassword) {
  const auto encoded = HashOfNoPassword(SystemRandom(), kCheap);
  ASSERT_THAT(encoded, IsOk());
  const std::string real = *HashPassword("password", kCheap);
  EXPECT_EQ(encoded->size(), real.size());
  EXPECT_EQ(encoded->substr(0, encoded->find("p=1$")),
            real.substr(0, real.find("p=1$")));
  // Not refused unread: with the right hash for its salt it verifies.
  const size_t at = encoded->rfind('$');
  const size_t salt_at = encoded->rfind('$', at - 1) + 1;
  const auto salt = Base64Decode(encoded->substr(salt_at, at - salt_at) + "==");
  ASSERT_THAT(salt, IsOk());
  const auto hash = DeriveKey("password", *salt, kCheap);
  ASSERT_THAT(hash, IsOk());
  std::string text = Base64Encode(hash->Reveal());
  text.erase(text.find('='));
  EXPECT_THAT(VerifyPassword(encoded->substr(0, at + 1) + text, "password"),
              IsOkAndHolds(true));
  for (const char* password : {"password", "a"}) {
    EXPECT_THAT(VerifyPassword(*encoded, password), IsOkAndHolds(false));
  }
  EXPECT_NE(*HashOfNoPassword(SystemRandom(), kCheap), *encoded);
}

TEST(HashOfNoPassword, HasTheStandardCostUnlessTold) {
  EXPECT_THAT(HashOfNoPassword(SystemRandom()),
              IsOkAndHolds(StartsWith("$argon2id$v=19$m=65536,t=3,p=1$")));
  EXPECT_THAT(HashOfNoPassword(SystemRandom(), {7, 1}), StatusIs(kInvalid));
}

TEST(DeriveKey, RepeatsAndDependsOnEveryInput) {
  const auto key = DeriveKey("passphrase", kSalt, kCheap);
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->size(), 32u);
  EXPECT_EQ(DeriveKey(Secret::Copy("passphrase"), kSalt, kCheap)->Reveal(),
            key->Reveal());
  EXPECT_NE(DeriveKey("passphrasE", kSalt, kCheap)->Reveal(), key->Reveal());
  EXPECT_NE(DeriveKey("passphrase", std::string(16, 't'), kCheap)->Reveal(),
            key->Reveal());
  EXPECT_NE(DeriveKey("passphrase", kSalt, {16, 1})->Reveal(), key->Reveal());
  EXPECT_NE(DeriveKey("passphrase", kSalt, {8, 2})->Reveal(), key->Reveal());
}

TEST(DeriveKey, RefusesSaltsOfAnotherSizeAndNoPassphrase) {
  for (const size_t size : {0, 15, 17}) {
    EXPECT_THAT(DeriveKey("passphrase", std::string(size, 's'), kCheap),
                StatusIs(kInvalid));
  }
  EXPECT_THAT(DeriveKey("", kSalt, kCheap), StatusIs(kInvalid));
}

}  // namespace
}  // namespace amparo::crypto
