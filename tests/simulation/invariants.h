// SPDX-License-Identifier: Apache-2.0
//
// What must be true of offices after any history, once letters have come to
// rest: the invariants of the exchange page, by their numbers there. All is
// read from the disk, the sealed rows and the log; nothing is taken from what
// the simulation believes it did, but for the promises that actions gave.
//
// Not here, because it does not exist yet: the erasure that ends a recall (3),
// the duty of care (5).
#ifndef AMPARO_TESTS_SIMULATION_INVARIANTS_H_
#define AMPARO_TESTS_SIMULATION_INVARIANTS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "node/base/ids.h"
#include "tests/support/office_pair.h"

namespace amparo::simulation {

// A broken rule.
struct Broken {
  int invariant = 0;  // 1 to 7, of the exchange page.
  std::string what;   // One sentence.
};

// What actions answered with OK: none of it may be lost.
struct Promises {
  std::set<ReferralId> proposed;
  std::set<ReferralId> answered;
  std::set<ReferralId> disclosed;
  std::set<ConsentId> given;
  std::set<ConsentId> withdrawn;
  std::set<std::string> cases;
  std::map<ReleaseId, std::string> released;  // With the hash of its body.
  size_t proposals = 0;  // Different requests to propose, answered or not.
};

// What an office lost when an old backup was put back: nobody but its peers
// can know it. What it had received, they offer again; what it had sent, they
// hold without it.
struct Losses {
  bool restored = false;
  std::set<MessageId> letters;    // Of its own, after the backup.
  std::set<OfficeId> recipients;  // Of those.
  // Of its own, from an old copy that ran before it was restored: they may
  // stand in places of lost letters.
  std::set<MessageId> of_old_copies;
};

// An office, up, what its people were told, and what a restore took.
struct Witness {
  TestOffice& office;
  const Promises& promises;
  const Losses& losses;
};

// All rules, over each of these offices and every two of them; letters to or
// from other offices are left out. Empty: all hold.
std::vector<Broken> BrokenRules(const std::vector<Witness>& witnesses);

// Invariant 7: a live office, whom no exercise letter may have reached.
std::vector<Broken> BrokenByStranger(TestOffice& stranger);

}  // namespace amparo::simulation

#endif  // AMPARO_TESTS_SIMULATION_INVARIANTS_H_
