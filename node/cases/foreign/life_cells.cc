// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/life_cells.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/base/text.h"
#include "node/cases/foreign/identity_cells.h"

namespace amparo::cases {
namespace {

using Form = LifePart::Form;

constexpr LifePart kLifeParts[] = {
    {"status", Form::kCode, "case-status", false},
    {"closing_reason", Form::kCodeOrWords, "closing-reason", false},
    {"closed_on", Form::kDate, "", false},
    {"event.type", Form::kCode, "event-type", false},
    {"event.country", Form::kCode, "country", false},
    {"event.subdivision", Form::kCodeOrWords, "subdivision", false},
    {"event.city", Form::kText, "", false},
    {"event.happened", Form::kDate, "", false},
    {"event.words", Form::kLine, "", true},
    {"support.type", Form::kCode, "support-type", false},
    {"support.objective", Form::kText, "", false},
    {"support.actions", Form::kText, "", false},
    {"support.planned_end", Form::kDate, "", false},
    {"support.actual_end", Form::kDate, "", false},
    {"support.status", Form::kCode, "support-status", false},
    {"risk.level", Form::kCode, "risk-level", false},
    {"risk.statement", Form::kText, "", true},
    {"risk.vulnerabilities", Form::kCode, "vulnerability", true},
    {"risk.happened", Form::kDate, "", false},
    {"note.text", Form::kText, "", true},
};

constexpr absl::string_view kClosingReason = "closing_reason";
constexpr absl::string_view kClosedOn = "closed_on";
// What a note of several parts begins with: "[2/3] ".
constexpr size_t kPartMarkMax = 16;
// A record cannot tell an earlier one.
constexpr int kFirstClosingYear = 1971;

absl::string_view GroupOf(absl::string_view field) {
  return field.substr(0, field.find('.'));
}

void AppendLine(absl::string_view line, std::string& text) {
  absl::StrAppend(&text, text.empty() ? "" : "\n", line);
}

// How many bytes of `text` fit into `most`, ending between two words where
// there are some, and never within a character.
size_t FittingPart(absl::string_view text, size_t most) {
  if (text.size() <= most) return text.size();
  const size_t blank = text.substr(0, most).find_last_of(" \n");
  if (blank != absl::string_view::npos && blank > most / 2) return blank + 1;
  size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
    --end;
  }
  return end == 0 ? most : end;
}

// A text that is longer than a note becomes several.
void AddNote(absl::string_view text, const PartialDate& happened,
             CaseLife& life) {
  std::vector<absl::string_view> parts;
  const size_t most = text.size() <= limits::kFreeTextBytesMax
                          ? text.size()
                          : limits::kFreeTextBytesMax - kPartMarkMax;
  while (!text.empty()) {
    const size_t size = FittingPart(text, most);
    parts.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    Note note;
    if (parts.size() > 1) {
      note.text = absl::StrCat("[", i + 1, "/", parts.size(), "] ");
    }
    absl::StrAppend(&note.text, parts[i]);
    life.entries.push_back({happened, "", std::move(note)});
  }
}

}  // namespace

const LifePart* FindLifePart(absl::string_view field) {
  for (const LifePart& part : kLifeParts) {
    if (part.field == field) return &part;
  }
  return nullptr;
}

absl::Time CaseLife::ClosedAt(absl::Time now) const {
  if (!closed_on.known()) return now;
  return std::min(now,
                  absl::FromCivil(closed_on.Latest(), absl::UTCTimeZone()));
}

absl::Status CheckLife(const vocabulary::Lists& lists, absl::CivilDay today,
                       int year, CaseLife& life) {
  const PartialDate& closed = life.closed_on;
  if (closed.known()) {
    const absl::CivilDay earliest(closed.year, std::max(closed.month, 1),
                                  std::max(closed.day, 1));
    if (earliest > today || closed.year < kFirstClosingYear) {
      return FieldError(kClosedOn, "must be after 1970 and not in the future");
    }
    if (closed.year < year) {
      return FieldError(kClosedOn, "must not be before the registration");
    }
  }
  for (Wording& wording : life.entries) {
    const absl::Status valid =
        CheckWording(lists, today, wording, Dating::kAsTheSourceHas);
    if (FieldOf(valid) != "happened") {
      RETURN_IF_ERROR(valid);
      continue;
    }
    return FieldError(std::holds_alternative<RiskAssessment>(wording.content)
                          ? "risk.happened"
                          : "event.happened",
                      "must not be in the future");
  }
  return absl::OkStatus();
}

absl::Status LifeCells::Take(const vocabulary::Lists& lists,
                             const LifePart& part, absl::string_view column,
                             absl::string_view date_pattern,
                             absl::string_view text) {
  Cell cell{&part, std::string(column), "", {}, part.form == Form::kLine};
  if (part.form == Form::kDate) {
    ASSIGN_OR_RETURN(cell.date, ReadDate(text, date_pattern, part.field));
  }
  if (part.coded()) {
    const absl::StatusOr<absl::string_view> code =
        lists.CheckCode(part.list, text, part.field);
    if (code.ok()) {
      cell.text = std::string(*code);
    } else if (part.form == Form::kCodeOrWords) {
      cell.line = true;
    } else {
      return code.status();
    }
  }
  if (cell.text.empty()) {
    // Files end the lines of a cell as they end their rows.
    cell.text = absl::StrReplaceAll(text, {{"\r\n", "\n"}, {"\r", "\n"}});
    // Here, where it is known which column it is.
    RETURN_IF_ERROR(
        CheckFreeText(part.field, cell.text, cell.text.size(), true));
  }
  cells_.push_back(std::move(cell));
  return absl::OkStatus();
}

const LifeCells::Cell* LifeCells::Find(absl::string_view field) const {
  for (const Cell& cell : cells_) {
    if (cell.part->field == field && !cell.line) return &cell;
  }
  return nullptr;
}

std::string LifeCells::TextOf(absl::string_view field) const {
  const Cell* const cell = Find(field);
  return cell == nullptr ? std::string() : cell->text;
}

PartialDate LifeCells::DateOf(absl::string_view field) const {
  const Cell* const cell = Find(field);
  return cell == nullptr ? PartialDate() : cell->date;
}

absl::StatusOr<CaseLife> LifeCells::Assemble() const {
  CaseLife life;
  if (cells_.empty()) return life;
  RETURN_IF_ERROR(AddClosing(life));
  AddEvent(life);
  AddSupport(life);
  AddRisk(life);
  for (const Cell& cell : cells_) {
    if (cell.part->field != "note.text") continue;
    AddNote(cell.text, PartialDate(), life);
  }
  return life;
}

absl::Status LifeCells::AddClosing(CaseLife& life) const {
  const Cell* const status = Find("status");
  if (status != nullptr) life.status = *CaseStatusFromName(status->text);
  if (!IsClosed(life.status)) {
    for (const Cell& cell : cells_) {
      if (cell.part->field != kClosingReason && cell.part->field != kClosedOn) {
        continue;
      }
      return FieldError(cell.part->field,
                        "is only of a case whose status is closed");
    }
    return absl::OkStatus();
  }
  life.closed_on = DateOf(kClosedOn);
  life.closing_reason = TextOf(kClosingReason);
  if (life.closing_reason.empty()) {
    // The status itself says the one; the words are in a note.
    life.closing_reason =
        life.status == CaseStatus::kClosedReferred ? "REFERRED" : "OTHER";
  }
  AddLines(kClosingReason, false, life);
  return absl::OkStatus();
}

void LifeCells::AddEvent(CaseLife& life) const {
  if (Find("event.type") == nullptr) {
    AddLines("event", true, life);
    return;
  }
  RouteEvent event;
  event.type = TextOf("event.type");
  event.country = TextOf("event.country");
  if (event.country.empty()) event.country = std::string(vocabulary::kUnknown);
  event.subdivision = TextOf("event.subdivision");
  event.city = TextOf("event.city");
  life.entries.push_back({DateOf("event.happened"), "", std::move(event)});
  AddLines("event", false, life);
}

void LifeCells::AddSupport(CaseLife& life) const {
  if (Find("support.type") == nullptr || Find("support.objective") == nullptr) {
    AddLines("support", true, life);
    return;
  }
  SupportItem item;
  item.type = TextOf("support.type");
  item.objective = TextOf("support.objective");
  item.actions = TextOf("support.actions");
  item.planned_end = DateOf("support.planned_end");
  item.actual_end = DateOf("support.actual_end");
  item.status = TextOf("support.status");
  if (item.status.empty()) {
    item.status = item.actual_end.known() ? "COMPLETED" : "PLANNED";
  }
  life.entries.push_back({PartialDate(), "", std::move(item)});
}

void LifeCells::AddRisk(CaseLife& life) const {
  RiskAssessment risk;
  std::string vulnerabilities;
  bool said = false;
  for (const Cell& cell : cells_) {
    said = said || GroupOf(cell.part->field) == "risk";
    if (cell.part->field == "risk.statement") {
      AppendLine(cell.text, risk.statement);
    } else if (cell.part->field == "risk.vulnerabilities") {
      absl::StrAppend(&vulnerabilities, vulnerabilities.empty() ? "" : "; ",
                      cell.text);
    }
  }
  if (!said) return;
  if (!vulnerabilities.empty()) {
    risk.statement = risk.statement.empty()
                         ? vulnerabilities
                         : absl::StrCat(vulnerabilities, "\n", risk.statement);
  }
  risk.level = TextOf("risk.level");
  if (risk.level.empty()) risk.level = std::string(vocabulary::kUnknown);
  life.entries.push_back({DateOf("risk.happened"), "", std::move(risk)});
}

void LifeCells::AddLines(absl::string_view group, bool all,
                         CaseLife& life) const {
  std::string text;
  for (const Cell& cell : cells_) {
    if (GroupOf(cell.part->field) != group || !(all || cell.line)) continue;
    AppendLine(absl::StrCat(cell.column, ": ", cell.text), text);
  }
  if (text.empty()) return;
  AddNote(text, group == "event" ? DateOf("event.happened") : PartialDate(),
          life);
}

}  // namespace amparo::cases
