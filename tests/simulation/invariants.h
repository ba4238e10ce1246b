// SPDX-License-Identifier: Apache-2.0
//
// What must be true of two offices after any history, once letters have come
// to rest: invariants 1, 3 (what exists of it) and 4 of the exchange page.
// Everything is read from the disk, the sealed rows and the log; nothing is
// taken from what the simulation believes it did, but for the promises that
// actions gave.
#ifndef AMPARO_TESTS_SIMULATION_INVARIANTS_H_
#define AMPARO_TESTS_SIMULATION_INVARIANTS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "node/base/ids.h"
#include "node/delivery/delivery_records.h"
#include "node/referral/referral.h"
#include "tests/support/office_pair.h"

namespace amparo::simulation {

// What one office holds, read back.
struct Holdings {
  struct Arrived {
    std::string plain_digest;
    bool is_void = false;
  };
  std::map<MessageId, delivery::LetterRow> letters;  // Of its own.
  std::map<MessageId, delivery::LetterRow> voids;
  std::map<MessageId, std::set<delivery::ReceiptKind>> receipts;
  std::map<MessageId, std::vector<Arrived>> arrived;  // Of the other.
  std::map<ReferralId, referral::Referral> referrals;
  std::set<ReferralId> files;  // Identifying files it received.
  std::set<ConsentId> withdrawn;
  size_t waiting = 0;  // Rows of the outbox.
  std::vector<audit::LoggedEvent> events;
};
Holdings Read(TestOffice& office);

// What actions answered with OK: none of it may be lost.
struct Promises {
  std::set<ReferralId> proposed;
  std::set<ReferralId> answered;
  std::set<ReferralId> disclosed;
  std::set<ConsentId> withdrawn;
};

// One sentence per broken rule; empty: all hold.
std::vector<std::string> BrokenRules(TestOffice& a, const Promises& of_a,
                                     TestOffice& b, const Promises& of_b);

}  // namespace amparo::simulation

#endif  // AMPARO_TESTS_SIMULATION_INVARIANTS_H_
