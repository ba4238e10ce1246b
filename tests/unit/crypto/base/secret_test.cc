// SPDX-License-Identifier: Apache-2.0

#include "crypto/base/secret.h"

#include <algorithm>
#include <cstring>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace amparo::crypto {
namespace {

template <typename T, typename = void>
struct Prints : std::false_type {};
template <typename T>
struct Prints<T, std::void_t<decltype(std::declval<std::ostream&>()
                                      << std::declval<const T&>())>>
    : std::true_type {};

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_copy_assignable_v<Secret>);
static_assert(!Prints<Secret>::value);
static_assert(Prints<std::string>::value);  // the check can tell

TEST(Secret, HoldsACopyOfAnySize) {
  for (const size_t size : {0, 1, 32, 255, 256, 257, 5000}) {
    const std::string bytes(size, 'k');
    const Secret secret = Secret::Copy(bytes);
    EXPECT_EQ(secret.Reveal(), bytes);
    EXPECT_EQ(secret.size(), size);
    EXPECT_EQ(secret.empty(), size == 0);
    EXPECT_EQ(secret.Clone().Reveal(), bytes);
  }
}

TEST(Secret, MovesAndLeavesNothingBehind) {
  Secret from = Secret::Copy("key");
  Secret to = std::move(from);
  EXPECT_EQ(to.Reveal(), "key");
  EXPECT_TRUE(from.empty());  // NOLINT: what a moved-from secret is
  to = Secret::Copy("other");
  EXPECT_EQ(to.Reveal(), "other");
  Secret& alias = to;
  to = std::move(alias);
  EXPECT_EQ(to.Reveal(), "other");
}

TEST(Secret, StartsFromZerosEvenWhereAnotherSecretWas) {
  for (int i = 0; i < 1000; ++i) {
    Secret secret = Secret::Zeroed(48);
    EXPECT_EQ(secret.Reveal(), std::string(48, '\0'));
    std::memset(secret.mutable_bytes(), 'k', secret.size());
  }
}

TEST(Secret, IsOverwrittenWhenItEnds) {
  // The slot stays mapped after it was given back, so it can be looked at.
  const char* at = nullptr;
  {
    const Secret secret = Secret::Copy(std::string(64, 'k'));
    at = secret.Reveal().data();
  }
  EXPECT_EQ(std::count(at, at + 64, 'k'), 0);
}

TEST(Secret, KeepsManyApart) {
  std::vector<Secret> many;
  for (int i = 0; i < 2000; ++i)
    many.push_back(Secret::Copy(std::to_string(i)));
  for (int i = 0; i < 2000; ++i) {
    EXPECT_EQ(many[static_cast<size_t>(i)].Reveal(), std::to_string(i));
  }
}

TEST(ConstantTimeEqual, ComparesBytesAndLengths) {
  EXPECT_TRUE(ConstantTimeEqual("", ""));
  EXPECT_TRUE(ConstantTimeEqual("abc", "abc"));
  EXPECT_FALSE(ConstantTimeEqual("abc", "abd"));
  EXPECT_FALSE(ConstantTimeEqual("abc", "ab"));
  EXPECT_FALSE(ConstantTimeEqual("", "a"));
}

TEST(Cleanse, OverwritesAllOfIt) {
  std::string bytes = "secret";
  Cleanse(bytes.data(), bytes.size());
  EXPECT_EQ(bytes, std::string(6, '\0'));
  Cleanse(nullptr, 0);
}

}  // namespace
}  // namespace amparo::crypto
