// SPDX-License-Identifier: Apache-2.0
#include "node/storage/rocksdb_rows.h"

#include <cstdarg>
#include <utility>

#include "crypto/base/bytes.h"
#include "node/base/log.h"
#include "node/base/status_macros.h"
#include "node/storage/rocksdb_status.h"
#include "node/storage/row_keys.h"

namespace amparo::storage {
namespace {

constexpr uint32_t kFormatVersion = 1;

// RocksDB's own log file stops the process by an assertion when the disk is
// full. What matters of it reaches the callers as a status; here only the
// fact is noted, because its texts may quote row keys.
class EngineLog final : public rocksdb::Logger {
 public:
  explicit EngineLog(rocksdb::InfoLogLevel from) : rocksdb::Logger(from) {}

  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
  void Logv(const rocksdb::InfoLogLevel level, const char*, va_list) override {
    if (level < GetInfoLogLevel()) return;
    if (level >= rocksdb::InfoLogLevel::HEADER_LEVEL) return;
    Log("storage_engine",
        {LogField::Word("level", level == rocksdb::InfoLogLevel::WARN_LEVEL
                                     ? "warning"
                                     : "error")});
  }
};

}  // namespace

std::string CurrentFormat() {
  std::string current;
  crypto::AppendU32(&current, kFormatVersion);
  return current;
}

std::shared_ptr<rocksdb::Logger> MakeEngineLog(rocksdb::InfoLogLevel from) {
  return std::make_shared<EngineLog>(from);
}

absl::StatusOr<std::optional<std::string>> GetRow(
    rocksdb::DB& db, const rocksdb::ReadOptions& options, TableId table,
    absl::string_view key) {
  std::string value;
  const rocksdb::Status status =
      db.Get(options, db.DefaultColumnFamily(), DiskKey(table, key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return FromRocksDb(status, "reading a row");
  return std::optional<std::string>(std::move(value));
}

std::vector<absl::StatusOr<std::optional<std::string>>> GetRows(
    rocksdb::DB& db, const rocksdb::ReadOptions& options, TableId table,
    absl::Span<const std::string> keys) {
  std::vector<std::string> disk_keys;
  disk_keys.reserve(keys.size());
  for (const std::string& key : keys) disk_keys.push_back(DiskKey(table, key));
  const std::vector<rocksdb::Slice> slices(disk_keys.begin(), disk_keys.end());
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  db.MultiGet(options, db.DefaultColumnFamily(), slices.size(), slices.data(),
              values.data(), statuses.data());
  std::vector<absl::StatusOr<std::optional<std::string>>> found;
  found.reserve(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].ok()) {
      found.push_back(std::optional<std::string>(values[i].ToString()));
    } else if (statuses[i].IsNotFound()) {
      found.push_back(std::optional<std::string>());
    } else {
      found.push_back(FromRocksDb(statuses[i], "reading a row"));
    }
  }
  return found;
}

absl::Status ScanRows(rocksdb::DB& db, rocksdb::ReadOptions options,
                      TableId table, absl::string_view first,
                      absl::string_view limit, const Reader::RowFunction& row) {
  // Blocks that a scan passes do not drive out those that look-ups need, and a
  // long one does not fill the cache.
  options.fill_cache = false;
  const std::string end =
      limit.empty() ? EndOfTable(table) : DiskKey(table, limit);
  const rocksdb::Slice end_slice(end);
  options.iterate_upper_bound = &end_slice;
  std::unique_ptr<rocksdb::Iterator> rows(db.NewIterator(options));
  for (rows->Seek(DiskKey(table, first)); rows->Valid(); rows->Next()) {
    const rocksdb::Slice key = rows->key();
    const rocksdb::Slice value = rows->value();
    ASSIGN_OR_RETURN(
        const bool more,
        row(absl::string_view(key.data(), key.size()).substr(kTablePrefixSize),
            absl::string_view(value.data(), value.size())));
    if (!more) return absl::OkStatus();
  }
  if (!rows->status().ok()) return FromRocksDb(rows->status(), "scanning");
  return absl::OkStatus();
}

}  // namespace amparo::storage
