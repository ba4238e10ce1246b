// SPDX-License-Identifier: Apache-2.0
#include "node/storage/whole_file.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "node/storage/rocksdb_status.h"

namespace amparo::storage {
namespace {

rocksdb::IOStatus Replace(rocksdb::FileSystem& files,
                          const std::string& directory, const std::string& path,
                          absl::string_view bytes) {
  const std::string made = path + ".new";
  const rocksdb::IOOptions options;
  rocksdb::IOStatus done = rocksdb::WriteStringToFile(
      &files, rocksdb::Slice(bytes.data(), bytes.size()), made,
      /*should_sync=*/true);
  if (!done.ok()) return done;
  done = files.RenameFile(made, path, options, nullptr);
  if (!done.ok()) return done;
  std::unique_ptr<rocksdb::FSDirectory> folder;
  done = files.NewDirectory(directory, options, &folder, nullptr);
  if (!done.ok()) return done;
  return folder->Fsync(options, nullptr);
}

}  // namespace

absl::StatusOr<std::optional<std::string>> ReadWholeFile(
    rocksdb::FileSystem& files, const std::string& path) {
  const rocksdb::IOStatus exists =
      files.FileExists(path, rocksdb::IOOptions(), nullptr);
  if (exists.IsNotFound() || exists.IsPathNotFound()) {
    return std::optional<std::string>();
  }
  std::string bytes;
  const rocksdb::IOStatus read =
      exists.ok() ? rocksdb::ReadFileToString(&files, path, &bytes) : exists;
  if (!read.ok()) return FromRocksDb(read, absl::StrCat("reading ", path));
  return std::optional<std::string>(std::move(bytes));
}

absl::Status ReplaceWholeFile(rocksdb::FileSystem& files,
                              const std::string& directory,
                              const std::string& name,
                              absl::string_view bytes) {
  const std::string path = absl::StrCat(directory, "/", name);
  const rocksdb::IOStatus done = Replace(files, directory, path, bytes);
  if (done.ok()) return absl::OkStatus();
  return FromRocksDb(done, absl::StrCat("writing ", path));
}

}  // namespace amparo::storage
