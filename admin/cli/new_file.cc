// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "admin/cli/connection.h"
#include "admin/cli/failure.h"
#include "admin/cli/secrets.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

// Whether the file has its name; never that of one that is there. Some file
// systems know this rename, some a second name: NFS and FAT have one each.
bool Name(const std::string& beside, const std::string& path) {
  if (::renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, path.c_str(),
                  RENAME_NOREPLACE) == 0) {
    return true;
  }
  if (errno != EINVAL || ::link(beside.c_str(), path.c_str()) != 0) {
    return false;
  }
  ::unlink(beside.c_str());
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<NewFile>> NewFile::Make(
    const std::string& path, absl::string_view field) {
  RETURN_IF_ERROR(CheckNewFile(path, field));
  std::string beside = absl::StrCat(path, ".", NewRequestId().substr(0, 8));
  const int descriptor =
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return UsageError(field, "names a file that cannot be made");
  }
  return std::unique_ptr<NewFile>(
      new NewFile(descriptor, path, std::move(beside), std::string(field)));
}

NewFile::~NewFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(beside_.c_str());
}

absl::Status NewFile::Append(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor_, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return UsageError(field_, "cannot be written");
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return absl::OkStatus();
}

absl::Status NewFile::Keep() {
  if (::fsync(descriptor_) != 0 || !Name(beside_, path_)) {
    return UsageError(field_, "cannot be written, or is there already");
  }
  ::close(std::exchange(descriptor_, -1));
  return absl::OkStatus();
}

}  // namespace amparo::cli
