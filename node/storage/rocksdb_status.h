// SPDX-License-Identifier: Apache-2.0
//
// RocksDB's failures in our words. Private to storage.
#ifndef AMPARO_NODE_STORAGE_ROCKSDB_STATUS_H_
#define AMPARO_NODE_STORAGE_ROCKSDB_STATUS_H_

#include <rocksdb/status.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace amparo::storage {

// `status` must not be OK. kRecordDamaged for damaged or missing files,
// kStorageFailed for everything else; `doing` continues "the storage failed
// while".
absl::Status FromRocksDb(const rocksdb::Status& status,
                         absl::string_view doing);

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_ROCKSDB_STATUS_H_
