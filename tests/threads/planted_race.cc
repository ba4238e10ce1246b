// SPDX-License-Identifier: Apache-2.0
//
// Two threads count together: "locked" under one lock, "split" each under a
// lock of its own, "bare" under none, "condition" waits for the other by a
// condition. ThreadSanitizer must report split and bare and neither of the
// others: that is what its silence about everything else rests on.
#include <cstdio>
#include <cstring>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace {

constexpr int kRounds = 1000;

// Each thread gets its lock, or none.
void Count(absl::Mutex* mutex, int* counter) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  for (int i = 0; i < kRounds; ++i) {
    if (mutex != nullptr) mutex->Lock();
    ++*counter;
    if (mutex != nullptr) mutex->Unlock();
  }
}

void CountTogether(absl::Mutex* mine, absl::Mutex* theirs) {
  int counter = 0;
  std::thread other([&] { Count(theirs, &counter); });
  Count(mine, &counter);
  other.join();
}

void WaitForTheOther() {
  absl::Mutex mutex;
  bool ready = false;
  int written = 0;
  std::thread other([&] {
    written = 7;  // Before the lock: what follows it must be seen with it.
    absl::MutexLock lock(&mutex);
    ready = true;
  });
  mutex.Lock();
  mutex.Await(absl::Condition(&ready));
  mutex.Unlock();
  std::printf("%d\n", written);
  other.join();
}

}  // namespace

int main(int argc, char** argv) {
  const char* const how = argc > 1 ? argv[1] : "";
  absl::Mutex one;
  absl::Mutex two;
  if (std::strcmp(how, "locked") == 0) {
    CountTogether(&one, &one);
  } else if (std::strcmp(how, "split") == 0) {
    CountTogether(&one, &two);
  } else if (std::strcmp(how, "bare") == 0) {
    CountTogether(nullptr, nullptr);
  } else if (std::strcmp(how, "condition") == 0) {
    WaitForTheOther();
  } else {
    std::fputs("usage: planted_race locked|split|bare|condition\n", stderr);
    return 2;
  }
  return 0;
}
