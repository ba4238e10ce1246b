// SPDX-License-Identifier: Apache-2.0
//
// Key bytes in memory. A Secret is moved, never copied by accident; it is
// overwritten when it ends, and secrets of up to 256 bytes live in pages that
// are locked into memory and left out of core dumps where the system allows
// it (longer ones are overwritten, but not locked). There is no operator<<.

#ifndef AMPARO_CRYPTO_BASE_SECRET_H_
#define AMPARO_CRYPTO_BASE_SECRET_H_

#include <cstddef>
#include <iosfwd>

#include "absl/strings/string_view.h"

namespace amparo::crypto {

// Owns its bytes. Distinct secrets may be used from distinct threads; a shared
// one may be read from several.
class Secret {
 public:
  // No bytes.
  Secret() = default;

  // A copy of `bytes`; wiping the original is the caller's duty.
  static Secret Copy(absl::string_view bytes);

  // `size` zero bytes, to be filled through mutable_bytes().
  static Secret Zeroed(size_t size);

  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  // Another Secret with the same bytes: copying has a name one can search for.
  Secret Clone() const { return Copy(Reveal()); }

  // The bytes, valid as long as this object is neither moved nor ended. Hand
  // them to a cipher; never to a log, a message or a std::string that stays.
  absl::string_view Reveal() const { return {bytes_, size_}; }

  char* mutable_bytes() { return bytes_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

 private:
  void Wipe();

  char* bytes_ = nullptr;
  size_t size_ = 0;
};

// Compares without telling by its duration where the first difference is.
// Different lengths are unequal at once: lengths are not secret here.
bool ConstantTimeEqual(absl::string_view a, absl::string_view b);

// Overwrites n bytes in a way the compiler does not remove.
void Cleanse(char* bytes, size_t n);

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_BASE_SECRET_H_
