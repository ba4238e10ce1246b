// SPDX-License-Identifier: Apache-2.0
//
// Labels of codes in the seven languages of the console: English stands in the
// lists, the others in labels/*.tsv, keyed by the English text so that a word
// that several lists share is translated once; names of places and languages
// come from iso-codes. For display only: no label is ever stored or compared.
#ifndef AMPARO_NODE_VOCABULARY_LABELS_H_
#define AMPARO_NODE_VOCABULARY_LABELS_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/vocabulary/code_list.h"
#include "node/vocabulary/iso_names.h"

namespace amparo::vocabulary {

class Lists;

// "en", "es", "fr", "ru", "zh", "ar", "prs" (Dari).
absl::Span<const absl::string_view> LabelLanguages();

// The one of them that `text` means: itself, one with a region after it
// ("fr-CA"), and "fa" for Dari; "en" when it is empty. kFieldInvalid naming
// `field` and the languages otherwise.
absl::StatusOr<absl::string_view> LabelLanguage(absl::string_view text,
                                                absl::string_view field);

// Immutable but for the names it has read; thread-safe.
class Labels {
 public:
  // The built-in translations, with iso-codes where Debian installs it. Made at
  // the first call; lives as long as the process.
  static const Labels& BuiltIn();

  // For tests: names from another folder (iso_names.h).
  explicit Labels(std::string share);

  // The label of a code of `list`. `language` is one of LabelLanguages();
  // English, then the code, where there is none.
  std::string Of(const List& list, const Code& code,
                 absl::string_view language) const;

  // The English label of a code of a variable of `lists`; the code itself where
  // that is not known. For display only.
  std::string Of(const Lists& lists, absl::string_view variable,
                 absl::string_view code) const;

  // The translation of an English label; null when there is none. Never for
  // "en".
  const std::string* Translation(absl::string_view language,
                                 absl::string_view english) const;

  const IsoNames& names() const { return names_; }

 private:
  using Texts = absl::flat_hash_map<std::string, std::string>;

  const IsoNames names_;
  absl::flat_hash_map<std::string, Texts> texts_;  // By language.
};

// The lines of a labels file, "English TAB translation". kInternal names the
// line that has another form or stands twice.
absl::StatusOr<absl::flat_hash_map<std::string, std::string>> ParseLabels(
    absl::string_view text);

}  // namespace amparo::vocabulary

#endif  // AMPARO_NODE_VOCABULARY_LABELS_H_
