// SPDX-License-Identifier: Apache-2.0
//
// Which OpenSSL this process runs with, for people who look after it.

#ifndef AMPARO_CRYPTO_BASE_OPENSSL_VERSION_H_
#define AMPARO_CRYPTO_BASE_OPENSSL_VERSION_H_

#include <string>

namespace amparo::crypto {

struct OpenSslVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;
};

// Of the library that was loaded, not of the headers. Any thread.
OpenSslVersion LoadedOpenSsl();

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_BASE_OPENSSL_VERSION_H_
