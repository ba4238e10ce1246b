// SPDX-License-Identifier: Apache-2.0
#include "node/storage/key_book.h"

#include <algorithm>
#include <cstring>

#include "crypto/aead/aead.h"
#include "node/storage/sealed_value.h"

namespace amparo::storage {
namespace {

constexpr size_t kKeysTogether = 128;                 // A page.
constexpr size_t kBytesEach = 256 / KeyBook::kParts;  // Of an id's first byte.

}  // namespace

std::string KeyBook::FirstOf(size_t part) {
  if (part == 0 || part >= kParts) return "";
  return std::string(1, static_cast<char>(part * kBytesEach));
}

size_t KeyBook::size() const {
  size_t size = 0;
  for (const Part& part : parts_) size += part.ids.size();
  return size;
}

void KeyBook::Add(size_t part, const KeyId& id, const crypto::Secret& key) {
  if (key.size() != crypto::kAeadKeySize) return;
  Part& into = parts_[part];
  const size_t at = into.ids.size() % kKeysTogether;
  if (at == 0) {
    into.keys.push_back(
        crypto::Secret::Zeroed(kKeysTogether * crypto::kAeadKeySize));
  }
  std::memcpy(into.keys.back().mutable_bytes() + at * crypto::kAeadKeySize,
              key.Reveal().data(), crypto::kAeadKeySize);
  into.ids.push_back(id);
}

std::optional<std::string> KeyBook::Open(TableId table,
                                         absl::string_view row_key,
                                         uint32_t schema_version,
                                         absl::string_view stored) const {
  const absl::StatusOr<KeyId> id = KeyOfValue(stored);
  if (!id.ok()) return std::nullopt;
  // The id stands behind the version.
  const Part& part = parts_[static_cast<uint8_t>(stored[1]) / kBytesEach];
  const auto found = std::lower_bound(part.ids.begin(), part.ids.end(), *id);
  if (found == part.ids.end() || *found != *id) return std::nullopt;
  const auto at = static_cast<size_t>(found - part.ids.begin());
  const absl::StatusOr<crypto::Aes256Gcm> key =
      crypto::Aes256Gcm::Create(part.keys[at / kKeysTogether].Reveal().substr(
          at % kKeysTogether * crypto::kAeadKeySize, crypto::kAeadKeySize));
  if (!key.ok()) return std::nullopt;
  absl::StatusOr<std::string> plain =
      OpenValue(*key, {table, row_key, schema_version}, stored);
  if (!plain.ok()) return std::nullopt;
  return *std::move(plain);
}

}  // namespace amparo::storage
