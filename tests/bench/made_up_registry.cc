// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/made_up_registry.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace amparo::bench {
namespace {

constexpr int kGivenNames = 3000;
constexpr int kFamilyNames = 20000;

// SplitMix64 (Steele, Lea, Flood 2014), begun anew for each row.
class Draw {
 public:
  explicit Draw(int row) : state_(static_cast<uint64_t>(row) * 0x5851f42dULL) {}

  // Below `end`.
  int Below(int end) {
    state_ += 0x9e3779b97f4a7c15ULL;
    uint64_t bits = state_;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
    bits ^= bits >> 31;
    return static_cast<int>(bits % static_cast<uint64_t>(end));
  }
  // Below `end`, small numbers far more often: the lower of three.
  int Uneven(int end) {
    const int a = Below(end);
    const int b = Below(end);
    const int c = Below(end);
    return std::min({a, b, c});
  }
  // "1" for so many of a hundred, "-99" for as many unknown, else "0".
  absl::string_view Flag(int yes, int unknown) {
    const int drawn = Below(100);
    return drawn < yes ? "1" : drawn < yes + unknown ? "-99" : "0";
  }

 private:
  uint64_t state_;
};

struct Coded {
  const char* column;  // Also the name of the variable.
  int yes;
  int unknown;
};

constexpr Coded kFlags[] = {
    {"isForcedLabour", 45, 8},
    {"isSexualExploit", 40, 8},
    {"isOtherExploit", 4, 8},
    {"isForcedMarriage", 3, 8},
    {"isOrganRemoval", 1, 8},
    {"isAbduction", 6, 30},
    {"meansOfControlDebtBondage", 20, 40},
    {"meansOfControlTakesEarnings", 22, 40},
    {"meansOfControlThreats", 35, 30},
    {"meansOfControlPsychologicalAbuse", 38, 30},
    {"meansOfControlPhysicalAbuse", 25, 30},
    {"meansOfControlSexualAbuse", 12, 40},
    {"meansOfControlFalsePromises", 33, 30},
    {"meansOfControlRestrictsMovement", 30, 30},
    {"meansOfControlExcessiveWorkingHours", 22, 40},
    {"meansOfControlWithholdsDocuments", 14, 40},
    {"typeOfLabourAgriculture", 6, 50},
    {"typeOfLabourBegging", 4, 50},
    {"typeOfLabourConstruction", 12, 50},
    {"typeOfLabourDomesticWork", 14, 50},
    {"typeOfLabourHospitality", 5, 50},
    {"typeOfLabourManufacturing", 8, 50},
    {"typeOfSexProstitution", 30, 50},
    {"recruiterRelationIntimatePartner", 10, 35},
    {"recruiterRelationFriend", 16, 35},
    {"recruiterRelationFamily", 9, 35},
    {"recruiterRelationOther", 30, 35},
};

constexpr const char* kCountries[] = {
    "UA", "PH", "MD", "MM", "KH", "KG", "NG", "ID", "UG", "TH", "HT", "LK",
    "BY", "KE", "NP", "UZ", "CN", "MX", "KR", "BG", "RO", "AL", "BD", "MG"};
constexpr int kCountryCount = static_cast<int>(std::size(kCountries));

// Of numbers, least digit first.
std::string Spelled(int number, bool cyrillic) {
  static constexpr std::array<const char*, 10> kLatin = {
      "ma", "ri", "le", "na", "to", "shu", "ka", "ber", "di", "lo"};
  static constexpr std::array<const char*, 10> kCyrillic = {
      "ма", "ри", "ле", "на", "то", "шу", "ка", "бер", "ди", "ло"};
  std::string name;
  for (int rest = number + 100; rest > 0; rest /= 10) {
    const auto digit = static_cast<size_t>(rest % 10);
    name += cyrillic ? kCyrillic[digit] : kLatin[digit];
  }
  return name;
}

MadeUpPerson DrawPerson(int row, Draw& draw) {
  MadeUpPerson person;
  const bool cyrillic = draw.Below(3) == 0;
  person.given = Spelled(draw.Uneven(kGivenNames), cyrillic);
  person.family = Spelled(draw.Uneven(kFamilyNames), cyrillic);
  if (draw.Below(3) > 0) person.document = absl::StrCat("P", 10000000 + row);
  if (draw.Below(3) > 0) {
    person.telephone = absl::StrCat("+99360", 1000000 + row);
  }
  person.birth_year = 1955 + draw.Below(60);
  return person;
}

absl::string_view AgeBroad(int age) {
  if (age <= 8) return "0--8";
  if (age <= 17) return "9--17";
  if (age <= 20) return "18--20";
  if (age <= 23) return "21--23";
  if (age <= 26) return "24--26";
  if (age <= 29) return "27--29";
  if (age <= 38) return "30--38";
  return age <= 47 ? "39--47" : "48+";
}

void AppendRow(int row, std::string& csv) {
  Draw draw(row);
  const MadeUpPerson person = DrawPerson(row, draw);
  const int first_year = std::max(2002, person.birth_year + 1);
  const int year = first_year + draw.Below(2025 - first_year);
  const int age = year - person.birth_year;
  absl::StrAppend(&csv, "R", row, ",", person.given, ",", person.family, ",",
                  person.birth_year, ",", person.document, ",",
                  person.telephone, ",", year, ",");
  absl::StrAppend(&csv, draw.Below(5) == 0 ? "Hotline" : "Case Management", ",",
                  draw.Below(100) < 62 ? "Female" : "Male", ",", AgeBroad(age),
                  ",", age >= 18 ? "Adult" : "Minor", ",",
                  kCountries[draw.Uneven(kCountryCount)], ",",
                  kCountries[draw.Uneven(kCountryCount)]);
  for (const Coded& flag : kFlags) {
    absl::StrAppend(&csv, ",", draw.Flag(flag.yes, flag.unknown));
  }
  csv += "\n";
}

constexpr const char* kOthers[] = {"yearOfRegistration",
                                   "Datasource",
                                   "gender",
                                   "ageBroad",
                                   "majorityStatus",
                                   "citizenship",
                                   "CountryOfExploitation"};

}  // namespace

MadeUpPerson PersonOfRow(int row) {
  Draw draw(row);
  return DrawPerson(row, draw);
}

std::string MadeUpRegistry(int rows) {
  std::string csv = "record_no,given,family,born,passport,telephone";
  for (const char* column : kOthers) absl::StrAppend(&csv, ",", column);
  for (const Coded& flag : kFlags) absl::StrAppend(&csv, ",", flag.column);
  csv += "\n";
  for (int row = 0; row < rows; ++row) AppendRow(row, csv);
  return csv;
}

std::string MappingOfRegistry() {
  std::string mapping = R"json({
    "form": "amparo.mapping.v1", "source": "made-up-registry",
    "source_key": {"column": "record_no"},
    "consent": {
      "purpose": "STATISTICS", "text_version": "2026-1", "language": "en",
      "given_by": "SELF", "method": "WRITTEN", "valid_days": 3650,
      "all_questions_answered_yes": true,
      "minors": {"given_by": "GUARDIAN", "assent": true,
                 "best_interests_reference": "SOURCE-AGREEMENT"}},
    "columns": {
      "record_no": {"ignore": true},
      "given": {"identity": "given_names"},
      "family": {"identity": "family_names"},
      "born": {"identity": "born"},
      "passport": {"identity": "document:PASSPORT"},
      "telephone": {"identity": "contact:TELEPHONE"})json";
  for (const char* column : kOthers) {
    absl::StrAppend(&mapping, ", \"", column, "\": {\"variable\": \"", column,
                    "\"}");
  }
  for (const Coded& flag : kFlags) {
    absl::StrAppend(&mapping, ", \"", flag.column, "\": {\"variable\": \"",
                    flag.column, "\"}");
  }
  return mapping + "}}";
}

}  // namespace amparo::bench
