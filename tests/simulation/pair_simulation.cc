// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/pair_simulation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/consent/consent.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/letter_codec.h"
#include "node/storage/table.h"

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

PairSimulation::PairSimulation(uint64_t seed, Planted planted)
    : seed_(seed), planted_(planted), dice_(seed), pair_(seed) {
  offices_.push_back(Office{pair_.a, pair_.b, {}, {}, {}, {}, {}});
  offices_.push_back(Office{pair_.b, pair_.a, {}, {}, {}, {}, {}});
  report_.seed = seed;
  pair_.network.on_deliver = [this](TestOffice& from, TestOffice& to,
                                    absl::Span<const std::string> letters) {
    return OnDeliver(from, to, letters);
  };
  pair_.network.on_hello = [this](TestOffice&, TestOffice&) {
    return kind_world_ || !dice_.OneIn(4);
  };
  for (Office& office : offices_) RegisterPerson(office);
}

PairSimulation::Office& PairSimulation::Of(const TestOffice& office) {
  return &offices_[0].self == &office ? offices_[0] : offices_[1];
}

void PairSimulation::Tell(std::string line) {
  report_.story.push_back(
      absl::StrCat(absl::FormatTime("%m-%d %H:%M:%S ", pair_.clock.Now(),
                                    absl::UTCTimeZone()),
                   line));
}

void PairSimulation::Note(const Office& office, absl::string_view what,
                          const absl::Status& status) {
  const std::string result =
      status.ok() ? "OK" : std::string(ReasonName(ReasonOf(status)));
  Tell(absl::StrCat(office.self.name(), " ", what, ": ", result));
  if (office.self.up() && !status.ok() && IsBug(status)) {
    report_.broken.push_back(absl::StrCat(office.self.name(), " ", what,
                                          " answered ", status.ToString()));
  }
}

Report PairSimulation::Run(int steps) {
  for (int i = 0; i < steps; ++i) OneStep();
  Rest();
  std::vector<std::string> broken =
      BrokenRules(pair_.a, offices_[0].promises, pair_.b, offices_[1].promises);
  report_.broken.insert(report_.broken.end(), broken.begin(), broken.end());
  for (Office& office : offices_) {
    report_.disclosures += office.promises.disclosed.size();
    report_.letters += office.self.Rows(storage::TableId::kLetters);
  }
  return std::move(report_);
}

void PairSimulation::OneStep() {
  Office& office = dice_.Of(offices_);
  if (!office.self.up()) {
    if (dice_.OneIn(2)) ComeBack(office, true);
    return;
  }
  switch (dice_.Below(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return Act(office);
    case 4:
    case 5:
    case 6:
    case 7:
      return Deliver(office);
    case 8:
      return PlanDeath(office);
    case 9:
      return Upkeep(office);
    case 10:
      return LateLetters();
    default:
      pair_.clock.Advance(dice_.OneIn(8)
                              ? absl::Hours(24 * (1 + dice_.Below(6)))
                              : absl::Minutes(1 + dice_.Below(180)));
      return Tell("time passes");
  }
}

void PairSimulation::Rest() {
  kind_world_ = true;
  Tell("the world is kind now");
  for (Office& office : offices_) ComeBack(office, false);
  for (Office& office : offices_) {
    const auto peer = office.self.node().peers().Get(office.other.id());
    if (peer.ok() && peer->state == peering::PeerState::kSuspended) {
      SuspendOrResume(office);
    }
  }
  while (!in_flight_.empty()) LateLetters();
  constexpr int kRounds = 60;  // 15 days in steps of six hours.
  for (int round = 0; round < kRounds; ++round) {
    for (Office& office : offices_) {
      Upkeep(office);
      for (int i = 0; i < 3; ++i) Deliver(office);
    }
    const bool resting = pair_.a.Rows(storage::TableId::kOutbox) == 0 &&
                         pair_.b.Rows(storage::TableId::kOutbox) == 0;
    if (resting) break;
    pair_.clock.Advance(absl::Hours(6));
  }
  // What is on the disk counts, not what is in memory.
  for (Office& office : offices_) office.self.Reopen();
}

TestNetwork::Outcomes PairSimulation::OnDeliver(
    TestOffice& from, TestOffice& to, absl::Span<const std::string> letters) {
  std::vector<std::string> batch(letters.begin(), letters.end());
  if (planted_ == Planted::kSendsWithdrawn) {
    for (const Handed& old : handed_) {
      if (old.from == &from &&
          Of(from).promises.withdrawn.count(old.consent) > 0) {
        batch.push_back(old.letter);
        break;
      }
    }
  }
  for (const std::string& letter : batch) CheckHandedOver(from, to, letter);
  batch.resize(letters.size());
  return kind_world_ ? Carry(from, to, batch) : CarryBadly(from, to, batch);
}

// Invariants 2 and 3: at this moment the person agrees, the peer is active.
void PairSimulation::CheckHandedOver(TestOffice& from, const TestOffice& to,
                                     absl::string_view letter) {
  const delivery::WireLetter wire = Must(delivery::ParseLetter(letter));
  const delivery::LetterHeader header =
      Must(delivery::DecodeHeader(wire.header));
  if (header.type != LetterType::kReferralRequest &&
      header.type != LetterType::kDisclosure) {
    return;
  }
  const auto broken = [&](absl::string_view rule) {
    report_.broken.push_back(absl::StrCat(from.name(), " hands over ",
                                          Name(header.type), ": ", rule));
  };
  const absl::Time now = pair_.clock.Now();
  if (header.expires_at <= now) broken("it had expired");
  const auto peer = from.node().peers().Get(to.id());
  if (!peer.ok() || peer->state != peering::PeerState::kActive) {
    broken("the peer is not active");
  }
  const storage::Table<delivery::LetterCodec> letters(from.node().vault());
  const auto row = Must(letters.Get(from.store(), {header.message, false}));
  if (!row.has_value() || !row->value.clearance.consent.has_value()) {
    return broken("no clearance for it is on the disk");
  }
  const ConsentId consent_id = *row->value.clearance.consent;
  const consent::Consent consent =
      Must(from.node().consent_ledger().Get(from.store(), consent_id));
  const DataCategory needed[] = {header.type == LetterType::kDisclosure
                                     ? DataCategory::kNames
                                     : DataCategory::kNeeds};
  const absl::Status covers =
      consent::CheckCovers(consent, header.purpose, to.id(), needed, now);
  if (!covers.ok()) broken(covers.ToString());
  if (Of(from).promises.withdrawn.count(consent_id) > 0) {
    broken("its consent was withdrawn and that was acknowledged");
  }
  handed_.push_back({&from, consent_id, std::string(letter)});
}

TestNetwork::Outcomes PairSimulation::Carry(
    TestOffice& from, TestOffice& to, absl::Span<const std::string> letters) {
  if (planted_ == Planted::kForgetsSeen && to.up()) ForgetSeen(to);
  if (planted_ == Planted::kAnswersTooEarly && to.up() && dice_.OneIn(3)) {
    // The answer is made, the power goes, the disk has nothing.
    TestNetwork::Outcomes outcomes = pair_.network.Carry(from, to, letters);
    for (const std::string& letter : letters) {
      const auto wire = delivery::ParseLetter(letter);
      const auto name = delivery::DecodeName(wire->header);
      storage::Batch batch;
      for (const bool is_void : {false, true}) {
        batch.Delete(storage::TableId::kPeerLetters,
                     delivery::PeerLetterCodec::EncodeKey(
                         {name->sender, name->message, is_void}));
      }
      if (!to.store().Commit(batch).ok()) break;  // It is dead.
    }
    return outcomes;
  }
  return pair_.network.Carry(from, to, letters);
}

void PairSimulation::ForgetSeen(TestOffice& office) {
  storage::Batch batch;
  MustBeOk(office.store().Scan(storage::TableId::kInbox, {}, {},
                               [&](absl::string_view key,
                                   absl::string_view) -> absl::StatusOr<bool> {
                                 batch.Delete(storage::TableId::kInbox, key);
                                 return true;
                               }),
           "read what was seen");
  if (!batch.empty()) {
    (void)office.store().Commit(batch).ok();
  }
}

TestNetwork::Outcomes PairSimulation::CarryBadly(
    TestOffice& from, TestOffice& to, absl::Span<const std::string> letters) {
  switch (dice_.Below(9)) {
    case 0:
      Tell(absl::StrCat("lost: ", letters.size(), " letters"));
      return Error(Reason::kUnavailable);
    case 1: {
      Tell("the receipts are lost");
      (void)Carry(from, to, letters).ok();
      return Error(Reason::kUnavailable);
    }
    case 2:
      Tell("delayed");
      in_flight_.push_back({&from, &to, {letters.begin(), letters.end()}});
      return Error(Reason::kUnavailable);
    case 3: {
      Tell("doubled");
      const auto first = Carry(from, to, letters);
      in_flight_.push_back({&from, &to, {letters.begin(), letters.end()}});
      return dice_.OneIn(2) ? first : Carry(from, to, letters);
    }
    case 4:
      Tell("shuffled");
      return Shuffled(from, to, letters);
    case 5:
      if (to.up()) {
        to.store().DieAt(1 + dice_.Below(3),
                         dice_.OneIn(2) ? CrashingStore::Moment::kBefore
                                        : CrashingStore::Moment::kAfter);
      }
      Tell("the receiver is about to die");
      return Carry(from, to, letters);
    case 6: {
      auto outcomes = Carry(from, to, letters);
      from.store().DieAt(1 + dice_.Below(3),
                         dice_.OneIn(2) ? CrashingStore::Moment::kBefore
                                        : CrashingStore::Moment::kAfter);
      Tell("the sender is about to die");
      return outcomes;
    }
    default:
      return Carry(from, to, letters);
  }
}

TestNetwork::Outcomes PairSimulation::Shuffled(
    TestOffice& from, TestOffice& to, absl::Span<const std::string> letters) {
  std::vector<size_t> order;
  for (size_t i = 0; i < letters.size(); ++i) order.push_back(i);
  for (size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[dice_.Below(i)]);
  }
  std::vector<std::string> shuffled;
  for (const size_t index : order) shuffled.push_back(letters[index]);
  const auto outcomes = Carry(from, to, shuffled);
  if (!outcomes.ok()) return outcomes.status();
  std::vector<delivery::Outcome> in_order(letters.size());
  for (size_t i = 0; i < order.size(); ++i) {
    in_order[order[i]] = (*outcomes)[i];
  }
  return in_order;
}

// Letters that were on the way arrive at last; nobody waits for the answer.
void PairSimulation::LateLetters() {
  if (in_flight_.empty()) return;
  const size_t index = dice_.Below(in_flight_.size());
  const InFlight late = in_flight_[index];
  in_flight_.erase(in_flight_.begin() + static_cast<ptrdiff_t>(index));
  Tell(absl::StrCat("late: ", late.letters.size(), " letters reach ",
                    late.to->name()));
  (void)Carry(*late.from, *late.to, late.letters).ok();
}

}  // namespace amparo::simulation
