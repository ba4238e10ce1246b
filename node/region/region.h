// SPDX-License-Identifier: Apache-2.0
//
// The answers of a region: sums over the releases that its member offices
// sent. A region has no cases. Everything here works on published values, so
// it costs no privacy budget; sums are made of raw values (negative ones too),
// variances add, and the display rule applies to the sum. Pure: no storage, no
// clock.
#ifndef AMPARO_NODE_REGION_REGION_H_
#define AMPARO_NODE_REGION_REGION_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "node/base/ids.h"
#include "node/statistics/cohort.h"
#include "node/statistics/release.h"
#include "node/statistics/table_spec.h"

namespace amparo::region {

// Names in group_by that are no dimension of a table.
inline constexpr absl::string_view kByCohort = "cohort";
inline constexpr absl::string_view kByOffice = "office";

// Rows of an answer.
inline constexpr size_t kRowsMax = 10'000;

struct Question {
  std::string table;
  // Dimensions of the table, "cohort", "office"; each at most once.
  std::vector<std::string> group_by;
  // Dimension to the codes of levels that are kept, at least one.
  std::map<std::string, std::set<std::string>> filters;
  std::set<OfficeId> offices;  // Empty: all.
  std::optional<statistics::Cohort> from;
  std::optional<statistics::Cohort> to;
};

// kFieldInvalid naming group_by, filters or to_cohort. Does not look at
// question.table.
absl::Status CheckQuestion(const statistics::TableSpec& spec,
                           const Question& question);

// Whether the question is about this office and this cohort, which must lie
// wholly within its range: a range of years holds their quarters.
bool Concerns(const Question& question, const OfficeId& office,
              const statistics::Cohort& cohort);

// Values of one cohort of one office.
struct Contribution {
  OfficeId office;
  std::string office_name;
  statistics::CountedUnit unit = statistics::CountedUnit::kPerson;
  statistics::CohortCounts counts;
};

struct TrendRow {
  std::vector<std::string> codes;   // In the order of group_by.
  std::vector<std::string> labels;  // The same, for people.
  std::optional<int64_t> value;     // nullopt: withheld, which is not zero.
  int64_t half_width = 0;           // Of the 95 % interval.
  int64_t display_threshold = 0;
  uint32_t values_summed = 0;
};

struct Trend {
  // In the order of the levels, cohorts ascending, offices by id. A
  // combination that no release covers has no row: it is not zero.
  std::vector<TrendRow> rows;
  std::set<OfficeId> reporting;
  std::vector<statistics::Cohort> cohorts;
  std::set<statistics::CountedUnit> units;
  std::vector<statistics::Statement> statements;
};

// The answer from those contributions that the question concerns; the others
// are left out. Each must be of `spec` (statistics::CheckAgainst). At most one
// per office and cohort. Errors as CheckQuestion, and kLimitExceeded beyond
// kRowsMax rows.
absl::StatusOr<Trend> Sum(const statistics::TableSpec& spec,
                          const Question& question,
                          absl::Span<const Contribution> contributions);

}  // namespace amparo::region

#endif  // AMPARO_NODE_REGION_REGION_H_
