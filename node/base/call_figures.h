// SPDX-License-Identifier: Apache-2.0
//
// How the calls to one server went, for metrics, and how many are under way,
// for a stop that waits for them. Knows no gRPC: the server's face tells it.
#ifndef AMPARO_NODE_BASE_CALL_FIGURES_H_
#define AMPARO_NODE_BASE_CALL_FIGURES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "node/base/duration_histogram.h"

namespace amparo {

// Thread-safe.
class CallFigures {
 public:
  // Status codes of gRPC: 0 (OK) to 16.
  static constexpr size_t kCodes = 17;

  struct Row {
    std::string service;
    std::string method;
    uint64_t started = 0;
    std::array<uint64_t, kCodes> handled{};
    DurationHistogram::Reading seconds;
  };

  // Calls of the `named` methods ("/package.Service/Method") are counted each
  // by itself, all others together as `service` and "any": what strangers make
  // up is no label, and how often one office method was called may say how
  // many people came in.
  CallFigures(absl::string_view service, std::vector<std::string> named);

  // A call begins; the answer goes into Ended.
  size_t Started(absl::string_view path) ABSL_LOCKS_EXCLUDED(mutex_);
  // `code` outside 0 to 16 counts as 2, UNKNOWN.
  void Ended(size_t started, int code, absl::Duration took)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until no call is under way; false when `patience` ended first.
  bool AwaitIdle(absl::Duration patience) ABSL_LOCKS_EXCLUDED(mutex_);

  // One row per named method that was called, and one for all others.
  std::vector<Row> Read() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Slot {
    std::string path;  // Empty: all others.
    std::string service;
    std::string method;
    uint64_t started = 0;
    std::array<uint64_t, kCodes> handled{};
    DurationHistogram seconds;
  };
  mutable absl::Mutex mutex_;
  std::deque<Slot> slots_ ABSL_GUARDED_BY(mutex_);
  int64_t under_way_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace amparo

#endif  // AMPARO_NODE_BASE_CALL_FIGURES_H_
