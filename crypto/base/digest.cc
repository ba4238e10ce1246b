// SPDX-License-Identifier: Apache-2.0

#include "crypto/base/digest.h"

#include <openssl/evp.h>

#include "crypto/base/fatal.h"

namespace amparo::crypto {
namespace {

const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm =
      EVP_MD_fetch(nullptr, "SHA256", nullptr);
  FatalUnless(algorithm != nullptr, "SHA-256 is missing");
  return algorithm;
}

EVP_MD_CTX* NewContext() {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  FatalUnless(context != nullptr &&
                  EVP_DigestInit_ex2(context, Algorithm(), nullptr) == 1,
              "SHA-256 cannot start");
  return context;
}

}  // namespace

void Sha256Stream::Free::operator()(EVP_MD_CTX* context) const {
  EVP_MD_CTX_free(context);
}

Sha256Stream::Sha256Stream() : context_(NewContext()) {}

void Sha256Stream::Update(absl::string_view bytes) {
  FatalUnless(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1,
              "SHA-256 cannot go on");
}

std::string Sha256Stream::Finish() {
  std::string out(kSha256Size, '\0');
  FatalUnless(EVP_DigestFinal_ex(context_.get(),
                                 reinterpret_cast<unsigned char*>(out.data()),
                                 nullptr) == 1 &&
                  EVP_DigestInit_ex2(context_.get(), Algorithm(), nullptr) == 1,
              "SHA-256 cannot finish");
  return out;
}

std::string Sha256(absl::string_view bytes) {
  // A context of one's own per thread: making one costs as much as the hash of
  // a short message.
  static thread_local Sha256Stream stream;
  stream.Update(bytes);
  return stream.Finish();
}

}  // namespace amparo::crypto
