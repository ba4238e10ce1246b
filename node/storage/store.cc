// SPDX-License-Identifier: Apache-2.0
#include "node/storage/store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/storage/row_keys.h"

namespace amparo::storage {

std::string DiskKey(TableId table, absl::string_view row_key) {
  std::string key;
  key.reserve(kTablePrefixSize + row_key.size());
  crypto::AppendU16(&key, static_cast<uint16_t>(table));
  key.append(row_key.data(), row_key.size());
  return key;
}

std::string EndOfTable(TableId table) {
  std::string key;
  crypto::AppendU16(&key,
                    static_cast<uint16_t>(static_cast<uint16_t>(table) + 1));
  return key;
}

std::string AppendedKey(uint64_t index) {
  std::string key;
  crypto::AppendU64(&key, index);
  return key;
}

std::string EndOfPrefix(absl::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) ++end.back();
  return end;
}

void Batch::Put(TableId table, absl::string_view key, absl::string_view value) {
  writes_.push_back({DiskKey(table, key), std::string(value)});
}

void Batch::Delete(TableId table, absl::string_view key) {
  writes_.push_back({DiskKey(table, key), std::nullopt});
}

void Batch::RequireAbsent(TableId table, absl::string_view key) {
  requirements_.push_back({DiskKey(table, key), std::nullopt});
}

void Batch::RequireUnchanged(TableId table, absl::string_view key,
                             absl::string_view stored) {
  requirements_.push_back({DiskKey(table, key), std::string(stored)});
}

void Batch::OnCommitted(std::function<void()> told) {
  listeners_.push_back(std::move(told));
}

void Batch::TellCommitted() const {
  for (const std::function<void()>& told : listeners_) told();
}

size_t Batch::Append(TableId table, absl::string_view value) {
  appends_.push_back({table, std::string(value)});
  return appends_.size() - 1;
}

std::vector<absl::StatusOr<std::optional<std::string>>> Reader::GetAll(
    TableId table, absl::Span<const std::string> keys) const {
  std::vector<absl::StatusOr<std::optional<std::string>>> found;
  found.reserve(keys.size());
  for (const std::string& key : keys) found.push_back(Get(table, key));
  return found;
}

absl::Status Reader::ScanPrefix(TableId table, absl::string_view prefix,
                                const RowFunction& row,
                                absl::string_view first) const {
  // `first` may lie before the prefix: the rows in between are not ours.
  const absl::string_view start = first < prefix ? prefix : first;
  const std::string limit = EndOfPrefix(prefix);
  if (!limit.empty() && start >= limit) return absl::OkStatus();
  return Scan(table, start, limit, row);
}

absl::Status CheckRoom(const Store& store, uint64_t bytes) {
  const std::optional<uint64_t> free = store.FreeBytes();
  if (!free.has_value() || *free >= limits::kDiskReserveBytes + bytes) {
    return absl::OkStatus();
  }
  return Error(Reason::kLimitExceeded,
               absl::StrCat("the disk of the node is nearly full: files and "
                            "imports leave ",
                            limits::kDiskReserveBytes >> 20,
                            " MiB of it to everything else"));
}

}  // namespace amparo::storage
