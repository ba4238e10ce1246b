// SPDX-License-Identifier: Apache-2.0
//
// How releases travel: as letters STATISTICS_RELEASE to every region that is
// an active peer and whose agreement covers them. The payload is the release
// as it was signed, a peer.v1.SignedBody. What the region does with one is in
// node/region.
#ifndef AMPARO_NODE_STATISTICS_STATISTICS_LETTERS_H_
#define AMPARO_NODE_STATISTICS_STATISTICS_LETTERS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "crypto/base/random.h"
#include "node/base/clock.h"
#include "node/base/ids.h"
#include "node/clearance/clearance.h"
#include "node/delivery/outbox.h"
#include "node/peering/agreements.h"
#include "node/peering/own_office.h"
#include "node/peering/peers.h"
#include "node/statistics/statistics_actions.h"
#include "node/storage/store.h"

namespace amparo::statistics {

// A region that has no release by then gets a new letter when the release is
// asked for again.
inline constexpr absl::Duration kReleaseLetterLifetime = absl::Hours(24 * 30);

// Thread-safe. Everything in Parts must outlive it.
class LetterOutlet final : public Outlet {
 public:
  struct Parts {
    const peering::OwnOffice& own;
    const peering::Peers& peers;
    const peering::Agreements& agreements;
    const clearance::Gate& gate;
    delivery::Outbox& outbox;
    const Clock& clock;
    crypto::RandomSource& random;
  };
  explicit LetterOutlet(const Parts& parts) : parts_(parts) {}

  OfficeId office() const override { return parts_.own.id(); }
  absl::StatusOr<Signature> Sign(absl::string_view body) const override;

  // Each letter is a thread of its own: releases do not wait for each other.
  // A region that is suspended, not confirmed, or without an agreement for
  // releases is left out; every other refusal of the gate is an error.
  absl::StatusOr<std::vector<OfficeId>> Post(
      storage::Batch& batch, absl::string_view signed_body,
      absl::Span<const OfficeId> already) override;

 private:
  const Parts parts_;
};

}  // namespace amparo::statistics

#endif  // AMPARO_NODE_STATISTICS_STATISTICS_LETTERS_H_
