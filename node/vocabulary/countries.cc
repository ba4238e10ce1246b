// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/countries.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/vocabulary/embedded.h"

namespace amparo::vocabulary {
namespace {

// Whether `code` is one of the list in its stored spelling.
bool IsCode(const Lists& lists, absl::string_view list,
            absl::string_view code) {
  const List* const found = lists.FindList(list);
  const Code* const known = found == nullptr ? nullptr : found->Find(code);
  return known != nullptr && known->code == code;
}

}  // namespace

const Countries& Countries::BuiltIn() {
  static const Countries* const countries = new Countries(
      embedded::Sound(Parse(Lists::BuiltIn(), embedded::kCountries)));
  return *countries;
}

absl::StatusOr<Countries> Countries::Parse(const Lists& lists,
                                           absl::string_view text) {
  Countries all;
  absl::flat_hash_map<std::string, std::string> region_of;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const std::vector<std::string> cells = absl::StrSplit(line, '\t');
    bool good = false;
    if (cells.size() == 2) {
      good = IsCode(lists, "un-subregion", cells[0]) &&
             IsCode(lists, "un-region", cells[1]) &&
             region_of.emplace(cells[0], cells[1]).second;
    } else if (cells.size() == 3) {
      const auto region = region_of.find(cells[1]);
      good =
          IsCode(lists, "country", cells[0]) && cells[0] != kUnknown &&
          (cells[1].empty() || region != region_of.end()) &&
          (cells[2].empty() || IsCode(lists, "iom-office", cells[2])) &&
          all.places_
              .emplace(cells[0], Place{cells[1].empty() ? "" : region->second,
                                       cells[1], cells[2]})
              .second;
    }
    if (!good) {
      return Error(Reason::kInternal,
                   absl::StrCat("countries, line ", number,
                                ": has an unknown code or stands twice"));
    }
  }
  return all;
}

const Place* Countries::Find(absl::string_view code) const {
  const auto found = places_.find(code);
  return found == places_.end() ? nullptr : &found->second;
}

}  // namespace amparo::vocabulary
