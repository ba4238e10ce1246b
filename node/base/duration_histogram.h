// SPDX-License-Identifier: Apache-2.0
//
// How long something took, in counts per bucket: what metrics show.
#ifndef AMPARO_NODE_BASE_DURATION_HISTOGRAM_H_
#define AMPARO_NODE_BASE_DURATION_HISTOGRAM_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace amparo {

// Thread-safe without a lock: a reading at the same moment may see one entry
// in its bucket and not yet in the sum.
class DurationHistogram {
 public:
  // Upper ends of the buckets in seconds, both from a synced write (0.1 ms)
  // to a call that a person waited for in vain.
  static constexpr std::array<double, 14> kBounds = {
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
      0.025,  0.05,    0.1,    0.5,   1,      5,     30};

  struct Reading {
    // Entries up to each bound and above the one before; the last: beyond.
    std::array<uint64_t, kBounds.size() + 1> buckets{};
    uint64_t count = 0;
    double sum_seconds = 0;
  };

  // A negative duration counts as none.
  void Add(absl::Duration took);
  Reading Read() const;

 private:
  std::array<std::atomic<uint64_t>, kBounds.size() + 1> buckets_{};
  std::atomic<uint64_t> sum_nanoseconds_{0};
};

}  // namespace amparo

#endif  // AMPARO_NODE_BASE_DURATION_HISTOGRAM_H_
