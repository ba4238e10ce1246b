// SPDX-License-Identifier: Apache-2.0
//
// Reading rows of an open RocksDB, for everything that does: the store, its
// snapshots, and a store that is only read. Private to storage.
#ifndef AMPARO_NODE_STORAGE_ROCKSDB_ROWS_H_
#define AMPARO_NODE_STORAGE_ROCKSDB_ROWS_H_

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/storage/store.h"
#include "node/storage/tables.h"

namespace amparo::storage {

// The row that says which version of the bytes on disk this is, and what this
// program writes there.
inline constexpr char kFormatRow[] = "version";
std::string CurrentFormat();

// RocksDB's own log, of which only the fact is noted that it said something.
std::shared_ptr<rocksdb::Logger> MakeEngineLog(rocksdb::InfoLogLevel from);

// Reader::Get, GetAll and Scan, as `options` see the rows. Any thread.
absl::StatusOr<std::optional<std::string>> GetRow(
    rocksdb::DB& db, const rocksdb::ReadOptions& options, TableId table,
    absl::string_view key);
std::vector<absl::StatusOr<std::optional<std::string>>> GetRows(
    rocksdb::DB& db, const rocksdb::ReadOptions& options, TableId table,
    absl::Span<const std::string> keys);
absl::Status ScanRows(rocksdb::DB& db, rocksdb::ReadOptions options,
                      TableId table, absl::string_view first,
                      absl::string_view limit, const Reader::RowFunction& row);

// Reads an open RocksDB: what the store, its snapshots and a store that is only
// read have in common. Base: Reader, or what is one. Thread-safe.
template <class Base>
class ReadsRows : public Base {
 public:
  absl::StatusOr<std::optional<std::string>> Get(
      TableId table, absl::string_view key) const final {
    return GetRow(rows_, single_, table, key);
  }
  std::vector<absl::StatusOr<std::optional<std::string>>> GetAll(
      TableId table, absl::Span<const std::string> keys) const final {
    return GetRows(rows_, single_, table, keys);
  }
  absl::Status Scan(TableId table, absl::string_view first,
                    absl::string_view limit,
                    const Reader::RowFunction& row) const final {
    return ScanRows(rows_, scanning_, table, first, limit, row);
  }

 protected:
  // `rows` must outlive it.
  explicit ReadsRows(rocksdb::DB& rows, const rocksdb::ReadOptions& single = {},
                     const rocksdb::ReadOptions& scanning = {})
      : rows_(rows), single_(single), scanning_(scanning) {}

 private:
  rocksdb::DB& rows_;
  const rocksdb::ReadOptions single_;
  const rocksdb::ReadOptions scanning_;
};

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_ROCKSDB_ROWS_H_
