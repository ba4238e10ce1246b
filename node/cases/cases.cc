// SPDX-License-Identifier: Apache-2.0
#include "node/cases/cases.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/base/text.h"

namespace amparo::cases {
namespace {

constexpr absl::string_view kSymbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr size_t kNumberSymbols = 8;
constexpr size_t kPerPersonMax = 16;  // Documents, contacts, languages.
constexpr int kAgeOfMajority = 18;

// Crockford: the number modulo 37 is the check.
size_t CheckValue(absl::string_view symbols) {
  size_t rest = 0;
  for (const char c : symbols) rest = (rest * 32 + kSymbols.find(c)) % 37;
  return rest;
}

absl::Status Invalid(absl::string_view variable, absl::string_view rule) {
  return FieldError(variable, rule);
}

// "Adult", "Minor" or empty for an age band.
absl::string_view MajorityOfBand(absl::string_view band) {
  if (band == "0--8" || band == "9--17") return "Minor";
  if (band.empty() || band == vocabulary::kUnknown) return "";
  return "Adult";
}

absl::Status CheckConsistent(const vocabulary::Lists& lists,
                             absl::Span<const vocabulary::Coded> entries) {
  for (size_t i = 1; i < entries.size(); ++i) {
    if (entries[i].variable != entries[i - 1].variable) continue;
    if (!lists.FindVariable(entries[i].variable)->multiple) {
      return Invalid(entries[i].variable, "can have one code only");
    }
  }
  return absl::OkStatus();
}

struct StatusName {
  CaseStatus status;
  absl::string_view name;
};
constexpr StatusName kStatusNames[] = {
    {CaseStatus::kActive, "Active"},
    {CaseStatus::kFollowUp, "FollowUp"},
    {CaseStatus::kClosed, "Closed"},
    {CaseStatus::kClosedReferred, "ClosedReferred"}};

constexpr absl::string_view kIdentityParts[] = {"given_names",
                                                "family_names",
                                                "given_names_romanised",
                                                "family_names_romanised",
                                                "born",
                                                "documents",
                                                "contacts",
                                                "primary_language",
                                                "other_languages",
                                                "photo_entry_id"};

// Calls `visit` with the member of both that is the part; false when there is
// no such part.
template <class First, class Second, class Visit>
bool WithPart(absl::string_view part, First& a, Second& b, Visit visit) {
  if (part == "given_names") {
    visit(a.given_names, b.given_names);
  } else if (part == "family_names") {
    visit(a.family_names, b.family_names);
  } else if (part == "given_names_romanised") {
    visit(a.given_names_romanised, b.given_names_romanised);
  } else if (part == "family_names_romanised") {
    visit(a.family_names_romanised, b.family_names_romanised);
  } else if (part == "born") {
    visit(a.born, b.born);
  } else if (part == "documents") {
    visit(a.documents, b.documents);
  } else if (part == "contacts") {
    visit(a.contacts, b.contacts);
  } else if (part == "primary_language") {
    visit(a.primary_language, b.primary_language);
  } else if (part == "other_languages") {
    visit(a.other_languages, b.other_languages);
  } else if (part == "photo_entry_id") {
    visit(a.photo, b.photo);
  } else {
    return false;
  }
  return true;
}

absl::Status CheckLanguages(const vocabulary::Lists& lists,
                            Identity& identity) {
  if (!identity.primary_language.empty()) {
    ASSIGN_OR_RETURN(const absl::string_view code,
                     lists.CheckCode("language", identity.primary_language,
                                     "primary_language"));
    identity.primary_language = std::string(code);
  }
  if (identity.other_languages.size() > kPerPersonMax) {
    return FieldError("other_languages", "must be at most 16");
  }
  for (std::string& language : identity.other_languages) {
    ASSIGN_OR_RETURN(const absl::string_view code,
                     lists.CheckCode("language", language, "other_languages"));
    language = std::string(code);
  }
  return absl::OkStatus();
}

}  // namespace

CaseNumber CaseNumber::Generate(crypto::RandomSource& random) {
  while (true) {
    const std::string bytes = crypto::RandomBytes(random, kNumberSymbols);
    std::string symbols;
    for (const char byte : bytes) {
      symbols.push_back(kSymbols[static_cast<uint8_t>(byte) & 31u]);
    }
    const size_t check = CheckValue(symbols);
    if (check >= kSymbols.size()) continue;
    symbols.push_back(kSymbols[check]);
    return CaseNumber(std::move(symbols));
  }
}

absl::StatusOr<CaseNumber> CaseNumber::Parse(absl::string_view text) {
  std::string symbols;
  if (text.size() <= 16) {
    for (char c : text) {
      if (c == '-') continue;
      c = absl::ascii_toupper(static_cast<unsigned char>(c));
      if (c == 'O') c = '0';
      if (c == 'I' || c == 'L') c = '1';
      symbols.push_back(c);
    }
  }
  const bool shaped =
      symbols.size() == kNumberSymbols + 1 &&
      symbols.find_first_not_of(kSymbols.data(), 0, kSymbols.size()) ==
          std::string::npos;
  if (!shaped) {
    return FieldError("case_number",
                      "must be eight characters and a check character");
  }
  if (kSymbols.find(symbols.back()) !=
      CheckValue(absl::string_view(symbols).substr(0, kNumberSymbols))) {
    return FieldError("case_number",
                      "has a wrong check character: it was mistyped");
  }
  return CaseNumber(std::move(symbols));
}

std::string CaseNumber::text() const {
  const absl::string_view s = symbols_;
  return absl::StrCat(s.substr(0, 4), "-", s.substr(4, 4), "-", s.substr(8));
}

absl::StatusOr<Profile> Profile::Create(const vocabulary::Lists& lists,
                                        absl::Span<const Pair> pairs) {
  if (pairs.size() > limits::kProfileEntriesMax) {
    return FieldError("profile", "has too many values");
  }
  std::vector<vocabulary::Coded> entries;
  entries.reserve(pairs.size());
  for (const Pair& pair : pairs) {
    ASSIGN_OR_RETURN(const vocabulary::Coded coded,
                     lists.Check(pair.first, pair.second));
    entries.push_back(coded);
  }
  return FromCoded(lists, std::move(entries));
}

absl::StatusOr<Profile> Profile::FromCoded(
    const vocabulary::Lists& lists, std::vector<vocabulary::Coded> entries) {
  if (entries.size() > limits::kProfileEntriesMax) {
    return FieldError("profile", "has too many values");
  }
  // What was stored comes sorted.
  if (!std::is_sorted(entries.begin(), entries.end())) {
    std::sort(entries.begin(), entries.end());
  }
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  RETURN_IF_ERROR(CheckConsistent(lists, entries));
  Profile profile;
  profile.entries_ = std::move(entries);
  const absl::string_view said = profile.Find("majorityStatus");
  const absl::string_view implied = MajorityOfBand(profile.Find("ageBroad"));
  if (!implied.empty() && !said.empty() && said != vocabulary::kUnknown &&
      said != implied) {
    return Invalid("majorityStatus", "contradicts ageBroad");
  }
  return profile;
}

absl::StatusOr<Profile> Profile::With(const vocabulary::Lists& lists,
                                      const Codes& codes, Origin origin) const {
  std::vector<vocabulary::Coded> entries;
  for (const vocabulary::Coded& entry : entries_) {
    if (codes.count(std::string(entry.variable)) == 0) entries.push_back(entry);
  }
  for (const auto& [variable, said] : codes) {
    for (const std::string& code : said) {
      ASSIGN_OR_RETURN(const vocabulary::Coded coded,
                       origin == Origin::kInput
                           ? lists.Check(variable, code)
                           : lists.CheckRecorded(variable, code));
      entries.push_back(coded);
    }
  }
  return FromCoded(lists, std::move(entries));
}

std::vector<std::string> Profile::CodesOf(absl::string_view variable) const {
  std::vector<std::string> codes;
  for (const vocabulary::Coded& entry : entries_) {
    if (entry.variable == variable) codes.emplace_back(entry.code);
  }
  return codes;
}

absl::string_view Profile::Find(absl::string_view variable) const {
  const auto found = std::lower_bound(
      entries_.begin(), entries_.end(), variable,
      [](const vocabulary::Coded& entry, absl::string_view name) {
        return entry.variable < name;
      });
  if (found == entries_.end() || found->variable != variable) return {};
  return found->code;
}

bool Profile::Has(absl::string_view variable, absl::string_view code) const {
  return std::binary_search(entries_.begin(), entries_.end(),
                            vocabulary::Coded{variable, code});
}

std::vector<absl::string_view> FormsOfExploitation(const Profile& profile) {
  // A CTDC flag and the HTCDS word for the same. Slavery and similar practices
  // have no word of their own there.
  static constexpr std::pair<absl::string_view, absl::string_view> kFlags[] = {
      {"isForcedLabour", "ForcedLabour"},
      {"isSexualExploit", "SexualExploitation"},
      {"isForcedMarriage", "ForcedMarriage"},
      {"isForcedMilitary", "ForcedMilitaryByNonStateActors"},
      {"isOrganRemoval", "OrganRemoval"},
      {"isSlaveryAndPractices", "Other"},
      {"isOtherExploit", "Other"}};
  std::vector<absl::string_view> forms;
  for (const auto& [flag, form] : kFlags) {
    if (profile.Find(flag) == vocabulary::kYes) forms.push_back(form);
  }
  for (const vocabulary::Coded& entry : profile.entries()) {
    if (entry.variable == "typeOfExploitation" &&
        entry.code != vocabulary::kUnknown) {
      forms.push_back(entry.code);
    }
  }
  std::sort(forms.begin(), forms.end());
  forms.erase(std::unique(forms.begin(), forms.end()), forms.end());
  return forms;
}

absl::CivilDay PartialDate::Latest() const {
  if (month == 0) return absl::CivilDay(year, 12, 31);
  if (day == 0) return absl::CivilDay(year, month + 1, 1) - 1;
  return absl::CivilDay(year, month, day);
}

absl::StatusOr<PartialDate> ParsePartialDate(absl::string_view text,
                                             absl::string_view field) {
  PartialDate date;
  if (text.empty()) return date;
  const auto bad = [&] {
    return FieldError(field,
                      "must be YYYY, YYYY-MM or YYYY-MM-DD and a real date");
  };
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '-');
  if (parts.size() > 3) return bad();
  int* const into[] = {&date.year, &date.month, &date.day};
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool digits =
        parts[i].size() == (i == 0 ? 4u : 2u) &&
        std::all_of(parts[i].begin(), parts[i].end(), [](char c) {
          return absl::ascii_isdigit(static_cast<unsigned char>(c));
        });
    if (!digits || !absl::SimpleAtoi(parts[i], into[i])) return bad();
    if (*into[i] == 0) return bad();
  }
  if (date.year < 1900 || date.year > 2200 || date.month > 12) return bad();
  // CivilDay normalises 31 April to 1 May: an impossible day moves the month.
  if (date.day != 0 &&
      absl::CivilDay(date.year, date.month, date.day).month() != date.month) {
    return bad();
  }
  return date;
}

std::string FormatPartialDate(const PartialDate& date) {
  if (!date.known()) return "";
  if (date.month == 0) return absl::StrFormat("%04d", date.year);
  if (date.day == 0) return absl::StrFormat("%04d-%02d", date.year, date.month);
  return absl::StrFormat("%04d-%02d-%02d", date.year, date.month, date.day);
}

bool Identity::empty() const { return *this == Identity(); }

bool operator==(const Identity& a, const Identity& b) {
  return std::all_of(
      std::begin(kIdentityParts), std::end(kIdentityParts),
      [&](absl::string_view part) { return SamePart(part, a, b); });
}

absl::Span<const absl::string_view> IdentityParts() { return kIdentityParts; }

bool SamePart(absl::string_view part, const Identity& a, const Identity& b) {
  bool same = false;
  WithPart(part, a, b,
           [&](const auto& one, const auto& other) { same = one == other; });
  return same;
}

bool HasPart(absl::string_view part, const Identity& identity) {
  return !SamePart(part, identity, Identity());
}

bool CopyPart(absl::string_view part, const Identity& from, Identity& to) {
  return WithPart(part, from, to,
                  [](const auto& said, auto& into) { into = said; });
}

absl::string_view Name(CaseStatus status) {
  for (const StatusName& row : kStatusNames) {
    if (row.status == status) return row.name;
  }
  return "Unknown";
}

std::optional<CaseStatus> CaseStatusFromName(absl::string_view name) {
  for (const StatusName& row : kStatusNames) {
    if (row.name == name) return row.status;
  }
  return std::nullopt;
}

std::optional<CaseStatus> CaseStatusFromNumber(uint32_t number) {
  if (number < 1 || number > 4) return std::nullopt;
  return static_cast<CaseStatus>(number);
}

bool IsClosed(CaseStatus status) {
  return status == CaseStatus::kClosed || status == CaseStatus::kClosedReferred;
}

absl::Status CheckNotMerged(const Case& file) {
  if (file.anonymised) {
    return WithState(Error(Reason::kWrongState,
                           "the case is anonymised: nobody knows any more "
                           "whose it was, register a new one"),
                     "Anonymised");
  }
  if (file.merged_into.empty()) return absl::OkStatus();
  return WithState(Error(Reason::kWrongState,
                         "the case is merged into another: work on that one, "
                         "which `amparo case show` names"),
                   "Merged");
}

absl::Status CheckOpen(const Case& file) {
  RETURN_IF_ERROR(CheckNotMerged(file));
  if (!IsClosed(file.status)) return absl::OkStatus();
  return WithState(Error(Reason::kWrongState,
                         "the case is closed: reopen it before new work"),
                   Name(file.status));
}

int RegistrationYear(const Profile& profile) {
  int year = 0;
  const absl::string_view code = profile.Find("yearOfRegistration");
  if (code.empty() || code == vocabulary::kUnknown) return 0;
  return absl::SimpleAtoi(code, &year) ? year : 0;
}

absl::Status CheckIdentity(const vocabulary::Lists& lists, Identity& identity) {
  constexpr size_t kMax = limits::kShortTextBytesMax;
  const std::pair<absl::string_view, const std::string*> names[] = {
      {"given_names", &identity.given_names},
      {"family_names", &identity.family_names},
      {"given_names_romanised", &identity.given_names_romanised},
      {"family_names_romanised", &identity.family_names_romanised}};
  for (const auto& [field, text] : names) {
    RETURN_IF_ERROR(CheckPersonName(field, *text, kMax,
                                    absl::EndsWith(field, "_romanised")
                                        ? NameScript::kLatin
                                        : NameScript::kAny));
  }
  RETURN_IF_ERROR(CheckLanguages(lists, identity));
  if (identity.documents.size() > kPerPersonMax) {
    return FieldError("documents", "must be at most 16");
  }
  for (Document& document : identity.documents) {
    ASSIGN_OR_RETURN(
        const absl::string_view type,
        lists.CheckCode("document-type", document.type, "documents.type"));
    document.type = std::string(type);
    RETURN_IF_ERROR(CheckText("documents.number", document.number, kMax, true));
    if (document.country.empty()) continue;
    ASSIGN_OR_RETURN(
        const absl::string_view country,
        lists.CheckCode("country", document.country, "documents.country"));
    document.country = std::string(country);
  }
  if (identity.contacts.size() > kPerPersonMax) {
    return FieldError("contacts", "must be at most 16");
  }
  for (Contact& contact : identity.contacts) {
    ASSIGN_OR_RETURN(
        const absl::string_view type,
        lists.CheckCode("contact-type", contact.type, "contacts.type"));
    contact.type = std::string(type);
    RETURN_IF_ERROR(CheckText("contacts.value", contact.value, kMax, true));
    RETURN_IF_ERROR(CheckText("contacts.safe_instruction",
                              contact.safe_instruction, kMax, true));
  }
  return absl::OkStatus();
}

absl::Status CheckBornBy(absl::CivilDay today, const PartialDate& born) {
  if (born.known() && absl::CivilDay(born.year, std::max(born.month, 1),
                                     std::max(born.day, 1)) > today) {
    return FieldError("born", "must not be in the future");
  }
  return absl::OkStatus();
}

bool TreatedAsMinor(const Profile& profile, const PartialDate& born,
                    absl::CivilDay today) {
  const absl::string_view said = profile.Find("majorityStatus");
  const absl::string_view implied = MajorityOfBand(profile.Find("ageBroad"));
  if (said == "Minor" || implied == "Minor") return true;
  if (born.known()) {
    const absl::CivilDay latest = born.Latest();
    // 29 February becomes 1 March, a day on which the person is 18 everywhere.
    const absl::CivilDay of_age(latest.year() + kAgeOfMajority, latest.month(),
                                latest.day());
    return today < of_age;
  }
  if (said == "Adult" || implied == "Adult") return false;
  if (profile.Find("childIndicators") == vocabulary::kYes) return true;
  return profile.Has("typeOfExploitation", "ChildLabour") ||
         profile.Find("majorityStatusAtExploit") == "Minor";
}

}  // namespace amparo::cases
