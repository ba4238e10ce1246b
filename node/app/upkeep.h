// SPDX-License-Identifier: Apache-2.0
//
// What a node does without being asked: new keys when they are due, a hello to
// each peer, a signed head of the log, old answers forgotten, closed cases
// taken whose time is over.
#ifndef AMPARO_NODE_APP_UPKEEP_H_
#define AMPARO_NODE_APP_UPKEEP_H_

#include <functional>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "node/app/config.h"
#include "node/app/node.h"
#include "node/base/ids.h"
#include "node/peering/key_bundle.h"

namespace amparo::app {

// Whether the keys of the office bear out that it is `now`: one of its sealing
// keys, which are made every week and kept for limits::kSealingKeyLifetime, was
// made within that time, and not in the last kClockProvedAfter. A clock that
// was set further than that, ahead or back, finds none until it has run on for
// kClockProvedAfter: time for somebody to notice before what depends on the
// date is destroyed. The same after a month of standing still, after a restore,
// and in a new office.
inline constexpr absl::Duration kClockProvedAfter = absl::Hours(3 * 24);
bool ClockIsProved(const peering::KeyBundle& bundle, absl::Time now);

// One thread. `node` must outlive it.
class Upkeep {
 public:
  // `renew` is called after keys were made, for what shows them to others.
  Upkeep(Node& node, const Config& config, std::function<absl::Status()> renew)
      : node_(node), config_(config), renew_(std::move(renew)) {}
  ~Upkeep() { Stop(); }

  // Starts, once. The first hello goes out at once: "I am back".
  void Start();
  void Stop();

  // One round at `now`: what is due is done. Faults are logged and tried
  // again in the next round. Called by the thread, and by tests.
  void Round(absl::Time now);

 private:
  void Run();
  // Answers kept for repeated requests, whose time is over.
  void SweepRequests(absl::Time now);
  // Closed cases whose time is over, some of them: a day's look at all takes
  // several rounds. None while the clock is not proved.
  void AgeCases(absl::Time now);

  Node& node_;
  const Config config_;
  const std::function<absl::Status()> renew_;
  absl::Time next_hello_ = absl::InfinitePast();
  absl::Time next_checkpoint_ = absl::InfinitePast();
  absl::Time next_sweep_ = absl::InfinitePast();
  absl::Time next_aging_ = absl::InfinitePast();
  std::optional<size_t> aging_from_;  // While a look is under way.
  // A peer that did not answer is greeted less often.
  struct Silence {
    int failures = 0;
    absl::Time next = absl::InfinitePast();
  };
  std::map<OfficeId, Silence> silent_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_UPKEEP_H_
