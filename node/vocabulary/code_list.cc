// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/code_list.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::vocabulary {
namespace {

constexpr int kNumberMax = 9999;
constexpr int kNumbersMax = 1000;

absl::Status WrongLine(absl::string_view what) {
  return Error(Reason::kInternal, what);
}

}  // namespace

absl::StatusOr<List> List::Parse(absl::string_view text) {
  List list;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty()) continue;
    const absl::Status read = list.ReadLine(line);
    if (read.ok()) continue;
    return Error(Reason::kInternal, absl::StrCat("list ", list.id_, ", line ",
                                                 number, ": ", read.message()));
  }
  if (list.id_.empty() || list.version_.empty() || list.source_.empty() ||
      list.licence_.empty()) {
    return Error(Reason::kInternal,
                 absl::StrCat("list ", list.id_, ": a heading is missing"));
  }
  if (list.codes_.empty()) {
    return Error(Reason::kInternal,
                 absl::StrCat("list ", list.id_, ": no codes"));
  }
  return list;
}

absl::Status List::ReadLine(absl::string_view line) {
  if (absl::StartsWith(line, "#")) return ReadHeading(line);
  const std::vector<std::string> fields = absl::StrSplit(line, '\t');
  if (fields.size() < 2 || fields.size() > 4 || fields[0].empty() ||
      fields[1].empty()) {
    return WrongLine("must be code, label and perhaps aliases and a version");
  }
  Code code{fields[0], fields[1], {}, {}, {}};
  if (fields.size() == 3 || (fields.size() == 4 && !fields[2].empty())) {
    code.aliases = absl::StrSplit(fields[2], ';');
  }
  if (fields.size() == 4) {
    absl::string_view version = fields[3];
    if (absl::ConsumePrefix(&version, "since ")) {
      code.since = std::string(version);
    } else if (absl::ConsumePrefix(&version, "withdrawn ")) {
      code.withdrawn = std::string(version);
    }
    if (code.since.empty() && code.withdrawn.empty()) {
      return WrongLine("must end in \"since V\" or \"withdrawn V\"");
    }
  }
  return Add(std::move(code));
}

absl::Status List::ReadHeading(absl::string_view line) {
  if (absl::ConsumePrefix(&line, "# numbers: ")) return AddNumbers(line);
  if (line == "# names: proper" || line == "# names: iso-codes") {
    naming_ = line == "# names: proper" ? Naming::kProper : Naming::kIsoCodes;
    return absl::OkStatus();
  }
  const std::pair<absl::string_view, std::string*> heads[] = {
      {"# id: ", &id_},
      {"# version: ", &version_},
      {"# source: ", &source_},
      {"# licence: ", &licence_}};
  for (const auto& [prefix, into] : heads) {
    if (!absl::ConsumePrefix(&line, prefix)) continue;
    if (!into->empty()) return WrongLine("a heading stands twice");
    *into = std::string(line);
    return absl::OkStatus();
  }
  return WrongLine("unknown heading");
}

absl::Status List::AddNumbers(absl::string_view range) {
  const std::vector<absl::string_view> ends = absl::StrSplit(range, ' ');
  int least = 0;
  int most = 0;
  if (numbers_ || ends.size() != 2 || !absl::SimpleAtoi(ends[0], &least) ||
      !absl::SimpleAtoi(ends[1], &most) || least < 0 || least > most ||
      most > kNumberMax || most - least >= kNumbersMax) {
    return WrongLine("numbers must be two, in order and not too far apart");
  }
  numbers_ = true;
  naming_ = Naming::kProper;
  for (int value = least; value <= most; ++value) {
    RETURN_IF_ERROR(
        Add({absl::StrCat(value), absl::StrCat(value), {}, {}, {}}));
  }
  return absl::OkStatus();
}

absl::Status List::Add(Code code) {
  const size_t place = codes_.size();
  bool fresh = by_text_.emplace(code.code, place).second;
  for (const std::string& alias : code.aliases) {
    fresh = fresh && !alias.empty() && by_text_.emplace(alias, place).second;
  }
  if (!fresh) return WrongLine("a code or alias stands twice");
  codes_.push_back(std::move(code));
  return absl::OkStatus();
}

const Code* List::Find(absl::string_view text) const {
  const auto found = by_text_.find(text);
  return found == by_text_.end() ? nullptr : &codes_[found->second];
}

}  // namespace amparo::vocabulary
