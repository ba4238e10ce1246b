// SPDX-License-Identifier: Apache-2.0
//
// Whether referrals hang together, for `amparod fsck`: the state is the last
// one the log tells of, letters and cases are there, files belong to a
// referral, indexes lead to referrals.
#ifndef AMPARO_NODE_REFERRAL_SOUNDNESS_H_
#define AMPARO_NODE_REFERRAL_SOUNDNESS_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "node/audit/event.h"
#include "node/base/ids.h"
#include "node/storage/soundness.h"

namespace amparo::referral {

// The last state of each referral as the log tells it. Keeps one entry per
// referral, which has some thirty rows, up to kReferralsMax; what is beyond is
// not compared. One thread at a time.
class History {
 public:
  static constexpr size_t kReferralsMax = 1000000;

  // Events in the order of the log; those of other kinds are passed over.
  void Take(const audit::Event& event);

  // The name of the state; empty when the log tells of none.
  std::string StateOf(const ReferralId& id) const;
  size_t size() const { return last_.size(); }

 private:
  absl::flat_hash_map<std::string, std::string> last_;  // By id, hexadecimal.
};

// Checks referrals, disclosures, referrals_by_consent, referrals_by_time and
// recalls. `history` null: the log could not be read.
absl::Status CheckReferrals(storage::Inspection& inspection,
                            const History* history);

}  // namespace amparo::referral

#endif  // AMPARO_NODE_REFERRAL_SOUNDNESS_H_
