// SPDX-License-Identifier: Apache-2.0
//
// What can become of one letter that waits in the outbox: it is sealed for its
// peer, answered by a receipt, replaced by a VOID, or late. Each change is one
// commit that fails harmlessly when the row is not as it was read.
#ifndef AMPARO_NODE_DELIVERY_WAITING_LETTERS_H_
#define AMPARO_NODE_DELIVERY_WAITING_LETTERS_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "node/base/errors.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/outbox.h"
#include "node/peering/peers.h"
#include "node/storage/table.h"

namespace amparo::delivery {

// Refusals that may pass: the letter stays and is sent again. All others are
// for good and end in a VOID.
bool MayPass(Reason reason);
// Refusals that an exchange of key bundles may heal.
bool WantsNewKeys(Reason reason);
// Reasons of our own gate that hold a letter back without ending it.
bool HoldsBack(Reason reason);
// Faults of this node: no reason to void somebody's letter.
bool IsOurFault(const absl::Status& status);

// All letters and VOIDs that wait, for every peer.
struct WaitingOverview {
  uint64_t letters = 0;
  // By the clock of then; absl::InfinitePast() when none waits.
  absl::Time last_written_at = absl::InfinitePast();
};
// Reads the whole outbox.
absl::StatusOr<WaitingOverview> OverviewOfWaiting(const storage::Reader& reader,
                                                  const storage::Vault& vault);

// Thread-safe; `outbox` must outlive it.
class WaitingLetters {
 public:
  explicit WaitingLetters(Outbox& outbox)
      : outbox_(outbox), rows_(outbox.vault_) {}

  // The row as it is now; nullopt when it was answered.
  absl::StatusOr<std::optional<storage::Row<OutboxRow>>> Reread(
      const OutboxKey& key) const;

  // The letter (or its VOID) as it goes on the wire, sealed to the peer's
  // newest key. kSealingKeyUnknown when all we know are too old.
  absl::StatusOr<std::string> Seal(const peering::Peer& peer, absl::Time now,
                                   const OutboxRow& row) const;

  // Puts a VOID in the letter's place. OK too when the row had changed;
  // kVersionConflict when it had not and something else of the change is
  // contended for longer than a few attempts.
  absl::Status Replace(const OutboxRow& row, absl::string_view stored,
                       Reason reason);

  // Counts a refusal of a letter that never expires (a VOID, one offered
  // again); the row as it is then. Others end when they expire.
  absl::StatusOr<OutboxRow> CountRefusal(const OutboxRow& row,
                                         absl::string_view stored,
                                         absl::Time now);
  // Whether it was refused limits::kRefusalsMax times in
  // limits::kRefusalPatience or longer.
  static bool IsSpent(const OutboxRow& row, absl::Time now);
  // The end of a VOID that its peer goes on refusing: a signed NON_DELIVERY is
  // kept and nothing is sent any more.
  absl::Status GiveUp(const OutboxKey& key, absl::Time now);
  // The same for a VOID of a life before a restore whose place the peer has
  // another letter in: what it replaced is posted anew under this life, in the
  // same commit, when the gate lets it, and listeners are told. Nothing is
  // changed while the state of the peer holds it back (HoldsBack).
  absl::Status PostAnew(const OutboxKey& key, absl::Time now);

  // Commits one page of what a restored peer is offered again
  // (second_offers.h). kVersionConflict when a waiting letter changed
  // meanwhile: call again.
  absl::StatusOr<PeerCursor> OfferPage(const peering::Peer& peer,
                                       const PeerCursor& cursor);

  // One letter and what its peer answered.
  struct Answer {
    const OutboxRow* row = nullptr;
    absl::string_view stored;  // The row as read.
    absl::string_view receipt;
  };
  // Checks each receipt, keeps it, and takes its letter out of the outbox; one
  // disk write for all. One status per answer: kReceiptInvalid or
  // kKeyEpochUnknown for one that is not right; otherwise faults of this node.
  std::vector<absl::Status> TakeReceipts(const peering::Peer& peer,
                                         absl::Span<const Answer> answers);

  // When the letter to `peer` was written that has waited longest; nullopt when
  // none waits. Looks at the first of each lane only.
  absl::StatusOr<std::optional<absl::Time>> OldestSince(
      const OfficeId& peer) const;

  // Replaces what expired, signs NON_DELIVERY for what is late (once each).
  // What is offered again was delivered in time.
  // Reads nothing before a letter's time has come, but for the first time.
  absl::Status Sweep(const OfficeId& peer, absl::Time now);

 private:
  // Commits what `fill` puts into a batch, again and again while others change
  // what it read besides the row. False when the row itself is no longer as it
  // is in `stored`: who changed it knows better.
  absl::StatusOr<bool> CommitUnlessChanged(
      const OutboxKey& key, absl::string_view stored,
      const std::function<absl::Status(storage::Batch&)>& fill);
  void TakeOut(storage::Batch& batch, const OutboxKey& key,
               absl::string_view stored);
  // GiveUp with what `more` adds to its commit.
  absl::Status End(const OutboxKey& key, absl::Time now,
                   const std::function<absl::Status(const OutboxRow&,
                                                    storage::Batch&)>& more);
  // The letter that the VOID `row` replaced, as a draft; nullopt when it may
  // not leave any more or was erased.
  absl::StatusOr<std::optional<Draft>> DraftAnew(const OutboxRow& row) const;
  absl::Status AddReceipt(const peering::Peer& peer, const OutboxRow& row,
                          absl::string_view stored, absl::string_view receipt,
                          storage::Batch& batch);
  absl::Status SweepAll(const OfficeId& peer, absl::Time now);
  absl::Status TakeAgain(const peering::Peer& peer, const OutboxRow& row,
                         absl::string_view receipt);
  absl::Status NoteNonDelivery(const OutboxRow& row, absl::string_view stored,
                               absl::Time now);

  Outbox& outbox_;
  const storage::Table<OutboxCodec> rows_;
};

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_WAITING_LETTERS_H_
