// SPDX-License-Identifier: Apache-2.0
//
// A program run as a process of its own, and waiting for a condition.
#ifndef AMPARO_TESTS_SUPPORT_CHILD_PROCESS_H_
#define AMPARO_TESTS_SUPPORT_CHILD_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace amparo {

// Asks `condition` again and again until it holds (true) or `within` is over
// (false). It is asked at least once. For what other processes come to and
// nobody tells of; the end of a process is told (ChildProcess::WaitFor).
bool Eventually(absl::Duration within, const std::function<bool()>& condition);

// How a process ended.
struct Ending {
  // Exit code, or 128 and the signal's number as a shell says it.
  int code = 0;
  // What it wrote to standard output and standard error.
  std::string output;
};

// Not thread-safe. Start and end it on the thread that runs the test: the
// process is killed when the thread that started it ends, so that nothing
// outlives a test that was stopped.
class ChildProcess {
 public:
  // Runs `arguments[0]`, found by path, with standard output and error
  // appended to `log` and `input` on its standard input.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(
      const std::vector<std::string>& arguments, const std::string& log,
      absl::string_view input = {});
  // Kills it.
  ~ChildProcess();

  bool Running();
  // Sends a signal; nothing when it has ended.
  void Signal(int signal);
  // The code as in Ending, or nullopt when it still runs after `within`.
  std::optional<int> WaitFor(absl::Duration within);
  // kill -9, and until it is gone.
  void Kill();

  pid_t pid() const { return pid_; }

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_;
  std::optional<int> code_;
};

// Runs a program to its end. DEADLINE_EXCEEDED when it has to be killed.
absl::StatusOr<Ending> RunToEnd(const std::vector<std::string>& arguments,
                                absl::Duration within,
                                absl::string_view input = {});

// A folder that is deleted with everything in it, of mode 0700 and with a path
// short enough for sockets.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Everything in a file; empty when there is none.
std::string FileText(const std::string& path);
// Replaces a file; its mode is 0600.
void WriteFile(const std::string& path, absl::string_view text);

// A port of loopback that nobody listens on, below those the system hands out
// to connections.
int FreePort();

}  // namespace amparo

#endif  // AMPARO_TESTS_SUPPORT_CHILD_PROCESS_H_
