// SPDX-License-Identifier: Apache-2.0
//
// Offices that reach each other through a wire in this process, with the
// actions of peering on top. The wire can be cut before or after the other
// side has answered.
#ifndef AMPARO_TESTS_UNIT_NODE_PEERING_CONNECTED_OFFICES_H_
#define AMPARO_TESTS_UNIT_NODE_PEERING_CONNECTED_OFFICES_H_

#include <map>
#include <memory>
#include <string>

#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/clearance/clearance.h"
#include "node/consent/ledger.h"
#include "node/delivery/outbox.h"
#include "node/peering/agreement_actions.h"
#include "node/peering/handshake.h"
#include "node/peering/peering_actions.h"
#include "node/peering/peering_letters.h"
#include "node/people/caller.h"
#include "node/people/requests.h"
#include "tests/unit/node/peering/peering_office.h"

namespace amparo::peering {

inline PersonId PersonNamed(char name) {
  return *PersonId::FromBytes(std::string(16, name));
}
inline people::Caller CallerWith(char name, people::Role role) {
  return people::Caller::ForPerson(PersonNamed(name),
                                   *SessionId::FromBytes(std::string(16, 's')),
                                   {role}, "");
}
inline RequestId RequestNamed(const std::string& name) {
  return *RequestId::FromBytes((name + std::string(16, '.')).substr(0, 16));
}

struct ConnectedOffice;

// Finds the called office by its address, as a network does, and checks
// certificates as the transport does.
class Wire final : public PeeringLink {
 public:
  Wire(std::map<std::string, ConnectedOffice*>& offices, ConnectedOffice& from)
      : offices_(offices), from_(from) {}

  absl::StatusOr<std::string> AcceptInvitation(
      const InvitationCode& code, absl::string_view request) override;
  absl::StatusOr<std::string> Hello(const Peer& peer,
                                    absl::string_view request) override;

  bool cut = false;          // Nothing gets there.
  bool lose_answer = false;  // It gets there, the answer does not come back.
  int calls = 0;

 private:
  absl::StatusOr<std::string> Answer(absl::StatusOr<std::string> answer);

  std::map<std::string, ConnectedOffice*>& offices_;
  ConnectedOffice& from_;
};

struct ConnectedOffice {
  ConnectedOffice(uint64_t seed, const OfficeSettings& settings,
                  ManualClock& clock,
                  std::map<std::string, ConnectedOffice*>& offices)
      : office(seed, settings, clock), wire(offices, *this) {
    offices[settings.address] = this;
    Start();
  }
  void Start() {
    requests = std::make_unique<people::Requests>(*office.store, *office.vault,
                                                  office.clock);
    parts = std::make_unique<PeeringParts>(PeeringParts{
        *office.store, *office.log, office.clock, office.random, *office.own,
        *office.peers, *office.invitations, *requests});
    handshake = std::make_unique<Handshake>(*parts);
    actions = std::make_unique<PeeringActions>(*parts, *handshake, wire);
    ledger = std::make_unique<consent::Ledger>(*office.vault, *office.log);
    gate = std::make_unique<clearance::Gate>(*office.store, *office.own,
                                             *office.peers, *office.agreements,
                                             *ledger, office.clock);
    outbox = *delivery::Outbox::Open(*office.store, *office.vault, *office.log,
                                     *office.own, *gate, office.clock,
                                     office.random);
    agreements = std::make_unique<AgreementActions>(*parts, *office.agreements,
                                                    *gate, *outbox);
    letters = std::make_unique<AgreementLetters>(*office.agreements,
                                                 *office.own, *office.log);
  }
  void Restart() {
    letters.reset();
    agreements.reset();
    outbox.reset();
    gate.reset();
    ledger.reset();
    actions.reset();
    handshake.reset();
    parts.reset();
    requests.reset();
    office.Reopen();
    Start();
  }

  PeeringOffice office;
  Wire wire;
  std::unique_ptr<people::Requests> requests;
  std::unique_ptr<PeeringParts> parts;
  std::unique_ptr<Handshake> handshake;
  std::unique_ptr<PeeringActions> actions;
  std::unique_ptr<consent::Ledger> ledger;
  std::unique_ptr<clearance::Gate> gate;
  std::unique_ptr<delivery::Outbox> outbox;
  std::unique_ptr<AgreementActions> agreements;
  std::unique_ptr<AgreementLetters> letters;
};

inline absl::StatusOr<std::string> Wire::Answer(
    absl::StatusOr<std::string> answer) {
  if (lose_answer) return Error(Reason::kUnavailable);
  return answer;
}

inline absl::StatusOr<std::string> Wire::AcceptInvitation(
    const InvitationCode& code, absl::string_view request) {
  ++calls;
  const auto found = offices_.find(code.address());
  if (cut || found == offices_.end()) return Error(Reason::kUnavailable);
  PeeringOffice& called = found->second->office;
  const absl::Time now = called.clock.Now();
  RETURN_IF_ERROR(
      Admission::CheckServer(called.own->tls_identity().certificate_pem,
                             code.office_key(), std::nullopt, now));
  ASSIGN_OR_RETURN(const TlsIdentity identity,
                   code.ClientIdentity(now, from_.office.random));
  const Admission admission(*called.store, *called.peers, *called.invitations);
  ASSIGN_OR_RETURN(const PeerIdentity caller,
                   admission.CheckCertificate(identity.certificate_pem, now));
  RETURN_IF_ERROR(admission.MayCall(
      caller, "/amparo.peer.v1.PeeringService/AcceptInvitation", now));
  return Answer(found->second->handshake->OnAcceptInvitation(caller, request));
}

inline absl::StatusOr<std::string> Wire::Hello(const Peer& peer,
                                               absl::string_view request) {
  ++calls;
  const auto found = offices_.find(peer.address());
  if (cut || found == offices_.end()) return Error(Reason::kUnavailable);
  PeeringOffice& called = found->second->office;
  const absl::Time now = called.clock.Now();
  RETURN_IF_ERROR(
      Admission::CheckServer(called.own->tls_identity().certificate_pem,
                             peer.office_key, peer.id, now));
  const Admission admission(*called.store, *called.peers, *called.invitations);
  ASSIGN_OR_RETURN(const PeerIdentity caller,
                   admission.CheckCertificate(
                       from_.office.own->tls_identity().certificate_pem, now));
  RETURN_IF_ERROR(
      admission.MayCall(caller, "/amparo.peer.v1.PeeringService/Hello", now));
  return Answer(found->second->handshake->OnHello(caller, request));
}

}  // namespace amparo::peering

#endif  // AMPARO_TESTS_UNIT_NODE_PEERING_CONNECTED_OFFICES_H_
