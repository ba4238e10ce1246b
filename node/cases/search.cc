// SPDX-License-Identifier: Apache-2.0
#include "node/cases/search.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/linkage/name_words.h"

namespace amparo::cases {
namespace {

using linkage::Word;
using linkage::WordKind;
using Groups = std::vector<std::vector<Word>>;

// Each word costs a look into the index.
constexpr size_t kQueryWordsMax = 12;

absl::Status CheckLength(absl::string_view field, absl::string_view text) {
  if (text.size() <= limits::kShortTextBytesMax) return absl::OkStatus();
  return FieldError(field, absl::StrCat("must be up to ",
                                        limits::kShortTextBytesMax, " bytes"));
}

absl::Status AddName(const PersonQuery& query, Groups& groups) {
  if (query.name.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckLength("name", query.name));
  ASSIGN_OR_RETURN(const std::vector<linkage::NameWord> words,
                   linkage::WordsOfName(query.name));
  if (words.empty()) return FieldError("name", "must hold a letter");
  if (words.size() > kQueryWordsMax) {
    return FieldError("name",
                      absl::StrCat("must be up to ", kQueryWordsMax, " words"));
  }
  for (const linkage::NameWord& word : words) {
    std::vector<Word>& group = groups.emplace_back();
    for (size_t i = 0; i < word.loose.size(); ++i) {
      group.push_back({WordKind::kName, word.loose[i],
                       query.exact_name ? word.exact[i] : ""});
    }
  }
  return absl::OkStatus();
}

absl::Status AddNumbers(const PersonQuery& query, Groups& groups) {
  if (!query.document.empty()) {
    RETURN_IF_ERROR(CheckLength("document", query.document));
    ASSIGN_OR_RETURN(std::string form, linkage::DocumentForm(query.document));
    if (form.empty()) {
      return FieldError("document", "must hold a letter or digit");
    }
    groups.push_back({{WordKind::kDocument, std::move(form)}});
  }
  if (!query.telephone.empty()) {
    RETURN_IF_ERROR(CheckLength("telephone", query.telephone));
    std::string form = linkage::TelephoneForm(query.telephone);
    if (form.empty()) {
      return FieldError("telephone", "must hold at least six digits");
    }
    groups.push_back({{WordKind::kTelephone, std::move(form)}});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::set<Word>> SearchWords(const Identity& identity) {
  std::set<std::string> spellings;
  RETURN_IF_ERROR(linkage::AddSpellings(identity.given_names,
                                        identity.family_names, spellings));
  RETURN_IF_ERROR(linkage::AddSpellings(identity.given_names_romanised,
                                        identity.family_names_romanised,
                                        spellings));
  std::set<Word> words;
  for (const std::string& exact : spellings) {
    words.insert({WordKind::kName, linkage::LooseForm(exact), exact});
  }
  for (const Document& document : identity.documents) {
    ASSIGN_OR_RETURN(std::string form, linkage::DocumentForm(document.number));
    if (!form.empty()) words.insert({WordKind::kDocument, std::move(form)});
  }
  for (const Contact& contact : identity.contacts) {
    if (contact.type != "TELEPHONE" && contact.type != "MESSENGER") continue;
    std::string form = linkage::TelephoneForm(contact.value);
    if (!form.empty()) words.insert({WordKind::kTelephone, std::move(form)});
  }
  return words;
}

absl::Status IndexIdentity(storage::Batch& batch, const storage::Vault& vault,
                           const SubjectId& subject, const Identity* before,
                           const Identity* now) {
  std::set<Word> old_words;
  std::set<Word> new_words;
  if (before != nullptr) {
    ASSIGN_OR_RETURN(old_words, SearchWords(*before));
  }
  if (now != nullptr) {
    ASSIGN_OR_RETURN(new_words, SearchWords(*now));
  }
  linkage::ChangeHolder(batch, vault, old_words, new_words, subject.bytes());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<SubjectId>> FindPersons(
    const storage::Reader& reader, const storage::Vault& vault,
    const PersonQuery& query) {
  Groups groups;
  RETURN_IF_ERROR(AddName(query, groups));
  RETURN_IF_ERROR(AddNumbers(query, groups));
  if (groups.empty()) {
    return FieldError("query", "must hold a name, a document or a telephone");
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> holders,
                   linkage::FindHolders(reader, vault, groups));
  std::vector<SubjectId> subjects;
  subjects.reserve(holders.size());
  for (const std::string& holder : holders) {
    ASSIGN_OR_RETURN(const SubjectId subject, SubjectId::FromBytes(holder));
    subjects.push_back(subject);
  }
  return subjects;
}

}  // namespace amparo::cases
