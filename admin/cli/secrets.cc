// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/secrets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "admin/cli/failure.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

constexpr size_t kPrivateBytesMax = 1024 * 1024;
constexpr size_t kLineBytesMax = 4096;
constexpr char kInterrupt = 3;  // Ctrl-C.

// Everything, up to kPrivateBytesMax. A pipe gives its bytes in pieces.
absl::StatusOr<crypto::Secret> ReadAll(int descriptor,
                                       absl::string_view field) {
  crypto::Secret buffer = crypto::Secret::Zeroed(kPrivateBytesMax + 1);
  size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t got =
        ::read(descriptor, buffer.mutable_bytes() + size, buffer.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return UsageError(field, "cannot be read");
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > kPrivateBytesMax) return UsageError(field, "has over 1 MiB");
  return crypto::Secret::Copy(buffer.Reveal().substr(0, size));
}

absl::StatusOr<crypto::Secret> FirstLine(crypto::Secret whole,
                                         absl::string_view field) {
  const absl::string_view bytes = whole.Reveal();
  absl::string_view line = bytes.substr(0, bytes.find('\n'));
  if (absl::EndsWith(line, "\r")) line.remove_suffix(1);
  if (line.empty()) return UsageError(field, "is empty");
  return crypto::Secret::Copy(line);
}

// Reads a line from the terminal into *line; false without a terminal.
absl::Status ReadLine(absl::string_view question, bool shown,
                      crypto::Secret* line) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) {
    return Refusal(kReasonUsage,
                   "there is no terminal to ask on: this verb has an option "
                   "that gives the answer without asking");
  }
  const absl::Cleanup close = [terminal] { ::close(terminal); };
  termios before;
  if (::tcgetattr(terminal, &before) != 0) {
    return Refusal(kReasonUsage, "the terminal cannot hide what is typed");
  }
  termios asked = before;
  if (!shown) asked.c_lflag &= static_cast<tcflag_t>(~ECHO);
  // Ctrl-C ends the line instead of the process, which would leave a terminal
  // that shows nothing.
  asked.c_lflag &= static_cast<tcflag_t>(~ISIG);
  asked.c_cc[VEOL] = kInterrupt;
  ::tcsetattr(terminal, TCSAFLUSH, &asked);
  const absl::Cleanup restore = [terminal, &before] {
    ::tcsetattr(terminal, TCSAFLUSH, &before);
  };
  ::dprintf(terminal, "%.*s: ", static_cast<int>(question.size()),
            question.data());
  crypto::Secret typed = crypto::Secret::Zeroed(kLineBytesMax);
  size_t size = 0;
  char c = 0;
  while (size < kLineBytesMax && ::read(terminal, &c, 1) == 1 && c != '\n' &&
         c != kInterrupt) {
    typed.mutable_bytes()[size++] = c;
  }
  if (!shown) ::dprintf(terminal, "\n");
  if (c == kInterrupt) return Refusal(kReasonUsage, "stopped");
  *line = crypto::Secret::Copy(typed.Reveal().substr(0, size));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> TerminalPrompter::Ask(absl::string_view question) {
  crypto::Secret line;
  RETURN_IF_ERROR(ReadLine(question, true, &line));
  return std::string(line.Reveal());
}

absl::StatusOr<crypto::Secret> TerminalPrompter::AskSecret(
    absl::string_view question) {
  crypto::Secret line;
  RETURN_IF_ERROR(ReadLine(question, false, &line));
  if (line.empty()) return Refusal(kReasonUsage, "nothing was typed");
  return line;
}

absl::StatusOr<crypto::Secret> ReadPrivateFile(const std::string& path,
                                               absl::string_view field) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return UsageError(field, "names a file that is not there or not readable");
  }
  const absl::Cleanup close = [descriptor] { ::close(descriptor); };
  // Of the open file, so that it cannot be exchanged between the two looks.
  struct stat found;
  if (::fstat(descriptor, &found) != 0 || !S_ISREG(found.st_mode)) {
    return UsageError(field, "must name a file");
  }
  if (found.st_uid != ::geteuid() || (found.st_mode & 0077) != 0) {
    return Refusal(kReasonFileModeTooOpen,
                   absl::StrCat("the file of ", field,
                                " must belong to you and have mode 0600"),
                   field);
  }
  return ReadAll(descriptor, field);
}

absl::StatusOr<crypto::Secret> ReadSecretFile(const std::string& path,
                                              absl::string_view field) {
  ASSIGN_OR_RETURN(crypto::Secret whole, ReadPrivateFile(path, field));
  return FirstLine(std::move(whole), field);
}

absl::StatusOr<crypto::Secret> ReadSecretDescriptor(int descriptor,
                                                    absl::string_view field) {
  ASSIGN_OR_RETURN(crypto::Secret whole, ReadAll(descriptor, field));
  return FirstLine(std::move(whole), field);
}

absl::Status CheckNewFile(const std::string& path, absl::string_view field) {
  struct stat found;
  if (::lstat(path.c_str(), &found) == 0) {
    return UsageError(field, "names a file that is there already");
  }
  return absl::OkStatus();
}

absl::Status WriteSecretFile(const std::string& path, absl::string_view secret,
                             absl::string_view field) {
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return UsageError(field, "names a file that cannot be made");
  }
  const absl::Cleanup close = [descriptor] { ::close(descriptor); };
  std::string content = absl::StrCat(secret, "\n");
  const absl::Cleanup wipe = [&content] {
    crypto::Cleanse(content.data(), content.size());
  };
  absl::string_view rest = content;
  while (!rest.empty()) {
    const ssize_t wrote = ::write(descriptor, rest.data(), rest.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return UsageError(field, "cannot be written");
    rest.remove_prefix(static_cast<size_t>(wrote));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadPlainFile(const std::string& path, size_t limit,
                                          absl::string_view field) {
  std::FILE* const file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) {
    return UsageError(field, "names a file that is not there or not readable");
  }
  const absl::Cleanup close = [file] { std::fclose(file); };
  std::string content(limit + 1, '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file));
  if (std::ferror(file) != 0) return UsageError(field, "cannot be read");
  if (content.size() > limit) {
    return UsageError(field, absl::StrCat("has over ", limit, " bytes"));
  }
  return content;
}

}  // namespace amparo::cli
