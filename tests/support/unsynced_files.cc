// SPDX-License-Identifier: Apache-2.0
#include "tests/support/unsynced_files.h"

#include <cstdio>
#include <cstdlib>

namespace amparo {
namespace {

void RequireDone(const rocksdb::IOStatus& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "the disk below a faulty one failed: %s\n",
               status.ToString().c_str());
  std::abort();
}

}  // namespace

void UnsyncedFiles::Created(const std::string& path) {
  changes_.push_back({Change::Kind::kCreate, path, "", std::nullopt});
  written_[path] = File();
}

void UnsyncedFiles::Appended(const std::string& path, uint64_t bytes) {
  written_[path].size += bytes;
}

void UnsyncedFiles::OpenedForOverwriting(const std::string& path) {
  written_[path].synced_bytes = Content(path);
}

void UnsyncedFiles::Synced(const std::string& path) {
  File& file = written_[path];
  file.synced = file.size;
  if (file.synced_bytes.has_value()) file.synced_bytes = Content(path);
}

void UnsyncedFiles::BeforeRename(const std::string& from,
                                 const std::string& to) {
  changes_.push_back({Change::Kind::kRename, from, to, Content(to)});
}

void UnsyncedFiles::BeforeDelete(const std::string& path) {
  changes_.push_back({Change::Kind::kDelete, path, "", Content(path)});
}

void UnsyncedFiles::Renamed(const std::string& from, const std::string& to) {
  const auto moved = written_.find(from);
  if (moved == written_.end()) return;
  written_[to] = moved->second;
  written_.erase(moved);
}

void UnsyncedFiles::PowerCut(uint64_t seed) {
  std::mt19937_64 draw(seed);
  // The bytes first: undoing a rename gives the file its old name with what
  // was left of it.
  for (const auto& [path, file] : written_) Tear(path, file, draw);
  const size_t kept =
      std::uniform_int_distribution<size_t>(0, changes_.size())(draw);
  while (changes_.size() > kept) {
    Undo(changes_.back());
    changes_.pop_back();
  }
  changes_.clear();
  written_.clear();
}

std::optional<std::string> UnsyncedFiles::Content(const std::string& path) {
  std::string bytes;
  if (!rocksdb::ReadFileToString(&files_, path, &bytes).ok()) {
    return std::nullopt;
  }
  return bytes;
}

void UnsyncedFiles::Put(const std::string& path,
                        const std::optional<std::string>& bytes) {
  if (files_.FileExists(path, {}, nullptr).ok()) {
    RequireDone(files_.DeleteFile(path, {}, nullptr));
  }
  if (!bytes.has_value()) return;
  RequireDone(rocksdb::WriteStringToFile(&files_, *bytes, path));
}

void UnsyncedFiles::Undo(const Change& change) {
  switch (change.kind) {
    case Change::Kind::kCreate:
      return Put(change.path, std::nullopt);
    case Change::Kind::kRename:
      Put(change.path, Content(change.to));
      return Put(change.to, change.bytes);
    case Change::Kind::kDelete:
      return Put(change.path, change.bytes);
  }
}

void UnsyncedFiles::Tear(const std::string& path, const File& file,
                         std::mt19937_64& draw) {
  const std::optional<std::string> bytes = Content(path);
  if (!bytes.has_value()) return;
  if (file.synced_bytes.has_value()) {
    if (draw() % 2 == 0) Put(path, file.synced_bytes);
    return;
  }
  if (file.synced >= bytes->size()) return;
  const size_t kept =
      std::uniform_int_distribution<size_t>(file.synced, bytes->size())(draw);
  std::string left = bytes->substr(0, kept);
  // Some file systems keep the size before they have the bytes.
  if (draw() % 3 == 0) left.resize(bytes->size(), '\0');
  Put(path, left);
}

}  // namespace amparo
