// SPDX-License-Identifier: Apache-2.0
//
// CSV as RFC 4180 has it, read piece by piece: quotes, doubled quotes, line
// breaks inside quotes, CRLF or LF, a byte order mark at the start. A bad
// record never stops the reading: it arrives with its problem and the reader
// goes on with the next line, so that one wrong row is one rejected row.
#ifndef AMPARO_NODE_CASES_FOREIGN_CSV_H_
#define AMPARO_NODE_CASES_FOREIGN_CSV_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace amparo::cases {

// One record. `fields` is meaningful only when `problem` is OK.
struct CsvRecord {
  int64_t line = 0;  // On which it starts; the first is 1.
  std::vector<std::string> fields;
  // kRowMalformed (a quote in the wrong place, none at the end, a lone
  // carriage return), kEncodingInvalid (NUL, no UTF-8), or kLimitExceeded
  // (longer than limits::kImportLineBytesMax, or more fields than
  // limits::kImportColumnsMax).
  absl::Status problem;
  // Which field has it, from 0; -1 when it is the record as a whole.
  int64_t problem_field = -1;
  // With a problem: the record as it came, without its last line break, up to
  // limits::kImportLineBytesMax.
  std::string raw;
};

// One line with CRLF. Cells are quoted where they must be. One that a
// spreadsheet would take for a formula (it begins with = + - @, a tab or a
// carriage return, and is no plain number such as "-99") gets an apostrophe
// before it.
std::string CsvLine(absl::Span<const std::string> cells, char separator);

// One thread at a time. Holds at most one record in memory.
class CsvReader {
 public:
  // `separator` stands between fields: ',', ';' or TAB.
  explicit CsvReader(char separator) : separator_(separator) {}

  // Called for each record, in order. The record is the callee's to take
  // from. An error stops Feed or Finish, which then return it.
  using RecordFunction = std::function<absl::Status(CsvRecord&)>;

  // Takes the next bytes of the file. Lines with nothing on them are no
  // records.
  absl::Status Feed(absl::string_view bytes, const RecordFunction& record);
  // The file has ended; a last line needs no line break.
  absl::Status Finish(const RecordFunction& record);

 private:
  enum class State {
    kFieldStart,
    kPlain,
    kQuoted,
    kQuoteInQuoted,   // A quote inside quotes: the end, or the first of two.
    kCarriageReturn,  // After CR: LF must follow.
    kBroken,          // Skips to the end of the line.
  };

  absl::Status Take(char c, const RecordFunction& record);
  absl::Status EndRecord(const RecordFunction& record);
  void EndField();
  void Keep(absl::string_view bytes);
  void Break(absl::Status problem);

  const char separator_;
  State state_ = State::kFieldStart;
  bool started_ = false;   // The byte order mark is behind us.
  std::string mark_;       // Up to three bytes that may be one.
  bool anything_ = false;  // The current record has at least one byte.
  size_t bytes_ = 0;       // Of the current record.
  std::string raw_;        // Its bytes.
  int64_t line_ = 1;
  std::string field_;
  CsvRecord record_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_FOREIGN_CSV_H_
