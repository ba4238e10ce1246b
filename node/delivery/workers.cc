// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/workers.h"

#include <algorithm>

#include "node/base/errors.h"
#include "node/base/log.h"
#include "node/peering/peers.h"

namespace amparo::delivery {
namespace {

constexpr absl::Duration kPeersEvery = absl::Seconds(1);
constexpr absl::Duration kSweepEvery = absl::Seconds(10);
// After a fault of this node.
constexpr absl::Duration kAfterFault = absl::Seconds(5);

}  // namespace

DeliveryWorkers::DeliveryWorkers(Dispatcher& dispatcher,
                                 const peering::Peers& peers,
                                 const Clock& clock)
    : dispatcher_(dispatcher), peers_(peers), clock_(clock) {}

DeliveryWorkers::~DeliveryWorkers() { Stop(); }

void DeliveryWorkers::Start(int threads) {
  const auto count = static_cast<size_t>(std::clamp(threads, 1, 16));
  {
    absl::MutexLock lock(&mutex_);
    beats_.assign(count, clock_.Now());
  }
  for (size_t i = 0; i < count; ++i) {
    threads_.emplace_back([this, i] { Run(i); });
  }
}

absl::Time DeliveryWorkers::OldestBeat() const {
  absl::MutexLock lock(&mutex_);
  const auto oldest = std::min_element(beats_.begin(), beats_.end());
  return oldest == beats_.end() ? absl::InfiniteFuture() : *oldest;
}

void DeliveryWorkers::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void DeliveryWorkers::Posted(const OfficeId& peer) {
  absl::MutexLock lock(&mutex_);
  Turn& turn = turns_[peer];
  turn.due = absl::InfinitePast();
  turn.again = turn.running;
  changed_.Signal();
}

void DeliveryWorkers::Contact(const OfficeId& peer) {
  dispatcher_.OnContact(peer);
  absl::MutexLock lock(&mutex_);
  Turn& turn = turns_[peer];
  turn.due = absl::InfinitePast();
  turn.again = turn.running;
  changed_.Signal();
}

void DeliveryWorkers::AddNewPeers() {
  const absl::Time now = clock_.Now();
  if (peers_read_ <= now && now < peers_read_ + kPeersEvery) return;
  peers_read_ = now;
  for (const peering::Peer& peer : peers_.List()) turns_[peer.id];
}

void DeliveryWorkers::Serve(const OfficeId& peer, bool sweep) {
  absl::Status fault;
  if (sweep) fault = dispatcher_.Sweep(peer);
  absl::StatusOr<StepResult> step = dispatcher_.Step(peer);
  if (!step.ok()) fault = step.status();
  const absl::Time now = clock_.Now();
  if (!fault.ok()) {
    Log("delivery_failed",
        {LogField::Peer(peer), LogField::Why(ReasonOf(fault))});
  }
  absl::MutexLock lock(&mutex_);
  Turn& turn = turns_[peer];
  turn.running = false;
  if (!step.ok()) {
    turn.due = now + kAfterFault;
  } else if (step->more || turn.again) {
    turn.due = absl::InfinitePast();
  } else {
    turn.due = std::min(step->next, now + kSweepEvery);
  }
  turn.again = false;
  changed_.Signal();
}

void DeliveryWorkers::Run(size_t thread) {
  absl::MutexLock lock(&mutex_);
  while (!stopping_) {
    AddNewPeers();
    const absl::Time now = clock_.Now();
    beats_[thread] = now;
    absl::Duration wait = kPeersEvery;
    OfficeId next;
    for (const auto& [peer, turn] : turns_) {
      if (turn.running) continue;
      // A due time far ahead means that the clock was set back.
      if (turn.due <= now || turn.due > now + absl::Hours(24)) {
        next = peer;
        break;
      }
      wait = std::min(wait, turn.due - now);
    }
    if (next.empty()) {
      changed_.WaitWithTimeout(&mutex_, wait);
      continue;
    }
    Turn& turn = turns_[next];
    turn.running = true;
    const bool sweep = turn.sweep <= now || turn.sweep > now + kSweepEvery;
    if (sweep) turn.sweep = now + kSweepEvery;
    // So that the map's first peers do not take every turn.
    turn.due = now;
    mutex_.Unlock();
    Serve(next, sweep);
    mutex_.Lock();
  }
}

}  // namespace amparo::delivery
