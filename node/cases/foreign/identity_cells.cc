// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/identity_cells.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/base/text.h"

namespace amparo::cases {
namespace {

using Kind = IdentityPart::Kind;

// The word of a mapping file, and the field of Identity.
struct PartName {
  Kind kind;
  absl::string_view word;
  absl::string_view field;
};
constexpr PartName kParts[] = {
    {Kind::kGivenNames, "given_names", "given_names"},
    {Kind::kFamilyNames, "family_names", "family_names"},
    {Kind::kGivenNamesRomanised, "given_names_romanised",
     "given_names_romanised"},
    {Kind::kFamilyNamesRomanised, "family_names_romanised",
     "family_names_romanised"},
    {Kind::kBorn, "born", "born"},
    {Kind::kDocument, "document", "documents.number"},
    {Kind::kContact, "contact", "contacts.value"},
    {Kind::kPrimaryLanguage, "primary_language", "primary_language"},
    {Kind::kOtherLanguage, "other_language", "other_languages"},
    {Kind::kSafeInstruction, "safe_instruction", "contacts.safe_instruction"},
};

constexpr absl::string_view kAddress = "ADDRESS";

bool IsDigit(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c));
}

// Takes `most` digits, or at least one when `fewer` will do.
bool TakeDigits(absl::string_view& text, size_t most, bool fewer, int& number) {
  size_t count = 0;
  number = 0;
  while (count < most && count < text.size() && IsDigit(text[count])) {
    number = number * 10 + (text[count] - '0');
    ++count;
  }
  text.remove_prefix(count);
  return count == most || (fewer && count > 0);
}

}  // namespace

absl::string_view IdentityPart::field() const {
  for (const PartName& part : kParts) {
    if (part.kind == kind) return part.field;
  }
  return "";
}

absl::StatusOr<IdentityPart> ParseIdentityPart(const vocabulary::Lists& lists,
                                               absl::string_view text) {
  const size_t colon = text.find(':');
  const bool typed = colon != absl::string_view::npos;
  const absl::string_view word = text.substr(0, colon);
  for (const PartName& part : kParts) {
    if (part.word != word) continue;
    const bool wants_type =
        part.kind == Kind::kDocument || part.kind == Kind::kContact;
    if (wants_type != typed) break;
    IdentityPart parsed;
    parsed.kind = part.kind;
    if (typed) {
      ASSIGN_OR_RETURN(
          const absl::string_view type,
          lists.CheckCode(absl::StrCat(word, "-type"), text.substr(colon + 1),
                          absl::StrCat("identity ", word)));
      parsed.type = std::string(type);
    }
    return parsed;
  }
  return FieldError("identity",
                    "must be a name, born, a language, safe_instruction, "
                    "document:TYPE or contact:TYPE");
}

absl::Status CheckDatePattern(absl::string_view pattern) {
  const absl::Status bad = FieldError(
      "date",
      "must be YYYY, MM and DD with one of / . - or nothing between them");
  absl::string_view rest = pattern;
  bool year = false;
  bool month = false;
  bool day = false;
  char between = 0;
  bool first = true;
  while (!rest.empty()) {
    if (!first) {
      const bool separated = rest[0] == '/' || rest[0] == '.' || rest[0] == '-';
      const char here = separated ? rest[0] : '\0';
      if (year + month + day > 1 && here != between) return bad;
      between = here;
      if (separated) rest.remove_prefix(1);
    }
    first = false;
    bool* const which = absl::ConsumePrefix(&rest, "YYYY") ? &year
                        : absl::ConsumePrefix(&rest, "MM") ? &month
                        : absl::ConsumePrefix(&rest, "DD") ? &day
                                                           : nullptr;
    if (which == nullptr || *which) return bad;
    *which = true;
  }
  return year && (month || !day) ? absl::OkStatus() : bad;
}

absl::StatusOr<PartialDate> ReadDate(absl::string_view text,
                                     absl::string_view pattern,
                                     absl::string_view field) {
  const bool year_alone =
      text.size() == 4 && std::all_of(text.begin(), text.end(), IsDigit);
  if (pattern.empty() || year_alone) return ParsePartialDate(text, field);
  const bool separated =
      pattern.find_first_of("/.-") != absl::string_view::npos;
  std::array<int, 3> found = {0, 0, 0};
  bool fits = true;
  absl::string_view form = pattern;
  while (fits && !form.empty()) {
    if (absl::ConsumePrefix(&form, "YYYY")) {
      fits = TakeDigits(text, 4, false, found[0]);
    } else if (absl::ConsumePrefix(&form, "MM")) {
      fits = TakeDigits(text, 2, separated, found[1]) && found[1] > 0;
    } else if (absl::ConsumePrefix(&form, "DD")) {
      fits = TakeDigits(text, 2, separated, found[2]) && found[2] > 0;
    } else {
      fits = absl::ConsumePrefix(&text, form.substr(0, 1));
      form.remove_prefix(1);
    }
  }
  if (!fits || !text.empty()) {
    return FieldError(field, absl::StrCat("must be a date as ", pattern));
  }
  PartialDate date;
  date.year = found[0];
  date.month = found[1];
  date.day = found[2];
  // Whether there is such a day, the one parser decides.
  return ParsePartialDate(date.known() ? FormatPartialDate(date) : "0000",
                          field);
}

absl::Status IdentityCells::Take(const IdentityPart& part,
                                 absl::string_view date_pattern,
                                 absl::string_view text) {
  if (part.kind == Kind::kBorn) {
    ASSIGN_OR_RETURN(const PartialDate born,
                     ReadDate(text, date_pattern, part.field()));
    if (born_.known() && !(born == born_)) {
      return FieldError(part.field(), "is said otherwise by another column");
    }
    born_ = born;
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(
      CheckText(part.field(), text, limits::kShortTextBytesMax, true));
  cells_.push_back({part, std::string(text)});
  return absl::OkStatus();
}

std::string IdentityCells::Joined(Kind kind, absl::string_view type,
                                  absl::string_view between) const {
  std::string joined;
  for (const Cell& cell : cells_) {
    if (cell.part.kind != kind || cell.part.type != type) continue;
    absl::StrAppend(&joined, joined.empty() ? "" : between, cell.text);
  }
  return joined;
}

absl::StatusOr<Identity> IdentityCells::Assemble(
    const vocabulary::Lists& lists) {
  std::stable_sort(cells_.begin(), cells_.end(),
                   [](const Cell& a, const Cell& b) {
                     return a.part.position < b.part.position;
                   });
  Identity identity;
  identity.born = born_;
  identity.given_names = Joined(Kind::kGivenNames, "", " ");
  identity.family_names = Joined(Kind::kFamilyNames, "", " ");
  identity.given_names_romanised = Joined(Kind::kGivenNamesRomanised, "", " ");
  identity.family_names_romanised =
      Joined(Kind::kFamilyNamesRomanised, "", " ");
  std::string safe = Joined(Kind::kSafeInstruction, "", " ");
  if (safe.empty()) safe = std::string(kNobodyAsked);
  const std::string address = Joined(Kind::kContact, kAddress, ", ");
  if (!address.empty()) {
    identity.contacts.push_back({std::string(kAddress), address, safe});
  }
  for (const Cell& cell : cells_) {
    if (cell.part.kind == Kind::kPrimaryLanguage) {
      identity.primary_language = cell.text;
    }
    if (cell.part.kind == Kind::kOtherLanguage) {
      identity.other_languages.push_back(cell.text);
    }
    if (cell.part.kind == Kind::kDocument) {
      identity.documents.push_back({cell.part.type, cell.text, ""});
    }
    if (cell.part.kind == Kind::kContact && cell.part.type != kAddress) {
      identity.contacts.push_back({cell.part.type, cell.text, safe});
    }
  }
  RETURN_IF_ERROR(CheckIdentity(lists, identity));
  return identity;
}

}  // namespace amparo::cases
