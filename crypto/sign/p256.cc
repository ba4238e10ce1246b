// SPDX-License-Identifier: Apache-2.0

#include "crypto/sign/p256.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <utility>

#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "crypto/base/fatal.h"
#include "crypto/base/openssl_errors.h"
#include "crypto/base/status_macros.h"
#include "crypto/sign/p256_keys.h"

namespace amparo::crypto {
namespace {

// Longer than any key of the kinds read here, far shorter than what would make
// a parser work hard.
constexpr size_t kEncodedKeyMaxSize = 1024;

struct Free {
  void operator()(EVP_PKEY_CTX* value) const { EVP_PKEY_CTX_free(value); }
  void operator()(ECDSA_SIG* value) const { ECDSA_SIG_free(value); }
  void operator()(PKCS8_PRIV_KEY_INFO* value) const {
    PKCS8_PRIV_KEY_INFO_free(value);
  }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

const unsigned char* In(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// Finding the algorithm by its name each time costs a tenth of a signature.
std::shared_ptr<const EVP_PKEY_CTX> SetUp(EVP_PKEY* key,
                                          int (*begin)(EVP_PKEY_CTX*)) {
  std::shared_ptr<EVP_PKEY_CTX> context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr), Free());
  FatalUnless(context != nullptr && begin(context.get()) == 1,
              "ECDSA cannot start");
  return context;
}

// Copying only reads the original: any thread may.
Owned<EVP_PKEY_CTX> CopyOf(const EVP_PKEY_CTX* set_up) {
  Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_dup(set_up));
  FatalUnless(context != nullptr, "no memory for ECDSA");
  return context;
}

absl::Status DoesNotVerify() {
  return absl::UnauthenticatedError("signature: does not verify");
}

// r and s of 32 bytes each as the DER that OpenSSL verifies.
absl::StatusOr<std::string> DerOfP1363(absl::string_view signature) {
  constexpr int kHalf = static_cast<int>(kP1363SignatureSize / 2);
  const Owned<ECDSA_SIG> parts(ECDSA_SIG_new());
  BIGNUM* const r = BN_bin2bn(In(signature), kHalf, nullptr);
  BIGNUM* const s = BN_bin2bn(In(signature) + kHalf, kHalf, nullptr);
  FatalUnless(parts != nullptr && r != nullptr && s != nullptr &&
                  ECDSA_SIG_set0(parts.get(), r, s) == 1,
              "no memory for a signature");
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(parts.get(), &der);
  FatalUnless(size > 0, "a signature cannot be encoded");
  std::string out(reinterpret_cast<const char*>(der),
                  static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

}  // namespace

P256PublicKey::P256PublicKey(std::shared_ptr<evp_pkey_st> key,
                             std::string compressed)
    : key_(std::move(key)),
      verifier_(SetUp(key_.get(), EVP_PKEY_verify_init)),
      compressed_(std::move(compressed)) {}

absl::StatusOr<P256PublicKey> P256PublicKey::FromCompressed(
    absl::string_view point) {
  if (point.size() != kP256CompressedSize ||
      (point[0] != 0x02 && point[0] != 0x03)) {
    return absl::InvalidArgumentError("public key: not a compressed point");
  }
  ASSIGN_OR_RETURN(SharedPkey key, MakeP256(point, nullptr));
  return P256PublicKey(std::move(key), std::string(point));
}

absl::StatusOr<P256PublicKey> P256PublicKey::FromSpki(absl::string_view der) {
  if (der.size() > kEncodedKeyMaxSize) {
    return absl::InvalidArgumentError("public key: too long");
  }
  const QuietErrors quiet;
  const unsigned char* at = In(der);
  const SharedPkey key =
      Own(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  if (key == nullptr || at != In(der) + der.size()) {
    return absl::InvalidArgumentError("public key: not SubjectPublicKeyInfo");
  }
  ASSIGN_OR_RETURN(const std::string point, CompressedPointOf(key.get()));
  return FromCompressed(point);
}

std::string P256PublicKey::ToSpki() const {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  FatalUnless(size > 0, "a public key cannot be encoded");
  std::string out(reinterpret_cast<const char*>(der),
                  static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

absl::Status P256PublicKey::VerifyDer(absl::string_view message,
                                      absl::string_view signature) const {
  const QuietErrors quiet;
  const Owned<EVP_PKEY_CTX> context = CopyOf(verifier_.get());
  const std::string digest = Sha256(message);
  if (EVP_PKEY_verify(context.get(), In(signature), signature.size(),
                      In(digest), digest.size()) != 1) {
    return DoesNotVerify();
  }
  return absl::OkStatus();
}

absl::Status P256PublicKey::VerifyP1363(absl::string_view message,
                                        absl::string_view signature) const {
  if (signature.size() != kP1363SignatureSize) return DoesNotVerify();
  ASSIGN_OR_RETURN(const std::string der, DerOfP1363(signature));
  return VerifyDer(message, der);
}

P256PrivateKey::P256PrivateKey(std::shared_ptr<evp_pkey_st> key,
                               P256PublicKey public_key)
    : key_(std::move(key)),
      signer_(SetUp(key_.get(), EVP_PKEY_sign_init)),
      public_key_(std::move(public_key)) {}

P256PrivateKey P256PrivateKey::Generate() {
  const SharedPkey key =
      Own(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "prime256v1"));
  FatalUnless(key != nullptr, "a P-256 key cannot be made");
  const absl::StatusOr<Secret> scalar = ScalarOf(key.get());
  FatalUnless(scalar.ok(), "a P-256 key cannot be read");
  absl::StatusOr<P256PrivateKey> out = FromScalar(scalar->Reveal());
  FatalUnless(out.ok(), "a P-256 key is out of range");
  return *std::move(out);
}

absl::StatusOr<P256PrivateKey> P256PrivateKey::FromPkcs8(
    absl::string_view der) {
  if (der.size() > kEncodedKeyMaxSize) {
    return absl::InvalidArgumentError("private key: too long");
  }
  const QuietErrors quiet;
  const unsigned char* at = In(der);
  const Owned<PKCS8_PRIV_KEY_INFO> box(
      d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  if (box == nullptr || at != In(der) + der.size()) {
    return absl::InvalidArgumentError("private key: not PKCS#8");
  }
  const SharedPkey key = Own(EVP_PKCS82PKEY(box.get()));
  // Only to make sure of the curve: the point is computed anew below.
  RETURN_IF_ERROR(CompressedPointOf(key.get()).status());
  ASSIGN_OR_RETURN(const Secret scalar, ScalarOf(key.get()));
  return FromScalar(scalar.Reveal());
}

absl::StatusOr<P256PrivateKey> P256PrivateKey::FromScalar(
    absl::string_view scalar) {
  ASSIGN_OR_RETURN(const std::string point, PointOf(scalar));
  ASSIGN_OR_RETURN(P256PublicKey public_key,
                   P256PublicKey::FromCompressed(point));
  const Secret secret = Secret::Copy(scalar);
  ASSIGN_OR_RETURN(SharedPkey key, MakeP256(point, &secret));
  return P256PrivateKey(std::move(key), std::move(public_key));
}

Secret P256PrivateKey::ToPkcs8() const {
  const Owned<PKCS8_PRIV_KEY_INFO> box(EVP_PKEY2PKCS8(key_.get()));
  FatalUnless(box != nullptr, "a private key cannot be encoded");
  unsigned char* der = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(box.get(), &der);
  FatalUnless(size > 0, "a private key cannot be encoded");
  const size_t n = static_cast<size_t>(size);
  Secret out = Secret::Copy({reinterpret_cast<const char*>(der), n});
  OPENSSL_clear_free(der, n);
  return out;
}

Secret P256PrivateKey::Scalar() const {
  absl::StatusOr<Secret> scalar = ScalarOf(key_.get());
  FatalUnless(scalar.ok(), "a P-256 key cannot be read");
  return *std::move(scalar);
}

Secret P256PrivateKey::ToPem() const {
  constexpr size_t kLine = 64;
  const Secret der = ToPkcs8();
  std::string text = Base64Encode(der.Reveal());
  std::string pem;
  pem.reserve(2 * text.size() + 64);  // never moved, so never left behind
  pem += "-----BEGIN PRIVATE KEY-----\n";
  for (size_t at = 0; at < text.size(); at += kLine) {
    pem.append(text, at, kLine);
    pem.push_back('\n');
  }
  pem += "-----END PRIVATE KEY-----\n";
  Secret out = Secret::Copy(pem);
  Cleanse(pem.data(), pem.size());
  Cleanse(text.data(), text.size());
  return out;
}

absl::StatusOr<std::string> P256PrivateKey::Sign(
    absl::string_view message) const {
  const QuietErrors quiet;
  const Owned<EVP_PKEY_CTX> context = CopyOf(signer_.get());
  const std::string digest = Sha256(message);
  unsigned char signature[80];
  size_t size = sizeof(signature);
  if (EVP_PKEY_sign(context.get(), signature, &size, In(digest),
                    digest.size()) != 1) {
    return absl::InternalError("signing failed");
  }
  return std::string(reinterpret_cast<const char*>(signature), size);
}

}  // namespace amparo::crypto
