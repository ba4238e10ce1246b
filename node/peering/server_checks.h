// SPDX-License-Identifier: Apache-2.0
//
// What the certificates that peers' servers showed were worth: a server that
// fails is hung up on inside the handshake, and a call only knows that nobody
// was reached. `amparo doctor` tells the reason from here.
#ifndef AMPARO_NODE_PEERING_SERVER_CHECKS_H_
#define AMPARO_NODE_PEERING_SERVER_CHECKS_H_

#include <map>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "node/base/errors.h"
#include "node/base/ids.h"

namespace amparo::peering {

// The last one of each office, since the node started. Thread-safe.
class ServerChecks {
 public:
  // `why`: what Admission::CheckServer said; kUnspecified when it held.
  void Note(const OfficeId& office, Reason why) ABSL_LOCKS_EXCLUDED(mutex_);
  // nullopt: none was refused, or a later one held.
  std::optional<Reason> Refused(const OfficeId& office) const
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable absl::Mutex mutex_;
  std::map<OfficeId, Reason> refused_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_SERVER_CHECKS_H_
