// SPDX-License-Identifier: Apache-2.0
//
// The transparency log of one node: a Merkle log (RFC 6962 hashing) of salted
// commitments. Whoever changes something records the event into the same
// batch as the change, so there is never a change without its leaf nor a leaf
// without its change.
//
// A leaf is 35 bytes: u8 1, u16be kind, then SHA-256 over "amparo.leaf.v1", a
// zero byte, a fresh 32-byte salt and the event's bytes. It tells an outsider
// only the kind. When the salt is erased the leaf is mute: it still verifies
// in every proof and says nothing any more. Padding is kind 0 and 32 random
// bytes.
#ifndef AMPARO_NODE_AUDIT_LOG_H_
#define AMPARO_NODE_AUDIT_LOG_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/random.h"
#include "crypto/sign/ed25519.h"
#include "node/audit/audit_records.h"
#include "node/audit/event.h"
#include "node/base/clock.h"
#include "node/base/ids.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"

namespace amparo::audit {

// One leaf as the officer sees it.
struct LoggedEvent {
  uint64_t index = 0;
  EventKind kind = EventKind::kPadding;
  // nullopt: a mute leaf, its salt and event were erased.
  std::optional<Event> event;
};

struct EventPage {
  std::vector<LoggedEvent> events;  // In log order, without padding.
  uint64_t next = 0;                // Pass as `from` for the next page.
  bool more = false;                // False: `next` is the end of the log.
};

// The key that signs checkpoints: always the same one, or whatever `ask` gives
// at the moment of signing, so that a rotated key is used at once.
class LogKey {
 public:
  LogKey(crypto::Ed25519PrivateKey key)  // Implicit: a key is one.
      : ask_([key = std::move(key)] { return key; }) {}
  // `ask` is called by any thread.
  explicit LogKey(std::function<crypto::Ed25519PrivateKey()> ask)
      : ask_(std::move(ask)) {}
  crypto::Ed25519PrivateKey Now() const { return ask_(); }

 private:
  std::function<crypto::Ed25519PrivateKey()> ask_;
};

// Thread-safe. One object per store; all references must outlive it.
class Log {
 public:
  // Reads the head of the log; kRecordDamaged when it is not readable.
  // `incarnation` starts at 1 and rises when a backup is restored.
  static absl::StatusOr<std::unique_ptr<Log>> Open(
      storage::Store& store, const storage::Vault& vault, const Clock& clock,
      crypto::RandomSource& random, const OfficeId& office,
      uint32_t incarnation, LogKey log_key);
  ~Log();

  // Adds the event and its leaf to `batch`; nothing is logged until the batch
  // is committed, and then at an index the committer assigns. `data_key`
  // seals the event, by default the table's own; pass the subject's key so
  // that erasing the subject makes the leaf mute. `at` may be
  // absl::InfinitePast(): then it is the present. kInternal when `about`
  // breaks its rules: that is our bug.
  absl::Status Record(storage::Batch& batch, const Event& event,
                      std::optional<KeyId> data_key = std::nullopt) const;

  // Leaves committed so far, padding included.
  absl::StatusOr<uint64_t> Size() const;

  // Pads the log to a multiple of 256 leaves, takes all leaves into the tree
  // and signs the new head. Covers every event committed before the call.
  // Returns the last checkpoint again when no leaf came since. After a crash
  // in the middle the next call finishes the work.
  absl::StatusOr<SignedCheckpoint> Checkpoint();

  // The last one signed; nullopt before the first.
  absl::StatusOr<std::optional<SignedCheckpoint>> LastCheckpoint() const;

  // RFC 6962 proofs (sections 2.1.1 and 2.1.2), nodes of 32 bytes. Sizes up
  // to what was integrated by the last Checkpoint(); kFieldInvalid beyond, or
  // unless index < size and 1 <= old_size <= new_size.
  absl::StatusOr<std::vector<std::string>> InclusionProof(uint64_t index,
                                                          uint64_t size) const;
  absl::StatusOr<std::vector<std::string>> ConsistencyProof(
      uint64_t old_size, uint64_t new_size) const;

  // The 35 bytes of one leaf; nullopt beyond the end.
  absl::StatusOr<std::optional<std::string>> Leaf(uint64_t index) const;

  // Up to `limit` (1 to limits::kPageSizeMax) events from index `from` on.
  // kRecordDamaged when an event is not what its leaf committed to.
  absl::StatusOr<EventPage> ReadEvents(uint64_t from, size_t limit) const;

  // Derives every tree node and the root again from the raw leaves and checks
  // each readable event against its leaf. kRecordDamaged names the first
  // index that does not agree. Reads the whole log.
  absl::Status Verify() const;

  // "amparo/<office id hex>/<incarnation>", the origin of the checkpoints.
  const std::string& origin() const;

 private:
  class Impl;
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace amparo::audit

#endif  // AMPARO_NODE_AUDIT_LOG_H_
