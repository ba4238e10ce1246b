// SPDX-License-Identifier: Apache-2.0
//
// What a power cut would take: which bytes of which file, and which changes of
// names, were not synced. The account behind tests/support/faulty_disk.h.
#ifndef AMPARO_TESTS_SUPPORT_UNSYNCED_FILES_H_
#define AMPARO_TESTS_SUPPORT_UNSYNCED_FILES_H_

#include <rocksdb/file_system.h>

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace amparo {

// Not thread-safe. `files` is where the files really are; a failure there ends
// the program: memory does not fail.
class UnsyncedFiles {
 public:
  explicit UnsyncedFiles(rocksdb::FileSystem& files) : files_(files) {}

  // Called after each change that was made below.
  void Created(const std::string& path);
  void Appended(const std::string& path, uint64_t bytes);
  void OpenedForOverwriting(const std::string& path);
  void Synced(const std::string& path);
  void DirectorySynced() { changes_.clear(); }
  // Called before the change, of which `then` says whether it was made.
  void BeforeRename(const std::string& from, const std::string& to);
  void BeforeDelete(const std::string& path);
  // The last announced change was not made.
  void NotMade() { changes_.pop_back(); }
  void Renamed(const std::string& from, const std::string& to);

  // Takes what `seed` chooses, and forgets the rest.
  void PowerCut(uint64_t seed);

 private:
  struct File {
    uint64_t size = 0;
    uint64_t synced = 0;
    // Of files that are overwritten in place: what a power cut may bring back.
    std::optional<std::string> synced_bytes;
  };
  // One change of a name, and how it is undone.
  struct Change {
    enum class Kind { kCreate, kRename, kDelete } kind;
    std::string path;
    std::string to;                    // Of a rename.
    std::optional<std::string> bytes;  // What was overwritten or deleted.
  };

  std::optional<std::string> Content(const std::string& path);
  void Put(const std::string& path, const std::optional<std::string>& bytes);
  void Undo(const Change& change);
  void Tear(const std::string& path, const File& file, std::mt19937_64& draw);

  rocksdb::FileSystem& files_;
  std::map<std::string, File> written_;
  std::vector<Change> changes_;  // Since the directory was synced.
};

}  // namespace amparo

#endif  // AMPARO_TESTS_SUPPORT_UNSYNCED_FILES_H_
