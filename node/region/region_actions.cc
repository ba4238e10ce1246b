// SPDX-License-Identifier: Apache-2.0
#include "node/region/region_actions.h"

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "node/base/errors.h"
#include "node/base/exchange_terms.h"
#include "node/base/status_macros.h"
#include "node/peering/signed_body.h"

namespace amparo::region {
namespace {

absl::Status Damaged() {
  return Error(Reason::kRecordDamaged, "a stored release cannot be read");
}

absl::StatusOr<statistics::Release> ReadRelease(
    const ReceivedRelease& received, const ReleasePlace& place,
    const statistics::TableSpec& spec) {
  const absl::StatusOr<peering::SignedBody> signed_body =
      peering::SignedBody::Decode(received.signed_body);
  if (!signed_body.ok()) return Damaged();
  absl::StatusOr<statistics::Release> release =
      statistics::DecodeRelease(signed_body->body);
  if (!release.ok() || release->id != place.release ||
      (release->spec_hash == statistics::SpecHash(spec) &&
       !statistics::CheckAgainst(*release, spec).ok())) {
    return Damaged();
  }
  return release;
}

}  // namespace

TrendActions::TrendActions(const Parts& parts)
    : parts_(parts), releases_(parts.vault), places_(parts.vault) {}

std::set<OfficeId> TrendActions::Expected(const Question& question) const {
  const absl::Time now = parts_.clock.Now();
  std::set<OfficeId> expected;
  for (const peering::Peer& peer : parts_.peers.List()) {
    if (peer.bundle.role != peering::NodeRole::kOffice ||
        !peering::CheckMayExchange(peer, false).ok()) {
      continue;
    }
    if (!question.offices.empty() && question.offices.count(peer.id) == 0) {
      continue;
    }
    const absl::StatusOr<peering::Agreement> agreement =
        parts_.agreements.ActiveWith(peer.id, now);
    if (agreement.ok() &&
        peering::CheckLetter(
            *agreement, peer.id, LetterType::kStatisticsRelease,
            Purpose::kStatistics, {DataCategory::kStatisticalCounts}, now)
            .ok()) {
      expected.insert(peer.id);
    }
  }
  return expected;
}

absl::StatusOr<std::vector<Contribution>> TrendActions::Read(
    const storage::Reader& reader, const statistics::TableSpec& spec,
    const Question& question) const {
  std::vector<Contribution> contributions;
  // One release holds many cohorts: open each once.
  std::map<ReceivedReleaseCodec::Key, statistics::Release> opened;
  const std::string hash = statistics::SpecHash(spec);
  RETURN_IF_ERROR(places_.Scan(
      reader, ReleasePlaceCodec::Prefix(spec.id), {},
      [&](const PlaceKey& key,
          const storage::Row<ReleasePlace>& place) -> absl::StatusOr<bool> {
        if (!Concerns(question, key.office, key.cohort)) return true;
        const ReceivedReleaseCodec::Key id(key.office, place.value.release);
        auto found = opened.find(id);
        if (found == opened.end()) {
          ASSIGN_OR_RETURN(
              const std::optional<storage::Row<ReceivedRelease>> row,
              releases_.Get(reader, id));
          if (!row.has_value()) return Damaged();
          ASSIGN_OR_RETURN(statistics::Release release,
                           ReadRelease(row->value, place.value, spec));
          found = opened.emplace(id, std::move(release)).first;
        }
        // Another version of the table counts something else.
        if (found->second.spec_hash != hash) return true;
        const absl::StatusOr<peering::Peer> peer = parts_.peers.Get(key.office);
        for (const statistics::CohortCounts& counts : found->second.cohorts) {
          if (counts.cohort != key.cohort) continue;
          contributions.push_back({key.office,
                                   peer.ok() ? peer->name() : key.office.hex(),
                                   found->second.unit, counts});
        }
        return true;
      }));
  return contributions;
}

absl::StatusOr<Answer> TrendActions::ShowTrend(const people::Caller& caller,
                                               const Question& question) const {
  RETURN_IF_ERROR(caller.May(people::Permission::kTrendRead));
  if (parts_.own.role() != peering::NodeRole::kRegion) {
    return WithState(
        Error(Reason::kWrongState,
              "this office is no region: ask the region's node, or show this "
              "office's own releases"),
        "OFFICE");
  }
  ASSIGN_OR_RETURN(const statistics::TableSpec* spec,
                   parts_.catalogue.Find(question.table));
  for (const OfficeId& office : question.offices) {
    if (!parts_.peers.Get(office).ok()) {
      return FieldError("office_ids", "must be of offices this region knows");
    }
  }
  const std::unique_ptr<storage::Reader> snapshot = parts_.store.NewSnapshot();
  ASSIGN_OR_RETURN(const std::vector<Contribution> contributions,
                   Read(*snapshot, *spec, question));
  Answer answer;
  answer.title = spec->title;
  ASSIGN_OR_RETURN(answer.trend, Sum(*spec, question, contributions));
  std::set<OfficeId> expected = Expected(question);
  expected.insert(answer.trend.reporting.begin(), answer.trend.reporting.end());
  answer.nodes_reporting = static_cast<uint32_t>(answer.trend.reporting.size());
  answer.nodes_expected = static_cast<uint32_t>(expected.size());
  return answer;
}

}  // namespace amparo::region
