// SPDX-License-Identifier: Apache-2.0
//
// What became of letters since the node started, and how many wait now: plain
// counts in memory, so that nobody has to walk the outbox to know.
#ifndef AMPARO_NODE_DELIVERY_LETTER_COUNTS_H_
#define AMPARO_NODE_DELIVERY_LETTER_COUNTS_H_

#include <cstdint>
#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "node/base/errors.h"
#include "node/base/ids.h"

namespace amparo::delivery {

// Thread-safe.
class LetterCounts {
 public:
  struct Reading {
    std::map<OfficeId, uint64_t> delivered;
    std::map<Reason, uint64_t> refused_in;   // Letters of peers, by us.
    std::map<Reason, uint64_t> refused_out;  // Our letters, by peers.
    // Of those, the ones of which the peer says that their place in the thread
    // has another letter of ours: an old copy of this office was put back, or
    // two copies of it run.
    std::map<OfficeId, uint64_t> places_taken;
  };

  // Rows of the outbox that a commit added or took away.
  void Queued(const OfficeId& peer, int64_t change) ABSL_LOCKS_EXCLUDED(mutex_);
  // Never below 0: of two commits at the same moment the later may be told
  // first.
  uint64_t Waiting(const OfficeId& peer) const ABSL_LOCKS_EXCLUDED(mutex_);

  void Delivered(const OfficeId& peer) ABSL_LOCKS_EXCLUDED(mutex_);
  void RefusedIn(Reason reason) ABSL_LOCKS_EXCLUDED(mutex_);
  void RefusedOut(Reason reason) ABSL_LOCKS_EXCLUDED(mutex_);
  void PlaceTaken(const OfficeId& peer) ABSL_LOCKS_EXCLUDED(mutex_);
  Reading Read() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable absl::Mutex mutex_;
  Reading reading_ ABSL_GUARDED_BY(mutex_);
  std::map<OfficeId, int64_t> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_LETTER_COUNTS_H_
