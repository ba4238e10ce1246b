// SPDX-License-Identifier: Apache-2.0

#include "crypto/base/bytes.h"

#include <limits>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "crypto/base/fatal.h"
#include "crypto/base/status_macros.h"

namespace amparo::crypto {
namespace {

void AppendUnsigned(std::string* out, uint64_t value, int width) {
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>((value >> shift) & 0xff));
  }
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string HexEncode(absl::string_view bytes) {
  return absl::BytesToHexString(bytes);
}

absl::StatusOr<std::string> HexDecode(absl::string_view text) {
  if (text.size() % 2 != 0) {
    return absl::InvalidArgumentError("hex: odd number of digits");
  }
  std::string out;
  out.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = HexDigit(text[i]);
    const int low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) {
      return absl::InvalidArgumentError("hex: not a digit");
    }
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

std::string Base64Encode(absl::string_view bytes) {
  return absl::Base64Escape(bytes);
}

absl::StatusOr<std::string> Base64Decode(absl::string_view text) {
  std::string out;
  // Abseil is lenient about padding, white space and unused bits; encoding
  // again is the simplest complete check.
  if (!absl::Base64Unescape(text, &out) || absl::Base64Escape(out) != text) {
    return absl::InvalidArgumentError("base64: not the standard encoding");
  }
  return out;
}

void AppendU8(std::string* out, uint8_t value) {
  AppendUnsigned(out, value, 1);
}

void AppendU16(std::string* out, uint16_t value) {
  AppendUnsigned(out, value, 2);
}

void AppendU32(std::string* out, uint32_t value) {
  AppendUnsigned(out, value, 4);
}

void AppendU64(std::string* out, uint64_t value) {
  AppendUnsigned(out, value, 8);
}

void AppendPrefixed(std::string* out, absl::string_view bytes) {
  FatalUnless(bytes.size() <= std::numeric_limits<uint32_t>::max(),
              "length prefix overflow");
  AppendU32(out, static_cast<uint32_t>(bytes.size()));
  out->append(bytes.data(), bytes.size());
}

absl::StatusOr<uint64_t> ByteReader::ReadUnsigned(size_t width) {
  if (rest_.size() < width) return absl::InvalidArgumentError("truncated");
  uint64_t value = 0;
  for (size_t i = 0; i < width; ++i) {
    value = (value << 8) | static_cast<uint8_t>(rest_[i]);
  }
  rest_.remove_prefix(width);
  return value;
}

absl::StatusOr<uint8_t> ByteReader::ReadU8() {
  ASSIGN_OR_RETURN(const uint64_t value, ReadUnsigned(1));
  return static_cast<uint8_t>(value);
}

absl::StatusOr<uint16_t> ByteReader::ReadU16() {
  ASSIGN_OR_RETURN(const uint64_t value, ReadUnsigned(2));
  return static_cast<uint16_t>(value);
}

absl::StatusOr<uint32_t> ByteReader::ReadU32() {
  ASSIGN_OR_RETURN(const uint64_t value, ReadUnsigned(4));
  return static_cast<uint32_t>(value);
}

absl::StatusOr<uint64_t> ByteReader::ReadU64() { return ReadUnsigned(8); }

absl::StatusOr<std::string> ByteReader::ReadBytes(size_t n) {
  if (rest_.size() < n) return absl::InvalidArgumentError("truncated");
  std::string out(rest_.substr(0, n));
  rest_.remove_prefix(n);
  return out;
}

absl::StatusOr<std::string> ByteReader::ReadPrefixed() {
  const absl::string_view before = rest_;
  ASSIGN_OR_RETURN(const uint32_t size, ReadU32());
  absl::StatusOr<std::string> out = ReadBytes(size);
  if (!out.ok()) rest_ = before;
  return out;
}

}  // namespace amparo::crypto
