// SPDX-License-Identifier: Apache-2.0
//
// A blind index from words to those who have them: persons by the words of
// their names, their documents and telephones. A row of kBlindWords is
//
//   first 16 bytes of HMAC-SHA256 of (u8 kind, word), under the table's own
//   blind-index key; 16 bytes of the holder's id; no value
//
// Who has the disk without its keys learns how many words there are, how many
// holders each has and which holders share one, and no word. README.md says
// what follows from that.
#ifndef AMPARO_NODE_LINKAGE_BLIND_WORDS_H_
#define AMPARO_NODE_LINKAGE_BLIND_WORDS_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"

namespace amparo::linkage {

// Frozen: part of what a row's key is made of. The same text of two kinds has
// two keys.
enum class WordKind : uint8_t {
  kLooseName = 1,
  kExactName = 2,
  kDocument = 3,
  kTelephone = 4,
};

struct Word {
  WordKind kind;
  std::string text;  // As name_words.h makes it; not empty.

  friend bool operator<(const Word& a, const Word& b) {
    return std::tie(a.kind, a.text) < std::tie(b.kind, b.text);
  }
};

inline constexpr size_t kHolderBytes = 16;

// The row key: word and holder, of kHolderBytes.
std::string BlindWordKey(const storage::Vault& vault, const Word& word,
                         absl::string_view holder);
// The holder in a row's key; kRecordDamaged when it has another length.
absl::StatusOr<std::string> HolderOf(absl::string_view row_key);

// Adds the rows of one holder to `batch`, or takes them out.
void AddHolder(storage::Batch& batch, const storage::Vault& vault,
               const std::set<Word>& words, absl::string_view holder);
void RemoveHolder(storage::Batch& batch, const storage::Vault& vault,
                  const std::set<Word>& words, absl::string_view holder);

// Ids of the holders that have of each group at least one word, ascending.
// Reads up to kHoldersReadMax rows of each group: of a word that more have
// than that, only whether those found by the other groups have it. When every
// group has more, kLimitExceeded asks for another word. No group: nobody.
inline constexpr size_t kHoldersReadMax = 20000;
absl::StatusOr<std::vector<std::string>> FindHolders(
    const storage::Reader& reader, const storage::Vault& vault,
    absl::Span<const std::vector<Word>> groups);

}  // namespace amparo::linkage

#endif  // AMPARO_NODE_LINKAGE_BLIND_WORDS_H_
