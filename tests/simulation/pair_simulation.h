// SPDX-License-Identifier: Apache-2.0
//
// Two whole offices and a bad world, from one seed: letters are lost, doubled,
// delayed and shuffled, receipts get lost, either node dies at any commit, time
// jumps, people act at random. In the end the world is kind again, time
// passes, letters come to rest, and the invariants are checked. Invariant 2 is
// checked at the link, at the moment each letter is handed over.
#ifndef AMPARO_TESTS_SIMULATION_PAIR_SIMULATION_H_
#define AMPARO_TESTS_SIMULATION_PAIR_SIMULATION_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/invariants.h"
#include "tests/support/office_pair.h"

namespace amparo::simulation {

// A fault that is planted to see that it is found.
enum class Planted {
  kNothing,
  // What was sealed before a withdrawal is sent after it.
  kSendsWithdrawn,
  // The receiver forgets which letters it has seen.
  kForgetsSeen,
  // A receiver says DELIVERED before the letter is on its disk.
  kAnswersTooEarly,
};

struct Report {
  uint64_t seed = 0;
  std::vector<std::string> broken;  // Rules, one sentence each.
  std::vector<std::string> story;   // What happened, in order.
  size_t letters = 0;
  size_t crashes = 0;
  size_t disclosures = 0;  // That were acknowledged.
};

class PairSimulation {
 public:
  explicit PairSimulation(uint64_t seed, Planted planted = Planted::kNothing);

  // Once. `steps` random steps, then rest, then the checks.
  Report Run(int steps);

 private:
  struct Office {
    TestOffice& self;
    TestOffice& other;
    Promises promises;
    std::vector<std::string> cases;
    std::vector<ConsentId> consents;
    std::vector<ReferralId> proposed;
    std::vector<ReferralId> asked;  // Referrals it may know as incoming.
  };
  struct InFlight {
    TestOffice* from;
    TestOffice* to;
    std::vector<std::string> letters;
  };
  // A letter as it was handed over under a consent, for the planted link.
  struct Handed {
    TestOffice* from;
    ConsentId consent;
    std::string letter;
  };

  TestNetwork::Outcomes OnDeliver(TestOffice& from, TestOffice& to,
                                  absl::Span<const std::string> letters);
  TestNetwork::Outcomes CarryBadly(TestOffice& from, TestOffice& to,
                                   absl::Span<const std::string> letters);
  TestNetwork::Outcomes Shuffled(TestOffice& from, TestOffice& to,
                                 absl::Span<const std::string> letters);
  TestNetwork::Outcomes Carry(TestOffice& from, TestOffice& to,
                              absl::Span<const std::string> letters);
  void CheckHandedOver(TestOffice& from, const TestOffice& to,
                       absl::string_view letter);
  void ForgetSeen(TestOffice& office);

  void OneStep();
  void Act(Office& office);
  void RegisterPerson(Office& office);
  void Propose(Office& office);
  ReferralId Pick(Office& office, std::vector<ReferralId>& from,
                  referral::State state);
  void Answer(Office& office);
  void Disclose(Office& office);
  void Withdraw(Office& office);
  void Look(Office& office);
  void SuspendOrResume(Office& office);
  void Deliver(Office& office);
  void PlanDeath(Office& office);
  void Upkeep(Office& office);
  void ComeBack(Office& office, bool may_die_again);
  void LateLetters();
  void Rest();

  // Writes down what happened; a status that no history excuses is a finding.
  void Note(const Office& office, absl::string_view what,
            const absl::Status& status);
  void Tell(std::string line);
  Office& Of(const TestOffice& office);

  const uint64_t seed_;
  const Planted planted_;
  Dice dice_;
  OfficePair pair_;
  std::vector<Office> offices_;
  std::vector<InFlight> in_flight_;
  std::vector<Handed> handed_;
  bool kind_world_ = false;
  Report report_;
};

}  // namespace amparo::simulation

#endif  // AMPARO_TESTS_SIMULATION_PAIR_SIMULATION_H_
