// SPDX-License-Identifier: Apache-2.0
//
// Two offices that became peers as processes, with an agreement, a case and a
// consent: what measurements of an exchange start from.
#ifndef AMPARO_TESTS_BENCH_BENCH_PAIR_H_
#define AMPARO_TESTS_BENCH_BENCH_PAIR_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "node/base/ids.h"
#include "tests/support/office_process.h"

namespace amparo::bench {

// How long a process may take to start or to end.
inline constexpr absl::Duration kProcessEnds = absl::Seconds(60);

struct BenchPair {
  ScratchFolder folder;
  // A and B. Both have ended: start them again, or open them as BenchNodes.
  std::unique_ptr<OfficeProcess> processes[2];
  OfficeId b_id;
  std::string token;  // A caseworker of A.
  std::string case_number;
};

// Ends the program when something fails.
std::unique_ptr<BenchPair> MakeBenchPair();

}  // namespace amparo::bench

#endif  // AMPARO_TESTS_BENCH_BENCH_PAIR_H_
