// SPDX-License-Identifier: Apache-2.0
//
// The end of the process, for what cannot be the world's fault: a failing
// random generator, an algorithm missing from the library, a broken invariant.

#ifndef AMPARO_CRYPTO_BASE_FATAL_H_
#define AMPARO_CRYPTO_BASE_FATAL_H_

namespace amparo::crypto {

// Writes the fixed text to standard error and aborts. Never pass anything that
// was computed: the text ends up in logs.
[[noreturn]] void Fatal(const char* what);

inline void FatalUnless(bool holds, const char* what) {
  if (!holds) Fatal(what);
}

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_BASE_FATAL_H_
