// SPDX-License-Identifier: Apache-2.0
//
// How contact with one peer stands: its back-off, which survives a restart,
// and the threads that wait after a refusal, which do not: after a restart each
// is tried once, and letters that never expire remember on disk how far their
// waits had come. Any contact from the peer ends all of it.
#ifndef AMPARO_NODE_DELIVERY_CONTACT_H_
#define AMPARO_NODE_DELIVERY_CONTACT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "crypto/base/random.h"
#include "node/base/ids.h"
#include "node/delivery/delivery_records.h"
#include "node/storage/store.h"
#include "node/storage/table.h"
#include "node/storage/vault.h"

namespace amparo::delivery {

// Threads of a peer whose waits are remembered; beyond it all are tried.
inline constexpr size_t kHeldThreadsMax = 10000;

// Thread-safe. All references must outlive it.
class Contact {
 public:
  struct Hold {
    uint32_t failures = 0;
    absl::Time until;
  };

  Contact(storage::Store& store, const storage::Vault& vault,
          crypto::RandomSource& random, const OfficeId& peer)
      : store_(store), random_(random), peer_(peer), table_(vault) {}

  // As on disk, but for a contact since; read once.
  absl::StatusOr<PeerCursor> Cursor();
  // Somebody else committed this one.
  void Take(const PeerCursor& cursor);
  // The peer was not reached: one failure more, stored; when to try again.
  absl::StatusOr<absl::Time> Failed(absl::Time now);
  // It was reached: the back-off ends on disk too.
  absl::Status Reached();

  // Threads that wait. A clock that was set back makes some of these times lie
  // too far ahead: do not believe more than limits::kBackoffMax.
  std::map<ThreadId, Hold> Held();
  // Holds the thread of `row` for `wait`, or, with absl::ZeroDuration(), for a
  // time that grows with each refusal. Returns until when.
  absl::Time HoldThread(const OutboxRow& row, absl::Duration wait,
                        absl::Time now);
  void Release(const ThreadId& thread);

  // The peer made contact: everything is due. No I/O.
  void OnContact();
  // Runs `question`, which says hello; what the peer answers to it is no
  // contact of its own. Whether it answered.
  bool Ask(const std::function<absl::Status()>& question);

 private:
  absl::Status Save(const PeerCursor& cursor);

  storage::Store& store_;
  crypto::RandomSource& random_;
  const OfficeId peer_;
  const storage::Table<PeerCursorCodec> table_;
  absl::Mutex mutex_;
  bool loaded_ ABSL_GUARDED_BY(mutex_) = false;
  PeerCursor cursor_ ABSL_GUARDED_BY(mutex_);
  std::map<ThreadId, Hold> held_ ABSL_GUARDED_BY(mutex_);
  bool asking_ ABSL_GUARDED_BY(mutex_) = false;
  bool contacted_ ABSL_GUARDED_BY(mutex_) = false;  // Since the start.
};

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_CONTACT_H_
