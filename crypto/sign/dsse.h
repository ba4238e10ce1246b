// SPDX-License-Identifier: Apache-2.0
//
// DSSE v1 (secure-systems-lab/dsse): a signature over a type and a body, so
// that bytes signed as one kind of thing never verify as another. Only the
// pre-authentication encoding and the signature; how body and signatures are
// kept together is each message's own matter. Any thread.

#ifndef AMPARO_CRYPTO_SIGN_DSSE_H_
#define AMPARO_CRYPTO_SIGN_DSSE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/sign/p256.h"

namespace amparo::crypto {

// "DSSEv1" SP len(type) SP type SP len(body) SP body, lengths in bytes as
// decimal ASCII.
std::string Pae(absl::string_view type, absl::string_view body);

// ECDSA P-256 SHA-256 over Pae(type, body), DER.
absl::StatusOr<std::string> SignDsse(const P256PrivateKey& key,
                                     absl::string_view type,
                                     absl::string_view body);

// OK, or UNAUTHENTICATED.
absl::Status VerifyDsse(const P256PublicKey& key, absl::string_view type,
                        absl::string_view body, absl::string_view signature);

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_SIGN_DSSE_H_
