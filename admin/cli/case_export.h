// SPDX-License-Identifier: Apache-2.0
//
// `amparo case export`: takes cases out of the node into a new file.
#ifndef AMPARO_ADMIN_CLI_CASE_EXPORT_H_
#define AMPARO_ADMIN_CLI_CASE_EXPORT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "admin/cli/desk.h"

namespace amparo::cli {

// As typed.
struct ExportOptions {
  std::string format;              // "csv", "json", "ctdc-27".
  std::string reason;              // Asked for when it is empty.
  std::string out;                 // Path of a new file.
  std::vector<std::string> where;  // "citizenship=US,UA"
  std::string years;               // "2024", "2024..2025", "..2025"
  std::string source;
};

// Writes the file (mode 0600, never one that is there) and prints how many
// cases and which digest it has. A file that did not come whole, or whose
// digest is not what the node says, is taken away again.
absl::Status ExportFile(Desk& desk, const ExportOptions& options);

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_CASE_EXPORT_H_
