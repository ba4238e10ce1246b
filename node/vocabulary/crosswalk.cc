// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/crosswalk.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/vocabulary/embedded.h"

namespace amparo::vocabulary {
namespace {

absl::Status Wrong(absl::string_view what) {
  return Error(Reason::kInternal, what);
}

absl::Status CheckFlag(const Lists& lists, absl::string_view flag) {
  const Variable* const variable = lists.FindVariable(flag);
  const bool good = variable != nullptr && variable->name == flag &&
                    !variable->derived &&
                    variable->list == lists.FindList("tri-state");
  return good ? absl::OkStatus() : Wrong("a flag is none");
}

// `variable` may also be the beginning of the flags that its codes are.
absl::Status CheckCode(const Lists& lists, absl::string_view name,
                       absl::string_view code, absl::string_view flag) {
  const Variable* const variable = lists.FindVariable(name);
  if (variable == nullptr) {
    return flag == absl::StrCat(name, code) ? absl::OkStatus()
                                            : Wrong("unknown variable");
  }
  const Code* const known = variable->list->Find(code);
  return known != nullptr && known->code == code ? absl::OkStatus()
                                                 : Wrong("unknown code");
}

absl::string_view Recorded(Pairs pairs, absl::string_view variable) {
  const Pairs values = ValuesOf(pairs, variable);
  return values.empty() ? kUnknown : values.front().code;
}

bool Holds(Pairs pairs, absl::string_view variable, absl::string_view code) {
  for (const Coded& value : ValuesOf(pairs, variable)) {
    if (value.code == code) return true;
  }
  return false;
}

}  // namespace

Pairs ValuesOf(Pairs pairs, absl::string_view variable) {
  const auto first =
      std::lower_bound(pairs.begin(), pairs.end(), variable,
                       [](const Coded& value, absl::string_view name) {
                         return value.variable < name;
                       });
  auto last = first;
  while (last != pairs.end() && last->variable == variable) ++last;
  return pairs.subspan(static_cast<size_t>(first - pairs.begin()),
                       static_cast<size_t>(last - first));
}

absl::string_view AnyOf(absl::Span<const absl::string_view> flags) {
  bool all_no = true;
  for (absl::string_view flag : flags) {
    if (flag == kYes) return kYes;
    all_no = all_no && flag == kNo;
  }
  return all_no ? kNo : kUnknown;
}

absl::string_view AllOf(absl::Span<const absl::string_view> flags) {
  bool all_yes = true;
  for (absl::string_view flag : flags) {
    if (flag == kNo) return kNo;
    all_yes = all_yes && flag == kYes;
  }
  return all_yes ? kYes : kUnknown;
}

const Crosswalk& Crosswalk::BuiltIn() {
  static const Crosswalk* const crosswalk = new Crosswalk(
      embedded::Sound(Parse(Lists::BuiltIn(), embedded::kCrosswalk)));
  return *crosswalk;
}

absl::StatusOr<Crosswalk> Crosswalk::Parse(const Lists& lists,
                                           absl::string_view text) {
  Crosswalk all;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const absl::Status added = all.Add(lists, absl::StrSplit(line, '\t'));
    if (added.ok()) continue;
    return Error(Reason::kInternal, absl::StrCat("crosswalk, line ", number,
                                                 ": ", added.message()));
  }
  for (const auto& [composite, parts] : all.composites_) {
    for (const std::string& part : parts) {
      if (all.composites_.contains(part)) {
        return Wrong("crosswalk: a composite of composites");
      }
    }
  }
  return all;
}

absl::Status Crosswalk::Add(const Lists& lists,
                            const std::vector<std::string>& cells) {
  const std::string& form = cells[0];
  if (form == "any" && cells.size() == 3) {
    RETURN_IF_ERROR(CheckFlag(lists, cells[1]));
    std::vector<std::string> parts = absl::StrSplit(cells[2], ';');
    for (const std::string& part : parts) {
      RETURN_IF_ERROR(CheckFlag(lists, part));
    }
    const bool fresh = composites_.emplace(cells[1], std::move(parts)).second;
    return fresh ? absl::OkStatus() : Wrong("a composite stands twice");
  }
  if (form == "none" && cells.size() == 3) {
    RETURN_IF_ERROR(CheckCode(lists, cells[1], cells[2], ""));
    decided_[absl::StrCat(cells[1], " ", cells[2])] = true;
    return absl::OkStatus();
  }
  if (cells.size() == 5 && form == "write") {
    const List* const list = lists.FindList(cells[2]);
    if (list == nullptr || list->Find(cells[3]) == nullptr) {
      return Wrong("unknown list or code");
    }
    spellings_[absl::StrCat(cells[1], " ", cells[2], " ", cells[3])] = cells[4];
    return absl::OkStatus();
  }
  if (cells.size() != 4 ||
      (form != "same" && form != "into" && form != "from")) {
    return Wrong("has another form");
  }
  const Variable* const variable = lists.FindVariable(cells[1]);
  const Step step{cells[1], cells[2], cells[3],
                  variable == nullptr || variable->multiple};
  RETURN_IF_ERROR(CheckFlag(lists, step.flag));
  RETURN_IF_ERROR(CheckCode(lists, step.variable, step.code, step.flag));
  if (form != "from") {
    decided_[absl::StrCat(step.variable, " ", step.code)] = true;
    into_[step.flag].push_back(step);
  }
  if (form != "into") from_[step.variable].push_back(step);
  return absl::OkStatus();
}

absl::string_view Crosswalk::Flag(Pairs pairs, absl::string_view flag) const {
  const absl::string_view recorded = Recorded(pairs, flag);
  if (recorded == kYes) return kYes;
  const auto into = into_.find(flag);
  if (into != into_.end()) {
    for (const Step& step : into->second) {
      if (Holds(pairs, step.variable, step.code)) return kYes;
    }
  }
  const auto composite = composites_.find(flag);
  if (composite == composites_.end()) return recorded;
  std::vector<absl::string_view> parts;
  for (const std::string& part : composite->second) {
    parts.push_back(Flag(pairs, part));
  }
  const absl::string_view any = AnyOf(parts);
  return any == kUnknown ? recorded : any;
}

std::vector<absl::string_view> Crosswalk::Selected(
    Pairs pairs, absl::string_view variable) const {
  std::vector<absl::string_view> codes;
  for (const Coded& value : ValuesOf(pairs, variable)) {
    if (value.code != kUnknown) codes.push_back(value.code);
  }
  const bool recorded = !codes.empty();
  const auto from = from_.find(variable);
  if (from != from_.end()) {
    for (const Step& step : from->second) {
      if (recorded && !step.adds) continue;
      if (Recorded(pairs, step.flag) == kYes) codes.push_back(step.code);
    }
  }
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  return codes;
}

bool Crosswalk::Decides(absl::string_view variable,
                        absl::string_view code) const {
  return decided_.contains(absl::StrCat(variable, " ", code));
}

const std::string* Crosswalk::Spelling(absl::string_view standard,
                                       absl::string_view list,
                                       absl::string_view code) const {
  const auto found =
      spellings_.find(absl::StrCat(standard, " ", list, " ", code));
  return found == spellings_.end() ? nullptr : &found->second;
}

}  // namespace amparo::vocabulary
