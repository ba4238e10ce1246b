// SPDX-License-Identifier: Apache-2.0
//
// The threads that run the dispatcher: a few for all peers, one at a time for
// each peer. They look at a peer when a letter was posted for it, when it made
// contact, and when something becomes due.
#ifndef AMPARO_NODE_DELIVERY_WORKERS_H_
#define AMPARO_NODE_DELIVERY_WORKERS_H_

#include <cstddef>
#include <map>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "node/base/clock.h"
#include "node/base/ids.h"
#include "node/delivery/dispatcher.h"

namespace amparo::peering {
class Peers;
}  // namespace amparo::peering

namespace amparo::delivery {

// Thread-safe. All references must outlive it.
class DeliveryWorkers {
 public:
  DeliveryWorkers(Dispatcher& dispatcher, const peering::Peers& peers,
                  const Clock& clock);
  // Stops first.
  ~DeliveryWorkers();

  // Starts `threads` threads (1 to 16), once. Every peer is looked at first.
  void Start(int threads);

  // Ends after the steps that are under way; letters that were not sent stay
  // in the outbox. May be called again.
  void Stop();

  // A letter for `peer` was committed: the outbox is looked into at once. The
  // hook for Outbox::SetPostHook.
  void Posted(const OfficeId& peer);

  // When the thread that was heard of longest ago last came round; each does
  // at least once a second while nothing is to do. Infinite before Start().
  absl::Time OldestBeat() const ABSL_LOCKS_EXCLUDED(mutex_);

  // The peer made contact: its back-off ends.
  void Contact(const OfficeId& peer);

 private:
  struct Turn {
    absl::Time due = absl::InfinitePast();
    absl::Time sweep = absl::InfinitePast();
    bool running = false;
    bool again = false;  // Woken while it ran.
  };

  void Run(size_t thread);
  void Serve(const OfficeId& peer, bool sweep);
  void AddNewPeers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Dispatcher& dispatcher_;
  const peering::Peers& peers_;
  const Clock& clock_;
  mutable absl::Mutex mutex_;
  absl::CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time peers_read_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::map<OfficeId, Turn> turns_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::Time> beats_ ABSL_GUARDED_BY(mutex_);  // One a thread.
  std::vector<std::thread> threads_;
};

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_WORKERS_H_
