// SPDX-License-Identifier: Apache-2.0
//
// How often somebody may call: a token bucket for each caller. A burst is
// free, then one more call comes back after each period.
#ifndef AMPARO_NODE_DELIVERY_CALL_ALLOWANCE_H_
#define AMPARO_NODE_DELIVERY_CALL_ALLOWANCE_H_

#include <cstddef>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace amparo::delivery {

// Thread-safe. Bounded: it holds the callers whose bucket is not full, and
// when those are more than kCallersMax it forgets them all.
class CallAllowance {
 public:
  static constexpr size_t kCallersMax = 4096;

  CallAllowance(int burst, absl::Duration period)
      : burst_(burst), period_(period) {}

  // Takes one; kLimitExceeded when there is none left. A clock that was set
  // back fills the bucket, so that nobody is shut out for longer.
  absl::Status Take(absl::string_view caller, absl::Time now)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const int burst_;
  const absl::Duration period_;
  absl::Mutex mutex_;
  // When each bucket is full again.
  std::map<std::string, absl::Time> full_at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_CALL_ALLOWANCE_H_
