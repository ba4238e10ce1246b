// SPDX-License-Identifier: Apache-2.0
//
// How far the store has been acknowledged, kept beside the log of writes. A
// log that was cut exactly between two writes, or whose end reads as one torn
// by a power cut, looks sound to RocksDB; held against this mark it is found
// that somebody had an answer for what is missing. Private to storage.
//
// The file `acknowledged` holds RocksDB's sequence number after the last
// acknowledged write: u64be number, u64be its complement. It is written after
// each synced write and itself synced only when the store is opened and
// closed. So it is exact when the process is killed, and may be behind by what
// the system had not written back (about 30 s) when the power goes; it is
// never ahead of the log of a sound disk.
#ifndef AMPARO_NODE_STORAGE_ACKNOWLEDGED_MARK_H_
#define AMPARO_NODE_STORAGE_ACKNOWLEDGED_MARK_H_

#include <rocksdb/file_system.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace amparo::storage {

inline constexpr char kMarkFile[] = "acknowledged";

// Not thread-safe: belongs to the leader of the writers.
class AcknowledgedMark {
 public:
  // What the file in `directory` says; 0 when there is none, as in a store
  // that is new. kRecordDamaged when it is no mark, kStorageFailed when it
  // cannot be read.
  static absl::StatusOr<uint64_t> Read(rocksdb::FileSystem& files,
                                       const std::string& directory);

  // kRecordDamaged when fewer writes were `recovered` than Read() says were
  // acknowledged: restore a backup, or accept the loss by removing the file.
  static absl::Status Check(rocksdb::FileSystem& files,
                            const std::string& directory, uint64_t recovered);

  // Makes the file, or sets it to `recovered`, synced when that changes it.
  // Check() comes first.
  static absl::StatusOr<std::unique_ptr<AcknowledgedMark>> Open(
      std::shared_ptr<rocksdb::FileSystem> files, const std::string& directory,
      uint64_t recovered);
  // Syncs.
  ~AcknowledgedMark();
  AcknowledgedMark(const AcknowledgedMark&) = delete;
  AcknowledgedMark& operator=(const AcknowledgedMark&) = delete;

  // Survives the death of the process, not a power cut. kStorageFailed.
  absl::Status Set(uint64_t acknowledged);

 private:
  AcknowledgedMark(std::shared_ptr<rocksdb::FileSystem> files,
                   std::unique_ptr<rocksdb::FSRandomRWFile> file)
      : files_(std::move(files)), file_(std::move(file)) {}

  const std::shared_ptr<rocksdb::FileSystem> files_;
  const std::unique_ptr<rocksdb::FSRandomRWFile> file_;
};

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_ACKNOWLEDGED_MARK_H_
