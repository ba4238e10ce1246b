// SPDX-License-Identifier: Apache-2.0
//
// amparo, the command line of an office's people.
#include <grpc/support/log.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "admin/cli/program.h"

namespace amparo::cli {
namespace {

// What this process holds in memory lands in no core file and is not readable
// by a debugger of another process of the same user.
void CloseDown() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
  ::umask(0077);
  std::signal(SIGPIPE, SIG_IGN);
  // gRPC's own log would stand between the lines people read.
  gpr_set_log_function([](gpr_log_func_args*) {});
}

// Paths only: no secret is ever taken from the environment.
std::string Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int Main(int argc, char** argv) {
  CloseDown();
  TerminalPrompter prompter;
  Surroundings around{std::cout,
                      std::cerr,
                      prompter,
                      absl::Now(),
                      absl::LocalTimeZone(),
                      Environment("AMPARO_SOCKET"),
                      Environment("AMPARO_SESSION"),
                      Environment("HOME"),
                      ::isatty(STDERR_FILENO) == 1,
                      [] { return absl::Now(); }};
  return RunProgram(std::vector<std::string>(argv + 1, argv + argc), around);
}

}  // namespace
}  // namespace amparo::cli

int main(int argc, char** argv) { return amparo::cli::Main(argc, argv); }
