// SPDX-License-Identifier: Apache-2.0
//
// The words of the field: code lists with id, version, source and licence, and
// the variables that take their values from them. Lists are data files in
// node/vocabulary/lists, built into the program; a new variable is a new row
// there and no new code. Nothing is ever guessed: a value that is in no list
// is refused and the refusal names the variable (domain rule "fail closed").
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
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace amparo::vocabulary {

inline constexpr absl::string_view kYes = "1";
inline constexpr absl::string_view kNo = "0";
inline constexpr absl::string_view kUnknown = "-99";

// One value of a list.
struct Code {
  std::string code;   // What is stored and sent.
  std::string label;  // English, for people.
  // Other spellings that mean exactly this: alpha-2 for a country, "09--17"
  // for an age band, a withdrawn code with one successor.
  std::vector<std::string> aliases;
};

// A code list. Immutable.
class List {
 public:
  // Parses one list file: lines "# id: ...", "# version: ...",
  // "# source: ...", "# licence: ..." (all four), then one code a line:
  // code TAB label [TAB alias;alias...]. kInternal names the line when a code
  // or alias occurs twice or the file has another form.
  static absl::StatusOr<List> Parse(absl::string_view text);

  const std::string& id() const { return id_; }
  const std::string& version() const { return version_; }
  const std::string& source() const { return source_; }
  const std::string& licence() const { return licence_; }
  absl::Span<const Code> codes() const { return codes_; }

  // The code that `text` is, or is an alias of; null when there is none. Case
  // and white space count.
  const Code* Find(absl::string_view text) const;

 private:
  std::string id_, version_, source_, licence_;
  std::vector<Code> codes_;
  absl::flat_hash_map<std::string, size_t> by_text_;
};

// What a profile can hold a value of.
struct Variable {
  std::string name;
  const List* list = nullptr;
  // Several codes may hold at once.
  bool multiple = false;
  // Computed from other variables; never stored, so Check refuses it.
  bool derived = false;
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
  // "single" | "multiple" | "derived".
  static absl::StatusOr<Lists> Parse(absl::Span<const absl::string_view> lists,
                                     absl::string_view variables);

  // The variable's code for `text`, in its one stored spelling. kColumnUnknown
  // when there is no such variable (the message names it only if it is one a
  // list could hold: letters and digits), kFieldInvalid for a derived one,
  // kCodeUnknown naming the variable, never the value, otherwise.
  absl::StatusOr<Coded> Check(absl::string_view variable,
                              absl::string_view text) const;

  // Null when there is none.
  const Variable* FindVariable(absl::string_view name) const;
  const List* FindList(absl::string_view id) const;

  // The code of a list that is no variable of a profile ("service-type").
  // `field` is what the error names.
  absl::StatusOr<absl::string_view> CheckCode(absl::string_view list,
                                              absl::string_view text,
                                              absl::string_view field) const;

  // English label, or the code itself when it is not known (for display only).
  absl::string_view Label(absl::string_view variable,
                          absl::string_view code) const;

  // All variables, by name.
  std::vector<const Variable*> Variables() const;
  // All lists, by id.
  std::vector<const List*> All() const;

  // "list@version" of every list a variable uses, joined with spaces, in
  // order: what a release says it was counted with.
  std::string Versions() const;

 private:
  Lists() = default;

  // Nodes do not move, so views into them stay good.
  absl::node_hash_map<std::string, List> lists_;
  absl::node_hash_map<std::string, Variable> variables_;
};

}  // namespace amparo::vocabulary

#endif  // AMPARO_NODE_VOCABULARY_VOCABULARY_H_
