// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/mapping.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/vocabulary/derived.h"

namespace amparo::cases {
namespace {

// Adds `coded` to a row; false when it contradicts what is there.
bool Merge(const vocabulary::Lists& lists, const vocabulary::Coded& coded,
           std::vector<vocabulary::Coded>& entries) {
  for (vocabulary::Coded& entry : entries) {
    // Both views come from the same lists, so pointers tell equality.
    if (entry.variable.data() != coded.variable.data()) continue;
    if (entry.code == coded.code) return true;
    if (coded.code == vocabulary::kUnknown) return true;
    if (entry.code == vocabulary::kUnknown) {
      entry.code = coded.code;
      return true;
    }
    if (!lists.FindVariable(coded.variable)->multiple) return false;
  }
  entries.push_back(coded);
  return true;
}

// "a", "a and b", "a, b and 3 more".
template <class Item>
std::string Listed(const std::vector<Item>& items) {
  constexpr size_t kShown = 10;
  const size_t shown = std::min(items.size(), kShown);
  std::string text;
  for (size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == items.size() && i > 0;
    absl::StrAppend(&text, i == 0 ? "" : last ? " and " : ", ", items[i]);
  }
  if (items.size() > shown) {
    absl::StrAppend(&text, " and ", items.size() - shown, " more");
  }
  return text;
}

MappedRow Rejected(absl::Status problem, absl::string_view column) {
  MappedRow row;
  row.outcome = MappedRow::Outcome::kRejected;
  row.problem = std::move(problem);
  row.column = std::string(column);
  return row;
}

}  // namespace

absl::StatusOr<consent::Consent> ConstantConsent::For(const ConsentId& id,
                                                      const SubjectId& subject,
                                                      bool minor,
                                                      absl::Time now) const {
  consent::ConsentFields fields;
  fields.id = id;
  fields.subject = subject;
  fields.purpose = Purpose::kStatistics;
  fields.categories = {DataCategory::kStatisticalCounts};
  fields.given_by = given_by;
  fields.method = method;
  fields.language = language;
  fields.text_version = text_version;
  fields.given_at = now;
  fields.valid_until = now + absl::Hours(24) * valid_days;
  const auto questions = consent::AllQuestions();
  fields.answered_yes.insert(questions.begin(), questions.end());
  if (minor) {
    fields.treated_as_minor = true;
    fields.given_by = consent::GivenBy::kGuardian;
    fields.assent = for_minors;
    fields.best_interests_reference = best_interests_reference;
  }
  return consent::Consent::Create(std::move(fields));
}

absl::StatusOr<BoundMapping> BoundMapping::Bind(const vocabulary::Lists& lists,
                                                const Mapping& mapping,
                                                std::vector<RowRule> more_rules,
                                                const CsvRecord& header) {
  if (!header.problem.ok()) {
    return Error(
        ReasonOf(header.problem),
        absl::StrCat("the header, line ", header.line, ", column ",
                     header.problem_field + 1, ": ", header.problem.message()));
  }
  BoundMapping bound;
  bound.lists_ = &lists;
  bound.unknown_.insert(mapping.unknown.begin(), mapping.unknown.end());
  bound.not_recorded_.insert(mapping.not_recorded.begin(),
                             mapping.not_recorded.end());
  RETURN_IF_ERROR(bound.BindHeader(mapping, header));
  more_rules.insert(more_rules.end(), mapping.only_rows.begin(),
                    mapping.only_rows.end());
  ASSIGN_OR_RETURN(bound.only_, bound.BindRules(more_rules));
  ASSIGN_OR_RETURN(bound.skip_, bound.BindRules(mapping.skip_rows));
  if (!mapping.key_column.empty()) {
    ASSIGN_OR_RETURN(bound.key_column_, bound.Place(mapping.key_column));
  }
  for (const auto& [variable, code] : mapping.constants) {
    ASSIGN_OR_RETURN(const vocabulary::Coded coded,
                     lists.Check(variable, code));
    bound.constants_.push_back(coded);
  }
  return bound;
}

absl::Status BoundMapping::BindHeader(const Mapping& mapping,
                                      const CsvRecord& header) {
  absl::flat_hash_map<absl::string_view, absl::string_view> primary;
  for (const auto& [name, rule] : mapping.columns) {
    primary.emplace(name, name);
    for (const std::string& alias : rule.aliases) primary.emplace(alias, name);
  }
  std::vector<size_t> unknown;
  for (const std::string& field : header.fields) {
    const absl::string_view name = absl::StripAsciiWhitespace(field);
    const auto found = primary.find(name);
    if (found == primary.end()) unknown.push_back(header_.size() + 1);
    const absl::string_view meant =
        found == primary.end() ? absl::string_view() : found->second;
    if (!meant.empty() &&
        std::find(primary_.begin(), primary_.end(), meant) != primary_.end()) {
      return Error(Reason::kColumnDuplicate,
                   absl::StrCat("column ", name, " stands twice in the file"));
    }
    header_.emplace_back(name);
    primary_.emplace_back(meant);
  }
  if (!unknown.empty()) {
    return Error(Reason::kColumnUnknown,
                 absl::StrCat("column ", Listed(unknown),
                              " of the file is not in the mapping; name it "
                              "there, or say that it is to be ignored"));
  }
  std::vector<std::string> missing;
  for (const auto& [name, rule] : mapping.columns) {
    if (mapping.partial || rule.optional) continue;
    if (!Place(name).ok()) missing.push_back(name);
  }
  if (!missing.empty()) {
    return Error(Reason::kColumnMissing,
                 absl::StrCat("the file has no column ", Listed(missing)));
  }
  for (size_t i = 0; i < header_.size(); ++i) {
    RETURN_IF_ERROR(
        BindColumn(mapping, header_[i], mapping.columns.at(primary_[i])));
  }
  return absl::OkStatus();
}

absl::Status BoundMapping::BindColumn(const Mapping& mapping,
                                      const std::string& name,
                                      const ColumnRule& rule) {
  Column column;
  column.name = name;
  if (!rule.variable.empty()) {
    column.variable = lists_->FindVariable(rule.variable)->name;
  }
  column.others_ignored = rule.others_ignored;
  column.many = rule.many;
  column.date = rule.date;
  column.computed = rule.computed;
  if (rule.identity.has_value()) {
    column.kind = Column::Kind::kIdentity;
    column.part = *rule.identity;
  } else if (rule.life != nullptr) {
    column.kind = Column::Kind::kLife;
    column.life = rule.life;
    column.codes = rule.codes;
  } else if (!rule.computed.empty()) {
    column.kind = Column::Kind::kComputed;
  } else if (!rule.ignore) {
    column.kind = Column::Kind::kCoded;
  }
  for (const auto& [text, pairs] : rule.sets) {
    std::vector<vocabulary::Coded>& set = column.translations[text];
    for (const auto& [variable, code] : pairs) {
      ASSIGN_OR_RETURN(const vocabulary::Coded coded,
                       lists_->Check(variable, code));
      set.push_back(coded);
    }
  }
  if (!rule.sets.empty()) {
    for (const std::string& text : mapping.not_recorded) {
      column.translations.try_emplace(text);
    }
  }
  if (!rule.variable.empty()) {
    RETURN_IF_ERROR(BindCodes(mapping, rule, column));
  }
  columns_.push_back(std::move(column));
  return absl::OkStatus();
}

absl::Status BoundMapping::BindCodes(const Mapping& mapping,
                                     const ColumnRule& rule,
                                     Column& column) const {
  // In order of precedence: the mapping's own words, what says nothing, the
  // list's words, and the spellings of unknown. The first to claim a text has
  // it.
  const auto claim = [&](const std::string& text,
                         absl::string_view code) -> absl::Status {
    ASSIGN_OR_RETURN(const vocabulary::Coded coded,
                     lists_->Check(rule.variable, code));
    column.translations.try_emplace(text,
                                    std::vector<vocabulary::Coded>{coded});
    return absl::OkStatus();
  };
  for (const auto& [text, code] : rule.codes) {
    RETURN_IF_ERROR(claim(text, code));
  }
  for (const std::string& text : mapping.not_recorded) {
    column.translations.try_emplace(text);
  }
  const vocabulary::List& list = *lists_->FindVariable(rule.variable)->list;
  column.list = absl::StrCat(list.id(), " version ", list.version());
  for (const vocabulary::Code& code : list.codes()) {
    if (!code.withdrawn.empty()) continue;
    RETURN_IF_ERROR(claim(code.code, code.code));
    for (const std::string& alias : code.aliases) {
      RETURN_IF_ERROR(claim(alias, alias));
    }
  }
  if (!lists_->Check(rule.variable, vocabulary::kUnknown).ok()) {
    return absl::OkStatus();
  }
  for (const std::string& text : mapping.unknown) {
    RETURN_IF_ERROR(claim(text, vocabulary::kUnknown));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<BoundMapping::Rule>> BoundMapping::BindRules(
    const std::vector<RowRule>& rules) const {
  std::vector<Rule> bound;
  for (const RowRule& rule : rules) {
    ASSIGN_OR_RETURN(const size_t column, Place(rule.column));
    bound.push_back({column, {rule.values.begin(), rule.values.end()}});
  }
  return bound;
}

absl::StatusOr<size_t> BoundMapping::Place(absl::string_view column) const {
  for (size_t i = 0; i < header_.size(); ++i) {
    if (primary_[i] == column || header_[i] == column) return i;
  }
  return Error(Reason::kColumnMissing,
               absl::StrCat("the file has no column ", column));
}

std::vector<std::string> BoundMapping::Ignored() const {
  std::vector<std::string> names;
  for (const Column& column : columns_) {
    if (column.kind == Column::Kind::kIgnored) names.push_back(column.name);
  }
  return names;
}

std::string BoundMapping::ColumnOf(absl::string_view field) const {
  std::string name;
  for (const Column& column : columns_) {
    const bool speaks = column.kind == Column::Kind::kIdentity
                            ? column.part.field() == field
                        : column.kind == Column::Kind::kLife
                            ? column.life->field == field
                            : !field.empty() && column.variable == field;
    if (!speaks) continue;
    if (!name.empty()) return "";
    name = column.name;
  }
  return name;
}

bool BoundMapping::SaysNothing(absl::string_view cell) const {
  return cell.empty() || unknown_.contains(cell) ||
         not_recorded_.contains(cell);
}

absl::Status BoundMapping::TakeCoded(
    const Column& column, absl::string_view cell,
    std::vector<vocabulary::Coded>& entries) const {
  if (column.many == 0 || cell.find(column.many) == absl::string_view::npos) {
    return TakeText(column, cell, entries);
  }
  for (absl::string_view text : absl::StrSplit(cell, column.many)) {
    text = absl::StripAsciiWhitespace(text);
    if (text.empty()) continue;
    RETURN_IF_ERROR(TakeText(column, text, entries));
  }
  return absl::OkStatus();
}

absl::Status BoundMapping::TakeText(
    const Column& column, absl::string_view text,
    std::vector<vocabulary::Coded>& entries) const {
  auto found = column.translations.find(text);
  if (found == column.translations.end() && !column.date.empty()) {
    ASSIGN_OR_RETURN(const PartialDate date,
                     ReadDate(text, column.date, column.variable));
    found = column.translations.find(absl::StrCat(date.year));
  }
  if (found == column.translations.end()) {
    if (column.others_ignored) return absl::OkStatus();
    return Error(
        Reason::kCodeUnknown,
        column.variable.empty()
            ? std::string("the text is not among the mapping's sets")
            : absl::StrCat("the text is no code of list ", column.list));
  }
  for (const vocabulary::Coded& coded : found->second) {
    if (Merge(*lists_, coded, entries)) continue;
    return FieldError(coded.variable, "is said otherwise by another column");
  }
  return absl::OkStatus();
}

absl::Status BoundMapping::TakeLife(const Column& column,
                                    absl::string_view cell,
                                    LifeCells& life) const {
  // A status that is said to be unknown is none that is known here: taking it
  // for nothing would let a closed case arrive open.
  // What the column itself has a code for says that.
  const bool nothing = column.codes.count(std::string(cell)) == 0 &&
                       (column.life->field == "status"
                            ? cell.empty() || not_recorded_.contains(cell)
                            : SaysNothing(cell));
  if (nothing) return absl::OkStatus();
  const auto take = [&](absl::string_view text) {
    const auto own = column.codes.find(std::string(text));
    return life.Take(*lists_, *column.life, column.name, column.date,
                     own == column.codes.end() ? text : own->second);
  };
  if (column.many == 0) return take(cell);
  for (absl::string_view text : absl::StrSplit(cell, column.many)) {
    text = absl::StripAsciiWhitespace(text);
    if (!text.empty()) RETURN_IF_ERROR(take(text));
  }
  return absl::OkStatus();
}

absl::Status BoundMapping::CheckComputed(
    const Column& column, absl::string_view cell,
    const std::vector<vocabulary::Coded>& entries) const {
  if (SaysNothing(cell)) return absl::OkStatus();
  const vocabulary::Code* const said =
      lists_->FindVariable(column.computed)->list->Find(cell);
  if (said == nullptr) {
    return Error(Reason::kCodeUnknown, "the text is neither yes nor no");
  }
  ASSIGN_OR_RETURN(const std::string computed,
                   vocabulary::Derive(entries, column.computed));
  if (said->code == vocabulary::kUnknown || computed == vocabulary::kUnknown ||
      computed == said->code) {
    return absl::OkStatus();
  }
  return FieldError(column.computed, "contradicts what the row says besides");
}

MappedRow BoundMapping::Apply(const CsvRecord& record) const {
  if (!record.problem.ok()) {
    const bool named =
        record.problem_field >= 0 &&
        static_cast<size_t>(record.problem_field) < header_.size();
    return Rejected(
        record.problem,
        named ? header_[static_cast<size_t>(record.problem_field)] : "");
  }
  if (record.fields.size() != header_.size()) {
    return Rejected(
        Error(Reason::kRowMalformed,
              absl::StrCat("the row has ", record.fields.size(),
                           " fields and the header ", header_.size())),
        "");
  }
  MappedRow row;
  const auto text = [&](size_t column) {
    return absl::StripAsciiWhitespace(record.fields[column]);
  };
  const auto matches = [&](const Rule& rule) {
    return rule.values.contains(text(rule.column));
  };
  if (std::any_of(skip_.begin(), skip_.end(), matches)) {
    row.skipped_by = "SKIP_ROWS";
  } else if (!std::all_of(only_.begin(), only_.end(), matches)) {
    row.skipped_by = "ONLY_ROWS";
  }
  if (!row.skipped_by.empty()) {
    row.outcome = MappedRow::Outcome::kSkipped;
    return row;
  }
  row.entries.reserve(constants_.size() + columns_.size());
  row.entries = constants_;
  IdentityCells identity;
  LifeCells life;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    absl::Status taken;
    if (column.kind == Column::Kind::kCoded) {
      taken = TakeCoded(column, text(i), row.entries);
    } else if (column.kind == Column::Kind::kIdentity &&
               !SaysNothing(text(i))) {
      taken = identity.Take(column.part, column.date, text(i));
    } else if (column.kind == Column::Kind::kLife) {
      taken = TakeLife(column, text(i), life);
    }
    if (!taken.ok()) return Rejected(taken, column.name);
  }
  return Finish(record, identity, life, std::move(row));
}

MappedRow BoundMapping::Finish(const CsvRecord& record, IdentityCells& identity,
                               const LifeCells& life, MappedRow row) const {
  bool sorted = false;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].kind != Column::Kind::kComputed) continue;
    if (!std::exchange(sorted, true)) {
      std::sort(row.entries.begin(), row.entries.end());
    }
    const absl::Status agrees = CheckComputed(
        columns_[i], absl::StripAsciiWhitespace(record.fields[i]), row.entries);
    if (!agrees.ok()) return Rejected(agrees, columns_[i].name);
  }
  absl::StatusOr<Identity> whole = identity.Assemble(*lists_);
  if (!whole.ok()) {
    return Rejected(whole.status(), ColumnOf(FieldOf(whole.status())));
  }
  row.identity = *std::move(whole);
  absl::StatusOr<CaseLife> told = life.Assemble();
  if (!told.ok()) {
    return Rejected(told.status(), ColumnOf(FieldOf(told.status())));
  }
  row.life = *std::move(told);
  if (key_column_.has_value()) {
    row.key =
        std::string(absl::StripAsciiWhitespace(record.fields[*key_column_]));
    if (row.key.empty()) {
      return Rejected(FieldError("source_key", "must not be empty"),
                      header_[*key_column_]);
    }
  }
  return row;
}

}  // namespace amparo::cases
