// SPDX-License-Identifier: Apache-2.0
//
// A small ordered transactional store: get, scan a range, commit a batch with
// preconditions, snapshot. Values are opaque here; node/storage/vault.h seals
// them. Keep this interface small: an office that outgrows one machine moves
// the same tables to another database behind it.
#ifndef AMPARO_NODE_STORAGE_STORE_H_
#define AMPARO_NODE_STORAGE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/base/duration_histogram.h"
#include "node/storage/tables.h"

namespace amparo::storage {

// One atomic change. Not thread-safe; build it, then hand it to Commit.
class Batch {
 public:
  void Put(TableId table, absl::string_view key, absl::string_view value);
  void Delete(TableId table, absl::string_view key);

  // Commit answers kAborted (Reason::kVersionConflict) and changes nothing
  // unless the row is absent, or still holds exactly `stored`.
  void RequireAbsent(TableId table, absl::string_view key);
  void RequireUnchanged(TableId table, absl::string_view key,
                        absl::string_view stored);

  // Appends a row whose key the committer assigns: the next u64 (big endian)
  // of `table`, from 0, without gaps. Writers do not wait for each other.
  // Returns which of CommitResult::appended will hold the index.
  size_t Append(TableId table, absl::string_view value);

  // Called once the change is durable, in the thread that committed it, and
  // never when it failed. For counts in memory and for waking threads: no I/O
  // and no commit in it. What `told` refers to must outlive the commit.
  void OnCommitted(std::function<void()> told);

  bool empty() const { return writes_.empty() && appends_.empty(); }

  // For implementations of Store.
  struct Write {
    std::string key;                   // Table number and row key.
    std::optional<std::string> value;  // nullopt deletes.
  };
  struct Requirement {
    std::string key;
    std::optional<std::string> stored;  // nullopt: must be absent.
  };
  struct Appended {
    TableId table;
    std::string value;
  };
  const std::vector<Write>& writes() const { return writes_; }
  const std::vector<Requirement>& requirements() const { return requirements_; }
  const std::vector<Appended>& appends() const { return appends_; }
  void TellCommitted() const;

 private:
  std::vector<Write> writes_;
  std::vector<Requirement> requirements_;
  std::vector<Appended> appends_;
  std::vector<std::function<void()>> listeners_;
};

struct CommitResult {
  std::vector<uint64_t> appended;
};

// What can be read, of the present (Store) or of one moment (Snapshot).
// Thread-safe.
class Reader {
 public:
  virtual ~Reader() = default;

  // The stored value, or nullopt when there is no such row.
  virtual absl::StatusOr<std::optional<std::string>> Get(
      TableId table, absl::string_view key) const = 0;

  // Get of many rows of one table: one answer per key, in their order. Much
  // faster than one by one, fastest for keys in ascending order.
  virtual std::vector<absl::StatusOr<std::optional<std::string>>> GetAll(
      TableId table, absl::Span<const std::string> keys) const;

  // Calls `row` in ascending byte order of row keys for keys in
  // [first, limit); an empty `limit` means the end of the table. Stops early,
  // with OK, when `row` returns false; stops with its status on an error. The
  // views are valid during the call only. Sees one consistent moment.
  using RowFunction = std::function<absl::StatusOr<bool>(
      absl::string_view key, absl::string_view value)>;
  virtual absl::Status Scan(TableId table, absl::string_view first,
                            absl::string_view limit,
                            const RowFunction& row) const = 0;

  // Scan of the rows whose key starts with `prefix`, from `first` on (empty:
  // from the start of the prefix).
  absl::Status ScanPrefix(TableId table, absl::string_view prefix,
                          const RowFunction& row,
                          absl::string_view first = {}) const;
};

// How a store is, for metrics.
struct StoreFigures {
  // Of its files; what is only in the newest log is counted as in memory.
  uint64_t bytes = 0;
  // How long the disk took to keep a write, since the store was opened.
  DurationHistogram::Reading syncs;
};

class Store : public Reader {
 public:
  // Applies `batch` in one synced transaction: when this returns OK the change
  // survives a power cut. When a precondition failed, or the store was not
  // writable() any more, nothing was changed. When the disk failed in the
  // midst of it (kStorageFailed), readers see nothing of the change, and after
  // the next opening it is there whole or not at all: ask again then, with the
  // same request id. Commits of many threads share one disk write.
  virtual absl::StatusOr<CommitResult> Commit(const Batch& batch) = 0;

  // Commits each batch as Commit would, in order, each whole or not at all and
  // each seeing those before it, with one disk write for all. One answer per
  // batch. For many small independent changes that arrive together.
  virtual std::vector<absl::StatusOr<CommitResult>> CommitAll(
      absl::Span<const Batch* const> batches) = 0;

  // A view of this moment. Must not outlive the store.
  virtual std::unique_ptr<Reader> NewSnapshot() const = 0;

  // False once the disk failed a write: from then on every commit is refused,
  // until the store is opened again. Costs nothing to ask.
  virtual bool writable() const = 0;

  // What may still be written to the disk; nullopt when it does not say. One
  // system call.
  virtual std::optional<uint64_t> FreeBytes() const { return std::nullopt; }

  // Microseconds, no I/O. All zero for a store that does not know.
  virtual StoreFigures Figures() const { return {}; }
};

// For what is large and can wait: kLimitExceeded when `bytes` more would leave
// less than limits::kDiskReserveBytes of the disk of `store`.
absl::Status CheckRoom(const Store& store, uint64_t bytes);

// Where the files of a store are, when not on the machine's own disk.
class Disk {
 public:
  virtual ~Disk() = default;
  // A rocksdb::Env, for the implementation and for disks that wrap another.
  virtual void* rocksdb_environment() const = 0;
};

// A disk in memory that outlives the stores on it, so that tests can close a
// store (or drop it, as a crash does) and open it again. The same RocksDB runs
// on it: there is no fake that is kinder than the real thing.
class MemoryDisk final : public Disk {
 public:
  MemoryDisk();
  ~MemoryDisk() override;
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  void* rocksdb_environment() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Opens or creates the store in `directory` (created 0700 when missing).
// kDirectoryInUse when another process has it open; kRecordDamaged when its
// format is unknown, when files are damaged, or when writes are missing that
// were acknowledged. `disk` null means the real disk; else it must outlive
// the store.
absl::StatusOr<std::unique_ptr<Store>> OpenStore(const std::string& directory,
                                                 Disk* disk = nullptr);

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_STORE_H_
