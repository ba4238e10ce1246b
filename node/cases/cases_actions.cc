// SPDX-License-Identifier: Apache-2.0
#include "node/cases/cases_actions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/cases/cases_records.h"
#include "node/cases/entry_book.h"

namespace amparo::cases {
namespace {

using people::Permission;

constexpr int kConflictsMax = 5;
constexpr absl::string_view kYear = "yearOfRegistration";

std::string BodyOf(const RegisterRequest& request) {
  std::string body;
  for (const auto& [variable, code] : request.profile) {
    crypto::AppendPrefixed(&body, variable);
    crypto::AppendPrefixed(&body, code);
  }
  crypto::AppendU8(&body, request.identity.has_value() ? 1 : 0);
  if (request.identity.has_value()) {
    crypto::AppendPrefixed(&body, IdentityCodec::Encode(*request.identity));
  }
  return people::BodyDigest("RegisterCase", body);
}

// A missing case answers like one of somebody else.
absl::StatusOr<Case> OrNotAllowed(std::optional<Case> file) {
  if (!file.has_value()) return Error(Reason::kNotAllowed);
  return *std::move(file);
}

}  // namespace

absl::StatusOr<Case> CasesActions::Register(const people::Caller& caller,
                                            const RegisterRequest& request) {
  RETURN_IF_ERROR(caller.May(Permission::kCaseWrite));
  const std::string digest = BodyOf(request);
  for (int attempt = 0;; ++attempt) {
    ASSIGN_OR_RETURN(const std::optional<std::string> kept,
                     requests_.Find(caller.person(), request.request, digest));
    if (kept.has_value()) {
      ASSIGN_OR_RETURN(const CaseId id, CaseId::FromBytes(*kept));
      ASSIGN_OR_RETURN(std::optional<Case> file,
                       services_.registry.Get(services_.store, id));
      return OrNotAllowed(std::move(file));
    }
    ASSIGN_OR_RETURN(const NewCase fresh, Prepare(caller, request));
    storage::Batch batch;
    ASSIGN_OR_RETURN(const KeyId key, services_.registry.Insert(batch, fresh));
    RETURN_IF_ERROR(
        services_.log.Record(batch,
                             {.kind = audit::EventKind::kCaseRegistered,
                              .at = fresh.file.registered_at,
                              .actor = caller.person(),
                              .about = {{"case", fresh.file.id.hex()}}},
                             key));
    RETURN_IF_ERROR(requests_.Remember(batch, caller.person(), request.request,
                                       digest, fresh.file.id.bytes()));
    const absl::Status committed = services_.store.Commit(batch).status();
    if (committed.ok()) return fresh.file;
    // The same request ran twice at once, or the random number was taken.
    if (ReasonOf(committed) != Reason::kVersionConflict ||
        attempt + 1 >= kConflictsMax) {
      return committed;
    }
  }
}

absl::StatusOr<NewCase> CasesActions::Prepare(
    const people::Caller& caller, const RegisterRequest& request) const {
  const vocabulary::Lists& lists = vocabulary::Lists::BuiltIn();
  const absl::Time now = services_.clock.Now();
  const absl::CivilDay today = absl::ToCivilDay(now, absl::UTCTimeZone());
  const int this_year = static_cast<int>(today.year());
  std::vector<Profile::Pair> pairs = request.profile;
  bool has_year = false;
  for (const Profile::Pair& pair : pairs) {
    has_year = has_year || pair.first == kYear;
  }
  if (!has_year)
    pairs.emplace_back(std::string(kYear), absl::StrCat(this_year));
  ASSIGN_OR_RETURN(Profile profile, Profile::Create(lists, pairs));
  int year = 0;
  if (!absl::SimpleAtoi(profile.Find(kYear), &year) || year > this_year ||
      year < 0) {
    return FieldError(kYear, "must be a year that is not in the future");
  }
  std::optional<Identity> identity = request.identity;
  PartialDate born;
  if (identity.has_value()) {
    if (identity->empty()) {
      return FieldError("identity", "must hold something or be left out");
    }
    RETURN_IF_ERROR(CheckIdentity(lists, *identity));
    born = identity->born;
    RETURN_IF_ERROR(CheckBornBy(today, born));
    if (!identity->photo.empty()) {
      return FieldError("photo", "must be attached before it is named");
    }
  }
  const auto fresh_id = [this] {
    return crypto::RandomBytes(services_.random, CaseId::kSize);
  };
  ASSIGN_OR_RETURN(const CaseId id, CaseId::FromBytes(fresh_id()));
  ASSIGN_OR_RETURN(const SubjectId subject, SubjectId::FromBytes(fresh_id()));
  Case file{.id = id,
            .number = CaseNumber::Generate(services_.random),
            .subject = subject,
            .owner = caller.person(),
            .team = caller.team(),
            .registered_at = now,
            .year = year,
            .source = "",
            .has_identity = identity.has_value(),
            .treated_as_minor = TreatedAsMinor(profile, born, today)};
  return NewCase{std::move(file), std::move(profile), std::move(identity), ""};
}

absl::StatusOr<ShownCase> CasesActions::Show(const people::Caller& caller,
                                             absl::string_view number) const {
  ASSIGN_OR_RETURN(Case file, Reach(caller, Permission::kCaseRead, number));
  ASSIGN_OR_RETURN(Profile profile,
                   services_.registry.ProfileOf(services_.store, file.subject));
  const EntryBook book(services_.registry);
  ASSIGN_OR_RETURN(const std::vector<Entry> entries,
                   book.Read(services_.store, file.id));
  ShownCase shown{std::move(file), std::move(profile), std::nullopt};
  const Standing standing = StandingOf(entries);
  if (standing.risk != nullptr) shown.risk = *standing.risk;
  return shown;
}

absl::StatusOr<std::optional<Identity>> CasesActions::ShowIdentity(
    const people::Caller& caller, absl::string_view number) {
  ASSIGN_OR_RETURN(const Case file,
                   Reach(caller, Permission::kIdentityRead, number));
  ASSIGN_OR_RETURN(
      const IdentityAccess access,
      IdentityAccess::Granted(
          caller.MayReach(Permission::kIdentityRead, file.owner, file.team),
          caller.person()));
  ASSIGN_OR_RETURN(const KeyId key,
                   services_.registry.KeyOf(services_.store, file.subject));
  storage::Batch batch;
  RETURN_IF_ERROR(services_.log.Record(batch,
                                       {.kind = audit::EventKind::kCaseViewed,
                                        .at = services_.clock.Now(),
                                        .actor = access.reader(),
                                        .about = {{"case", file.id.hex()}}},
                                       key));
  RETURN_IF_ERROR(services_.store.Commit(batch).status());
  return services_.registry.IdentityOf(access, services_.store, file.subject);
}

absl::StatusOr<consent::SubjectFacts> CasesActions::Find(
    const people::Caller& caller, people::Permission needed,
    absl::string_view case_number) const {
  ASSIGN_OR_RETURN(const Case file, Reach(caller, needed, case_number));
  return FactsOf(file);
}

absl::StatusOr<consent::SubjectFacts> CasesActions::FindSubject(
    const people::Caller& caller, people::Permission needed,
    const SubjectId& subject) const {
  RETURN_IF_ERROR(caller.May(needed));
  ASSIGN_OR_RETURN(std::optional<Case> found,
                   services_.registry.FindBySubject(services_.store, subject));
  ASSIGN_OR_RETURN(const Case file, OrNotAllowed(std::move(found)));
  RETURN_IF_ERROR(caller.MayReach(needed, file.owner, file.team));
  return FactsOf(file);
}

absl::StatusOr<Case> CasesActions::Reach(const people::Caller& caller,
                                         people::Permission needed,
                                         absl::string_view number) const {
  ASSIGN_OR_RETURN(storage::Row<Case> row, desk_.Reach(caller, needed, number));
  return std::move(row.value);
}

absl::StatusOr<consent::SubjectFacts> CasesActions::FactsOf(
    const Case& file) const {
  ASSIGN_OR_RETURN(const KeyId key,
                   services_.registry.KeyOf(services_.store, file.subject));
  return consent::SubjectFacts{file.subject, key, file.treated_as_minor};
}

absl::Status CasesActions::BeginWork(storage::Batch& batch,
                                     const SubjectId& subject) const {
  ASSIGN_OR_RETURN(std::optional<Case> found,
                   services_.registry.FindBySubject(services_.store, subject));
  ASSIGN_OR_RETURN(const Case file, OrNotAllowed(std::move(found)));
  return services_.registry.BeginWork(batch, services_.store, file.id);
}

}  // namespace amparo::cases
