// SPDX-License-Identifier: Apache-2.0
//
// The operational log: one JSON object a line. A line has a fixed event word
// and fields of declared classes; there is no way to log free text that came
// from outside, a name, a pseudonym or a count of persons. What is written
// while a call is answered also names the call ("request"), so that its lines
// are found together.
#ifndef AMPARO_NODE_BASE_LOG_H_
#define AMPARO_NODE_BASE_LOG_H_

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "node/base/errors.h"
#include "node/base/ids.h"

namespace amparo {

// One field. Only these factories make one: each is a class of content that
// may stand in a log.
class LogField {
 public:
  // A word of the program's own: a string literal.
  static LogField Word(const char* name, const char* literal);
  // A quantity of the machine: bytes, milliseconds, retries, letters queued.
  static LogField Number(const char* name, int64_t value);
  // Which office. Offices are organisations, not persons.
  static LogField Peer(const OfficeId& peer);
  static LogField Why(Reason reason);
  // A file or address the administrator configured. Bytes that are no UTF-8
  // are shown as U+FFFD: a line is valid JSON whatever the path holds.
  static LogField Path(const char* name, absl::string_view path);
  // The random number of an error of the program, which a person was told.
  static LogField Incident(const EventId& id);

 private:
  friend void Log(const char*, std::initializer_list<LogField>);
  LogField(std::string name, std::string json)
      : name_(std::move(name)), json_(std::move(json)) {}
  std::string name_;
  std::string json_;
};

// As long as it lives, each line of this thread carries "request": 16
// hexadecimal digits, made of `id`. The id is random and of the program's own,
// never one that a caller sent: the log must not tell which case a request id
// belongs to. The innermost scope of a thread counts. Belongs to one thread.
class RequestScope {
 public:
  explicit RequestScope(uint64_t id);
  ~RequestScope();
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

 private:
  const std::optional<uint64_t> outer_;
};

// Writes one line. Thread-safe. `event` is a literal such as "letter_refused".
void Log(const char* event, std::initializer_list<LogField> fields);

// Where lines go; standard error until set. `sink` gets one line without its
// line break and is called under a lock. An empty function discards.
void SetLogSink(std::function<void(absl::string_view line)> sink);

}  // namespace amparo

#endif  // AMPARO_NODE_BASE_LOG_H_
