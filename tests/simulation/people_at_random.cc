// SPDX-License-Identifier: Apache-2.0
//
// What people and nodes do in a simulation, at random.
#include "tests/simulation/dice.h"

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/referral/referral_records.h"
#include "tests/simulation/pair_simulation.h"

namespace amparo::simulation {

void PairSimulation::Act(Office& office) {
  switch (dice_.Below(10)) {
    case 0:
    case 1:
    case 2:
      return Propose(office);
    case 3:
    case 4:
      return Answer(office);
    case 5:
      return Disclose(office);
    case 6:
      return Withdraw(office);
    case 7:
      return Look(office);
    case 8:
      return SuspendOrResume(office);
    default:
      if (office.cases.size() < 4) RegisterPerson(office);
  }
}

void PairSimulation::RegisterPerson(Office& office) {
  // The ground must not fail: a death that was planned waits.
  if (office.self.store().dead()) return;
  office.self.Reopen();
  const std::string number = office.self.RegisterCase();
  office.cases.push_back(number);
  for (const Purpose purpose :
       {Purpose::kTransnationalReferral, Purpose::kIdentityDisclosure}) {
    office.consents.push_back(
        office.self.GiveConsent(number, office.other.id(), purpose));
  }
  Tell(absl::StrCat(office.self.name(), " registers a person"));
}

void PairSimulation::Propose(Office& office) {
  const referral::ProposeRequest request =
      office.self.Proposal(dice_.Of(office.cases), office.other.id());
  auto proposed =
      office.self.node().referrals().Propose(office.self.caseworker(), request);
  if (!proposed.ok() && office.self.up()) {
    Note(office, "proposes", proposed.status());
    return;
  }
  if (!proposed.ok()) {
    // Died over it: after the restart the same request is asked again.
    ComeBack(office, false);
    proposed = office.self.node().referrals().Propose(office.self.caseworker(),
                                                      request);
  }
  Note(office, "proposes", proposed.status());
  if (!proposed.ok()) return;
  office.promises.proposed.insert(proposed->referral.id);
  office.proposed.push_back(proposed->referral.id);
  Of(office.other).asked.push_back(proposed->referral.id);
}

// Mostly one for which the next action makes sense, sometimes any.
ReferralId PairSimulation::Pick(Office& office, std::vector<ReferralId>& from,
                                referral::State state) {
  const referral::ReferralTable table(office.self.node().vault());
  std::vector<ReferralId> fit;
  for (const ReferralId& id : from) {
    const auto row = table.Get(office.self.store(), id);
    if (row.ok() && row->has_value() && (*row)->value.state == state &&
        (*row)->value.disclosure_letter.message.empty()) {
      fit.push_back(id);
    }
  }
  return fit.empty() || dice_.OneIn(4) ? dice_.Of(from) : dice_.Of(fit);
}

void PairSimulation::Answer(Office& office) {
  if (office.asked.empty()) return;
  const ReferralId id = Pick(office, office.asked, referral::State::kReceived);
  const RequestId request = office.self.NewRequest();
  auto& referrals = office.self.node().referrals();
  const auto answered =
      dice_.OneIn(4) ? referrals.Decline(office.self.focal_point(), request, id,
                                         "NO_CAPACITY")
                     : referrals.Accept(office.self.focal_point(), request, id);
  Note(office, "answers", answered.status());
  if (answered.ok()) office.promises.answered.insert(id);
}

void PairSimulation::Disclose(Office& office) {
  if (office.proposed.empty()) return;
  const ReferralId id =
      Pick(office, office.proposed, referral::State::kAccepted);
  const DataCategory names[] = {DataCategory::kNames};
  const auto disclosed = office.self.node().referrals().Disclose(
      office.self.caseworker(), office.self.NewRequest(), id, names);
  Note(office, "discloses", disclosed.status());
  if (disclosed.ok()) office.promises.disclosed.insert(id);
}

void PairSimulation::Withdraw(Office& office) {
  if (!dice_.OneIn(2)) return;
  const ConsentId consent = dice_.Of(office.consents);
  const absl::Status withdrawn = office.self.Withdraw(consent);
  Note(office, "withdraws a consent", withdrawn);
  if (withdrawn.ok()) office.promises.withdrawn.insert(consent);
}

void PairSimulation::Look(Office& office) {
  if (office.asked.empty()) return;
  const ReferralId id = dice_.Of(office.asked);
  auto& referrals = office.self.node().referrals();
  const people::Caller& reader = office.self.focal_point();
  Note(office, "looks at a referral", referrals.Show(reader, id).status());
  if (!office.self.up()) return;
  Note(office, "opens a file", referrals.OpenDisclosure(reader, id).status());
}

void PairSimulation::SuspendOrResume(Office& office) {
  auto& peering = office.self.node().peering();
  const auto peer = office.self.node().peers().Get(office.other.id());
  if (!peer.ok()) return;
  if (peer->state == peering::PeerState::kActive) {
    if (!dice_.OneIn(3)) return;
    Note(office, "suspends the peer",
         peering
             .Suspend(office.self.administrator(),
                      {office.self.NewRequest(), office.other.id()})
             .status());
    return;
  }
  const auto resumed =
      peering.Resume(office.self.administrator(),
                     {office.self.NewRequest(), office.other.id()});
  Note(office, "resumes the peer", resumed.status());
  if (!resumed.ok()) return;
  Note(office, "confirms the peer",
       peering
           .Confirm(office.self.second_administrator(),
                    {office.self.NewRequest(), office.other.id(),
                     resumed->safety_number})
           .status());
}

void PairSimulation::Deliver(Office& office) {
  if (!office.self.up()) return;
  auto& dispatcher = office.self.node().dispatcher();
  if (kind_world_ || dice_.OneIn(4)) {
    Note(office, "sweeps", dispatcher.Sweep(office.other.id()));
    if (!office.self.up()) return;
  }
  const auto step = dispatcher.Step(office.other.id());
  Note(office,
       step.ok() ? absl::StrCat("sends ", step->sent, ", delivered ",
                                step->delivered, ", refused ", step->refused,
                                ", voided ", step->voided)
                 : "sends",
       step.status());
}

void PairSimulation::PlanDeath(Office& office) {
  const uint64_t nth = 1 + dice_.Below(6);
  const auto moment = dice_.OneIn(2) ? CrashingStore::Moment::kBefore
                                     : CrashingStore::Moment::kAfter;
  office.self.store().DieAt(nth, moment);
  Tell(absl::StrCat(office.self.name(), " will die at commit ", nth));
}

// As app does it from time to time.
void PairSimulation::Upkeep(Office& office) {
  if (!office.self.up()) return;
  app::Node& node = office.self.node();
  Note(office, "rotates keys",
       node.own().RotateIfDue(node.log(), pair_.clock.Now()).status());
  if (!office.self.up()) return;
  Note(office, "says hello", node.SayHello(office.other.id()));
  if (!office.self.up()) return;
  Note(office, "signs a checkpoint", node.log().Checkpoint().status());
}

void PairSimulation::ComeBack(Office& office, bool may_die_again) {
  ++report_.crashes;
  std::optional<std::pair<uint64_t, CrashingStore::Moment>> death;
  if (may_die_again && dice_.OneIn(5)) {
    death = {1 + dice_.Below(3), CrashingStore::Moment::kBefore};
  }
  const absl::Status opened = office.self.TryReopen(death);
  Tell(absl::StrCat(office.self.name(),
                    " starts again: ", opened.ok() ? "OK" : opened.ToString()));
  if (!opened.ok() && !death.has_value()) {
    report_.broken.push_back(absl::StrCat(
        office.self.name(), " does not start: ", opened.ToString()));
    MustBeOk(opened, "start again");
  }
}

}  // namespace amparo::simulation
