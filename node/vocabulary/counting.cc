// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/counting.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "node/base/errors.h"
#include "node/vocabulary/embedded.h"

namespace amparo::vocabulary {

absl::Span<const Variable* const> CountingVariables() {
  static const auto* const all = new std::vector<const Variable*>(
      embedded::Sound(ParseCounting(Lists::BuiltIn(), embedded::kCounting)));
  return *all;
}

bool IsCounting(absl::string_view variable) {
  const absl::Span<const Variable* const> all = CountingVariables();
  return std::any_of(all.begin(), all.end(), [&](const Variable* each) {
    return each->name == variable;
  });
}

absl::StatusOr<std::vector<const Variable*>> ParseCounting(
    const Lists& lists, absl::string_view text) {
  std::vector<const Variable*> all;
  size_t number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const Variable* const found = lists.FindVariable(line);
    if (found == nullptr || found->name != line || found->derived ||
        found->list->codes().size() > kCoarseCodesMax ||
        (!all.empty() && !(all.back()->name < found->name))) {
      return Error(Reason::kInternal,
                   absl::StrCat("counting, line ", number,
                                ": not a coarse variable, or out of order"));
    }
    all.push_back(found);
  }
  return all;
}

}  // namespace amparo::vocabulary
