// SPDX-License-Identifier: Apache-2.0
//
// What was measured, beside the limit that the same run found on the same
// machine. Nothing here asserts: a figure is for people to read.
#ifndef AMPARO_TESTS_BENCH_FIGURES_H_
#define AMPARO_TESTS_BENCH_FIGURES_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace amparo::bench {

struct Figure {
  std::string what;
  double value = 0;
  std::string unit;  // "/s", "ms", ...
  // The limit in the same unit; 0: nothing to hold it against.
  double limit = 0;
  std::string limit_is;  // What the limit is made of.
  std::string aim;       // As in the design, or empty.
};

// `value` as a share of `limit`; 0 when there is none.
double Ratio(const Figure& figure);

// One line a figure, aligned.
std::string Table(const std::vector<Figure>& figures);

// What a process has in memory, from /proc; 0 when it cannot be read.
double ResidentMegabytes(pid_t process);

// The middle one; zero of none.
absl::Duration Median(std::vector<absl::Duration> times);

}  // namespace amparo::bench

#endif  // AMPARO_TESTS_BENCH_FIGURES_H_
