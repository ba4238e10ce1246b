// SPDX-License-Identifier: Apache-2.0
#include "node/cases/text.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::cases {
namespace {

constexpr uint32_t kInvalid = 0xffffffff;

// The code point at `text[at]`, and `at` moved behind it.
uint32_t Next(absl::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(at);
  if (lead < 0x80) {
    ++at;
    return lead;
  }
  size_t more = 0;
  uint32_t point = 0;
  uint32_t least = 0;
  if (lead >= 0xc2 && lead <= 0xdf) {
    more = 1, point = lead & 0x1fu, least = 0x80;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    more = 2, point = lead & 0x0fu, least = 0x800;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    more = 3, point = lead & 0x07u, least = 0x10000;
  } else {
    return kInvalid;
  }
  if (text.size() - at <= more) return kInvalid;
  for (size_t i = 1; i <= more; ++i) {
    if ((byte(at + i) & 0xc0u) != 0x80u) return kInvalid;
    point = (point << 6) | (byte(at + i) & 0x3fu);
  }
  if (point < least || point > 0x10ffff ||
      (point >= 0xd800 && point <= 0xdfff)) {
    return kInvalid;
  }
  at += more + 1;
  return point;
}

bool Between(uint32_t point, uint32_t first, uint32_t last) {
  return point >= first && point <= last;
}

// Shows as nothing, or changes how others show. Joiners are apart.
bool IsInvisible(uint32_t point) {
  return point == 0xad || point == 0x61c || point == 0x180e ||
         point == 0x200b || Between(point, 0x200e, 0x200f) ||
         Between(point, 0x2028, 0x2029) || Between(point, 0x2060, 0x2064) ||
         Between(point, 0x206a, 0x206f) || point == 0xfeff ||
         Between(point, 0xfff9, 0xfffb) || Between(point, 0xe0000, 0xe0fff);
}

bool IsJoiner(uint32_t point) { return point == 0x200c || point == 0x200d; }

bool IsSpace(uint32_t point) {
  return point == ' ' || point == 0xa0 || point == 0x1680 ||
         Between(point, 0x2000, 0x200a) || point == 0x202f || point == 0x205f ||
         point == 0x3000;
}

// The scripts whose letters look alike, by their blocks in Unicode 15; kNone
// for marks, digits and signs that every script uses, and kOther for letters
// of all other scripts.
enum class Script { kNone, kLatin, kGreek, kCyrillic, kOther };

Script ScriptOf(uint32_t point) {
  if (Between(point, 'A', 'Z') || Between(point, 'a', 'z') || point == 0xaa ||
      point == 0xba ||
      (Between(point, 0xc0, 0x2af) && point != 0xd7 && point != 0xf7) ||
      Between(point, 0x1d00, 0x1d25) || Between(point, 0x1d6b, 0x1d77) ||
      Between(point, 0x1d79, 0x1dbf) || Between(point, 0x1e00, 0x1eff) ||
      Between(point, 0x2c60, 0x2c7f) || Between(point, 0xa722, 0xa7ff) ||
      Between(point, 0xab30, 0xab64) || Between(point, 0xfb00, 0xfb06) ||
      Between(point, 0xff21, 0xff3a) || Between(point, 0xff41, 0xff5a)) {
    return Script::kLatin;
  }
  if (Between(point, 0x370, 0x3ff) || Between(point, 0x1f00, 0x1fff)) {
    return Script::kGreek;
  }
  if (Between(point, 0x400, 0x52f) || Between(point, 0x1c80, 0x1c8f) ||
      Between(point, 0x2de0, 0x2dff) || Between(point, 0xa640, 0xa69f)) {
    return Script::kCyrillic;
  }
  // Combining marks, modifier letters (the apostrophes of romanisations),
  // general punctuation and what stands below the letters.
  if (point < 0xc0 || Between(point, 0x2b0, 0x36f) || point == 0xd7 ||
      point == 0xf7 || Between(point, 0x1ab0, 0x1aff) ||
      Between(point, 0x1dc0, 0x1dff) || Between(point, 0x2000, 0x206f) ||
      Between(point, 0x20d0, 0x20ff) || Between(point, 0xfe20, 0xfe2f)) {
    return Script::kNone;
  }
  return Script::kOther;
}

bool LooksAlike(Script script) {
  return script == Script::kLatin || script == Script::kGreek ||
         script == Script::kCyrillic;
}

absl::Status CheckUtf8(absl::string_view field, absl::string_view text,
                       size_t bytes_max, bool required) {
  if (required && text.empty()) return FieldError(field, "must not be empty");
  if (text.size() > bytes_max) {
    return FieldError(field,
                      absl::StrCat("must be at most ", bytes_max, " bytes"));
  }
  if (!IsUtf8(text)) return FieldError(field, "must be valid UTF-8");
  return absl::OkStatus();
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (Next(text, at) == kInvalid) return false;
  }
  return true;
}

bool HasControls(absl::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const uint32_t point = Next(text, at);
    if (point == kInvalid || point < 0x20 || (point >= 0x7f && point <= 0x9f) ||
        (point >= 0x202a && point <= 0x202e) ||
        (point >= 0x2066 && point <= 0x2069)) {
      return true;
    }
  }
  return false;
}

absl::Status CheckText(absl::string_view field, absl::string_view text,
                       size_t bytes_max, bool required) {
  RETURN_IF_ERROR(CheckUtf8(field, text, bytes_max, required));
  if (HasControls(text)) {
    return FieldError(field, "must not hold control characters");
  }
  return absl::OkStatus();
}

absl::Status CheckFreeText(absl::string_view field, absl::string_view text,
                           size_t bytes_max, bool required) {
  RETURN_IF_ERROR(CheckUtf8(field, text, bytes_max, required));
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    for (const absl::string_view part : absl::StrSplit(line, '\t')) {
      if (HasControls(part)) {
        return FieldError(field,
                          "must not hold control characters besides line "
                          "feeds and tabs");
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPersonName(absl::string_view field, absl::string_view text,
                             size_t bytes_max, NameScript script) {
  RETURN_IF_ERROR(CheckText(field, text, bytes_max, false));
  const auto invisible = [&] {
    return FieldError(
        field, "must not hold invisible characters or directional marks");
  };
  Script word = Script::kNone;  // The first of the three in this word.
  bool after_letter = false;
  bool joined = false;  // The last character was a joiner.
  bool begun = false;
  bool space = false;  // The last character was white space.
  for (size_t at = 0; at < text.size();) {
    const uint32_t point = Next(text, at);
    if (IsInvisible(point)) return invisible();
    if (IsJoiner(point)) {
      if (!after_letter || joined) return invisible();
      joined = true;
      continue;
    }
    if (IsSpace(point)) {
      if (joined) return invisible();
      if (!begun) {
        return FieldError(field, "must not begin or end with a space");
      }
      space = true;
      after_letter = false;
      word = Script::kNone;
      continue;
    }
    const Script of_this = ScriptOf(point);
    if (script == NameScript::kLatin && of_this != Script::kNone &&
        of_this != Script::kLatin) {
      return FieldError(field, "must be in Latin letters");
    }
    if (LooksAlike(of_this)) {
      if (LooksAlike(word) && word != of_this) {
        return FieldError(field,
                          "must not mix Latin, Greek and Cyrillic letters in "
                          "one word");
      }
      word = of_this;
    }
    after_letter = of_this != Script::kNone || after_letter;
    joined = false;
    space = false;
    begun = true;
  }
  if (joined) return invisible();
  if (space) {
    return FieldError(field, "must not begin or end with a space");
  }
  return absl::OkStatus();
}

}  // namespace amparo::cases
