// SPDX-License-Identifier: Apache-2.0
//
// What RocksDB's list of its files (MANIFEST) must at least say. RocksDB takes
// a list that was cut, or zeroed from some place on, for one that a power cut
// tore: it opens without the files that were named there, and removes them.
// So the list is held against this seal before RocksDB sees it. Private to
// storage.
//
// The file `file_list` holds: u64be number of the list, u64be how many of its
// bytes were synced, their SHA-256. A list only ever grows, and a new one has a
// higher number; a seal that is behind is therefore no lie, only weaker.
#ifndef AMPARO_NODE_STORAGE_FILE_LIST_SEAL_H_
#define AMPARO_NODE_STORAGE_FILE_LIST_SEAL_H_

#include <rocksdb/db.h>
#include <rocksdb/file_system.h>
#include <rocksdb/listener.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace amparo::storage {

// Kept up to date as a listener of the database, on its threads.
class FileListSeal final : public rocksdb::EventListener {
 public:
  FileListSeal(std::shared_ptr<rocksdb::FileSystem> files,
               std::string directory)
      : files_(std::move(files)), directory_(std::move(directory)) {}

  // kRecordDamaged when the list in `directory` is not the sealed one, or is
  // missing though the store was used; OK for a store that is new or that
  // never had a seal. Changes nothing.
  static absl::Status Check(rocksdb::FileSystem& files,
                            const std::string& directory);

  // Seals the list as `db` has it now. After an error the seal is the one
  // before. Thread-safe: RocksDB may end a flush while the store is opened.
  absl::Status Renew(rocksdb::DB& db) ABSL_LOCKS_EXCLUDED(mutex_);

  void OnFlushCompleted(rocksdb::DB* db,
                        const rocksdb::FlushJobInfo&) override {
    Renew(*db).IgnoreError();
  }
  void OnCompactionCompleted(rocksdb::DB* db,
                             const rocksdb::CompactionJobInfo&) override {
    Renew(*db).IgnoreError();
  }

 private:
  const std::shared_ptr<rocksdb::FileSystem> files_;
  const std::string directory_;
  absl::Mutex mutex_;  // One writer of the file at a time.
};

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_FILE_LIST_SEAL_H_
