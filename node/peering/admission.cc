// SPDX-License-Identifier: Apache-2.0
#include "node/peering/admission.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "crypto/certificate/certificate.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::peering {
namespace {

constexpr char kUriPrefix[] = "amparo:office:";
constexpr char kPeerPackage[] = "/amparo.peer.v1.";
constexpr char kAcceptMethod[] =
    "/amparo.peer.v1.PeeringService/AcceptInvitation";

// Exactly one office, in the one spelling we issue; other URIs are ignored.
std::optional<OfficeId> OfficeOf(const crypto::Certificate& certificate) {
  std::optional<OfficeId> office;
  for (const std::string& uri : certificate.uris()) {
    absl::string_view rest = uri;
    if (!absl::ConsumePrefix(&rest, kUriPrefix)) continue;
    absl::StatusOr<OfficeId> id = OfficeId::FromHex(rest);
    if (!id.ok() || id->hex() != rest || office.has_value()) {
      return std::nullopt;
    }
    office = *id;
  }
  return office;
}

absl::Status CheckDates(const crypto::Certificate& certificate,
                        absl::Time now) {
  if (now < certificate.not_before()) {
    return Error(Reason::kCertificateNotYetValid);
  }
  if (now > certificate.not_after()) {
    return Error(Reason::kCertificateExpired);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PeerIdentity> Admission::CheckCertificate(
    absl::string_view certificate_pem, absl::Time now) const {
  const absl::StatusOr<crypto::Certificate> certificate =
      crypto::Certificate::FromPem(certificate_pem);
  if (!certificate.ok()) return Error(Reason::kCertificateNotPinned);
  const std::optional<OfficeId> office = OfficeOf(*certificate);
  if (office.has_value()) {
    const std::optional<crypto::P256PublicKey> pin = peers_.PinFor(*office);
    if (!pin.has_value()) return Error(Reason::kPeerUnknown);
    if (!certificate->SignedBy(*pin).ok()) {
      return Error(Reason::kCertificateNotPinned);
    }
    RETURN_IF_ERROR(CheckDates(*certificate, now));
    return PeerIdentity{*office, std::nullopt};
  }
  // A certificate that names an office in a bent way gets no second chance.
  if (!certificate->uris().empty() ||
      !certificate->SignedBy(certificate->public_key()).ok()) {
    return Error(Reason::kCertificateNotPinned);
  }
  absl::StatusOr<Invitation> invitation =
      invitations_.FindLive(store_, certificate->public_key(), now);
  if (ReasonOf(invitation.status()) == Reason::kInvitationInvalid) {
    return Error(Reason::kPeerUnknown);
  }
  RETURN_IF_ERROR(invitation.status());
  RETURN_IF_ERROR(CheckDates(*certificate, now));
  return PeerIdentity{std::nullopt, invitation->id};
}

absl::Status Admission::CheckServer(
    absl::string_view certificate_pem,
    const crypto::P256PublicKey& expected_key,
    const std::optional<OfficeId>& expected_office, absl::Time now) {
  const absl::StatusOr<crypto::Certificate> certificate =
      crypto::Certificate::FromPem(certificate_pem);
  if (!certificate.ok() || !certificate->SignedBy(expected_key).ok()) {
    return Error(Reason::kCertificateNotPinned);
  }
  const std::optional<OfficeId> office = OfficeOf(*certificate);
  if (!office.has_value() ||
      (expected_office.has_value() && *office != *expected_office)) {
    return Error(Reason::kCertificateWrongOffice);
  }
  return CheckDates(*certificate, now);
}

absl::Status Admission::MayCall(const PeerIdentity& identity,
                                absl::string_view method,
                                absl::Time now) const {
  if (identity.office.has_value() == identity.invitation.has_value()) {
    return Error(Reason::kNotAllowed);
  }
  if (identity.invitation.has_value()) {
    if (method != kAcceptMethod) return Error(Reason::kNotAllowed);
    ASSIGN_OR_RETURN(const Invitation invitation,
                     invitations_.Get(store_, *identity.invitation));
    if (now >= invitation.expires_at) {
      return Error(Reason::kInvitationExpired);
    }
    return absl::OkStatus();
  }
  if (!peers_.PinFor(*identity.office).has_value()) {
    return Error(Reason::kPeerUnknown);
  }
  if (!absl::StartsWith(method, kPeerPackage) || method == kAcceptMethod) {
    return Error(Reason::kNotAllowed);
  }
  return absl::OkStatus();
}

}  // namespace amparo::peering
