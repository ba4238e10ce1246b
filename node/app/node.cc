// SPDX-License-Identifier: Apache-2.0
#include "node/app/node.h"

#include <utility>

#include "node/base/exchange_terms.h"
#include "node/base/status_macros.h"
#include "node/statistics/table_spec.h"

namespace amparo::app {
namespace {

absl::StatusOr<std::unique_ptr<audit::Log>> OpenLog(
    const Ground& ground, const storage::Vault& vault,
    const peering::OwnOffice& own) {
  return audit::Log::Open(ground.store, vault, ground.clock, ground.random,
                          own.id(), own.incarnation(),
                          audit::LogKey([&own] { return own.LogKey(); }));
}

}  // namespace

absl::StatusOr<crypto::Secret> InitialiseNode(
    const Ground& ground, const crypto::Secret& node_key,
    const peering::OfficeSettings& settings, absl::string_view administrator) {
  ASSIGN_OR_RETURN(
      const std::unique_ptr<storage::Vault> vault,
      storage::Vault::Open(ground.store, node_key.Clone(), ground.random));
  RETURN_IF_ERROR(peering::OwnOffice::Initialise(
      ground.store, *vault, ground.random, ground.clock.Now(), settings));
  ASSIGN_OR_RETURN(const std::unique_ptr<peering::OwnOffice> own,
                   peering::OwnOffice::Load(ground.store, *vault, ground.random,
                                            ground.clock));
  ASSIGN_OR_RETURN(const std::unique_ptr<audit::Log> log,
                   OpenLog(ground, *vault, *own));
  ASSIGN_OR_RETURN(people::AddedPerson added,
                   people::AddFirstAdministrator({ground.store, *vault, *log,
                                                  ground.clock, ground.random},
                                                 administrator));
  return std::move(added.code);
}

Node::Node(const Ground& ground)
    : ground_(ground), lists_(vocabulary::Lists::BuiltIn()) {}

absl::StatusOr<std::unique_ptr<Node>> Node::Open(const Ground& ground,
                                                 crypto::Secret node_key,
                                                 const LinkFactory& links,
                                                 crypto::PasswordCost cost) {
  std::unique_ptr<Node> node(new Node(ground));
  RETURN_IF_ERROR(node->OpenOffice(std::move(node_key)));
  RETURN_IF_ERROR(node->OpenPeople(cost));
  RETURN_IF_ERROR(node->OpenExchange(links));
  node->OpenReferral();
  RETURN_IF_ERROR(node->OpenStatistics());
  return node;
}

absl::Status Node::OpenOffice(crypto::Secret node_key) {
  ASSIGN_OR_RETURN(
      vault_,
      storage::Vault::Open(ground_.store, std::move(node_key), ground_.random));
  ASSIGN_OR_RETURN(
      own_, peering::OwnOffice::Load(ground_.store, *vault_, ground_.random,
                                     ground_.clock));
  RETURN_IF_ERROR(own_->CheckFresh());
  ASSIGN_OR_RETURN(log_, OpenLog(ground_, *vault_, *own_));
  return absl::OkStatus();
}

absl::Status Node::OpenPeople(crypto::PasswordCost cost) {
  requests_ =
      std::make_unique<people::Requests>(ground_.store, *vault_, ground_.clock);
  sessions_ =
      std::make_unique<people::Sessions>(ground_.store, *vault_, ground_.clock);
  ASSIGN_OR_RETURN(
      people_, people::PeopleActions::Create({ground_.store, *vault_, *log_,
                                              ground_.clock, ground_.random},
                                             cost));
  consents_ = std::make_unique<consent::Ledger>(*vault_, *log_);
  leases_ = std::make_unique<consent::Leases>();
  registry_ = std::make_unique<cases::Registry>(*vault_);
  const cases::ImportServices case_services{ground_.store, *registry_,
                                            *consents_,    *log_,
                                            ground_.clock, ground_.random};
  cases_actions_ =
      std::make_unique<cases::CasesActions>(case_services, *requests_);
  case_files_actions_ =
      std::make_unique<cases::CaseFilesActions>(case_services);
  return absl::OkStatus();
}

absl::Status Node::OpenExchange(const LinkFactory& links) {
  ASSIGN_OR_RETURN(peers_, peering::Peers::Load(ground_.store, *vault_));
  ASSIGN_OR_RETURN(agreements_, peering::Agreements::Load(
                                    ground_.store, *vault_, *own_, *peers_));
  invitations_ = std::make_unique<peering::Invitations>(*vault_);
  admission_ = std::make_unique<peering::Admission>(ground_.store, *peers_,
                                                    *invitations_);
  const peering::PeeringParts parts{ground_.store,  *log_,     ground_.clock,
                                    ground_.random, *own_,     *peers_,
                                    *invitations_,  *requests_};
  handshake_ = std::make_unique<peering::Handshake>(parts);

  const Links made = links(*own_, *peers_);
  peering_link_ = &made.peering;
  gate_ = std::make_unique<clearance::Gate>(
      ground_.store, *own_, *peers_, *agreements_, *consents_, ground_.clock);
  ASSIGN_OR_RETURN(
      outbox_, delivery::Outbox::Open(ground_.store, *vault_, *log_, *own_,
                                      *gate_, ground_.clock, ground_.random));
  inbox_ = std::make_unique<delivery::Inbox>(ground_.store, *vault_, *log_,
                                             *own_, *peers_, *agreements_,
                                             *outbox_, ground_.clock);
  dispatcher_ = std::make_unique<delivery::Dispatcher>(
      *outbox_, *peers_, *leases_, made.letters,
      [this](const OfficeId& peer) { return SayHello(peer); });
  peering_actions_ = std::make_unique<peering::PeeringActions>(
      parts, *handshake_, *peering_link_);
  agreement_actions_ = std::make_unique<peering::AgreementActions>(
      parts, *agreements_, *gate_, *outbox_);
  agreement_letters_ =
      std::make_unique<peering::AgreementLetters>(*agreements_, *own_, *log_);
  inbox_->Register(LetterType::kAgreementProposed, *agreement_letters_);
  inbox_->Register(LetterType::kAgreementSigned, *agreement_letters_);
  return absl::OkStatus();
}

void Node::OpenReferral() {
  referral_actions_ =
      std::make_unique<referral::ReferralActions>(referral::Rooms{
          ground_.store, *vault_, *log_, ground_.clock, ground_.random, lists_,
          *registry_, *consents_, *peers_, *requests_, *gate_, *outbox_});
  referral_letters_ = std::make_unique<referral::ReferralLetters>(
      ground_.store, *vault_, *log_, lists_, own_->id());
  for (const LetterType type :
       {LetterType::kReferralRequest, LetterType::kReferralAnswer,
        LetterType::kDisclosure, LetterType::kRecall}) {
    inbox_->Register(type, *referral_letters_);
  }
  outbox_->AddListener(referral_letters_.get());
  case_ties_ = std::make_unique<referral::CaseTies>(*vault_, *log_, *consents_,
                                                    *outbox_);
  retention_ = std::make_unique<cases::RetentionActions>(
      cases_actions_->desk(),
      std::vector<const cases::CaseTie*>{case_ties_.get()});
  consent_actions_ = std::make_unique<consent::ConsentActions>(
      consent::Ground{ground_.store, *vault_, *log_, ground_.clock,
                      ground_.random, lists_},
      *cases_actions_, *leases_,
      std::vector<consent::WithdrawalEffect*>{referral_actions_.get()});
}

absl::Status Node::OpenStatistics() {
  const statistics::Catalogue& catalogue = statistics::Catalogue::BuiltIn();
  outlet_ = std::make_unique<statistics::LetterOutlet>(
      statistics::LetterOutlet::Parts{*own_, *peers_, *agreements_, *gate_,
                                      *outbox_, ground_.clock, ground_.random});
  table_actions_ = std::make_unique<statistics::TableActions>(
      statistics::TableActions::Parts{
          ground_.store, *vault_, *log_, ground_.clock, ground_.random,
          *requests_, *registry_, *consents_, lists_, catalogue, *outlet_});
  RETURN_IF_ERROR(table_actions_->Check());
  release_receiver_ = std::make_unique<region::ReleaseReceiver>(
      ground_.store, *vault_, *own_, *peers_, catalogue);
  inbox_->Register(LetterType::kStatisticsRelease, *release_receiver_);
  trend_actions_ = std::make_unique<region::TrendActions>(
      region::TrendActions::Parts{ground_.store, *vault_, *own_, *peers_,
                                  *agreements_, catalogue, ground_.clock});
  return absl::OkStatus();
}

absl::Status Node::SayHello(const OfficeId& peer) {
  return handshake_->SayHello(*peering_link_, peer);
}

}  // namespace amparo::app
