// SPDX-License-Identifier: Apache-2.0
//
// How many Argon2id computations run at once (64 MiB and 0.1 s of a core
// each), so that a flood of guesses costs the office neither its memory nor
// all its threads.
#ifndef AMPARO_NODE_PEOPLE_PASSWORD_CHECKS_H_
#define AMPARO_NODE_PEOPLE_PASSWORD_CHECKS_H_

#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "node/base/errors.h"

namespace amparo::people {

inline constexpr int kPasswordChecksAtOnce = 2;
inline constexpr int kPasswordChecksWaitingMax = 8;

// Thread-safe.
class PasswordChecks {
 public:
  // Runs `check` when it is its turn. kUnavailable at once when too many wait.
  absl::Status Run(const std::function<absl::Status()>& check) {
    {
      absl::MutexLock lock(&mutex_);
      if (waiting_ >= kPasswordChecksWaitingMax) {
        return Error(Reason::kUnavailable);
      }
      ++waiting_;
      mutex_.Await(absl::Condition(this, &PasswordChecks::IsFree));
      --waiting_;
      ++running_;
    }
    const absl::Status status = check();
    absl::MutexLock lock(&mutex_);
    --running_;
    return status;
  }

 private:
  bool IsFree() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return running_ < kPasswordChecksAtOnce;
  }

  absl::Mutex mutex_;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace amparo::people

#endif  // AMPARO_NODE_PEOPLE_PASSWORD_CHECKS_H_
