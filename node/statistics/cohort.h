// SPDX-License-Identifier: Apache-2.0
//
// A cohort: everybody registered in one quarter, or in one year where the
// source gives no quarter. A person is in exactly one cohort, so budgets of
// cohorts do not add up (privacy page, "Disjoint cohorts").
#ifndef AMPARO_NODE_STATISTICS_COHORT_H_
#define AMPARO_NODE_STATISTICS_COHORT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace amparo::statistics {

// A value. Ordered by year, then quarter; a whole year before its quarters.
class Cohort {
 public:
  // "2016" or "2016-Q3", years 1990 to 2200. Other spellings are
  // kFieldInvalid naming `field`, so that no cohort has two ids.
  static absl::StatusOr<Cohort> Parse(absl::string_view text,
                                      absl::string_view field = "cohort");

  int year() const { return year_; }
  // 1 to 4, or 0 for a whole year.
  int quarter() const { return quarter_; }
  std::string id() const;

  // Its first moment, UTC.
  absl::Time begin() const;
  // The first moment after it, UTC. Before that it is open: people may still
  // be registered in it, and nothing of it is released.
  absl::Time end() const;

  // Whether a person could be in both: equal, or a year and its quarter.
  bool Overlaps(const Cohort& other) const;

  friend bool operator==(const Cohort& a, const Cohort& b) {
    return a.year_ == b.year_ && a.quarter_ == b.quarter_;
  }
  friend bool operator!=(const Cohort& a, const Cohort& b) { return !(a == b); }
  friend bool operator<(const Cohort& a, const Cohort& b) {
    return a.year_ != b.year_ ? a.year_ < b.year_ : a.quarter_ < b.quarter_;
  }

 private:
  Cohort(int year, int quarter) : year_(year), quarter_(quarter) {}
  int year_;
  int quarter_;
};

}  // namespace amparo::statistics

#endif  // AMPARO_NODE_STATISTICS_COHORT_H_
