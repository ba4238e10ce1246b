// SPDX-License-Identifier: Apache-2.0
//
// How the words of CTDC-63, CTDC-27 and HTCDS 2.0 lead to each other. Data:
// crosswalk.tsv. Pure functions of a profile's values; nothing here is stored.
//
// The rules (domain rules of the standards, none of them a guess):
// - 63 columns to 27 is OR. OR over no and unknown is unknown unless all are
//   no.
// - A composite is never expanded: that one of several means was used does not
//   say which.
// - A code that was selected in a multi-select is yes. One that was not is
//   unknown, unless the source says that every code was asked about.
#ifndef AMPARO_NODE_VOCABULARY_CROSSWALK_H_
#define AMPARO_NODE_VOCABULARY_CROSSWALK_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::vocabulary {

// The values of one profile, sorted by variable and code.
using Pairs = absl::Span<const Coded>;

// Those of one variable; empty when it was not recorded.
Pairs ValuesOf(Pairs pairs, absl::string_view variable);

// Of three-valued flags, at least one: yes when any is yes, no when all are
// no, unknown otherwise. What was not recorded is unknown.
absl::string_view AnyOf(absl::Span<const absl::string_view> flags);
// Yes when all are yes, no when any is no, unknown otherwise.
absl::string_view AllOf(absl::Span<const absl::string_view> flags);

// Immutable, thread-safe.
class Crosswalk {
 public:
  Crosswalk(Crosswalk&&) = default;
  Crosswalk& operator=(Crosswalk&&) = default;

  // Made at the first call; lives as long as the process.
  static const Crosswalk& BuiltIn();

  // For tests: lines as in crosswalk.tsv. kInternal names the line: another
  // form, an unknown variable or code, a flag that is none, a composite of
  // composites.
  static absl::StatusOr<Crosswalk> Parse(const Lists& lists,
                                         absl::string_view text);

  // What the whole profile says of a flag or composite: kYes, kNo or kUnknown.
  // Yes when the flag, a code that says it, or a part of the composite does;
  // else what was recorded; else no when all parts of a composite are no.
  absl::string_view Flag(Pairs pairs, absl::string_view flag) const;

  // The codes of a variable that the whole profile says, recorded or by flags,
  // without unknown; sorted. For "typeOfSex" those whose flag is yes. Flags
  // speak for a variable that takes one code only where none was recorded;
  // several codes then mean that they do not decide it.
  std::vector<absl::string_view> Selected(Pairs pairs,
                                          absl::string_view variable) const;

  // Whether a rule, "none" included, says what the code means in flags.
  bool Decides(absl::string_view variable, absl::string_view code) const;

  // How a file of the standard spells a code of a list; null when as it is.
  const std::string* Spelling(absl::string_view standard,
                              absl::string_view list,
                              absl::string_view code) const;

 private:
  struct Step {
    std::string variable;
    std::string code;
    std::string flag;
    bool adds = true;  // To what was recorded: the variable takes several.
  };

  Crosswalk() = default;
  absl::Status Add(const Lists& lists, const std::vector<std::string>& cells);

  absl::flat_hash_map<std::string, std::vector<std::string>> composites_;
  // By flag: codes that say it. By variable: codes that flags say.
  absl::flat_hash_map<std::string, std::vector<Step>> into_;
  absl::flat_hash_map<std::string, std::vector<Step>> from_;
  absl::flat_hash_map<std::string, bool> decided_;  // "variable code"
  absl::flat_hash_map<std::string, std::string> spellings_;
};

}  // namespace amparo::vocabulary

#endif  // AMPARO_NODE_VOCABULARY_CROSSWALK_H_
