// SPDX-License-Identifier: Apache-2.0
//
// The Store on RocksDB: opening, reading and snapshots. Writing is in
// group_committer.cc.
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/acknowledged_mark.h"
#include "node/storage/file_list_seal.h"
#include "node/storage/group_committer.h"
#include "node/storage/rocksdb_rows.h"
#include "node/storage/rocksdb_status.h"
#include "node/storage/row_keys.h"
#include "node/storage/store.h"
#include "node/storage/sync_times.h"

namespace amparo::storage {
namespace {

// An office is small: what matters is little memory when nothing happens.
constexpr size_t kBlockCacheBytes = 32 * 1024 * 1024;
// A block larger than its shard of the cache is read anew each time it is
// asked; threads are few.
constexpr int kBlockCacheShardBits = 2;
constexpr size_t kWriteBufferBytes = 16 * 1024 * 1024;
// Of the write buffer, for a Bloom filter over its keys: most preconditions
// ask for a row that is not there. About 20 bits a row.
constexpr double kMemoryBloomShare = 0.02;
// Most rows are a key and a short value: larger blocks need fewer keys in the
// index, and fewer keys that are whole.
constexpr size_t kBlockBytes = 16 * 1024;
constexpr int kRowsPerWholeKey = 32;
constexpr size_t kIndexBlockBytes = 4 * 1024;
// One look-up in fifty of a row that is not there reads a block for nothing.
constexpr double kBloomBitsPerKey = 8;

rocksdb::Options MakeOptions(Disk* disk) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache =
      rocksdb::NewLRUCache(kBlockCacheBytes, kBlockCacheShardBits);
  table.block_size = kBlockBytes;
  table.block_restart_interval = kRowsPerWholeKey;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  // In pieces of a block: whole, the filter of one large file is half a
  // megabyte, and a cache that drops it pays for that with every look-up.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.metadata_block_size = kIndexBlockBytes;
  table.pin_top_level_index_and_filter = true;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;

  rocksdb::Options options;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  // Nothing may be dropped; a log torn at its end is OpenTorn's.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kAbsoluteConsistency;
  options.track_and_verify_wals_in_manifest = true;
  // Values are sealed and hardly get smaller; files that are soon written
  // again least of all.
  options.compression_per_level = {rocksdb::kNoCompression,
                                   rocksdb::kLZ4Compression};
  options.write_buffer_size = kWriteBufferBytes;
  options.max_write_buffer_number = 2;
  options.memtable_prefix_bloom_size_ratio = kMemoryBloomShare;
  options.memtable_whole_key_filtering = true;
  // A batch comes in key order: the next row of a table is looked for from
  // the row before it.
  options.memtable_insert_with_hint_prefix_extractor.reset(
      rocksdb::NewFixedPrefixTransform(kTablePrefixSize));
  options.max_background_jobs = 2;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  // Disks of tests report every file that they do not have yet.
  options.info_log =
      MakeEngineLog(disk == nullptr ? options.info_log_level
                                    : rocksdb::InfoLogLevel::HEADER_LEVEL);
  options.statistics = std::make_shared<SyncTimes>();
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  if (disk != nullptr) {
    options.env = static_cast<rocksdb::Env*>(disk->rocksdb_environment());
  }
  return options;
}

rocksdb::ReadOptions At(const rocksdb::Snapshot* snapshot) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  return options;
}

class RocksDbSnapshot final : public ReadsRows<Reader> {
 public:
  // Takes over `snapshot` of `db`.
  RocksDbSnapshot(rocksdb::DB& db, const rocksdb::Snapshot* snapshot)
      : ReadsRows(db, At(snapshot), At(snapshot)),
        db_(db),
        snapshot_(snapshot) {}
  ~RocksDbSnapshot() override { db_.ReleaseSnapshot(snapshot_); }

 private:
  rocksdb::DB& db_;
  const rocksdb::Snapshot* const snapshot_;
};

class RocksDbStore final : public ReadsRows<Store> {
 public:
  RocksDbStore(std::unique_ptr<rocksdb::DB> db,
               std::unique_ptr<AcknowledgedMark> mark)
      : ReadsRows(*db),
        db_(std::move(db)),
        mark_(std::move(mark)),
        committer_(*db_, *mark_) {}

  absl::StatusOr<CommitResult> Commit(const Batch& batch) override {
    absl::StatusOr<CommitResult> result = committer_.Commit(batch);
    if (result.ok()) batch.TellCommitted();
    return result;
  }
  std::vector<absl::StatusOr<CommitResult>> CommitAll(
      absl::Span<const Batch* const> batches) override {
    std::vector<absl::StatusOr<CommitResult>> results =
        committer_.CommitAll(batches);
    for (size_t i = 0; i < results.size(); ++i) {
      if (results[i].ok()) batches[i]->TellCommitted();
    }
    return results;
  }
  std::unique_ptr<Reader> NewSnapshot() const override {
    return std::make_unique<RocksDbSnapshot>(*db_, db_->GetSnapshot());
  }
  bool writable() const override { return committer_.writable(); }
  std::optional<uint64_t> FreeBytes() const override {
    uint64_t bytes = 0;
    const rocksdb::IOStatus asked = db_->GetFileSystem()->GetFreeSpace(
        db_->GetName(), rocksdb::IOOptions(), &bytes, nullptr);
    if (!asked.ok()) return std::nullopt;
    return bytes;
  }
  StoreFigures Figures() const override {
    StoreFigures figures;
    for (const std::string& part :
         {rocksdb::DB::Properties::kTotalSstFilesSize,
          rocksdb::DB::Properties::kSizeAllMemTables}) {
      uint64_t bytes = 0;
      if (db_->GetIntProperty(part, &bytes)) figures.bytes += bytes;
    }
    figures.syncs =
        static_cast<const SyncTimes&>(*db_->GetDBOptions().statistics).Read();
    return figures;
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::unique_ptr<AcknowledgedMark> mark_;
  GroupCommitter committer_;
};

absl::Status MakeDirectory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) {
    return absl::OkStatus();
  }
  return Error(
      Reason::kStorageFailed,
      absl::StrCat("the storage directory ", directory,
                   " cannot be created: check that the directory above it "
                   "exists and belongs to the user that runs the node"));
}

// RocksDB has no code of its own for a lock that somebody holds.
bool IsLockHeld(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  return status.IsIOError() &&
         (text.find("lock hold by current process") != std::string::npos ||
          text.find("While lock file") != std::string::npos ||
          text.find("lock is already held") != std::string::npos);
}

absl::Status OpenFailed(const rocksdb::Status& status,
                        const std::string& directory) {
  if (!IsLockHeld(status)) {
    return FromRocksDb(status, absl::StrCat("opening ", directory));
  }
  return Error(
      Reason::kDirectoryInUse,
      absl::StrCat("the storage directory ", directory,
                   " is open in another process: stop that amparod first, "
                   "or give this one a data directory of its own"));
}

// How far the log of writes brings the store when it is read in `mode`;
// changes nothing on the disk.
absl::StatusOr<uint64_t> RecoveredIn(rocksdb::WALRecoveryMode mode,
                                     rocksdb::Options options,
                                     const std::string& directory) {
  options.wal_recovery_mode = mode;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(options, directory, &opened);
  if (!status.ok()) return OpenFailed(status, directory);
  const std::unique_ptr<rocksdb::DB> db(opened);
  return db->GetLatestSequenceNumber();
}

// Whether the newest file of the log ends in a zero: some file systems keep
// the size of what was never written before the power went.
bool EndsInZeros(rocksdb::FileSystem& files, const std::string& directory) {
  const rocksdb::IOOptions options;
  std::vector<std::string> names;
  if (!files.GetChildren(directory, options, &names, nullptr).ok()) {
    return false;
  }
  // Names are numbers of six digits or more.
  std::string newest;
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, ".log")) continue;
    if (std::pair(name.size(), name) > std::pair(newest.size(), newest)) {
      newest = name;
    }
  }
  std::string bytes;
  return !newest.empty() &&
         rocksdb::ReadFileToString(&files, absl::StrCat(directory, "/", newest),
                                   &bytes)
             .ok() &&
         absl::EndsWith(bytes, absl::string_view("\0", 1));
}

// A store whose log RocksDB found damaged. A write that was torn at the very
// end by a power cut is dropped, because nobody was answered for it. Damage
// before the end is refused: by a checksum, by two ways of reading that end in
// different places (a hole between two files of the log), or by the mark.
absl::StatusOr<std::unique_ptr<rocksdb::DB>> OpenTorn(
    rocksdb::Options options, const std::string& directory) {
  using Mode = rocksdb::WALRecoveryMode;
  rocksdb::FileSystem& files = *options.env->GetFileSystem();
  const absl::StatusOr<uint64_t> whole =
      RecoveredIn(Mode::kTolerateCorruptedTailRecords, options, directory);
  if (!whole.ok() && !EndsInZeros(files, directory)) return whole.status();
  ASSIGN_OR_RETURN(const uint64_t sound,
                   RecoveredIn(Mode::kPointInTimeRecovery, options, directory));
  if (whole.ok() && sound < *whole) {
    return Error(Reason::kRecordDamaged,
                 absl::StrCat("the log of writes in ", directory,
                              " has a hole: restore the storage from a "
                              "backup"));
  }
  RETURN_IF_ERROR(AcknowledgedMark::Check(files, directory, sound));
  options.wal_recovery_mode = Mode::kPointInTimeRecovery;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, directory, &db);
  if (!status.ok()) return OpenFailed(status, directory);
  return std::unique_ptr<rocksdb::DB>(db);
}

absl::StatusOr<std::unique_ptr<rocksdb::DB>> OpenDb(
    const rocksdb::Options& options, const std::string& directory) {
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, directory, &db);
  if (status.ok()) return std::unique_ptr<rocksdb::DB>(db);
  if (status.IsCorruption()) return OpenTorn(options, directory);
  return OpenFailed(status, directory);
}

// A new store gets the format row; a used one must have it, and in a version
// that this program knows.
absl::Status CheckFormat(Store& store) {
  ASSIGN_OR_RETURN(const std::optional<std::string> stored,
                   store.Get(TableId::kFormat, kFormatRow));
  const std::string current = CurrentFormat();
  if (stored.has_value()) {
    if (*stored == current) return absl::OkStatus();
    return Error(Reason::kRecordDamaged,
                 "the storage has a format that this version does not know: "
                 "run the amparod version that wrote it, or a newer one");
  }
  for (const TableId table : AllTables()) {
    bool used = false;
    RETURN_IF_ERROR(store.Scan(
        table, {}, {},
        [&used](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
          used = true;
          return false;
        }));
    if (used) {
      return Error(Reason::kRecordDamaged,
                   "the storage has rows but no format version: restore it "
                   "from a backup");
    }
  }
  Batch batch;
  batch.RequireAbsent(TableId::kFormat, kFormatRow);
  batch.Put(TableId::kFormat, kFormatRow, current);
  return store.Commit(batch).status();
}

}  // namespace

absl::Status FromRocksDb(const rocksdb::Status& status,
                         absl::string_view doing) {
  // RocksDB's own text names files and offsets, never a value.
  const bool damaged = status.IsCorruption() || status.IsInvalidArgument() ||
                       status.IsNotFound() || status.IsPathNotFound();
  const Reason reason =
      damaged ? Reason::kRecordDamaged : Reason::kStorageFailed;
  return Error(reason, absl::StrCat("the storage failed while ", doing, ": ",
                                    status.ToString()));
}

struct MemoryDisk::Impl {
  std::unique_ptr<rocksdb::Env> env;
};

MemoryDisk::MemoryDisk() : impl_(std::make_unique<Impl>()) {
  impl_->env.reset(rocksdb::NewMemEnv(rocksdb::Env::Default()));
}
MemoryDisk::~MemoryDisk() = default;

void* MemoryDisk::rocksdb_environment() const { return impl_->env.get(); }

absl::StatusOr<std::unique_ptr<Store>> OpenStore(const std::string& directory,
                                                 Disk* disk) {
  if (disk == nullptr) RETURN_IF_ERROR(MakeDirectory(directory));
  rocksdb::Options options = MakeOptions(disk);
  const std::shared_ptr<rocksdb::FileSystem>& files =
      options.env->GetFileSystem();
  RETURN_IF_ERROR(FileListSeal::Check(*files, directory));
  const auto seal = std::make_shared<FileListSeal>(files, directory);
  options.listeners.push_back(seal);
  ASSIGN_OR_RETURN(std::unique_ptr<rocksdb::DB> db, OpenDb(options, directory));
  const uint64_t recovered = db->GetLatestSequenceNumber();
  RETURN_IF_ERROR(AcknowledgedMark::Check(*files, directory, recovered));
  RETURN_IF_ERROR(seal->Renew(*db));
  ASSIGN_OR_RETURN(std::unique_ptr<AcknowledgedMark> mark,
                   AcknowledgedMark::Open(files, directory, recovered));
  auto store = std::make_unique<RocksDbStore>(std::move(db), std::move(mark));
  RETURN_IF_ERROR(CheckFormat(*store));
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace amparo::storage
