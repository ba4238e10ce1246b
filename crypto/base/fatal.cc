// SPDX-License-Identifier: Apache-2.0

#include "crypto/base/fatal.h"

#include <cstdio>
#include <cstdlib>

namespace amparo::crypto {

void Fatal(const char* what) {
  std::fprintf(stderr, "crypto: %s\n", what);
  std::abort();
}

}  // namespace amparo::crypto
