// SPDX-License-Identifier: Apache-2.0
//
// The limits::kAttachmentStreamsMax places for files on their way to or from a
// node, limits::kAttachmentStreamsOfOneMax of one person. Nobody keeps a place
// by standing still: who asks for one when none is free gets that of the
// stream of which nothing moved for the longest, if that is
// limits::kAttachmentIdleMax or more.
#ifndef AMPARO_NODE_CASES_STREAM_PLACES_H_
#define AMPARO_NODE_CASES_STREAM_PLACES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "node/base/clock.h"
#include "node/base/ids.h"

namespace amparo::cases {

// Ends the call behind a stream whose place is taken away. Any thread; must
// not wait, nor ask for or give back a place.
using EndCall = std::function<void()>;

// Thread-safe; `clock` must outlive it, and it every place.
class StreamPlaces {
 public:
  // One place, free again when it is destroyed. One thread.
  class Place {
   public:
    ~Place() { places_.Leave(number_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // Says that bytes move. kUnavailable when the place was taken away.
    absl::Status Move() { return places_.Move(number_); }

   private:
    friend class StreamPlaces;
    Place(StreamPlaces& places, uint64_t number)
        : places_(places), number_(number) {}

    StreamPlaces& places_;
    const uint64_t number_;
  };

  explicit StreamPlaces(const Clock& clock) : clock_(clock) {}

  // kLimitExceeded when all are taken, or as many as one person may have, and
  // all of them move. `end`, if not empty, is called at most once and not
  // after the place was destroyed.
  absl::StatusOr<std::unique_ptr<Place>> Take(const PersonId& person,
                                              EndCall end)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Stream {
    PersonId person;
    absl::Time moved_at;
    EndCall end;
  };

  absl::Status Move(uint64_t number) ABSL_LOCKS_EXCLUDED(mutex_);
  void Leave(uint64_t number) ABSL_LOCKS_EXCLUDED(mutex_);
  size_t CountOf(const PersonId& person) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes a place away from who stands still; of `person` unless null. False
  // when all move.
  bool TakeAway(const PersonId* person) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  mutable absl::Mutex mutex_;
  uint64_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, Stream> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_STREAM_PLACES_H_
