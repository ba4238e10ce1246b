// SPDX-License-Identifier: Apache-2.0
#include "node/people/attempts.h"

#include <algorithm>
#include <string>

#include "node/base/errors.h"
#include "node/base/limits.h"

namespace amparo::people {
namespace {

absl::Duration DelayAfter(int64_t attempts) {
  const int64_t beyond = attempts - limits::kSignInFailuresMax;
  if (beyond < 0) return absl::ZeroDuration();
  if (beyond >= 10) return kAttemptDelayMax;
  return std::min(kAttemptDelayMax, absl::Seconds(int64_t{1} << beyond));
}

}  // namespace

absl::Status Attempts::Begin(absl::string_view key, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (counts_.size() >= kAttemptKeysMax && !counts_.contains(key)) MakeRoom();
  Count& count = counts_[std::string(key)];
  // A clock that was turned back must not make anybody wait until it has
  // caught up.
  if (now < count.last) count.last = now;
  if (count.attempts > 0 && now - count.last > kAttemptMemory) count = Count();
  count.touched = ++touches_;
  if (count.attempts > 0 && now - count.last < DelayAfter(count.attempts)) {
    return Error(Reason::kSignInThrottled);
  }
  ++count.attempts;
  count.last = now;
  return absl::OkStatus();
}

void Attempts::Succeeded(absl::string_view key) {
  absl::MutexLock lock(&mutex_);
  counts_.erase(key);
}

void Attempts::MakeRoom() {
  auto oldest = std::min_element(counts_.begin(), counts_.end(),
                                 [](const auto& a, const auto& b) {
                                   return a.second.touched < b.second.touched;
                                 });
  if (oldest != counts_.end()) counts_.erase(oldest);
}

}  // namespace amparo::people
