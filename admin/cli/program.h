// SPDX-License-Identifier: Apache-2.0
//
// `amparo` from its arguments to its exit code, with the world given in, so
// that tests run it whole.
#ifndef AMPARO_ADMIN_CLI_PROGRAM_H_
#define AMPARO_ADMIN_CLI_PROGRAM_H_

#include <string>
#include <vector>

#include "admin/cli/desk.h"

namespace amparo::cli {

// Runs one command line (without the program's own name). Answers go to
// around.out, everything else to around.err. Returns the exit code of
// failure.h. Arguments that the program does not know are never printed: one
// of them might be a secret that somebody typed in the wrong place.
int RunProgram(std::vector<std::string> arguments, Surroundings& around);

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_PROGRAM_H_
