// SPDX-License-Identifier: Apache-2.0
#include "node/app/health.h"

#include <algorithm>

#include "node/app/supervisor.h"
#include "node/base/limits.h"
#include "node/base/log.h"
#include "node/peering/own_office.h"
#include "node/storage/store.h"

namespace amparo::app {
namespace {

constexpr absl::Duration kLookEvery = absl::Seconds(1);
const char* StatusText(Inability cannot) {
  switch (cannot) {
    case Inability::kNone:
      return "serving";
    case Inability::kStore:
      return "cannot store: check the disk, then restart";
    case Inability::kSign:
      return "cannot sign: the time of the signing keys is over";
    case Inability::kSend:
      return "cannot send: a delivery thread is stuck";
  }
  return "";
}

}  // namespace

const char* Name(Inability cannot) {
  switch (cannot) {
    case Inability::kNone:
      return "nothing";
    case Inability::kStore:
      return "store";
    case Inability::kSign:
      return "sign";
    case Inability::kSend:
      return "send";
  }
  return "";
}

Inability Health::Check() const {
  if (!store_.writable()) return Inability::kStore;
  const absl::Time now = clock_.Now();
  const auto key = own_.bundle().SigningKeyOf(own_.signing_epoch());
  if (!key.ok() || key->validity.sign_until <= now) return Inability::kSign;
  if (oldest_beat_() + limits::kDeliveryStuckAfter < now)
    return Inability::kSend;
  return Inability::kNone;
}

void Pulse::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Pulse::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Pulse::Round() {
  const Inability cannot = check_();
  const bool well = cannot == Inability::kNone;
  if (!shown_ || cannot != last_) {
    show_(well);
    if (shown_ || !well) {
      Log("health", {LogField::Word("cannot", Name(cannot))});
      TellStatus(StatusText(cannot));
    }
    shown_ = true;
    last_ = cannot;
  }
  if (well) TellAlive();
}

void Pulse::Run() {
  const absl::Duration every = std::min(kLookEvery, AliveInterval());
  absl::MutexLock lock(&mutex_);
  while (!stopping_) {
    mutex_.Unlock();
    Round();
    mutex_.Lock();
    mutex_.AwaitWithTimeout(absl::Condition(&stopping_), every);
  }
}

}  // namespace amparo::app
