// SPDX-License-Identifier: Apache-2.0
//
// Who a person is: read from a file of mode 0600 or asked for at the terminal,
// never taken from the command line, which others of the machine can read.
#ifndef AMPARO_ADMIN_CLI_IDENTITY_H_
#define AMPARO_ADMIN_CLI_IDENTITY_H_

#include <string>

#include "absl/status/statusor.h"
#include "admin/cli/secrets.h"
#include "amparo/office/v1/cases.pb.h"

namespace amparo::cli {

// From JSON with the fields of office.v1.CaseIdentity; USAGE for another field
// or form, without saying what the file holds.
absl::StatusOr<office::v1::CaseIdentity> ReadIdentityFile(
    const std::string& path);

// Asks for names and date of birth; an empty line leaves one out.
absl::StatusOr<office::v1::CaseIdentity> AskIdentity(Prompter& prompter);

// For the people who may read it.
std::string IdentityText(const office::v1::CaseIdentity& identity);

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_IDENTITY_H_
