// SPDX-License-Identifier: Apache-2.0
//
// A release: noised counts of one table for one or more cohorts of one office,
// and what a reader must know about them. Its body is signed; what is stored,
// sent and hashed is always the exact signed bytes.
#ifndef AMPARO_NODE_STATISTICS_RELEASE_H_
#define AMPARO_NODE_STATISTICS_RELEASE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "crypto/gaussian/discrete_gaussian.h"
#include "node/base/ids.h"
#include "node/statistics/budget.h"
#include "node/statistics/cohort.h"
#include "node/statistics/table_spec.h"

namespace amparo::statistics {

// DSSE type of a release body.
inline constexpr absl::string_view kReleaseType =
    "application/vnd.amparo.release.v1";
// Version of the rules by which persons are counted into cells. Raised when
// the same profile would count elsewhere.
inline constexpr uint32_t kRulesVersion = 1;
// A coverage that cannot be said because the total is not positive.
inline constexpr uint32_t kCoverageUnknown = 1001;

// The largest value, either way: more persons than there are. So sums over the
// cells of a table, over members and in thousandths stay within 64 bits.
inline constexpr int64_t kReleasedValueMax = 10'000'000'000;

// What one unit of a count is. Numbers are on disk and in releases.
enum class CountedUnit : int { kPerson = 1, kSourceRow = 2 };
absl::string_view Name(CountedUnit unit);  // "person", "source-row"
// kFieldInvalid ("counted_unit").
absl::StatusOr<CountedUnit> CountedUnitFromName(absl::string_view name);
absl::StatusOr<CountedUnit> CountedUnitFromNumber(int number);

// What a reader must know. Numbers of region.v1.Statement.
enum class Statement : int {
  kCountedAtEachNode = 1,
  kDetectionNotPrevalence = 2,
  kReferenceDateIsRegistration = 3,
  kCohortIsAYear = 4,
  kSumsCountMentions = 5,
  kConsentedOnly = 6,
};
absl::string_view Text(Statement statement);  // An English sentence.
std::vector<Statement> StatementsFor(const TableSpec& spec);

struct CohortCounts {
  Cohort cohort;
  std::vector<int64_t> values;  // In cell order; may be negative.
  Rho spent;  // All the cohort was charged, this release included.
  uint64_t epsilon_milli = 0;
  uint32_t withheld = 0;
  std::vector<uint32_t> coverage_permille;  // One per dimension.
};

struct Release {
  ReleaseId id;
  OfficeId office;
  std::string table;
  std::string spec_hash;
  absl::Time generated_at;
  CountedUnit unit = CountedUnit::kPerson;
  crypto::Fraction sigma2{1, 1};
  uint32_t sensitivity2 = 1;
  Rho rho;
  std::vector<CohortCounts> cohorts;  // Ascending, no two overlap.
  uint32_t rules_version = kRulesVersion;
  std::string code_lists;
  std::vector<Statement> statements;
  uint32_t nodes_reporting = 1;
  uint32_t nodes_expected = 1;
};

// Values below the display rule.
uint32_t CountWithheld(absl::Span<const int64_t> values,
                       crypto::Fraction sigma2);

// Share that is not Unknown in each dimension, thousandths from 0 to 1000, of
// released values only; kCoverageUnknown when the total is not positive.
std::vector<uint32_t> Coverage(const TableSpec& spec,
                               absl::Span<const int64_t> values);

// Bytes of region.v1.ReleaseBody, the same for the same release.
std::string EncodeRelease(const Release& release);
// kLetterMalformed when the bytes are no release or a field is out of range,
// kValueUnknown for a coded word this version does not know.
absl::StatusOr<Release> DecodeRelease(absl::string_view body);

// That the release is what its table allows: number of values, sigma2,
// sensitivity, charge and the figures derived from the values. kFieldInvalid
// naming the field.
absl::Status CheckAgainst(const Release& release, const TableSpec& spec);

}  // namespace amparo::statistics

#endif  // AMPARO_NODE_STATISTICS_RELEASE_H_
