// SPDX-License-Identifier: Apache-2.0
#include "node/cases/case_desk.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/people/lookup.h"

namespace amparo::cases {
namespace {

constexpr int kAttemptsMax = 5;
// UTC+14, the first place where a day begins.
constexpr absl::Duration kFirstDay = absl::Hours(14);

}  // namespace

Viewer ViewerOf(const people::Caller& caller, people::Permission permission) {
  const people::Scope scope = caller.ScopeFor(permission);
  return {.person = caller.person(),
          .team = scope >= people::Scope::kTeam ? caller.team() : std::string(),
          .whole_office = scope >= people::Scope::kOffice};
}

absl::StatusOr<storage::Row<Case>> CaseDesk::Reach(
    const people::Caller& caller, people::Permission needed,
    absl::string_view number) const {
  RETURN_IF_ERROR(caller.May(needed));
  ASSIGN_OR_RETURN(const CaseNumber parsed, CaseNumber::Parse(number));
  ASSIGN_OR_RETURN(const std::optional<Case> found,
                   registry().FindByNumber(store(), parsed));
  if (!found.has_value()) return Error(Reason::kNotAllowed);
  ASSIGN_OR_RETURN(storage::Row<Case> row, registry().Row(store(), found->id));
  RETURN_IF_ERROR(caller.MayReach(needed, row.value.owner, row.value.team));
  return row;
}

absl::StatusOr<std::string> CaseDesk::Once(const people::Caller& caller,
                                           const RequestId& request,
                                           absl::string_view body_digest,
                                           const Build& build) const {
  for (int attempt = 1;; ++attempt) {
    ASSIGN_OR_RETURN(std::optional<std::string> kept,
                     requests_.Find(caller.person(), request, body_digest));
    if (kept.has_value()) return *std::move(kept);
    storage::Batch batch;
    ASSIGN_OR_RETURN(std::string answer, build(batch));
    RETURN_IF_ERROR(requests_.Remember(batch, caller.person(), request,
                                       body_digest, answer));
    const absl::Status committed = services_.store.Commit(batch).status();
    if (committed.ok()) return answer;
    if (ReasonOf(committed) != Reason::kVersionConflict ||
        attempt == kAttemptsMax) {
      return committed;
    }
  }
}

absl::Status CaseDesk::Record(
    storage::Batch& batch, audit::EventKind kind, const people::Caller& caller,
    const storage::Row<Case>& file,
    std::vector<std::pair<std::string, std::string>> more) const {
  audit::Event event{.kind = kind,
                     .at = services_.clock.Now(),
                     .actor = caller.person(),
                     .about = {{"case", file.value.id.hex()}}};
  for (auto& one : more) event.about.push_back(std::move(one));
  return services_.log.Record(batch, event, file.key);
}

absl::StatusOr<IdentityAccess> CaseDesk::OpenIdentity(
    const people::Caller& caller, const Case& file) const {
  return IdentityAccess::Granted(
      caller.MayReach(people::Permission::kIdentityRead, file.owner, file.team),
      caller.person());
}

absl::StatusOr<std::string> CaseDesk::NameOf(const PersonId& id) const {
  return people::NameOfPerson(store(), registry().vault(), id);
}

absl::StatusOr<std::string> CaseDesk::NumberOf(const CaseId& id) const {
  if (id.empty()) return std::string();
  ASSIGN_OR_RETURN(const std::optional<Case> file, registry().Get(store(), id));
  return file.has_value() ? file->number.text() : std::string();
}

absl::CivilDay CaseDesk::Today() const {
  return absl::ToCivilDay(services_.clock.Now(), absl::UTCTimeZone());
}

absl::CivilDay CaseDesk::Latest() const {
  return absl::ToCivilDay(services_.clock.Now() + kFirstDay,
                          absl::UTCTimeZone());
}

}  // namespace amparo::cases
