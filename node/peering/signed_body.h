// SPDX-License-Identifier: Apache-2.0
//
// A body and the signatures over exactly its bytes (DSSE, see
// crypto/sign/dsse.h). What was signed or hashed is kept and sent as the bytes
// it was, never serialised again.
#ifndef AMPARO_NODE_PEERING_SIGNED_BODY_H_
#define AMPARO_NODE_PEERING_SIGNED_BODY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/ids.h"

namespace amparo::peering {

// The DSSE types of this room.
inline constexpr char kKeyBundleType[] = "application/vnd.amparo.key-bundle.v1";
inline constexpr char kAgreementType[] = "application/vnd.amparo.agreement.v1";

// One signature over a body.
struct BodySignature {
  OfficeId office;
  uint32_t key_epoch = 0;  // 0: the office key itself.
  std::string signature;   // ECDSA P-256 SHA-256, DER.
};

// A value; any thread.
struct SignedBody {
  std::string body;
  std::vector<BodySignature> signatures;

  // The wire form, amparo.peer.v1.SignedBody; deterministic.
  std::string Encode() const;
  // kLetterMalformed for other bytes, a signature without an office, or more
  // than kSignaturesMax signatures. Says nothing about their being right.
  static absl::StatusOr<SignedBody> Decode(absl::string_view bytes);
};

inline constexpr size_t kSignaturesMax = 8;

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_SIGNED_BODY_H_
