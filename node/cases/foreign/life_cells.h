// SPDX-License-Identifier: Apache-2.0
//
// The cells of a foreign row that say how far the work on a case is and what
// was written down about it: status, closing, a station of the route, an item
// of the support plan, a risk assessment, notes. Pure.
//
// Nothing that a cell says is lost or made up. What an entry has no field for
// (the street of a station), and the cells of an entry that lacks what one
// must have (a plan without objectives), become a note, a line for each cell:
// "hte_Street: Nowhere 1".
#ifndef AMPARO_NODE_CASES_FOREIGN_LIFE_CELLS_H_
#define AMPARO_NODE_CASES_FOREIGN_LIFE_CELLS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "node/cases/cases.h"
#include "node/cases/entries.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::cases {

// Which part of a case a column holds.
struct LifePart {
  enum class Form {
    kCode,         // A code of `list`.
    kCodeOrWords,  // One, or words that are kept in a note.
    kDate,
    kText,
    kLine,  // Kept in a note.
  };
  absl::string_view field;  // As a mapping and the checks name it.
  Form form = Form::kText;
  absl::string_view list;
  // Several columns may hold it.
  bool repeated = false;

  bool coded() const { return !list.empty(); }
};

// "status", "closing_reason", "closed_on", "event." with type, country,
// subdivision, city, happened or words, "support." with type, objective,
// actions, planned_end, actual_end or status, "risk." with level, statement,
// vulnerabilities or happened, "note.text". Null for any other text. The part
// lives as long as the program.
const LifePart* FindLifePart(absl::string_view field);

// What a row says of the life of a case.
struct CaseLife {
  CaseStatus status = CaseStatus::kActive;
  // A code of "closing-reason", of a closed case only.
  std::string closing_reason;
  PartialDate closed_on;
  std::vector<Wording> entries;

  // When the case was closed, as far as the row tells; `now` when it does not.
  // Never after `now`: of a date known in part its last day counts, so that
  // nothing is kept too short.
  absl::Time ClosedAt(absl::Time now) const;
};

// Whether such a case can be on `today`, the last day that it is anywhere, if
// the person was registered in `year` (0: unknown). kFieldInvalid or
// kCodeUnknown naming the part.
absl::Status CheckLife(const vocabulary::Lists& lists, absl::CivilDay today,
                       int year, CaseLife& life);

// Collects the cells of one row.
class LifeCells {
 public:
  // `text` is not empty. kCodeUnknown or kFieldInvalid naming the part.
  absl::Status Take(const vocabulary::Lists& lists, const LifePart& part,
                    absl::string_view column, absl::string_view date_pattern,
                    absl::string_view text);
  // kFieldInvalid ("closing_reason", "closed_on") when a case that is not
  // closed says why or when it was.
  absl::StatusOr<CaseLife> Assemble() const;

 private:
  struct Cell {
    const LifePart* part;
    std::string column;
    std::string text;  // Or the code.
    PartialDate date;
    bool line;  // Kept as a line of a note.
  };
  const Cell* Find(absl::string_view field) const;
  std::string TextOf(absl::string_view field) const;
  PartialDate DateOf(absl::string_view field) const;

  absl::Status AddClosing(CaseLife& life) const;
  void AddEvent(CaseLife& life) const;
  void AddSupport(CaseLife& life) const;
  void AddRisk(CaseLife& life) const;
  // Cells of `group`, all or those that are lines, as a note.
  void AddLines(absl::string_view group, bool all, CaseLife& life) const;

  std::vector<Cell> cells_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_FOREIGN_LIFE_CELLS_H_
