// SPDX-License-Identifier: Apache-2.0
//
// A node as amparod assembles it, opened in this process on the data directory
// of a stopped amparod: real store, real connections, and no delivery threads,
// so that a measurement takes each step itself and sees what it writes.
#ifndef AMPARO_TESTS_BENCH_BENCH_NODE_H_
#define AMPARO_TESTS_BENCH_BENCH_NODE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "node/app/handshake_door.h"
#include "node/app/node.h"
#include "node/delivery/transport.h"
#include "node/storage/store.h"
#include "tests/support/node_process.h"

namespace amparo::bench {

// One synced write to the disk.
struct DiskWrite {
  size_t rows = 0;
  size_t key_bytes = 0;
  size_t value_bytes = 0;
};

// A store that remembers what was written through it. Thread-safe.
class RecordingStore final : public storage::Store {
 public:
  explicit RecordingStore(std::unique_ptr<storage::Store> store)
      : store_(std::move(store)) {}

  // What was written since the last time.
  std::vector<DiskWrite> TakeWrites();

  absl::StatusOr<std::optional<std::string>> Get(
      storage::TableId table, absl::string_view key) const override {
    return store_->Get(table, key);
  }
  std::vector<absl::StatusOr<std::optional<std::string>>> GetAll(
      storage::TableId table,
      absl::Span<const std::string> keys) const override {
    return store_->GetAll(table, keys);
  }
  absl::Status Scan(storage::TableId table, absl::string_view first,
                    absl::string_view limit,
                    const RowFunction& row) const override {
    return store_->Scan(table, first, limit, row);
  }
  absl::StatusOr<storage::CommitResult> Commit(
      const storage::Batch& batch) override;
  std::vector<absl::StatusOr<storage::CommitResult>> CommitAll(
      absl::Span<const storage::Batch* const> batches) override;
  std::unique_ptr<Reader> NewSnapshot() const override {
    return store_->NewSnapshot();
  }
  bool writable() const override { return store_->writable(); }

 private:
  void Remember(absl::Span<const storage::Batch* const> batches);

  std::unique_ptr<storage::Store> store_;
  absl::Mutex mutex_;
  std::vector<DiskWrite> writes_ ABSL_GUARDED_BY(mutex_);
};

// One call to a peer.
struct SentCall {
  std::vector<size_t> letter_bytes;
  std::vector<size_t> receipt_bytes;
};

// A link that remembers what went over it. Thread-safe as `link` is.
class RecordingLink final : public delivery::PeerLink {
 public:
  explicit RecordingLink(delivery::PeerLink& link) : link_(link) {}
  std::vector<SentCall> TakeCalls();
  absl::StatusOr<std::vector<delivery::Outcome>> Deliver(
      const OfficeId& peer, absl::Span<const std::string> letters) override;

 private:
  delivery::PeerLink& link_;
  absl::Mutex mutex_;
  std::vector<SentCall> calls_ ABSL_GUARDED_BY(mutex_);
};

class BenchNode {
 public:
  // The process of `stopped` must have ended. Serves peers on its address.
  static absl::StatusOr<std::unique_ptr<BenchNode>> Open(NodeProcess& stopped);
  ~BenchNode();

  app::Node& node() { return *node_; }
  RecordingStore& store() { return *store_; }
  RecordingLink& link() { return *link_; }

 private:
  BenchNode();

  std::unique_ptr<RecordingStore> store_;
  std::unique_ptr<delivery::PeerClients> clients_;
  std::unique_ptr<RecordingLink> link_;
  std::unique_ptr<app::Node> node_;
  std::unique_ptr<app::HandshakeDoor> door_;
  std::unique_ptr<delivery::PeerServer> server_;
};

}  // namespace amparo::bench

#endif  // AMPARO_TESTS_BENCH_BENCH_NODE_H_
