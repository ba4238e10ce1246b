// SPDX-License-Identifier: Apache-2.0
//
// `amparo case import`: sends a file to the node piece by piece, and writes
// the rows it rejects into another.
#ifndef AMPARO_ADMIN_CLI_CASE_IMPORT_H_
#define AMPARO_ADMIN_CLI_CASE_IMPORT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "admin/cli/desk.h"
#include "amparo/office/v1/cases.pb.h"

namespace amparo::cli {

// As typed.
struct ImportOptions {
  std::string file;
  std::string format;             // "ctdc-63", ..., "mapping:FILE".
  std::string source;             // In place of the mapping's own.
  std::string key;                // Column that names the rows, likewise.
  std::vector<std::string> only;  // "citizenship=US,UA"
  std::string rejected;           // Path of a new file.
  bool dry_run = false;
  bool progress = false;  // Also where `err` is no terminal.
};

// Streams the file in pieces of 512 KiB, tells on stderr how far the node is
// (one line that moves on a terminal; elsewhere only when asked to, then a
// line for each step of 10 %), and prints the report. A failure in the middle
// keeps what was committed; the same import again skips it. Done (exit code 0)
// also when rows were rejected: the report says which, and the file of
// rejected rows (mode 0600, never one that is there) has all of them. It has
// its name only then: after a failure the next import rejects them anew.
absl::Status ImportFile(Desk& desk, const ImportOptions& options);

// How the node is to read the file: the mapping with every file it extends,
// read beside the one that names it. USAGE for wrong options and for files
// that are not there; what is wrong inside them the node says.
absl::StatusOr<office::v1::ImportOpening> OpeningOf(
    const ImportOptions& options);

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_CASE_IMPORT_H_
