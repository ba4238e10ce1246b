// SPDX-License-Identifier: Apache-2.0
#include "node/storage/read_only_store.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/acknowledged_mark.h"
#include "node/storage/file_list_seal.h"
#include "node/storage/rocksdb_rows.h"
#include "node/storage/rocksdb_status.h"

namespace amparo::storage {
namespace {

// Random look-ups go through it; scans pass it by.
constexpr size_t kReadCacheBytes = 64 * 1024 * 1024;
constexpr size_t kReadAheadBytes = 256 * 1024;

// The lock file of RocksDB, held as RocksDB holds it. A directory without one
// was never opened by a node, or lost it on the way here: none is made.
class DirectoryLock {
 public:
  static absl::StatusOr<std::unique_ptr<DirectoryLock>> Take(
      rocksdb::Env& env, const std::string& directory) {
    const std::string path = directory + "/LOCK";
    std::unique_ptr<DirectoryLock> lock(new DirectoryLock(env));
    if (!env.FileExists(path).ok()) return lock;
    const rocksdb::Status taken = env.LockFile(path, &lock->file_);
    if (taken.ok()) return lock;
    return Error(Reason::kDirectoryInUse,
                 absl::StrCat("the storage directory ", directory,
                              " is open in another process: stop that amparod "
                              "first"));
  }
  ~DirectoryLock() {
    if (file_ != nullptr) env_.UnlockFile(file_).PermitUncheckedError();
  }
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  explicit DirectoryLock(rocksdb::Env& env) : env_(env) {}

  rocksdb::Env& env_;
  rocksdb::FileLock* file_ = nullptr;
};

rocksdb::ReadOptions Scanning() {
  rocksdb::ReadOptions options;
  options.readahead_size = kReadAheadBytes;
  return options;
}

class ReadOnlyStore final : public ReadsRows<Reader> {
 public:
  ReadOnlyStore(std::unique_ptr<DirectoryLock> lock,
                std::unique_ptr<rocksdb::DB> db)
      : ReadsRows(*db, rocksdb::ReadOptions(), Scanning()),
        lock_(std::move(lock)),
        db_(std::move(db)) {}

 private:
  const std::unique_ptr<DirectoryLock> lock_;  // Given back last.
  const std::unique_ptr<rocksdb::DB> db_;
};

absl::Status CheckFormat(const Reader& reader) {
  ASSIGN_OR_RETURN(const std::optional<std::string> stored,
                   reader.Get(TableId::kFormat, kFormatRow));
  if (stored == CurrentFormat()) return absl::OkStatus();
  if (!stored.has_value()) {
    return Error(Reason::kRecordDamaged, "the storage has no format version");
  }
  return WithState(
      Error(Reason::kWrongState,
            "the storage has a format that this version does not know: run "
            "the amparod version that wrote it, or a newer one"),
      "OTHER_FORMAT");
}

rocksdb::Options MakeReadingOptions(Disk* disk) {
  rocksdb::Options options;
  if (disk != nullptr) {
    options.env = static_cast<rocksdb::Env*>(disk->rocksdb_environment());
  }
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(kReadCacheBytes);
  table.cache_index_and_filter_blocks = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.paranoid_checks = true;
  // As OpenStore has it: without, RocksDB would have to write that it forgets
  // the files of the log that the list of files names, and stops.
  options.track_and_verify_wals_in_manifest = true;
  options.info_log_level = rocksdb::InfoLogLevel::FATAL_LEVEL;
  options.info_log = MakeEngineLog(options.info_log_level);
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

using Database = std::unique_ptr<rocksdb::DB>;

absl::StatusOr<Database> OpenIn(rocksdb::WALRecoveryMode mode,
                                rocksdb::Options options,
                                const std::string& directory) {
  options.wal_recovery_mode = mode;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(options, directory, &opened);
  if (status.ok()) return Database(opened);
  // A file that is named and not there is damage, not a failing disk.
  if (status.IsPathNotFound() || status.IsNotFound()) {
    return Error(Reason::kRecordDamaged, "a file of the storage is missing");
  }
  return FromRocksDb(status, absl::StrCat("opening ", directory));
}

// As OpenStore judges the log of writes: what a power cut tore at its very end
// was answered to nobody and is no damage; a hole before the end is.
absl::StatusOr<Database> OpenDatabase(const rocksdb::Options& options,
                                      const std::string& directory) {
  using Mode = rocksdb::WALRecoveryMode;
  absl::StatusOr<Database> whole =
      OpenIn(Mode::kAbsoluteConsistency, options, directory);
  if (ReasonOf(whole.status()) != Reason::kRecordDamaged) return whole;
  ASSIGN_OR_RETURN(
      const Database lenient,
      OpenIn(Mode::kTolerateCorruptedTailRecords, options, directory));
  ASSIGN_OR_RETURN(Database sound,
                   OpenIn(Mode::kPointInTimeRecovery, options, directory));
  if (sound->GetLatestSequenceNumber() < lenient->GetLatestSequenceNumber()) {
    return Error(Reason::kRecordDamaged, "the log of writes has a hole");
  }
  return sound;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Reader>> OpenReadOnly(
    const std::string& directory, Disk* disk) {
  const rocksdb::Options options = MakeReadingOptions(disk);
  ASSIGN_OR_RETURN(auto lock, DirectoryLock::Take(*options.env, directory));
  RETURN_IF_ERROR(
      FileListSeal::Check(*options.env->GetFileSystem(), directory));
  ASSIGN_OR_RETURN(Database db, OpenDatabase(options, directory));
  RETURN_IF_ERROR(AcknowledgedMark::Check(
      *options.env->GetFileSystem(), directory, db->GetLatestSequenceNumber()));
  auto store = std::make_unique<ReadOnlyStore>(std::move(lock), std::move(db));
  RETURN_IF_ERROR(CheckFormat(*store));
  return std::unique_ptr<Reader>(std::move(store));
}

}  // namespace amparo::storage
