// SPDX-License-Identifier: Apache-2.0
#include "node/cases/life_actions.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/base/text.h"
#include "node/cases/cases_records.h"
#include "node/cases/entry_book.h"
#include "node/people/lookup.h"
#include "node/people/people_records.h"

namespace amparo::cases {
namespace {

using people::Permission;

constexpr absl::string_view kYear = "yearOfRegistration";
constexpr absl::string_view kDecided[] = {"traffickingStatus", "identifiedBy"};

std::string BodyOf(const AmendCaseRequest& request) {
  std::string body;
  crypto::AppendPrefixed(&body, request.number);
  crypto::AppendU32(&body, request.expected_version);
  crypto::AppendU32(&body, static_cast<uint32_t>(request.set.size()));
  for (const auto& [variable, code] : request.set) {
    crypto::AppendPrefixed(&body, variable);
    crypto::AppendPrefixed(&body, code);
  }
  crypto::AppendU32(&body, static_cast<uint32_t>(request.remove.size()));
  for (const std::string& variable : request.remove) {
    crypto::AppendPrefixed(&body, variable);
  }
  for (const std::string& part : request.identity_parts) {
    crypto::AppendPrefixed(&body, part);
  }
  crypto::AppendPrefixed(&body, IdentityCodec::Encode(request.identity));
  crypto::AppendPrefixed(&body, request.source);
  return body;
}

std::string BodyOf(std::initializer_list<absl::string_view> parts) {
  std::string body;
  for (const absl::string_view part : parts) {
    crypto::AppendPrefixed(&body, part);
  }
  return body;
}

bool MayWorkOnCases(const people::Person& person) {
  return person.state == people::PersonState::kActive &&
         std::any_of(person.roles.begin(), person.roles.end(),
                     [](people::Role role) {
                       return people::ScopeOf(role, Permission::kCaseWrite) !=
                              people::Scope::kNone;
                     });
}

}  // namespace

absl::StatusOr<AmendedCase> LifeActions::Amend(
    const people::Caller& caller, const AmendCaseRequest& request) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseWrite));
  ASSIGN_OR_RETURN(
      const std::string answer,
      desk_.Once(caller, request.request,
                 people::BodyDigest("AmendCase", BodyOf(request)),
                 [&](storage::Batch& batch) -> absl::StatusOr<std::string> {
                   ASSIGN_OR_RETURN(const Case file,
                                    AmendIn(batch, caller, request));
                   std::string answer;
                   crypto::AppendU32(&answer, file.version);
                   crypto::AppendU8(&answer, file.treated_as_minor ? 1 : 0);
                   return answer;
                 }));
  crypto::ByteReader reader(answer);
  ASSIGN_OR_RETURN(const uint32_t version, reader.ReadU32());
  ASSIGN_OR_RETURN(const uint8_t minor, reader.ReadU8());
  return AmendedCase{version, minor != 0};
}

absl::StatusOr<Case> LifeActions::AmendIn(
    storage::Batch& batch, const people::Caller& caller,
    const AmendCaseRequest& request) const {
  ASSIGN_OR_RETURN(const storage::Row<Case> file,
                   desk_.Reach(caller, Permission::kCaseWrite, request.number));
  RETURN_IF_ERROR(CheckNotMerged(file.value));
  RETURN_IF_ERROR(
      CheckText("source", request.source, limits::kShortTextBytesMax, true));
  if (request.expected_version != file.value.version) {
    return Error(Reason::kVersionConflict,
                 "the case was changed since that version was read: read it "
                 "again, then amend it");
  }
  CaseRevision revision{.before = file, .after = file.value};
  revision.kind = ChangeKind::kAmended;
  revision.at = desk_.services().clock.Now();
  revision.by = caller.person();
  revision.source = request.source;
  ASSIGN_OR_RETURN(
      const Profile before,
      desk_.registry().ProfileOf(desk_.store(), file.value.subject));
  ASSIGN_OR_RETURN(Profile after, Corrected(before, request));
  const EntryBook book(desk_.registry());
  ASSIGN_OR_RETURN(const std::vector<Entry> entries,
                   book.Read(desk_.store(), file.value.id));
  if (StandingOf(entries).decided) {
    for (const absl::string_view variable : kDecided) {
      if (before.CodesOf(variable) == after.CodesOf(variable)) continue;
      return FieldError(variable,
                        "is what the last decision says: add or retract a "
                        "decision instead");
    }
  }
  const bool profile_changes = !(before == after);
  if (profile_changes) revision.profile = std::move(after);
  bool identity_changes = false;
  if (!request.identity_parts.empty()) {
    ASSIGN_OR_RETURN(const IdentityAccess access,
                     desk_.OpenIdentity(caller, file.value));
    ASSIGN_OR_RETURN(
        const std::optional<Identity> who,
        desk_.registry().IdentityOf(access, desk_.store(), file.value.subject));
    const Identity known = who.value_or(Identity());
    ASSIGN_OR_RETURN(Identity corrected,
                     Corrected(known, file.value.id, request));
    identity_changes = !(corrected == known);
    revision.identity = CaseRevision::NewIdentity{access, std::move(corrected)};
  }
  if (!profile_changes && !identity_changes) {
    return FieldError("set", "must change something");
  }
  ASSIGN_OR_RETURN(const Case amended,
                   desk_.registry().Revise(batch, desk_.store(), revision));
  RETURN_IF_ERROR(desk_.Record(batch, audit::EventKind::kCaseAmended, caller,
                               file,
                               {{"version", absl::StrCat(amended.version)}}));
  return amended;
}

absl::StatusOr<Profile> LifeActions::Corrected(
    const Profile& before, const AmendCaseRequest& request) const {
  const vocabulary::Lists& lists = vocabulary::Lists::BuiltIn();
  Profile::Codes codes;
  for (const auto& [variable, code] : request.set) {
    const vocabulary::Variable* const known = lists.FindVariable(variable);
    codes[known != nullptr ? known->name : variable].push_back(code);
  }
  for (const std::string& name : request.remove) {
    const vocabulary::Variable* const known = lists.FindVariable(name);
    if (known == nullptr || known->name == kYear ||
        !codes.emplace(known->name, std::vector<std::string>()).second) {
      return FieldError("remove",
                        "must name variables that are not set as well, and "
                        "not yearOfRegistration");
    }
  }
  ASSIGN_OR_RETURN(Profile after,
                   before.With(lists, codes, Profile::Origin::kInput));
  if (RegistrationYear(after) > desk_.Today().year()) {
    return FieldError(kYear, "must not be in the future");
  }
  return after;
}

absl::StatusOr<Identity> LifeActions::Corrected(
    const Identity& before, const CaseId& id,
    const AmendCaseRequest& request) const {
  Identity after = before;
  for (const std::string& part : request.identity_parts) {
    if (!CopyPart(part, request.identity, after)) {
      return FieldError("identity_parts",
                        "must be fields of an identity, such as given_names");
    }
  }
  RETURN_IF_ERROR(CheckIdentity(vocabulary::Lists::BuiltIn(), after));
  RETURN_IF_ERROR(CheckBornBy(desk_.Today(), after.born));
  if (after.photo.empty() || after.photo == before.photo) return after;
  const EntryBook book(desk_.registry());
  ASSIGN_OR_RETURN(const std::vector<Entry> entries,
                   book.Read(desk_.store(), id));
  for (const Entry& entry : entries) {
    const auto* const file = std::get_if<Attachment>(&entry.wording.content);
    if (entry.id == after.photo && file != nullptr && file->kind == "PHOTO" &&
        !entry.retracted.has_value()) {
      return after;
    }
  }
  return FieldError("photo", "must be an attached photo of this case");
}

absl::StatusOr<std::string> LifeActions::Assign(
    const people::Caller& caller, const AssignCaseRequest& request) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseAssign));
  return desk_.Once(
      caller, request.request,
      people::BodyDigest("AssignCase", BodyOf({request.number, request.person,
                                               request.reason})),
      [&](storage::Batch& batch) -> absl::StatusOr<std::string> {
        ASSIGN_OR_RETURN(
            const storage::Row<Case> file,
            desk_.Reach(caller, Permission::kCaseAssign, request.number));
        RETURN_IF_ERROR(CheckNotMerged(file.value));
        RETURN_IF_ERROR(CheckText("reason", request.reason,
                                  limits::kShortTextBytesMax, true));
        ASSIGN_OR_RETURN(
            const std::optional<people::FoundPerson> person,
            people::FindPerson(desk_.store(), desk_.registry().vault(),
                               request.person));
        if (!person.has_value() || !MayWorkOnCases(person->row.value)) {
          return FieldError("person",
                            "must be the name of somebody who works on cases "
                            "here");
        }
        const std::string& team = person->row.value.team;
        if (person->id == file.value.owner && team == file.value.team) {
          return FieldError("person", "works on the case already");
        }
        // Nobody is given a case while leaving.
        batch.RequireUnchanged(people::PersonCodec::kTable,
                               people::PersonCodec::EncodeKey(person->id),
                               person->row.stored);
        CaseRevision revision{.before = file, .after = file.value};
        revision.kind = ChangeKind::kAssigned;
        revision.at = desk_.services().clock.Now();
        revision.by = caller.person();
        revision.reason = request.reason;
        revision.after.owner = person->id;
        revision.after.team = team;
        RETURN_IF_ERROR(
            desk_.registry().Revise(batch, desk_.store(), revision).status());
        RETURN_IF_ERROR(desk_.Record(batch, audit::EventKind::kCaseAssigned,
                                     caller, file,
                                     {{"person", person->id.hex()}}));
        return team;
      });
}

absl::StatusOr<uint32_t> LifeActions::ChangeStatus(
    const people::Caller& caller, const ChangeStatusRequest& request) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseClose));
  ASSIGN_OR_RETURN(
      const std::string answer,
      desk_.Once(
          caller, request.request,
          people::BodyDigest(
              "ChangeCaseStatus",
              BodyOf({request.number, request.status, request.reason})),
          [&](storage::Batch& batch) -> absl::StatusOr<std::string> {
            ASSIGN_OR_RETURN(
                const storage::Row<Case> file,
                desk_.Reach(caller, Permission::kCaseClose, request.number));
            RETURN_IF_ERROR(CheckNotMerged(file.value));
            const std::optional<CaseStatus> status =
                CaseStatusFromName(request.status);
            if (!status.has_value()) {
              return FieldError("status",
                                "must be Active, FollowUp, Closed or "
                                "ClosedReferred");
            }
            if (*status == file.value.status) {
              return WithState(
                  Error(Reason::kWrongState, "the case is in that status"),
                  Name(*status));
            }
            CaseRevision revision{.before = file, .after = file.value};
            revision.kind = ChangeKind::kStatusChanged;
            revision.at = desk_.services().clock.Now();
            revision.by = caller.person();
            revision.reason = request.reason;
            revision.after.status = *status;
            if (IsClosed(*status)) {
              ASSIGN_OR_RETURN(const absl::string_view code,
                               vocabulary::Lists::BuiltIn().CheckCode(
                                   "closing-reason", request.reason, "reason"));
              revision.reason = std::string(code);
              revision.after.closing_reason = std::string(code);
              revision.after.closed_at = revision.at;
            } else {
              RETURN_IF_ERROR(CheckText("reason", request.reason,
                                        limits::kShortTextBytesMax, true));
              revision.after.closing_reason.clear();
              revision.after.closed_at.reset();
            }
            ASSIGN_OR_RETURN(
                const Case changed,
                desk_.registry().Revise(batch, desk_.store(), revision));
            RETURN_IF_ERROR(desk_.Record(
                batch, audit::EventKind::kCaseStatusChanged, caller, file,
                {{"state", std::string(Name(*status))}}));
            std::string version;
            crypto::AppendU32(&version, changed.version);
            return version;
          }));
  return crypto::ByteReader(answer).ReadU32();
}

absl::StatusOr<std::vector<CaseChange>> LifeActions::History(
    const people::Caller& caller, absl::string_view number) const {
  ASSIGN_OR_RETURN(const storage::Row<Case> file,
                   desk_.Reach(caller, Permission::kCaseRead, number));
  return desk_.registry().HistoryOf(desk_.store(), file.value.id);
}

absl::StatusOr<std::vector<std::pair<uint32_t, IdentityChange>>>
LifeActions::IdentityHistory(const people::Caller& caller,
                             absl::string_view number) const {
  ASSIGN_OR_RETURN(const storage::Row<Case> file,
                   desk_.Reach(caller, Permission::kIdentityRead, number));
  ASSIGN_OR_RETURN(const IdentityAccess access,
                   desk_.OpenIdentity(caller, file.value));
  storage::Batch batch;
  RETURN_IF_ERROR(desk_.Record(batch, audit::EventKind::kCaseViewed, caller,
                               file, {{"type", "HISTORY"}}));
  RETURN_IF_ERROR(desk_.services().store.Commit(batch).status());
  return desk_.registry().IdentityHistoryOf(access, desk_.store(),
                                            file.value.id);
}

}  // namespace amparo::cases
