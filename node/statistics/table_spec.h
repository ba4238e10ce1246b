// SPDX-License-Identifier: Apache-2.0
//
// Registered tables as data. A table has a fixed public domain: every level
// of every dimension, "unknown" included, whether or not anybody is in it, so
// that the list of cells says nothing about persons.
#ifndef AMPARO_NODE_STATISTICS_TABLE_SPEC_H_
#define AMPARO_NODE_STATISTICS_TABLE_SPEC_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/gaussian/discrete_gaussian.h"
#include "node/statistics/budget.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::statistics {

// Codes of the levels that no code list has.
inline constexpr absl::string_view kNoneLevel = "None";
inline constexpr absl::string_view kUnknownLevel = "Unknown";

struct Level {
  std::string code;   // Public: stands in answers and filters.
  std::string label;  // English.
  // Codes of the dimension's list that count here. Empty for None.
  std::vector<std::string> of;
};

// Where a dimension takes a person's codes from.
enum class Source : int {
  kVariable = 1,            // The profile's codes of `variable`.
  kFormsOfExploitation = 2  // cases::FormsOfExploitation.
};

struct Dimension {
  std::string name;
  Source source = Source::kVariable;
  std::string variable;  // Its list gives the domain.
  // In the order of cells; the last is Unknown.
  std::vector<Level> levels;
  // Most levels one person counts in: the first ones in the order above.
  uint32_t cap = 1;
  // When all these flags say no and no level was found, the person counts as
  // None; when any is unknown or was not recorded, as Unknown. Empty: there
  // is no level None.
  std::vector<std::string> none_when_all_no;
};

enum class Period : int { kYear = 1, kQuarter = 2 };

struct TableSpec {
  std::string id;
  std::string title;
  std::vector<Dimension> dimensions;  // Within a cohort, 1 to 6.
  Period period = Period::kQuarter;
  // Sets of cells that noise is drawn for: 1 when only the finest cells are
  // and every margin is a sum of noised values.
  uint32_t noised_levels = 1;
  Rho rho;  // What a release charges each cohort.
  Rho cap;  // The most a cohort may ever be charged, over all tables.
};

// Cells of one cohort, at most this many in a table.
inline constexpr size_t kCellsMax = 100'000;

size_t CellCount(const TableSpec& spec);

// Cell of the levels' places, one per dimension; the last dimension runs
// fastest.
size_t CellIndex(const TableSpec& spec, absl::Span<const size_t> places);
std::vector<size_t> CellPlaces(const TableSpec& spec, size_t cell);

// Square of the L2 distance between the values of two data sets that differ by
// one person with all records: noised levels times the caps.
uint32_t Sensitivity2(const TableSpec& spec);

// Variance of the noise of each value.
absl::StatusOr<crypto::Fraction> Sigma2(const TableSpec& spec);

// 32 bytes: SHA-256 over "amparo.table-spec.v1", a zero byte and every field
// in order, strings and lists prefixed by u32be lengths.
std::string SpecHash(const TableSpec& spec);

// kInternal, naming what is wrong: a dimension whose levels do not cover its
// list exactly once, whose last level is not Unknown, a cap out of range, too
// many cells, or a table that costs more than the cap.
absl::Status CheckSpec(const TableSpec& spec, const vocabulary::Lists& lists);

// Level of `code`; nullptr when the dimension has none.
const Level* FindLevel(const Dimension& dimension, absl::string_view code);

// The tables this version ships, by id. Live as long as the process.
class Catalogue {
 public:
  static const Catalogue& BuiltIn();
  explicit Catalogue(std::vector<TableSpec> tables);

  absl::Span<const TableSpec> tables() const { return tables_; }
  // kTableUnknown when there is none.
  absl::StatusOr<const TableSpec*> Find(absl::string_view id) const;
  // By the hash that a release names; kTableUnknown.
  absl::StatusOr<const TableSpec*> FindByHash(absl::string_view hash) const;

 private:
  std::vector<TableSpec> tables_;
};

}  // namespace amparo::statistics

#endif  // AMPARO_NODE_STATISTICS_TABLE_SPEC_H_
