// SPDX-License-Identifier: Apache-2.0
#include "node/people/people_rpc.h"

#include <optional>
#include <string>

#include "node/base/clock.h"
#include "node/base/status_macros.h"

namespace amparo::people {
namespace {

namespace v1 = ::amparo::office::v1;

// The numbers of roles and states are the same on the wire and here; a test
// holds them together.
absl::StatusOr<std::set<Role>> ReadRoles(
    const google::protobuf::RepeatedField<int>& numbers) {
  std::set<Role> roles;
  for (const int number : numbers) {
    const std::optional<Role> role = RoleFromNumber(number);
    if (!role.has_value()) {
      return FieldError("roles", "must hold only roles of the list");
    }
    roles.insert(*role);
  }
  return roles;
}

void Write(const PersonSummary& person, v1::Person* out) {
  out->set_person_id(person.id.hex());
  out->set_name(person.name);
  for (const Role role : person.roles) {
    out->add_roles(static_cast<v1::Role>(static_cast<int>(role)));
  }
  out->set_team(person.team);
  out->set_state(static_cast<v1::PersonState>(static_cast<int>(person.state)));
}

void Write(const SignedIn& signed_in, v1::Session* out) {
  out->set_token(std::string(signed_in.token.Reveal()));
  out->set_expires_at_ms(amparo::ToUnixMillis(signed_in.expires_at));
  out->set_device_token(std::string(signed_in.device_token.Reveal()));
  Write(signed_in.person, out->mutable_person());
}

}  // namespace

grpc::Status PeopleRpc::Enrol(grpc::ServerContext* context,
                              const v1::EnrolRequest* request,
                              v1::EnrolResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeopleService/Enrol",
      [&](const Caller&) -> absl::Status {
        ASSIGN_OR_RETURN(
            const SignedIn signed_in,
            actions_.Enrol(request->name(), request->code(),
                           crypto::Secret::Copy(request->password())));
        Write(signed_in, response->mutable_session());
        return absl::OkStatus();
      });
}

grpc::Status PeopleRpc::SignIn(grpc::ServerContext* context,
                               const v1::SignInRequest* request,
                               v1::SignInResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeopleService/SignIn",
      [&](const Caller&) -> absl::Status {
        ASSIGN_OR_RETURN(
            const SignedIn signed_in,
            actions_.SignIn(request->name(),
                            crypto::Secret::Copy(request->password()),
                            request->device_token()));
        Write(signed_in, response->mutable_session());
        return absl::OkStatus();
      });
}

grpc::Status PeopleRpc::SignOut(grpc::ServerContext* context,
                                const v1::SignOutRequest*,
                                v1::SignOutResponse*) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeopleService/SignOut",
      [&](const Caller& caller) { return actions_.SignOut(caller); });
}

grpc::Status PeopleRpc::WhoAmI(grpc::ServerContext* context,
                               const v1::WhoAmIRequest*,
                               v1::WhoAmIResponse* response) {
  return gate_.Answer(*context, "/amparo.office.v1.PeopleService/WhoAmI",
                      [&](const Caller& caller) -> absl::Status {
                        ASSIGN_OR_RETURN(const PersonSummary person,
                                         actions_.WhoAmI(caller));
                        Write(person, response->mutable_person());
                        return absl::OkStatus();
                      });
}

grpc::Status PeopleRpc::AddPerson(grpc::ServerContext* context,
                                  const v1::AddPersonRequest* request,
                                  v1::AddPersonResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeopleService/AddPerson",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const RequestId id,
            ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(std::set<Role> roles, ReadRoles(request->roles()));
        ASSIGN_OR_RETURN(
            const AddedPerson added,
            actions_.AddPerson(caller, {id, request->name(), std::move(roles),
                                        request->team()}));
        Write(added.person, response->mutable_person());
        response->set_code(std::string(added.code.Reveal()));
        response->set_code_expires_at_ms(
            amparo::ToUnixMillis(added.code_expires_at));
        return absl::OkStatus();
      });
}

grpc::Status PeopleRpc::DisablePerson(grpc::ServerContext* context,
                                      const v1::DisablePersonRequest* request,
                                      v1::DisablePersonResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeopleService/DisablePerson",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const RequestId id,
            ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(const PersonSummary person,
                         actions_.DisablePerson(caller, {id, request->name()}));
        Write(person, response->mutable_person());
        return absl::OkStatus();
      });
}

grpc::Status PeopleRpc::SetRoles(grpc::ServerContext* context,
                                 const v1::SetRolesRequest* request,
                                 v1::SetRolesResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeopleService/SetRoles",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const RequestId id,
            ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(std::set<Role> roles, ReadRoles(request->roles()));
        ASSIGN_OR_RETURN(
            const PersonSummary person,
            actions_.SetRoles(caller, {id, request->name(), std::move(roles),
                                       request->team()}));
        Write(person, response->mutable_person());
        return absl::OkStatus();
      });
}

grpc::Status PeopleRpc::ListPersons(grpc::ServerContext* context,
                                    const v1::ListPersonsRequest* request,
                                    v1::ListPersonsResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.PeopleService/ListPersons",
      [&](const Caller& caller) -> absl::Status {
        std::optional<PersonId> from;
        if (!request->page_token().empty()) {
          ASSIGN_OR_RETURN(
              from, ReadId<PersonId>("page_token", request->page_token()));
        }
        ASSIGN_OR_RETURN(
            const PersonPage page,
            actions_.ListPersons(caller, request->page_size(), from));
        for (const PersonSummary& person : page.persons) {
          Write(person, response->add_persons());
        }
        if (page.next) response->set_next_page_token(page.next->hex());
        return absl::OkStatus();
      });
}

}  // namespace amparo::people
