// SPDX-License-Identifier: Apache-2.0
//
// A CSV file in one of the formats that ship, which the first byte chooses.
// Held: the header fits or is refused with a documented reason; a row becomes
// checked codes, an identity and entries that may be kept, or is rejected with
// a reason whose message and column repeat nothing that stood in a cell; a row
// written into the file of rejected rows reads as the cells it was written
// from, and none of them runs as a formula.
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "node/base/text.h"
#include "node/cases/foreign/mapping.h"
#include "node/cases/foreign/mapping_documents.h"
#include "tests/fuzz/case_life.h"
#include "tests/fuzz/fuzz.h"

namespace amparo {
namespace {

const cases::Mapping& Format(uint8_t number) {
  static const auto* const all = [] {
    auto* mappings = new std::vector<cases::Mapping>();
    for (const absl::string_view name : cases::BuiltInFormats()) {
      mappings->push_back(*cases::Mapping::Parse(vocabulary::Lists::BuiltIn(),
                                                 cases::BuiltInFormat(name)));
    }
    return mappings;
  }();
  return (*all)[number % all->size()];
}

// A sign, digits and perhaps a point among them: what is written as it is.
bool IsPlainNumber(absl::string_view text) {
  text.remove_prefix(1);
  bool digits = false;
  int points = 0;
  for (const char c : text) {
    if (c == '.') {
      ++points;
    } else if (absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      digits = true;
    } else {
      return false;
    }
  }
  return digits && points <= 1;
}

void HoldWritten(const cases::CsvRecord& row) {
  std::vector<std::string> cells = row.fields;
  if (!row.problem.ok()) cells = {row.raw};
  for (std::string& cell : cells) {
    if (!amparo::IsUtf8(cell) || cell.find('\0') != std::string::npos) return;
  }
  cases::CsvReader reader(',');
  int records = 0;
  const auto take = [&](cases::CsvRecord& again) {
    ++records;
    HOLD(again.problem.ok() && again.fields.size() == cells.size());
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string& written = again.fields[i];
      HOLD(written == cells[i] || written == "'" + cells[i]);
      // What spreadsheets begin a formula with; a number with a sign is none.
      const bool formula =
          !written.empty() && absl::string_view("=+-@\t\r").find(written[0]) !=
                                  absl::string_view::npos;
      HOLD(!formula || IsPlainNumber(written));
    }
    return absl::OkStatus();
  };
  // A line with nothing on it is no record.
  const std::string line = cases::CsvLine(cells, ',');
  HOLD(reader.Feed(line, take).ok() && reader.Finish(take).ok());
  HOLD(records == (line == "\r\n" ? 0 : 1));
}

void HoldRow(const cases::BoundMapping& bound, const cases::CsvRecord& row) {
  const vocabulary::Lists& lists = vocabulary::Lists::BuiltIn();
  const cases::MappedRow mapped = bound.Apply(row);
  HOLD(mapped.outcome != cases::MappedRow::Outcome::kSkipped);
  if (mapped.outcome == cases::MappedRow::Outcome::kRejected) {
    fuzz::HoldRefusal(mapped.problem);
    HoldWritten(row);
    return;
  }
  for (const vocabulary::Coded& coded : mapped.entries) {
    HOLD(lists.Check(coded.variable, coded.code).ok());
  }
  cases::Identity identity = mapped.identity;
  HOLD(cases::CheckIdentity(lists, identity).ok());
  const auto profile = cases::Profile::FromCoded(lists, mapped.entries);
  if (!profile.ok()) fuzz::HoldRefusal(profile.status());
  fuzz::HoldLife(mapped.life);
}

}  // namespace
}  // namespace amparo

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  fuzz::Parts parts(input, size);
  const cases::Mapping& mapping = Format(parts.Byte());
  cases::CsvReader reader(mapping.separator);
  std::optional<cases::BoundMapping> bound;
  const auto take = [&](cases::CsvRecord& record) -> absl::Status {
    if (bound.has_value()) {
      HoldRow(*bound, record);
      return absl::OkStatus();
    }
    auto fitted = cases::BoundMapping::Bind(vocabulary::Lists::BuiltIn(),
                                            mapping, {}, record);
    if (!fitted.ok()) return fitted.status();
    bound = *std::move(fitted);
    return absl::OkStatus();
  };
  absl::Status status = reader.Feed(parts.Rest(), take);
  if (status.ok()) status = reader.Finish(take);
  if (!status.ok()) {
    fuzz::HoldRefusal(status,
                      {Reason::kRowMalformed, Reason::kEncodingInvalid,
                       Reason::kLimitExceeded, Reason::kColumnUnknown,
                       Reason::kColumnMissing, Reason::kColumnDuplicate});
  }
  return 0;
}
