// SPDX-License-Identifier: Apache-2.0
#include "tests/support/faulty_disk.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/support/unsynced_files.h"

namespace amparo {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// What an operation does, and so how it can fail.
enum class Kind { kRead, kSync, kChange, kData };

bool CanFail(Kind kind, FaultyDisk::Fault fault) {
  switch (fault) {
    case FaultyDisk::Fault::kIoError:
      return true;
    case FaultyDisk::Fault::kNoSpace:
      return kind == Kind::kChange || kind == Kind::kData;
    case FaultyDisk::Fault::kShortWrite:
      return kind == Kind::kData;
  }
  return false;
}

}  // namespace

// The plan and the account, shared by everything that is open.
struct FaultyDisk::Impl {
  explicit Impl(std::shared_ptr<rocksdb::FileSystem> sound)
      : below(std::move(sound)), unsynced(*below) {}

  // Counts an operation; not OK when it is to fail.
  IOStatus Pass(Kind kind) ABSL_LOCKS_EXCLUDED(mutex) {
    absl::MutexLock lock(&mutex);
    for (const Fault each :
         {Fault::kIoError, Fault::kNoSpace, Fault::kShortWrite}) {
      if (CanFail(kind, each)) ++counts[static_cast<size_t>(each)];
    }
    if (left == 0 || !CanFail(kind, fault)) return IOStatus::OK();
    if (left > 1) {
      --left;
      return IOStatus::OK();
    }
    if (!lasting) left = 0;
    failed = true;
    return fault == Fault::kIoError ? IOStatus::IOError("planned")
                                    : IOStatus::NoSpace("planned");
  }
  bool Short() {
    absl::MutexLock lock(&mutex);
    return fault == Fault::kShortWrite;
  }
  bool Lies() {
    absl::MutexLock lock(&mutex);
    return lying;
  }
  // Makes an entry in the account.
  template <class Function>
  void Note(Function function) ABSL_LOCKS_EXCLUDED(mutex) {
    absl::MutexLock lock(&mutex);
    function(unsynced);
  }

  const std::shared_ptr<rocksdb::FileSystem> below;
  mutable absl::Mutex mutex;
  uint64_t left ABSL_GUARDED_BY(mutex) = 0;  // 0: nothing is planned.
  Fault fault ABSL_GUARDED_BY(mutex) = Fault::kIoError;
  bool lasting ABSL_GUARDED_BY(mutex) = false;
  bool failed ABSL_GUARDED_BY(mutex) = false;
  bool lying ABSL_GUARDED_BY(mutex) = false;
  std::array<uint64_t, 3> counts ABSL_GUARDED_BY(mutex) = {};
  UnsyncedFiles unsynced ABSL_GUARDED_BY(mutex);
  std::shared_ptr<Files> files;
  std::unique_ptr<rocksdb::Env> env;
};

class FaultyDisk::Files final : public rocksdb::FileSystemWrapper {
 public:
  explicit Files(Impl& impl)
      : rocksdb::FileSystemWrapper(impl.below), impl_(impl) {}

  const char* Name() const override { return "FaultyDisk"; }

  IOStatus NewSequentialFile(const std::string& path,
                             const FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* file,
                             IODebugContext* debug) override;
  IOStatus NewRandomAccessFile(
      const std::string& path, const FileOptions& options,
      std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
      IODebugContext* debug) override;
  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* debug) override;
  IOStatus NewRandomRWFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSRandomRWFile>* file,
                           IODebugContext* debug) override;
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* directory,
                        IODebugContext* debug) override;
  IOStatus RenameFile(const std::string& from, const std::string& to,
                      const IOOptions& options, IODebugContext* debug) override;
  IOStatus DeleteFile(const std::string& path, const IOOptions& options,
                      IODebugContext* debug) override;
  IOStatus GetChildren(const std::string& path, const IOOptions& options,
                       std::vector<std::string>* names,
                       IODebugContext* debug) override {
    const IOStatus passed = impl_.Pass(Kind::kRead);
    return passed.ok() ? target()->GetChildren(path, options, names, debug)
                       : passed;
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions& options,
                       uint64_t* size, IODebugContext* debug) override {
    const IOStatus passed = impl_.Pass(Kind::kRead);
    return passed.ok() ? target()->GetFileSize(path, options, size, debug)
                       : passed;
  }

 private:
  class Reading;
  class Looking;
  class Writing;
  class Overwriting;
  class Directory;

  Impl& impl_;
};

class FaultyDisk::Files::Reading final
    : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  Reading(std::unique_ptr<rocksdb::FSSequentialFile> file, Impl& impl)
      : rocksdb::FSSequentialFileOwnerWrapper(std::move(file)), impl_(impl) {}
  IOStatus Read(size_t n, const IOOptions& options, Slice* result,
                char* scratch, IODebugContext* debug) override {
    const IOStatus passed = impl_.Pass(Kind::kRead);
    if (!passed.ok()) return passed;
    return target()->Read(n, options, result, scratch, debug);
  }

 private:
  Impl& impl_;
};

class FaultyDisk::Files::Looking final
    : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  Looking(std::unique_ptr<rocksdb::FSRandomAccessFile> file, Impl& impl)
      : rocksdb::FSRandomAccessFileOwnerWrapper(std::move(file)), impl_(impl) {}
  IOStatus Read(uint64_t offset, size_t n, const IOOptions& options,
                Slice* result, char* scratch,
                IODebugContext* debug) const override {
    const IOStatus passed = impl_.Pass(Kind::kRead);
    if (!passed.ok()) return passed;
    return target()->Read(offset, n, options, result, scratch, debug);
  }

 private:
  Impl& impl_;
};

class FaultyDisk::Files::Writing final
    : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  Writing(std::unique_ptr<rocksdb::FSWritableFile> file, std::string path,
          Impl& impl)
      : rocksdb::FSWritableFileOwnerWrapper(std::move(file)),
        path_(std::move(path)),
        impl_(impl) {}

  IOStatus Append(const Slice& bytes, const IOOptions& options,
                  IODebugContext* debug) override {
    const IOStatus passed = impl_.Pass(Kind::kData);
    if (passed.ok()) return Write(bytes, options, debug);
    if (impl_.Short()) {
      const IOStatus part =
          Write(Slice(bytes.data(), bytes.size() / 2), options, debug);
      if (!part.ok()) return part;
    }
    return passed;
  }
  IOStatus Append(const Slice& bytes, const IOOptions& options,
                  const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(bytes, options, debug);
  }
  IOStatus Flush(const IOOptions& options, IODebugContext* debug) override {
    const IOStatus passed = impl_.Pass(Kind::kSync);
    return passed.ok() ? target()->Flush(options, debug) : passed;
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    const IOStatus passed = impl_.Pass(Kind::kSync);
    const IOStatus closed = target()->Close(options, debug);
    return passed.ok() ? closed : passed;
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    const IOStatus passed = impl_.Pass(Kind::kSync);
    if (!passed.ok()) return passed;
    const IOStatus synced = target()->Sync(options, debug);
    if (synced.ok() && !impl_.Lies()) {
      impl_.Note([&](UnsyncedFiles& account) { account.Synced(path_); });
    }
    return synced;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  // No promise to be durable, so nothing to keep account of.
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&,
                     IODebugContext*) override {
    return impl_.Pass(Kind::kSync);
  }

 private:
  IOStatus Write(const Slice& bytes, const IOOptions& options,
                 IODebugContext* debug) {
    const IOStatus written = target()->Append(bytes, options, debug);
    if (written.ok()) {
      impl_.Note([&](UnsyncedFiles& account) {
        account.Appended(path_, bytes.size());
      });
    }
    return written;
  }

  const std::string path_;
  Impl& impl_;
};

class FaultyDisk::Files::Overwriting final
    : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  Overwriting(std::unique_ptr<rocksdb::FSRandomRWFile> file, std::string path,
              Impl& impl)
      : rocksdb::FSRandomRWFileOwnerWrapper(std::move(file)),
        path_(std::move(path)),
        impl_(impl) {}

  IOStatus Write(uint64_t offset, const Slice& bytes, const IOOptions& options,
                 IODebugContext* debug) override {
    const IOStatus passed = impl_.Pass(Kind::kData);
    if (!passed.ok()) return passed;
    return target()->Write(offset, bytes, options, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    const IOStatus passed = impl_.Pass(Kind::kSync);
    if (!passed.ok()) return passed;
    const IOStatus synced = target()->Sync(options, debug);
    if (synced.ok() && !impl_.Lies()) {
      impl_.Note([&](UnsyncedFiles& account) { account.Synced(path_); });
    }
    return synced;
  }

 private:
  const std::string path_;
  Impl& impl_;
};

class FaultyDisk::Files::Directory final : public rocksdb::FSDirectoryWrapper {
 public:
  Directory(std::unique_ptr<rocksdb::FSDirectory> directory, Impl& impl)
      : rocksdb::FSDirectoryWrapper(std::move(directory)), impl_(impl) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    const IOStatus passed = impl_.Pass(Kind::kSync);
    if (passed.ok() && !impl_.Lies()) {
      impl_.Note([](UnsyncedFiles& account) { account.DirectorySynced(); });
    }
    return passed;
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  Impl& impl_;
};

IOStatus FaultyDisk::Files::NewSequentialFile(
    const std::string& path, const FileOptions& options,
    std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext* debug) {
  const IOStatus passed = impl_.Pass(Kind::kRead);
  if (!passed.ok()) return passed;
  const IOStatus made = target()->NewSequentialFile(path, options, file, debug);
  if (made.ok()) *file = std::make_unique<Reading>(std::move(*file), impl_);
  return made;
}

IOStatus FaultyDisk::Files::NewRandomAccessFile(
    const std::string& path, const FileOptions& options,
    std::unique_ptr<rocksdb::FSRandomAccessFile>* file, IODebugContext* debug) {
  const IOStatus passed = impl_.Pass(Kind::kRead);
  if (!passed.ok()) return passed;
  const IOStatus made =
      target()->NewRandomAccessFile(path, options, file, debug);
  if (made.ok()) *file = std::make_unique<Looking>(std::move(*file), impl_);
  return made;
}

IOStatus FaultyDisk::Files::NewWritableFile(
    const std::string& path, const FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  const IOStatus passed = impl_.Pass(Kind::kChange);
  if (!passed.ok()) return passed;
  const IOStatus made = target()->NewWritableFile(path, options, file, debug);
  if (!made.ok()) return made;
  impl_.Note([&](UnsyncedFiles& account) { account.Created(path); });
  *file = std::make_unique<Writing>(std::move(*file), path, impl_);
  return made;
}

IOStatus FaultyDisk::Files::NewRandomRWFile(
    const std::string& path, const FileOptions& options,
    std::unique_ptr<rocksdb::FSRandomRWFile>* file, IODebugContext* debug) {
  const IOStatus passed = impl_.Pass(Kind::kRead);
  if (!passed.ok()) return passed;
  const IOStatus made = target()->NewRandomRWFile(path, options, file, debug);
  if (!made.ok()) return made;
  impl_.Note(
      [&](UnsyncedFiles& account) { account.OpenedForOverwriting(path); });
  *file = std::make_unique<Overwriting>(std::move(*file), path, impl_);
  return made;
}

IOStatus FaultyDisk::Files::NewDirectory(
    const std::string& path, const IOOptions& options,
    std::unique_ptr<rocksdb::FSDirectory>* directory, IODebugContext* debug) {
  const IOStatus passed = impl_.Pass(Kind::kRead);
  if (!passed.ok()) return passed;
  const IOStatus made = target()->NewDirectory(path, options, directory, debug);
  if (made.ok()) {
    *directory = std::make_unique<Directory>(std::move(*directory), impl_);
  }
  return made;
}

IOStatus FaultyDisk::Files::RenameFile(const std::string& from,
                                       const std::string& to,
                                       const IOOptions& options,
                                       IODebugContext* debug) {
  const IOStatus passed = impl_.Pass(Kind::kChange);
  if (!passed.ok()) return passed;
  IOStatus renamed;
  impl_.Note([&](UnsyncedFiles& account) {
    account.BeforeRename(from, to);
    renamed = target()->RenameFile(from, to, options, debug);
    if (renamed.ok()) {
      account.Renamed(from, to);
    } else {
      account.NotMade();
    }
  });
  return renamed;
}

IOStatus FaultyDisk::Files::DeleteFile(const std::string& path,
                                       const IOOptions& options,
                                       IODebugContext* debug) {
  // Making room needs none.
  const IOStatus passed = impl_.Pass(Kind::kSync);
  if (!passed.ok()) return passed;
  IOStatus deleted;
  impl_.Note([&](UnsyncedFiles& account) {
    account.BeforeDelete(path);
    deleted = target()->DeleteFile(path, options, debug);
    if (!deleted.ok()) account.NotMade();
  });
  return deleted;
}

FaultyDisk::FaultyDisk(storage::Disk& below)
    : impl_(std::make_unique<Impl>(
          static_cast<rocksdb::Env*>(below.rocksdb_environment())
              ->GetFileSystem())) {
  impl_->files = std::make_shared<Files>(*impl_);
  impl_->env = rocksdb::NewCompositeEnv(impl_->files);
}

FaultyDisk::~FaultyDisk() = default;

void FaultyDisk::FailAt(uint64_t nth, Fault fault, bool lasting) {
  absl::MutexLock lock(&impl_->mutex);
  impl_->left = nth;
  impl_->fault = fault;
  impl_->lasting = lasting;
  impl_->failed = false;
}

void FaultyDisk::Heal() {
  absl::MutexLock lock(&impl_->mutex);
  impl_->left = 0;
}

bool FaultyDisk::failed() const {
  absl::MutexLock lock(&impl_->mutex);
  return impl_->failed;
}

uint64_t FaultyDisk::operations(Fault fault) const {
  absl::MutexLock lock(&impl_->mutex);
  return impl_->counts[static_cast<size_t>(fault)];
}

void FaultyDisk::LieAboutSync() {
  absl::MutexLock lock(&impl_->mutex);
  impl_->lying = true;
}

void FaultyDisk::PowerCut(uint64_t seed) {
  absl::MutexLock lock(&impl_->mutex);
  impl_->unsynced.PowerCut(seed);
}

void* FaultyDisk::rocksdb_environment() const { return impl_->env.get(); }

}  // namespace amparo
