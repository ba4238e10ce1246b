// SPDX-License-Identifier: Apache-2.0
#include "node/storage/key_cache.h"

#include "absl/hash/hash.h"

namespace amparo::storage {

KeyCache::Shard& KeyCache::ShardOf(const KeyId& id) {
  return shards_[absl::Hash<KeyId>()(id) % kShards];
}

DataKey KeyCache::Find(const KeyId& id) {
  Shard& shard = ShardOf(id);
  absl::MutexLock lock(&shard.mutex);
  const auto place = shard.places.find(id);
  if (place == shard.places.end()) return nullptr;
  shard.recent.splice(shard.recent.begin(), shard.recent, place->second);
  return place->second->second;
}

void KeyCache::Insert(const KeyId& id, DataKey key) {
  Shard& shard = ShardOf(id);
  absl::MutexLock lock(&shard.mutex);
  if (shard.barred.contains(id) || shard.places.contains(id)) return;
  shard.recent.emplace_front(id, std::move(key));
  shard.places[id] = shard.recent.begin();
  if (shard.recent.size() <= kKeysPerShard) return;
  shard.places.erase(shard.recent.back().first);
  shard.recent.pop_back();
}

void KeyCache::Bar(const KeyId& id) {
  Shard& shard = ShardOf(id);
  absl::MutexLock lock(&shard.mutex);
  shard.barred.insert(id);
  const auto place = shard.places.find(id);
  if (place == shard.places.end()) return;
  shard.recent.erase(place->second);
  shard.places.erase(place);
}

}  // namespace amparo::storage
