// SPDX-License-Identifier: Apache-2.0
//
// A receipt as a peer sends it: the whole envelope, and as the body of an
// envelope made here. Held: the body has one encoding; what was read, put into
// an envelope again, reads the same; a receipt over the limit is refused.
#include "node/base/limits.h"
#include "node/delivery/letter_codec.h"
#include "tests/fuzz/fuzz.h"

namespace amparo {
namespace {

void TryReceipt(absl::string_view bytes) {
  const auto receipt = delivery::ParseSignedReceipt(bytes);
  if (!receipt.ok()) {
    fuzz::HoldRefusal(receipt.status(), {Reason::kReceiptInvalid});
    return;
  }
  HOLD(bytes.size() <= limits::kReceiptBytesMax);
  HOLD(delivery::EncodeReceiptBody(receipt->body) == receipt->body_bytes);
  const auto again = delivery::ParseSignedReceipt(delivery::EncodeSignedReceipt(
      receipt->body_bytes, receipt->body.issuer, receipt->body.key_epoch,
      receipt->signature));
  HOLD(again.ok());
  HOLD(again->body_bytes == receipt->body_bytes);
  HOLD(again->signature == receipt->signature);
}

}  // namespace
}  // namespace amparo

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  const absl::string_view bytes = fuzz::AsText(input, size);
  TryReceipt(bytes);
  const OfficeId issuer = *OfficeId::FromBytes(std::string(16, 'q'));
  TryReceipt(delivery::EncodeSignedReceipt(bytes, issuer, 4, "signature"));
  return 0;
}
