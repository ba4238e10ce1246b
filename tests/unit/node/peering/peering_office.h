// SPDX-License-Identifier: Apache-2.0
//
// One office on a disk in memory, with everything of peering's first target.
// It can be closed and opened again, as after a crash.
#ifndef AMPARO_TESTS_UNIT_NODE_PEERING_PEERING_OFFICE_H_
#define AMPARO_TESTS_UNIT_NODE_PEERING_PEERING_OFFICE_H_

#include <memory>
#include <string>
#include <vector>

#include "crypto/base/deterministic_random.h"
#include "node/audit/log.h"
#include "node/peering/admission.h"
#include "node/peering/agreements.h"
#include "node/peering/invitations.h"
#include "node/peering/own_office.h"
#include "node/peering/peers.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"
#include "tests/support/manual_clock.h"

namespace amparo::peering {

inline OfficeSettings SettingsNamed(const std::string& name,
                                    bool exercise = false) {
  return OfficeSettings{name, "MDA", name + ".example:7443", exercise,
                        NodeRole::kOffice};
}

class PeeringOffice {
 public:
  explicit PeeringOffice(uint64_t seed, const OfficeSettings& settings,
                         ManualClock& shared_clock)
      : clock(shared_clock), random(seed) {
    OpenStorage();
    initialised =
        OwnOffice::Initialise(*store, *vault, random, clock.Now(), settings);
    OpenRooms();
  }

  void Reopen() {
    agreements.reset();
    peers.reset();
    log.reset();
    own.reset();
    vault.reset();
    store.reset();
    OpenStorage();
    OpenRooms();
  }

  std::vector<audit::Event> Events(audit::EventKind kind) const {
    std::vector<audit::Event> events;
    const audit::EventPage page = *log->ReadEvents(0, 500);
    for (const audit::LoggedEvent& logged : page.events) {
      if (logged.kind == kind && logged.event.has_value()) {
        events.push_back(*logged.event);
      }
    }
    return events;
  }

  // How this office looks to another one that has just met it.
  Peer AsPeer() const {
    return Peer{.id = own->id(),
                .office_key = own->office_public_key(),
                .state = PeerState::kActive,
                .own_nonce = std::string(kPeeringNonceSize, 'a'),
                .peer_nonce = std::string(kPeeringNonceSize, 'b'),
                .confirmed_by_us = true,
                .confirmed_by_peer = true,
                .first_person = *PersonId::FromBytes(std::string(16, '1')),
                .second_person = *PersonId::FromBytes(std::string(16, '2')),
                .bundle = own->bundle(),
                .signed_bundle = own->signed_bundle(),
                .skew = absl::ZeroDuration(),
                .added_at = clock.Now()};
  }

  absl::Status Meet(const PeeringOffice& other) {
    storage::Batch batch;
    return peers->Add(batch, other.AsPeer());
  }

  ManualClock& clock;
  crypto::DeterministicRandom random;
  storage::MemoryDisk disk;
  absl::Status initialised;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<storage::Vault> vault;
  std::unique_ptr<OwnOffice> own;
  std::unique_ptr<audit::Log> log;
  std::unique_ptr<Peers> peers;
  std::unique_ptr<Invitations> invitations;
  std::unique_ptr<Agreements> agreements;

 private:
  void OpenStorage() {
    store = *storage::OpenStore("/office", &disk);
    vault = *storage::Vault::Open(*store, crypto::Secret::Zeroed(32), random);
  }
  void OpenRooms() {
    own = *OwnOffice::Load(*store, *vault, random, clock);
    log = *audit::Log::Open(*store, *vault, clock, random, own->id(),
                            own->incarnation(), own->LogKey());
    peers = *Peers::Load(*store, *vault);
    invitations = std::make_unique<Invitations>(*vault);
    agreements = *Agreements::Load(*store, *vault, *own, *peers);
  }
};

// Terms that are all right, from now for a year.
inline AgreementTerms SomeTerms(absl::Time now) {
  AgreementTerms terms;
  terms.proposer_letter_types = {LetterType::kReferralRequest,
                                 LetterType::kDisclosure};
  terms.acceptor_letter_types = {LetterType::kReferralAnswer};
  terms.purposes = {Purpose::kTransnationalReferral};
  terms.categories = {DataCategory::kCodedProfile, DataCategory::kNeeds};
  terms.handling_codes = {HandlingCode::kNoOnward};
  terms.retention_days = 365;
  terms.statistics_policy = "standard";
  terms.valid_from = now;
  terms.valid_until = now + absl::Hours(24 * 365);
  terms.legal_reference = "Arrangement 12/2025";
  terms.impact_assessment_reference = "DPIA 7";
  terms.impact_assessment_at = now;
  return terms;
}

}  // namespace amparo::peering

#endif  // AMPARO_TESTS_UNIT_NODE_PEERING_PEERING_OFFICE_H_
