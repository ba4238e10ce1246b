// SPDX-License-Identifier: Apache-2.0
#include "node/app/supervisor.h"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"

namespace amparo::app {
namespace {

// The variables stay set: children of this process there are none.
void Tell(const std::string& state) { ::sd_notify(0, state.c_str()); }

}  // namespace

void TellReady(const char* status) {
  Tell(absl::StrCat("READY=1\nSTATUS=", status));
}

void TellStatus(const char* status) { Tell(absl::StrCat("STATUS=", status)); }

void TellStopping() { Tell("STOPPING=1\nSTATUS=stopping"); }

void TellAlive() { Tell("WATCHDOG=1"); }

absl::Duration AliveInterval() {
  uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) <= 0) {
    return absl::InfiniteDuration();
  }
  return absl::Microseconds(microseconds) / 2;
}

}  // namespace amparo::app
