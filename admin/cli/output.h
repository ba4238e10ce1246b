// SPDX-License-Identifier: Apache-2.0
//
// How answers are shown: short aligned text for people, JSON for scripts.
// Whatever an office or a person wrote is made harmless for a terminal first.
// Pure; any thread.
#ifndef AMPARO_ADMIN_CLI_OUTPUT_H_
#define AMPARO_ADMIN_CLI_OUTPUT_H_

#include <google/protobuf/generated_enum_reflection.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace amparo::cli {

// The text with every control character (C0, DEL, C1), every character that
// changes the direction of writing and every byte that is not UTF-8 replaced
// by U+FFFD, so that no name can move the cursor, retitle a window or pretend
// to be another.
std::string Printable(absl::string_view text);

// Unicode 15, table 3-7: no overlong forms, no surrogates.
bool IsUtf8(absl::string_view text);

// How many columns a terminal uses for it: one per character.
size_t Width(absl::string_view text);

// "2026-02-03T14:05:06+02:00" in `zone`; "-" for 0 and less.
std::string TimeText(int64_t unix_millis, absl::TimeZone zone);

// The first moment of the year 10000, beyond this program's times.
inline constexpr int64_t kYear10000Millis = 253402300800000;

// "2026-01-31" at the start of that day in `zone`, or a time with offset as
// "2026-01-31T12:00:00+02:00", as Unix milliseconds from 0 to the end of the
// year 9999. USAGE naming `field`.
absl::StatusOr<int64_t> TimeOf(absl::string_view text, absl::TimeZone zone,
                               absl::string_view field);

// "12,345", as people write large numbers.
std::string Grouped(int64_t number);

// A released value: "withheld" when it is, never 0.
std::string ValueText(bool withheld, int64_t value);

// Rows under headings, each column as wide as its widest cell. Cells are made
// Printable.
class Columns {
 public:
  // `right` names the columns, from 0, that are set flush right.
  explicit Columns(std::vector<std::string> headings,
                   std::set<size_t> right = {});

  // As many cells as there are headings.
  void Add(std::vector<std::string> cells);

  // Ends in a newline; `nothing` and a newline when no row was added.
  std::string Text(absl::string_view nothing) const;

 private:
  std::set<size_t> right_;
  std::vector<std::vector<std::string>> rows_;  // The first are the headings.
};

// Lines of "label  value", values below each other, made Printable.
class Labelled {
 public:
  void Add(absl::string_view label, absl::string_view value);
  // Nothing for an empty value.
  void AddIf(absl::string_view label, absl::string_view value);
  // Each line ends in a newline.
  std::string Text() const;

 private:
  std::vector<std::pair<std::string, std::string>> rows_;
};

// Sets the lines in by two spaces.
std::string Indented(absl::string_view text);

// Indented JSON ending in a newline, safe for a terminal: what Printable()
// replaces is escaped, so that a script still gets it.
std::string JsonText(const nlohmann::ordered_json& json);

// The message as protobuf JSON with the proto's field names, all fields
// present. A field "value" beside "withheld": true becomes null: withheld is
// not zero.
nlohmann::ordered_json JsonOf(const google::protobuf::Message& message);

// "invited" for PERSON_STATE_INVITED: the name without the enum's own prefix.
std::string EnumWord(const google::protobuf::EnumDescriptor* type, int number);
template <class Enum>
std::string EnumWord(Enum value) {
  return EnumWord(google::protobuf::GetEnumDescriptor<Enum>(),
                  static_cast<int>(value));
}

// The number that a person means by "data-protection-officer" or
// "DATA_PROTECTION_OFFICER"; USAGE naming `field` and the words there are.
absl::StatusOr<int> EnumNumber(const google::protobuf::EnumDescriptor* type,
                               absl::string_view word, absl::string_view field);
template <class Enum>
absl::StatusOr<Enum> EnumOf(absl::string_view word, absl::string_view field) {
  const absl::StatusOr<int> number =
      EnumNumber(google::protobuf::GetEnumDescriptor<Enum>(), word, field);
  if (!number.ok()) return number.status();
  return static_cast<Enum>(*number);
}

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_OUTPUT_H_
