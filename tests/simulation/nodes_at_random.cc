// SPDX-License-Identifier: Apache-2.0
//
// What nodes do in a simulation without being asked, and what becomes of them.
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "tests/simulation/simulation.h"

namespace amparo::simulation {

void Simulation::Send(Place& place) {
  for (Place* peer : active_) {
    if (peer != &place) Deliver(place, *peer);
  }
}

void Simulation::Deliver(Place& place, Place& peer) {
  if (!place.self->up()) return;
  auto& dispatcher = place.self->node().dispatcher();
  const OfficeId& to = peer.self->id();
  if (kind_world_ || dice_.OneIn(4)) {
    const absl::Status swept = dispatcher.Sweep(to);
    if (!swept.ok()) Note(place, "sweeps", swept);
    if (!place.self->up()) return;
  }
  constexpr int kStepsMax = 50;
  for (int i = 0; i < kStepsMax && place.self->up(); ++i) {
    const auto step = dispatcher.Step(to);
    if (!step.ok()) {
      Note(place, absl::StrCat("sends to ", peer.self->name()), step.status());
      return;
    }
    // At rest a letter that nobody takes is offered for weeks.
    const bool worth_telling = kind_world_ ? step->delivered + step->voided > 0
                                           : step->sent + step->voided > 0;
    if (worth_telling) {
      Tell(absl::StrCat(place.self->name(), " sent ", step->sent, " to ",
                        peer.self->name(), ": ", step->delivered, " receipts, ",
                        step->refused, " refusals, ", step->voided,
                        " become VOIDs"));
    }
    if (!step->more) return;
  }
}

void Simulation::PlanDeath(Place& place) {
  const uint64_t nth = 1 + dice_.Below(5);
  const auto moment = dice_.OneIn(2) ? CrashingStore::Moment::kBefore
                                     : CrashingStore::Moment::kAfter;
  place.self->store().DieAt(nth, moment);
  Tell(absl::StrCat(place.self->name(), " will die at commit ", nth,
                    moment == CrashingStore::Moment::kBefore ? "" : ", after"));
}

// As app does it from time to time.
void Simulation::Upkeep(Place& place) {
  if (!place.self->up()) return;
  app::Node& node = place.self->node();
  const auto rotated = node.own().RotateIfDue(node.log(), place.clock->Now());
  if (!rotated.ok() || (*rotated && !kind_world_))
    Note(place, "makes keys", rotated.status());
  // A backup that is put back twice gives two lives of one number, and peers
  // show it to the second; the administrator reads that and restores again.
  if (ReasonOf(rotated.status()) == Reason::kRestoreNeeded) {
    place.self->RunRestore();
    return ComeBack(place, false);
  }
  for (Place* peer : active_) {
    if (peer == &place || !place.self->up()) continue;
    const absl::Status greeted = node.SayHello(peer->self->id());
    if (kind_world_ && greeted.ok()) continue;
    Note(place, absl::StrCat("greets ", peer->self->name()), greeted);
  }
  if (!place.self->up()) return;
  const absl::Status signed_head = node.log().Checkpoint().status();
  if (!signed_head.ok()) Note(place, "signs a checkpoint", signed_head);
}

void Simulation::ComeBack(Place& place, bool may_die_again) {
  if (!place.self->up()) ++report_.crashes;
  std::optional<std::pair<uint64_t, CrashingStore::Moment>> death;
  if (may_die_again && dice_.OneIn(5)) {
    death = {1 + dice_.Below(3), CrashingStore::Moment::kBefore};
  }
  absl::Status opened = place.self->TryReopen(death);
  if (ReasonOf(opened) == Reason::kRestoreNeeded) {
    place.self->RunRestore();
    opened = place.self->TryReopen(death);
  }
  Tell(absl::StrCat(place.self->name(), " starts again: ",
                    opened.ok() ? "OK" : ReasonName(ReasonOf(opened))));
  if (!opened.ok() && !death.has_value()) {
    Break(4, absl::StrCat(place.self->name(),
                          " does not start: ", opened.ToString()));
    return;  // The run ends with it.
  }
  if (place.self->up()) NoteOldCopy(place);
  if (place.unanswered && place.self->up()) {
    const auto again = std::exchange(place.unanswered, nullptr);
    if (dice_.OneIn(2)) Attempt(place, place.unanswered_name, again);
  }
}

// An exercise node and a live one refuse each other, whoever invites.
void Simulation::InviteStranger(Place& place) {
  Place& stranger = Stranger();
  if (!place.self->up()) return;
  Place& inviting = dice_.OneIn(2) ? place : stranger;
  Place& accepting = &inviting == &place ? stranger : place;
  auto invited = inviting.self->node().peering().Invite(
      inviting.self->administrator(), {inviting.self->NewRequest()});
  if (!invited.ok()) return Note(inviting, "invites", invited.status());
  const auto accepted = accepting.self->node().peering().Accept(
      accepting.self->administrator(),
      {accepting.self->NewRequest(), std::move(invited->code)});
  Note(accepting, "redeems an invitation", accepted.status());
  for (const Place* one : {&place, &stranger}) {
    const Place* other = one == &place ? &stranger : &place;
    if (!one->self->up()) continue;
    if (one->self->node().peers().Get(other->self->id()).ok()) {
      Break(7, absl::StrCat(one->self->name(), " took ", other->self->name(),
                            " for a peer"));
    }
  }
}

}  // namespace amparo::simulation
