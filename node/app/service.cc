// SPDX-License-Identifier: Apache-2.0
#include "node/app/service.h"

#include <thread>
#include <utility>

#include "node/app/handshake_door.h"
#include "node/app/health.h"
#include "node/app/metrics.h"
#include "node/app/node.h"
#include "node/app/office_server.h"
#include "node/app/upkeep.h"
#include "node/app/version.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/log.h"
#include "node/base/status_macros.h"
#include "node/cases/columns.h"
#include "node/delivery/transport.h"
#include "node/delivery/workers.h"

namespace amparo::app {

class Service::Impl {
 public:
  Impl(const Config& config, const Clock& clock, crypto::RandomSource& random)
      : config_(config), clock_(clock), random_(random) {}
  ~Impl() { Stop(); }

  absl::Status Start(std::unique_ptr<storage::Store> store,
                     crypto::Secret node_key) {
    store_ = std::move(store);
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
    if (pulse_ != nullptr) pulse_->Stop();
    if (office_ != nullptr) office_->Stop(limits::kDrainGrace);
    if (peers_ != nullptr) peers_->Shutdown();
    // Before the threads that call: a peer that does not answer would be
    // waited for.
    if (clients_ != nullptr) clients_->Shutdown();
    if (upkeep_ != nullptr) upkeep_->Stop();
    if (reading_.joinable()) {
      node_->registry().StopReading();
      reading_.join();
    }
    if (workers_ != nullptr) workers_->Stop();
    metrics_ = nullptr;
    if (serving_) {
      serving_ = false;
      const auto head = node_->log().Checkpoint();
      if (!head.ok()) {
        Log("checkpoint_failed", {LogField::Why(ReasonOf(head.status()))});
      }
      Log("stopped", {});
    }
  }

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
    ASSIGN_OR_RETURN(office_, OfficeServer::Start(*node_, config_, kVersion));
    // Lists of many cases wait for this, nothing else does.
    reading_ = std::thread([this] { ReadCases(); });
    workers_->Start(config_.delivery_threads);
    upkeep_ = std::make_unique<Upkeep>(*node_, config_,
                                       [this] { return peers_->Renew(); });
    upkeep_->Start();
    health_ = std::make_unique<Health>(
        *store_, node_->own(), [this] { return workers_->OldestBeat(); },
        clock_);
    RETURN_IF_ERROR(ServeMetrics());
    pulse_ = std::make_unique<Pulse>(
        [this] { return health_->Check(); },
        [this](bool well) { office_->SetServing(well); });
    pulse_->Round();
    pulse_->Start();
    serving_ = true;
    Log("serving", {LogField::Number("port", peers_->port()),
                    LogField::Path("data", config_.data_directory)});
    return absl::OkStatus();
  }

  void ReadCases() {
    const absl::Status read = node_->registry().ReadColumns(*store_);
    if (!read.ok()) {
      Log("cases_not_read", {LogField::Why(ReasonOf(read))});
      return;
    }
    Log("cases_read", {});
  }

  absl::Status ServeMetrics() {
    if (config_.metrics_address.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(
        metrics_, MetricsPage::Serve(
                      config_.metrics_address,
                      {*node_, office_->calls(), peers_->calls(),
                       [this] { return health_->Check() == Inability::kNone; },
                       kVersion}));
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
  std::unique_ptr<Health> health_;
  std::unique_ptr<Pulse> pulse_;
  std::unique_ptr<MetricsPage> metrics_;
  std::thread reading_;
};

absl::StatusOr<std::unique_ptr<Service>> Service::Start(
    const Config& config, std::unique_ptr<storage::Store> store,
    crypto::Secret node_key, const Clock& clock, crypto::RandomSource& random) {
  auto impl = std::make_unique<Impl>(config, clock, random);
  RETURN_IF_ERROR(impl->Start(std::move(store), std::move(node_key)));
  return std::unique_ptr<Service>(new Service(std::move(impl)));
}

Service::Service(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Service::~Service() = default;
void Service::Stop() { impl_->Stop(); }
}  // namespace amparo::app
