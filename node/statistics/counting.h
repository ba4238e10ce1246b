// SPDX-License-Identifier: Apache-2.0
//
// Exact counts, and the noise that is put on them. The only place where exact
// counts exist: they have no accessor without ExactCountAccess, which only the
// noise can make, are never stored, logged or answered, and end with the
// release that they were counted for.
#ifndef AMPARO_NODE_STATISTICS_COUNTING_H_
#define AMPARO_NODE_STATISTICS_COUNTING_H_

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "crypto/base/random.h"
#include "crypto/gaussian/discrete_gaussian.h"
#include "node/base/ids.h"
#include "node/cases/cases.h"
#include "node/cases/registry.h"
#include "node/consent/ledger.h"
#include "node/statistics/cohort.h"
#include "node/statistics/table_spec.h"
#include "node/storage/store.h"

namespace amparo::statistics {

class ExactCounts;
using Values = std::vector<int64_t>;

// Noised values, one list per cohort, in the order the cohorts were given.
// Every cell gets noise, zeros too. The error is the sampler's.
absl::StatusOr<std::vector<Values>> AddNoise(const ExactCounts& counts,
                                             crypto::Fraction sigma2,
                                             crypto::RandomSource& random);

// The right to look at exact counts. Grep for it: the noise has it, and the
// tests of counting.
class ExactCountAccess {
 private:
  ExactCountAccess() = default;
  friend absl::StatusOr<std::vector<Values>> AddNoise(
      const ExactCounts& counts, crypto::Fraction sigma2,
      crypto::RandomSource& random);
  friend class CountingTest;
};

// Counts of one table for some cohorts. Movable, not copyable.
class ExactCounts {
 public:
  ExactCounts(size_t cohorts, size_t cells);
  ExactCounts(ExactCounts&&) = default;
  ExactCounts& operator=(ExactCounts&&) = default;
  ExactCounts(const ExactCounts&) = delete;
  ExactCounts& operator=(const ExactCounts&) = delete;

  // One more in a cell. Saturates instead of overflowing.
  void Add(size_t cohort, size_t cell);

  const std::vector<Values>& Reveal(const ExactCountAccess&) const {
    return values_;
  }

 private:
  std::vector<Values> values_;
};

// The cells a profile counts in: at most Sensitivity2 / noised_levels of them,
// each once, ascending. Pure.
std::vector<size_t> CellsOf(const TableSpec& spec,
                            const cases::Profile& profile);

// Which of `cohorts` a profile is in; `cohorts.size()` when in none. A profile
// holds the year of registration only, so it is in no quarter.
size_t CohortOf(const cases::Profile& profile,
                absl::Span<const Cohort> cohorts);

// Counts everybody who consents to STATISTICS at `now`, as `reader` saw it:
// consents first, then profiles; who did not consent is never looked at. Give
// a snapshot, so that both are of one moment. Only a consent to STATISTICAL_
// COUNTS that names no recipient allows this: one that names offices was not
// given for publishing. An exclusion of the counts beats every consent.
absl::StatusOr<ExactCounts> Count(const storage::Reader& reader,
                                  const cases::Registry& registry,
                                  const consent::Ledger& consents,
                                  const TableSpec& spec,
                                  absl::Span<const Cohort> cohorts,
                                  absl::Time now);

}  // namespace amparo::statistics

#endif  // AMPARO_NODE_STATISTICS_COUNTING_H_
