// SPDX-License-Identifier: Apache-2.0
//
// ECDSA on P-256 with SHA-256 (FIPS 186-4): office keys, signing keys, TLS.
// P-256 because TLS, PKCS#11 tokens and CMS all take it, and any auditor can
// verify with stock `openssl dgst`.
//
// Both classes are handles to one immutable key: copying is cheap, and copies
// may be used from any thread.

#ifndef AMPARO_CRYPTO_SIGN_P256_H_
#define AMPARO_CRYPTO_SIGN_P256_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/base/secret.h"

struct evp_pkey_ctx_st;
struct evp_pkey_st;

namespace amparo::crypto {

inline constexpr size_t kP256CompressedSize = 33;
inline constexpr size_t kP256ScalarSize = 32;
inline constexpr size_t kP1363SignatureSize = 64;

class P256PublicKey {
 public:
  // SEC 1 compressed point: 0x02 or 0x03, then x. INVALID_ARGUMENT for another
  // form or a point that is not on the curve.
  static absl::StatusOr<P256PublicKey> FromCompressed(absl::string_view point);

  // SubjectPublicKeyInfo, DER, nothing after it. INVALID_ARGUMENT for another
  // curve or kind of key.
  static absl::StatusOr<P256PublicKey> FromSpki(absl::string_view der);

  // 33 bytes: the name of the key everywhere in the system.
  const std::string& Compressed() const { return compressed_; }

  // SubjectPublicKeyInfo, DER.
  std::string ToSpki() const;

  // OK, or UNAUTHENTICATED. The signature is DER, strictly encoded, over
  // SHA-256 of the message. A signature is not unique: (r, -s) verifies too,
  // so never use one as an identifier.
  absl::Status VerifyDer(absl::string_view message,
                         absl::string_view signature) const;

  // The same for r and s of 32 bytes each (IEEE P1363; browsers make these).
  absl::Status VerifyP1363(absl::string_view message,
                           absl::string_view signature) const;

  friend bool operator==(const P256PublicKey& a, const P256PublicKey& b) {
    return a.compressed_ == b.compressed_;
  }
  friend bool operator!=(const P256PublicKey& a, const P256PublicKey& b) {
    return !(a == b);
  }

 private:
  friend class P256PrivateKey;
  friend class CertificateKeys;
  P256PublicKey(std::shared_ptr<evp_pkey_st> key, std::string compressed);

  std::shared_ptr<evp_pkey_st> key_;
  // Set up for verifying; copied for each use, never used itself.
  std::shared_ptr<const evp_pkey_ctx_st> verifier_;
  std::string compressed_;
};

class P256PrivateKey {
 public:
  // From OpenSSL's own generator. Stops the process if that fails.
  static P256PrivateKey Generate();

  // PKCS#8 PrivateKeyInfo, DER, unencrypted, nothing after it. The public part
  // is computed anew, never believed. INVALID_ARGUMENT for anything else.
  static absl::StatusOr<P256PrivateKey> FromPkcs8(absl::string_view der);

  // 32 bytes big endian, 1 to the order of the group less 1, else
  // INVALID_ARGUMENT.
  static absl::StatusOr<P256PrivateKey> FromScalar(absl::string_view scalar);

  Secret ToPkcs8() const;
  Secret Scalar() const;

  // PKCS#8 as PEM, unencrypted: what gRPC's credentials take.
  Secret ToPem() const;

  const P256PublicKey& public_key() const { return public_key_; }

  // DER, at most 72 bytes; another one each time. INTERNAL if OpenSSL fails.
  absl::StatusOr<std::string> Sign(absl::string_view message) const;

 private:
  friend class CertificateKeys;
  P256PrivateKey(std::shared_ptr<evp_pkey_st> key, P256PublicKey public_key);

  std::shared_ptr<evp_pkey_st> key_;
  // Set up for signing; copied for each use, never used itself.
  std::shared_ptr<const evp_pkey_ctx_st> signer_;
  P256PublicKey public_key_;
};

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_SIGN_P256_H_
