// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/bench_node.h"

#include <utility>

#include "crypto/base/random.h"
#include "node/app/data_directory.h"
#include "node/base/clock.h"
#include "node/base/status_macros.h"

namespace amparo::bench {

std::vector<DiskWrite> RecordingStore::TakeWrites() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(writes_, {});
}

void RecordingStore::Remember(absl::Span<const storage::Batch* const> batches) {
  DiskWrite write;
  for (const storage::Batch* const batch : batches) {
    for (const storage::Batch::Write& row : batch->writes()) {
      ++write.rows;
      write.key_bytes += row.key.size();
      write.value_bytes += row.value.has_value() ? row.value->size() : 0;
    }
    for (const storage::Batch::Appended& row : batch->appends()) {
      ++write.rows;
      write.key_bytes += sizeof(uint64_t);
      write.value_bytes += row.value.size();
    }
  }
  absl::MutexLock lock(&mutex_);
  writes_.push_back(write);
}

absl::StatusOr<storage::CommitResult> RecordingStore::Commit(
    const storage::Batch& batch) {
  const storage::Batch* const one = &batch;
  Remember(absl::MakeConstSpan(&one, 1));
  return store_->Commit(batch);
}

std::vector<absl::StatusOr<storage::CommitResult>> RecordingStore::CommitAll(
    absl::Span<const storage::Batch* const> batches) {
  Remember(batches);
  return store_->CommitAll(batches);
}

std::vector<SentCall> RecordingLink::TakeCalls() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(calls_, {});
}

absl::StatusOr<std::vector<delivery::Outcome>> RecordingLink::Deliver(
    const OfficeId& peer, absl::Span<const std::string> letters) {
  auto outcomes = link_.Deliver(peer, letters);
  if (outcomes.ok()) {
    SentCall call;
    for (const std::string& letter : letters) {
      call.letter_bytes.push_back(letter.size());
    }
    for (const delivery::Outcome& outcome : *outcomes) {
      call.receipt_bytes.push_back(outcome.receipt.size());
    }
    absl::MutexLock lock(&mutex_);
    calls_.push_back(std::move(call));
  }
  return outcomes;
}

BenchNode::BenchNode() = default;
BenchNode::~BenchNode() {
  if (server_ != nullptr) server_->Shutdown();
  if (clients_ != nullptr) clients_->Shutdown();
}

absl::StatusOr<std::unique_ptr<BenchNode>> BenchNode::Open(
    NodeProcess& stopped) {
  std::unique_ptr<BenchNode> bench(new BenchNode());
  const std::string directory = stopped.data_directory();
  crypto::RandomSource& random = crypto::SystemRandom();
  ASSIGN_OR_RETURN(
      crypto::Secret key,
      app::OpenDataDirectory(directory,
                             crypto::Secret::Copy("a passphrase of tests")));
  ASSIGN_OR_RETURN(auto store, storage::OpenStore(app::StorePath(directory)));
  bench->store_ = std::make_unique<RecordingStore>(std::move(store));
  ASSIGN_OR_RETURN(
      bench->node_,
      app::Node::Open(
          {*bench->store_, SystemClock(), random}, std::move(key),
          [&](const peering::OwnOffice& own, const peering::Peers& peers) {
            bench->clients_ = std::make_unique<delivery::PeerClients>(
                own, peers, SystemClock(), random);
            bench->link_ = std::make_unique<RecordingLink>(*bench->clients_);
            return app::Links{*bench->link_, *bench->clients_};
          }));
  bench->door_ =
      std::make_unique<app::HandshakeDoor>(bench->node_->handshake());
  ASSIGN_OR_RETURN(
      bench->server_,
      delivery::PeerServer::Start(
          stopped.address(), bench->node_->own(), bench->node_->admission(),
          bench->node_->inbox(), *bench->door_, SystemClock()));
  return bench;
}

}  // namespace amparo::bench
