// SPDX-License-Identifier: Apache-2.0
//
// Bytes as text and bytes in order: hexadecimal, Base64, and the big-endian,
// length-prefixed encoding that everything signed or sealed is built from.
// Byte strings are std::string and absl::string_view throughout.
// Everything here is pure and may be called from any thread.

#ifndef AMPARO_CRYPTO_BASE_BYTES_H_
#define AMPARO_CRYPTO_BASE_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace amparo::crypto {

// Lower case, two digits a byte.
std::string HexEncode(absl::string_view bytes);

// Takes either case. INVALID_ARGUMENT for an odd length or another character.
absl::StatusOr<std::string> HexDecode(absl::string_view text);

// RFC 4648 section 4, with padding, on one line.
std::string Base64Encode(absl::string_view bytes);

// Strict: padding is required, no white space, unused bits are zero, so that
// every byte string has exactly one accepted text. Else INVALID_ARGUMENT.
absl::StatusOr<std::string> Base64Decode(absl::string_view text);

// Big endian, at the end of *out.
void AppendU8(std::string* out, uint8_t value);
void AppendU16(std::string* out, uint16_t value);
void AppendU32(std::string* out, uint32_t value);
void AppendU64(std::string* out, uint64_t value);

// The length as u32be, then the bytes. Stops the process at 4 GiB or more:
// nothing that large is ever held in memory here.
void AppendPrefixed(std::string* out, absl::string_view bytes);

// Reads what the functions above wrote. The bytes given must outlive the
// reader; what it returns is copied. After a failed read (INVALID_ARGUMENT,
// "truncated") the position is as before it. Not for sharing among threads.
class ByteReader {
 public:
  explicit ByteReader(absl::string_view bytes) : rest_(bytes) {}

  absl::StatusOr<uint8_t> ReadU8();
  absl::StatusOr<uint16_t> ReadU16();
  absl::StatusOr<uint32_t> ReadU32();
  absl::StatusOr<uint64_t> ReadU64();

  // Exactly n bytes.
  absl::StatusOr<std::string> ReadBytes(size_t n);

  // A u32be length and as many bytes. A length beyond what is left fails
  // before anything is allocated.
  absl::StatusOr<std::string> ReadPrefixed();

  // Whether every byte was read. Decoders end with this check, so that no
  // message has two encodings.
  bool AtEnd() const { return rest_.empty(); }

  // Bytes not read yet.
  size_t remaining() const { return rest_.size(); }

 private:
  absl::StatusOr<uint64_t> ReadUnsigned(size_t width);

  absl::string_view rest_;
};

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_BASE_BYTES_H_
