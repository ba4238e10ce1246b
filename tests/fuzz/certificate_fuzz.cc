// SPDX-License-Identifier: Apache-2.0
//
// A certificate as PEM, and the input as the DER inside one. Held: a parsed
// certificate answers everything that is asked of it; nothing but what the
// pinned key signed is accepted as signed by it.
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crypto/certificate/certificate.h"
#include "crypto/sign/p256.h"
#include "tests/fuzz/fuzz.h"

namespace amparo {
namespace {

void TryPem(absl::string_view pem) {
  // Nobody holds this key's certificates: no seed has one.
  static const auto* const pinned = new crypto::P256PublicKey(
      crypto::P256PrivateKey::FromScalar(std::string(32, '\x66'))
          ->public_key());
  const auto certificate = crypto::Certificate::FromPem(pem);
  if (!certificate.ok()) {
    HOLD(certificate.status().code() == absl::StatusCode::kInvalidArgument);
    fuzz::HoldMessage(certificate.status().message());
    return;
  }
  HOLD(pem.size() <= crypto::kCertificatePemMaxSize);
  HOLD(crypto::P256PublicKey::FromCompressed(
           certificate->public_key().Compressed())
           .ok());
  for (const std::string& uri : certificate->uris()) {
    HOLD(uri.size() <= pem.size());
  }
  HOLD(certificate->SignedBy(*pinned).code() ==
       absl::StatusCode::kUnauthenticated);
}

}  // namespace
}  // namespace amparo

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  const absl::string_view bytes = fuzz::AsText(input, size);
  TryPem(bytes);
  std::string lines;
  const std::string base64 = absl::Base64Escape(bytes);
  for (size_t at = 0; at < base64.size(); at += 64) {
    absl::StrAppend(&lines, base64.substr(at, 64), "\n");
  }
  TryPem(absl::StrCat("-----BEGIN CERTIFICATE-----\n", lines,
                      "-----END CERTIFICATE-----\n"));
  return 0;
}
