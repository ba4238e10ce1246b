// SPDX-License-Identifier: Apache-2.0
//
// Inside of crypto/sign: P-256 keys as OpenSSL holds them.

#ifndef AMPARO_CRYPTO_SIGN_P256_KEYS_H_
#define AMPARO_CRYPTO_SIGN_P256_KEYS_H_

#include <openssl/evp.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/base/secret.h"

namespace amparo::crypto {

using SharedPkey = std::shared_ptr<EVP_PKEY>;

inline SharedPkey Own(EVP_PKEY* key) {
  return SharedPkey(key, [](EVP_PKEY* owned) { EVP_PKEY_free(owned); });
}

// A public key from a SEC 1 point; a private one where `scalar` is given,
// which must then belong to the point. INVALID_ARGUMENT when it is none.
absl::StatusOr<SharedPkey> MakeP256(absl::string_view point,
                                    const Secret* scalar);

// The compressed point of a P-256 key from elsewhere; INVALID_ARGUMENT for
// other keys.
absl::StatusOr<std::string> CompressedPointOf(const EVP_PKEY* key);

// The private scalar, 32 bytes; INVALID_ARGUMENT when it has none.
absl::StatusOr<Secret> ScalarOf(const EVP_PKEY* key);

// The compressed point of scalar times the generator; INVALID_ARGUMENT unless
// the scalar is 32 bytes and from 1 to the order less 1.
absl::StatusOr<std::string> PointOf(absl::string_view scalar);

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_SIGN_P256_KEYS_H_
