// SPDX-License-Identifier: Apache-2.0
//
// Keeps OpenSSL's error queue as it was. TLS shares the queue of each thread
// and takes entries it finds there for its own, so every call of ours that may
// fail in the ordinary course is made within the life of one of these.

#ifndef AMPARO_CRYPTO_BASE_OPENSSL_ERRORS_H_
#define AMPARO_CRYPTO_BASE_OPENSSL_ERRORS_H_

#include <openssl/err.h>

namespace amparo::crypto {

// Drops, at its end, the errors that were queued in this thread meanwhile.
class QuietErrors {
 public:
  QuietErrors() { ERR_set_mark(); }
  ~QuietErrors() { ERR_pop_to_mark(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
};

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_BASE_OPENSSL_ERRORS_H_
