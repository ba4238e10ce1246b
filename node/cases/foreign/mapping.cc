// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/mapping.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"

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
  for (const std::string& field : header.fields) {
    const std::string name(absl::StripAsciiWhitespace(field));
    const size_t number = bound.header_.size() + 1;
    if (mapping.columns.count(name) == 0) {
      return Error(Reason::kColumnUnknown,
                   absl::StrCat("column ", number,
                                " of the file is not in the mapping; name it "
                                "there, or say that it is to be ignored"));
    }
    if (std::find(bound.header_.begin(), bound.header_.end(), name) !=
        bound.header_.end()) {
      return Error(Reason::kColumnDuplicate,
                   absl::StrCat("column ", name, " stands twice in the file"));
    }
    bound.header_.push_back(name);
    RETURN_IF_ERROR(bound.BindColumn(lists, mapping, name));
  }
  for (const auto& [name, rule] : mapping.columns) {
    RETURN_IF_ERROR(bound.Place(name).status());
  }
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

absl::Status BoundMapping::BindColumn(const vocabulary::Lists& lists,
                                      const Mapping& mapping,
                                      const std::string& name) {
  const ColumnRule& rule = mapping.columns.at(name);
  Column column;
  column.ignore = rule.ignore;
  column.name = name;
  column.variable = rule.variable;
  for (const auto& [text, pairs] : rule.sets) {
    std::vector<vocabulary::Coded>& set = column.translations[text];
    for (const auto& [variable, code] : pairs) {
      ASSIGN_OR_RETURN(const vocabulary::Coded coded,
                       lists.Check(variable, code));
      set.push_back(coded);
    }
  }
  if (!rule.variable.empty()) {
    // In order of precedence: the mapping's own words, the list's, and the
    // spellings of unknown. The first to claim a text has it.
    for (const auto& [text, code] : rule.codes) {
      ASSIGN_OR_RETURN(const vocabulary::Coded coded,
                       lists.Check(rule.variable, code));
      column.translations.try_emplace(text,
                                      std::vector<vocabulary::Coded>{coded});
    }
    const vocabulary::List& list = *lists.FindVariable(rule.variable)->list;
    column.list = absl::StrCat(list.id(), " version ", list.version());
    const auto claim = [&](const std::string& text) -> absl::Status {
      ASSIGN_OR_RETURN(const vocabulary::Coded coded,
                       lists.Check(rule.variable, text));
      column.translations.try_emplace(text,
                                      std::vector<vocabulary::Coded>{coded});
      return absl::OkStatus();
    };
    for (const vocabulary::Code& code : list.codes()) {
      if (!code.withdrawn.empty()) continue;
      RETURN_IF_ERROR(claim(code.code));
      for (const std::string& alias : code.aliases) {
        RETURN_IF_ERROR(claim(alias));
      }
    }
    const absl::StatusOr<vocabulary::Coded> unknown =
        lists.Check(rule.variable, vocabulary::kUnknown);
    for (const std::string& text : mapping.unknown) {
      if (!unknown.ok()) break;
      column.translations.try_emplace(text,
                                      std::vector<vocabulary::Coded>{*unknown});
    }
  }
  columns_.push_back(std::move(column));
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
  const auto found = std::find(header_.begin(), header_.end(), column);
  if (found == header_.end()) {
    return Error(Reason::kColumnMissing,
                 absl::StrCat("the file has no column ", column));
  }
  return static_cast<size_t>(found - header_.begin());
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
  for (const Rule& rule : skip_) {
    if (!rule.values.contains(text(rule.column))) continue;
    row.outcome = MappedRow::Outcome::kSkipped;
    row.skipped_by = "SKIP_ROWS";
    return row;
  }
  for (const Rule& rule : only_) {
    if (rule.values.contains(text(rule.column))) continue;
    row.outcome = MappedRow::Outcome::kSkipped;
    row.skipped_by = "ONLY_ROWS";
    return row;
  }
  row.entries = constants_;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    if (column.ignore) continue;
    const auto found = column.translations.find(text(i));
    if (found == column.translations.end()) {
      return Rejected(
          Error(
              Reason::kCodeUnknown,
              column.variable.empty()
                  ? std::string("the text is not among the mapping's sets")
                  : absl::StrCat("the text is no code of list ", column.list)),
          column.name);
    }
    for (const vocabulary::Coded& coded : found->second) {
      if (Merge(*lists_, coded, row.entries)) continue;
      return Rejected(Error(Reason::kFieldInvalid,
                            absl::StrCat("another column says otherwise of ",
                                         coded.variable)),
                      column.name);
    }
  }
  if (key_column_.has_value()) {
    row.key = std::string(text(*key_column_));
    if (row.key.empty()) {
      return Rejected(FieldError("source_key", "must not be empty"),
                      header_[*key_column_]);
    }
  }
  return row;
}

}  // namespace amparo::cases
