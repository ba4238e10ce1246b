// SPDX-License-Identifier: Apache-2.0
//
// What people do in a simulation, at random.
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/delivery/delivery_records.h"
#include "node/referral/referral_records.h"
#include "node/storage/table.h"
#include "tests/simulation/simulation.h"

namespace amparo::simulation {
namespace {

constexpr size_t kPeopleMax = 5;

}  // namespace

// Asks once; when the node dies over it, perhaps again after its restart.
void Simulation::Attempt(Place& place, std::string what,
                         std::function<absl::Status()> action) {
  if (!place.self->up()) return;
  const absl::Status status = action();
  Note(place, what, status);
  if (place.self->up()) return;
  place.unanswered = std::move(action);
  place.unanswered_name = absl::StrCat(what, " once more");
}

void Simulation::Act(Place& place) {
  if (!place.self->up()) return;
  switch (dice_.Below(20)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      return Propose(place);
    case 5:
    case 6:
    case 7:
    case 8:
      return Answer(place);
    case 9:
    case 10:
    case 11:
      return Disclose(place);
    case 12:
      return Disclose(place);
    case 13:
      return Withdraw(place);
    case 14:
      return Look(place);
    case 15:
      return SuspendOrResume(place, AnyoneBut(place));
    case 16:
      return GiveConsent(place);
    case 17:
      return Publish(place);
    case 18:
      return ProposeAgreement(place);
    default:
      return dice_.OneIn(3) ? RegisterPerson(place) : SignAgreement(place);
  }
}

void Simulation::RegisterPerson(Place& place) {
  if (place.desk.cases.size() >= kPeopleMax) return;
  cases::RegisterRequest request;
  request.request = place.self->NewRequest();
  request.profile = {{"ageBroad", "30--38"},
                     {"citizenship", "UKR"},
                     {"gender", "Female"},
                     {"majorityStatus", "Adult"}};
  cases::Identity identity;
  identity.given_names = "Олена";
  identity.family_names = "Коваль";
  identity.born = {1990, 5, 17};
  request.identity = identity;
  Attempt(place, "registers a person", [&place, request] {
    const auto file =
        place.self->node().cases().Register(place.self->caseworker(), request);
    if (!file.ok()) return file.status();
    place.desk.cases.push_back(file->number.text());
    place.promises.cases.insert(file->number.text());
    return absl::OkStatus();
  });
}

void Simulation::GiveConsent(Place& place) {
  const Purpose purposes[] = {Purpose::kTransnationalReferral,
                              Purpose::kIdentityDisclosure,
                              Purpose::kStatistics};
  const Purpose purpose = purposes[dice_.Below(3)];
  std::set<OfficeId> recipients;
  if (purpose != Purpose::kStatistics) {
    recipients.insert(AnyOffice(&place).self->id());
    recipients.insert(AnyOffice(&place).self->id());
  }
  const RequestId request = place.self->NewRequest();
  const std::string number = dice_.Of(place.desk.cases);
  // Some end while the seed runs.
  const absl::Time until =
      place.clock->Now() + (dice_.OneIn(3)
                                ? absl::Hours(6 * (1 + dice_.Below(12)))
                                : absl::Hours(24 * 365));
  Attempt(place, absl::StrCat("notes a consent to ", Name(purpose)),
          [=, &place] {
            const auto given = GiveConsentTo(*place.self, request, number,
                                             recipients, purpose, until);
            if (!given.ok()) return given.status();
            place.promises.given.insert(*given);
            if (purpose != Purpose::kStatistics) {
              place.desk.consents.push_back(*given);
            }
            return absl::OkStatus();
          });
}

void Simulation::Propose(Place& place) {
  if (place.number == kRegion) return;
  Place& peer = AnyOffice(&place);
  const referral::ProposeRequest request =
      place.self->Proposal(dice_.Of(place.desk.cases), peer.self->id());
  ++place.promises.proposals;
  Attempt(place, absl::StrCat("asks ", peer.self->name()),
          [&place, &peer, request] {
            const auto proposed = place.self->node().referrals().Propose(
                place.self->caseworker(), request);
            if (!proposed.ok()) return proposed.status();
            const ReferralId id = proposed->referral.id;
            if (place.promises.proposed.insert(id).second) {
              place.proposed.push_back(id);
              peer.asked.push_back(id);
            }
            return absl::OkStatus();
          });
}

// Mostly one for which the next action makes sense, sometimes any.
std::optional<ReferralId> Simulation::Pick(Place& place,
                                           std::vector<ReferralId>& from,
                                           referral::State state) {
  if (from.empty()) return std::nullopt;
  if (dice_.OneIn(8)) return dice_.Of(from);
  const referral::ReferralTable table(place.self->node().vault());
  std::vector<ReferralId> fit;
  for (const ReferralId& id : from) {
    const auto row = table.Get(place.self->store(), id);
    if (row.ok() && row->has_value() && (*row)->value.state == state &&
        (*row)->value.disclosure_letter.message.empty()) {
      fit.push_back(id);
    }
  }
  if (fit.empty()) return std::nullopt;
  return dice_.Of(fit);
}

void Simulation::Answer(Place& place) {
  const std::optional<ReferralId> picked =
      Pick(place, place.asked, referral::State::kReceived);
  if (!picked.has_value()) return Propose(place);
  Answer(place, *picked, !dice_.OneIn(4));
}

void Simulation::Answer(Place& place, const ReferralId& id, bool accepts) {
  const RequestId request = place.self->NewRequest();
  Attempt(place, accepts ? "accepts" : "declines",
          [&place, id, request, accepts] {
            auto& referrals = place.self->node().referrals();
            const people::Caller& reader = place.self->focal_point();
            const auto answered =
                accepts ? referrals.Accept(reader, request, id)
                        : referrals.Decline(reader, request, id, "NO_CAPACITY");
            if (answered.ok()) place.promises.answered.insert(id);
            return answered.status();
          });
}

void Simulation::Disclose(Place& place) {
  const std::optional<ReferralId> picked =
      Pick(place, place.proposed, referral::State::kAccepted);
  if (!picked.has_value()) return Propose(place);
  const ReferralId id = *picked;
  const RequestId request = place.self->NewRequest();
  Attempt(place, "discloses", [&place, id, request] {
    const DataCategory names[] = {DataCategory::kNames};
    const auto disclosed = place.self->node().referrals().Disclose(
        place.self->caseworker(), request, id, names);
    if (disclosed.ok()) place.promises.disclosed.insert(id);
    return disclosed.status();
  });
}

// Often one under which a letter waits for its receipt: that may have left,
// also before a restart, and its recall is the hard one.
ConsentId Simulation::PickConsent(Place& place) {
  if (dice_.OneIn(2)) return dice_.Of(place.desk.consents);
  const storage::Table<delivery::OutboxCodec> outbox(
      place.self->node().vault());
  std::vector<ConsentId> waiting;
  MustBeOk(outbox.Scan(place.self->store(), "", "",
                       [&](const delivery::OutboxKey&,
                           const auto& row) -> absl::StatusOr<bool> {
                         const auto& consent = row.value.clearance.consent;
                         if (consent.has_value()) waiting.push_back(*consent);
                         return true;
                       }),
           "scan the outbox");
  return waiting.empty() ? dice_.Of(place.desk.consents) : dice_.Of(waiting);
}

void Simulation::Withdraw(Place& place) {
  const ConsentId consent = PickConsent(place);
  const RequestId request = place.self->NewRequest();
  Attempt(place, "withdraws a consent", [&place, consent, request] {
    const auto withdrawn = place.self->node().consent().Withdraw(
        place.self->caseworker(), {request, consent});
    if (withdrawn.ok()) place.promises.withdrawn.insert(consent);
    return withdrawn.status();
  });
}

void Simulation::Look(Place& place) {
  if (place.asked.empty()) return;
  const ReferralId id = dice_.Of(place.asked);
  auto& referrals = place.self->node().referrals();
  const people::Caller& reader = place.self->focal_point();
  Note(place, "looks at a referral", referrals.Show(reader, id).status());
  if (!place.self->up()) return;
  Note(place, "opens a file", referrals.OpenDisclosure(reader, id).status());
}

void Simulation::SuspendOrResume(Place& place, Place& other) {
  auto& peering = place.self->node().peering();
  const OfficeId id = other.self->id();
  const auto peer = place.self->node().peers().Get(id);
  if (!peer.ok()) return;
  if (peer->state == peering::PeerState::kActive) {
    Note(place, absl::StrCat("suspends ", other.self->name()),
         peering
             .Suspend(place.self->administrator(),
                      {place.self->NewRequest(), id})
             .status());
    return;
  }
  const auto resumed = peering.Resume(place.self->administrator(),
                                      {place.self->NewRequest(), id});
  Note(place, absl::StrCat("resumes ", other.self->name()), resumed.status());
  if (!resumed.ok()) return;
  Note(place, absl::StrCat("confirms ", other.self->name()),
       peering
           .Confirm(place.self->second_administrator(),
                    {place.self->NewRequest(), id, resumed->safety_number})
           .status());
}

// A table of a year long over: the release goes to the region.
void Simulation::Publish(Place& place) {
  if (active_.back()->number != kRegion) return;
  const std::string year = absl::StrCat(1990 + dice_.Below(20));
  const RequestId request = place.self->NewRequest();
  const auto tables =
      place.self->node().tables().ListTables(place.self->analyst());
  if (!tables.ok()) return Note(place, "lists tables", tables.status());
  const std::string table = tables->front().id;
  const auto prepared = place.self->node().tables().Prepare(
      place.self->analyst(),
      {place.self->NewRequest(), table, {year}, "person"});
  Note(place, absl::StrCat("prepares the table of ", year), prepared.status());
  if (!prepared.ok()) return;
  Attempt(place, absl::StrCat("releases the table of ", year),
          [&place, request, id = prepared->id] {
            const auto published = place.self->node().tables().Release(
                place.self->officer(), {request, id});
            if (!published.ok()) return published.status();
            std::string& kept = place.promises.released[published->release.id];
            if (!kept.empty() && kept != published->hash) {
              return Error(Reason::kInternal, "a release has two bodies");
            }
            kept = published->hash;
            return absl::OkStatus();
          });
}

void Simulation::ProposeAgreement(Place& place) {
  Place& peer = AnyoneBut(place);
  peering::AgreementTerms terms = FullTerms(place.clock->Now());
  terms.valid_until =
      place.clock->Now() + absl::Hours(6 * (1 + dice_.Below(60)));
  const RequestId request = place.self->NewRequest();
  Attempt(place, absl::StrCat("proposes an agreement to ", peer.self->name()),
          [&place, &peer, request, terms] {
            return place.self->node()
                .agreement_actions()
                .Propose(place.self->administrator(),
                         {request, peer.self->id(), terms})
                .status();
          });
}

void Simulation::SignAgreement(Place& place) {
  const auto list = place.self->node().agreement_actions().List(
      place.self->administrator(), std::nullopt);
  if (!list.ok()) return Note(place, "lists agreements", list.status());
  std::vector<peering::SignedAgreement> open;
  for (const peering::SignedAgreement& value : *list) {
    if (!value.fully_signed() && value.drawn_up_by.empty()) {
      open.push_back(value);
    }
  }
  if (open.empty()) return;
  const peering::Agreement agreement = dice_.Of(open).agreement;
  const RequestId request = place.self->NewRequest();
  Attempt(place, "signs an agreement", [&place, request, agreement] {
    return place.self->node()
        .agreement_actions()
        .Sign(place.self->administrator(),
              {request, agreement.id(), agreement.hash()})
        .status();
  });
}

}  // namespace amparo::simulation
