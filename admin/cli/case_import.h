// SPDX-License-Identifier: Apache-2.0
//
// `amparo case import`: sends a file to the node piece by piece.
#ifndef AMPARO_ADMIN_CLI_CASE_IMPORT_H_
#define AMPARO_ADMIN_CLI_CASE_IMPORT_H_

#include <string>
#include <vector>

#include "admin/cli/desk.h"

namespace amparo::cli {

// As typed.
struct ImportOptions {
  std::string file;
  std::string mapping;
  std::vector<std::string> only;  // "citizenship=US,UA"
  bool dry_run = false;
};

// Streams the file in pieces of 512 KiB, tells on stderr how far it is, and
// prints the report. A failure in the middle keeps what was committed; the
// same import again skips it. Done (exit code 0) also when rows were rejected:
// the report says which.
absl::Status ImportFile(Desk& desk, const ImportOptions& options);

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_CASE_IMPORT_H_
