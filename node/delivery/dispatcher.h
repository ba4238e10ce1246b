// SPDX-License-Identifier: Apache-2.0
//
// Gets letters out of the outbox to their peers. One Step takes what is due
// for one peer, in order, checks each clearance again under a lease on its
// consent, seals, sends one batch, verifies the receipts and commits what they
// say. Threads of letters do not wait for each other; inside one, order holds.
#ifndef AMPARO_NODE_DELIVERY_DISPATCHER_H_
#define AMPARO_NODE_DELIVERY_DISPATCHER_H_

#include <cstddef>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crypto/base/random.h"
#include "node/base/clock.h"
#include "node/delivery/delivery.h"
#include "node/delivery/outbox.h"

namespace amparo::consent {
class Leases;
}  // namespace amparo::consent
namespace amparo::peering {
class Peers;
}  // namespace amparo::peering

namespace amparo::delivery {

struct StepResult {
  size_t sent = 0;       // Letters handed to the link.
  size_t delivered = 0;  // Receipts stored, DELIVERED or VOIDED.
  size_t refused = 0;    // Refused by the peer, for now or for good.
  size_t voided = 0;     // Replaced by a VOID in this step.
  // More may be due at once.
  bool more = false;
  // Otherwise: not before this. absl::InfiniteFuture(): nothing waits.
  absl::Time next = absl::InfiniteFuture();
};

// Thread-safe: steps for one peer run one after the other, for several peers
// at the same time. All references must outlive it.
class Dispatcher {
 public:
  // Exchanges key bundles with a peer (hello); OK when it answered.
  using Refresh = std::function<absl::Status(const OfficeId& peer)>;

  Dispatcher(Outbox& outbox, const peering::Peers& peers,
             consent::Leases& leases, PeerLink& link, Refresh refresh);
  ~Dispatcher();

  // Sends at most one batch. Does nothing while the peer's back-off runs. An
  // error is of this node (storage); an unreachable peer is not an error.
  absl::StatusOr<StepResult> Step(const OfficeId& peer);

  // Walks the waiting letters of a peer: past expires_at they become VOIDs,
  // past deliver_by they get a signed NON_DELIVERY (once). Needs no contact.
  absl::Status Sweep(const OfficeId& peer);

  // The peer made contact: the back-off ends, every thread is due again. No
  // I/O; the stored back-off goes with the next step that succeeds.
  void OnContact(const OfficeId& peer);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_DISPATCHER_H_
