// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/labels.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "node/base/errors.h"
#include "node/vocabulary/embedded.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::vocabulary {
namespace {

// Where Debian's packages put what every program may read.
constexpr char kShare[] = "/usr/share";

constexpr absl::string_view kLanguages[] = {"en", "es", "fr", "ru",
                                            "zh", "ar", "prs"};

// The locales of iso-codes that speak a language, best first. Dari is written
// as Persian is, and Debian has no locale of its own for it.
std::vector<absl::string_view> LocalesOf(absl::string_view language) {
  if (language == "en") return {};
  if (language == "zh") return {"zh_CN"};
  if (language == "prs") return {"prs", "fa"};
  return {language};
}

}  // namespace

absl::Span<const absl::string_view> LabelLanguages() { return kLanguages; }

absl::StatusOr<absl::string_view> LabelLanguage(absl::string_view text,
                                                absl::string_view field) {
  const absl::string_view plain = text.substr(0, text.find_first_of("-_"));
  if (text.empty()) return kLanguages[0];
  if (plain == "fa") return absl::string_view("prs");
  for (absl::string_view language : kLanguages) {
    if (plain == language) return language;
  }
  return FieldError(
      field, absl::StrCat("must be one of ", absl::StrJoin(kLanguages, ", ")));
}

const Labels& Labels::BuiltIn() {
  static const Labels* const labels = new Labels(kShare);
  return *labels;
}

Labels::Labels(std::string share) : names_(std::move(share)) {
  const std::pair<absl::string_view, absl::string_view> files[] = {
      {"ar", embedded::kLabelsAr}, {"es", embedded::kLabelsEs},
      {"fr", embedded::kLabelsFr}, {"prs", embedded::kLabelsPrs},
      {"ru", embedded::kLabelsRu}, {"zh", embedded::kLabelsZh}};
  for (const auto& [language, text] : files) {
    texts_.emplace(language, embedded::Sound(ParseLabels(text)));
  }
}

std::string Labels::Of(const List& list, const Code& code,
                       absl::string_view language) const {
  const std::string* const translation = Translation(language, code.label);
  if (translation != nullptr) return *translation;
  if (list.naming() == Naming::kIsoCodes) {
    std::string name = names_.Find(list.id(), code.code, LocalesOf(language));
    if (!name.empty()) return name;
  }
  return code.label;
}

std::string Labels::Of(const Lists& lists, absl::string_view variable,
                       absl::string_view code) const {
  const Variable* const found = lists.FindVariable(variable);
  const Code* const known =
      found == nullptr ? nullptr : found->list->Find(code);
  return known == nullptr ? std::string(code)
                          : Of(*found->list, *known, kLanguages[0]);
}

const std::string* Labels::Translation(absl::string_view language,
                                       absl::string_view english) const {
  const auto texts = texts_.find(language);
  if (texts == texts_.end()) return nullptr;
  const auto text = texts->second.find(english);
  return text == texts->second.end() ? nullptr : &text->second;
}

absl::StatusOr<absl::flat_hash_map<std::string, std::string>> ParseLabels(
    absl::string_view text) {
  absl::flat_hash_map<std::string, std::string> labels;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(line, absl::MaxSplits('\t', 1));
    const bool good = !pair.first.empty() && !pair.second.empty() &&
                      pair.second.find('\t') == absl::string_view::npos &&
                      labels.emplace(pair.first, pair.second).second;
    if (!good) {
      return Error(Reason::kInternal,
                   absl::StrCat("labels, line ", number,
                                ": must be English and one translation"));
    }
  }
  return labels;
}

}  // namespace amparo::vocabulary
