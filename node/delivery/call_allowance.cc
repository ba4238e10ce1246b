// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/call_allowance.h"

#include <algorithm>

#include "node/base/errors.h"

namespace amparo::delivery {

absl::Status CallAllowance::Take(absl::string_view caller, absl::Time now) {
  const absl::Duration whole = burst_ * period_;
  absl::MutexLock lock(&mutex_);
  if (full_at_.size() >= kCallersMax) {
    for (auto it = full_at_.begin(); it != full_at_.end();) {
      it = it->second <= now ? full_at_.erase(it) : std::next(it);
    }
    if (full_at_.size() >= kCallersMax) full_at_.clear();
  }
  absl::Time& full_at =
      full_at_.try_emplace(std::string(caller), now).first->second;
  if (full_at < now || full_at > now + whole) full_at = now;
  if (full_at + period_ > now + whole) return Error(Reason::kLimitExceeded);
  full_at += period_;
  return absl::OkStatus();
}

}  // namespace amparo::delivery
