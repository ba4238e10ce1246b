// SPDX-License-Identifier: Apache-2.0
//
// Who may connect and what they may call. What the transport asks at the
// handshake and at each call; no gRPC here. Trust is the pinned office key:
// there is no certificate authority, and no chain is followed.
#ifndef AMPARO_NODE_PEERING_ADMISSION_H_
#define AMPARO_NODE_PEERING_ADMISSION_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crypto/sign/p256.h"
#include "node/base/ids.h"
#include "node/peering/invitations.h"
#include "node/peering/peers.h"
#include "node/storage/store.h"

namespace amparo::peering {

// Who is at the other end of a connection, by its certificate alone. Exactly
// one is set.
struct PeerIdentity {
  std::optional<OfficeId> office;
  std::optional<InvitationId> invitation;
};

// Thread-safe; all references must outlive it.
class Admission {
 public:
  Admission(const storage::Reader& store, const Peers& peers,
            const Invitations& invitations)
      : store_(store), peers_(peers), invitations_(invitations) {}

  // The client of a connection to us. An office certificate names its office
  // by exactly one URI, "amparo:office:" and 32 lower-case hexadecimal digits;
  // it must be signed directly by the key pinned for that office (kPeerUnknown,
  // kCertificateNotPinned) and be within its dates (kCertificateExpired,
  // kCertificateNotYetValid); one that names no office must be signed by its
  // own key and that key be of a live invitation (kPeerUnknown,
  // kInvitationExpired). kCertificateNotPinned for what is no certificate.
  // A suspended peer gets in: protective letters pass.
  absl::StatusOr<PeerIdentity> CheckCertificate(
      absl::string_view certificate_pem, absl::Time now) const;

  // The server we called. `expected_key` is the pin, or the key of the
  // invitation; `expected_office` is absent only when redeeming an invitation.
  // kCertificateWrongOffice when it names another office or none.
  static absl::Status CheckServer(
      absl::string_view certificate_pem,
      const crypto::P256PublicKey& expected_key,
      const std::optional<OfficeId>& expected_office, absl::Time now);

  // Whether `identity` may call `method` ("/package.Service/Method"), asked on
  // every call: an invitation only AcceptInvitation, an office everything of
  // amparo.peer.v1 but that. kNotAllowed; kPeerUnknown when the office is not
  // one any more; kInvitationExpired.
  absl::Status MayCall(const PeerIdentity& identity, absl::string_view method,
                       absl::Time now) const;

 private:
  const storage::Reader& store_;
  const Peers& peers_;
  const Invitations& invitations_;
};

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_ADMISSION_H_
