// SPDX-License-Identifier: Apache-2.0
//
// How exported cases are written: every variable as CSV or JSON, or the 27
// columns of CTDC. Pure.
#ifndef AMPARO_NODE_CASES_FOREIGN_EXPORT_SHAPES_H_
#define AMPARO_NODE_CASES_FOREIGN_EXPORT_SHAPES_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "node/cases/cases.h"

namespace amparo::cases {

// The numbers of office.v1.ExportFormat.
enum class ExportFormat { kCsv = 1, kJson = 2, kCtdc27 = 3 };
std::optional<ExportFormat> ExportFormatFromNumber(int number);
// "csv", "json", "ctdc-27".
absl::string_view Name(ExportFormat format);

// All that a file ever says of a case: who it is about has no place here.
struct ExportedCase {
  Case file;
  Profile profile;
};

// Writes one file; not thread-safe.
class ExportShape {
 public:
  // Of CSV files: cells that a spreadsheet would run are neutralised (csv.h).
  // Several codes of a variable stand in one cell, parted by semicolons; a
  // variable that was not recorded is an empty cell, an unknown one "-99".
  // CTDC-27 has no case numbers, and unknown is empty.
  static std::unique_ptr<ExportShape> Make(ExportFormat format);
  virtual ~ExportShape() = default;

  virtual std::string Begin() = 0;
  virtual absl::StatusOr<std::string> Row(const ExportedCase& one) = 0;
  virtual std::string End() = 0;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_FOREIGN_EXPORT_SHAPES_H_
