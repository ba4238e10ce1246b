// SPDX-License-Identifier: Apache-2.0
#include "node/people/people_actions.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"

namespace amparo::people {
namespace {

constexpr int kConflictRetriesMax = 5;

std::string RolesBytes(const std::set<Role>& roles) {
  std::string bytes;
  for (const Role role : roles) {
    crypto::AppendU32(&bytes, static_cast<uint32_t>(role));
  }
  return bytes;
}

std::string Body(absl::string_view name, const std::set<Role>& roles,
                 absl::string_view team) {
  std::string bytes;
  crypto::AppendPrefixed(&bytes, name);
  crypto::AppendPrefixed(&bytes, RolesBytes(roles));
  crypto::AppendPrefixed(&bytes, team);
  return bytes;
}

audit::Event PersonEvent(audit::EventKind kind, absl::Time at,
                         const PersonId& actor, const PersonId& person,
                         const std::set<Role>& roles) {
  audit::Event event{kind, at, actor, {{"person", person.hex()}}};
  for (const Role role : roles) {
    event.about.emplace_back("role", std::string(Name(role)));
  }
  return event;
}

absl::Status RequireRoom(const Ground& ground) {
  size_t count = 0;
  RETURN_IF_ERROR(ground.store.Scan(
      storage::TableId::kPersons, {}, {},
      [&](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
        return ++count < kPersonsMax;
      }));
  if (count < kPersonsMax) return absl::OkStatus();
  return Error(Reason::kLimitExceeded,
               absl::StrCat("an office has at most ", kPersonsMax, " people"));
}

// Adds the person's rows and leaf to `batch`.
absl::StatusOr<AddedPerson> Add(const Ground& ground, storage::Batch& batch,
                                const PersonId& actor, std::string name,
                                const std::set<Role>& roles, std::string team) {
  const absl::Time now = ground.clock.Now();
  ASSIGN_OR_RETURN(const PersonId id, PersonId::FromBytes(crypto::RandomBytes(
                                          ground.random, PersonId::kSize)));
  AddedPerson added;
  added.code = NewSignInCode(ground.random);
  added.code_expires_at = now + limits::kSignInCodeLifetime;
  Person person;
  person.name = std::move(name);
  person.roles = roles;
  person.team = std::move(team);
  person.code =
      SignInCode{*SignInCodeDigest(added.code.Reveal()), added.code_expires_at};
  person.added_at = now;
  const std::string index = ground.vault.BlindIndex(
      storage::TableId::kPersonNames, CanonicalName(person.name));
  RETURN_IF_ERROR(
      storage::Table<PersonNameCodec>(ground.vault).Insert(batch, index, id));
  RETURN_IF_ERROR(
      storage::Table<PersonCodec>(ground.vault).Insert(batch, id, person));
  RETURN_IF_ERROR(ground.log.Record(
      batch,
      PersonEvent(audit::EventKind::kPersonAdded, now, actor, id, roles)));
  added.person = Summarise(id, person);
  return added;
}

// Whether the change may be read and tried again.
bool IsConflict(const absl::Status& status) {
  return ReasonOf(status) == Reason::kVersionConflict;
}

}  // namespace

absl::StatusOr<AddedPerson> AddFirstAdministrator(const Ground& ground,
                                                  absl::string_view name) {
  RETURN_IF_ERROR(CheckName(name, "name"));
  bool empty = true;
  RETURN_IF_ERROR(ground.store.Scan(
      storage::TableId::kPersons, {}, {},
      [&](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
        empty = false;
        return false;
      }));
  if (!empty) {
    return WithState(Error(Reason::kWrongState,
                           "this office has people already: an administrator "
                           "adds the next one"),
                     "INITIALISED");
  }
  storage::Batch batch;
  ASSIGN_OR_RETURN(AddedPerson added,
                   Add(ground, batch, PersonId(), std::string(name),
                       {Role::kAdministrator}, {}));
  RETURN_IF_ERROR(ground.store.Commit(batch).status());
  return added;
}

absl::StatusOr<std::unique_ptr<PeopleActions>> PeopleActions::Create(
    const Ground& ground, crypto::PasswordCost cost) {
  // What an unknown name is verified against.
  ASSIGN_OR_RETURN(std::string dummy_hash,
                   crypto::HashOfNoPassword(ground.random, cost));
  return std::unique_ptr<PeopleActions>(
      new PeopleActions(ground, cost, std::move(dummy_hash)));
}

PeopleActions::PeopleActions(const Ground& ground, crypto::PasswordCost cost,
                             std::string dummy_hash)
    : ground_(ground),
      cost_(cost),
      dummy_hash_(std::move(dummy_hash)),
      persons_(ground.vault),
      sessions_(ground.store, ground.vault, ground.clock),
      requests_(ground.store, ground.vault, ground.clock) {}

absl::StatusOr<PeopleActions::Found> PeopleActions::RequireByName(
    absl::string_view name) const {
  ASSIGN_OR_RETURN(std::optional<Found> found,
                   FindPerson(ground_.store, ground_.vault, name));
  if (!found.has_value()) return Error(Reason::kNotAllowed);
  return *std::move(found);
}

absl::Status PeopleActions::Refuse(const std::optional<Found>& found) {
  storage::Batch batch;
  audit::Event event{
      audit::EventKind::kSignInFailed, ground_.clock.Now(), PersonId(), {}};
  if (found.has_value()) event.about.emplace_back("person", found->id.hex());
  RETURN_IF_ERROR(ground_.log.Record(batch, event));
  RETURN_IF_ERROR(ground_.store.Commit(batch).status());
  return Error(Reason::kSignInRefused);
}

// nullopt when somebody changed the person meanwhile.
absl::StatusOr<std::optional<SignedIn>> PeopleActions::OpenFor(
    const Found& found, Person after, absl::string_view device_token) {
  const absl::Time now = ground_.clock.Now();
  SignedIn signed_in;
  if (KnowsDevice(after, device_token)) {
    signed_in.device_token = crypto::Secret::Copy(device_token);
  } else {
    signed_in.device_token = NewToken(ground_.random);
    AddDevice(after, *TokenDigest(signed_in.device_token.Reveal()), now);
  }
  storage::Batch batch;
  RETURN_IF_ERROR(persons_.Replace(batch, found.id, found.row, after));
  ASSIGN_OR_RETURN(OpenedSession session,
                   sessions_.Open(batch, found.id, ground_.random));
  RETURN_IF_ERROR(ground_.log.Record(batch, {audit::EventKind::kSignedIn,
                                             now,
                                             found.id,
                                             {{"session", session.id.hex()}}}));
  const absl::Status committed = ground_.store.Commit(batch).status();
  if (IsConflict(committed)) return std::optional<SignedIn>();
  RETURN_IF_ERROR(committed);
  signed_in.person = Summarise(found.id, after);
  signed_in.token = std::move(session.token);
  signed_in.expires_at = session.expires_at;
  return std::optional<SignedIn>(std::move(signed_in));
}

absl::StatusOr<SignedIn> PeopleActions::Enrol(absl::string_view name,
                                              absl::string_view code,
                                              const crypto::Secret& password) {
  RETURN_IF_ERROR(CheckName(name, "name"));
  RETURN_IF_ERROR(CheckNewPassword(password));
  const std::string key = absl::StrCat(
      "enrol:", ground_.vault.BlindIndex(storage::TableId::kPersonNames,
                                         CanonicalName(name)));
  RETURN_IF_ERROR(attempts_.Begin(key, ground_.clock.Now()));
  for (int i = 0; i < kConflictRetriesMax; ++i) {
    ASSIGN_OR_RETURN(const std::optional<Found> found,
                     FindPerson(ground_.store, ground_.vault, name));
    if (!found.has_value() ||
        !CodeOpens(found->row.value, code, ground_.clock.Now())) {
      return Refuse(found);
    }
    Person after = found->row.value;
    RETURN_IF_ERROR(checks_.Run([&]() -> absl::Status {
      ASSIGN_OR_RETURN(after.password_hash,
                       crypto::HashPassword(password, cost_));
      return absl::OkStatus();
    }));
    after.state = PersonState::kActive;
    after.code.reset();
    ASSIGN_OR_RETURN(std::optional<SignedIn> signed_in,
                     OpenFor(*found, std::move(after), {}));
    if (!signed_in.has_value()) continue;
    attempts_.Succeeded(key);
    return *std::move(signed_in);
  }
  return Error(Reason::kVersionConflict);
}

absl::StatusOr<SignedIn> PeopleActions::SignIn(absl::string_view name,
                                               const crypto::Secret& password,
                                               absl::string_view device_token) {
  RETURN_IF_ERROR(CheckName(name, "name"));
  if (password.empty() || password.size() > limits::kPasswordBytesMax) {
    return FieldError("password",
                      absl::StrCat("must be 1 to ", limits::kPasswordBytesMax,
                                   " bytes long"));
  }
  ASSIGN_OR_RETURN(std::optional<Found> found,
                   FindPerson(ground_.store, ground_.vault, name));
  const bool active =
      found.has_value() && found->row.value.state == PersonState::kActive;
  const std::string key =
      active && KnowsDevice(found->row.value, device_token)
          ? absl::StrCat("device:", *TokenDigest(device_token))
          : absl::StrCat("name:", ground_.vault.BlindIndex(
                                      storage::TableId::kPersonNames,
                                      CanonicalName(name)));
  RETURN_IF_ERROR(attempts_.Begin(key, ground_.clock.Now()));
  bool right = false;
  const std::string hash =
      active ? found->row.value.password_hash : dummy_hash_;
  RETURN_IF_ERROR(checks_.Run([&]() -> absl::Status {
    ASSIGN_OR_RETURN(right, crypto::VerifyPassword(hash, password));
    return absl::OkStatus();
  }));
  if (!active || !right) return Refuse(found);
  for (int i = 0; i < kConflictRetriesMax; ++i) {
    ASSIGN_OR_RETURN(std::optional<SignedIn> signed_in,
                     OpenFor(*found, found->row.value, device_token));
    if (signed_in.has_value()) {
      attempts_.Succeeded(key);
      return *std::move(signed_in);
    }
    ASSIGN_OR_RETURN(found, FindPerson(ground_.store, ground_.vault, name));
    // The password was right for this hash only.
    if (!found.has_value() || found->row.value.state != PersonState::kActive ||
        found->row.value.password_hash != hash) {
      return Refuse(found);
    }
  }
  return Error(Reason::kVersionConflict);
}

absl::Status PeopleActions::SignOut(const Caller& caller) {
  RETURN_IF_ERROR(caller.May(Permission::kSignedIn));
  storage::Batch batch;
  RETURN_IF_ERROR(sessions_.End(batch, caller.person(), caller.session()));
  return ground_.store.Commit(batch).status();
}

absl::StatusOr<PersonSummary> PeopleActions::WhoAmI(
    const Caller& caller) const {
  RETURN_IF_ERROR(caller.May(Permission::kSignedIn));
  ASSIGN_OR_RETURN(const std::optional<Row> row,
                   persons_.Get(ground_.store, caller.person()));
  if (!row.has_value()) return Error(Reason::kNotAllowed);
  return Summarise(caller.person(), row->value);
}

absl::StatusOr<AddedPerson> PeopleActions::AddPerson(
    const Caller& caller, const AddPersonRequest& request) {
  RETURN_IF_ERROR(caller.May(Permission::kPersonAdminister));
  RETURN_IF_ERROR(CheckName(request.name, "name"));
  RETURN_IF_ERROR(CheckRoles(request.roles));
  RETURN_IF_ERROR(CheckTeam(request.team));
  const std::string digest =
      BodyDigest("AddPerson", Body(request.name, request.roles, request.team));
  for (int i = 0; i < kConflictRetriesMax; ++i) {
    ASSIGN_OR_RETURN(const std::optional<std::string> kept,
                     requests_.Find(caller.person(), request.request, digest));
    if (kept.has_value()) {
      ASSIGN_OR_RETURN(const AddPersonAnswer answer,
                       DecodeAddPersonAnswer(*kept));
      ASSIGN_OR_RETURN(const std::optional<Row> row,
                       persons_.Get(ground_.store, answer.person));
      if (!row.has_value()) return Error(Reason::kRecordDamaged);
      return AddedPerson{Summarise(answer.person, row->value),
                         crypto::Secret::Copy(answer.code),
                         answer.code_expires_at};
    }
    ASSIGN_OR_RETURN(const std::optional<Found> taken,
                     FindPerson(ground_.store, ground_.vault, request.name));
    if (taken.has_value()) {
      return Error(Reason::kAlreadyExists,
                   "this sign-in name is taken: choose another one");
    }
    RETURN_IF_ERROR(RequireRoom(ground_));
    storage::Batch batch;
    ASSIGN_OR_RETURN(AddedPerson added,
                     Add(ground_, batch, caller.person(), request.name,
                         request.roles, request.team));
    RETURN_IF_ERROR(requests_.Remember(
        batch, caller.person(), request.request, digest,
        EncodeAddPersonAnswer({added.person.id,
                               std::string(added.code.Reveal()),
                               added.code_expires_at})));
    const absl::Status committed = ground_.store.Commit(batch).status();
    if (committed.ok()) return added;
    if (!IsConflict(committed)) return committed;
  }
  return Error(Reason::kVersionConflict);
}

absl::Status PeopleActions::RequireAnotherAdministrator(
    storage::Batch& batch, const PersonId& besides) const {
  bool found = false;
  RETURN_IF_ERROR(persons_.Scan(
      ground_.store, {}, {},
      [&](const PersonId& id, const Row& row) -> absl::StatusOr<bool> {
        if (id == besides || row.value.state != PersonState::kActive ||
            row.value.roles.count(Role::kAdministrator) == 0) {
          return true;
        }
        // Two administrators who remove each other at the same moment: one of
        // the two changes finds this row changed and is tried again.
        batch.RequireUnchanged(PersonCodec::kTable, PersonCodec::EncodeKey(id),
                               row.stored);
        found = true;
        return false;
      }));
  if (found) return absl::OkStatus();
  return WithState(Error(Reason::kWrongState,
                         "this is the last administrator who can sign in: add "
                         "another one first"),
                   "LAST_ADMINISTRATOR");
}

absl::StatusOr<PersonSummary> PeopleActions::Change(
    const Caller& caller, const RequestId& request,
    absl::string_view body_digest, absl::string_view name,
    const std::function<absl::Status(storage::Batch&, const PersonId&,
                                     Person&)>& change) {
  for (int i = 0; i < kConflictRetriesMax; ++i) {
    ASSIGN_OR_RETURN(const std::optional<std::string> kept,
                     requests_.Find(caller.person(), request, body_digest));
    ASSIGN_OR_RETURN(const Found found, RequireByName(name));
    if (kept.has_value()) return Summarise(found.id, found.row.value);
    if (found.row.value.state == PersonState::kDisabled) {
      return WithState(
          Error(Reason::kWrongState, "this person is disabled, which is final"),
          Name(PersonState::kDisabled));
    }
    storage::Batch batch;
    Person after = found.row.value;
    RETURN_IF_ERROR(change(batch, found.id, after));
    const bool was = found.row.value.roles.count(Role::kAdministrator) > 0 &&
                     found.row.value.state == PersonState::kActive;
    const bool is = after.roles.count(Role::kAdministrator) > 0 &&
                    after.state == PersonState::kActive;
    if (was && !is) {
      RETURN_IF_ERROR(RequireAnotherAdministrator(batch, found.id));
    }
    RETURN_IF_ERROR(persons_.Replace(batch, found.id, found.row, after));
    RETURN_IF_ERROR(requests_.Remember(batch, caller.person(), request,
                                       body_digest, found.id.bytes()));
    const absl::Status committed = ground_.store.Commit(batch).status();
    if (committed.ok()) return Summarise(found.id, after);
    if (!IsConflict(committed)) return committed;
  }
  return Error(Reason::kVersionConflict);
}

absl::StatusOr<PersonSummary> PeopleActions::DisablePerson(
    const Caller& caller, const DisablePersonRequest& request) {
  RETURN_IF_ERROR(caller.May(Permission::kPersonAdminister));
  RETURN_IF_ERROR(CheckName(request.name, "name"));
  return Change(
      caller, request.request, BodyDigest("DisablePerson", request.name),
      request.name,
      [&](storage::Batch& batch, const PersonId& id, Person& person) {
        person.state = PersonState::kDisabled;
        person.password_hash.clear();
        person.code.reset();
        person.devices.clear();
        RETURN_IF_ERROR(sessions_.EndAll(batch, id));
        return ground_.log.Record(
            batch, PersonEvent(audit::EventKind::kPersonDisabled,
                               ground_.clock.Now(), caller.person(), id, {}));
      });
}

absl::StatusOr<PersonSummary> PeopleActions::SetRoles(
    const Caller& caller, const SetRolesRequest& request) {
  RETURN_IF_ERROR(caller.May(Permission::kPersonAdminister));
  RETURN_IF_ERROR(CheckName(request.name, "name"));
  RETURN_IF_ERROR(CheckRoles(request.roles));
  RETURN_IF_ERROR(CheckTeam(request.team));
  return Change(
      caller, request.request,
      BodyDigest("SetRoles", Body(request.name, request.roles, request.team)),
      request.name,
      [&](storage::Batch& batch, const PersonId& id, Person& person) {
        if (id == caller.person()) {
          return Error(Reason::kSecondPersonRequired);
        }
        person.roles = request.roles;
        person.team = request.team;
        return ground_.log.Record(
            batch, PersonEvent(audit::EventKind::kPermissionChange,
                               ground_.clock.Now(), caller.person(), id,
                               request.roles));
      });
}

absl::StatusOr<PersonPage> PeopleActions::ListPersons(
    const Caller& caller, int page_size, std::optional<PersonId> from) const {
  RETURN_IF_ERROR(caller.May(Permission::kPersonAdminister));
  if (page_size < 0 || page_size > limits::kPageSizeMax) {
    return FieldError("page_size",
                      absl::StrCat("must be 0 to ", limits::kPageSizeMax));
  }
  const size_t size = static_cast<size_t>(
      page_size == 0 ? limits::kPageSizeDefault : page_size);
  PersonPage page;
  RETURN_IF_ERROR(persons_.Scan(
      ground_.store, {}, from.has_value() ? from->bytes() : std::string(),
      [&](const PersonId& id, const Row& row) -> absl::StatusOr<bool> {
        if (page.persons.size() == size) {
          page.next = id;
          return false;
        }
        page.persons.push_back(Summarise(id, row.value));
        return true;
      }));
  return page;
}

}  // namespace amparo::people
