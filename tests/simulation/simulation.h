// SPDX-License-Identifier: Apache-2.0
//
// Whole offices, their region and a bad world, from one seed: letters are
// lost, doubled, delayed, shuffled and misdirected, receipts get lost or mixed
// up, links break one way or both, each clock runs by itself and jumps both
// ways, nodes die at any commit, agreements and consents end, people act at
// random. In the end the world is kind again, time passes, letters come to
// rest, and the invariants of the exchange page are checked. Those about what
// leaves are checked at the link, when each letter is handed over.
//
// One thread; a run is a value of its seed but for the bytes of signatures,
// on which nothing hangs.
#ifndef AMPARO_TESTS_SIMULATION_SIMULATION_H_
#define AMPARO_TESTS_SIMULATION_SIMULATION_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/federation.h"
#include "tests/simulation/invariants.h"
#include "tests/support/office_pair.h"

namespace amparo::simulation {

// Steps of a run unless said otherwise.
inline constexpr int kSteps = 100;

struct Report {
  uint64_t seed = 0;
  int steps = 0;
  std::vector<Broken> broken;
  std::vector<std::string> story;  // What happened, in order.
  size_t letters = 0;
  size_t crashes = 0;
  size_t jumps = 0;
  size_t restores = 0;
  size_t late_restores = 0;  // Of those, after people had worked on.
  size_t disclosures = 0;    // That were acknowledged, as the next two.
  size_t withdrawals = 0;
  size_t releases = 0;
};

class Simulation {
 public:
  explicit Simulation(uint64_t seed);
  ~Simulation();

  // Once. `steps` random steps, then rest, then the checks.
  Report Run(int steps);

 private:
  // A disk that was put back: its life, and the letters it came with. Another
  // may have the same number: restored at once, that life ends before it sends;
  // forgotten, nobody knows until it is restored late.
  struct OldCopy {
    uint32_t incarnation = 0;
    std::set<MessageId> letters;
    bool forgotten = false;
  };
  static bool IsForgotten(const std::optional<OldCopy>& copy) {
    return copy.has_value() && copy->forgotten;
  }
  // A copy of a disk, and what people were told up to then.
  struct Backup {
    std::unique_ptr<storage::MemoryDisk> disk;
    Promises promises;
    Desk desk;
    std::optional<OldCopy> old_copy;
  };
  struct Place {
    size_t number = 0;
    std::unique_ptr<ManualClock> clock;
    absl::Duration skew;  // Of its clock from the world's.
    std::unique_ptr<TestOffice> self;
    Promises promises;
    Desk desk;
    std::vector<ReferralId> proposed;
    std::vector<ReferralId> asked;  // Referrals it may know as incoming.
    std::optional<Backup> backup;
    std::optional<OldCopy> old_copy;
    Losses losses;
    // What its people did not get an answer to.
    std::function<absl::Status()> unanswered;
    std::string unanswered_name;
  };
  struct InFlight {
    size_t from = 0;
    size_t to = 0;
    std::vector<std::string> letters;
  };
  struct Link {
    bool cut = false;            // Nothing gets there.
    bool receipts_lost = false;  // Letters get there, answers do not.
  };
  // Sender, receiver, incarnation, thread, seq: a place that one letter has.
  using Seat = std::tuple<OfficeId, OfficeId, uint32_t, ThreadId, uint64_t>;

  // simulation.cc: steps, clocks, rest.
  void OneStep();
  void TimePasses();
  void ClockJumps(Place& place);
  void SetClocks();
  void Rest();
  void Settle();
  bool AtRest();
  void Read();

  // bad_network.cc
  TestNetwork::Outcomes OnDeliver(TestOffice& from, TestOffice& to,
                                  absl::Span<const std::string> letters);
  TestNetwork::Outcomes CarryBadly(Place& from, Place& to,
                                   absl::Span<const std::string> letters);
  TestNetwork::Outcomes Shuffled(Place& from, Place& to,
                                 absl::Span<const std::string> letters);
  TestNetwork::Outcomes Carry(Place& from, Place& to,
                              absl::Span<const std::string> letters);
  void Delay(Place& from, Place& to, absl::Span<const std::string> letters);
  void CheckHandedOver(Place& from, Place& to, absl::string_view letter);
  void LateLetters();
  void Misdirected(const InFlight& late);
  void LinksChange();
  Link& LinkOf(const TestOffice& from, const TestOffice& to);

  // people_at_random.cc
  void Act(Place& place);
  void RegisterPerson(Place& place);
  void GiveConsent(Place& place);
  void Propose(Place& place);
  std::optional<ReferralId> Pick(Place& place, std::vector<ReferralId>& from,
                                 referral::State state);
  void Answer(Place& place);
  void Answer(Place& place, const ReferralId& id, bool accepts);
  void Disclose(Place& place);
  ConsentId PickConsent(Place& place);
  void Withdraw(Place& place);
  void Look(Place& place);
  void SuspendOrResume(Place& place, Place& peer);
  void Publish(Place& place);
  void ProposeAgreement(Place& place);
  void SignAgreement(Place& place);
  void Attempt(Place& place, std::string what,
               std::function<absl::Status()> action);

  // nodes_at_random.cc
  void Send(Place& place);
  void Deliver(Place& place, Place& peer);
  void PlanDeath(Place& place);
  void Upkeep(Place& place);
  void ComeBack(Place& place, bool may_die_again);
  void InviteStranger(Place& place);

  // backups.cc
  void BackUpOrRestore(Place& place);
  void Restore(Place& place);
  void RestoreLate(Place& place);
  void NoteOldCopy(Place& place);

  Place& Anyone() { return *active_[dice_.Below(active_.size())]; }
  Place& AnyoneBut(const Place& place);
  // An office, not the region.
  Place& AnyOffice(const Place* but = nullptr);
  Place& Of(const TestOffice& office);
  Place& Stranger();

  // Writes down what happened; a status that no history excuses is a finding.
  void Note(const Place& place, absl::string_view what,
            const absl::Status& status);
  void Tell(std::string line);
  void Break(int invariant, std::string what);

  const uint64_t seed_;
  Dice dice_;
  absl::Time now_;
  TestNetwork network_;
  std::array<std::unique_ptr<Place>, kPlaces> places_;
  std::vector<Place*> active_;
  std::map<std::pair<size_t, size_t>, Link> links_;
  std::vector<InFlight> in_flight_;
  std::map<Seat, std::pair<MessageId, std::string>> seats_;
  bool on_the_wire_ = false;
  bool kind_world_ = false;
  Report report_;
};

// What a failure prints: how to replay it, and the story of a short run of the
// seed that breaks the same invariant.
std::string Describe(const Report& report);

}  // namespace amparo::simulation

#endif  // AMPARO_TESTS_SIMULATION_SIMULATION_H_
