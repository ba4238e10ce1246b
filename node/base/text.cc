// SPDX-License-Identifier: Apache-2.0
#include "node/base/text.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo {
namespace {

// The character at `text[at]`, and `at` moved behind it; negative where the
// bytes are no UTF-8.
UChar32 Next(absl::string_view text, size_t& at) {
  const auto* const bytes = reinterpret_cast<const uint8_t*>(text.data());
  UChar32 c = 0;
  U8_NEXT(bytes, at, text.size(), c);
  return c;
}

bool Between(UChar32 c, UChar32 first, UChar32 last) {
  return c >= first && c <= last;
}

bool IsControl(UChar32 c) {
  return u_charType(c) == U_CONTROL_CHAR || Between(c, 0x202a, 0x202e) ||
         Between(c, 0x2066, 0x2069);
}

bool IsJoiner(UChar32 c) { return c == 0x200c || c == 0x200d; }

// Shows as nothing, or changes how others show. Joiners are apart; what
// chooses the form of a Mongolian letter shows.
bool IsInvisible(UChar32 c) {
  if (IsJoiner(c) || Between(c, 0x180b, 0x180d)) return false;
  return u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ||
         Between(c, 0xfff9, 0xfffb) ||  // Of annotations.
         u_charType(c) == U_LINE_SEPARATOR ||
         u_charType(c) == U_PARAGRAPH_SEPARATOR;
}

// The scripts whose letters look alike; kNone for marks, digits and signs that
// every script uses, and kOther for letters of all other scripts.
enum class Script { kNone, kLatin, kGreek, kCyrillic, kOther };

Script ScriptOf(UChar32 c) {
  UErrorCode failed = U_ZERO_ERROR;
  switch (uscript_getScript(c, &failed)) {
    case USCRIPT_COMMON:
    case USCRIPT_INHERITED:
      return Script::kNone;
    case USCRIPT_LATIN:
      return Script::kLatin;
    case USCRIPT_GREEK:
      return Script::kGreek;
    case USCRIPT_CYRILLIC:
      return Script::kCyrillic;
    default:
      return Script::kOther;
  }
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
    if (Next(text, at) < 0) return false;
  }
  return true;
}

bool HasControls(absl::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const UChar32 c = Next(text, at);
    if (c < 0 || IsControl(c)) return true;
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
    const UChar32 c = Next(text, at);
    if (IsInvisible(c)) return invisible();
    if (IsJoiner(c)) {
      if (!after_letter || joined) return invisible();
      joined = true;
      continue;
    }
    if (u_isUWhiteSpace(c)) {
      if (joined) return invisible();
      if (!begun) {
        return FieldError(field, "must not begin or end with a space");
      }
      space = true;
      after_letter = false;
      word = Script::kNone;
      continue;
    }
    const Script of_this = ScriptOf(c);
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

}  // namespace amparo
