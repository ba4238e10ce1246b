// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/letter_counts.h"

#include <algorithm>

namespace amparo::delivery {

void LetterCounts::Queued(const OfficeId& peer, int64_t change) {
  absl::MutexLock lock(&mutex_);
  waiting_[peer] += change;
}

uint64_t LetterCounts::Waiting(const OfficeId& peer) const {
  absl::MutexLock lock(&mutex_);
  const auto waiting = waiting_.find(peer);
  if (waiting == waiting_.end()) return 0;
  return static_cast<uint64_t>(std::max<int64_t>(waiting->second, 0));
}

void LetterCounts::Delivered(const OfficeId& peer) {
  absl::MutexLock lock(&mutex_);
  ++reading_.delivered[peer];
}

void LetterCounts::RefusedIn(Reason reason) {
  absl::MutexLock lock(&mutex_);
  ++reading_.refused_in[reason];
}

void LetterCounts::RefusedOut(Reason reason) {
  absl::MutexLock lock(&mutex_);
  ++reading_.refused_out[reason];
}

void LetterCounts::PlaceTaken(const OfficeId& peer) {
  absl::MutexLock lock(&mutex_);
  ++reading_.places_taken[peer];
}

LetterCounts::Reading LetterCounts::Read() const {
  absl::MutexLock lock(&mutex_);
  return reading_;
}

}  // namespace amparo::delivery
