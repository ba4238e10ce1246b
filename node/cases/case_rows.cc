// SPDX-License-Identifier: Apache-2.0
#include "node/cases/case_rows.h"

#include <algorithm>
#include <limits>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "node/base/clock.h"

namespace amparo::cases {
namespace {

constexpr uint8_t kPresent = 1;
constexpr uint8_t kMinor = 2;
constexpr uint8_t kHalf = 4;  // And not present.

// A vector that doubles holds twice what it needs; these are long.
template <class Value>
void Extend(std::vector<Value>& column, size_t size) {
  if (column.capacity() < size) column.reserve(size + size / 8 + 64);
  column.resize(size);
}

template <class Number>
void Look(const std::vector<Number>& numbers,
          const std::vector<uint8_t>& decided, size_t first, size_t count,
          uint8_t* passes) {
  const size_t there =
      numbers.size() <= first ? 0 : std::min(count, numbers.size() - first);
  const uint8_t* const table = decided.data();
  const Number* const row = numbers.data() + (there == 0 ? 0 : first);
  for (size_t i = 0; i < there; ++i) {
    passes[i] = static_cast<uint8_t>(passes[i] & table[row[i]]);
  }
  for (size_t i = there; i < count; ++i) {
    passes[i] = static_cast<uint8_t>(passes[i] & table[0]);
  }
}

bool Among(const std::vector<std::string>& codes, absl::string_view code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

bool Fulfils(const Condition& condition,
             const std::vector<absl::string_view>& value) {
  const bool recorded = !value.empty();
  bool has = !recorded && Among(condition.codes, kNotRecorded);
  bool unknown = false;
  for (const absl::string_view code : value) {
    has = has || Among(condition.codes, code);
    unknown = unknown || code == vocabulary::kUnknown;
  }
  if (!condition.negated) return has;
  // Who was never asked, or does not know, has not said no.
  const bool only_asks_whether_recorded =
      std::all_of(condition.codes.begin(), condition.codes.end(),
                  [](const std::string& code) { return code == kNotRecorded; });
  return recorded && !has && (!unknown || only_asks_whether_recorded);
}

template <class Map, class Key>
uint32_t NumberIn(Map& map, const Key& key) {
  return map.try_emplace(key, static_cast<uint32_t>(map.size()) + 1)
      .first->second;
}

}  // namespace

uint32_t CodeColumn::NumberOf(absl::Span<const vocabulary::Coded> codes) {
  // Nearly every value is one code, and is told by where its spelling is.
  if (codes.size() != 1) return NumberOfSet(codes);
  const auto [found, added] = of_code_.try_emplace(codes[0].code.data(), 0);
  if (added) found->second = NumberOfSet(codes);
  return found->second;
}

uint32_t CodeColumn::NumberOfSet(absl::Span<const vocabulary::Coded> codes) {
  std::string value;
  for (const vocabulary::Coded& coded : codes) {
    absl::StrAppend(&value, coded.code, "\n");
  }
  const auto [found, added] =
      numbers_.try_emplace(std::move(value), values_.size());
  if (added) {
    std::vector<absl::string_view>& spelled = values_.emplace_back();
    for (const vocabulary::Coded& coded : codes) spelled.push_back(coded.code);
  }
  return found->second;
}

void CodeColumn::Widen() {
  if (width_ == 1) {
    wide_.assign(narrow_.begin(), narrow_.end());
    std::vector<uint8_t>().swap(narrow_);
    width_ = 2;
  } else {
    widest_.assign(wide_.begin(), wide_.end());
    std::vector<uint16_t>().swap(wide_);
    width_ = 4;
  }
}

void CodeColumn::Set(size_t row, uint32_t number) {
  if (width_ == 1 && number > std::numeric_limits<uint8_t>::max()) Widen();
  if (width_ == 2 && number > std::numeric_limits<uint16_t>::max()) Widen();
  const size_t size = width_ == 1   ? narrow_.size()
                      : width_ == 2 ? wide_.size()
                                    : widest_.size();
  if (row >= size) {
    if (number == 0) return;
    if (width_ == 1) Extend(narrow_, row + 1);
    if (width_ == 2) Extend(wide_, row + 1);
    if (width_ == 4) Extend(widest_, row + 1);
  }
  if (width_ == 1) narrow_[row] = static_cast<uint8_t>(number);
  if (width_ == 2) wide_[row] = static_cast<uint16_t>(number);
  if (width_ == 4) widest_[row] = number;
}

std::vector<uint8_t> CodeColumn::Decide(const Condition& condition) const {
  std::vector<uint8_t> decided;
  decided.reserve(values_.size());
  for (const auto& value : values_) {
    decided.push_back(Fulfils(condition, value) ? 1 : 0);
  }
  return decided;
}

void CodeColumn::Apply(const std::vector<uint8_t>& decided, size_t first,
                       size_t count, uint8_t* passes) const {
  if (width_ == 1) Look(narrow_, decided, first, count, passes);
  if (width_ == 2) Look(wide_, decided, first, count, passes);
  if (width_ == 4) Look(widest_, decided, first, count, passes);
}

size_t CaseRows::BySubject::operator()(uint32_t row) const {
  return (*this)((*subjects)[row]);
}

size_t CaseRows::BySubject::operator()(const SubjectId& subject) const {
  return absl::Hash<SubjectId>()(subject);
}

CaseRows::CaseRows()
    : by_subject_(0, BySubject{&subjects_}, SameSubject{&subjects_}) {}

std::optional<uint32_t> CaseRows::FindRow(const SubjectId& subject) const {
  const auto found = by_subject_.find(subject);
  if (found == by_subject_.end()) return std::nullopt;
  return *found;
}

uint32_t CaseRows::NewRow(const SubjectId& subject) {
  uint32_t row = 0;
  if (free_.empty()) {
    row = static_cast<uint32_t>(flags_.size());
    const size_t size = flags_.size() + 1;
    Extend(subjects_, size);
    Extend(cases_, size);
    Extend(registered_at_, size);
    Extend(version_, size);
    Extend(owner_, size);
    Extend(team_, size);
    Extend(year_, size);
    Extend(status_, size);
    Extend(closed_day_, size);
    Extend(flags_, size);
  } else {
    row = free_.back();
    free_.pop_back();
  }
  subjects_[row] = subject;
  by_subject_.insert(row);
  return row;
}

void CaseRows::Clear(uint32_t row) {
  for (const auto& [variable, column] : columns_) column->Set(row, 0);
}

CodeColumn& CaseRows::ColumnOf(absl::string_view variable) {
  CodeColumn*& known = of_variable_[variable.data()];
  if (known == nullptr) {
    std::unique_ptr<CodeColumn>& column = columns_[std::string(variable)];
    if (column == nullptr) column = std::make_unique<CodeColumn>();
    known = column.get();
  }
  return *known;
}

void CaseRows::Put(const Case& file, const Profile& profile) {
  const std::optional<uint32_t> known = FindRow(file.subject);
  if (known.has_value() && (flags_[*known] & kHalf) == 0 &&
      version_[*known] >= file.version) {
    return;
  }
  if (removed_.contains(file.subject)) return;
  const uint32_t row = known.has_value() ? *known : NewRow(file.subject);
  if (known.has_value()) Clear(row);
  SetFile(row, file);
  SetProfile(row, profile);
}

void CaseRows::PutHalf(const Case& file) {
  if (FindRow(file.subject).has_value()) return;
  if (removed_.contains(file.subject)) return;
  const uint32_t row = NewRow(file.subject);
  SetFile(row, file);
  flags_[row] = static_cast<uint8_t>((flags_[row] & ~kPresent) | kHalf);
}

void CaseRows::PutOtherHalf(const SubjectId& subject, const CaseId& id,
                            const Profile& profile) {
  const std::optional<uint32_t> row = FindRow(subject);
  if (!row.has_value() || (flags_[*row] & kHalf) == 0) return;
  if (cases_[*row] != id) return;
  SetProfile(*row, profile);
  flags_[*row] = static_cast<uint8_t>((flags_[*row] & ~kHalf) | kPresent);
}

void CaseRows::SetFile(uint32_t row, const Case& file) {
  cases_[row] = file.id;
  registered_at_[row] = amparo::ToUnixMillis(file.registered_at);
  version_[row] = file.version;
  owner_[row] = NumberIn(owners_, file.owner);
  team_[row] = file.team.empty() ? 0 : NumberIn(teams_, file.team);
  year_[row] = static_cast<int16_t>(file.year);
  status_[row] = static_cast<uint8_t>(file.status);
  const bool ages = file.closed_at.has_value() && file.merged_into.empty() &&
                    !file.anonymised;
  closed_day_[row] = ages ? DayOf(*file.closed_at) : uint16_t{0};
  flags_[row] = static_cast<uint8_t>(
      kPresent | (file.treated_as_minor ? kMinor : uint8_t{0}));
}

void CaseRows::SetProfile(uint32_t row, const Profile& profile) {
  const absl::Span<const vocabulary::Coded> entries = profile.entries();
  for (size_t first = 0; first < entries.size();) {
    size_t end = first + 1;
    while (end < entries.size() &&
           entries[end].variable == entries[first].variable) {
      ++end;
    }
    CodeColumn& column = ColumnOf(entries[first].variable);
    column.Set(row, column.NumberOf(entries.subspan(first, end - first)));
    first = end;
  }
}

uint16_t CaseRows::DayOf(absl::Time time) {
  const int64_t days = absl::ToUnixSeconds(time) / (24 * 60 * 60);
  return static_cast<uint16_t>(
      std::clamp<int64_t>(days, 1, std::numeric_limits<uint16_t>::max()));
}

void CaseRows::Remove(const SubjectId& subject) {
  if (!settled_) removed_.insert(subject);
  const std::optional<uint32_t> row = FindRow(subject);
  if (!row.has_value()) return;
  by_subject_.erase(by_subject_.find(subject));
  Clear(*row);
  flags_[*row] = 0;
  closed_day_[*row] = 0;
  // Nothing of the person stays in memory.
  subjects_[*row] = SubjectId();
  cases_[*row] = CaseId();
  free_.push_back(*row);
}

void CaseRows::Settle() {
  settled_ = true;
  removed_.clear();
  for (uint32_t row = 0; row < flags_.size(); ++row) {
    if ((flags_[row] & kHalf) == 0) continue;
    const SubjectId subject = subjects_[row];
    Remove(subject);
  }
}

CaseRows::Question CaseRows::Ask(const Viewer& viewer,
                                 const CaseFilter& filter) const {
  Question question;
  question.whole_office = viewer.whole_office;
  question.filter = &filter;
  const auto owner = owners_.find(viewer.person);
  if (owner != owners_.end()) question.owner = owner->second;
  const auto team = teams_.find(viewer.team);
  if (team != teams_.end()) question.team = team->second;
  question.nobody = !viewer.whole_office && !question.owner.has_value() &&
                    !question.team.has_value();
  for (const Condition& condition : filter.conditions) {
    static const CodeColumn* const kEmpty = new CodeColumn();
    const auto found = columns_.find(condition.variable);
    const CodeColumn* const column =
        found == columns_.end() ? kEmpty : found->second.get();
    question.columns.emplace_back(column, column->Decide(condition));
  }
  return question;
}

void CaseRows::Answer(const Question& question, size_t first, size_t count,
                      uint8_t* passes) const {
  if (question.nobody) {
    std::fill(passes, passes + count, uint8_t{0});
    return;
  }
  // Numbers of persons and teams start at 1.
  const uint32_t owner = question.owner.value_or(0);
  const uint32_t team = question.team.value_or(0);
  for (size_t i = 0; i < count; ++i) {
    const size_t row = first + i;
    const bool mine = question.whole_office || owner_[row] == owner ||
                      (team != 0 && team_[row] == team);
    passes[i] = mine ? flags_[row] & kPresent : uint8_t{0};
  }
  const CaseFilter& filter = *question.filter;
  const auto keep = [&](const auto& holds) {
    for (size_t i = 0; i < count; ++i) {
      passes[i] = static_cast<uint8_t>(passes[i] &
                                       static_cast<uint8_t>(holds(first + i)));
    }
  };
  if (filter.year_from) {
    keep([&](size_t row) { return year_[row] >= *filter.year_from; });
  }
  if (filter.year_to) {
    // Year 0 is unknown, and before nothing.
    keep([&](size_t row) {
      return year_[row] != 0 && year_[row] <= *filter.year_to;
    });
  }
  if (filter.registered_from) {
    const int64_t from = amparo::ToUnixMillis(*filter.registered_from);
    keep([&](size_t row) { return registered_at_[row] >= from; });
  }
  if (filter.registered_before) {
    const int64_t before = amparo::ToUnixMillis(*filter.registered_before);
    keep([&](size_t row) { return registered_at_[row] < before; });
  }
  if (filter.minor) {
    const uint8_t wanted = *filter.minor ? kMinor : uint8_t{0};
    keep([&](size_t row) { return (flags_[row] & kMinor) == wanted; });
  }
  if (!filter.statuses.empty()) {
    keep([&](size_t row) {
      return std::count(filter.statuses.begin(), filter.statuses.end(),
                        static_cast<CaseStatus>(status_[row])) > 0;
    });
  }
  for (const auto& [column, decided] : question.columns) {
    column->Apply(decided, first, count, passes);
  }
}

}  // namespace amparo::cases
