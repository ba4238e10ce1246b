// SPDX-License-Identifier: Apache-2.0
//
// Names of the rungs of the evidence ladder, and whether a receipt is what it
// says. Pure; any thread.
#ifndef AMPARO_NODE_DELIVERY_RECEIPTS_H_
#define AMPARO_NODE_DELIVERY_RECEIPTS_H_

#include "absl/status/status.h"
#include "node/base/ids.h"
#include "node/delivery/delivery.h"
#include "node/delivery/letter_codec.h"
#include "node/peering/key_bundle.h"

namespace amparo::delivery {

// Whether `receipt` answers our letter `letter`: its message, the digest of
// its plain, its parties, issued by its recipient and signed by a key of
// `bundle`, the recipient's. kReceiptInvalid; kKeyEpochUnknown when the bundle
// does not list the key (ask for a newer one).
absl::Status CheckReceipt(const SignedReceipt& receipt, const LetterRef& letter,
                          const OfficeId& own,
                          const peering::KeyBundle& bundle);

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_RECEIPTS_H_
