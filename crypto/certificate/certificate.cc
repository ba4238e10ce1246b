// SPDX-License-Identifier: Apache-2.0

#include "crypto/certificate/certificate.h"

#include <openssl/bio.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <utility>

#include "crypto/base/fatal.h"
#include "crypto/base/openssl_errors.h"
#include "crypto/base/status_macros.h"
#include "crypto/certificate/certificate_keys.h"

namespace amparo::crypto {
namespace {

struct Free {
  void operator()(BIO* value) const { BIO_free(value); }
  void operator()(GENERAL_NAMES* value) const { GENERAL_NAMES_free(value); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

absl::StatusOr<P256PublicKey> PublicKeyOf(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) {
    return absl::InvalidArgumentError("certificate: without a public key");
  }
  const absl::string_view spki(reinterpret_cast<const char*>(der),
                               static_cast<size_t>(size));
  absl::StatusOr<P256PublicKey> key = P256PublicKey::FromSpki(spki);
  OPENSSL_free(der);
  return key;
}

absl::StatusOr<absl::Time> TimeOf(const ASN1_TIME* time) {
  std::tm parts = {};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    return absl::InvalidArgumentError("certificate: not a date");
  }
  return absl::FromTM(parts, absl::UTCTimeZone());
}

absl::StatusOr<std::vector<std::string>> UrisOf(const X509* certificate) {
  std::vector<std::string> uris;
  int critical = 0;
  const Owned<GENERAL_NAMES> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
  if (names == nullptr) {
    if (critical == -1) return uris;  // no such extension
    return absl::InvalidArgumentError("certificate: unreadable names");
  }
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* const uri = name->d.uniformResourceIdentifier;
    uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                      static_cast<size_t>(ASN1_STRING_length(uri)));
    for (const char c : uris.back()) {
      // A zero byte or a line break in a name deceives whoever prints it.
      if (c <= 0x20 || c >= 0x7f) {
        return absl::InvalidArgumentError("certificate: unreadable names");
      }
    }
  }
  return uris;
}

}  // namespace

Certificate::Certificate(std::shared_ptr<x509_st> certificate,
                         P256PublicKey public_key)
    : certificate_(std::move(certificate)),
      public_key_(std::move(public_key)) {}

absl::StatusOr<Certificate> Certificate::FromPem(absl::string_view pem) {
  if (pem.size() > kCertificatePemMaxSize) {
    return absl::InvalidArgumentError("certificate: too long");
  }
  // OpenSSL makes no buffer of nothing.
  if (pem.empty()) return absl::InvalidArgumentError("certificate: empty");
  const QuietErrors quiet;
  const Owned<BIO> text(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  FatalUnless(text != nullptr, "no memory for a certificate");
  std::shared_ptr<x509_st> parsed(
      PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr),
      [](X509* owned) { X509_free(owned); });
  if (parsed == nullptr) {
    return absl::InvalidArgumentError("certificate: not PEM of X.509");
  }
  ASSIGN_OR_RETURN(P256PublicKey public_key, PublicKeyOf(parsed.get()));
  Certificate out(std::move(parsed), std::move(public_key));
  ASSIGN_OR_RETURN(out.uris_, UrisOf(out.certificate_.get()));
  ASSIGN_OR_RETURN(out.not_before_,
                   TimeOf(X509_get0_notBefore(out.certificate_.get())));
  ASSIGN_OR_RETURN(out.not_after_,
                   TimeOf(X509_get0_notAfter(out.certificate_.get())));
  return out;
}

absl::Status Certificate::SignedBy(const P256PublicKey& issuer) const {
  const QuietErrors quiet;
  if (X509_get_signature_nid(certificate_.get()) != NID_ecdsa_with_SHA256 ||
      X509_verify(certificate_.get(), CertificateKeys::Of(issuer)) != 1) {
    return absl::UnauthenticatedError("certificate: not signed by this key");
  }
  return absl::OkStatus();
}

}  // namespace amparo::crypto
