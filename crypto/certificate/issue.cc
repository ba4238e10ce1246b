// SPDX-License-Identifier: Apache-2.0

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "crypto/base/fatal.h"
#include "crypto/base/openssl_errors.h"
#include "crypto/base/status_macros.h"
#include "crypto/certificate/certificate.h"
#include "crypto/certificate/certificate_keys.h"

namespace amparo::crypto {
namespace {

constexpr size_t kCommonNameMaxSize = 64;  // RFC 5280, ub-common-name
constexpr size_t kSerialSize = 16;

struct Free {
  void operator()(BIGNUM* value) const { BN_free(value); }
  void operator()(BIO* value) const { BIO_free(value); }
  void operator()(GENERAL_NAMES* value) const { GENERAL_NAMES_free(value); }
  void operator()(X509* value) const { X509_free(value); }
  void operator()(X509_EXTENSION* value) const { X509_EXTENSION_free(value); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

const unsigned char* In(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

absl::Status CheckTerms(absl::string_view common_name,
                        const std::vector<std::string>& uris,
                        absl::Time not_before, absl::Time not_after) {
  if (common_name.empty() || common_name.size() > kCommonNameMaxSize) {
    return absl::InvalidArgumentError("common_name: not 1 to 64 bytes");
  }
  for (const std::string& uri : uris) {
    bool printable = !uri.empty();
    for (const char c : uri) printable = printable && c > 0x20 && c < 0x7f;
    if (!printable) {
      return absl::InvalidArgumentError("uris: empty or not printable ASCII");
    }
  }
  // Also keeps infinite times out.
  if (not_after < not_before || not_before < absl::UnixEpoch() ||
      not_after > absl::FromUnixSeconds(253402300799)) {
    return absl::InvalidArgumentError("not_after: out of range");
  }
  return absl::OkStatus();
}

bool SetName(X509_NAME* name, absl::string_view common_name) {
  return X509_NAME_add_entry_by_NID(
             name, NID_commonName, MBSTRING_UTF8, In(common_name),
             static_cast<int>(common_name.size()), -1, 0) == 1;
}

bool SetSerial(X509* certificate, RandomSource& random) {
  std::string bytes = RandomBytes(random, kSerialSize);
  // Positive and of full length.
  bytes[0] = static_cast<char>((bytes[0] & 0x3f) | 0x40);
  const Owned<BIGNUM> number(
      BN_bin2bn(In(bytes), static_cast<int>(bytes.size()), nullptr));
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) !=
             nullptr;
}

bool Extend(X509* certificate, int nid, const char* value) {
  const Owned<X509_EXTENSION> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, value));
  return extension != nullptr &&
         X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool SetUris(X509* certificate, const std::vector<std::string>& uris) {
  if (uris.empty()) return true;
  const Owned<GENERAL_NAMES> names(GENERAL_NAMES_new());
  if (names == nullptr) return false;
  for (const std::string& uri : uris) {
    GENERAL_NAME* const name = GENERAL_NAME_new();
    ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
    if (name == nullptr || text == nullptr ||
        ASN1_STRING_set(text, uri.data(), static_cast<int>(uri.size())) != 1) {
      return false;
    }
    GENERAL_NAME_set0_value(name, GEN_URI, text);
    if (sk_GENERAL_NAME_push(names.get(), name) <= 0) return false;
  }
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0,
                           X509V3_ADD_DEFAULT) == 1;
}

std::string PemOf(X509* certificate) {
  const Owned<BIO> text(BIO_new(BIO_s_mem()));
  FatalUnless(
      text != nullptr && PEM_write_bio_X509(text.get(), certificate) == 1,
      "a certificate cannot be written");
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  return std::string(bytes, static_cast<size_t>(size));
}

}  // namespace

absl::StatusOr<std::string> IssueCertificate(
    const P256PrivateKey& issuer, const P256PublicKey& subject,
    absl::string_view common_name, const std::vector<std::string>& uris,
    absl::Time not_before, absl::Time not_after, RandomSource& random) {
  RETURN_IF_ERROR(CheckTerms(common_name, uris, not_before, not_after));
  const QuietErrors quiet;
  const Owned<X509> made(X509_new());
  X509* const certificate = made.get();
  const std::string issuer_name = absl::StrCat(
      "key ", HexEncode(Sha256(issuer.public_key().Compressed()).substr(0, 8)));
  const bool ok =
      certificate != nullptr &&
      X509_set_version(certificate, X509_VERSION_3) == 1 &&
      SetSerial(certificate, random) &&
      SetName(X509_get_issuer_name(certificate), issuer_name) &&
      SetName(X509_get_subject_name(certificate), common_name) &&
      ASN1_TIME_set(X509_getm_notBefore(certificate),
                    absl::ToTimeT(not_before)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(certificate),
                    absl::ToTimeT(not_after)) != nullptr &&
      X509_set_pubkey(certificate, CertificateKeys::Of(subject)) == 1 &&
      Extend(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
      Extend(certificate, NID_key_usage, "critical,digitalSignature") &&
      Extend(certificate, NID_ext_key_usage, "serverAuth,clientAuth") &&
      SetUris(certificate, uris) &&
      X509_sign(certificate, CertificateKeys::Of(issuer), EVP_sha256()) > 0;
  if (!ok) return absl::InternalError("certificate: cannot be made");
  return PemOf(certificate);
}

}  // namespace amparo::crypto
