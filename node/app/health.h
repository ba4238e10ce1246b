// SPDX-License-Identifier: Apache-2.0
//
// Whether the node can do its work: store what it is told, sign, and send. It
// is what the health service of the office socket answers, and what the
// supervisor's watchdog hangs on.
#ifndef AMPARO_NODE_APP_HEALTH_H_
#define AMPARO_NODE_APP_HEALTH_H_

#include <functional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "node/base/clock.h"

namespace amparo::peering {
class OwnOffice;
}  // namespace amparo::peering
namespace amparo::storage {
class Store;
}  // namespace amparo::storage

namespace amparo::app {

// What a node cannot do; the first of them when it is several.
enum class Inability {
  kNone,
  kStore,  // The disk failed a write: all further commits are refused.
  kSign,   // The time of every signing key is over.
  kSend,   // A delivery thread did not come round for kDeliveryStuckAfter.
};

// "nothing", "store", "sign" or "send".
const char* Name(Inability cannot);

// Thread-safe. All references must outlive it.
class Health {
 public:
  // `oldest_beat` is when the delivery thread that was heard of longest ago
  // gave a sign (delivery::DeliveryWorkers::OldestBeat).
  Health(const storage::Store& store, const peering::OwnOffice& own,
         std::function<absl::Time()> oldest_beat, const Clock& clock)
      : store_(store),
        own_(own),
        oldest_beat_(std::move(oldest_beat)),
        clock_(clock) {}

  // Costs microseconds, no I/O.
  Inability Check() const;

 private:
  const storage::Store& store_;
  const peering::OwnOffice& own_;
  const std::function<absl::Time()> oldest_beat_;
  const Clock& clock_;
};

// Asks for the health again and again and passes it on. One thread.
class Pulse {
 public:
  // `show` is told each change, from the thread that calls Round().
  Pulse(std::function<Inability()> check, std::function<void(bool)> show)
      : check_(std::move(check)), show_(std::move(show)) {}
  ~Pulse() { Stop(); }

  // Starts, once: each second, and as often as the supervisor wants to hear.
  void Start();
  void Stop();

  // One look: a change goes to `show`, to the log (event "health") and to the
  // supervisor; while all is well the supervisor also hears that the process
  // is alive.
  void Round();

 private:
  void Run();

  const std::function<Inability()> check_;
  const std::function<void(bool)> show_;
  bool shown_ = false;
  Inability last_ = Inability::kNone;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_HEALTH_H_
