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
#include "node/people/caller.h"
#include "tests/bench/bench_node.h"
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

// These end the program when something fails.
std::unique_ptr<BenchPair> MakeBenchPair();
// A, opened as `a`, proposes one referral of its case to B.
void Propose(const BenchPair& pair, BenchNode& a, const people::Caller& caller);
// Steps until so many letters to B have their verified receipt stored.
void Deliver(const BenchPair& pair, BenchNode& a, size_t letters);

}  // namespace amparo::bench

#endif  // AMPARO_TESTS_BENCH_BENCH_PAIR_H_
