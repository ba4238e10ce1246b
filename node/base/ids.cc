// SPDX-License-Identifier: Apache-2.0
#include "node/base/ids.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace amparo::internal_ids {

std::string ToHex(absl::string_view bytes) {
  return absl::BytesToHexString(bytes);
}

bool FromHex(absl::string_view hex, uint8_t* out, size_t size) {
  if (hex.size() != 2 * size) return false;
  for (size_t i = 0; i < hex.size(); ++i) {
    const char c = hex[i];
    int digit = 0;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = c - 'A' + 10;
    } else {
      return false;
    }
    if (i % 2 == 0) {
      out[i / 2] = static_cast<uint8_t>(digit << 4);
    } else {
      out[i / 2] = static_cast<uint8_t>(out[i / 2] | digit);
    }
  }
  return true;
}

absl::Status WrongLength(absl::string_view kind, size_t size) {
  return absl::InvalidArgumentError(absl::StrCat(
      kind, " must be ", size, " bytes (", 2 * size, " hexadecimal digits)"));
}

}  // namespace amparo::internal_ids
