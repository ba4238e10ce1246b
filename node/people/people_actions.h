// SPDX-License-Identifier: Apache-2.0
//
// What people of an office do with accounts: enrol, sign in and out; add,
// disable, list, and give roles. Each verb asks for its permission first and
// changes everything, log leaf included, in one transaction.
#ifndef AMPARO_NODE_PEOPLE_PEOPLE_ACTIONS_H_
#define AMPARO_NODE_PEOPLE_PEOPLE_ACTIONS_H_

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "crypto/password/password.h"
#include "node/audit/log.h"
#include "node/base/clock.h"
#include "node/base/ids.h"
#include "node/people/attempts.h"
#include "node/people/caller.h"
#include "node/people/lookup.h"
#include "node/people/password_checks.h"
#include "node/people/people.h"
#include "node/people/people_records.h"
#include "node/people/requests.h"
#include "node/people/sessions.h"
#include "node/storage/store.h"
#include "node/storage/table.h"
#include "node/storage/vault.h"

namespace amparo::people {

// What the room stands on. All must outlive who is given it.
struct Ground {
  storage::Store& store;
  const storage::Vault& vault;
  const audit::Log& log;
  const Clock& clock;
  crypto::RandomSource& random;
};

struct AddedPerson {
  PersonSummary person;
  crypto::Secret code;  // One-use sign-in code; shown once.
  absl::Time code_expires_at;
};

// Adds the person with whom everything begins, for `amparod init`.
// kWrongState when the office has people already; kFieldInvalid for the name.
absl::StatusOr<AddedPerson> AddFirstAdministrator(const Ground& ground,
                                                  absl::string_view name);

struct SignedIn {
  PersonSummary person;
  crypto::Secret token;
  absl::Time expires_at;
  // For this device to keep: a new one, or the one it presented.
  crypto::Secret device_token;
};

struct AddPersonRequest {
  RequestId request;
  std::string name;
  std::set<Role> roles;
  std::string team;
};

struct DisablePersonRequest {
  RequestId request;
  std::string name;
};

struct SetRolesRequest {
  RequestId request;
  std::string name;
  std::set<Role> roles;
  std::string team;
};

struct PersonPage {
  std::vector<PersonSummary> persons;  // In order of id.
  std::optional<PersonId> next;        // nullopt at the end.
};

// Thread-safe. Enrol and SignIn take about 0.1 s of one core.
class PeopleActions {
 public:
  // `cost` is lower in tests only.
  static absl::StatusOr<std::unique_ptr<PeopleActions>> Create(
      const Ground& ground, crypto::PasswordCost cost = crypto::kStandardCost);

  // Sets the first password with the one-use code, and signs in. The code is
  // used up. kSignInRefused when name or code is wrong, used or lapsed: they
  // look alike. kSignInThrottled as in attempts.h.
  absl::StatusOr<SignedIn> Enrol(absl::string_view name, absl::string_view code,
                                 const crypto::Secret& password);

  // kSignInRefused when there is no such active person or the password is
  // wrong: they look alike and take the same time, and both leave a leaf.
  // `device_token` may be empty or unknown.
  absl::StatusOr<SignedIn> SignIn(absl::string_view name,
                                  const crypto::Secret& password,
                                  absl::string_view device_token);

  // Ends the caller's session.
  absl::Status SignOut(const Caller& caller);
  absl::StatusOr<PersonSummary> WhoAmI(const Caller& caller) const;

  // kAlreadyExists when the name is taken, by a disabled person too.
  absl::StatusOr<AddedPerson> AddPerson(const Caller& caller,
                                        const AddPersonRequest& request);
  // Ends the person's sessions at once; final. kWrongState for a person
  // disabled before and for the last administrator who can sign in.
  absl::StatusOr<PersonSummary> DisablePerson(
      const Caller& caller, const DisablePersonRequest& request);
  // kSecondPersonRequired for one's own roles; kWrongState as above.
  absl::StatusOr<PersonSummary> SetRoles(const Caller& caller,
                                         const SetRolesRequest& request);

  // `page_size` 1 to limits::kPageSizeMax, 0 for the default.
  absl::StatusOr<PersonPage> ListPersons(const Caller& caller, int page_size,
                                         std::optional<PersonId> from) const;

 private:
  using Row = storage::Row<Person>;
  using Found = FoundPerson;
  PeopleActions(const Ground& ground, crypto::PasswordCost cost,
                std::string dummy_hash);

  absl::StatusOr<Found> RequireByName(absl::string_view name) const;
  absl::Status Refuse(const std::optional<Found>& found);
  absl::StatusOr<std::optional<SignedIn>> OpenFor(
      const Found& found, Person after, absl::string_view device_token);
  // Replaces a person under the two rules of DisablePerson and SetRoles.
  absl::StatusOr<PersonSummary> Change(
      const Caller& caller, const RequestId& request,
      absl::string_view body_digest, absl::string_view name,
      const std::function<absl::Status(storage::Batch&, const PersonId&,
                                       Person&)>& change);
  absl::Status RequireAnotherAdministrator(storage::Batch& batch,
                                           const PersonId& besides) const;

  const Ground ground_;
  const crypto::PasswordCost cost_;
  const std::string dummy_hash_;
  const storage::Table<PersonCodec> persons_;
  const Sessions sessions_;
  const Requests requests_;
  Attempts attempts_;
  PasswordChecks checks_;
};

}  // namespace amparo::people

#endif  // AMPARO_NODE_PEOPLE_PEOPLE_ACTIONS_H_
