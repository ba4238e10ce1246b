// SPDX-License-Identifier: Apache-2.0
//
// Finding cases: `case list` with its filters and `case search`.
#ifndef AMPARO_ADMIN_CLI_CASE_SEARCH_H_
#define AMPARO_ADMIN_CLI_CASE_SEARCH_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "admin/cli/desk.h"
#include "amparo/office/v1/cases.pb.h"

namespace amparo::cli {

// As the options have them. Empty: not asked.
struct FilterOptions {
  std::vector<std::string> where;      // "VARIABLE=CODE[,CODE...]"
  std::vector<std::string> where_not;  // The same.
  std::string year;                    // "2024" or "2023..2025"
  std::string registered;              // "2025-01-31" or two days with ".."
  std::string minor;                   // "yes" or "no"
  std::vector<std::string> statuses;
};

// USAGE naming the option when one has another form. Days begin in `zone`, and
// both ends of a range count.
absl::StatusOr<office::v1::CaseFilter> ReadFilterOptions(
    const FilterOptions& options, absl::TimeZone zone);

// Adds `list` and `search` to the noun `case`.
void AddFindingVerbs(Verbs& verbs, CLI::App* noun);

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_CASE_SEARCH_H_
