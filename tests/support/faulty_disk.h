// SPDX-License-Identifier: Apache-2.0
//
// A disk that fails on command, in front of a sound one, and that can lose its
// power. RocksDB runs on it as on any other.
//
// What a power cut leaves follows what POSIX promises, and no more. Of a file,
// the bytes before the last fsync, and any part of those behind it, or zeros
// in their place. Of a directory, the names as of its last fsync and the
// changes since then up to any one of them, as a journal keeps them. (After
// Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014.) One
// directory is kept account of: a store has no more.
#ifndef AMPARO_TESTS_SUPPORT_FAULTY_DISK_H_
#define AMPARO_TESTS_SUPPORT_FAULTY_DISK_H_

#include <cstdint>
#include <memory>

#include "node/storage/store.h"

namespace amparo {

// Thread-safe, but for PowerCut(). `below` must outlive it.
class FaultyDisk final : public storage::Disk {
 public:
  enum class Fault {
    kIoError,     // EIO, at any operation.
    kNoSpace,     // ENOSPC, where something new is written or made.
    kShortWrite,  // Half of the bytes are written, then ENOSPC.
  };

  explicit FaultyDisk(storage::Disk& below);
  ~FaultyDisk() override;

  // Fails at the `nth` operation from now that can fail this way, 1 being the
  // next; when `lasting`, at all after it too. Replaces an earlier plan.
  void FailAt(uint64_t nth, Fault fault, bool lasting);
  // Works again.
  void Heal();
  // Whether the plan came true.
  bool failed() const;
  // Operations so far that could have failed this way.
  uint64_t operations(Fault fault) const;

  // From now on fsync answers at once and does nothing, as a drive with a
  // cache that forgets: for canaries.
  void LieAboutSync();

  // Takes from the disk below what a power cut may take; `seed` chooses. No
  // store may be open on it.
  void PowerCut(uint64_t seed);

  void* rocksdb_environment() const override;

 private:
  class Files;
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace amparo

#endif  // AMPARO_TESTS_SUPPORT_FAULTY_DISK_H_
