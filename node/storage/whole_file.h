// SPDX-License-Identifier: Apache-2.0
//
// Small files beside RocksDB's own, always replaced as a whole: a crash or a
// power cut leaves the old one or the new one. Private to storage.
#ifndef AMPARO_NODE_STORAGE_WHOLE_FILE_H_
#define AMPARO_NODE_STORAGE_WHOLE_FILE_H_

#include <rocksdb/file_system.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace amparo::storage {

// Everything in `path`; nullopt when there is no such file. kStorageFailed.
absl::StatusOr<std::optional<std::string>> ReadWholeFile(
    rocksdb::FileSystem& files, const std::string& path);

// Writes DIRECTORY/NAME by way of NAME.new, synced with its directory. Any
// file that RocksDB does not know may have such a name. kStorageFailed.
absl::Status ReplaceWholeFile(rocksdb::FileSystem& files,
                              const std::string& directory,
                              const std::string& name, absl::string_view bytes);

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_WHOLE_FILE_H_
