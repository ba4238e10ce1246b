// SPDX-License-Identifier: Apache-2.0

#include "crypto/certificate/certificate.h"

#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "crypto/base/deterministic_random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace amparo::crypto {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kRefused = absl::StatusCode::kUnauthenticated;
constexpr char kUri[] = "amparo:office:00112233445566778899aabbccddeeff";

class CertificateTest : public testing::Test {
 protected:
  absl::StatusOr<std::string> Issue(const std::string& name = "node",
                                    std::vector<std::string> uris = {kUri},
                                    absl::Duration life = absl::Hours(24 *
                                                                      90)) {
    return IssueCertificate(issuer_, subject_.public_key(), name, uris, start_,
                            start_ + life, random_);
  }

  DeterministicRandom random_{1};
  const P256PrivateKey issuer_ = P256PrivateKey::Generate();
  const P256PrivateKey subject_ = P256PrivateKey::Generate();
  const absl::Time start_ = absl::FromUnixSeconds(1790000000);
};

TEST_F(CertificateTest, SaysWhatWasIssued) {
  const auto pem = Issue("node", {kUri, "https://office.example:8443"});
  ASSERT_THAT(pem, IsOk());
  const auto certificate = Certificate::FromPem(*pem);
  ASSERT_THAT(certificate, IsOk());
  EXPECT_EQ(certificate->public_key(), subject_.public_key());
  EXPECT_THAT(certificate->uris(),
              ElementsAre(kUri, "https://office.example:8443"));
  EXPECT_EQ(certificate->not_before(), start_);
  EXPECT_EQ(certificate->not_after(), start_ + absl::Hours(24 * 90));
}

TEST_F(CertificateTest, IsSignedByItsIssuerAndNobodyElse) {
  const auto certificate = Certificate::FromPem(*Issue());
  ASSERT_THAT(certificate, IsOk());
  EXPECT_THAT(certificate->SignedBy(issuer_.public_key()), IsOk());
  EXPECT_THAT(certificate->SignedBy(subject_.public_key()), StatusIs(kRefused));
  EXPECT_THAT(certificate->SignedBy(P256PrivateKey::Generate().public_key()),
              StatusIs(kRefused));
}

TEST_F(CertificateTest, CutsTimesToSecondsAndReachesPast2050) {
  const auto pem = IssueCertificate(issuer_, subject_.public_key(), "node", {},
                                    start_ + absl::Milliseconds(900),
                                    absl::FromUnixSeconds(2600000000), random_);
  ASSERT_THAT(pem, IsOk());
  const auto certificate = Certificate::FromPem(*pem);
  ASSERT_THAT(certificate, IsOk());
  EXPECT_EQ(certificate->not_before(), start_);
  EXPECT_EQ(certificate->not_after(), absl::FromUnixSeconds(2600000000));
  EXPECT_THAT(certificate->uris(), IsEmpty());
}

TEST_F(CertificateTest, NumbersEachOne) { EXPECT_NE(*Issue(), *Issue()); }

TEST_F(CertificateTest, RefusesTermsOutOfRange) {
  EXPECT_THAT(Issue(""), StatusIs(kInvalid));
  EXPECT_THAT(Issue(std::string(65, 'n')), StatusIs(kInvalid));
  EXPECT_THAT(Issue(std::string(64, 'n')), IsOk());
  for (const std::string& uri :
       {std::string(), std::string("a b"), std::string("a\0b", 3),
        std::string("a\n"), std::string("\xc3\xa9")}) {
    EXPECT_THAT(Issue("node", {kUri, uri}), StatusIs(kInvalid));
  }
  EXPECT_THAT(Issue("node", {}, -absl::Seconds(1)), StatusIs(kInvalid));
  EXPECT_THAT(Issue("node", {}, absl::ZeroDuration()), IsOk());
  EXPECT_THAT(Issue("node", {}, absl::InfiniteDuration()), StatusIs(kInvalid));
}

TEST_F(CertificateTest, RefusesWhatIsNoCertificate) {
  const std::string pem = *Issue();
  for (const std::string& text :
       {std::string(), std::string("certificate"),
        pem.substr(0, pem.size() / 2),
        std::string(kCertificatePemMaxSize + 1, 'x'),
        absl::StrReplaceAll(pem, {{"CERTIFICATE", "PRIVATE KEY"}})}) {
    EXPECT_THAT(Certificate::FromPem(text), StatusIs(kInvalid));
  }
  // Nothing at all, not even an address.
  EXPECT_THAT(Certificate::FromPem(absl::string_view()), StatusIs(kInvalid));
}

TEST_F(CertificateTest, LooksOnlyAtTheFirst) {
  const auto certificate = Certificate::FromPem(*Issue() + "and what follows");
  ASSERT_THAT(certificate, IsOk());
  EXPECT_THAT(certificate->SignedBy(issuer_.public_key()), IsOk());
}

TEST_F(CertificateTest, NoChangedByteKeepsTheSignature) {
  const std::string pem = *Issue();
  size_t parsed = 0;
  for (size_t at = 30; at + 30 < pem.size(); ++at) {
    std::string changed = pem;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    const auto certificate = Certificate::FromPem(changed);
    if (!certificate.ok()) continue;
    ++parsed;
    EXPECT_THAT(certificate->SignedBy(issuer_.public_key()), StatusIs(kRefused))
        << at;
  }
  EXPECT_GT(parsed, 100u);
}

// A self-signed certificate for Ed25519, so that there is no P-256 key in it.
constexpr char kOtherKind[] = R"(-----BEGIN CERTIFICATE-----
MIIBLjCB4aADAgECAhRNQDqPhQAEFLjLdIBu3WZlvt8gkjAFBgMrZXAwDDEKMAgG
A1UEAwwBeDAgFw0yNjExMjIwMjM3NDVaGA8yMTI2MTAyOTAyMzc0NVowDDEKMAgG
A1UEAwwBeDAqMAUGAytlcAMhAHQyBJmIySyXf20U/R5tzh+NeODwM5WIpLWND+eb
JvdEo1MwUTAdBgNVHQ4EFgQUAtdmgY8OO8bvNAAQAwhFkyQk+DwwHwYDVR0jBBgw
FoAUAtdmgY8OO8bvNAAQAwhFkyQk+DwwDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXAD
QQAt+DakpTRPNjYpaQZJYSXg9FFojgKCB9BKKzbPK+sCJjEW+XATSGDUeB8XqAlo
j8zmGHBk8lGNqNLfVy0hsLYG
-----END CERTIFICATE-----
)";

TEST_F(CertificateTest, RefusesKeysOfAnotherKind) {
  EXPECT_THAT(Certificate::FromPem(kOtherKind),
              StatusIs(kInvalid, testing::HasSubstr("key")));
}

// Signed by its own P-256 key, but over SHA-384.
constexpr char kOtherDigest[] = R"(-----BEGIN CERTIFICATE-----
MIIBbzCCARWgAwIBAgIUKpK12avJcGFeaM4OTI7mHz9IIpowCgYIKoZIzj0EAwMw
DDEKMAgGA1UEAwwBeDAgFw0yNjExMjIwMjU5NDJaGA8yMTI2MTAyOTAyNTk0Mlow
DDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABCD915oEOf9w
TkrLB3CljZSlzUkr6j7fTNWKz/S5/61gLjpUG9OZHHtAKWQb7ArBTY9s8RwdUgo+
Pi6HE8nH1VqjUzBRMB0GA1UdDgQWBBR2419jokLThBueI54f8BGO7Uww2DAfBgNV
HSMEGDAWgBR2419jokLThBueI54f8BGO7Uww2DAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMDA0gAMEUCIBLTSwWdjVp9eH/2q5iuaQgSS3K04obxh4NezY0Zunkt
AiEAsKpsrejgdLq0KVSwF3Atsc1s4hra1cqK/weQwiMe65Y=
-----END CERTIFICATE-----
)";

TEST_F(CertificateTest, RefusesSignaturesOverAnotherDigest) {
  const auto certificate = Certificate::FromPem(kOtherDigest);
  ASSERT_THAT(certificate, IsOk());
  EXPECT_THAT(certificate->SignedBy(certificate->public_key()),
              StatusIs(kRefused));
}

}  // namespace
}  // namespace amparo::crypto
