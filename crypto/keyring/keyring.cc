// SPDX-License-Identifier: Apache-2.0

#include "crypto/keyring/keyring.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdint>
#include <cstring>
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

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const {
    EVP_CIPHER_CTX_free(context);
  }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* In(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// RFC 5649 section 3: the first half of the alternative initial value.
constexpr uint32_t kInitialValue = 0xa65959a6;
constexpr int kRounds = 6;  // RFC 3394 section 2.2.1

unsigned char* Out(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

// Single AES blocks under one key. OpenSSL's own wrapping cipher works with
// table look-ups in place of the processor's AES instructions: four times
// slower, and its timing shows the cache.
class Blocks {
 public:
  Blocks(const Secret& wrapping_key, bool encrypt) {
    static const EVP_CIPHER* const cipher =
        EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr);
    FatalUnless(cipher != nullptr && context_ != nullptr, "AES is missing");
    FatalUnless(
        EVP_CipherInit_ex2(context_.get(), cipher, In(wrapping_key.Reveal()),
                           nullptr, encrypt ? 1 : 0, nullptr) == 1 &&
            EVP_CIPHER_CTX_set_padding(context_.get(), 0) == 1,
        "AES cannot start");
  }

  void Turn(unsigned char* block) {
    int n = 0;
    FatalUnless(
        EVP_CipherUpdate(context_.get(), block, &n, block, 2 * kBlock) == 1,
        "AES failed");
  }

 private:
  Context context_{EVP_CIPHER_CTX_new()};
};

// A block of AES: the running value A, then one half R[i] of the key.
class Halves {
 public:
  ~Halves() { OPENSSL_cleanse(block, sizeof(block)); }

  void Count(uint64_t step) {
    for (size_t i = 0; i < kBlock; ++i) {
      block[kBlock - 1 - i] = static_cast<unsigned char>(
          block[kBlock - 1 - i] ^ ((step >> (8 * i)) & 0xff));
    }
  }

  unsigned char block[2 * kBlock] = {};
};

absl::Status CheckWrappingKey(const Secret& wrapping_key) {
  if (wrapping_key.size() != kWrappingKeySize) {
    return absl::InvalidArgumentError("wrapping key: not 32 bytes");
  }
  return absl::OkStatus();
}

// The key within what was unwrapped: RFC 5649 section 3, its three checks. One
// answer for all, and no byte of what does not authenticate.
absl::StatusOr<Secret> Unpadded(absl::string_view unwrapped) {
  ByteReader reader(unwrapped);
  ASSIGN_OR_RETURN(const uint32_t initial, reader.ReadU32());
  ASSIGN_OR_RETURN(const uint32_t size, reader.ReadU32());
  const absl::string_view padded = unwrapped.substr(kBlock);
  bool good = initial == kInitialValue && size <= padded.size() &&
              padded.size() - size < kBlock;
  unsigned char padding = 0;
  if (good) {
    for (const char c : padded.substr(size)) {
      padding = static_cast<unsigned char>(padding | static_cast<uint8_t>(c));
    }
  }
  good = good && padding == 0;
  if (!good) return absl::DataLossError("wrapped key: does not authenticate");
  return Secret::Copy(padded.substr(0, size));
}

}  // namespace

absl::StatusOr<std::string> WrapKey(const Secret& wrapping_key,
                                    const Secret& key) {
  RETURN_IF_ERROR(CheckWrappingKey(wrapping_key));
  if (key.empty() || key.size() > kWrapMaxSize) {
    return absl::InvalidArgumentError("key: not 1 to 4096 bytes");
  }
  const size_t halves = (key.size() + kBlock - 1) / kBlock;
  std::string out;
  out.reserve((halves + 1) * kBlock);
  AppendU32(&out, kInitialValue);
  AppendU32(&out, static_cast<uint32_t>(key.size()));
  absl::StrAppend(&out, key.Reveal());
  out.resize((halves + 1) * kBlock, '\0');
  Blocks aes(wrapping_key, true);
  if (halves == 1) {
    aes.Turn(Out(out));
    return out;
  }
  Halves now;
  std::memcpy(now.block, out.data(), kBlock);
  uint64_t step = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 1; i <= halves; ++i) {
      std::memcpy(now.block + kBlock, out.data() + i * kBlock, kBlock);
      aes.Turn(now.block);
      now.Count(++step);
      std::memcpy(out.data() + i * kBlock, now.block + kBlock, kBlock);
    }
  }
  std::memcpy(out.data(), now.block, kBlock);
  return out;
}

absl::StatusOr<Secret> UnwrapKey(const Secret& wrapping_key,
                                 absl::string_view wrapped) {
  RETURN_IF_ERROR(CheckWrappingKey(wrapping_key));
  if (wrapped.size() < 2 * kBlock || wrapped.size() % kBlock != 0 ||
      wrapped.size() > kWrapMaxSize + kBlock) {
    return absl::InvalidArgumentError("wrapped key: not a possible size");
  }
  Secret out = Secret::Copy(wrapped);
  char* const bytes = out.mutable_bytes();
  const size_t halves = wrapped.size() / kBlock - 1;
  Blocks aes(wrapping_key, false);
  if (halves == 1) {
    aes.Turn(reinterpret_cast<unsigned char*>(bytes));
  } else {
    Halves now;
    std::memcpy(now.block, bytes, kBlock);
    uint64_t step = kRounds * halves;
    for (int round = 0; round < kRounds; ++round) {
      for (size_t i = halves; i > 0; --i) {
        now.Count(step--);
        std::memcpy(now.block + kBlock, bytes + i * kBlock, kBlock);
        aes.Turn(now.block);
        std::memcpy(bytes + i * kBlock, now.block + kBlock, kBlock);
      }
    }
    std::memcpy(bytes, now.block, kBlock);
  }
  return Unpadded(out.Reveal());
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
