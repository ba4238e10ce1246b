// SPDX-License-Identifier: Apache-2.0
#include "crypto/base/openssl_version.h"

#include <openssl/crypto.h>

namespace amparo::crypto {

OpenSslVersion LoadedOpenSsl() {
  return {static_cast<int>(OPENSSL_version_major()),
          static_cast<int>(OPENSSL_version_minor()),
          static_cast<int>(OPENSSL_version_patch())};
}

}  // namespace amparo::crypto
