// SPDX-License-Identifier: Apache-2.0
//
// The frozen rows of a case's life: entries of every kind, history, third
// persons, retention; and of a person who is only counted. Every field of
// each is set.
#ifndef AMPARO_TESTS_GOLDEN_CASE_ROWS_H_
#define AMPARO_TESTS_GOLDEN_CASE_ROWS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace amparo::golden {

struct CaseRow {
  std::string name;   // "records/case_entry_event", a file under v1/.
  std::string bytes;  // As this version writes it.
  // Reads bytes and writes them again.
  std::function<absl::StatusOr<std::string>(const std::string&)> again;
};
std::vector<CaseRow> CaseRows();

}  // namespace amparo::golden

#endif  // AMPARO_TESTS_GOLDEN_CASE_ROWS_H_
