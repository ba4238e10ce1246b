// SPDX-License-Identifier: Apache-2.0
#include "node/app/upkeep.h"

#include <algorithm>

#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/log.h"

namespace amparo::app {
namespace {

constexpr absl::Duration kRoundEvery = absl::Seconds(1);
constexpr absl::Duration kSilenceMax = absl::Hours(1);
constexpr int kDoublingsMax = 12;
constexpr size_t kRequestsSweptMax = 1000;
constexpr absl::Duration kSweepEvery = absl::Hours(24);
constexpr absl::Duration kAgingEvery = absl::Hours(24);
constexpr absl::Duration kClockAskedEvery = absl::Hours(1);
constexpr absl::Duration kCheckpointAgainAfter = absl::Minutes(1);

// A time further ahead than its period was set by a clock that has gone back
// since: it must not put off what is due.
bool Due(absl::Time next, absl::Duration period, absl::Time now) {
  return next <= now || next > now + period;
}

}  // namespace

bool ClockIsProved(const peering::KeyBundle& bundle, absl::Time now) {
  return std::any_of(
      bundle.sealing_keys.begin(), bundle.sealing_keys.end(),
      [&](const peering::SealingKey& key) {
        const absl::Time made = key.delete_at - limits::kSealingKeyLifetime;
        return made <= now - kClockProvedAfter && now < key.delete_at;
      });
}

void Upkeep::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Upkeep::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Upkeep::Run() {
  absl::MutexLock lock(&mutex_);
  while (!stopping_) {
    mutex_.Unlock();
    Round(node_.ground().clock.Now());
    mutex_.Lock();
    mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kRoundEvery);
  }
}

void Upkeep::Round(absl::Time now) {
  const auto rotated = node_.own().RotateIfDue(node_.log(), now);
  if (!rotated.ok()) {
    Log("key_rotation_failed", {LogField::Why(ReasonOf(rotated.status()))});
  } else if (*rotated) {
    next_hello_ = absl::InfinitePast();  // Peers learn of the new keys.
    const absl::Status renewed = renew_();
    if (!renewed.ok()) {
      Log("server_renewal_failed", {LogField::Why(ReasonOf(renewed))});
    }
  }
  if (Due(next_checkpoint_, config_.checkpoint_interval, now)) {
    const auto checkpoint = node_.log().Checkpoint();
    if (checkpoint.ok()) {
      next_checkpoint_ = now + config_.checkpoint_interval;
    } else {
      next_checkpoint_ = now + kCheckpointAgainAfter;
      Log("checkpoint_failed", {LogField::Why(ReasonOf(checkpoint.status()))});
    }
  }
  if (Due(next_sweep_, kSweepEvery, now)) SweepRequests(now);
  if (Due(next_aging_, kAgingEvery, now)) AgeCases(now);
  const bool hello_due = Due(next_hello_, config_.hello_interval, now);
  if (hello_due) next_hello_ = now + config_.hello_interval;
  for (const peering::Peer& peer : node_.peers().List()) {
    if (peer.address().empty()) continue;
    Silence& silence = silent_[peer.id];
    const bool unanswered = silence.failures > 0;
    if (unanswered ? !Due(silence.next, kSilenceMax, now) : !hello_due) {
      continue;
    }
    const absl::Status greeted = node_.SayHello(peer.id);
    if (greeted.ok()) {
      silence = Silence();
      continue;
    }
    silence.failures = std::min(silence.failures + 1, kDoublingsMax);
    silence.next =
        now + std::min(kSilenceMax, absl::Seconds(1) * (1 << silence.failures));
    Log("hello_failed",
        {LogField::Peer(peer.id), LogField::Why(ReasonOf(greeted))});
  }
}

void Upkeep::SweepRequests(absl::Time now) {
  storage::Batch batch;
  const auto swept = node_.requests().Sweep(batch, kRequestsSweptMax);
  const absl::Status done =
      swept.ok() ? (*swept == 0 ? absl::OkStatus()
                                : node_.ground().store.Commit(batch).status())
                 : swept.status();
  if (!done.ok()) Log("sweep_failed", {LogField::Why(ReasonOf(done))});
  // Many lapsed answers are taken in several rounds.
  const bool more = done.ok() && *swept == kRequestsSweptMax;
  next_sweep_ = more ? now : now + kSweepEvery;
}

void Upkeep::AgeCases(absl::Time now) {
  if (!ClockIsProved(node_.own().bundle(), now)) {
    aging_from_.reset();
    next_aging_ = now + kClockAskedEvery;
    Log("cases_wait_for_the_clock", {});
    return;
  }
  const auto counts = node_.retention().Step(aging_from_);
  if (!counts.ok()) {
    // While cases are read after the start there is nothing to say.
    if (ReasonOf(counts.status()) != Reason::kUnavailable) {
      next_aging_ = now + kAgingEvery;
      Log("cases_not_aged", {LogField::Why(ReasonOf(counts.status()))});
    }
    aging_from_.reset();
    return;
  }
  if (aging_from_.has_value()) return;  // More in the next round.
  next_aging_ = now + kAgingEvery;
  // How many it took is in the log of leaves, and in no line: one case that
  // is deleted on a day may be known to somebody.
  Log("cases_aged", {});
}

}  // namespace amparo::app
