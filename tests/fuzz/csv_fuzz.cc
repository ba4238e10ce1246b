// SPDX-License-Identifier: Apache-2.0
//
// A CSV file. First byte: separator and size of the pieces. Held: whole and in
// pieces it reads the same; records come in order of their lines; a bad record
// tells one of the documented reasons and which field; a good one is UTF-8
// within the limits, and written as RFC 4180 has it and read again, the same.
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "node/base/limits.h"
#include "node/base/text.h"
#include "node/cases/foreign/csv.h"
#include "tests/fuzz/fuzz.h"

namespace amparo {
namespace {

std::vector<cases::CsvRecord> ReadAll(absl::string_view text, char separator,
                                      size_t piece) {
  cases::CsvReader reader(separator);
  std::vector<cases::CsvRecord> records;
  const auto take = [&](cases::CsvRecord& record) {
    records.push_back(std::move(record));
    return absl::OkStatus();
  };
  for (size_t at = 0; at < text.size(); at += piece) {
    HOLD(reader.Feed(text.substr(at, piece), take).ok());
  }
  HOLD(reader.Finish(take).ok());
  return records;
}

void HoldRecord(const cases::CsvRecord& record) {
  const auto fields = static_cast<int64_t>(record.fields.size());
  HOLD(record.fields.size() <= limits::kImportColumnsMax);
  if (!record.problem.ok()) {
    fuzz::HoldRefusal(record.problem,
                      {Reason::kRowMalformed, Reason::kEncodingInvalid,
                       Reason::kLimitExceeded});
    HOLD(record.problem_field >= -1 && record.problem_field <= fields);
    return;
  }
  HOLD(fields > 0);
  for (const std::string& field : record.fields) {
    HOLD(amparo::IsUtf8(field));
    HOLD(field.find('\0') == std::string::npos);
  }
}

std::string Written(const std::vector<std::string>& fields, char separator) {
  const std::string between(1, separator);
  return absl::StrJoin(fields, between,
                       [](std::string* out, const std::string& field) {
                         *out += '"';
                         *out += absl::StrReplaceAll(field, {{"\"", "\"\""}});
                         *out += '"';
                       }) +
         "\r\n";
}

}  // namespace
}  // namespace amparo

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  fuzz::Parts parts(input, size);
  const uint8_t how = parts.Byte();
  const char separator = ",;\t"[how % 3];
  const absl::string_view text = parts.Rest();
  const auto records = ReadAll(text, separator, text.size() + 1);
  const auto pieces = ReadAll(text, separator, 1 + how / 3);
  HOLD(records.size() == pieces.size());
  int64_t line = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    HoldRecord(records[i]);
    HOLD(records[i].line > line);
    line = records[i].line;
    HOLD(records[i].line == pieces[i].line);
    HOLD(records[i].problem == pieces[i].problem);
    HOLD(records[i].problem_field == pieces[i].problem_field);
    if (!records[i].problem.ok()) continue;
    HOLD(records[i].fields == pieces[i].fields);
    const auto again = ReadAll(Written(records[i].fields, separator), separator,
                               text.size() + 1);
    HOLD(again.size() == 1);
    HOLD(again[0].problem.ok() && again[0].fields == records[i].fields);
  }
  return 0;
}
