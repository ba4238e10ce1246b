// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/vocabulary.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/vocabulary/embedded.h"

namespace amparo::vocabulary {

void embedded::EndBroken(const absl::Status& problem) {
  std::fprintf(stderr, "vocabulary: %s\n",
               std::string(problem.message()).c_str());
  std::abort();
}

namespace {

absl::Status BadLine(size_t line, absl::string_view what) {
  return Error(Reason::kInternal, absl::StrCat("line ", line, ": ", what));
}

// A name may be repeated in an error only when it is one a list could hold;
// anything else may be a value in the wrong place.
bool IsWord(absl::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return absl::ascii_isalnum(c); });
}

// `code`: the one that was withdrawn, or null when there is none.
absl::Status NoCode(const List& list, const Code* code,
                    absl::string_view field) {
  return Error(Reason::kCodeUnknown,
               code == nullptr
                   ? absl::StrCat(field, " has a value that is not in list ",
                                  list.id(), " version ", list.version())
                   : absl::StrCat(field, " has a value that list ", list.id(),
                                  " withdrew in version ", code->withdrawn));
}

}  // namespace

const Lists& Lists::BuiltIn() {
  static const Lists* const lists = new Lists(embedded::Sound(
      Parse(absl::MakeConstSpan(embedded::kLists, embedded::kListCount),
            embedded::kVariables)));
  return *lists;
}

absl::StatusOr<Lists> Lists::Parse(absl::Span<const absl::string_view> lists,
                                   absl::string_view variables) {
  Lists all;
  for (absl::string_view text : lists) {
    ASSIGN_OR_RETURN(List list, List::Parse(text));
    std::string id = list.id();
    if (!all.lists_.emplace(std::move(id), std::move(list)).second) {
      return Error(Reason::kInternal, "two lists have the same id");
    }
  }
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(variables, '\n')) {
    ++number;
    if (absl::ConsumePrefix(&line, "# edition: ")) {
      if (!absl::SimpleAtoi(line, &all.edition_) || all.edition_ == 0) {
        return BadLine(number, "an edition is a number from 1");
      }
      continue;
    }
    if (line.empty() || line[0] == '#') continue;
    const absl::Status added = all.AddVariable(line);
    if (!added.ok()) return BadLine(number, added.message());
  }
  return all;
}

absl::Status Lists::AddVariable(absl::string_view line) {
  const std::vector<std::string> fields = absl::StrSplit(line, '\t');
  if (fields.size() < 3 || fields.size() > 4 || !IsWord(fields[0])) {
    return Error(Reason::kInternal, "must be name, list, kind, other names");
  }
  Variable variable;
  variable.name = fields[0];
  variable.list = FindList(fields[1]);
  if (variable.list == nullptr) {
    return Error(Reason::kInternal, "unknown list");
  }
  variable.multiple = fields[2] == "multiple";
  variable.derived = fields[2] == "derived";
  if (!variable.multiple && !variable.derived && fields[2] != "single") {
    return Error(Reason::kInternal, "unknown kind");
  }
  if (fields.size() == 4) variable.aliases = absl::StrSplit(fields[3], ';');
  const auto [place, fresh] =
      variables_.emplace(fields[0], std::move(variable));
  if (!fresh || aliases_.contains(fields[0])) {
    return Error(Reason::kInternal, "a variable stands twice");
  }
  for (const std::string& alias : place->second.aliases) {
    if (!IsWord(alias) || variables_.contains(alias) ||
        !aliases_.emplace(alias, &place->second).second) {
      return Error(Reason::kInternal, "another name is not one or is taken");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Coded> Lists::Check(absl::string_view variable,
                                   absl::string_view text) const {
  return CheckAs(variable, text, /*recorded=*/false);
}

absl::StatusOr<Coded> Lists::CheckRecorded(absl::string_view variable,
                                           absl::string_view text) const {
  return CheckAs(variable, text, /*recorded=*/true);
}

absl::StatusOr<Coded> Lists::CheckAs(absl::string_view variable,
                                     absl::string_view text,
                                     bool recorded) const {
  const Variable* const found = FindVariable(variable);
  if (found == nullptr) {
    return Error(Reason::kColumnUnknown,
                 IsWord(variable)
                     ? absl::StrCat("there is no variable ", variable)
                     : std::string("there is no such variable"));
  }
  if (found->derived) {
    return FieldError(found->name, "is computed and cannot be recorded");
  }
  const Code* const code = found->list->Find(text);
  if (code == nullptr || (!recorded && !code->withdrawn.empty())) {
    return NoCode(*found->list, code, found->name);
  }
  return Coded{found->name, code->code};
}

absl::Status Lists::CheckEdition(uint32_t edition) const {
  if (edition >= 1 && edition <= edition_) return absl::OkStatus();
  return Error(
      Reason::kRecordDamaged,
      absl::StrCat("made with edition ", edition,
                   " of the vocabulary; this program knows 1 to ", edition_));
}

const Variable* Lists::FindVariable(absl::string_view name) const {
  const auto found = variables_.find(name);
  if (found != variables_.end()) return &found->second;
  const auto alias = aliases_.find(name);
  return alias == aliases_.end() ? nullptr : alias->second;
}

const List* Lists::FindList(absl::string_view id) const {
  const auto found = lists_.find(id);
  return found == lists_.end() ? nullptr : &found->second;
}

absl::StatusOr<absl::string_view> Lists::CheckCode(
    absl::string_view list, absl::string_view text,
    absl::string_view field) const {
  const List* const found = FindList(list);
  if (found == nullptr) {
    return Error(Reason::kInternal, "a code list is missing");
  }
  const Code* const code = found->Find(text);
  if (code == nullptr || !code->withdrawn.empty()) {
    return NoCode(*found, code, field);
  }
  return absl::string_view(code->code);
}

std::vector<const Variable*> Lists::Variables() const {
  std::vector<const Variable*> result;
  for (const auto& [name, variable] : variables_) result.push_back(&variable);
  std::sort(
      result.begin(), result.end(),
      [](const Variable* a, const Variable* b) { return a->name < b->name; });
  return result;
}

std::vector<const List*> Lists::All() const {
  std::vector<const List*> result;
  for (const auto& [id, list] : lists_) result.push_back(&list);
  std::sort(result.begin(), result.end(),
            [](const List* a, const List* b) { return a->id() < b->id(); });
  return result;
}

std::string Lists::Versions() const {
  std::vector<std::string> used;
  for (const auto& [name, variable] : variables_) {
    used.push_back(
        absl::StrCat(variable.list->id(), "@", variable.list->version()));
  }
  std::sort(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  return absl::StrJoin(used, " ");
}

}  // namespace amparo::vocabulary
