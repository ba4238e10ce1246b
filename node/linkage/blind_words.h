// SPDX-License-Identifier: Apache-2.0
//
// A blind index from words to those who have them: persons by the words of
// their names, their documents and telephones. A row of kBlindWords is
//
//   key    first 16 bytes of HMAC-SHA256 of (u8 kind, word), under the table's
//          own blind-index key; 16 bytes of the holder's id
//   value  4 bytes for each spelling of the word that the holder has, ascending
//
// Who has the disk without its keys learns how many words there are, how many
// holders each has and which holders share one, and no word. README.md says
// what follows from that.
#ifndef AMPARO_NODE_LINKAGE_BLIND_WORDS_H_
#define AMPARO_NODE_LINKAGE_BLIND_WORDS_H_

#include <cstddef>
#include <cstdint>
#include <map>
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

// Frozen: part of what a row is made of. The same text of two kinds has two
// keys.
enum class WordKind : uint8_t {
  kName = 1,
  kSpelling = 2,  // Of a name; no word of its own.
  kDocument = 3,
  kTelephone = 4,
};

// A word somebody is found by, as name_words.h makes it; not empty.
struct Word {
  WordKind kind;
  std::string text;
  // Of the words of names, which are loose ones: the exact word that was
  // written. Empty: of a holder, the word itself; of who is looked for, any.
  std::string spelling = {};

  friend bool operator<(const Word& a, const Word& b) {
    return std::tie(a.kind, a.text, a.spelling) <
           std::tie(b.kind, b.text, b.spelling);
  }
};

inline constexpr size_t kHolderBytes = 16;

// The rows of one holder: values by row key, one for each word, whatever its
// spellings.
using WordRows = std::map<std::string, std::string>;
WordRows RowsOf(const storage::Vault& vault, const std::set<Word>& words,
                absl::string_view holder);
// The holder in a row; kRecordDamaged when key or value has another form.
absl::StatusOr<std::string> HolderOf(absl::string_view row_key,
                                     absl::string_view value);

// Writes to `batch` what a holder's rows have to become; only what differs.
void ChangeHolder(storage::Batch& batch, const storage::Vault& vault,
                  const std::set<Word>& before, const std::set<Word>& now,
                  absl::string_view holder);

// Ids of the holders that have of each group at least one word, ascending.
// Reads up to kHoldersReadMax rows of each group: of a word that more have
// than that, only whether those found by the other groups have it. When every
// group has more, kLimitExceeded asks for another word. No group: nobody.
// For a spelling up to kRowsReadMax rows of what sounds like it are read.
inline constexpr size_t kHoldersReadMax = 20000;
inline constexpr size_t kRowsReadMax = 100000;
absl::StatusOr<std::vector<std::string>> FindHolders(
    const storage::Reader& reader, const storage::Vault& vault,
    absl::Span<const std::vector<Word>> groups);

}  // namespace amparo::linkage

#endif  // AMPARO_NODE_LINKAGE_BLIND_WORDS_H_
