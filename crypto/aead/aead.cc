// SPDX-License-Identifier: Apache-2.0

#include "crypto/aead/aead.h"

#include <openssl/evp.h>

#include <cstring>
#include <memory>

#include "absl/status/status.h"
#include "crypto/base/fatal.h"
#include "crypto/base/openssl_errors.h"
#include "crypto/base/status_macros.h"

namespace amparo::crypto {
namespace {

constexpr size_t kInputMaxSize = (size_t{1} << 30) - 1;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const {
    EVP_CIPHER_CTX_free(context);  // wipes the key schedule
  }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const EVP_CIPHER* Fetch(const char* name) {
  const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  FatalUnless(cipher != nullptr, "a cipher is missing");
  return cipher;
}

const EVP_CIPHER* AesGcm() {
  static const EVP_CIPHER* const cipher = Fetch("AES-256-GCM");
  return cipher;
}

const EVP_CIPHER* ChaChaPoly() {
  static const EVP_CIPHER* const cipher = Fetch("ChaCha20-Poly1305");
  return cipher;
}

const unsigned char* In(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* Out(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

absl::Status CheckSizes(absl::string_view nonce, absl::string_view input,
                        absl::string_view associated) {
  if (nonce.size() != kAeadNonceSize) {
    return absl::InvalidArgumentError("nonce: not 12 bytes");
  }
  if (input.size() > kInputMaxSize || associated.size() > kInputMaxSize) {
    return absl::InvalidArgumentError("input: too long");
  }
  return absl::OkStatus();
}

absl::StatusOr<Secret> CheckedKey(absl::string_view key) {
  if (key.size() != kAeadKeySize) {
    return absl::InvalidArgumentError("key: not 32 bytes");
  }
  return Secret::Copy(key);
}

absl::StatusOr<std::string> SealWith(const EVP_CIPHER* cipher,
                                     const Secret& key, absl::string_view nonce,
                                     absl::string_view plaintext,
                                     absl::string_view associated) {
  RETURN_IF_ERROR(CheckSizes(nonce, plaintext, associated));
  const Context context(EVP_CIPHER_CTX_new());
  std::string out(plaintext.size() + kAeadTagSize, '\0');
  int n = 0;
  bool ok = context != nullptr &&
            EVP_EncryptInit_ex2(context.get(), cipher, In(key.Reveal()),
                                In(nonce), nullptr) == 1;
  if (ok && !associated.empty()) {
    ok = EVP_EncryptUpdate(context.get(), nullptr, &n, In(associated),
                           static_cast<int>(associated.size())) == 1;
  }
  if (ok && !plaintext.empty()) {
    ok = EVP_EncryptUpdate(context.get(), Out(out), &n, In(plaintext),
                           static_cast<int>(plaintext.size())) == 1;
  }
  unsigned char* const tag = Out(out) + plaintext.size();
  ok = ok && EVP_EncryptFinal_ex(context.get(), tag, &n) == 1 &&
       EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG,
                           static_cast<int>(kAeadTagSize), tag) == 1;
  FatalUnless(ok, "sealing failed");
  return out;
}

absl::StatusOr<std::string> OpenWith(const EVP_CIPHER* cipher,
                                     const Secret& key, absl::string_view nonce,
                                     absl::string_view input,
                                     absl::string_view associated) {
  RETURN_IF_ERROR(CheckSizes(nonce, input, associated));
  if (input.size() < kAeadTagSize) {
    return absl::DataLossError("ciphertext: shorter than its tag");
  }
  const absl::string_view body = input.substr(0, input.size() - kAeadTagSize);
  unsigned char tag[kAeadTagSize];
  std::memcpy(tag, input.data() + body.size(), kAeadTagSize);
  const QuietErrors quiet;
  const Context context(EVP_CIPHER_CTX_new());
  FatalUnless(context != nullptr &&
                  EVP_DecryptInit_ex2(context.get(), cipher, In(key.Reveal()),
                                      In(nonce), nullptr) == 1,
              "opening cannot start");
  std::string out(body.size(), '\0');
  int n = 0;
  bool ok = EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG,
                                static_cast<int>(kAeadTagSize), tag) == 1;
  if (ok && !associated.empty()) {
    ok = EVP_DecryptUpdate(context.get(), nullptr, &n, In(associated),
                           static_cast<int>(associated.size())) == 1;
  }
  if (ok && !body.empty()) {
    ok = EVP_DecryptUpdate(context.get(), Out(out), &n, In(body),
                           static_cast<int>(body.size())) == 1;
  }
  unsigned char nothing[1];
  ok = ok && EVP_DecryptFinal_ex(context.get(), nothing, &n) == 1;
  if (!ok) {
    Cleanse(out.data(), out.size());
    return absl::DataLossError("ciphertext: does not authenticate");
  }
  return out;
}

}  // namespace

absl::StatusOr<Aes256Gcm> Aes256Gcm::Create(absl::string_view key) {
  ASSIGN_OR_RETURN(Secret checked, CheckedKey(key));
  return Aes256Gcm(std::move(checked));
}

absl::StatusOr<Aes256Gcm> Aes256Gcm::Create(const Secret& key) {
  return Create(key.Reveal());
}

absl::StatusOr<std::string> Aes256Gcm::Seal(
    absl::string_view nonce, absl::string_view plaintext,
    absl::string_view associated) const {
  return SealWith(AesGcm(), key_, nonce, plaintext, associated);
}

absl::StatusOr<std::string> Aes256Gcm::Open(
    absl::string_view nonce, absl::string_view ciphertext_and_tag,
    absl::string_view associated) const {
  return OpenWith(AesGcm(), key_, nonce, ciphertext_and_tag, associated);
}

absl::StatusOr<ChaCha20Poly1305> ChaCha20Poly1305::Create(
    absl::string_view key) {
  ASSIGN_OR_RETURN(Secret checked, CheckedKey(key));
  return ChaCha20Poly1305(std::move(checked));
}

absl::StatusOr<ChaCha20Poly1305> ChaCha20Poly1305::Create(const Secret& key) {
  return Create(key.Reveal());
}

absl::StatusOr<std::string> ChaCha20Poly1305::Seal(
    absl::string_view nonce, absl::string_view plaintext,
    absl::string_view associated) const {
  return SealWith(ChaChaPoly(), key_, nonce, plaintext, associated);
}

absl::StatusOr<std::string> ChaCha20Poly1305::Open(
    absl::string_view nonce, absl::string_view ciphertext_and_tag,
    absl::string_view associated) const {
  return OpenWith(ChaChaPoly(), key_, nonce, ciphertext_and_tag, associated);
}

}  // namespace amparo::crypto
