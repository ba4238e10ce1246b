// SPDX-License-Identifier: Apache-2.0
//
// Limits guesses at passwords without letting a stranger lock somebody out.
// Attempts are counted per key: the blind index of the name that was typed,
// whether or not there is such a person (so the limit does not tell), or, for
// a device that signed in before, the device. A stranger can only fill the
// count of the name, so the person's own devices and sessions go on working.
//
// The first limits::kSignInFailuresMax attempts of a key are free; each later
// one must wait twice as long as the one before, 1 s to kAttemptDelayMax. A
// success, or kAttemptMemory without an attempt, forgets the count.
//
// In memory: a restart forgets all counts, which a stranger cannot cause.
// Bounded: beyond kAttemptKeysMax keys the one untouched longest gives way; a
// guesser who wants that must first make so many attempts at other names,
// each at the full price of Argon2id.
#ifndef AMPARO_NODE_PEOPLE_ATTEMPTS_H_
#define AMPARO_NODE_PEOPLE_ATTEMPTS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace amparo::people {

inline constexpr size_t kAttemptKeysMax = 10000;
inline constexpr absl::Duration kAttemptDelayMax = absl::Minutes(15);
inline constexpr absl::Duration kAttemptMemory = absl::Hours(24);

// Thread-safe.
class Attempts {
 public:
  // Counts an attempt before it is made, so that guesses made at the same time
  // all count. kSignInThrottled when it is too early; that one is not counted.
  absl::Status Begin(absl::string_view key, absl::Time now);
  // The attempt begun last was right.
  void Succeeded(absl::string_view key);

 private:
  struct Count {
    int64_t attempts = 0;
    absl::Time last;
    uint64_t touched = 0;
  };
  void MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Count> counts_ ABSL_GUARDED_BY(mutex_);
  uint64_t touches_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace amparo::people

#endif  // AMPARO_NODE_PEOPLE_ATTEMPTS_H_
