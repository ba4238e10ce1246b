// SPDX-License-Identifier: Apache-2.0
//
// A store that is only read: what `amparod fsck` looks at. Not one byte of the
// directory changes, not even by what RocksDB does when it opens: what stands
// in the log of writes is taken into memory and stays there.
#ifndef AMPARO_NODE_STORAGE_READ_ONLY_STORE_H_
#define AMPARO_NODE_STORAGE_READ_ONLY_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "node/storage/store.h"

namespace amparo::storage {

// Opens what OpenStore() made. Holds the lock of the directory while the
// answer lives, so that no node starts meanwhile. `disk` as for OpenStore; it
// must outlive the answer. kDirectoryInUse when a node has it open;
// kRecordDamaged when files are missing or damaged; kWrongState with state
// OTHER_FORMAT when another version of the program wrote it; kStorageFailed
// when the disk does not answer. Thread-safe, as every Reader is.
absl::StatusOr<std::unique_ptr<Reader>> OpenReadOnly(
    const std::string& directory, Disk* disk = nullptr);

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_READ_ONLY_STORE_H_
