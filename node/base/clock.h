// SPDX-License-Identifier: Apache-2.0
//
// The one clock of the node. Everything that needs the time takes a Clock&, so
// that tests and the simulation decide what time it is.
#ifndef AMPARO_NODE_BASE_CLOCK_H_
#define AMPARO_NODE_BASE_CLOCK_H_

#include "absl/time/time.h"

namespace amparo {

// Thread-safe. Wall time may jump both ways: nothing is ordered by it, it only
// decides deadlines and fills in dates (design rule "Clocks").
class Clock {
 public:
  virtual ~Clock() = default;
  // Wall time, UTC.
  virtual absl::Time Now() const = 0;
};

// The machine's own clock. Lives for the whole process.
const Clock& SystemClock();

// The machine's steady time since some moment of the past: never jumps, says
// nothing about the date. Only for measuring how long something took.
absl::Duration SteadyTime();

// Milliseconds since the Unix epoch, the form in which times are stored and
// sent. Times before 1970 and infinite times are not representable and stop
// the process: they are our bug, input is checked before it gets here.
int64_t ToUnixMillis(absl::Time time);
absl::Time FromUnixMillis(int64_t millis);

}  // namespace amparo

#endif  // AMPARO_NODE_BASE_CLOCK_H_
