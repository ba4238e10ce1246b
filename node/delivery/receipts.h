// SPDX-License-Identifier: Apache-2.0
//
// Names of the rungs of the evidence ladder, and whether a receipt is what it
// says. Pure; any thread.
#ifndef AMPARO_NODE_DELIVERY_RECEIPTS_H_
#define AMPARO_NODE_DELIVERY_RECEIPTS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/base/ids.h"
#include "node/delivery/delivery.h"
#include "node/delivery/letter_codec.h"
#include "node/peering/key_bundle.h"
#include "node/peering/own_office.h"

namespace amparo::delivery {

// Whether `receipt` answers our letter `letter`: its message, the digest of
// its plain, its parties, issued by its recipient and signed by a key of
// `bundle`, the recipient's, within the time the key signs, taken in while it
// is verified, and not from the future (by more than limits::kClockSkewMax).
// kReceiptInvalid; kKeyEpochUnknown when the bundle does not list the key (ask
// for a newer one).
absl::Status CheckReceipt(const SignedReceipt& receipt, const LetterRef& letter,
                          const OfficeId& own, const peering::KeyBundle& bundle,
                          absl::Time now);

// Whether peers who see `own`, our bundle, can believe this receipt of ours at
// `now`: the bundle lists its key, which signed within its time and is still
// verified.
bool StillHolds(const ReceiptBody& body, const peering::KeyBundle& own,
                absl::Time now);

// The receipt in `signed_body` when this office gave it to `sender` for
// `message`: what proves to a restored office that it had the letter. The key
// is looked up in `own`'s bundle, then in `former_bundle` (a serialised
// SignedBody, or empty), which our office key must have signed.
// kReceiptInvalid.
absl::StatusOr<SignedReceipt> CheckOwnReceipt(absl::string_view signed_body,
                                              absl::string_view former_bundle,
                                              const OfficeId& sender,
                                              const MessageId& message,
                                              const peering::OwnOffice& own);

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_RECEIPTS_H_
