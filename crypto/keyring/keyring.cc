// SPDX-License-Identifier: Apache-2.0

#include "crypto/keyring/keyring.h"

#include <openssl/evp.h>
#include <openssl/modes.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/fatal.h"
#include "crypto/base/status_macros.h"

namespace amparo::crypto {
namespace {

constexpr absl::string_view kMagic = "amparoKF";
constexpr uint16_t kVersion = 1;
constexpr size_t kBlock = 8;  // RFC 5649 works in halves of an AES block
constexpr int kAesBlock = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const {
    EVP_CIPHER_CTX_free(context);
  }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* In(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// OpenSSL's own AES key wrap runs on an AES without the processor's
// instructions, four times slower. So its wrapping (RFC 5649) is given the
// block of the cipher that has them.
Context Start(const Secret& wrapping_key, int encrypt) {
  static const EVP_CIPHER* const cipher =
      EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr);
  Context context(EVP_CIPHER_CTX_new());
  FatalUnless(cipher != nullptr && context != nullptr, "AES is missing");
  FatalUnless(
      EVP_CipherInit_ex2(context.get(), cipher, In(wrapping_key.Reveal()),
                         nullptr, encrypt, nullptr) == 1 &&
          EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1,
      "AES cannot start");
  return context;
}

// A block128_f; `key` is the context, which the block changes.
void Block(const unsigned char in[kAesBlock], unsigned char out[kAesBlock],
           const void* key) {
  auto* const context = static_cast<EVP_CIPHER_CTX*>(const_cast<void*>(key));
  int n = 0;
  FatalUnless(
      EVP_CipherUpdate(context, out, &n, in, kAesBlock) == 1 && n == kAesBlock,
      "AES failed");
}

absl::Status CheckWrappingKey(const Secret& wrapping_key) {
  if (wrapping_key.size() != kWrappingKeySize) {
    return absl::InvalidArgumentError("wrapping key: not 32 bytes");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> WrapKey(const Secret& wrapping_key,
                                    const Secret& key) {
  RETURN_IF_ERROR(CheckWrappingKey(wrapping_key));
  if (key.empty() || key.size() > kWrapMaxSize) {
    return absl::InvalidArgumentError("key: not 1 to 4096 bytes");
  }
  const Context context = Start(wrapping_key, 1);
  const size_t padded = (key.size() + kBlock - 1) / kBlock * kBlock;
  std::string out(padded + kBlock, '\0');
  FatalUnless(
      CRYPTO_128_wrap_pad(context.get(), nullptr,
                          reinterpret_cast<unsigned char*>(out.data()),
                          In(key.Reveal()), key.size(), Block) == out.size(),
      "AES key wrap failed");
  return out;
}

absl::StatusOr<Secret> UnwrapKey(const Secret& wrapping_key,
                                 absl::string_view wrapped) {
  RETURN_IF_ERROR(CheckWrappingKey(wrapping_key));
  if (wrapped.size() < 2 * kBlock || wrapped.size() % kBlock != 0 ||
      wrapped.size() > kWrapMaxSize + kBlock) {
    return absl::InvalidArgumentError("wrapped key: not a possible size");
  }
  const Context context = Start(wrapping_key, 0);
  Secret out = Secret::Zeroed(wrapped.size());
  const size_t size = CRYPTO_128_unwrap_pad(
      context.get(), nullptr,
      reinterpret_cast<unsigned char*>(out.mutable_bytes()), In(wrapped),
      wrapped.size(), Block);
  if (size == 0) {
    return absl::DataLossError("wrapped key: does not authenticate");
  }
  return Secret::Copy(out.Reveal().substr(0, size));
}

absl::StatusOr<std::string> SealKeyFile(const Secret& passphrase,
                                        const Secret& key, RandomSource& random,
                                        PasswordCost cost) {
  const std::string salt = RandomBytes(random, kPasswordSaltSize);
  ASSIGN_OR_RETURN(const Secret wrapping_key,
                   DeriveKey(passphrase, salt, cost));
  ASSIGN_OR_RETURN(const std::string wrapped, WrapKey(wrapping_key, key));
  std::string file(kMagic);
  AppendU16(&file, kVersion);
  AppendU32(&file, cost.memory_kib);
  AppendU32(&file, cost.passes);
  absl::StrAppend(&file, salt);
  AppendPrefixed(&file, wrapped);
  return file;
}

absl::StatusOr<Secret> OpenKeyFile(const Secret& passphrase,
                                   absl::string_view file) {
  if (file.size() > kKeyFileMaxSize) {
    return absl::InvalidArgumentError("key file: too long");
  }
  ByteReader reader(file);
  const absl::StatusOr<std::string> magic = reader.ReadBytes(kMagic.size());
  if (!magic.ok() || *magic != kMagic) {
    return absl::InvalidArgumentError("key file: not a key file");
  }
  ASSIGN_OR_RETURN(const uint16_t version, reader.ReadU16());
  if (version != kVersion) {
    return absl::InvalidArgumentError("key file: of an unknown version");
  }
  PasswordCost cost = {};
  ASSIGN_OR_RETURN(cost.memory_kib, reader.ReadU32());
  ASSIGN_OR_RETURN(cost.passes, reader.ReadU32());
  ASSIGN_OR_RETURN(const std::string salt, reader.ReadBytes(kPasswordSaltSize));
  ASSIGN_OR_RETURN(const std::string wrapped, reader.ReadPrefixed());
  if (!reader.AtEnd()) {
    return absl::InvalidArgumentError("key file: bytes after its end");
  }
  ASSIGN_OR_RETURN(const Secret wrapping_key,
                   DeriveKey(passphrase, salt, cost));
  return UnwrapKey(wrapping_key, wrapped);
}

}  // namespace amparo::crypto
