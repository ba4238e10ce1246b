// SPDX-License-Identifier: Apache-2.0
//
// All rooms of one node, wired. Knows no socket and no thread: amparod adds
// servers and workers around it, and the simulation runs several in one
// process on a virtual clock and a network of its own.
#ifndef AMPARO_NODE_APP_NODE_H_
#define AMPARO_NODE_APP_NODE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "crypto/password/password.h"
#include "node/audit/log.h"
#include "node/base/clock.h"
#include "node/cases/cases_actions.h"
#include "node/cases/foreign/case_files_actions.h"
#include "node/cases/registry.h"
#include "node/cases/retention_actions.h"
#include "node/clearance/clearance.h"
#include "node/consent/consent_actions.h"
#include "node/consent/leases.h"
#include "node/consent/ledger.h"
#include "node/delivery/dispatcher.h"
#include "node/delivery/inbox.h"
#include "node/delivery/outbox.h"
#include "node/peering/admission.h"
#include "node/peering/agreement_actions.h"
#include "node/peering/agreements.h"
#include "node/peering/handshake.h"
#include "node/peering/invitations.h"
#include "node/peering/own_office.h"
#include "node/peering/peering_actions.h"
#include "node/peering/peering_letters.h"
#include "node/peering/peering_link.h"
#include "node/peering/peers.h"
#include "node/people/people_actions.h"
#include "node/people/requests.h"
#include "node/people/sessions.h"
#include "node/referral/case_ties.h"
#include "node/referral/referral_actions.h"
#include "node/referral/referral_letters.h"
#include "node/region/region_actions.h"
#include "node/region/region_letters.h"
#include "node/statistics/statistics_actions.h"
#include "node/statistics/statistics_letters.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::app {

// How this node reaches others. Both must outlive it.
struct Links {
  delivery::PeerLink& letters;
  peering::PeeringLink& peering;
};

// Makes the links once the node knows who it is and whom it knows; the caller
// keeps them alive for as long as the node.
using LinkFactory =
    std::function<Links(const peering::OwnOffice&, const peering::Peers&)>;

// What is made before the rooms.
struct Ground {
  storage::Store& store;
  const Clock& clock;
  crypto::RandomSource& random;
};

// Makes the office and its first administrator in an empty store. Returns the
// administrator's one-use sign-in code.
absl::StatusOr<crypto::Secret> InitialiseNode(
    const Ground& ground, const crypto::Secret& node_key,
    const peering::OfficeSettings& settings, absl::string_view administrator);

// Thread-safe as its rooms are.
class Node {
 public:
  // kNotInitialised, kPassphraseWrong for another node key, kRecordDamaged,
  // kRestoreNeeded (restore.h);
  // also checks the budget ledger and every shipped table. Everything in
  // `ground` must outlive the node. `cost` is lower in tests only.
  static absl::StatusOr<std::unique_ptr<Node>> Open(
      const Ground& ground, crypto::Secret node_key, const LinkFactory& links,
      crypto::PasswordCost cost = crypto::kStandardCost);

  const Ground& ground() const { return ground_; }
  storage::Vault& vault() { return *vault_; }
  audit::Log& log() { return *log_; }
  const vocabulary::Lists& lists() const { return lists_; }
  peering::OwnOffice& own() { return *own_; }
  peering::Peers& peers() { return *peers_; }
  peering::Agreements& agreements() { return *agreements_; }
  const peering::Admission& admission() const { return *admission_; }
  peering::Handshake& handshake() { return *handshake_; }
  const people::Sessions& sessions() const { return *sessions_; }
  people::PeopleActions& people() { return *people_; }
  const people::Requests& requests() const { return *requests_; }
  const consent::Ledger& consent_ledger() const { return *consents_; }
  consent::ConsentActions& consent() { return *consent_actions_; }
  cases::CasesActions& cases() { return *cases_actions_; }
  cases::CaseFilesActions& case_files() { return *case_files_actions_; }
  const cases::Registry& registry() const { return *registry_; }
  const cases::RetentionActions& retention() const { return *retention_; }
  peering::PeeringActions& peering() { return *peering_actions_; }
  peering::AgreementActions& agreement_actions() { return *agreement_actions_; }
  delivery::Outbox& outbox() { return *outbox_; }
  delivery::Inbox& inbox() { return *inbox_; }
  delivery::Dispatcher& dispatcher() { return *dispatcher_; }
  referral::ReferralActions& referrals() { return *referral_actions_; }
  statistics::TableActions& tables() { return *table_actions_; }
  region::TrendActions& trends() { return *trend_actions_; }

  // Says hello to a peer and takes its answer in.
  absl::Status SayHello(const OfficeId& peer);

 private:
  explicit Node(const Ground& ground);
  absl::Status OpenOffice(crypto::Secret node_key);
  absl::Status OpenPeople(crypto::PasswordCost cost);
  absl::Status OpenExchange(const LinkFactory& links);
  void OpenReferral();
  absl::Status OpenStatistics();

  const Ground ground_;
  const vocabulary::Lists& lists_;
  std::unique_ptr<storage::Vault> vault_;
  std::unique_ptr<peering::OwnOffice> own_;
  std::unique_ptr<audit::Log> log_;
  std::unique_ptr<people::Requests> requests_;
  std::unique_ptr<people::Sessions> sessions_;
  std::unique_ptr<people::PeopleActions> people_;
  std::unique_ptr<peering::Peers> peers_;
  std::unique_ptr<peering::Invitations> invitations_;
  std::unique_ptr<peering::Agreements> agreements_;
  std::unique_ptr<peering::Admission> admission_;
  std::unique_ptr<peering::Handshake> handshake_;
  std::unique_ptr<consent::Ledger> consents_;
  std::unique_ptr<consent::Leases> leases_;
  std::unique_ptr<cases::Registry> registry_;
  std::unique_ptr<cases::CasesActions> cases_actions_;
  std::unique_ptr<cases::CaseFilesActions> case_files_actions_;
  std::unique_ptr<clearance::Gate> gate_;
  std::unique_ptr<delivery::Outbox> outbox_;
  std::unique_ptr<delivery::Inbox> inbox_;
  peering::PeeringLink* peering_link_ = nullptr;
  std::unique_ptr<delivery::Dispatcher> dispatcher_;
  std::unique_ptr<peering::PeeringActions> peering_actions_;
  std::unique_ptr<peering::AgreementActions> agreement_actions_;
  std::unique_ptr<peering::AgreementLetters> agreement_letters_;
  std::unique_ptr<referral::ReferralActions> referral_actions_;
  std::unique_ptr<referral::ReferralLetters> referral_letters_;
  std::unique_ptr<referral::CaseTies> case_ties_;
  std::unique_ptr<cases::RetentionActions> retention_;
  std::unique_ptr<consent::ConsentActions> consent_actions_;
  std::unique_ptr<statistics::LetterOutlet> outlet_;
  std::unique_ptr<statistics::TableActions> table_actions_;
  std::unique_ptr<region::ReleaseReceiver> release_receiver_;
  std::unique_ptr<region::TrendActions> trend_actions_;
};

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_NODE_H_
