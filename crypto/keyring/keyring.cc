// SPDX-License-Identifier: Apache-2.0

#include "crypto/keyring/keyring.h"

#include <openssl/evp.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/fatal.h"
#include "crypto/base/openssl_errors.h"
#include "crypto/base/status_macros.h"

namespace amparo::crypto {
namespace {

constexpr absl::string_view kMagic = "amparoKF";
constexpr uint16_t kVersion = 1;
constexpr size_t kBlock = 8;  // RFC 5649 works in halves of an AES block

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const {
    EVP_CIPHER_CTX_free(context);
  }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* In(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Context Start(const Secret& wrapping_key, int encrypt) {
  static const EVP_CIPHER* const cipher =
      EVP_CIPHER_fetch(nullptr, "AES-256-WRAP-PAD", nullptr);
  Context context(EVP_CIPHER_CTX_new());
  FatalUnless(cipher != nullptr && context != nullptr,
              "AES key wrap is missing");
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  FatalUnless(
      EVP_CipherInit_ex2(context.get(), cipher, In(wrapping_key.Reveal()),
                         nullptr, encrypt, nullptr) == 1,
      "AES key wrap cannot start");
  return context;
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
  std::string out(padded + 2 * kBlock, '\0');
  int n = 0;
  FatalUnless(EVP_CipherUpdate(
                  context.get(), reinterpret_cast<unsigned char*>(out.data()),
                  &n, In(key.Reveal()), static_cast<int>(key.size())) == 1 &&
                  static_cast<size_t>(n) == padded + kBlock,
              "AES key wrap failed");
  out.resize(static_cast<size_t>(n));
  return out;
}

absl::StatusOr<Secret> UnwrapKey(const Secret& wrapping_key,
                                 absl::string_view wrapped) {
  RETURN_IF_ERROR(CheckWrappingKey(wrapping_key));
  if (wrapped.size() < 2 * kBlock || wrapped.size() % kBlock != 0 ||
      wrapped.size() > kWrapMaxSize + kBlock) {
    return absl::InvalidArgumentError("wrapped key: not a possible size");
  }
  const QuietErrors quiet;
  const Context context = Start(wrapping_key, 0);
  Secret out = Secret::Zeroed(wrapped.size());
  int n = 0;
  if (EVP_CipherUpdate(
          context.get(), reinterpret_cast<unsigned char*>(out.mutable_bytes()),
          &n, In(wrapped), static_cast<int>(wrapped.size())) != 1 ||
      n <= 0) {
    return absl::DataLossError("wrapped key: does not authenticate");
  }
  return Secret::Copy(out.Reveal().substr(0, static_cast<size_t>(n)));
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
