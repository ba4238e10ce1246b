// SPDX-License-Identifier: Apache-2.0
//
// Whether the consent ledger hangs together, for `amparod fsck`: the index both
// ways, every consent of a subject that is there and under that subject's key.
// Its entries in the log, given and withdrawn, are what its rows say.
#ifndef AMPARO_NODE_CONSENT_SOUNDNESS_H_
#define AMPARO_NODE_CONSENT_SOUNDNESS_H_

#include "absl/status/status.h"
#include "node/audit/soundness.h"
#include "node/storage/soundness.h"

namespace amparo::consent {

// Checks consents and consents_by_subject. Adds to `events` what the log must
// say of them.
absl::Status CheckConsents(storage::Inspection& inspection,
                           audit::ExpectedEvents& events);

}  // namespace amparo::consent

#endif  // AMPARO_NODE_CONSENT_SOUNDNESS_H_
