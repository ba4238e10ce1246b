// SPDX-License-Identifier: Apache-2.0
//
// The checks of an arriving letter that need nothing but the letter, the time
// and who we are. Pure; any thread.
#ifndef AMPARO_NODE_DELIVERY_ARRIVAL_CHECKS_H_
#define AMPARO_NODE_DELIVERY_ARRIVAL_CHECKS_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "node/base/errors.h"
#include "node/base/exchange_terms.h"
#include "node/base/ids.h"
#include "node/delivery/letter_codec.h"

namespace amparo::delivery {

// Letters that say something of a person under a consent of their sender.
bool CarriesAPerson(LetterType type);

// Types that may be sent without an agreement that lists them: protective and
// peering letters, and receipts, which go with the letters they answer.
bool NeedsNoAgreement(LetterType type);

// kLetterExpired, kLetterFromFuture; kLetterMalformed for a letter without an
// end whose type must have one.
absl::Status CheckTimes(const LetterHeader& header, absl::Time now);

// kDiskNearlyFull when what is free of the disk is for other work than a letter
// of this type (limits::kDiskLetterReserveBytes, kDiskProtectiveReserveBytes).
// nullopt: nobody knows.
absl::Status CheckRoom(LetterType type, std::optional<uint64_t> free_bytes);

// The consent statement against its commitment, and that it is for `own`, for
// this purpose, today. kConsentMissing, kConsentCommitmentMismatch,
// kConsentNotForRecipient, kConsentNotForPurpose, kConsentExpired;
// kLetterMalformed for a statement where none belongs.
absl::Status CheckConsent(const Plain& plain, const OfficeId& own,
                          absl::Time now);

// What a sender is told: kUnavailable for faults of ours, so that it keeps the
// letter and tries again.
Reason RefusalOf(const absl::Status& status);

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_ARRIVAL_CHECKS_H_
