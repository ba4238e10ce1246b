// SPDX-License-Identifier: Apache-2.0
#include "node/peering/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/certificate/certificate.h"
#include "crypto/sign/dsse.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/peering/peering_office.h"

namespace amparo::peering {
namespace {

constexpr char kDeliver[] = "/amparo.peer.v1.DeliveryService/Deliver";
constexpr char kHello[] = "/amparo.peer.v1.PeeringService/Hello";
constexpr char kAccept[] = "/amparo.peer.v1.PeeringService/AcceptInvitation";

class AdmissionTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(here_.Meet(there_), IsOk()); }

  std::string Certify(const crypto::P256PrivateKey& issuer,
                      const std::vector<std::string>& uris,
                      absl::Duration from = -absl::Minutes(5),
                      absl::Duration until = absl::Hours(24)) {
    return *crypto::IssueCertificate(issuer, issuer.public_key(), "test", uris,
                                     clock_.Now() + from, clock_.Now() + until,
                                     here_.random);
  }
  Reason Check(const std::string& pem) {
    return ReasonOf(admission_.CheckCertificate(pem, clock_.Now()).status());
  }
  // A peer whose office key the test holds.
  crypto::P256PrivateKey AddPeerWithKnownKey(OfficeId& id) {
    crypto::P256PrivateKey key = crypto::P256PrivateKey::Generate();
    id = *OfficeId::FromBytes(std::string(16, 'k'));
    KeyBundle bundle = there_.own->bundle();
    bundle.office = id;
    bundle.office_key = key.public_key();
    SignedBody envelope{bundle.EncodeBody(), {}};
    envelope.signatures.push_back(
        {id, 0, *crypto::SignDsse(key, kKeyBundleType, envelope.body)});
    Peer peer = there_.AsPeer();
    peer.id = id;
    peer.office_key = key.public_key();
    peer.bundle = bundle;
    peer.signed_bundle = envelope.Encode();
    storage::Batch batch;
    EXPECT_THAT(here_.peers->Add(batch, peer), IsOk());
    return key;
  }
  // Puts an invitation into the store and returns its code.
  InvitationCode Invite() {
    crypto::P256PrivateKey key = crypto::P256PrivateKey::Generate();
    const Invitation invitation{
        .id = InvitationIdOf(key.public_key()),
        .one_time_key = key.public_key(),
        .nonce = std::string(kPeeringNonceSize, 'n'),
        .invited_by = *PersonId::FromBytes(std::string(16, '1')),
        .expires_at = clock_.Now() + limits::kInvitationLifetime,
        .used_by = {},
        .request_digest = {},
        .answer = {}};
    storage::Batch batch;
    EXPECT_THAT(here_.invitations->Insert(batch, invitation), IsOk());
    EXPECT_THAT(here_.store->Commit(batch), IsOk());
    return *InvitationCode::Create("host:1", here_.own->office_public_key(),
                                   std::move(key), false);
  }

  ManualClock clock_;
  PeeringOffice here_{1, SettingsNamed("chisinau"), clock_};
  PeeringOffice there_{2, SettingsNamed("kyiv"), clock_};
  Admission admission_{*here_.store, *here_.peers, *here_.invitations};
};

TEST_F(AdmissionTest, APeersOwnCertificateIsAdmittedAsThatOffice) {
  const auto identity = admission_.CheckCertificate(
      there_.own->tls_identity().certificate_pem, clock_.Now());
  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(identity->office, there_.own->id());
  EXPECT_FALSE(identity->invitation.has_value());
}

TEST_F(AdmissionTest, APeerAwayForMonthsGetsInAfterItsTlsKeyRotated) {
  clock_.Advance(absl::Hours(24 * 200));
  ASSERT_THAT(there_.own->RotateIfDue(*there_.log, clock_.Now()), IsOk());
  EXPECT_EQ(Check(there_.own->tls_identity().certificate_pem),
            Reason::kUnspecified);
}

TEST_F(AdmissionTest, CertificatesAreRefusedByTheirReason) {
  OfficeId known;
  const crypto::P256PrivateKey pinned = AddPeerWithKnownKey(known);
  const crypto::P256PrivateKey stranger = crypto::P256PrivateKey::Generate();
  const std::string uri = OfficeUri(known);
  struct Case {
    const char* what;
    std::string pem;
    Reason reason;
  };
  std::string upper = uri;
  for (char& c : upper) c = static_cast<char>(c == 'b' ? 'B' : c);
  const std::vector<Case> cases = {
      {"good", Certify(pinned, {uri}), Reason::kUnspecified},
      {"other URIs are ignored", Certify(pinned, {"urn:x", uri}),
       Reason::kUnspecified},
      {"expired", Certify(pinned, {uri}, -absl::Hours(2), -absl::Hours(1)),
       Reason::kCertificateExpired},
      {"not yet", Certify(pinned, {uri}, absl::Hours(1), absl::Hours(2)),
       Reason::kCertificateNotYetValid},
      {"another key", Certify(stranger, {uri}), Reason::kCertificateNotPinned},
      {"another peer's office id",
       Certify(pinned, {OfficeUri(there_.own->id())}),
       Reason::kCertificateNotPinned},
      {"an unknown office",
       Certify(stranger,
               {OfficeUri(*OfficeId::FromBytes(std::string(16, 'z')))}),
       Reason::kPeerUnknown},
      {"our own office id", here_.own->tls_identity().certificate_pem,
       Reason::kPeerUnknown},
      {"two offices", Certify(pinned, {uri, OfficeUri(there_.own->id())}),
       Reason::kCertificateNotPinned},
      {"another spelling", Certify(pinned, {upper}),
       Reason::kCertificateNotPinned},
      {"a self-signed stranger", Certify(stranger, {}), Reason::kPeerUnknown},
      {"no certificate", "nonsense", Reason::kCertificateNotPinned},
      {"nothing", "", Reason::kCertificateNotPinned},
  };
  for (const Case& c : cases) EXPECT_EQ(Check(c.pem), c.reason) << c.what;
}

TEST_F(AdmissionTest, AnInvitationsKeyIsAdmittedForAcceptingOnly) {
  const InvitationCode code = Invite();
  const std::string pem =
      code.ClientIdentity(clock_.Now(), here_.random)->certificate_pem;
  const auto identity = admission_.CheckCertificate(pem, clock_.Now());
  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(identity->invitation, code.id());
  EXPECT_FALSE(identity->office.has_value());
  EXPECT_THAT(admission_.MayCall(*identity, kAccept, clock_.Now()), IsOk());
  for (const char* method : {kDeliver, kHello, "/amparo.office.v1.X/Y", ""}) {
    EXPECT_EQ(ReasonOf(admission_.MayCall(*identity, method, clock_.Now())),
              Reason::kNotAllowed)
        << method;
  }
}

TEST_F(AdmissionTest, AnInvitationEndsAfterSeventyTwoHours) {
  const InvitationCode code = Invite();
  const PeerIdentity identity{std::nullopt, code.id()};
  clock_.Advance(absl::Hours(72) - absl::Seconds(1));
  std::string pem =
      code.ClientIdentity(clock_.Now(), here_.random)->certificate_pem;
  EXPECT_EQ(Check(pem), Reason::kUnspecified);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Check(pem), Reason::kInvitationExpired);
  EXPECT_EQ(ReasonOf(admission_.MayCall(identity, kAccept, clock_.Now())),
            Reason::kInvitationExpired);
}

TEST_F(AdmissionTest, APeerMayCallPeerMethodsButNotAcceptAnInvitation) {
  const PeerIdentity peer{there_.own->id(), std::nullopt};
  EXPECT_THAT(admission_.MayCall(peer, kDeliver, clock_.Now()), IsOk());
  EXPECT_THAT(admission_.MayCall(peer, kHello, clock_.Now()), IsOk());
  for (const char* method :
       {kAccept, "/amparo.office.v1.PeeringAdminService/InvitePeer",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", ""}) {
    EXPECT_EQ(ReasonOf(admission_.MayCall(peer, method, clock_.Now())),
              Reason::kNotAllowed)
        << method;
  }
  const PeerIdentity stranger{*OfficeId::FromBytes(std::string(16, 'z')),
                              std::nullopt};
  EXPECT_EQ(ReasonOf(admission_.MayCall(stranger, kHello, clock_.Now())),
            Reason::kPeerUnknown);
  EXPECT_EQ(ReasonOf(admission_.MayCall({}, kHello, clock_.Now())),
            Reason::kNotAllowed);
}

TEST_F(AdmissionTest, AServerMustHaveTheExpectedKeyAndOffice) {
  const std::string pem = there_.own->tls_identity().certificate_pem;
  const auto& key = there_.own->office_public_key();
  const auto check = [&](const std::string& certificate,
                         const crypto::P256PublicKey& expected,
                         std::optional<OfficeId> office) {
    return ReasonOf(
        Admission::CheckServer(certificate, expected, office, clock_.Now()));
  };
  EXPECT_EQ(check(pem, key, there_.own->id()), Reason::kUnspecified);
  EXPECT_EQ(check(pem, key, std::nullopt), Reason::kUnspecified);
  EXPECT_EQ(check(pem, key, here_.own->id()), Reason::kCertificateWrongOffice);
  EXPECT_EQ(check(pem, here_.own->office_public_key(), there_.own->id()),
            Reason::kCertificateNotPinned);
  const crypto::P256PrivateKey nameless = crypto::P256PrivateKey::Generate();
  EXPECT_EQ(check(Certify(nameless, {}), nameless.public_key(), std::nullopt),
            Reason::kCertificateWrongOffice);
  EXPECT_EQ(check("nonsense", key, std::nullopt),
            Reason::kCertificateNotPinned);
  clock_.Advance(limits::kTlsKeyLifetime + absl::Seconds(1));
  EXPECT_EQ(check(pem, key, there_.own->id()), Reason::kCertificateExpired);
  clock_.Advance(-limits::kTlsKeyLifetime - absl::Hours(1));
  EXPECT_EQ(check(pem, key, there_.own->id()), Reason::kCertificateNotYetValid);
}

TEST_F(AdmissionTest, ACodeSurvivesTextAndEveryChangedCharacterIsFound) {
  const InvitationCode code = Invite();
  const std::string text(code.Encode().Reveal());
  EXPECT_EQ(text.rfind("amparo-invite-1:", 0), 0u);
  const auto decoded = InvitationCode::Decode("  " + text + "\n");
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->id(), code.id());
  EXPECT_EQ(decoded->address(), "host:1");
  EXPECT_EQ(decoded->office_key(), here_.own->office_public_key());
  EXPECT_FALSE(decoded->exercise());
  for (size_t i = 0; i < text.size(); ++i) {
    std::string bad = text;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    const auto refused = InvitationCode::Decode(bad);
    EXPECT_EQ(ReasonOf(refused.status()), Reason::kInvitationInvalid) << i;
  }
  for (size_t n = 0; n < text.size(); ++n) {
    EXPECT_FALSE(InvitationCode::Decode(text.substr(0, n)).ok()) << n;
  }
  EXPECT_FALSE(InvitationCode::Decode(text + "A").ok());
  EXPECT_FALSE(
      InvitationCode::Decode("amparo-invite-1:" + std::string(5000, 'A')).ok());
}

TEST_F(AdmissionTest, ExpiredInvitationsAreDropped) {
  const InvitationId old = Invite().id();
  clock_.Advance(absl::Hours(48));
  const InvitationId live = Invite().id();
  clock_.Advance(absl::Hours(24));
  storage::Batch batch;
  EXPECT_THAT(here_.invitations->DropExpired(*here_.store, batch, clock_.Now()),
              IsOkAndHolds(1u));
  ASSERT_THAT(here_.store->Commit(batch), IsOk());
  EXPECT_EQ(ReasonOf(here_.invitations->Get(*here_.store, old).status()),
            Reason::kInvitationInvalid);
  EXPECT_THAT(here_.invitations->Get(*here_.store, live), IsOk());
}

}  // namespace
}  // namespace amparo::peering
