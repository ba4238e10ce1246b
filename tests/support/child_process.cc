// SPDX-License-Identifier: Apache-2.0
#include "tests/support/child_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "node/base/clock.h"

namespace amparo {
namespace {

constexpr int kBetweenLooksMillis = 10;
constexpr int kFirstPort = 20000;
constexpr int kPorts = 12000;

// The read end of a pipe that holds all of `input`.
int InputPipe(absl::string_view input) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return -1;
  const absl::Cleanup close = [&ends] { ::close(ends[1]); };
  while (!input.empty()) {
    const ssize_t n = ::write(ends[1], input.data(), input.size());
    if (n <= 0) break;
    input.remove_prefix(static_cast<size_t>(n));
  }
  return ends[0];
}

int CodeOf(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

bool Eventually(absl::Duration within, const std::function<bool()>& condition) {
  const absl::Time until = SystemClock().Now() + within;
  while (!condition()) {
    if (SystemClock().Now() >= until) return false;
    ::poll(nullptr, 0, kBetweenLooksMillis);
  }
  return true;
}

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(
    const std::vector<std::string>& arguments, const std::string& log,
    absl::string_view input) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  const int out =
      ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int in = InputPipe(input);
  const absl::Cleanup close = [out, in] {
    if (out >= 0) ::close(out);
    if (in >= 0) ::close(in);
  };
  if (out < 0 || in < 0) return absl::InternalError("no file for its output");
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return absl::InternalError("no process");
  if (pid == 0) {
    // Only what is safe between fork and exec. Signals that a test blocked
    // must not stay blocked.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::getppid() == parent && ::dup2(in, 0) == 0 && ::dup2(out, 1) == 1 &&
        ::dup2(out, 2) == 2) {
      ::execvp(argv[0], argv.data());
    }
    ::_exit(127);
  }
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid));
}

ChildProcess::~ChildProcess() { Kill(); }

bool ChildProcess::Running() {
  if (code_.has_value()) return false;
  int status = 0;
  pid_t ended = 0;
  do {
    ended = ::waitpid(pid_, &status, WNOHANG);
  } while (ended < 0 && errno == EINTR);
  if (ended == 0) return true;
  code_ = ended == pid_ ? CodeOf(status) : -1;
  return false;
}

void ChildProcess::Signal(int signal) {
  if (Running()) ::kill(pid_, signal);
}

std::optional<int> ChildProcess::WaitFor(absl::Duration within) {
  if (!Running()) return code_;
  // The system says when it ends. Debian's header of the call cannot be used
  // from C++ (glibc 2.36).
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (process < 0) std::abort();
  const absl::Cleanup close = [process] { ::close(process); };
  const absl::Time until = SystemClock().Now() + within;
  pollfd end{process, POLLIN, 0};
  int ended = 0;
  do {
    const absl::Duration left =
        std::max(until - SystemClock().Now(), absl::ZeroDuration());
    ended = ::poll(&end, 1, static_cast<int>(absl::ToInt64Milliseconds(left)));
  } while (ended < 0 && errno == EINTR);
  Running();
  return code_;
}

void ChildProcess::Kill() {
  Signal(SIGKILL);
  if (code_.has_value()) return;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  code_ = CodeOf(status);
}

absl::StatusOr<Ending> RunToEnd(const std::vector<std::string>& arguments,
                                absl::Duration within,
                                absl::string_view input) {
  const ScratchFolder folder;
  const std::string log = folder.path() + "/output";
  auto child = ChildProcess::Start(arguments, log, input);
  if (!child.ok()) return child.status();
  const std::optional<int> code = (*child)->WaitFor(within);
  if (!code.has_value()) {
    return absl::DeadlineExceededError("it did not end: " + FileText(log));
  }
  return Ending{*code, FileText(log)};
}

ScratchFolder::ScratchFolder() {
  std::string name =
      (std::filesystem::temp_directory_path() / "amparo-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string FileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void WriteFile(const std::string& path, absl::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(text.data(), static_cast<std::streamsize>(text.size()));
  ::chmod(path.c_str(), 0600);
}

int FreePort() {
  // Tests run side by side: each process begins somewhere else.
  static int next = (::getpid() * 37) % kPorts;
  for (int tried = 0; tried < kPorts; ++tried) {
    const int port = kFirstPort + next;
    next = (next + 1) % kPorts;
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const absl::Cleanup close = [probe] { ::close(probe); };
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(probe, reinterpret_cast<const sockaddr*>(&address),
               sizeof(address)) == 0) {
      return port;
    }
  }
  std::abort();
}

}  // namespace amparo
