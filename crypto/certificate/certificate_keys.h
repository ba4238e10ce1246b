// SPDX-License-Identifier: Apache-2.0
//
// Inside of crypto/certificate: the one door to the OpenSSL form of P-256
// keys, which certificates need and nothing else may have.

#ifndef AMPARO_CRYPTO_CERTIFICATE_CERTIFICATE_KEYS_H_
#define AMPARO_CRYPTO_CERTIFICATE_CERTIFICATE_KEYS_H_

#include "crypto/sign/p256.h"

namespace amparo::crypto {

// Borrowed: valid as long as the key given.
class CertificateKeys {
 public:
  static evp_pkey_st* Of(const P256PublicKey& key) { return key.key_.get(); }
  static evp_pkey_st* Of(const P256PrivateKey& key) { return key.key_.get(); }
};

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_CERTIFICATE_CERTIFICATE_KEYS_H_
