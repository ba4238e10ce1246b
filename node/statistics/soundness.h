// SPDX-License-Identifier: Apache-2.0
//
// Whether releases and the budget ledger hang together, for `amparod fsck`.
#ifndef AMPARO_NODE_STATISTICS_SOUNDNESS_H_
#define AMPARO_NODE_STATISTICS_SOUNDNESS_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "node/audit/soundness.h"
#include "node/base/ids.h"
#include "node/storage/soundness.h"

namespace amparo::statistics {

// Whether a signature of that epoch of this office's signing key is over the
// body of a release.
using ReleaseSignature = std::function<bool(
    uint32_t epoch, absl::string_view body, absl::string_view signature)>;

// Checks preparations, releases, ledger and ledger_by_cohort: numbers and
// digests of the entries, sums and caps (so that no budget is overdrawn), what
// the noise costs, every release paid for and every payment for a release.
// Adds to `events` what the log must say of them.
absl::Status CheckStatistics(storage::Inspection& inspection,
                             const OfficeId& own,
                             const ReleaseSignature& signed_by_us,
                             audit::ExpectedEvents& events);

}  // namespace amparo::statistics

#endif  // AMPARO_NODE_STATISTICS_SOUNDNESS_H_
