// SPDX-License-Identifier: Apache-2.0
//
// Payloads of letters about a person: request, answer, file, recall, and the
// consent statement. First byte: which. Held: no refusal is an internal error
// or holds a value; what is accepted, encoded and decoded again, is the same;
// a consent statement has one encoding.
#include "node/consent/statement.h"
#include "node/referral/referral_letters.h"
#include "tests/fuzz/fuzz.h"

namespace amparo {
namespace {

template <class Decode, class Encode>
void TryPayload(absl::string_view bytes, const Decode& decode,
                const Encode& encode) {
  const auto payload = decode(bytes);
  if (!payload.ok()) {
    fuzz::HoldRefusal(payload.status());
    return;
  }
  const std::string written = encode(*payload);
  const auto again = decode(written);
  HOLD(again.ok());
  HOLD(encode(*again) == written);
}

}  // namespace
}  // namespace amparo

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  const vocabulary::Lists& lists = vocabulary::Lists::BuiltIn();
  fuzz::Parts parts(input, size);
  const uint8_t which = parts.Byte();
  const absl::string_view bytes = parts.Rest();
  const auto with_lists = [&lists](auto decode) {
    return [decode, &lists](absl::string_view from) {
      return decode(from, lists);
    };
  };
  switch (which % 5) {
    case 0:
      TryPayload(bytes, with_lists(referral::DecodeRequest),
                 referral::EncodeRequest);
      break;
    case 1:
      TryPayload(bytes, with_lists(referral::DecodeAnswer),
                 referral::EncodeAnswer);
      break;
    case 2:
      TryPayload(bytes, with_lists(referral::DecodeDisclosure),
                 referral::EncodeDisclosure);
      break;
    case 3:
      TryPayload(bytes, referral::DecodeRecall, referral::EncodeRecall);
      break;
    case 4: {
      const auto statement = consent::Statement::Decode(bytes);
      if (statement.ok()) {
        HOLD(statement->Encode() == bytes);
      } else {
        fuzz::HoldRefusal(statement.status(),
                          {Reason::kLetterMalformed, Reason::kValueUnknown});
      }
      break;
    }
  }
  return 0;
}
