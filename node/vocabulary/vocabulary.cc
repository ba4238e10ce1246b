// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/vocabulary.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/vocabulary/embedded_lists.h"

namespace amparo::vocabulary {
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

}  // namespace

absl::StatusOr<List> List::Parse(absl::string_view text) {
  List list;
  const std::pair<absl::string_view, std::string*> heads[] = {
      {"# id: ", &list.id_},
      {"# version: ", &list.version_},
      {"# source: ", &list.source_},
      {"# licence: ", &list.licence_}};
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty()) continue;
    if (absl::StartsWith(line, "#")) {
      bool known = false;
      for (const auto& [prefix, into] : heads) {
        if (!absl::ConsumePrefix(&line, prefix)) continue;
        if (!into->empty()) return BadLine(number, "said twice");
        *into = std::string(line);
        known = true;
      }
      if (!known) return BadLine(number, "unknown heading");
      continue;
    }
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    if (fields.size() < 2 || fields.size() > 3 || fields[0].empty() ||
        fields[1].empty()) {
      return BadLine(number, "must be code, label and perhaps aliases");
    }
    Code code{fields[0], fields[1], {}};
    if (fields.size() == 3) code.aliases = absl::StrSplit(fields[2], ';');
    const size_t place = list.codes_.size();
    bool fresh = list.by_text_.emplace(code.code, place).second;
    for (const std::string& alias : code.aliases) {
      fresh =
          fresh && !alias.empty() && list.by_text_.emplace(alias, place).second;
    }
    if (!fresh) return BadLine(number, "a code or alias stands twice");
    list.codes_.push_back(std::move(code));
  }
  for (const auto& [prefix, into] : heads) {
    if (into->empty()) return BadLine(number, "a heading is missing");
  }
  if (list.codes_.empty()) return BadLine(number, "no codes");
  return list;
}

const Code* List::Find(absl::string_view text) const {
  const auto found = by_text_.find(text);
  return found == by_text_.end() ? nullptr : &codes_[found->second];
}

const Lists& Lists::BuiltIn() {
  static const Lists* const lists = [] {
    absl::StatusOr<Lists> parsed =
        Parse(absl::MakeConstSpan(embedded::kLists, embedded::kListCount),
              embedded::kVariables);
    if (!parsed.ok()) {
      // Our own data is broken: nothing can be checked, so nothing may run.
      std::fprintf(stderr, "vocabulary: %s\n",
                   std::string(parsed.status().message()).c_str());
      std::abort();
    }
    return new Lists(*std::move(parsed));
  }();
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
    if (line.empty() || line[0] == '#') continue;
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    if (fields.size() != 3 || !IsWord(fields[0])) {
      return BadLine(number, "must be name, list and kind");
    }
    Variable variable;
    variable.name = fields[0];
    variable.list = all.FindList(fields[1]);
    if (variable.list == nullptr) return BadLine(number, "unknown list");
    variable.multiple = fields[2] == "multiple";
    variable.derived = fields[2] == "derived";
    if (!variable.multiple && !variable.derived && fields[2] != "single") {
      return BadLine(number, "unknown kind");
    }
    if (!all.variables_.emplace(fields[0], std::move(variable)).second) {
      return BadLine(number, "a variable stands twice");
    }
  }
  return all;
}

absl::StatusOr<Coded> Lists::Check(absl::string_view variable,
                                   absl::string_view text) const {
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
  if (code == nullptr) {
    return Error(
        Reason::kCodeUnknown,
        absl::StrCat(found->name, " has a value that is not in list ",
                     found->list->id(), " version ", found->list->version()));
  }
  return Coded{found->name, code->code};
}

const Variable* Lists::FindVariable(absl::string_view name) const {
  const auto found = variables_.find(name);
  return found == variables_.end() ? nullptr : &found->second;
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
  if (code == nullptr) {
    return Error(Reason::kCodeUnknown,
                 absl::StrCat(field, " has a value that is not in list ",
                              found->id(), " version ", found->version()));
  }
  return absl::string_view(code->code);
}

absl::string_view Lists::Label(absl::string_view variable,
                               absl::string_view code) const {
  const Variable* const found = FindVariable(variable);
  if (found == nullptr) return code;
  const Code* const known = found->list->Find(code);
  return known == nullptr ? code : absl::string_view(known->label);
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
