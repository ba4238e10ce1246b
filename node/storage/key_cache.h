// SPDX-License-Identifier: Apache-2.0
//
// Unwrapped data keys in memory, ready for use: bounded, in shards so that
// threads seldom meet, the least recently used goes first. Private to
// storage.
#ifndef AMPARO_NODE_STORAGE_KEY_CACHE_H_
#define AMPARO_NODE_STORAGE_KEY_CACHE_H_

#include <array>
#include <list>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "crypto/aead/aead.h"
#include "node/base/ids.h"

namespace amparo::storage {

// Shared, so that a key in use outlives its place in the cache.
using DataKey = std::shared_ptr<const crypto::Aes256Gcm>;

// Thread-safe.
class KeyCache {
 public:
  // Null when the key is not here.
  DataKey Find(const KeyId& id);

  // Keeps the key, unless it is barred.
  void Insert(const KeyId& id, DataKey key);

  // Drops the key and never keeps it again: whoever deletes a key bars it
  // first, so that a reader at the same moment cannot bring it back. 16 bytes
  // a key, until the process ends.
  void Bar(const KeyId& id);

 private:
  static constexpr size_t kShards = 16;
  static constexpr size_t kKeysPerShard = 512;

  struct Shard {
    using Entry = std::pair<KeyId, DataKey>;
    absl::Mutex mutex;
    std::list<Entry> recent ABSL_GUARDED_BY(mutex);  // Newest first.
    absl::flat_hash_map<KeyId, std::list<Entry>::iterator> places
        ABSL_GUARDED_BY(mutex);
    absl::flat_hash_set<KeyId> barred ABSL_GUARDED_BY(mutex);
  };
  Shard& ShardOf(const KeyId& id);

  std::array<Shard, kShards> shards_;
};

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_KEY_CACHE_H_
