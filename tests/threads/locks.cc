// SPDX-License-Identifier: Apache-2.0
//
// Tells ThreadSanitizer about the locks of Abseil. Debian's libabsl is not
// compiled for it, so without this every pair of accesses that a lock keeps
// apart would be reported. The linker leads calls from our code to the
// functions here (--wrap, see CMakeLists.txt); each tells ThreadSanitizer what
// happens and calls the real one, so the lock itself is Abseil's. A function
// that is not in the list shows as a false report, never as a missed one.
//
// Waiting for a condition is done by looking again each millisecond: Abseil
// would evaluate it on other threads, out of sight.
#include <poll.h>
#include <sanitizer/tsan_interface.h>

#include <cstdint>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace amparo::threads {
namespace {

using absl::Condition;
using absl::CondVar;
using absl::Duration;
using absl::Mutex;
using absl::Notification;

// Locks need no announcement when they are made.
constexpr unsigned kPlain = __tsan_mutex_linker_init;
constexpr unsigned kRead = kPlain | __tsan_mutex_read_lock;
constexpr int kLookEveryMs = 1;

}  // namespace

// Of each pair, the real function and what is called in its place, under the
// names that --wrap gives them. ABSL is the inline namespace of Debian's build.
#define ABSL "N4absl7debian3"
#define ABSL_CONST "NK4absl7debian3"
#define PAIR(result, name, symbol, ...)                   \
  result Real##name(__VA_ARGS__) asm("__real__Z" symbol); \
  result Seen##name(__VA_ARGS__) asm("__wrap__Z" symbol)

PAIR(void, Lock, ABSL "5Mutex4LockEv", Mutex*);
PAIR(void, Unlock, ABSL "5Mutex6UnlockEv", Mutex*);
PAIR(bool, TryLock, ABSL "5Mutex7TryLockEv", Mutex*);
PAIR(void, ReaderLock, ABSL "5Mutex10ReaderLockEv", Mutex*);
PAIR(void, ReaderUnlock, ABSL "5Mutex12ReaderUnlockEv", Mutex*);
PAIR(void, Destroy, ABSL "5MutexD1Ev", Mutex*);
PAIR(void, Await, ABSL "5Mutex5AwaitERKNS0_9ConditionE", Mutex*,
     const Condition&);
PAIR(bool, AwaitFor,
     ABSL "5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE", Mutex*,
     const Condition&, Duration);
PAIR(void, Wait, ABSL "7CondVar4WaitEPNS0_5MutexE", CondVar*, Mutex*);
PAIR(bool, WaitFor, ABSL "7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE",
     CondVar*, Mutex*, Duration);
PAIR(void, Notify, ABSL "12Notification6NotifyEv", Notification*);
PAIR(void, WaitTold, ABSL_CONST "12Notification19WaitForNotificationEv",
     const Notification*);
PAIR(bool, WaitToldFor,
     ABSL_CONST "12Notification30WaitForNotificationWithTimeoutENS0_8DurationE",
     const Notification*, Duration);

void SeenLock(Mutex* mutex) {
  __tsan_mutex_pre_lock(mutex, kPlain);
  RealLock(mutex);
  __tsan_mutex_post_lock(mutex, kPlain, 0);
}

void SeenUnlock(Mutex* mutex) {
  __tsan_mutex_pre_unlock(mutex, kPlain);
  RealUnlock(mutex);
  __tsan_mutex_post_unlock(mutex, kPlain);
}

bool SeenTryLock(Mutex* mutex) {
  constexpr unsigned kTry = kPlain | __tsan_mutex_try_lock;
  __tsan_mutex_pre_lock(mutex, kTry);
  const bool locked = RealTryLock(mutex);
  __tsan_mutex_post_lock(
      mutex, locked ? kTry : kTry | __tsan_mutex_try_lock_failed, 0);
  return locked;
}

void SeenReaderLock(Mutex* mutex) {
  __tsan_mutex_pre_lock(mutex, kRead);
  RealReaderLock(mutex);
  __tsan_mutex_post_lock(mutex, kRead, 0);
}

void SeenReaderUnlock(Mutex* mutex) {
  __tsan_mutex_pre_unlock(mutex, kRead);
  RealReaderUnlock(mutex);
  __tsan_mutex_post_unlock(mutex, kRead);
}

void SeenDestroy(Mutex* mutex) {
  __tsan_mutex_destroy(mutex, kPlain);
  RealDestroy(mutex);
}

bool SeenAwaitFor(Mutex* mutex, const Condition& until, Duration timeout) {
  int64_t looks = absl::ToInt64Milliseconds(timeout) / kLookEveryMs;
  while (!until.Eval()) {
    if (looks-- <= 0) return false;
    SeenUnlock(mutex);
    ::poll(nullptr, 0, kLookEveryMs);
    SeenLock(mutex);
  }
  return true;
}

void SeenAwait(Mutex* mutex, const Condition& until) {
  SeenAwaitFor(mutex, until, absl::InfiniteDuration());
}

// A wait gives the lock away and takes it again.
void SeenWait(CondVar* changed, Mutex* mutex) {
  __tsan_mutex_pre_unlock(mutex, kPlain);
  __tsan_mutex_post_unlock(mutex, kPlain);
  RealWait(changed, mutex);
  __tsan_mutex_pre_lock(mutex, kPlain);
  __tsan_mutex_post_lock(mutex, kPlain, 0);
}

bool SeenWaitFor(CondVar* changed, Mutex* mutex, Duration timeout) {
  __tsan_mutex_pre_unlock(mutex, kPlain);
  __tsan_mutex_post_unlock(mutex, kPlain);
  const bool late = RealWaitFor(changed, mutex, timeout);
  __tsan_mutex_pre_lock(mutex, kPlain);
  __tsan_mutex_post_lock(mutex, kPlain, 0);
  return late;
}

void SeenNotify(Notification* told) {
  __tsan_release(told);
  RealNotify(told);
}

void SeenWaitTold(const Notification* told) {
  RealWaitTold(told);
  __tsan_acquire(const_cast<Notification*>(told));
}

bool SeenWaitToldFor(const Notification* told, Duration timeout) {
  const bool heard = RealWaitToldFor(told, timeout);
  if (heard) __tsan_acquire(const_cast<Notification*>(told));
  return heard;
}

}  // namespace amparo::threads
