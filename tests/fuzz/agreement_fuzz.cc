// SPDX-License-Identifier: Apache-2.0
//
// The body of an agreement that a peer proposes: what is signed must be
// understood whole. Held: the documented reasons only; the body kept is the
// body received; its terms pass their own check, and an agreement drawn up
// from them says the same.
#include "crypto/base/digest.h"
#include "node/base/limits.h"
#include "node/peering/agreement.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  const absl::string_view bytes = fuzz::AsText(input, size);
  const auto agreement = peering::Agreement::Parse(bytes);
  if (!agreement.ok()) {
    fuzz::HoldRefusal(agreement.status(),
                      {Reason::kFieldInvalid, Reason::kValueUnknown,
                       Reason::kLetterMalformed});
    return 0;
  }
  HOLD(size <= limits::kAgreementBytesMax);
  HOLD(agreement->body() == bytes);
  HOLD(agreement->hash() == crypto::Sha256(bytes));
  HOLD(agreement->IsParty(agreement->proposer()));
  HOLD(agreement->Other(agreement->proposer()) == agreement->acceptor());
  const peering::AgreementTerms& terms = agreement->terms();
  HOLD(peering::CheckTerms(terms).ok());
  const auto again = peering::Agreement::Create(
      agreement->id(), agreement->proposer(), agreement->acceptor(), terms,
      agreement->created_at());
  HOLD(again.ok());
  HOLD(again->terms().purposes == terms.purposes);
  HOLD(again->terms().categories == terms.categories);
  HOLD(again->terms().proposer_letter_types == terms.proposer_letter_types);
  HOLD(again->terms().acceptor_letter_types == terms.acceptor_letter_types);
  HOLD(again->terms().handling_codes == terms.handling_codes);
  HOLD(again->terms().valid_from == terms.valid_from);
  HOLD(again->terms().valid_until == terms.valid_until);
  HOLD(again->created_at() == agreement->created_at());
  return 0;
}
