// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/output.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "admin/cli/failure.h"

namespace amparo::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kReplacement[] = "\xEF\xBF\xBD";

// Bytes of the UTF-8 character at the start of `text`, its code in *code; 0
// when there is none. Overlong forms and surrogates are none.
size_t ReadCharacter(absl::string_view text, uint32_t* code) {
  const auto byte = [&text](size_t i) {
    return static_cast<uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const uint32_t first = byte(0);
  if (first < 0x80) {
    *code = first;
    return 1;
  }
  const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  *code = first & (0x7Fu >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return 0;
    *code = (*code << 6) | (byte(i) & 0x3Fu);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = *code >= 0xD800 && *code <= 0xDFFF;
  return *code < kSmallest[size] || surrogate || *code > 0x10FFFF ? 0 : size;
}

bool IsHarmful(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x061C ||
         code == 0x200E || code == 0x200F ||
         (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

// "PERSON_STATE_" from PERSON_STATE_UNSPECIFIED.
std::string Prefix(const google::protobuf::EnumDescriptor* type) {
  return std::string(
      absl::StripSuffix(type->FindValueByNumber(0)->name(), "UNSPECIFIED"));
}

void WithholdValues(Json& json) {
  if (json.is_object()) {
    const auto withheld = json.find("withheld");
    if (withheld != json.end() && withheld->is_boolean() &&
        withheld->get<bool>() && json.contains("value")) {
      json["value"] = nullptr;
    }
  }
  if (json.is_structured()) {
    for (Json& part : json) WithholdValues(part);
  }
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string shown;
  while (!text.empty()) {
    uint32_t code = 0;
    const size_t size = ReadCharacter(text, &code);
    if (size == 0 || IsHarmful(code)) {
      absl::StrAppend(&shown, kReplacement);
    } else {
      absl::StrAppend(&shown, text.substr(0, size));
    }
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return shown;
}

bool IsUtf8(absl::string_view text) {
  uint32_t code = 0;
  while (!text.empty()) {
    const size_t size = ReadCharacter(text, &code);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

size_t Width(absl::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

std::string TimeText(int64_t unix_millis, absl::TimeZone zone) {
  if (unix_millis <= 0) return "-";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%S%Ez",
                          absl::FromUnixMillis(unix_millis), zone);
}

absl::StatusOr<int64_t> TimeOf(absl::string_view text, absl::TimeZone zone,
                               absl::string_view field) {
  absl::Time time;
  std::string error;
  // ParseTime also takes "infinite-future" and years beyond this calendar.
  if ((absl::ParseTime("%Y-%m-%d", text, zone, &time, &error) ||
       absl::ParseTime(absl::RFC3339_full, text, &time, &error)) &&
      time >= absl::UnixEpoch() &&
      time < absl::FromUnixMillis(kYear10000Millis)) {
    return absl::ToUnixMillis(time);
  }
  return UsageError(field,
                    "must be a date such as 2026-01-31, or a time such as "
                    "2026-01-31T12:00:00+02:00");
}

std::string Grouped(int64_t number) {
  std::string digits = absl::StrCat(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t end = digits.size(); end > first + 3; end -= 3) {
    digits.insert(end - 3, 1, ',');
  }
  return digits;
}

std::string ValueText(bool withheld, int64_t value) {
  return withheld ? "withheld" : Grouped(value);
}

Columns::Columns(std::vector<std::string> headings, std::set<size_t> right)
    : right_(std::move(right)) {
  rows_.push_back(std::move(headings));
}

void Columns::Add(std::vector<std::string> cells) {
  cells.resize(rows_.front().size());
  for (std::string& cell : cells) cell = Printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Columns::Text(absl::string_view nothing) const {
  if (rows_.size() == 1) return absl::StrCat(nothing, "\n");
  std::vector<size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], Width(row[i]));
    }
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string gap(widths[i] - Width(row[i]), ' ');
      if (i > 0) line += "  ";
      line += right_.count(i) != 0 ? gap + row[i] : row[i] + gap;
    }
    absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(line), "\n");
  }
  return text;
}

void Labelled::Add(absl::string_view label, absl::string_view value) {
  rows_.emplace_back(std::string(label), Printable(value));
}

void Labelled::AddIf(absl::string_view label, absl::string_view value) {
  if (!value.empty()) Add(label, value);
}

std::string Labelled::Text() const {
  size_t width = 0;
  for (const auto& row : rows_) width = std::max(width, Width(row.first));
  std::string text;
  for (const auto& row : rows_) {
    absl::StrAppend(&text, row.first,
                    std::string(width - Width(row.first) + 2, ' '), row.second,
                    "\n");
  }
  return text;
}

std::string Indented(absl::string_view text) {
  std::string indented;
  for (absl::string_view line :
       absl::StrSplit(absl::StripSuffix(text, "\n"), '\n')) {
    absl::StrAppend(&indented, "  ", line, "\n");
  }
  return indented;
}

std::string JsonText(const Json& json) {
  const std::string plain =
      json.dump(2, ' ', false, Json::error_handler_t::replace);
  std::string text;
  absl::string_view left = plain;
  while (!left.empty()) {
    // What stands raw in JSON and some terminals obey: DEL, C1, directions.
    uint32_t code = 0;
    const size_t size = std::max<size_t>(ReadCharacter(left, &code), 1);
    if (left[0] != '\n' && IsHarmful(code)) {
      absl::StrAppend(&text, "\\u", absl::Hex(code, absl::kZeroPad4));
    } else {
      absl::StrAppend(&text, left.substr(0, size));
    }
    left.remove_prefix(size);
  }
  return text + "\n";
}

Json JsonOf(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(message, &text, options)
           .ok()) {
    return Json::object();
  }
  Json json = Json::parse(text, nullptr, false);
  WithholdValues(json);
  return json;
}

std::string EnumWord(const google::protobuf::EnumDescriptor* type, int number) {
  const auto* const value = type->FindValueByNumber(number);
  if (value == nullptr || number == 0) return "unknown";
  return absl::StrReplaceAll(
      absl::AsciiStrToLower(absl::StripPrefix(value->name(), Prefix(type))),
      {{"_", " "}});
}

absl::StatusOr<int> EnumNumber(const google::protobuf::EnumDescriptor* type,
                               absl::string_view word,
                               absl::string_view field) {
  const std::string prefix = Prefix(type);
  const std::string name = absl::StrReplaceAll(absl::AsciiStrToUpper(word),
                                               {{"-", "_"}, {" ", "_"}});
  const auto* value = type->FindValueByName(absl::StrCat(prefix, name));
  if (value == nullptr) value = type->FindValueByName(name);
  if (value != nullptr && value->number() != 0) return value->number();
  std::vector<absl::string_view> words;
  for (int i = 0; i < type->value_count(); ++i) {
    if (type->value(i)->number() == 0) continue;
    words.push_back(absl::StripPrefix(type->value(i)->name(), prefix));
  }
  return UsageError(
      field, absl::StrCat("must be one of ", absl::StrJoin(words, ", ")));
}

}  // namespace amparo::cli
