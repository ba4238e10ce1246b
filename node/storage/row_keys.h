// SPDX-License-Identifier: Apache-2.0
//
// Row keys as they stand on disk: u16be table number, then the room's key.
// Shared by the files of storage; rooms never see these bytes.
#ifndef AMPARO_NODE_STORAGE_ROW_KEYS_H_
#define AMPARO_NODE_STORAGE_ROW_KEYS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "node/storage/tables.h"

namespace amparo::storage {

inline constexpr size_t kTablePrefixSize = 2;

std::string DiskKey(TableId table, absl::string_view row_key);

// The first disk key after every row of `table`.
std::string EndOfTable(TableId table);

// The row key of the `index`th appended row: u64be.
std::string AppendedKey(uint64_t index);

// The smallest byte string above every one that starts with `prefix`; empty
// when there is none (an empty prefix, or only 0xff bytes).
std::string EndOfPrefix(absl::string_view prefix);

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_ROW_KEYS_H_
