// SPDX-License-Identifier: Apache-2.0
#include "node/peering/signed_body.h"

#include <utility>

#include "amparo/peer/v1/key_bundle.pb.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::peering {

std::string SignedBody::Encode() const {
  peer::v1::SignedBody wire;
  wire.set_body(body);
  for (const BodySignature& signature : signatures) {
    peer::v1::BodySignature* added = wire.add_signatures();
    added->set_office_id(signature.office.bytes());
    added->set_key_epoch(signature.key_epoch);
    added->set_signature(signature.signature);
  }
  return wire.SerializeAsString();
}

absl::StatusOr<SignedBody> SignedBody::Decode(absl::string_view bytes) {
  peer::v1::SignedBody wire;
  if (!wire.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error(Reason::kLetterMalformed, "not a signed body");
  }
  if (wire.signatures_size() > static_cast<int>(kSignaturesMax)) {
    return Error(Reason::kLetterMalformed, "too many signatures");
  }
  SignedBody result;
  result.body = std::move(*wire.mutable_body());
  for (const peer::v1::BodySignature& signature : wire.signatures()) {
    absl::StatusOr<OfficeId> office =
        OfficeId::FromBytes(signature.office_id());
    if (!office.ok()) {
      return Error(Reason::kLetterMalformed, "a signature names no office");
    }
    result.signatures.push_back(
        {*office, signature.key_epoch(), signature.signature()});
  }
  return result;
}

}  // namespace amparo::peering
