// SPDX-License-Identifier: Apache-2.0
//
// What systemd is told about this process, by the protocol of sd_notify(3)
// and sd_watchdog_enabled(3). Without a supervisor (NOTIFY_SOCKET not set)
// nothing happens. Texts are literals: `systemctl status` shows them to
// everybody of the machine.
#ifndef AMPARO_NODE_APP_SUPERVISOR_H_
#define AMPARO_NODE_APP_SUPERVISOR_H_

#include "absl/time/time.h"

namespace amparo::app {

// Each may be called from any thread.

// The process does what it can do now: it serves, or waits to be unlocked.
void TellReady(const char* status);
// A change of how it is.
void TellStatus(const char* status);
void TellStopping();

// The process is well. A supervisor that has asked for it and does not hear
// it for its whole interval ends the process and starts it again.
void TellAlive();

// How often TellAlive() must come: half of what the supervisor waits.
// Infinite when it does not ask.
absl::Duration AliveInterval();

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_SUPERVISOR_H_
