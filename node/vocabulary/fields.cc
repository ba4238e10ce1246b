// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/fields.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/vocabulary/embedded.h"

namespace amparo::vocabulary {
namespace {

// In the order of the enums.
constexpr absl::string_view kKindNames[] = {"text", "date", "number", "flag",
                                            "one",  "many", "link"};
constexpr absl::string_view kHomeNames[] = {
    "profile",  "computed", "identity",     "case-file",
    "referral", "event",    "support-plan", "risk-assessment",
    "note",     "consent",  "third-person", "organisation"};

// The place of `name` in `names`.
template <size_t N>
absl::StatusOr<size_t> PlaceIn(const absl::string_view (&names)[N],
                               absl::string_view name) {
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == name) return i;
  }
  return Error(Reason::kInternal, absl::StrCat("unknown word ", name));
}

// Whether the profile has the variable, or all flags, that the field names.
bool IsInProfile(const Lists& lists, const Field& field) {
  if (lists.FindVariable(field.part) != nullptr) return true;
  if (field.kind != FieldKind::kMany || field.list == nullptr) return false;
  for (const Code& code : field.list->codes()) {
    const std::string flag = absl::StrCat(field.part, code.code);
    if (lists.FindVariable(flag) == nullptr) return false;
  }
  return true;
}

absl::StatusOr<Field> ReadField(const Lists& lists, absl::string_view line) {
  const std::vector<std::string> cells = absl::StrSplit(line, '\t');
  if (cells.size() != 9) {
    return Error(Reason::kInternal, "must have nine cells");
  }
  Field field;
  field.standard = cells[0];
  if (cells[1] != "-") field.section = cells[1];
  field.name = cells[2];
  ASSIGN_OR_RETURN(const size_t kind, PlaceIn(kKindNames, cells[3]));
  field.kind = static_cast<FieldKind>(kind);
  if (cells[4] != "-") {
    field.list = lists.FindList(cells[4]);
    if (field.list == nullptr) {
      return Error(Reason::kInternal, "unknown list");
    }
  }
  field.core = cells[5] == "core";
  field.deprecated = cells[6] == "deprecated";
  field.alias = cells[6] == "alias";
  if (!field.deprecated && !field.alias && cells[6] != "current") {
    return Error(Reason::kInternal, "unknown state");
  }
  ASSIGN_OR_RETURN(const size_t home, PlaceIn(kHomeNames, cells[7]));
  field.home = static_cast<Home>(home);
  field.part = cells[8];
  const Variable* const variable = lists.FindVariable(field.part);
  const bool derived = variable != nullptr && variable->derived;
  if ((field.home == Home::kProfile &&
       (derived || !IsInProfile(lists, field))) ||
      (field.home == Home::kComputed && !derived)) {
    return Error(Reason::kInternal, "its part is no such variable");
  }
  return field;
}

}  // namespace

absl::string_view Name(FieldKind kind) {
  return kKindNames[static_cast<size_t>(kind)];
}

absl::string_view Name(Home home) {
  return kHomeNames[static_cast<size_t>(home)];
}

const Fields& Fields::BuiltIn() {
  static const Fields* const fields =
      new Fields(embedded::Sound(Parse(Lists::BuiltIn(), embedded::kFields)));
  return *fields;
}

absl::StatusOr<Fields> Fields::Parse(const Lists& lists,
                                     absl::string_view text) {
  Fields all;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    absl::StatusOr<Field> field = ReadField(lists, line);
    const bool fresh =
        field.ok() &&
        all.by_name_
            .emplace(absl::StrCat(field->standard, " ", field->name),
                     all.fields_.size())
            .second;
    if (!fresh) {
      return Error(Reason::kInternal,
                   absl::StrCat("fields, line ", number, ": ",
                                field.ok() ? "a field stands twice"
                                           : field.status().message()));
    }
    all.fields_.push_back(*std::move(field));
  }
  return all;
}

const Field* Fields::Find(absl::string_view standard,
                          absl::string_view name) const {
  const auto found = by_name_.find(absl::StrCat(standard, " ", name));
  return found == by_name_.end() ? nullptr : &fields_[found->second];
}

}  // namespace amparo::vocabulary
