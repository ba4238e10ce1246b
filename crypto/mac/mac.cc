// SPDX-License-Identifier: Apache-2.0

#include "crypto/mac/mac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "absl/status/status.h"
#include "crypto/base/digest.h"
#include "crypto/base/fatal.h"
#include "crypto/base/status_macros.h"

namespace amparo::crypto {
namespace {

const unsigned char* In(absl::string_view bytes) {
  // A null pointer would mean "the key of before" to EVP_MAC_init.
  static const unsigned char kNothing[1] = {0};
  return bytes.empty() ? kNothing
                       : reinterpret_cast<const unsigned char*>(bytes.data());
}

EVP_MAC_CTX* NewContext(absl::string_view key) {
  static EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  FatalUnless(hmac != nullptr, "HMAC is missing");
  EVP_MAC_CTX* const context = EVP_MAC_CTX_new(hmac);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  FatalUnless(context != nullptr &&
                  EVP_MAC_init(context, In(key), key.size(), parameters) == 1,
              "HMAC cannot start");
  return context;
}

void Finish(EVP_MAC_CTX* context, unsigned char* out) {
  size_t size = 0;
  FatalUnless(
      EVP_MAC_final(context, out, &size, kHmacSize) == 1 && size == kHmacSize,
      "HMAC cannot finish");
}

}  // namespace

void HmacSha256Key::Free::operator()(EVP_MAC_CTX* context) const {
  EVP_MAC_CTX_free(context);
}

HmacSha256Key::HmacSha256Key(absl::string_view key)
    : context_(NewContext(key)) {}

HmacSha256Key::HmacSha256Key(const Secret& key) : HmacSha256Key(key.Reveal()) {}

std::string HmacSha256Key::Compute(absl::string_view message) const {
  std::string out(kHmacSize, '\0');
  absl::MutexLock lock(&mutex_);
  FatalUnless(
      EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1 &&
          EVP_MAC_update(context_.get(), In(message), message.size()) == 1,
      "HMAC cannot go on");
  Finish(context_.get(), reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

bool HmacSha256Key::Verify(absl::string_view message,
                           absl::string_view tag) const {
  return ConstantTimeEqual(Compute(message), tag);
}

// libsodium's, because OpenSSL's takes longer to set up than to run, and
// sealing a letter asks for eight under eight keys.
std::string HmacSha256(absl::string_view key, absl::string_view message) {
  crypto_auth_hmacsha256_state state;
  std::string tag(kHmacSize, '\0');
  crypto_auth_hmacsha256_init(&state, In(key), key.size());
  crypto_auth_hmacsha256_update(&state, In(message), message.size());
  crypto_auth_hmacsha256_final(&state,
                               reinterpret_cast<unsigned char*>(tag.data()));
  sodium_memzero(&state, sizeof(state));
  return tag;
}

Secret HkdfExtract(absl::string_view salt, absl::string_view input_key) {
  const std::string zeros(kSha256Size, '\0');
  std::string prk =
      HmacSha256(salt.empty() ? absl::string_view(zeros) : salt, input_key);
  Secret out = Secret::Copy(prk);
  Cleanse(prk.data(), prk.size());
  return out;
}

absl::StatusOr<Secret> HkdfExpand(const Secret& pseudorandom_key,
                                  absl::string_view info, size_t size) {
  if (size > kHkdfMaxSize) {
    return absl::InvalidArgumentError("size: more than 255 blocks");
  }
  Secret out = Secret::Zeroed(size);
  std::string block;
  for (size_t done = 0; done < size;) {
    std::string input = block;
    input.append(info.data(), info.size());
    input.push_back(static_cast<char>(done / kHmacSize + 1));
    block = HmacSha256(pseudorandom_key.Reveal(), input);
    Cleanse(input.data(), input.size());
    const size_t now = std::min(size - done, block.size());
    std::memcpy(out.mutable_bytes() + done, block.data(), now);
    done += now;
  }
  Cleanse(block.data(), block.size());
  return out;
}

absl::StatusOr<Secret> HkdfSha256(absl::string_view input_key,
                                  absl::string_view salt,
                                  absl::string_view info, size_t size) {
  return HkdfExpand(HkdfExtract(salt, input_key), info, size);
}

}  // namespace amparo::crypto
