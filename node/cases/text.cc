// SPDX-License-Identifier: Apache-2.0
#include "node/cases/text.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"

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
  if (required && text.empty()) return FieldError(field, "must not be empty");
  if (text.size() > bytes_max) {
    return FieldError(field,
                      absl::StrCat("must be at most ", bytes_max, " bytes"));
  }
  if (!IsUtf8(text)) return FieldError(field, "must be valid UTF-8");
  if (HasControls(text)) {
    return FieldError(field, "must not hold control characters");
  }
  return absl::OkStatus();
}

}  // namespace amparo::cases
