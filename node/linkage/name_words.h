// SPDX-License-Identifier: Apache-2.0
//
// Names, documents and telephone numbers as words that find each other. The
// same name is written in several scripts and spellings; what two spellings
// have in common is made here, in two grades:
//
//   exact  NFKC, case folded (Unicode TR 15, TR 44), into Latin letters as ICU
//          transliterates (Russian letters by the BGN rules), marks, hyphens
//          and apostrophes removed: a to z and digits.
//   loose  the exact word without its vowels but for one at the start, with
//          letters written once that are doubled or written differently by
//          different romanisations ("kh" and "h", "q" and "k", "sh" and a
//          Turkish s). So words from scripts that write no vowels are found.
//
// Loose words bring together names that are different ("Marina", "Moran"):
// they find candidates and decide nothing. Pure; thread-safe.
#ifndef AMPARO_NODE_LINKAGE_NAME_WORDS_H_
#define AMPARO_NODE_LINKAGE_NAME_WORDS_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace amparo::linkage {

// One word of a name: what it can be looked for by, the first as it stands.
// More than one where an article may be part of the word ("الحسن").
struct NameWord {
  std::vector<std::string> exact;
  std::vector<std::string> loose;  // Of each exact word its loose form.
};

// The words of what somebody typed, in any order and script; particles
// (particles.txt) are left out unless there is nothing else. Words without a
// letter or digit are no words, so the answer may be empty. kInternal when
// ICU's data are not installed.
absl::StatusOr<std::vector<NameWord>> WordsOfName(absl::string_view name);

// Adds the exact words by which a stored name is to be found, of one writing of
// it: every word, the parts of a word that is several Han characters, and both
// orders of given and family names written as one word. What they are found by
// more loosely is the LooseForm of each.
absl::Status AddSpellings(absl::string_view given_names,
                          absl::string_view family_names,
                          std::set<std::string>& spellings);

// The loose form of an exact word.
std::string LooseForm(absl::string_view exact);

// The number of a document: letters and digits as above, upper case, without
// anything between them. Empty when there are none.
absl::StatusOr<std::string> DocumentForm(absl::string_view number);

// The last nine digits, so that a country's prefix and a leading zero do not
// matter; empty when there are fewer than six.
std::string TelephoneForm(absl::string_view number);

}  // namespace amparo::linkage

#endif  // AMPARO_NODE_LINKAGE_NAME_WORDS_H_
