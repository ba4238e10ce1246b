// SPDX-License-Identifier: Apache-2.0

#include "crypto/sign/dsse.h"

#include "absl/strings/str_cat.h"

namespace amparo::crypto {

std::string Pae(absl::string_view type, absl::string_view body) {
  return absl::StrCat("DSSEv1 ", type.size(), " ", type, " ", body.size(), " ",
                      body);
}

absl::StatusOr<std::string> SignDsse(const P256PrivateKey& key,
                                     absl::string_view type,
                                     absl::string_view body) {
  return key.Sign(Pae(type, body));
}

absl::Status VerifyDsse(const P256PublicKey& key, absl::string_view type,
                        absl::string_view body, absl::string_view signature) {
  return key.VerifyDer(Pae(type, body), signature);
}

}  // namespace amparo::crypto
