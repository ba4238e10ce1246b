// SPDX-License-Identifier: Apache-2.0
#include "node/base/log.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "node/base/clock.h"

namespace amparo {
namespace {

std::string Quoted(absl::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      absl::StrAppend(&out, "\\", std::string(1, c));
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppend(
          &out, "\\u00",
          absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
  return out;
}

struct Sink {
  absl::Mutex mutex;
  std::function<void(absl::string_view)> write = [](absl::string_view line) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  };
};

Sink& TheSink() {
  static Sink* const sink = new Sink();
  return *sink;
}

}  // namespace

LogField LogField::Word(const char* name, const char* literal) {
  return LogField(name, Quoted(literal));
}

LogField LogField::Number(const char* name, int64_t value) {
  return LogField(name, absl::StrCat(value));
}

LogField LogField::Peer(const OfficeId& peer) {
  return LogField("peer", Quoted(peer.hex()));
}

LogField LogField::Why(Reason reason) {
  return LogField("reason", Quoted(ReasonName(reason)));
}

LogField LogField::Path(const char* name, absl::string_view path) {
  return LogField(name, Quoted(path));
}

LogField LogField::Request(const EventId& id) {
  return LogField("request", Quoted(id.hex()));
}

void Log(const char* event, std::initializer_list<LogField> fields) {
  std::string line = absl::StrCat(
      "{\"time\":",
      Quoted(absl::FormatTime(absl::RFC3339_full, SystemClock().Now(),
                              absl::UTCTimeZone())),
      ",\"event\":", Quoted(event));
  for (const LogField& field : fields) {
    absl::StrAppend(&line, ",", Quoted(field.name_), ":", field.json_);
  }
  line.push_back('}');
  Sink& sink = TheSink();
  absl::MutexLock lock(&sink.mutex);
  if (sink.write) sink.write(line);
}

void SetLogSink(std::function<void(absl::string_view line)> sink) {
  Sink& the_sink = TheSink();
  absl::MutexLock lock(&the_sink.mutex);
  the_sink.write = std::move(sink);
}

}  // namespace amparo
