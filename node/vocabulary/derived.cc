// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/derived.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "node/base/errors.h"

namespace amparo::vocabulary {

absl::string_view IsInternal(Pairs pairs) {
  const Pairs countries = ValuesOf(pairs, "CountryOfExploitation");
  const Pairs citizenships = ValuesOf(pairs, "citizenship");
  if (countries.empty() || countries.front().code == kUnknown ||
      citizenships.empty()) {
    return kUnknown;
  }
  absl::string_view answer = kNo;
  for (const Coded& citizenship : citizenships) {
    if (citizenship.code == countries.front().code) return kYes;
    if (citizenship.code == kUnknown) answer = kUnknown;
  }
  return answer;
}

absl::string_view IsSexAndLabour(Pairs pairs) {
  const Crosswalk& crosswalk = Crosswalk::BuiltIn();
  return AllOf({crosswalk.Flag(pairs, "isForcedLabour"),
                crosswalk.Flag(pairs, "isSexualExploit")});
}

std::string Concatenated(Pairs pairs, absl::string_view prefix,
                         const List& list) {
  std::vector<absl::string_view> labels;
  for (const Code& code : list.codes()) {
    const std::string flag = absl::StrCat(prefix, code.code);
    if (Crosswalk::BuiltIn().Flag(pairs, flag) == kYes) {
      labels.push_back(code.label);
    }
  }
  std::sort(labels.begin(), labels.end());
  return absl::StrJoin(labels, ";");
}

absl::StatusOr<std::string> Derive(Pairs pairs, absl::string_view variable) {
  if (variable == "isInternal") return std::string(IsInternal(pairs));
  if (variable == "isSexAndLabour") return std::string(IsSexAndLabour(pairs));
  static constexpr std::pair<absl::string_view, absl::string_view> kTexts[] = {
      {"meansOfControlConcatenated", "meansOfControl"},
      {"typeOfExploitConcatenated", "is"},
      {"typeOfLabourConcatenated", "typeOfLabour"},
      {"typeOfSexConcatenated", "typeOfSex"},
      {"RecruiterRelationship", "recruiterRelation"}};
  for (const auto& [name, prefix] : kTexts) {
    if (name != variable) continue;
    return Concatenated(pairs, prefix,
                        *Lists::BuiltIn().FindVariable(name)->list);
  }
  return Error(Reason::kColumnUnknown, "there is no such derived variable");
}

}  // namespace amparo::vocabulary
