// SPDX-License-Identifier: Apache-2.0
//
// X.509 v3 certificates for TLS between nodes, each signed directly by a
// pinned P-256 key. There are no authorities and no chains here: whoever
// verifies asks SignedBy() with the key that was pinned, and checks dates and
// URIs itself. Any thread.

#ifndef AMPARO_CRYPTO_CERTIFICATE_CERTIFICATE_H_
#define AMPARO_CRYPTO_CERTIFICATE_CERTIFICATE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crypto/base/random.h"
#include "crypto/sign/p256.h"

struct x509_st;

namespace amparo::crypto {

// The most that FromPem() looks at.
inline constexpr size_t kCertificatePemMaxSize = 16 * 1024;

// A certificate as PEM: for TLS server and client, no authority over others,
// 16 random bytes as serial number, ECDSA with SHA-256. The issuer's name is
// made from a digest of its key and means nothing. Times are cut to seconds.
// INVALID_ARGUMENT for a name of 0 or over 64 bytes, a URI that is empty or
// not printable ASCII, or not_after before not_before.
absl::StatusOr<std::string> IssueCertificate(
    const P256PrivateKey& issuer, const P256PublicKey& subject,
    absl::string_view common_name, const std::vector<std::string>& uris,
    absl::Time not_before, absl::Time not_after, RandomSource& random);

// A parsed certificate; immutable, copyable.
class Certificate {
 public:
  // The first certificate of the text; what follows it is not looked at.
  // INVALID_ARGUMENT when it is none, too large, or its key is not P-256.
  static absl::StatusOr<Certificate> FromPem(absl::string_view pem);

  const P256PublicKey& public_key() const { return public_key_; }

  // The URIs among the subject's alternative names, in their order.
  const std::vector<std::string>& uris() const { return uris_; }

  // Valid from and to, both included.
  absl::Time not_before() const { return not_before_; }
  absl::Time not_after() const { return not_after_; }

  // OK when the signature over the certificate is ECDSA with SHA-256 by this
  // key, else UNAUTHENTICATED. Says nothing about dates.
  absl::Status SignedBy(const P256PublicKey& issuer) const;

 private:
  Certificate(std::shared_ptr<x509_st> certificate, P256PublicKey public_key);

  std::shared_ptr<x509_st> certificate_;
  P256PublicKey public_key_;
  std::vector<std::string> uris_;
  absl::Time not_before_;
  absl::Time not_after_;
};

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_CERTIFICATE_CERTIFICATE_H_
