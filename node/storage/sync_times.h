// SPDX-License-Identifier: Apache-2.0
//
// How long RocksDB waits for the disk. Its own statistics count hundreds of
// things at the price of every operation; this takes the one and switches the
// others off. Private to storage.
#ifndef AMPARO_NODE_STORAGE_SYNC_TIMES_H_
#define AMPARO_NODE_STORAGE_SYNC_TIMES_H_

#include <rocksdb/statistics.h>

#include <cstdint>

#include "node/base/duration_histogram.h"

namespace amparo::storage {

// Thread-safe.
class SyncTimes final : public rocksdb::Statistics {
 public:
  DurationHistogram::Reading Read() const { return syncs_.Read(); }

  const char* Name() const override { return "amparo.SyncTimes"; }
  bool HistEnabledForType(uint32_t type) const override {
    return type == rocksdb::WAL_FILE_SYNC_MICROS;
  }
  void recordInHistogram(uint32_t type, uint64_t microseconds) override {
    if (!HistEnabledForType(type)) return;
    syncs_.Add(absl::Microseconds(static_cast<int64_t>(microseconds)));
  }
  void recordTick(uint32_t, uint64_t) override {}
  void setTickerCount(uint32_t, uint64_t) override {}
  uint64_t getTickerCount(uint32_t) const override { return 0; }
  uint64_t getAndResetTickerCount(uint32_t) override { return 0; }
  void histogramData(uint32_t, rocksdb::HistogramData* const) const override {}

 private:
  DurationHistogram syncs_;
};

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_SYNC_TIMES_H_
