// SPDX-License-Identifier: Apache-2.0
#include "node/storage/acknowledged_mark.h"

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/rocksdb_status.h"

namespace amparo::storage {
namespace {

constexpr char kMarkFile[] = "/acknowledged";

std::string MarkBytes(uint64_t acknowledged) {
  std::string bytes;
  crypto::AppendU64(&bytes, acknowledged);
  crypto::AppendU64(&bytes, ~acknowledged);
  return bytes;
}

// Whole or not at all, also after a power cut.
rocksdb::IOStatus MakeFile(rocksdb::FileSystem& files,
                           const std::string& directory,
                           const std::string& bytes) {
  const std::string path = directory + kMarkFile;
  const std::string made = path + ".new";
  const rocksdb::IOOptions options;
  rocksdb::IOStatus done =
      rocksdb::WriteStringToFile(&files, bytes, made, /*should_sync=*/true);
  if (!done.ok()) return done;
  done = files.RenameFile(made, path, options, nullptr);
  if (!done.ok()) return done;
  std::unique_ptr<rocksdb::FSDirectory> folder;
  done = files.NewDirectory(directory, options, &folder, nullptr);
  if (!done.ok()) return done;
  return folder->Fsync(options, nullptr);
}

}  // namespace

absl::StatusOr<uint64_t> AcknowledgedMark::Read(rocksdb::FileSystem& files,
                                                const std::string& directory) {
  const std::string path = directory + kMarkFile;
  const rocksdb::IOStatus exists =
      files.FileExists(path, rocksdb::IOOptions(), nullptr);
  if (exists.IsNotFound()) return 0;
  std::string bytes;
  const rocksdb::IOStatus read =
      exists.ok() ? rocksdb::ReadFileToString(&files, path, &bytes) : exists;
  if (!read.ok()) return FromRocksDb(read, absl::StrCat("reading ", path));
  crypto::ByteReader reader(bytes);
  const absl::StatusOr<uint64_t> number = reader.ReadU64();
  if (!number.ok() || bytes != MarkBytes(*number)) {
    return Error(Reason::kRecordDamaged,
                 absl::StrCat("the file ", path,
                              " is damaged: restore the storage from a "
                              "backup"));
  }
  return *number;
}

absl::Status AcknowledgedMark::Check(rocksdb::FileSystem& files,
                                     const std::string& directory,
                                     uint64_t recovered) {
  ASSIGN_OR_RETURN(const uint64_t acknowledged, Read(files, directory));
  if (acknowledged <= recovered) return absl::OkStatus();
  return Error(
      Reason::kRecordDamaged,
      absl::StrCat("the storage in ", directory, " has lost ",
                   acknowledged - recovered,
                   " rows that were acknowledged: its log of writes is "
                   "shorter than it was; restore it from a backup"));
}

absl::StatusOr<std::unique_ptr<AcknowledgedMark>> AcknowledgedMark::Open(
    std::shared_ptr<rocksdb::FileSystem> files, const std::string& directory,
    uint64_t recovered) {
  const std::string path = directory + kMarkFile;
  rocksdb::IOStatus done = MakeFile(*files, directory, MarkBytes(recovered));
  std::unique_ptr<rocksdb::FSRandomRWFile> file;
  if (done.ok()) {
    done = files->NewRandomRWFile(path, rocksdb::FileOptions(), &file, nullptr);
  }
  if (!done.ok()) return FromRocksDb(done, absl::StrCat("making ", path));
  return std::unique_ptr<AcknowledgedMark>(
      new AcknowledgedMark(std::move(files), std::move(file)));
}

AcknowledgedMark::~AcknowledgedMark() {
  // What is lost here is exactness after a power cut, nothing more.
  file_->Sync(rocksdb::IOOptions(), nullptr).PermitUncheckedError();
  file_->Close(rocksdb::IOOptions(), nullptr).PermitUncheckedError();
}

absl::Status AcknowledgedMark::Set(uint64_t acknowledged) {
  const rocksdb::IOStatus written =
      file_->Write(0, MarkBytes(acknowledged), rocksdb::IOOptions(), nullptr);
  if (written.ok()) return absl::OkStatus();
  return FromRocksDb(written, "marking what was acknowledged");
}

}  // namespace amparo::storage
