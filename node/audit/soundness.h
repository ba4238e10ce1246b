// SPDX-License-Identifier: Apache-2.0
//
// Whether the log holds together, for `amparod fsck`: leaves without gaps, the
// tree and every signed head derived again from them, each event what its leaf
// committed to. And the other way: what the log says happened is held against
// what the rooms have, because every change has its leaf.
#ifndef AMPARO_NODE_AUDIT_SOUNDNESS_H_
#define AMPARO_NODE_AUDIT_SOUNDNESS_H_

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <set>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "crypto/sign/ed25519.h"
#include "node/audit/event.h"
#include "node/base/ids.h"
#include "node/storage/soundness.h"

namespace amparo::audit {

// What leaves of each kind must be there, as the rows of the rooms have it.
// Thread-safe.
class ExpectedEvents {
 public:
  // `values` are those of KeyNames(kind), in that order.
  void Add(EventKind kind, std::initializer_list<absl::string_view> values);
  // Rows that tell of this kind could not all be read: not compared.
  void Leave(EventKind kind);
  std::map<EventKind, storage::RowSet> sets() const;
  std::set<EventKind> left() const;

 private:
  mutable absl::Mutex mutex_;
  std::map<EventKind, storage::RowSet> sets_ ABSL_GUARDED_BY(mutex_);
  std::set<EventKind> left_ ABSL_GUARDED_BY(mutex_);
};

// The names of `about` that tell one event of a kind from another; empty for
// kinds that rows do not follow from.
std::vector<absl::string_view> KeyNames(EventKind kind);

// What was read of the log.
struct LogContents {
  std::map<EventKind, storage::RowSet> sets;
  // Events that an erasure made mute: those of a subject are gone together
  // with the rows they followed from.
  uint64_t mute = 0;
};

// Checks leaves, events, tree_nodes and log_head. `keys` are all log keys that
// this office ever had; a checkpoint signed by none of them is a finding.
// `event` is called for each readable event in the order of the log.
absl::StatusOr<LogContents> CheckAudit(
    storage::Inspection& inspection, const OfficeId& office,
    const std::vector<crypto::Ed25519PublicKey>& keys,
    const std::function<void(const Event&)>& event);

// Adds a finding for each kind of which rows and log disagree.
void CompareWithLog(storage::Inspection& inspection,
                    const ExpectedEvents& expected, const LogContents& log);

}  // namespace amparo::audit

#endif  // AMPARO_NODE_AUDIT_SOUNDNESS_H_
