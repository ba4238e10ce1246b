// SPDX-License-Identifier: Apache-2.0
#include "node/app/service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "node/app/data_directory.h"
#include "node/app/node.h"
#include "node/app/office_server.h"
#include "node/app/upkeep.h"
#include "node/app/version.h"
#include "node/base/errors.h"
#include "node/base/log.h"
#include "node/base/status_macros.h"
#include "node/delivery/transport.h"
#include "node/delivery/workers.h"

namespace amparo::app {
namespace {

constexpr absl::Duration kDrainGrace = absl::Seconds(5);

// The transport asks for a door; the room that answers is below it.
class HandshakeDoor final : public delivery::PeeringDoor {
 public:
  explicit HandshakeDoor(peering::Handshake& handshake)
      : handshake_(handshake) {}
  absl::StatusOr<std::string> OnAcceptInvitation(
      const peering::PeerIdentity& identity,
      absl::string_view request) override {
    return handshake_.OnAcceptInvitation(identity, request);
  }
  absl::StatusOr<std::string> OnHello(const peering::PeerIdentity& identity,
                                      absl::string_view request) override {
    return handshake_.OnHello(identity, request);
  }

 private:
  peering::Handshake& handshake_;
};

}  // namespace

class Service::Impl {
 public:
  Impl(const Config& config, const Clock& clock, crypto::RandomSource& random)
      : config_(config), clock_(clock), random_(random) {}
  ~Impl() { Stop(); }

  absl::Status Start(crypto::Secret node_key) {
    ASSIGN_OR_RETURN(store_,
                     storage::OpenStore(StorePath(config_.data_directory)));
    ASSIGN_OR_RETURN(
        node_, Node::Open({*store_, clock_, random_}, std::move(node_key),
                          [this](const peering::OwnOffice& own,
                                 const peering::Peers& peers) {
                            clients_ = std::make_unique<delivery::PeerClients>(
                                own, peers, clock_, random_);
                            return Links{*clients_, *clients_};
                          }));
    workers_ = std::make_unique<delivery::DeliveryWorkers>(
        node_->dispatcher(), node_->peers(), clock_);
    node_->outbox().SetPostHook(
        [this](const OfficeId& peer) { workers_->Posted(peer); });
    node_->handshake().OnContact(
        [this](const OfficeId& peer) { workers_->Contact(peer); });
    return Serve();
  }

  void Stop() {
    // What lets work in goes first, the store last.
    if (office_ != nullptr) office_->Stop(kDrainGrace);
    if (peers_ != nullptr) peers_->Shutdown();
    if (upkeep_ != nullptr) upkeep_->Stop();
    if (clients_ != nullptr) clients_->Shutdown();
    if (workers_ != nullptr) workers_->Stop();
    if (serving_) {
      serving_ = false;
      const auto head = node_->log().Checkpoint();
      if (!head.ok()) {
        Log("checkpoint_failed", {LogField::Why(ReasonOf(head.status()))});
      }
      Log("stopped", {});
    }
  }

  int port() const { return peers_->port(); }

 private:
  absl::Status Serve() {
    door_ = std::make_unique<HandshakeDoor>(node_->handshake());
    ASSIGN_OR_RETURN(
        peers_, delivery::PeerServer::Start(config_.listen_address,
                                            node_->own(), node_->admission(),
                                            node_->inbox(), *door_, clock_));
    RETURN_IF_ERROR(node_->own()
                        .SetAddress(node_->log(),
                                    PublicAddress(config_, peers_->port()),
                                    clock_.Now())
                        .status());
    ASSIGN_OR_RETURN(
        office_,
        OfficeServer::Start(*node_, OfficeSocketPath(config_.data_directory),
                            kVersion, config_.listen_address));
    workers_->Start(config_.delivery_threads);
    upkeep_ = std::make_unique<Upkeep>(*node_, config_,
                                       [this] { return peers_->Renew(); });
    upkeep_->Start();
    serving_ = true;
    Log("serving", {LogField::Number("port", peers_->port()),
                    LogField::Path("data", config_.data_directory)});
    return absl::OkStatus();
  }

  const Config config_;
  const Clock& clock_;
  crypto::RandomSource& random_;
  bool serving_ = false;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<delivery::PeerClients> clients_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<delivery::DeliveryWorkers> workers_;
  std::unique_ptr<HandshakeDoor> door_;
  std::unique_ptr<delivery::PeerServer> peers_;
  std::unique_ptr<OfficeServer> office_;
  std::unique_ptr<Upkeep> upkeep_;
};

absl::StatusOr<std::unique_ptr<Service>> Service::Start(
    const Config& config, crypto::Secret node_key, const Clock& clock,
    crypto::RandomSource& random) {
  auto impl = std::make_unique<Impl>(config, clock, random);
  RETURN_IF_ERROR(impl->Start(std::move(node_key)));
  return std::unique_ptr<Service>(new Service(std::move(impl)));
}

Service::Service(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Service::~Service() = default;
void Service::Stop() { impl_->Stop(); }
int Service::port() const { return impl_->port(); }

}  // namespace amparo::app
