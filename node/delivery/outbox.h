// SPDX-License-Identifier: Apache-2.0
//
// Where letters wait. Post adds a letter to the poster's own batch: state
// change, letter, SUBMITTED receipt and log leaf are committed together or not
// at all. A letter that may not leave any more is replaced, in its place of
// the thread, by a signed VOID.
#ifndef AMPARO_NODE_DELIVERY_OUTBOX_H_
#define AMPARO_NODE_DELIVERY_OUTBOX_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "crypto/base/random.h"
#include "node/audit/log.h"
#include "node/base/clock.h"
#include "node/clearance/clearance.h"
#include "node/delivery/delivery.h"
#include "node/delivery/letter_counts.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"

namespace amparo::peering {
class OwnOffice;
}  // namespace amparo::peering

namespace amparo::delivery {

struct LetterHeader;
struct LetterRow;
struct OutboxKey;
struct OutboxRow;
struct ThreadState;

// What a withdrawal meets.
struct StoppedLetters {
  // Had no receipt yet: a VOID stands in their place now.
  std::vector<LetterRef> voided;
  // Left the node, or may have: their recipients must get a recall. A letter
  // can stand in both lists: under way when the power went.
  std::vector<LetterRef> possibly_sent;
};

// How a letter of ours stands.
struct LetterStatus {
  LetterRef letter;
  absl::Time created_at;
  bool waiting = false;  // Still in the outbox, as itself or as its VOID.
  std::optional<Reason> voided_for;
  std::vector<StoredReceipt> receipts;  // By kind.
};

// Thread-safe. All references must outlive it.
class Outbox {
 public:
  // Commits once: it numbers this start of the node, so that letters posted
  // before it are known to have perhaps left.
  static absl::StatusOr<std::unique_ptr<Outbox>> Open(
      storage::Store& store, const storage::Vault& vault, const audit::Log& log,
      const peering::OwnOffice& own, const clearance::Gate& gate,
      const Clock& clock, crypto::RandomSource& random);

  // Adds the letter to `batch`. The commit answers kVersionConflict (ABORTED)
  // when somebody else posted to the thread meanwhile: build the batch again.
  // Only one letter per thread and batch: kInternal otherwise. kInternal too
  // when payload or statement are not what the clearance was given for;
  // kLetterTooLarge when it cannot be sealed into 256 KiB.
  absl::StatusOr<Posted> Post(storage::Batch& batch, Draft draft);

  // Signs a rung that comes after delivery (kRetrieved, kAnswered) and posts
  // it to the office that wrote `letter`.
  absl::StatusOr<Posted> PostReceipt(storage::Batch& batch,
                                     const ReceivedLetter& letter,
                                     ReceiptKind kind);

  // For a withdrawal, in its batch and under the exclusive lease on the
  // consent: after the commit no letter under it leaves. Listeners are not
  // told: the caller changes its records by what this returns.
  // With a `thread`, only letters of that thread.
  absl::StatusOr<StoppedLetters> StopUnderConsent(
      storage::Batch& batch, const ConsentId& consent,
      std::optional<ThreadId> thread = std::nullopt);

  // How a letter of ours stands; nullopt when there is no such letter of ours.
  absl::StatusOr<std::optional<LetterStatus>> StatusOf(
      const storage::Reader& reader, const MessageId& message) const;

  // Told about receipts and voids; register before the node serves.
  void AddListener(ReceiptListener* listener);

  // How many letters wait and what became of others, since the start.
  LetterCounts& counts() { return counts_; }

  // Called with the recipient when the batch of a letter was committed: "look
  // into the outbox now". Set before the node serves.
  void SetPostHook(std::function<void(const OfficeId&)> hook);

 private:
  friend class Dispatcher;
  friend class Inbox;
  friend class Repetitions;
  friend class WaitingLetters;
  Outbox(storage::Store& store, const storage::Vault& vault,
         const audit::Log& log, const peering::OwnOffice& own,
         const clearance::Gate& gate, const Clock& clock,
         crypto::RandomSource& random, uint32_t start);

  // Replaces a waiting letter by its VOID, in `batch`; `stored` is the row as
  // read.
  absl::Status PostVoid(storage::Batch& batch, const OutboxRow& row,
                        absl::string_view stored, Reason reason,
                        bool tell_listeners);
  // Keeps a receipt, its leaf, and tells listeners. A second one of the same
  // kind changes nothing.
  absl::Status StoreReceipt(storage::Batch& batch, const LetterRef& letter,
                            ReceiptKind kind, absl::Time issued_at,
                            absl::string_view signed_body);
  // A receipt signed by this office, serialised.
  absl::StatusOr<std::string> SignReceipt(const MessageId& message,
                                          absl::string_view plain_digest,
                                          const OfficeId& sender,
                                          const OfficeId& receiver,
                                          ReceiptKind kind,
                                          absl::Time now) const;
  absl::StatusOr<LetterHeader> NewHeader(const Draft& draft,
                                         const ThreadState& place) const;
  // After the commit of `batch`, which puts `row` into the outbox: notes when
  // it becomes late, and calls the hook.
  void Announce(storage::Batch& batch, const OutboxRow& row);
  LetterHeader VoidHeader(const OutboxRow& row) const;
  absl::StatusOr<LetterRow> Compose(const Draft& draft,
                                    const LetterHeader& header) const;
  absl::Status RecordSent(storage::Batch& batch, const Draft& draft,
                          const OutboxRow& row, absl::Time now) const;
  // Whoever adds a row of the outbox to `batch` (change 1) or deletes one (-1)
  // says so, and it counts from the commit on.
  void CountQueued(storage::Batch& batch, const OfficeId& peer, int change);
  // Whether the letter may have left this node.
  bool PossiblySent(const OutboxKey& key);
  // When the first waiting letter for `peer` may become late or expire;
  // absl::InfinitePast() until somebody looked.
  absl::Time NextDeadline(const OfficeId& peer);
  // Before a look at all letters for `peer`: those committed from now on are
  // noted anew. What the look finds is told to NoteDeadline().
  void ForgetDeadlines(const OfficeId& peer);
  void NoteDeadline(const OfficeId& peer, absl::Time deadline);
  void MarkAttempted(const MessageId& message);
  void ForgetAttempted(const MessageId& message);

  storage::Store& store_;
  const storage::Vault& vault_;
  const audit::Log& log_;
  const peering::OwnOffice& own_;
  const clearance::Gate& gate_;
  const Clock& clock_;
  crypto::RandomSource& random_;
  const uint32_t start_;
  std::atomic<uint64_t> posted_{0};
  LetterCounts counts_;
  std::vector<ReceiptListener*> listeners_;
  std::function<void(const OfficeId&)> post_hook_;
  // Letters of this start that were handed to a link and have no receipt.
  absl::Mutex attempted_mutex_;
  absl::flat_hash_set<MessageId> attempted_ ABSL_GUARDED_BY(attempted_mutex_);
  absl::Mutex deadlines_mutex_;
  absl::flat_hash_map<OfficeId, absl::Time> deadlines_
      ABSL_GUARDED_BY(deadlines_mutex_);
};

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_OUTBOX_H_
