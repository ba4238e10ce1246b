// SPDX-License-Identifier: Apache-2.0
//
// What happens to letters and receipts between offices, and what is checked
// while they are in the network's hands.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/exchange_terms.h"
#include "node/consent/consent.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/letter_codec.h"
#include "node/storage/table.h"
#include "tests/simulation/simulation.h"

namespace amparo::simulation {
namespace {

// Whether `wire` bears the receipt that its receiver gave, in time, for this
// very letter: then it is offered again after a restore and is not late.
bool WasReceiptedInTime(const delivery::WireLetter& wire,
                        const delivery::LetterHeader& header,
                        const delivery::LetterRow& row) {
  if (wire.former_receipt.empty()) return false;
  const auto receipt = delivery::ParseSignedReceipt(wire.former_receipt);
  if (!receipt.ok()) return false;
  const delivery::ReceiptBody& body = receipt->body;
  return body.kind == delivery::ReceiptKind::kDelivered &&
         body.message == header.message && body.sender == header.sender &&
         body.receiver == header.receiver && body.issuer == header.receiver &&
         body.plain_digest == row.plain_digest &&
         body.issued_at < header.expires_at;
}

}  // namespace

Simulation::Link& Simulation::LinkOf(const TestOffice& from,
                                     const TestOffice& to) {
  return links_[{Of(from).number, Of(to).number}];
}

TestNetwork::Outcomes Simulation::OnDeliver(
    TestOffice& from_office, TestOffice& to_office,
    absl::Span<const std::string> letters) {
  Place& from = Of(from_office);
  Place& to = Of(to_office);
  for (const std::string& letter : letters) CheckHandedOver(from, to, letter);
  if (kind_world_) return Carry(from, to, letters);
  // People do not wait for the wire.
  if (dice_.OneIn(8)) {
    on_the_wire_ = true;
    dice_.OneIn(3) ? SuspendOrResume(from, to) : Propose(from);
    on_the_wire_ = false;
    if (!from.self->up()) return Error(Reason::kUnavailable);
  }
  return CarryBadly(from, to, letters);
}

// Invariants 2, 3 and 6 at this moment, by the sender's own clock.
void Simulation::CheckHandedOver(Place& from, Place& to,
                                 absl::string_view letter) {
  const delivery::WireLetter wire = Must(delivery::ParseLetter(letter));
  const delivery::LetterHeader header =
      Must(delivery::DecodeHeader(wire.header));
  const auto broken = [&](int invariant, absl::string_view rule) {
    Break(invariant,
          absl::StrCat(from.self->name(), " hands over ", Name(header.type),
                       " to ", to.self->name(), ": ", rule));
  };
  const auto [seat, first] =
      seats_.try_emplace(Seat{header.sender, header.receiver,
                              header.incarnation, header.thread, header.seq},
                         header.message, header.prev_digest);
  // An old copy does so, until it is told what it is.
  const bool of_old_copy = IsForgotten(from.old_copy) ||
                           from.losses.of_old_copies.count(header.message) > 0;
  if (!first && !of_old_copy &&
      seat->second != std::make_pair(header.message, header.prev_digest)) {
    broken(6, "another letter had its sequence number");
  }
  if (IsProtectiveLetter(header.type)) return;

  app::Node& node = from.self->node();
  const absl::Time now = from.clock->Now();
  const storage::Table<delivery::LetterCodec> letters(node.vault());
  const auto row =
      Must(letters.Get(from.self->store(), {header.message, false}));
  const auto peer = node.peers().Get(to.self->id());
  const bool offered_again = peer.ok() && peer->bundle.incarnation > 1 &&
                             row.has_value() &&
                             WasReceiptedInTime(wire, header, row->value);
  if (header.expires_at <= now && !offered_again) broken(2, "it had expired");
  if (!peer.ok() || peer->state != peering::PeerState::kActive) {
    broken(2, "the peer is not active");
  }
  if (IsPeeringLetter(header.type) || header.type == LetterType::kReceipt) {
    return;
  }
  const auto agreement = node.agreement_actions().Show(
      from.self->administrator(), header.agreement);
  if (!agreement.ok() ||
      !peering::CheckLetter(agreement->agreement, header.sender, header.type,
                            header.purpose, {}, now)
           .ok()) {
    broken(2, "no agreement covers it");
  }
  if (header.type != LetterType::kReferralRequest &&
      header.type != LetterType::kDisclosure) {
    return;
  }
  if (!row.has_value() || !row->value.clearance.consent.has_value()) {
    return broken(2, "no clearance for it is on the disk");
  }
  const ConsentId id = *row->value.clearance.consent;
  const consent::Consent consent =
      Must(node.consent_ledger().Get(from.self->store(), id));
  const absl::Status covers =
      consent::CheckCovers(consent, header.purpose, to.self->id(),
                           row->value.clearance.categories, now);
  if (!covers.ok()) broken(2, ReasonName(ReasonOf(covers)));
  if (from.promises.withdrawn.count(id) > 0) {
    broken(3, "its consent was withdrawn and that was acknowledged");
  }
}

TestNetwork::Outcomes Simulation::Carry(Place& from, Place& to,
                                        absl::Span<const std::string> letters) {
  return network_.Carry(*from.self, *to.self, letters);
}

void Simulation::Delay(Place& from, Place& to,
                       absl::Span<const std::string> letters) {
  in_flight_.push_back(
      {from.number, to.number, {letters.begin(), letters.end()}});
}

TestNetwork::Outcomes Simulation::CarryBadly(
    Place& from, Place& to, absl::Span<const std::string> letters) {
  const Link& link = LinkOf(*from.self, *to.self);
  if (link.cut) {
    Tell("the link is cut");
    return Error(Reason::kUnavailable);
  }
  const auto doom = [&](Place& place) {
    if (!place.self->up()) return;
    Tell(absl::StrCat(place.self->name(), " is about to die"));
    place.self->store().DieAt(1 + dice_.Below(3),
                              dice_.OneIn(2) ? CrashingStore::Moment::kBefore
                                             : CrashingStore::Moment::kAfter);
  };
  const uint64_t fate = dice_.Below(13);
  if (link.receipts_lost || fate == 1) {
    Tell("the receipts are lost");
    (void)Carry(from, to, letters).ok();
    return Error(Reason::kUnavailable);
  }
  switch (fate) {
    case 0:
      Tell("the letters are lost");
      return Error(Reason::kUnavailable);
    case 2:
      Tell("the letters are delayed");
      Delay(from, to, letters);
      return Error(Reason::kUnavailable);
    case 3: {
      Tell("the letters are doubled");
      const auto once = Carry(from, to, letters);
      Delay(from, to, letters);
      return dice_.OneIn(2) ? once : Carry(from, to, letters);
    }
    case 4:
      Tell("the letters are shuffled");
      return Shuffled(from, to, letters);
    case 5: {
      auto outcomes = Carry(from, to, letters);
      if (!outcomes.ok() || outcomes->size() < 2) return outcomes;
      Tell("the receipts are mixed up");
      std::rotate(outcomes->begin(), outcomes->begin() + 1, outcomes->end());
      return outcomes;
    }
    case 6:
    case 7:
      doom(to);
      return Carry(from, to, letters);
    case 8: {
      auto outcomes = Carry(from, to, letters);
      doom(from);
      return outcomes;
    }
    default:
      return Carry(from, to, letters);
  }
}

TestNetwork::Outcomes Simulation::Shuffled(
    Place& from, Place& to, absl::Span<const std::string> letters) {
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
void Simulation::LateLetters() {
  if (in_flight_.empty()) return;
  const size_t index = dice_.Below(in_flight_.size());
  const InFlight late = in_flight_[index];
  in_flight_.erase(in_flight_.begin() + static_cast<ptrdiff_t>(index));
  if (!kind_world_ && dice_.OneIn(6)) return Misdirected(late);
  Place& to = *places_[late.to];
  Tell(absl::StrCat("late: ", late.letters.size(), " letters of ",
                    places_[late.from]->self->name(), " reach ",
                    to.self->name()));
  (void)Carry(*places_[late.from], to, late.letters).ok();
}

// Letters reach an office they are not for, even one that the sender could not
// have called: nobody takes them (invariants 1 and 7).
void Simulation::Misdirected(const InFlight& late) {
  Place& from = *places_[late.from];
  Place& wrong = dice_.OneIn(2) ? Stranger() : Anyone();
  if (wrong.number == late.to || !wrong.self->up()) return;
  Tell(absl::StrCat("misdirected: ", late.letters.size(), " letters of ",
                    from.self->name(), " reach ", wrong.self->name()));
  for (const delivery::Outcome& outcome :
       wrong.self->node().inbox().Accept(from.self->id(), late.letters)) {
    if (outcome.receipt.empty()) continue;
    Break(wrong.number == kStranger ? 7 : 1,
          absl::StrCat(wrong.self->name(), " took a letter for another"));
  }
}

void Simulation::LinksChange() {
  Place& from = Anyone();
  Place& to = AnyoneBut(from);
  Link& there = LinkOf(*from.self, *to.self);
  Link& back = LinkOf(*to.self, *from.self);
  const std::string names =
      absl::StrCat(from.self->name(), " and ", to.self->name());
  switch (dice_.Below(7)) {
    case 0:
      there.cut = back.cut = true;
      return Tell(absl::StrCat("the link between ", names, " is cut"));
    case 1:
      there.cut = true;
      return Tell(absl::StrCat(from.self->name(), " does not reach ",
                               to.self->name(), " any more"));
    case 2:
      there.receipts_lost = true;
      return Tell(absl::StrCat(from.self->name(), " hears no answer of ",
                               to.self->name(), " any more"));
    case 3:
      for (Place* other : active_) {
        if (other == &from) continue;
        LinkOf(*from.self, *other->self).cut = true;
        LinkOf(*other->self, *from.self).cut = true;
      }
      return Tell(absl::StrCat(from.self->name(), " is cut off"));
    default:
      if (links_.empty()) return;
      links_.clear();
      return Tell("all links are good again");
  }
}

}  // namespace amparo::simulation
