// SPDX-License-Identifier: Apache-2.0
//
// What people do with agreements: propose, sign, look at. Proposing and
// signing each write a letter in the same transaction; the letter's thread has
// the agreement's id.
#ifndef AMPARO_NODE_PEERING_AGREEMENT_ACTIONS_H_
#define AMPARO_NODE_PEERING_AGREEMENT_ACTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "node/base/ids.h"
#include "node/peering/agreement.h"
#include "node/peering/agreements.h"
#include "node/peering/peering_parts.h"
#include "node/people/caller.h"

namespace amparo::clearance {
class Gate;
}  // namespace amparo::clearance
namespace amparo::delivery {
class Outbox;
}  // namespace amparo::delivery

namespace amparo::peering {

// Thread-safe; all references must outlive it.
class AgreementActions {
 public:
  AgreementActions(const PeeringParts& parts, Agreements& agreements,
                   const clearance::Gate& gate, delivery::Outbox& outbox)
      : parts_(parts), agreements_(agreements), gate_(gate), outbox_(outbox) {}

  struct ProposeRequest {
    RequestId request;
    OfficeId peer;
    AgreementTerms terms;
  };
  // Draws up, signs with the office key and sends. kFieldInvalid, and
  // kPeerNotConfirmed or kPeerSuspended as letters to the peer may pass.
  absl::StatusOr<SignedAgreement> Propose(const people::Caller& caller,
                                          const ProposeRequest& request);

  struct SignRequest {
    RequestId request;
    AgreementId agreement;
    std::string hash;  // 32 bytes: what the person has read.
  };
  // The acceptor's step: from its commit on the agreement is in force here, at
  // the other side once the letter arrived. kAgreementMissing,
  // kAgreementHashMismatch, kWrongState (already signed, or we proposed it),
  // kAgreementExpired.
  absl::StatusOr<SignedAgreement> Sign(const people::Caller& caller,
                                       const SignRequest& request);

  absl::StatusOr<SignedAgreement> Show(const people::Caller& caller,
                                       const AgreementId& id) const;
  // Oldest first.
  absl::StatusOr<std::vector<SignedAgreement>> List(
      const people::Caller& caller, std::optional<OfficeId> peer) const;

 private:
  absl::Status PostLetter(storage::Batch& batch, const OfficeId& peer,
                          LetterType type, const AgreementId& agreement,
                          std::string payload);
  absl::Status CommitWith(storage::Batch& batch, const people::Caller& caller,
                          const RequestId& request, absl::string_view digest,
                          audit::EventKind leaf, const Agreement& agreement);

  const PeeringParts parts_;
  Agreements& agreements_;
  const clearance::Gate& gate_;
  delivery::Outbox& outbox_;
};

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_AGREEMENT_ACTIONS_H_
