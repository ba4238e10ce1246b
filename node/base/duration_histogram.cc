// SPDX-License-Identifier: Apache-2.0
#include "node/base/duration_histogram.h"

#include <algorithm>

namespace amparo {

void DurationHistogram::Add(absl::Duration took) {
  took = std::max(took, absl::ZeroDuration());
  const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(),
                                      absl::ToDoubleSeconds(took));
  ++buckets_[static_cast<size_t>(bound - kBounds.begin())];
  sum_nanoseconds_ += static_cast<uint64_t>(absl::ToInt64Nanoseconds(took));
}

DurationHistogram::Reading DurationHistogram::Read() const {
  Reading reading;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    reading.buckets[i] = buckets_[i];
    reading.count += reading.buckets[i];
  }
  reading.sum_seconds = static_cast<double>(sum_nanoseconds_) * 1e-9;
  return reading;
}

}  // namespace amparo
