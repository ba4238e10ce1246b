// SPDX-License-Identifier: Apache-2.0
//
// A few threads that share work which is cut into parts, for what goes over
// many rows. Whoever hands out work does parts of it too, and parts of other
// work while others end it, so that work may hand out work, nobody waits for a
// thread, and with one thread all is done in order.
#ifndef AMPARO_NODE_STORAGE_CREW_H_
#define AMPARO_NODE_STORAGE_CREW_H_

#include <cstddef>
#include <functional>
#include <list>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace amparo::storage {

// Thread-safe; its own work must have ended before it goes.
class Crew {
 public:
  // At most `threads` work at once, with the one that hands out; at least 1.
  explicit Crew(int threads);
  // As many as this machine has processors, at most 8.
  static int OnePerProcessor();
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Called with ranges [begin, end) that are next to each other.
  using Part = std::function<absl::Status(size_t begin, size_t end)>;

  // Calls `part` for all of [0, size), `together` at a time, in any order and
  // on several threads, and returns when the last has ended: the failure that
  // stands first in the range. After a failure what has not begun is left out.
  absl::Status Share(size_t size, size_t together, const Part& part);

  // The same for parts that find something: each has a `Sum` of its own, and
  // when all have ended well these are added to `sum` (Sum::Add) in the order
  // of the range.
  template <class Sum>
  absl::Status ShareAndAdd(
      size_t size, size_t together, Sum& sum,
      const std::function<absl::Status(size_t begin, size_t end, Sum& found)>&
          part) {
    std::vector<Sum> found(size / together + 1);
    const absl::Status done =
        Share(size, together, [&](size_t begin, size_t end) {
          return part(begin, end, found[begin / together]);
        });
    if (!done.ok()) return done;
    for (const Sum& each : found) sum.Add(each);
    return done;
  }

 private:
  // What one Share() hands out.
  struct Work {
    const Part& part;
    const size_t size;
    const size_t together;
    size_t next = 0;       // Where the next part begins.
    size_t under_way = 0;  // Parts.
    size_t failed_at = 0;  // Where `failure` was, when there is one.
    absl::Status failure = absl::OkStatus();
  };

  void Serve();
  // Takes one part of `work`; `mutex_` is free while it is done.
  void DoPart(Work& work) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closing_ || !open_.empty();
  }

  absl::Mutex mutex_;
  // With parts that nobody has taken; the oldest first, for it is the largest.
  std::list<Work*> open_ ABSL_GUARDED_BY(mutex_);
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_CREW_H_
