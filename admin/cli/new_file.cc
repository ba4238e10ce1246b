// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "admin/cli/failure.h"

namespace amparo::cli {

absl::StatusOr<std::unique_ptr<NewFile>> NewFile::Make(
    const std::string& path, absl::string_view field) {
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return UsageError(field, errno == EEXIST
                                 ? "names a file that is there already"
                                 : "names a file that cannot be made");
  }
  return std::unique_ptr<NewFile>(
      new NewFile(descriptor, path, std::string(field)));
}

NewFile::~NewFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
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

absl::Status NewFile::Close() {
  const bool synced = ::fsync(descriptor_) == 0;
  const bool closed = ::close(std::exchange(descriptor_, -1)) == 0;
  if (!synced || !closed) return UsageError(field_, "cannot be written");
  return absl::OkStatus();
}

void NewFile::Remove() { ::unlink(path_.c_str()); }

}  // namespace amparo::cli
