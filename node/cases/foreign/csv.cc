// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/csv.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/base/text.h"

namespace amparo::cases {
namespace {

constexpr absl::string_view kByteOrderMark = "\xef\xbb\xbf";

absl::Status Malformed(absl::string_view what) {
  return Error(Reason::kRowMalformed, what);
}

absl::Status WrongEncoding(absl::string_view what) {
  return Error(Reason::kEncodingInvalid,
               absl::StrCat(what, "; save the file as UTF-8"));
}

bool IsFormula(absl::string_view cell) {
  if (cell.empty() || !absl::StrContains("=+-@\t\r", cell.substr(0, 1))) {
    return false;
  }
  double number = 0;
  const bool plain =
      cell.find_first_not_of("+-.0123456789") == absl::string_view::npos;
  return !(plain && absl::SimpleAtod(cell, &number));
}

}  // namespace

absl::Status CsvReader::Feed(absl::string_view bytes,
                             const RecordFunction& record) {
  size_t at = 0;
  while (!started_ && at < bytes.size()) {
    mark_.push_back(bytes[at++]);
    if (mark_ == kByteOrderMark) {
      started_ = true;
    } else if (!absl::StartsWith(kByteOrderMark, mark_)) {
      started_ = true;
      for (const char c : std::exchange(mark_, {})) {
        RETURN_IF_ERROR(Take(c, record));
      }
    }
  }
  while (at < bytes.size()) {
    // The inner run of an ordinary field is taken whole: files are mostly
    // that.
    if (state_ == State::kPlain) {
      size_t end = at;
      while (end < bytes.size() && bytes[end] != separator_ &&
             bytes[end] != '\n' && bytes[end] != '\r' && bytes[end] != '"' &&
             bytes[end] != '\0') {
        ++end;
      }
      const size_t run = end - at;
      if (run > 0 && bytes_ + run <= limits::kImportLineBytesMax) {
        field_.append(bytes.data() + at, run);
        Keep(bytes.substr(at, run));
        bytes_ += run;
        at = end;
        continue;
      }
    }
    RETURN_IF_ERROR(Take(bytes[at++], record));
  }
  return absl::OkStatus();
}

absl::Status CsvReader::Finish(const RecordFunction& record) {
  started_ = true;
  if (mark_ != kByteOrderMark) {
    for (const char c : std::exchange(mark_, {})) {
      RETURN_IF_ERROR(Take(c, record));
    }
  }
  if (state_ == State::kQuoted) {
    Break(Malformed("a quote is opened and never closed"));
  }
  if (bytes_ == 0 && record_.problem.ok()) return absl::OkStatus();
  return EndRecord(record);
}

absl::Status CsvReader::Take(char c, const RecordFunction& record) {
  if (c == '\n') {
    ++line_;
    if (state_ != State::kQuoted) {
      // A line with nothing on it, or only its carriage return.
      if (bytes_ > 0 || !record_.problem.ok()) return EndRecord(record);
      anything_ = false;
      state_ = State::kFieldStart;
      return absl::OkStatus();
    }
  }
  if (!anything_) {
    anything_ = true;
    record_.line = line_;
  }
  Keep(absl::string_view(&c, 1));
  if (state_ == State::kBroken) return absl::OkStatus();
  if (state_ == State::kCarriageReturn) {
    Break(Malformed("a carriage return stands alone"));
    return absl::OkStatus();
  }
  if (c == '\r' && state_ != State::kQuoted) {
    state_ = State::kCarriageReturn;
    return absl::OkStatus();
  }
  if (++bytes_ > limits::kImportLineBytesMax) {
    // Most often a quote was opened and what follows it was taken for its text.
    Break(Error(Reason::kLimitExceeded,
                state_ == State::kQuoted
                    ? "the row is too long: is a quote in it never closed?"
                    : "the row is too long"));
    return absl::OkStatus();
  }
  if (c == '\0') {
    Break(WrongEncoding("the row holds a NUL byte, as UTF-16 does"));
    return absl::OkStatus();
  }
  switch (state_) {
    case State::kFieldStart:
      if (c == '"') {
        state_ = State::kQuoted;
      } else if (c == separator_) {
        EndField();
      } else {
        field_.push_back(c);
        state_ = State::kPlain;
      }
      break;
    case State::kPlain:
      if (c == separator_) {
        EndField();
      } else if (c == '"') {
        Break(Malformed("a quote stands inside a field without quotes"));
      } else {
        field_.push_back(c);
      }
      break;
    case State::kQuoted:
      if (c == '"') {
        state_ = State::kQuoteInQuoted;
      } else {
        field_.push_back(c);
      }
      break;
    case State::kQuoteInQuoted:
      if (c == '"') {
        field_.push_back(c);
        state_ = State::kQuoted;
      } else if (c == separator_) {
        EndField();
      } else {
        Break(Malformed("text follows a closing quote"));
      }
      break;
    case State::kCarriageReturn:
    case State::kBroken:
      break;
  }
  return absl::OkStatus();
}

void CsvReader::EndField() {
  state_ = State::kFieldStart;
  if (record_.fields.size() >= limits::kImportColumnsMax) {
    Break(Error(Reason::kLimitExceeded, "the row has too many fields"));
    return;
  }
  if (!IsUtf8(field_)) {
    Break(WrongEncoding("the text is not UTF-8"));
    return;
  }
  record_.fields.push_back(std::move(field_));
  field_.clear();
}

void CsvReader::Keep(absl::string_view bytes) {
  bytes =
      bytes.substr(0, limits::kImportLineBytesMax -
                          std::min(limits::kImportLineBytesMax, raw_.size()));
  raw_.append(bytes.data(), bytes.size());
}

void CsvReader::Break(absl::Status problem) {
  if (record_.problem.ok()) {
    record_.problem = std::move(problem);
    record_.problem_field = static_cast<int64_t>(record_.fields.size());
  }
  state_ = State::kBroken;
}

absl::Status CsvReader::EndRecord(const RecordFunction& record) {
  if (state_ != State::kBroken) EndField();
  CsvRecord done = std::exchange(record_, CsvRecord());
  record_.fields.reserve(done.fields.size());
  if (!done.problem.ok()) {
    done.raw = raw_;
    if (absl::EndsWith(done.raw, "\r")) done.raw.pop_back();
  }
  raw_.clear();
  field_.clear();
  state_ = State::kFieldStart;
  anything_ = false;
  bytes_ = 0;
  return record(done);
}

std::string CsvLine(absl::Span<const std::string> cells, char separator) {
  std::string line;
  for (const std::string& cell : cells) {
    if (&cell != cells.data()) line.push_back(separator);
    const bool neutral = IsFormula(cell);
    const bool quoted =
        cell.find_first_of("\"\r\n") != std::string::npos ||
        cell.find(separator) != std::string::npos ||
        (!cell.empty() && (cell.front() == ' ' || cell.back() == ' '));
    if (quoted) line.push_back('"');
    if (neutral) line.push_back('\'');
    for (const char c : cell) {
      if (c == '"') line.push_back('"');
      line.push_back(c);
    }
    if (quoted) line.push_back('"');
  }
  return line + "\r\n";
}

}  // namespace amparo::cases
