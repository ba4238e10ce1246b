// SPDX-License-Identifier: Apache-2.0
//
// A clock that stands still until a test moves it, forwards or backwards.
// Thread-safe: a test may move it while the code under test reads it.

#ifndef AMPARO_TESTS_SUPPORT_MANUAL_CLOCK_H_
#define AMPARO_TESTS_SUPPORT_MANUAL_CLOCK_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "node/base/clock.h"

namespace amparo {

class ManualClock final : public Clock {
 public:
  // Starts at 2025-01-01 00:00:00 UTC, so that a failing test reads well.
  ManualClock() : now_(absl::FromUnixSeconds(1735689600)) {}
  explicit ManualClock(absl::Time now) : now_(now) {}

  ManualClock(const ManualClock&) = delete;
  ManualClock& operator=(const ManualClock&) = delete;

  absl::Time Now() const override {
    absl::MutexLock lock(&mutex_);
    return now_;
  }

  void SetTime(absl::Time now) {
    absl::MutexLock lock(&mutex_);
    now_ = now;
  }

  // A negative duration turns the clock back.
  void Advance(absl::Duration step) {
    absl::MutexLock lock(&mutex_);
    now_ += step;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace amparo

#endif  // AMPARO_TESTS_SUPPORT_MANUAL_CLOCK_H_
