// SPDX-License-Identifier: Apache-2.0
#include "node/cases/counting.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "amparo/record/v1/counting.pb.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/storage/record_bytes.h"
#include "node/vocabulary/counting.h"

namespace amparo::cases {
namespace {

namespace pb = amparo::record::v1;
using vocabulary::Variable;

// More than every code of every variable takes.
constexpr size_t kBlock = 1024;
// From 128 zeros on the length of the padding takes two bytes, its tag one.
constexpr size_t kPaddingMin = 128;
constexpr size_t kPaddingHead = 3;

absl::Status DamagedCount() {
  return Error(Reason::kRecordDamaged, "a counting record cannot be read");
}

// Whether so many of all may be shown: neither they nor the others are few.
bool Many(int64_t persons, int64_t all) {
  return persons >= limits::kCountShownMin &&
         all - persons >= limits::kCountShownMin;
}

}  // namespace

Quarter QuarterOf(absl::CivilDay day) {
  return {static_cast<int>(day.year()), (day.month() - 1) / 3 + 1};
}

absl::StatusOr<Profile> CheckCounted(const vocabulary::Lists& lists,
                                     std::vector<Profile::Pair> said) {
  const auto counted = vocabulary::CountingVariables();
  for (const Profile::Pair& pair : said) {
    if (vocabulary::IsCounting(pair.first)) continue;
    return Error(
        Reason::kColumnUnknown,
        absl::StrCat(
            "of a person who is only counted nothing is kept "
            "but ",
            absl::StrJoin(counted, ", ",
                          [](std::string* out, const Variable* variable) {
                            absl::StrAppend(out, variable->name);
                          })));
  }
  ASSIGN_OR_RETURN(Profile profile, Profile::Create(lists, said));
  for (const Variable* variable : counted) {
    if (profile.Find(variable->name).empty()) {
      said.emplace_back(variable->name, std::string(vocabulary::kUnknown));
    }
  }
  return Profile::Create(lists, said);
}

absl::StatusOr<std::string> CountingCodec::DecodeKey(absl::string_view bytes) {
  if (bytes.size() != kKeySize) return DamagedCount();
  return std::string(bytes);
}

std::string CountingCodec::Encode(const CountingRecord& record) {
  pb::CountingRecord message;
  message.set_year(record.quarter.year);
  message.set_quarter(static_cast<uint32_t>(record.quarter.number));
  for (const vocabulary::Coded& coded : record.said.entries()) {
    pb::CountedCode& into = *message.add_codes();
    into.set_variable(std::string(coded.variable));
    into.set_code(std::string(coded.code));
  }
  const size_t least = message.ByteSizeLong() + kPaddingHead + kPaddingMin;
  message.set_padding(
      std::string(kPaddingMin + (kBlock - least % kBlock) % kBlock, '\0'));
  return storage::SerializeRecord(message);
}

absl::StatusOr<CountingRecord> CountingCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto message,
                   storage::ParseRecord<pb::CountingRecord>(bytes));
  if (message.year() < 1 || message.quarter() < 1 || message.quarter() > 4) {
    return DamagedCount();
  }
  CountingRecord record;
  record.quarter = {message.year(), static_cast<int>(message.quarter())};
  Profile::Codes codes;
  for (const pb::CountedCode& code : message.codes()) {
    if (!vocabulary::IsCounting(code.variable())) return DamagedCount();
    codes[code.variable()].push_back(code.code());
  }
  absl::StatusOr<Profile> said = Profile().With(
      vocabulary::Lists::BuiltIn(), codes, Profile::Origin::kRecord);
  if (!said.ok()) return DamagedCount();
  record.said = *std::move(said);
  return record;
}

void Tally::Add(const CountingRecord& record) {
  ++quarters_[record.quarter];
  Year& year = years_[record.quarter.year];
  ++year.persons;
  for (const vocabulary::Coded& coded : record.said.entries()) {
    ++year.codes[coded];
  }
}

std::vector<Tally::Shown> Tally::Variables(int present) const {
  std::vector<Shown> all;
  for (const auto& [number, year] : years_) {
    if (number >= present) break;
    for (const Variable* variable : vocabulary::CountingVariables()) {
      Shown shown;
      shown.year = number;
      shown.variable = variable->name;
      for (const vocabulary::Code& code : variable->list->codes()) {
        const auto found = year.codes.find({variable->name, code.code});
        if (found == year.codes.end()) continue;
        shown.withheld = shown.withheld || !Many(found->second, year.persons);
        shown.codes.emplace_back(code.code, found->second);
      }
      if (shown.withheld) shown.codes.clear();
      all.push_back(std::move(shown));
    }
  }
  return all;
}

}  // namespace amparo::cases
