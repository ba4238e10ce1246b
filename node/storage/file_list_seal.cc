// SPDX-License-Identifier: Apache-2.0
#include "node/storage/file_list_seal.h"

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/acknowledged_mark.h"
#include "node/storage/rocksdb_status.h"
#include "node/storage/whole_file.h"

namespace amparo::storage {
namespace {

constexpr char kSealFile[] = "file_list";
constexpr char kListPrefix[] = "MANIFEST-";

absl::Status DamagedList(const std::string& directory, absl::string_view what) {
  return Error(Reason::kRecordDamaged,
               absl::StrCat("in the storage ", directory, " ", what,
                            ": restore it from a backup"));
}

// Of MANIFEST-000123.
std::optional<uint64_t> NumberOf(absl::string_view list) {
  uint64_t number = 0;
  if (!absl::ConsumePrefix(&list, kListPrefix) ||
      !absl::SimpleAtoi(list, &number)) {
    return std::nullopt;
  }
  return number;
}

std::string SealOf(uint64_t number, absl::string_view list) {
  std::string seal;
  crypto::AppendU64(&seal, number);
  crypto::AppendU64(&seal, list.size());
  seal += crypto::Sha256(list);
  return seal;
}

// A store without CURRENT is a new one to RocksDB, which then removes what it
// finds of an old one.
absl::Status CheckUnused(rocksdb::FileSystem& files,
                         const std::string& directory) {
  std::vector<std::string> names;
  const rocksdb::IOStatus listed =
      files.GetChildren(directory, rocksdb::IOOptions(), &names, nullptr);
  if (listed.IsNotFound() || listed.IsPathNotFound()) return absl::OkStatus();
  if (!listed.ok()) return FromRocksDb(listed, "looking into the directory");
  for (const std::string& name : names) {
    if (name == kMarkFile || name == kSealFile ||
        absl::EndsWith(name, ".sst") || absl::EndsWith(name, ".log")) {
      return DamagedList(directory, "the file CURRENT is missing");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status FileListSeal::Check(rocksdb::FileSystem& files,
                                 const std::string& directory) {
  ASSIGN_OR_RETURN(const std::optional<std::string> current,
                   ReadWholeFile(files, absl::StrCat(directory, "/CURRENT")));
  if (!current.has_value()) return CheckUnused(files, directory);
  const absl::string_view list = absl::StripSuffix(*current, "\n");
  const std::optional<uint64_t> number = NumberOf(list);
  if (!number.has_value()) {
    return DamagedList(directory, "the file CURRENT is damaged");
  }
  ASSIGN_OR_RETURN(
      const std::optional<std::string> seal,
      ReadWholeFile(files, absl::StrCat(directory, "/", kSealFile)));
  if (!seal.has_value()) return absl::OkStatus();
  crypto::ByteReader reader(*seal);
  const absl::StatusOr<uint64_t> sealed = reader.ReadU64();
  const absl::StatusOr<uint64_t> size = reader.ReadU64();
  if (!sealed.ok() || !size.ok() || reader.remaining() != crypto::kSha256Size) {
    return DamagedList(directory, "the file file_list is damaged");
  }
  // A list that was begun after the last seal.
  if (*number > *sealed) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                   ReadWholeFile(files, absl::StrCat(directory, "/", list)));
  if (!bytes.has_value() || bytes->size() < *size ||
      SealOf(*number, absl::string_view(*bytes).substr(0, *size)) != *seal) {
    return DamagedList(directory,
                       absl::StrCat("the file ", list, " is damaged"));
  }
  return absl::OkStatus();
}

absl::Status FileListSeal::Renew(rocksdb::DB& db) {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> live;
  uint64_t size = 0;
  const rocksdb::Status listed =
      db.GetLiveFiles(live, &size, /*flush_memtable=*/false);
  if (!listed.ok()) return FromRocksDb(listed, "listing its files");
  for (const std::string& path : live) {
    const absl::string_view name = absl::StripPrefix(path, "/");
    const std::optional<uint64_t> number = NumberOf(name);
    if (!number.has_value()) continue;
    ASSIGN_OR_RETURN(
        const std::optional<std::string> bytes,
        ReadWholeFile(*files_, absl::StrCat(directory_, "/", name)));
    if (!bytes.has_value() || bytes->size() < size) break;
    return ReplaceWholeFile(
        *files_, directory_, kSealFile,
        SealOf(*number, absl::string_view(*bytes).substr(0, size)));
  }
  return Error(Reason::kStorageFailed, "the storage has no list of its files");
}

}  // namespace amparo::storage
