// SPDX-License-Identifier: Apache-2.0

#include "crypto/seal/hpke.h"

#include <string>

#include "crypto/base/deterministic_random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace amparo::crypto {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kLost = absl::StatusCode::kDataLoss;

class HpkeTest : public testing::Test {
 protected:
  absl::StatusOr<std::string> Open(const Sealed& sealed,
                                   const std::string& info = "info",
                                   const std::string& header = "header") {
    return OpenBase(key_, sealed.enc, info, header, sealed.ciphertext);
  }

  DeterministicRandom random_{1};
  const X25519PrivateKey key_ = X25519PrivateKey::Generate(random_);
  const Sealed sealed_ =
      *SealBase(key_.public_key(), "info", "header", "plaintext", random_);
};

TEST_F(HpkeTest, OpensWhatWasSealed) {
  EXPECT_EQ(sealed_.enc.size(), 32u);
  EXPECT_EQ(sealed_.ciphertext.size(), 9u + 16u);
  EXPECT_THAT(Open(sealed_), IsOkAndHolds("plaintext"));
  const auto empty = SealBase(key_.public_key(), "", "", "", random_);
  ASSERT_THAT(empty, IsOk());
  EXPECT_THAT(Open(*empty, "", ""), IsOkAndHolds(""));
}

TEST_F(HpkeTest, NeverSealsTheSameTwice) {
  const auto again =
      SealBase(key_.public_key(), "info", "header", "plaintext", random_);
  ASSERT_THAT(again, IsOk());
  EXPECT_NE(again->enc, sealed_.enc);
  EXPECT_NE(again->ciphertext, sealed_.ciphertext);
}

TEST_F(HpkeTest, RefusesOtherInfoHeaderOrKey) {
  EXPECT_THAT(Open(sealed_, "infO"), StatusIs(kLost));
  EXPECT_THAT(Open(sealed_, ""), StatusIs(kLost));
  EXPECT_THAT(Open(sealed_, "info", "headeR"), StatusIs(kLost));
  const X25519PrivateKey other = X25519PrivateKey::Generate(random_);
  EXPECT_THAT(
      OpenBase(other, sealed_.enc, "info", "header", sealed_.ciphertext),
      StatusIs(kLost));
}

TEST_F(HpkeTest, RefusesTamperedOrTruncatedBytes) {
  for (size_t i = 0; i < sealed_.ciphertext.size(); ++i) {
    Sealed changed = sealed_;
    changed.ciphertext[i] = static_cast<char>(changed.ciphertext[i] ^ 1);
    EXPECT_THAT(Open(changed), StatusIs(kLost));
    changed = sealed_;
    changed.ciphertext.resize(i);
    EXPECT_THAT(Open(changed), StatusIs(kLost));
  }
  for (size_t i = 0; i < sealed_.enc.size(); ++i) {
    Sealed changed = sealed_;
    changed.enc[i] = static_cast<char>(changed.enc[i] ^ 1);
    EXPECT_THAT(Open(changed), StatusIs(kLost));
    changed.enc.resize(i);
    EXPECT_THAT(Open(changed), StatusIs(kInvalid));
  }
}

TEST_F(HpkeTest, RefusesAnEncapsulatedKeyOfSmallOrder) {
  Sealed changed = sealed_;
  changed.enc = std::string(32, '\0');
  EXPECT_THAT(Open(changed), StatusIs(kInvalid));
}

TEST_F(HpkeTest, RefusesARecipientOfSmallOrder) {
  EXPECT_THAT(SealBase(*X25519PublicKey::FromBytes(std::string(32, '\0')), "",
                       "", "plaintext", random_),
              StatusIs(kInvalid));
}

TEST_F(HpkeTest, ContextsCarryMessagesInOrder) {
  auto sender = HpkeContext::ForSender(key_.public_key(), "info", random_);
  ASSERT_THAT(sender, IsOk());
  auto recipient = HpkeContext::ForRecipient(key_, sender->enc, "info");
  ASSERT_THAT(recipient, IsOk());
  const std::string first = *sender->context.Seal("a", "one");
  const std::string second = *sender->context.Seal("a", "two");
  // The wrong one does not open, and does not spoil the right one.
  EXPECT_THAT(recipient->Open("a", second), StatusIs(kLost));
  EXPECT_THAT(recipient->Open("a", first), IsOkAndHolds("one"));
  EXPECT_THAT(recipient->Open("a", first), StatusIs(kLost));
  EXPECT_THAT(recipient->Open("a", second), IsOkAndHolds("two"));
}

TEST_F(HpkeTest, BothEndsExportTheSame) {
  auto sender = HpkeContext::ForSender(key_.public_key(), "info", random_);
  auto recipient = HpkeContext::ForRecipient(key_, sender->enc, "info");
  const auto here = sender->context.Export("label", 64);
  const auto there = recipient->Export("label", 64);
  ASSERT_THAT(here, IsOk());
  ASSERT_THAT(there, IsOk());
  EXPECT_EQ(here->Reveal(), there->Reveal());
  EXPECT_NE(recipient->Export("other", 64)->Reveal(), here->Reveal());
  EXPECT_THAT(recipient->Export("label", 255 * 32 + 1), StatusIs(kInvalid));
}

}  // namespace
}  // namespace amparo::crypto
