// SPDX-License-Identifier: Apache-2.0
//
// Whether letters, receipts and threads hang together, for `amparod fsck`.
// Each letter says its place (thread, seq, digest before) and each receipt
// names its letter, so everything else follows from those two tables: what
// waits, where threads stand, what the log must say, the index by consent.
#ifndef AMPARO_NODE_DELIVERY_SOUNDNESS_H_
#define AMPARO_NODE_DELIVERY_SOUNDNESS_H_

#include "absl/status/status.h"
#include "node/audit/soundness.h"
#include "node/peering/soundness.h"
#include "node/storage/soundness.h"

namespace amparo::delivery {

// Checks letters, receipts, outbox, threads_out, letters_by_consent and
// peer_cursors. Adds to `events` what the log must say of them.
absl::Status CheckSent(storage::Inspection& inspection,
                       const peering::KnownOffices& offices,
                       audit::ExpectedEvents& events);

// Checks peer_letters, inbox and threads_in. Owns the data keys of copies that
// have one of their own.
absl::Status CheckReceived(storage::Inspection& inspection,
                           const peering::KnownOffices& offices,
                           audit::ExpectedEvents& events);

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_SOUNDNESS_H_
