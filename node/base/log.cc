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

constexpr char kReplacement[] = "\\ufffd";

// How many bytes at the start of `text` are one character of UTF-8 (RFC 3629:
// no overlong form, no surrogate, nothing beyond U+10FFFF); 0 for none.
size_t CharacterBytes(absl::string_view text) {
  const auto byte = [&text](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xc2 && first <= 0xdf   ? 2
                      : first >= 0xe0 && first <= 0xef ? 3
                      : first >= 0xf0 && first <= 0xf4 ? 4
                                                       : 0;
  if (size == 0 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool outside =
      (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
  return outside ? 0 : size;
}

std::string Quoted(absl::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const size_t size = CharacterBytes(text);
    const auto c = static_cast<unsigned char>(text[0]);
    if (size == 0) {
      out += kReplacement;
    } else if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(text[0]);
    } else if (c < 0x20) {
      absl::StrAppend(&out, "\\u00", absl::Hex(c, absl::kZeroPad2));
    } else {
      out.append(text.data(), size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  out.push_back('"');
  return out;
}

thread_local std::optional<uint64_t> present_request;

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

LogField LogField::Incident(const EventId& id) {
  return LogField("incident", Quoted(id.hex()));
}

RequestScope::RequestScope(uint64_t id) : outer_(present_request) {
  present_request = id;
}

RequestScope::~RequestScope() { present_request = outer_; }

void Log(const char* event, std::initializer_list<LogField> fields) {
  std::string line = absl::StrCat(
      "{\"time\":",
      Quoted(absl::FormatTime(absl::RFC3339_full, SystemClock().Now(),
                              absl::UTCTimeZone())),
      ",\"event\":", Quoted(event));
  if (present_request.has_value()) {
    absl::StrAppend(&line, ",\"request\":\"",
                    absl::Hex(*present_request, absl::kZeroPad16), "\"");
  }
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
