// SPDX-License-Identifier: Apache-2.0
#include "node/linkage/blind_words.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::linkage {
namespace {

using storage::TableId;

constexpr size_t kTokenBytes = 16;

std::string Token(const storage::Vault& vault, const Word& word) {
  std::string value;
  crypto::AppendU8(&value, static_cast<uint8_t>(word.kind));
  value += word.text;
  return vault.BlindIndex(TableId::kBlindWords, value).substr(0, kTokenBytes);
}

std::vector<std::string> TokensOf(const storage::Vault& vault,
                                  const std::vector<Word>& group) {
  std::vector<std::string> tokens;
  for (const Word& word : group) tokens.push_back(Token(vault, word));
  std::sort(tokens.begin(), tokens.end());
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  return tokens;
}

// Holders of any of the tokens, ascending; nullopt when they are too many.
absl::StatusOr<std::optional<std::vector<std::string>>> HoldersOf(
    const storage::Reader& reader, const std::vector<std::string>& tokens) {
  std::vector<std::string> holders;
  for (const std::string& token : tokens) {
    RETURN_IF_ERROR(reader.ScanPrefix(
        TableId::kBlindWords, token,
        [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
          ASSIGN_OR_RETURN(std::string holder, HolderOf(key));
          holders.push_back(std::move(holder));
          return holders.size() <= kHoldersReadMax;
        }));
    if (holders.size() > kHoldersReadMax) {
      return std::optional<std::vector<std::string>>();
    }
  }
  std::sort(holders.begin(), holders.end());
  holders.erase(std::unique(holders.begin(), holders.end()), holders.end());
  return std::optional<std::vector<std::string>>(std::move(holders));
}

// Keeps of `found` those who hold any of the tokens.
absl::Status KeepHolders(const storage::Reader& reader,
                         const std::vector<std::string>& tokens,
                         std::vector<std::string>& found) {
  std::vector<bool> holds(found.size(), false);
  for (const std::string& token : tokens) {
    std::vector<std::string> keys;
    keys.reserve(found.size());
    for (const std::string& holder : found) keys.push_back(token + holder);
    const auto rows = reader.GetAll(TableId::kBlindWords, keys);
    for (size_t i = 0; i < rows.size(); ++i) {
      RETURN_IF_ERROR(rows[i].status());
      holds[i] = holds[i] || rows[i]->has_value();
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

std::string BlindWordKey(const storage::Vault& vault, const Word& word,
                         absl::string_view holder) {
  return Token(vault, word).append(holder.data(), holder.size());
}

absl::StatusOr<std::string> HolderOf(absl::string_view row_key) {
  if (row_key.size() != kTokenBytes + kHolderBytes) {
    return Error(Reason::kRecordDamaged,
                 "a row of the index of words has another form");
  }
  return std::string(row_key.substr(kTokenBytes));
}

void AddHolder(storage::Batch& batch, const storage::Vault& vault,
               const std::set<Word>& words, absl::string_view holder) {
  for (const Word& word : words) {
    batch.Put(TableId::kBlindWords, BlindWordKey(vault, word, holder), "");
  }
}

void RemoveHolder(storage::Batch& batch, const storage::Vault& vault,
                  const std::set<Word>& words, absl::string_view holder) {
  for (const Word& word : words) {
    batch.Delete(TableId::kBlindWords, BlindWordKey(vault, word, holder));
  }
}

absl::StatusOr<std::vector<std::string>> FindHolders(
    const storage::Reader& reader, const storage::Vault& vault,
    absl::Span<const std::vector<Word>> groups) {
  std::optional<std::vector<std::string>> found;
  std::vector<std::vector<std::string>> frequent;
  for (const std::vector<Word>& group : groups) {
    std::vector<std::string> tokens = TokensOf(vault, group);
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
  for (const std::vector<std::string>& tokens : frequent) {
    RETURN_IF_ERROR(KeepHolders(reader, tokens, *found));
  }
  return *std::move(found);
}

}  // namespace amparo::linkage
