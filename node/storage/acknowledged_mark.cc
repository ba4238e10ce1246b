// SPDX-License-Identifier: Apache-2.0
#include "node/storage/acknowledged_mark.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/rocksdb_status.h"
#include "node/storage/whole_file.h"

namespace amparo::storage {
namespace {

std::string PathOf(const std::string& directory) {
  return absl::StrCat(directory, "/", kMarkFile);
}

std::string MarkBytes(uint64_t acknowledged) {
  std::string bytes;
  crypto::AppendU64(&bytes, acknowledged);
  crypto::AppendU64(&bytes, ~acknowledged);
  return bytes;
}

}  // namespace

absl::StatusOr<uint64_t> AcknowledgedMark::Read(rocksdb::FileSystem& files,
                                                const std::string& directory) {
  const std::string path = PathOf(directory);
  ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                   ReadWholeFile(files, path));
  if (!bytes.has_value()) return 0;
  crypto::ByteReader reader(*bytes);
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
  const std::string path = PathOf(directory);
  const std::string bytes = MarkBytes(recovered);
  ASSIGN_OR_RETURN(const std::optional<std::string> present,
                   ReadWholeFile(*files, path));
  // Most starts find it right, and syncing takes time.
  if (present != bytes) {
    RETURN_IF_ERROR(ReplaceWholeFile(*files, directory, kMarkFile, bytes));
  }
  std::unique_ptr<rocksdb::FSRandomRWFile> file;
  const rocksdb::IOStatus opened =
      files->NewRandomRWFile(path, rocksdb::FileOptions(), &file, nullptr);
  if (!opened.ok()) return FromRocksDb(opened, absl::StrCat("opening ", path));
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
