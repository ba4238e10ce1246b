// SPDX-License-Identifier: Apache-2.0
#include "node/app/data_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "crypto/keyring/keyring.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::app {
namespace {

constexpr size_t kSecretBytesMax = 4096;
constexpr size_t kNodeKeySize = 32;

absl::Status TooOpen(absl::string_view what, absl::string_view mode) {
  return Error(Reason::kFileModeTooOpen,
               absl::StrCat(what,
                            " must belong to the user who runs the node "
                            "and have mode ",
                            mode, ": chmod ", mode));
}

absl::Status CheckMode(const std::string& path, mode_t allowed,
                       absl::string_view what, absl::string_view mode) {
  struct stat found;
  if (::stat(path.c_str(), &found) != 0) {
    return Error(Reason::kNotInitialised);
  }
  if (found.st_uid != ::geteuid() || (found.st_mode & 07777 & ~allowed) != 0) {
    return TooOpen(what, mode);
  }
  return absl::OkStatus();
}

absl::Status DiskRefused(absl::string_view what) {
  return Error(Reason::kStorageFailed,
               absl::StrCat(what,
                            " cannot be written: check space, mode and "
                            "owner of its folder"));
}

// Reads to the end; the buffer is cleansed with the Secret.
absl::StatusOr<crypto::Secret> ReadAll(int descriptor) {
  crypto::Secret buffer = crypto::Secret::Zeroed(kSecretBytesMax);
  size_t size = 0;
  while (size < kSecretBytesMax) {
    const ssize_t n = ::read(descriptor, buffer.mutable_bytes() + size,
                             kSecretBytesMax - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error(Reason::kConfigInvalid, "a secret is unreadable");
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  absl::string_view secret = buffer.Reveal().substr(0, size);
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) {
    secret.remove_suffix(1);
  }
  if (secret.empty() || size == kSecretBytesMax) {
    return Error(Reason::kConfigInvalid,
                 "a secret must have 1 to 4095 characters");
  }
  return crypto::Secret::Copy(secret);
}

absl::Status SyncDirectory(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY);
  if (descriptor < 0) return DiskRefused("the data directory");
  const int synced = ::fsync(descriptor);
  ::close(descriptor);
  return synced == 0 ? absl::OkStatus() : DiskRefused("the data directory");
}

}  // namespace

std::string StorePath(const std::string& directory) {
  return directory + "/store";
}
std::string NodeKeyPath(const std::string& directory) {
  return directory + "/node.key";
}

absl::StatusOr<crypto::Secret> CreateDataDirectory(
    const std::string& directory, const crypto::Secret& passphrase,
    crypto::RandomSource& random) {
  std::error_code failed;
  if (std::filesystem::exists(directory, failed)) {
    if (!std::filesystem::is_directory(directory, failed) ||
        !std::filesystem::is_empty(directory, failed) || failed) {
      return Error(Reason::kDirectoryNotEmpty,
                   "the data directory is there and not empty: a node is "
                   "initialised once, into an empty directory");
    }
  } else if (!std::filesystem::create_directories(directory, failed)) {
    return DiskRefused("the data directory");
  }
  if (::chmod(directory.c_str(), 0700) != 0) {
    return DiskRefused("the data directory");
  }
  crypto::Secret key = crypto::Secret::Zeroed(kNodeKeySize);
  random.Fill(key.mutable_bytes(), kNodeKeySize);
  ASSIGN_OR_RETURN(const std::string file,
                   crypto::SealKeyFile(passphrase, key, random));
  RETURN_IF_ERROR(WriteSecretFile(NodeKeyPath(directory), file));
  RETURN_IF_ERROR(SyncDirectory(directory));
  return key;
}

absl::Status EmptyDataDirectory(const std::string& directory) {
  std::error_code failed;
  std::filesystem::remove_all(StorePath(directory), failed);
  if (!failed) std::filesystem::remove(NodeKeyPath(directory), failed);
  return failed ? DiskRefused("the data directory") : absl::OkStatus();
}

absl::Status CheckModes(const std::string& directory) {
  RETURN_IF_ERROR(CheckMode(directory, 0700, "the data directory", "0700"));
  return CheckMode(NodeKeyPath(directory), 0600, "the key file node.key",
                   "0600");
}

absl::StatusOr<crypto::Secret> OpenDataDirectory(
    const std::string& directory, const crypto::Secret& passphrase) {
  RETURN_IF_ERROR(CheckModes(directory));
  const int descriptor =
      ::open(NodeKeyPath(directory).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Error(Reason::kNotInitialised);
  const absl::Cleanup close = [descriptor] { ::close(descriptor); };
  std::string file(crypto::kKeyFileMaxSize + 1, '\0');
  const ssize_t size = ::read(descriptor, file.data(), file.size());
  if (size < 0) return Error(Reason::kNotInitialised);
  file.resize(static_cast<size_t>(size));
  absl::StatusOr<crypto::Secret> key = crypto::OpenKeyFile(passphrase, file);
  if (!key.ok()) {
    return Error(absl::IsDataLoss(key.status()) ? Reason::kPassphraseWrong
                                                : Reason::kRecordDamaged);
  }
  return key;
}

absl::StatusOr<crypto::Secret> ReadSecretFile(const std::string& path) {
  struct stat found;
  if (::stat(path.c_str(), &found) != 0) {
    return Error(Reason::kConfigInvalid, "the secret file is not there");
  }
  if (found.st_uid != ::geteuid() || (found.st_mode & 0077) != 0) {
    return TooOpen("the secret file", "0600");
  }
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return Error(Reason::kConfigInvalid, "the secret file cannot be read");
  }
  const absl::Cleanup close = [descriptor] { ::close(descriptor); };
  return ReadAll(descriptor);
}

absl::StatusOr<crypto::Secret> ReadSecretDescriptor(int descriptor) {
  return ReadAll(descriptor);
}

absl::StatusOr<crypto::Secret> PromptSecret(absl::string_view question) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) {
    return Error(Reason::kConfigInvalid,
                 "there is no terminal to ask for the passphrase: name "
                 "passphrase_file in the configuration or use "
                 "--passphrase-fd");
  }
  const absl::Cleanup close = [terminal] { ::close(terminal); };
  termios shown;
  if (::tcgetattr(terminal, &shown) != 0) {
    return Error(Reason::kConfigInvalid, "the terminal cannot hide input");
  }
  termios hidden = shown;
  hidden.c_lflag &= static_cast<tcflag_t>(~ECHO);
  ::tcsetattr(terminal, TCSAFLUSH, &hidden);
  const absl::Cleanup restore = [terminal, &shown] {
    ::tcsetattr(terminal, TCSAFLUSH, &shown);
  };
  ::dprintf(terminal, "%.*s: ", static_cast<int>(question.size()),
            question.data());
  crypto::Secret line = crypto::Secret::Zeroed(kSecretBytesMax);
  size_t size = 0;
  char c = 0;
  while (size < kSecretBytesMax && ::read(terminal, &c, 1) == 1 && c != '\n') {
    line.mutable_bytes()[size++] = c;
  }
  ::dprintf(terminal, "\n");
  if (size == 0) return Error(Reason::kConfigInvalid, "nothing was typed");
  return crypto::Secret::Copy(line.Reveal().substr(0, size));
}

absl::Status WriteSecretFile(const std::string& path,
                             absl::string_view content) {
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return errno == EEXIST ? Error(Reason::kAlreadyExists,
                                   "the file to write is there already")
                           : DiskRefused("a key file");
  }
  const absl::Cleanup close = [descriptor] { ::close(descriptor); };
  while (!content.empty()) {
    const ssize_t n = ::write(descriptor, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return DiskRefused("a key file");
    content.remove_prefix(static_cast<size_t>(n));
  }
  return ::fsync(descriptor) == 0 ? absl::OkStatus()
                                  : DiskRefused("a key file");
}

}  // namespace amparo::app
