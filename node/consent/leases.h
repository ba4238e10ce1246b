// SPDX-License-Identifier: Apache-2.0
//
// Leases on consents, in memory. Whoever puts a letter on the wire under a
// consent holds a share of it from its last check until the answer came;
// whoever withdraws the consent holds it exclusively. So at the moment a
// withdrawal is acknowledged no letter under it is on its way out (invariant
// 3 of the exchange page).
#ifndef AMPARO_NODE_CONSENT_LEASES_H_
#define AMPARO_NODE_CONSENT_LEASES_H_

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "node/base/ids.h"

namespace amparo::consent {

class Leases;

// Given back when it ends. Must not outlive its Leases. May end on another
// thread than it began.
class Lease {
 public:
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

 private:
  friend class Leases;
  Lease(Leases& leases, const ConsentId& consent, bool exclusive)
      : leases_(leases), consent_(consent), exclusive_(exclusive) {}

  Leases& leases_;
  const ConsentId consent_;
  const bool exclusive_;
};

// Thread-safe. Memory grows with the leases held, not with those that were.
class Leases {
 public:
  Leases() = default;
  ~Leases();  // Stops the process when a lease is still held.

  // Never waits, so that a batch holding several shares cannot deadlock:
  // null while a withdrawal of this consent runs or waits. Then leave the
  // letter for a later round and read the consent again. Take the share first,
  // check the consent second.
  std::unique_ptr<Lease> Share(const ConsentId& consent);

  // Waits until the shares held have ended and gives out no new ones. Hold at
  // most one at a time, and no share on the same thread.
  std::unique_ptr<Lease> Exclusive(const ConsentId& consent);

 private:
  friend class Lease;
  struct Holders {
    int shares = 0;
    bool exclusive = false;
    int waiting = 0;
  };
  void End(const ConsentId& consent, bool exclusive);

  absl::Mutex mutex_;
  absl::flat_hash_map<ConsentId, Holders> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace amparo::consent

#endif  // AMPARO_NODE_CONSENT_LEASES_H_
