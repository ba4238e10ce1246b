// SPDX-License-Identifier: Apache-2.0

#include "crypto/aead/aead.h"

#include <memory>
#include <string>

#include "crypto/base/bytes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace amparo::crypto {
namespace {

const std::string kKey(32, 'k');
const std::string kNonce(12, 'n');

std::unique_ptr<Aead> Make(const std::string& cipher, const std::string& key) {
  if (cipher == "aes") {
    return std::make_unique<Aes256Gcm>(*Aes256Gcm::Create(key));
  }
  return std::make_unique<ChaCha20Poly1305>(*ChaCha20Poly1305::Create(key));
}

class AeadTest : public testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<Aead> aead_ = Make(GetParam(), kKey);
};

INSTANTIATE_TEST_SUITE_P(Both, AeadTest, testing::Values("aes", "chacha"));

TEST_P(AeadTest, OpensWhatItSealed) {
  for (const size_t size : {0, 1, 15, 16, 17, 1024, 300000}) {
    for (const char* associated : {"", "table and row"}) {
      const std::string plaintext(size, 'p');
      const auto sealed = aead_->Seal(kNonce, plaintext, associated);
      ASSERT_THAT(sealed, IsOk());
      EXPECT_EQ(sealed->size(), size + kAeadTagSize);
      EXPECT_THAT(aead_->Open(kNonce, *sealed, associated),
                  IsOkAndHolds(plaintext));
    }
  }
}

TEST_P(AeadTest, RefusesEveryTurnedBit) {
  const std::string sealed = *aead_->Seal(kNonce, "plaintext", "row");
  for (size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_THAT(aead_->Open(kNonce, changed, "row"),
                StatusIs(absl::StatusCode::kDataLoss));
  }
}

TEST_P(AeadTest, RefusesEveryTruncation) {
  const std::string sealed = *aead_->Seal(kNonce, "plaintext", "row");
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_THAT(aead_->Open(kNonce, sealed.substr(0, size), "row"),
                StatusIs(absl::StatusCode::kDataLoss));
  }
  EXPECT_THAT(aead_->Open(kNonce, sealed + "x", "row"),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_P(AeadTest, RefusesAnotherKeyNonceOrAssociated) {
  const std::string sealed = *aead_->Seal(kNonce, "plaintext", "row");
  EXPECT_THAT(aead_->Open(kNonce, sealed, "rox"),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(aead_->Open(kNonce, sealed, ""),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(aead_->Open(std::string(12, 'm'), sealed, "row"),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(
      Make(GetParam(), std::string(32, 'j'))->Open(kNonce, sealed, "row"),
      StatusIs(absl::StatusCode::kDataLoss));
}

TEST_P(AeadTest, RefusesNoncesOfAnotherSize) {
  const std::string sealed = *aead_->Seal(kNonce, "plaintext", "");
  for (const size_t size : {0, 8, 11, 13, 16, 24}) {
    EXPECT_THAT(aead_->Seal(std::string(size, 'n'), "plaintext", ""),
                StatusIs(absl::StatusCode::kInvalidArgument));
    EXPECT_THAT(aead_->Open(std::string(size, 'n'), sealed, ""),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST(AeadCreate, RefusesKeysOfAnotherSize) {
  for (const size_t size : {0, 16, 24, 31, 33}) {
    const std::string key(size, 'k');
    EXPECT_THAT(Aes256Gcm::Create(key),
                StatusIs(absl::StatusCode::kInvalidArgument));
    EXPECT_THAT(ChaCha20Poly1305::Create(Secret::Copy(key)),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST(Aes256Gcm, GivesThePublishedCiphertext) {
  // McGrew and Viega, "The Galois/Counter Mode", test case 14.
  const auto aead = Aes256Gcm::Create(std::string(32, '\0'));
  ASSERT_THAT(aead, IsOk());
  const auto sealed =
      aead->Seal(std::string(12, '\0'), std::string(16, '\0'), "");
  ASSERT_THAT(sealed, IsOk());
  EXPECT_EQ(HexEncode(*sealed),
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

}  // namespace
}  // namespace amparo::crypto
