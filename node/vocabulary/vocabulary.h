// SPDX-License-Identifier: Apache-2.0
//
// The words of the field: all code lists, and the variables of a profile that
// take their values from them. Both are data built into the program; a new
// variable is a new row and no new code. Nothing is ever guessed: a value that
// is in no list is refused and the refusal names the variable (domain rule
// "fail closed").
//
// Names are those of CTDC (variables, flags) and HTCDS 2.0 (pick lists), with
// their irregular capitals. Flags have three values for ever: "1" yes, "0" no,
// "-99" unknown; no and unknown are never merged. "-99" means unknown in every
// list of a variable that people are counted by.
#ifndef AMPARO_NODE_VOCABULARY_VOCABULARY_H_
#define AMPARO_NODE_VOCABULARY_VOCABULARY_H_

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/vocabulary/code_list.h"

namespace amparo::vocabulary {

inline constexpr absl::string_view kYes = "1";
inline constexpr absl::string_view kNo = "0";
inline constexpr absl::string_view kUnknown = "-99";

// What a profile can hold a value of.
struct Variable {
  std::string name;
  const List* list = nullptr;
  // Several codes may hold at once.
  bool multiple = false;
  // Computed from other variables (derived.h); never stored, so Check refuses
  // it.
  bool derived = false;
  // Names that other releases of a standard give it.
  std::vector<std::string> aliases;
};

// A checked value: both views point into the lists and live as long as they.
struct Coded {
  absl::string_view variable;
  absl::string_view code;

  friend bool operator==(const Coded& a, const Coded& b) {
    return a.variable == b.variable && a.code == b.code;
  }
  friend bool operator<(const Coded& a, const Coded& b) {
    return std::tie(a.variable, a.code) < std::tie(b.variable, b.code);
  }
};

// All lists and variables. Immutable, thread-safe.
class Lists {
 public:
  // Moved, never copied: what was handed out points into it.
  Lists(Lists&&) = default;
  Lists& operator=(Lists&&) = default;

  // Those built into the program. Live as long as the process, so every Coded
  // they hand out does too.
  static const Lists& BuiltIn();

  // For tests: `variables` has one variable a line: name TAB list id TAB
  // "single" | "multiple" | "derived" [TAB alias;alias...], and perhaps the
  // line "# edition: N" (1 without it).
  static absl::StatusOr<Lists> Parse(absl::Span<const absl::string_view> lists,
                                     absl::string_view variables);

  // The variable's code for `text` as new input, in its one stored spelling.
  // kColumnUnknown when there is no such variable (the message names it only
  // if it is one a list could hold: letters and digits), kFieldInvalid for a
  // derived one, otherwise kCodeUnknown naming the variable, the list and its
  // version, never the value: no such code, or one that was withdrawn.
  absl::StatusOr<Coded> Check(absl::string_view variable,
                              absl::string_view text) const;

  // The same for what was recorded before: withdrawn codes are still read.
  absl::StatusOr<Coded> CheckRecorded(absl::string_view variable,
                                      absl::string_view text) const;

  // The number of this vocabulary as a whole, from 1. It grows whenever a
  // code, a list or a variable comes or is withdrawn; a record keeps the one
  // it was made with.
  uint32_t edition() const { return edition_; }
  // Whether a record of `edition` can be read: kRecordDamaged for 0 and for
  // editions that a later program made, naming both numbers.
  absl::Status CheckEdition(uint32_t edition) const;

  // By name or alias; null when there is none.
  const Variable* FindVariable(absl::string_view name) const;
  const List* FindList(absl::string_view id) const;

  // The code of a list that is no variable of a profile ("service-type"), as
  // new input. `field` is what the error names.
  absl::StatusOr<absl::string_view> CheckCode(absl::string_view list,
                                              absl::string_view text,
                                              absl::string_view field) const;

  // All variables, by name.
  std::vector<const Variable*> Variables() const;
  // All lists, by id.
  std::vector<const List*> All() const;

  // "list@version" of every list a variable uses, joined with spaces, in
  // order: what a release says it was counted with.
  std::string Versions() const;

 private:
  Lists() = default;
  absl::Status AddVariable(absl::string_view line);
  absl::StatusOr<Coded> CheckAs(absl::string_view variable,
                                absl::string_view text, bool recorded) const;

  uint32_t edition_ = 1;
  // Nodes do not move, so views into them stay good.
  absl::node_hash_map<std::string, List> lists_;
  absl::node_hash_map<std::string, Variable> variables_;
  absl::flat_hash_map<std::string, const Variable*> aliases_;
};

}  // namespace amparo::vocabulary

#endif  // AMPARO_NODE_VOCABULARY_VOCABULARY_H_
