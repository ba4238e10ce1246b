// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/simulation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "node/base/errors.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/second_offers.h"
#include "node/storage/table.h"
#include "tests/simulation/remembered_crypto.h"

namespace amparo::simulation {
namespace {

// Statuses that only a fault of ours explains.
bool IsBug(const absl::Status& status) {
  switch (ReasonOf(status)) {
    case Reason::kInternal:
    case Reason::kRecordDamaged:
      return true;
    default:
      return false;
  }
}

}  // namespace

Simulation::Simulation(uint64_t seed)
    : seed_(seed), dice_(seed), now_(Federation::Shared().now()) {
  TrimRememberedCrypto();
  report_.seed = seed;
  network_.on_deliver = [this](TestOffice& from, TestOffice& to,
                               absl::Span<const std::string> letters) {
    return OnDeliver(from, to, letters);
  };
  network_.on_hello = [this](TestOffice& from, TestOffice& to) {
    return kind_world_ || (!LinkOf(from, to).cut && !dice_.OneIn(6));
  };
  network_.on_hello_answer = [this](TestOffice& from, TestOffice& to) {
    return kind_world_ || (!LinkOf(from, to).receipts_lost && !dice_.OneIn(6));
  };
  network_.last_words = true;
  const Federation& federation = Federation::Shared();
  for (size_t number = 0; number < kPlaces; ++number) {
    auto place = std::make_unique<Place>();
    place->number = number;
    place->clock = std::make_unique<ManualClock>(now_);
    place->desk = federation.desk(number);
    place->self = std::make_unique<TestOffice>(federation.office(number),
                                               seed * kPlaces + number,
                                               *place->clock, network_);
    places_[number] = std::move(place);
  }
  // Two to five offices, so that much happens between them; the region often.
  std::vector<size_t> numbers = {0, 1, 2, 3, 4};
  const size_t count =
      2 + std::min(dice_.Below(kOffices - 1), dice_.Below(kOffices - 1));
  for (size_t i = 0; i < count; ++i) {
    std::swap(numbers[i], numbers[i + dice_.Below(numbers.size() - i)]);
  }
  numbers.resize(count);
  std::sort(numbers.begin(), numbers.end());
  if (dice_.OneIn(2)) numbers.push_back(kRegion);
  for (const size_t number : numbers) {
    active_.push_back(places_[number].get());
    places_[number]->self->Reopen();
  }
}

Simulation::~Simulation() = default;

Simulation::Place& Simulation::Of(const TestOffice& office) {
  for (const auto& place : places_) {
    if (place->self.get() == &office) return *place;
  }
  std::abort();
}

Simulation::Place& Simulation::AnyoneBut(const Place& place) {
  for (;;) {
    Place& other = Anyone();
    if (&other != &place) return other;
  }
}

Simulation::Place& Simulation::AnyOffice(const Place* but) {
  for (;;) {
    Place& place = Anyone();
    if (place.number != kRegion && &place != but) return place;
  }
}

Simulation::Place& Simulation::Stranger() {
  Place& stranger = *places_[kStranger];
  if (!stranger.self->up()) stranger.self->Reopen();
  return stranger;
}

void Simulation::Tell(std::string line) {
  report_.story.push_back(absl::StrCat(
      absl::FormatTime("%m-%d %H:%M ", now_, absl::UTCTimeZone()), line));
}

void Simulation::Break(int invariant, std::string what) {
  Tell(absl::StrCat("BROKEN: ", what));
  report_.broken.push_back({invariant, std::move(what)});
}

void Simulation::Note(const Place& place, absl::string_view what,
                      const absl::Status& status) {
  const std::string result =
      status.ok() ? "OK" : std::string(ReasonName(ReasonOf(status)));
  Tell(absl::StrCat(place.self->name(), " ", what, ": ", result));
  if (place.self->up() && !status.ok() && IsBug(status)) {
    Break(4, absl::StrCat(place.self->name(), " ", what, " answered ",
                          status.ToString()));
  }
}

Report Simulation::Run(int steps) {
  report_.steps = steps;
  for (int i = 0; i < steps && report_.broken.empty(); ++i) OneStep();
  if (report_.broken.empty()) {
    Rest();
    if (std::all_of(active_.begin(), active_.end(),
                    [](Place* place) { return place->self->up(); })) {
      Read();
    }
  }
  for (const Place* place : active_) {
    report_.disclosures += place->promises.disclosed.size();
    report_.withdrawals += place->promises.withdrawn.size();
    report_.releases += place->promises.released.size();
  }
  return std::move(report_);
}

void Simulation::OneStep() {
  Place& place = Anyone();
  if (!place.self->up()) {
    if (dice_.OneIn(2)) ComeBack(place, true);
    return;
  }
  switch (dice_.Below(28)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
      return Act(AnyOffice());
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
    case 14:
    case 15:
    case 16:
    case 17:
      return Send(place);
    case 18:
      return PlanDeath(place);
    case 19:
      return Upkeep(place);
    case 20:
    case 21:
      return LateLetters();
    case 22:
      return ClockJumps(place);
    case 23:
    case 24:
      return LinksChange();
    case 25:
      return dice_.OneIn(4) ? InviteStranger(place) : BackUpOrRestore(place);
    default:
      return TimePasses();
  }
}

void Simulation::SetClocks() {
  for (const auto& place : places_) place->clock->SetTime(now_ + place->skew);
}

void Simulation::TimePasses() {
  now_ += dice_.OneIn(6) ? absl::Hours(24 * (1 + dice_.Below(6)))
                         : absl::Minutes(1 + dice_.Below(240));
  SetClocks();
  Tell("time passes");
}

void Simulation::ClockJumps(Place& place) {
  const bool forwards = dice_.OneIn(2);
  const auto n = static_cast<int64_t>(1 + dice_.Below(4));
  absl::Duration skew;
  switch (dice_.Below(8)) {
    case 0:
    case 1:
      break;  // Set right.
    case 2:
    case 3:
      skew = absl::Minutes(n);
      break;
    case 4:
    case 5:
      skew = absl::Hours(3 * n);
      break;
    case 6:
      skew = absl::Hours(24 * n);
      break;
    default:
      skew = absl::Hours(24 * 5 * n);
  }
  place.skew = forwards ? skew : -skew;
  ++report_.jumps;
  SetClocks();
  Tell(absl::StrCat("the clock of ", place.self->name(), " is off by ",
                    absl::FormatDuration(place.skew)));
}

// Nothing waits, and nobody has yet to hear that another was restored, or to
// take the turn in which what that one lost goes back into the outbox.
bool Simulation::AtRest() {
  return std::all_of(active_.begin(), active_.end(), [&](Place* place) {
    TestOffice& self = *place->self;
    if (self.Rows(storage::TableId::kOutbox) > 0) return false;
    const storage::Table<delivery::PeerCursorCodec> cursors(
        self.node().vault());
    return std::all_of(active_.begin(), active_.end(), [&](Place* peer) {
      const auto known = self.node().peers().Get(peer->self->id());
      if (!known.ok()) return true;
      const auto cursor =
          Must(cursors.Get(self.store(), known->id), "read a cursor");
      return known->bundle.incarnation ==
                 peer->self->node().own().incarnation() &&
             !delivery::NeedsSecondOffers(*known, cursor.has_value()
                                                      ? cursor->value
                                                      : delivery::PeerCursor());
    });
  });
}

// The world as people promise it: every link there, every clock right, nobody
// dies any more, peers talk to each other again.
void Simulation::Rest() {
  kind_world_ = true;
  links_.clear();
  Tell("the world is kind now");
  for (Place* place : active_) place->skew = absl::ZeroDuration();
  SetClocks();
  for (Place* place : active_) {
    if (place->self->up()) {
      place->self->store().DieAt(0, CrashingStore::Moment::kBefore);
    } else {
      ComeBack(*place, false);
    }
  }
  if (!report_.broken.empty()) return;
  for (Place* place : active_) {
    if (IsForgotten(place->old_copy)) RestoreLate(*place);
  }
  if (!report_.broken.empty()) return;
  for (Place* place : active_) {
    for (Place* peer : active_) {
      const auto known = place->self->node().peers().Get(peer->self->id());
      if (known.ok() && known->state == peering::PeerState::kSuspended) {
        SuspendOrResume(*place, *peer);
      }
    }
  }
  while (!in_flight_.empty()) LateLetters();
  Settle();
  // What is on the disk counts, not what is in memory.
  for (Place* place : active_) {
    const absl::Status opened = place->self->TryReopen();
    if (!opened.ok()) {
      Break(4, absl::StrCat(place->self->name(),
                            " does not start at rest: ", opened.ToString()));
    }
  }
}

void Simulation::Settle() {
  // Minutes first, then days: together about a hundred. No back-off is longer
  // than six hours.
  constexpr int kRounds = 140;
  for (int round = 0; round < kRounds; ++round) {
    if (round % 8 == 0) {
      for (Place* place : active_) Upkeep(*place);
    }
    // Also with an empty outbox, as workers do: it fills when a peer was
    // restored.
    for (Place* place : active_) Send(*place);
    if (AtRest() || !report_.broken.empty()) return;
    now_ += round < 4    ? absl::Minutes(15)
            : round < 60 ? absl::Hours(6)
                         : absl::Hours(25);
    SetClocks();
  }
}

void Simulation::Read() {
  std::vector<Witness> witnesses;
  for (Place* place : active_) {
    witnesses.push_back({*place->self, place->promises, place->losses});
  }
  for (Broken& broken : BrokenRules(witnesses)) {
    Break(broken.invariant, std::move(broken.what));
  }
  if (places_[kStranger]->self->up()) {
    for (Broken& broken : BrokenByStranger(*places_[kStranger]->self)) {
      Break(broken.invariant, std::move(broken.what));
    }
  }
  for (Place* place : active_) {
    report_.letters += place->self->Rows(storage::TableId::kLetters);
  }
}

std::string Describe(const Report& report) {
  // A short run of the seed that breaks the same invariant is told: steps are
  // half as many again each time, because each try is a whole run.
  const int invariant =
      report.broken.empty() ? 0 : report.broken.front().invariant;
  const Report* told = &report;
  Report shorter;
  for (int steps = 5; steps < report.steps && invariant != 0;
       steps += steps / 2) {
    shorter = Simulation(report.seed).Run(steps);
    if (!shorter.broken.empty() &&
        shorter.broken.front().invariant == invariant) {
      told = &shorter;
      break;
    }
  }
  std::string text =
      absl::StrCat("seed ", report.seed, ": AMPARO_SEED=", report.seed,
                   " replays it\n", told->steps, " steps are enough:\n",
                   absl::StrJoin(told->story, "\n"), "\n");
  for (const Broken& broken : report.broken) {
    absl::StrAppend(&text, "invariant ", broken.invariant,
                    " is broken: ", broken.what, "\n");
  }
  return text;
}

}  // namespace amparo::simulation
