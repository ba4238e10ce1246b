// SPDX-License-Identifier: Apache-2.0
#include "tests/support/disk_copy.h"

#include <rocksdb/env.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace amparo {
namespace {

void Require(const rocksdb::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "copying a disk: %s\n", status.ToString().c_str());
  std::abort();
}

rocksdb::Env& EnvOf(const storage::MemoryDisk& disk) {
  return *static_cast<rocksdb::Env*>(disk.rocksdb_environment());
}

std::vector<std::string> FilesOf(rocksdb::Env& env,
                                 const std::string& directory) {
  std::vector<std::string> names;
  // A disk that nothing was written to has no directory.
  if (!env.GetChildren(directory, &names).ok()) return {};
  std::vector<std::string> files;
  for (const std::string& name : names) {
    if (name != "." && name != ".." && name != "LOCK") {
      files.push_back(directory + "/" + name);
    }
  }
  return files;
}

}  // namespace

void CopyDisk(const storage::MemoryDisk& from, storage::MemoryDisk& to,
              const std::string& directory) {
  rocksdb::Env& source = EnvOf(from);
  rocksdb::Env& target = EnvOf(to);
  for (const std::string& file : FilesOf(target, directory)) {
    Require(target.DeleteFile(file));
  }
  Require(target.CreateDirIfMissing(directory));
  for (const std::string& file : FilesOf(source, directory)) {
    std::string bytes;
    Require(rocksdb::ReadFileToString(&source, file, &bytes));
    Require(rocksdb::WriteStringToFile(&target, bytes, file));
  }
}

}  // namespace amparo
