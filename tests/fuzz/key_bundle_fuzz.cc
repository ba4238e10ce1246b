// SPDX-License-Identifier: Apache-2.0
//
// The key bundle of a stranger or a peer: the whole envelope, and as the body
// of one that is signed here with the office key of the seeds, so that
// everything behind the signature is reached. Held: every refusal is
// kKeyBundleInvalid; what is accepted is complete, and what it says, encoded
// and signed again, is accepted as the same.
#include <set>

#include "crypto/sign/dsse.h"
#include "crypto/sign/p256.h"
#include "node/base/limits.h"
#include "node/peering/key_bundle.h"
#include "node/peering/signed_body.h"
#include "tests/fuzz/fuzz.h"

namespace amparo {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1735700000);

void HoldComplete(const peering::KeyBundle& bundle) {
  HOLD(!bundle.office.empty());
  HOLD(peering::IsAddress(bundle.address));
  HOLD(peering::IsOfficeName(bundle.office_name));
  HOLD(!bundle.signing_keys.empty() && !bundle.log_keys.empty() &&
       !bundle.sealing_keys.empty());
  std::set<uint32_t> epochs;
  for (const peering::SigningKey& key : bundle.signing_keys) {
    HOLD(epochs.insert(key.epoch).second);
    HOLD(key.validity.not_before <= key.validity.sign_until);
    HOLD(key.validity.sign_until <= key.validity.verify_until);
  }
  HOLD(bundle.issued_at <= kNow + limits::kClockSkewMax);
}

std::string Signed(absl::string_view body, const OfficeId& office) {
  static const auto* const key = new crypto::P256PrivateKey(
      *crypto::P256PrivateKey::FromScalar(std::string(32, '\x11')));
  peering::SignedBody value;
  value.body = std::string(body);
  value.signatures = {
      {office, 0, *crypto::SignDsse(*key, peering::kKeyBundleType, body)}};
  return value.Encode();
}

void TryBundle(absl::string_view bytes, bool signed_here) {
  const auto bundle = peering::KeyBundle::VerifyOfNewcomer(bytes, kNow);
  if (!bundle.ok()) {
    fuzz::HoldRefusal(bundle.status(), {Reason::kKeyBundleInvalid});
    return;
  }
  HOLD(bytes.size() <= limits::kKeyBundleBytesMax);
  HoldComplete(*bundle);
  if (!signed_here) return;
  const std::string body = bundle->EncodeBody();
  const auto again = peering::KeyBundle::Verify(Signed(body, bundle->office),
                                                bundle->office_key, kNow);
  HOLD(again.ok());
  HOLD(again->EncodeBody() == body);
}

}  // namespace
}  // namespace amparo

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  const absl::string_view bytes = fuzz::AsText(input, size);
  const auto envelope = peering::SignedBody::Decode(bytes);
  if (envelope.ok()) {
    const auto again = peering::SignedBody::Decode(envelope->Encode());
    HOLD(again.ok() && again->Encode() == envelope->Encode());
    HOLD(envelope->signatures.size() <= peering::kSignaturesMax);
  } else {
    fuzz::HoldRefusal(envelope.status(), {Reason::kLetterMalformed});
  }
  TryBundle(bytes, false);
  TryBundle(Signed(bytes, *OfficeId::FromBytes(std::string(16, 'o'))), true);
  return 0;
}
