// SPDX-License-Identifier: Apache-2.0
//
// The inner letter, and the payloads that delivery itself reads. Held: one
// encoding each, so what decodes is written again byte for byte; a plain never
// names a sealing key; refusals are documented ones.
#include "node/delivery/letter_codec.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  const absl::string_view bytes = fuzz::AsText(input, size);
  const auto plain = delivery::DecodePlain(bytes);
  if (plain.ok()) {
    HOLD(delivery::EncodePlain(*plain) == bytes);
    HOLD(plain->header.sealing_key.empty());
    HOLD(plain->blinding.size() == delivery::kBlindingSize);
  } else {
    fuzz::HoldRefusal(plain.status(),
                      {Reason::kLetterMalformed, Reason::kProtocolUnsupported,
                       Reason::kTypeUnknown, Reason::kValueUnknown});
  }
  const auto notice = delivery::DecodeVoidNotice(bytes);
  if (notice.ok()) {
    // A reason of a later version is not known here and not written again.
    if (notice->reason != Reason::kUnspecified) {
      HOLD(delivery::EncodeVoidNotice(*notice) == bytes);
    }
  } else {
    fuzz::HoldRefusal(notice.status(), {Reason::kLetterMalformed});
  }
  const auto receipt = delivery::DecodeReceiptLetter(bytes);
  if (receipt.ok()) {
    HOLD(delivery::EncodeReceiptLetter(*receipt) == bytes);
  } else {
    fuzz::HoldRefusal(receipt.status(), {Reason::kLetterMalformed});
  }
  return 0;
}
