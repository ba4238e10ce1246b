// SPDX-License-Identifier: Apache-2.0
//
// A letter as it arrives, before anything about it is believed. Held: what
// parses is written again byte for byte, letter and header; the name read
// early is the name in the header; every refusal has one of the documented
// reasons; opening with a key it was not sealed to never succeeds by accident.
#include "node/base/limits.h"
#include "node/delivery/letter_codec.h"
#include "tests/fuzz/fuzz.h"

namespace amparo {
namespace {

const crypto::X25519PrivateKey& Key() {
  static const auto* const key = new crypto::X25519PrivateKey(
      *crypto::X25519PrivateKey::FromBytes(std::string(32, '\x44')));
  return *key;
}

void TryHeader(absl::string_view bytes) {
  const auto name = delivery::DecodeName(bytes);
  const auto header = delivery::DecodeHeader(bytes);
  if (!name.ok()) fuzz::HoldRefusal(name.status(), {Reason::kLetterMalformed});
  if (!header.ok()) {
    fuzz::HoldRefusal(header.status(),
                      {Reason::kLetterMalformed, Reason::kProtocolUnsupported,
                       Reason::kTypeUnknown, Reason::kValueUnknown});
    return;
  }
  HOLD(delivery::EncodeHeader(*header) == bytes);
  HOLD(name.ok());
  HOLD(name->sender == header->sender && name->message == header->message);
  HOLD(delivery::SameButSealingKey(*header, *header));
}

}  // namespace
}  // namespace amparo

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  const absl::string_view bytes = fuzz::AsText(input, size);
  TryHeader(bytes);
  const auto wire = delivery::ParseLetter(bytes);
  if (!wire.ok()) {
    fuzz::HoldRefusal(wire.status(), {size > limits::kLetterBytesMax
                                          ? Reason::kLetterTooLarge
                                          : Reason::kLetterMalformed});
    return 0;
  }
  HOLD(delivery::EncodeLetter(*wire) == bytes);
  HOLD(delivery::OuterBody(*wire).size() ==
       12 + wire->header.size() + wire->enc.size() + wire->ciphertext.size());
  TryHeader(wire->header);
  const auto header = delivery::DecodeHeader(wire->header);
  if (!header.ok()) return 0;
  const auto opened = delivery::OpenLetter(*wire, *header, Key());
  if (!opened.ok()) {
    fuzz::HoldRefusal(opened.status(),
                      {Reason::kLetterUndecryptable, Reason::kPaddingInvalid,
                       Reason::kLetterMalformed});
  }
  return 0;
}
