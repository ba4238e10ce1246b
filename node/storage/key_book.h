// SPDX-License-Identifier: Apache-2.0
//
// Data keys of a part of a store, unwrapped and together in memory. Tables are
// in the order of random ids, each of its own kind: whoever opens every row of
// one would look up each key by itself, all over the table of keys, which took
// longer than all the rest. A book reads that table in its order instead.
//
// A key that is deleted meanwhile stays in the book, as its row stays in the
// snapshot the book was read from. Make it for one pass, and drop it.
#ifndef AMPARO_NODE_STORAGE_KEY_BOOK_H_
#define AMPARO_NODE_STORAGE_KEY_BOOK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "crypto/base/secret.h"
#include "node/base/ids.h"
#include "node/storage/tables.h"

namespace amparo::storage {

// Made by Vault::ReadKeys. Thread-safe once it is made; takes 48 bytes a key,
// and wipes them when it ends.
class KeyBook {
 public:
  // Ids are random: the first bits cut them, and every table whose keys begin
  // with one, into parts of the same size.
  static constexpr size_t kParts = 64;
  // The first row key of a part; empty for the first part, and for what is
  // behind the last. For Reader::Scan.
  static std::string FirstOf(size_t part);

  // The plaintext of a stored value; nullopt when its key is in another part,
  // or when Vault::Open would not open it.
  std::optional<std::string> Open(TableId table, absl::string_view row_key,
                                  uint32_t schema_version,
                                  absl::string_view stored) const;
  size_t size() const;

  // For the vault: ids in ascending order, a part by one thread at a time.
  void Add(size_t part, const KeyId& id, const crypto::Secret& key);

 private:
  struct Part {
    std::vector<KeyId> ids;
    std::vector<crypto::Secret> keys;  // Many in each, in the order of ids.
  };
  std::array<Part, kParts> parts_;
};

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_KEY_BOOK_H_
