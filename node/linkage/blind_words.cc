// SPDX-License-Identifier: Apache-2.0
#include "node/linkage/blind_words.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::linkage {
namespace {

using storage::TableId;

constexpr size_t kTokenBytes = 16;
constexpr size_t kSpellingBytes = 4;

std::string Blinded(const storage::Vault& vault, WordKind kind,
                    absl::string_view text) {
  std::string value;
  crypto::AppendU8(&value, static_cast<uint8_t>(kind));
  value.append(text.data(), text.size());
  return vault.BlindIndex(TableId::kBlindWords, value);
}

// What a row key begins with, and one of the spellings in its value.
struct Token {
  std::string word;
  std::string spelling;  // Empty: any.

  friend bool operator<(const Token& a, const Token& b) {
    return std::tie(a.word, a.spelling) < std::tie(b.word, b.spelling);
  }
  friend bool operator==(const Token& a, const Token& b) {
    return a.word == b.word && a.spelling == b.spelling;
  }
};

std::string SpellingOf(const storage::Vault& vault, const Word& word) {
  return Blinded(vault, WordKind::kSpelling, word.spelling)
      .substr(0, kSpellingBytes);
}

std::vector<Token> TokensOf(const storage::Vault& vault,
                            const std::vector<Word>& group) {
  std::vector<Token> tokens;
  for (const Word& word : group) {
    tokens.push_back(
        {Blinded(vault, word.kind, word.text).substr(0, kTokenBytes),
         word.spelling.empty() ? "" : SpellingOf(vault, word)});
  }
  std::sort(tokens.begin(), tokens.end());
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  return tokens;
}

// Whether a row's value is of somebody who has the token.
bool Has(const Token& token, absl::string_view value) {
  if (token.spelling.empty()) return true;
  for (; value.size() >= kSpellingBytes; value.remove_prefix(kSpellingBytes)) {
    if (value.substr(0, kSpellingBytes) == token.spelling) return true;
  }
  return false;
}

// Holders of any of the tokens, ascending; nullopt when they are too many.
absl::StatusOr<std::optional<std::vector<std::string>>> HoldersOf(
    const storage::Reader& reader, const std::vector<Token>& tokens) {
  std::vector<std::string> holders;
  size_t rows = 0;
  const auto too_many = [&] {
    return holders.size() > kHoldersReadMax || rows > kRowsReadMax;
  };
  for (const Token& token : tokens) {
    RETURN_IF_ERROR(reader.ScanPrefix(
        TableId::kBlindWords, token.word,
        [&](absl::string_view key,
            absl::string_view value) -> absl::StatusOr<bool> {
          ASSIGN_OR_RETURN(std::string holder, HolderOf(key, value));
          ++rows;
          if (Has(token, value)) holders.push_back(std::move(holder));
          return !too_many();
        }));
    if (too_many()) return std::optional<std::vector<std::string>>();
  }
  std::sort(holders.begin(), holders.end());
  holders.erase(std::unique(holders.begin(), holders.end()), holders.end());
  return std::optional<std::vector<std::string>>(std::move(holders));
}

// Keeps of `found` those who hold any of the tokens.
absl::Status KeepHolders(const storage::Reader& reader,
                         const std::vector<Token>& tokens,
                         std::vector<std::string>& found) {
  std::vector<bool> holds(found.size(), false);
  for (const Token& token : tokens) {
    std::vector<std::string> keys;
    keys.reserve(found.size());
    for (const std::string& holder : found) keys.push_back(token.word + holder);
    const auto rows = reader.GetAll(TableId::kBlindWords, keys);
    for (size_t i = 0; i < rows.size(); ++i) {
      RETURN_IF_ERROR(rows[i].status());
      holds[i] = holds[i] || (rows[i]->has_value() && Has(token, **rows[i]));
    }
  }
  std::vector<std::string> kept;
  for (size_t i = 0; i < found.size(); ++i) {
    if (holds[i]) kept.push_back(std::move(found[i]));
  }
  found = std::move(kept);
  return absl::OkStatus();
}

}  // namespace

WordRows RowsOf(const storage::Vault& vault, const std::set<Word>& words,
                absl::string_view holder) {
  WordRows rows;
  // The spellings of one word are next to each other.
  for (auto word = words.begin(); word != words.end();) {
    const std::string blinded = Blinded(vault, word->kind, word->text);
    std::set<std::string> spellings;
    const Word& first = *word;
    for (; word != words.end() && word->kind == first.kind &&
           word->text == first.text;
         ++word) {
      // As long for a number as for a name, so that rows look alike.
      spellings.insert(word->spelling.empty()
                           ? blinded.substr(kTokenBytes, kSpellingBytes)
                           : SpellingOf(vault, *word));
    }
    rows[absl::StrCat(blinded.substr(0, kTokenBytes), holder)] =
        absl::StrJoin(spellings, "");
  }
  return rows;
}

absl::StatusOr<std::string> HolderOf(absl::string_view row_key,
                                     absl::string_view value) {
  if (row_key.size() != kTokenBytes + kHolderBytes || value.empty() ||
      value.size() % kSpellingBytes != 0) {
    return Error(Reason::kRecordDamaged,
                 "a row of the index of words has another form");
  }
  return std::string(row_key.substr(kTokenBytes));
}

void ChangeHolder(storage::Batch& batch, const storage::Vault& vault,
                  const std::set<Word>& before, const std::set<Word>& now,
                  absl::string_view holder) {
  const WordRows had = RowsOf(vault, before, holder);
  const WordRows has = RowsOf(vault, now, holder);
  for (const auto& [key, value] : had) {
    if (has.count(key) == 0) batch.Delete(TableId::kBlindWords, key);
  }
  for (const auto& [key, value] : has) {
    const auto old = had.find(key);
    if (old != had.end() && old->second == value) continue;
    batch.Put(TableId::kBlindWords, key, value);
  }
}

absl::StatusOr<std::vector<std::string>> FindHolders(
    const storage::Reader& reader, const storage::Vault& vault,
    absl::Span<const std::vector<Word>> groups) {
  std::optional<std::vector<std::string>> found;
  std::vector<std::vector<Token>> frequent;
  for (const std::vector<Word>& group : groups) {
    std::vector<Token> tokens = TokensOf(vault, group);
    ASSIGN_OR_RETURN(auto holders, HoldersOf(reader, tokens));
    if (!holders.has_value()) {
      frequent.push_back(std::move(tokens));
    } else if (!found.has_value()) {
      found = std::move(holders);
    } else {
      std::vector<std::string> both;
      std::set_intersection(found->begin(), found->end(), holders->begin(),
                            holders->end(), std::back_inserter(both));
      found = std::move(both);
    }
  }
  if (!found.has_value()) {
    if (frequent.empty()) return std::vector<std::string>();
    return Error(Reason::kLimitExceeded,
                 "too many persons have these words: search for more words of "
                 "the name, or for a document");
  }
  for (const std::vector<Token>& tokens : frequent) {
    RETURN_IF_ERROR(KeepHolders(reader, tokens, *found));
  }
  return *std::move(found);
}

}  // namespace amparo::linkage
