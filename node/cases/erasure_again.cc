// SPDX-License-Identifier: Apache-2.0
//
// Erasing what an older copy of the store brought back.
#include <algorithm>
#include <optional>
#include <utility>

#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/cases/cases_records.h"
#include "node/cases/erasure.h"
#include "node/cases/retention_records.h"

namespace amparo::cases {

using storage::Batch;
using storage::Reader;
using storage::Row;
using storage::Table;

absl::StatusOr<std::optional<Case>> Eraser::DeleteAgain(
    Batch& batch, const Reader& reader, const ErasedCases& erased,
    const CaseId& id, absl::Time now) const {
  const Table<CaseCodec> cases(services_.registry.vault());
  ASSIGN_OR_RETURN(auto row, cases.Get(reader, id));
  if (!row.has_value()) return std::optional<Case>();
  AgedCase aged{*std::move(row), {}, std::nullopt, false, {}};
  const Case& file = aged.file.value;
  // Who it was merged into is gone already when it went first, and then all of
  // them were to go.
  std::optional<Row<Case>> into;
  if (!file.merged_into.empty()) {
    ASSIGN_OR_RETURN(into, cases.Get(reader, file.merged_into));
  }
  const auto whole = [&](const Case& one) {
    return std::all_of(
        one.absorbed.begin(), one.absorbed.end(),
        [&](const CaseId& other) { return erased.count(other) > 0; });
  };
  if (!whole(file) ||
      (!file.merged_into.empty() && erased.count(file.merged_into) == 0) ||
      (into.has_value() && !whole(into->value))) {
    return Error(Reason::kWrongState,
                 "the case was merged when the copy was made");
  }
  for (const CaseId& other : file.absorbed) {
    ASSIGN_OR_RETURN(auto absorbed, cases.Get(reader, other));
    if (absorbed.has_value()) aged.absorbed.push_back(*std::move(absorbed));
  }
  RETURN_IF_ERROR(
      DeleteOne(batch, reader, aged, aged.file, RetentionAction::kDelete, now));
  return std::optional<Case>(file);
}

absl::Status Eraser::MarkAgain(Batch& batch, const Reader& reader,
                               const CaseId& id,
                               absl::Span<const CaseLead> leads,
                               absl::Time now) const {
  const Table<ErasedCaseCodec> marks(services_.registry.vault());
  ASSIGN_OR_RETURN(const auto mark, marks.Get(reader, id));
  if (mark.has_value()) return absl::OkStatus();
  RETURN_IF_ERROR(marks.Insert(batch, id, {now, RetentionAction::kDelete}));
  for (const CaseLead& lead : leads) {
    ASSIGN_OR_RETURN(const auto known, reader.Get(lead.table, lead.key));
    if (!known.has_value()) batch.Put(lead.table, lead.key, id.bytes());
  }
  return absl::OkStatus();
}

}  // namespace amparo::cases
