// SPDX-License-Identifier: Apache-2.0
//
// An invitation code as somebody pastes it, and one whose checksum is made
// right here, so that its parts are reached. Held: every refusal is
// kInvitationInvalid and names nothing of the code, which holds a private key;
// what is accepted has an address, and encoded again it is the same invitation.
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crypto/base/digest.h"
#include "node/peering/invitations.h"
#include "tests/fuzz/fuzz.h"

namespace amparo {
namespace {

void TryCode(absl::string_view text) {
  const auto code = peering::InvitationCode::Decode(text);
  if (!code.ok()) {
    fuzz::HoldRefusal(code.status(), {Reason::kInvitationInvalid});
    return;
  }
  HOLD(!code->address().empty());
  const crypto::Secret written = code->Encode();
  const auto again = peering::InvitationCode::Decode(written.Reveal());
  HOLD(again.ok());
  HOLD(again->address() == code->address());
  HOLD(again->office_key() == code->office_key());
  HOLD(again->exercise() == code->exercise());
  HOLD(again->id() == code->id());
}

}  // namespace
}  // namespace amparo

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  const absl::string_view bytes = fuzz::AsText(input, size);
  TryCode(bytes);
  std::string text;
  absl::WebSafeBase64Escape(
      absl::StrCat(bytes, crypto::Sha256(bytes).substr(0, 4)), &text);
  TryCode(absl::StrCat("amparo-invite-1:", text));
  return 0;
}
