// SPDX-License-Identifier: Apache-2.0
//
// Shell completion made of a program's own tree of verbs and options, so that
// it can never lag behind them. It completes words of the program only: what
// is stored at a node (names, numbers of cases) is never asked for by a shell.
#ifndef AMPARO_ADMIN_CLI_COMPLETION_H_
#define AMPARO_ADMIN_CLI_COMPLETION_H_

#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace amparo::cli {

// The shells a script can be made for, for help texts.
inline constexpr char kShells[] = "bash, zsh or fish";

// The script for one shell; the shell reads it, or it lies where the shell
// looks for completions. kInvalidArgument for a shell that is none of kShells.
absl::StatusOr<std::string> CompletionScript(const CLI::App& program,
                                             absl::string_view shell);

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_COMPLETION_H_
