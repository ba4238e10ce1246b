// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/cells.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/vocabulary/derived.h"

namespace amparo::vocabulary {
namespace {

constexpr absl::string_view kUnknownTexts[] = {"",   "-99", "-99.0",  "NULL",
                                               "NA", "N/A", "Unknown"};

absl::Status NotCoded(const Field& field) {
  return FieldError(field.name, "is no coded field of a profile");
}

// The codes of a multi-select that are flags, as flags.
absl::StatusOr<std::vector<Coded>> ReadFlags(
    const Lists& lists, const Field& field,
    const std::vector<absl::string_view>& selected, bool all_asked) {
  std::vector<const Code*> codes;
  for (absl::string_view text : selected) {
    const Code* const code = field.list->Find(text);
    if (code == nullptr) {
      return Error(
          Reason::kCodeUnknown,
          absl::StrCat(field.name, " has a value that is not in list ",
                       field.list->id(), " version ", field.list->version()));
    }
    codes.push_back(code);
  }
  std::vector<Coded> pairs;
  for (const Code& code : field.list->codes()) {
    const bool yes =
        std::find(codes.begin(), codes.end(), &code) != codes.end();
    ASSIGN_OR_RETURN(const Coded pair,
                     lists.Check(absl::StrCat(field.part, code.code),
                                 yes ? kYes : (all_asked ? kNo : kUnknown)));
    pairs.push_back(pair);
  }
  return pairs;
}

// Alpha-2 where a file wants it and the country has one.
absl::string_view CountryText(const Field& field, absl::string_view code) {
  if (field.standard == kCtdc27) return code;
  const Code* const country = field.list->Find(code);
  if (country == nullptr) return code;
  for (const std::string& alias : country->aliases) {
    if (alias.size() == 2) return alias;
  }
  return code;
}

std::string Spelled(const Field& field, absl::string_view code) {
  const std::string* const spelling =
      Crosswalk::BuiltIn().Spelling(field.standard, field.list->id(), code);
  if (spelling != nullptr) return *spelling;
  if (code == kUnknown) return field.standard == kCtdc63 ? "-99" : "";
  if (field.list->id() == "country") {
    return std::string(CountryText(field, code));
  }
  return std::string(code);
}

}  // namespace

bool SaysUnknown(const Field& field, absl::string_view text) {
  const Code* const code =
      field.list == nullptr ? nullptr : field.list->Find(text);
  if (code != nullptr) return code->code == kUnknown;
  return std::find(std::begin(kUnknownTexts), std::end(kUnknownTexts), text) !=
         std::end(kUnknownTexts);
}

absl::StatusOr<std::vector<Coded>> ReadCell(const Lists& lists,
                                            const Field& field,
                                            absl::string_view text,
                                            bool all_asked) {
  if (field.home != Home::kProfile) return NotCoded(field);
  text = absl::StripAsciiWhitespace(text);
  if (text.empty() && field.standard == kHtcds) return std::vector<Coded>();
  const Variable* const variable = lists.FindVariable(field.part);
  std::vector<absl::string_view> texts = {text};
  if (field.kind == FieldKind::kMany) {
    texts = absl::StrSplit(text, kCodeSeparator, absl::SkipWhitespace());
    for (absl::string_view& one : texts) one = absl::StripAsciiWhitespace(one);
  }
  if (SaysUnknown(field, text)) texts.clear();
  if (variable == nullptr) return ReadFlags(lists, field, texts, all_asked);
  if (texts.empty()) texts.push_back(kUnknown);
  std::vector<Coded> pairs;
  for (absl::string_view one : texts) {
    ASSIGN_OR_RETURN(const Coded pair, lists.Check(variable->name, one));
    pairs.push_back(pair);
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

absl::StatusOr<std::string> WriteCell(const Field& field, Pairs pairs) {
  const Crosswalk& crosswalk = Crosswalk::BuiltIn();
  if (field.home == Home::kComputed) {
    ASSIGN_OR_RETURN(std::string derived, Derive(pairs, field.part));
    return derived.empty() ? Spelled(field, kUnknown) : derived;
  }
  if (field.home != Home::kProfile) return NotCoded(field);
  if (field.list->id() == "tri-state") {
    return Spelled(field, crosswalk.Flag(pairs, field.part));
  }
  const std::vector<absl::string_view> codes =
      crosswalk.Selected(pairs, field.part);
  if (field.kind != FieldKind::kMany) {
    return Spelled(field, codes.size() == 1 ? codes.front() : kUnknown);
  }
  std::vector<std::string> spelled;
  for (absl::string_view code : codes) spelled.push_back(Spelled(field, code));
  return absl::StrJoin(spelled, absl::string_view(&kCodeSeparator, 1));
}

}  // namespace amparo::vocabulary
