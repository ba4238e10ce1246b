// SPDX-License-Identifier: Apache-2.0
//
// What a peer that was restored from a backup may have lost: every letter (or
// VOID) of ours that it gave a receipt for goes back into the outbox, at its
// old place, so that threads keep their order. It leaves with that receipt,
// by which the peer knows that it had it. A letter that the peer still has is
// answered like any repetition.
//
// All such letters, not only those since the backup: which they are could be
// told by clocks alone, and nothing hangs on clocks.
#ifndef AMPARO_NODE_DELIVERY_SECOND_OFFERS_H_
#define AMPARO_NODE_DELIVERY_SECOND_OFFERS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/letter_codec.h"
#include "node/peering/peers.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"

namespace amparo::delivery {

// Receipts that one page looks at.
inline constexpr size_t kSecondOffersPage = 512;

// Whether the peer has a higher incarnation than all was offered for.
bool NeedsSecondOffers(const peering::Peer& peer, const PeerCursor& cursor);

// Adds one page of the work to `batch`, and the cursor as it is then, so that
// it goes on where it stood after a crash. Returns that cursor; when
// NeedsSecondOffers() says no of it, all is done. `added`: rows of the outbox.
// A letter whose data key is gone is passed over, with a line in the
// operational log.
absl::StatusOr<PeerCursor> AddSecondOffers(const storage::Reader& reader,
                                           const storage::Vault& vault,
                                           const peering::Peer& peer,
                                           PeerCursor cursor,
                                           storage::Batch& batch, int& added);

// Puts into `wire` the receipt that the peer gave for `row`, and its former
// bundle when the present one does not list the key. Nothing when it gave
// none: a VOID that took the place of a letter since.
absl::Status AddFormerReceipt(const storage::Reader& reader,
                              const storage::Vault& vault,
                              const peering::Peer& peer, const OutboxRow& row,
                              WireLetter& wire);

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_SECOND_OFFERS_H_
