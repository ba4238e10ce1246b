// SPDX-License-Identifier: Apache-2.0
//
// A mapping file, perhaps one that extends a format that ships, then a file
// that has its columns. Held: documented reasons; a mapping that parses fits
// the header it names; a row becomes checked codes and an identity that may be
// kept, is skipped or rejected, and no rejection repeats what stood in a cell;
// what it maps to is a profile or is refused as one.
#include <string>
#include <vector>

#include "node/base/limits.h"
#include "node/cases/foreign/mapping.h"
#include "tests/fuzz/case_life.h"
#include "tests/fuzz/fuzz.h"

namespace amparo {
namespace {

// One text that each column takes, as far as its rule names one.
std::string SomeCell(const cases::ColumnRule& rule) {
  if (!rule.codes.empty()) return rule.codes.begin()->first;
  if (!rule.sets.empty()) return rule.sets.begin()->first;
  if (rule.identity.has_value()) return "1994";
  if (rule.life != nullptr) {
    return rule.life->coded() ? vocabulary::Lists::BuiltIn()
                                    .FindList(rule.life->list)
                                    ->codes()[0]
                                    .code
                              : "1994";
  }
  const auto* variable =
      vocabulary::Lists::BuiltIn().FindVariable(rule.variable);
  return variable == nullptr ? "" : variable->list->codes()[0].code;
}

void TryRow(const cases::BoundMapping& bound, const cases::CsvRecord& row) {
  const vocabulary::Lists& lists = vocabulary::Lists::BuiltIn();
  const cases::MappedRow mapped = bound.Apply(row);
  switch (mapped.outcome) {
    case cases::MappedRow::Outcome::kSkipped:
      HOLD(mapped.skipped_by == "ONLY_ROWS" ||
           mapped.skipped_by == "SKIP_ROWS");
      return;
    case cases::MappedRow::Outcome::kRejected:
      fuzz::HoldRefusal(mapped.problem);
      return;
    case cases::MappedRow::Outcome::kMapped:
      break;
  }
  for (const vocabulary::Coded& coded : mapped.entries) {
    const auto known = lists.Check(coded.variable, coded.code);
    HOLD(known.ok() && *known == coded);
  }
  cases::Identity identity = mapped.identity;
  HOLD(cases::CheckIdentity(lists, identity).ok());
  HOLD(identity == mapped.identity);
  const auto profile = cases::Profile::FromCoded(lists, mapped.entries);
  if (!profile.ok()) fuzz::HoldRefusal(profile.status());
  fuzz::HoldLife(mapped.life);
}

}  // namespace
}  // namespace amparo

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  const vocabulary::Lists& lists = vocabulary::Lists::BuiltIn();
  const auto mapping = cases::Mapping::Parse(lists, fuzz::AsText(input, size));
  if (!mapping.ok()) {
    // Its messages name keys of the mapping, which is the administrator's own.
    const Reason reason = ReasonOf(mapping.status());
    HOLD(reason == Reason::kMappingInvalid || reason == Reason::kCodeUnknown ||
         reason == Reason::kColumnUnknown || reason == Reason::kFieldInvalid ||
         reason == Reason::kLimitExceeded);
    return 0;
  }
  HOLD(size <= limits::kMappingBytesMax);
  cases::CsvRecord header;
  cases::CsvRecord fitting;
  cases::CsvRecord foreign;
  for (const auto& [name, rule] : mapping->columns) {
    header.fields.push_back(name);
    fitting.fields.push_back(SomeCell(rule));
    foreign.fields.emplace_back(fuzz::kMarker);
  }
  const auto bound = cases::BoundMapping::Bind(lists, *mapping, {}, header);
  if (!bound.ok()) {
    const Reason reason = ReasonOf(bound.status());
    HOLD(reason == Reason::kColumnMissing ||
         reason == Reason::kColumnDuplicate ||
         reason == Reason::kColumnUnknown || reason == Reason::kMappingInvalid);
    return 0;
  }
  HOLD(bound->header().size() == header.fields.size());
  TryRow(*bound, fitting);
  TryRow(*bound, foreign);
  fitting.fields.pop_back();
  TryRow(*bound, fitting);
  return 0;
}
