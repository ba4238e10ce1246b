// SPDX-License-Identifier: Apache-2.0
#include "node/cases/entries_rpc.h"

#include <string>
#include <vector>

#include "node/base/clock.h"
#include "node/base/status_macros.h"
#include "node/cases/cases_wire.h"

namespace amparo::cases {
namespace {

namespace v1 = ::amparo::office::v1;
using people::Caller;
using people::ReadId;

// What a request to add or to amend says of a third person.
template <class Request>
absl::StatusOr<ThirdPersonWording> ReadThirdPerson(const Request& request) {
  ThirdPersonWording person;
  person.kind = request.kind();
  person.relation = request.relation();
  person.roles.assign(request.roles().begin(), request.roles().end());
  ASSIGN_OR_RETURN(person.identity, ReadIdentity(request.identity()));
  person.note = request.note();
  return person;
}

}  // namespace

grpc::Status EntriesRpc::AddEntry(grpc::ServerContext* context,
                                  const v1::AddEntryRequest* request,
                                  v1::AddEntryResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseEntryService/AddEntry",
      [&](const Caller& caller) -> absl::Status {
        AddEntryRequest wanted;
        ASSIGN_OR_RETURN(
            wanted.request,
            ReadId<RequestId>("request_id", request->request_id()));
        wanted.number = request->number();
        ASSIGN_OR_RETURN(wanted.wording, ReadWording(request->wording()));
        ASSIGN_OR_RETURN(const EntryId id, entries_.Add(caller, wanted));
        response->set_entry_id(id.hex());
        return absl::OkStatus();
      });
}

grpc::Status EntriesRpc::AmendEntry(grpc::ServerContext* context,
                                    const v1::AmendEntryRequest* request,
                                    v1::AmendEntryResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseEntryService/AmendEntry",
      [&](const Caller& caller) -> absl::Status {
        AmendEntryRequest wanted;
        ASSIGN_OR_RETURN(
            wanted.request,
            ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(wanted.entry,
                         ReadId<EntryId>("entry_id", request->entry_id()));
        wanted.number = request->number();
        wanted.expected_version = request->expected_version();
        ASSIGN_OR_RETURN(wanted.wording, ReadWording(request->wording()));
        wanted.reason = request->reason();
        ASSIGN_OR_RETURN(const uint32_t version,
                         entries_.Amend(caller, wanted));
        response->set_version(version);
        return absl::OkStatus();
      });
}

grpc::Status EntriesRpc::RetractEntry(grpc::ServerContext* context,
                                      const v1::RetractEntryRequest* request,
                                      v1::RetractEntryResponse*) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseEntryService/RetractEntry",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const RequestId id,
            ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(const EntryId entry,
                         ReadId<EntryId>("entry_id", request->entry_id()));
        return entries_.Retract(
            caller, {id, request->number(), entry, request->reason()});
      });
}

grpc::Status EntriesRpc::ListEntries(grpc::ServerContext* context,
                                     const v1::ListEntriesRequest* request,
                                     v1::ListEntriesResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseEntryService/ListEntries",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const EntryPage page,
            entries_.List(caller, request->number(), request->kind(),
                          request->page_size(), request->page_token()));
        for (const Entry& entry : page.entries) {
          RETURN_IF_ERROR(Write(desk_, entry, response->add_entries()));
        }
        response->set_next_page_token(page.next);
        return absl::OkStatus();
      });
}

absl::Status ThirdPersonRpc::Tell(const ThirdPersonCorrection& correction,
                                  v1::ThirdPersonBefore* out) const {
  out->set_amended_at_ms(amparo::ToUnixMillis(correction.at));
  ASSIGN_OR_RETURN(const std::string by, desk_.NameOf(correction.by));
  out->set_amended_by(by);
  out->set_source(correction.source);
  out->set_kind(correction.before.kind);
  out->set_relation(correction.before.relation);
  for (const std::string& role : correction.before.roles) out->add_roles(role);
  Write(correction.before.identity, out->mutable_identity());
  out->set_note(correction.before.note);
  return absl::OkStatus();
}

absl::Status ThirdPersonRpc::Summarise(const ThirdPerson& person,
                                       v1::ThirdPersonSummary* out) const {
  out->set_third_person_id(person.id.hex());
  out->set_kind(person.kind);
  out->set_relation(person.relation);
  for (const std::string& role : person.roles) out->add_roles(role);
  out->set_recorded_at_ms(amparo::ToUnixMillis(person.recorded_at));
  ASSIGN_OR_RETURN(const std::string by, desk_.NameOf(person.recorded_by));
  out->set_recorded_by(by);
  out->set_version(person.version());
  return absl::OkStatus();
}

grpc::Status ThirdPersonRpc::AddThirdPerson(
    grpc::ServerContext* context, const v1::AddThirdPersonRequest* request,
    v1::AddThirdPersonResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.ThirdPersonService/AddThirdPerson",
      [&](const Caller& caller) -> absl::Status {
        AddThirdPersonRequest wanted;
        ASSIGN_OR_RETURN(
            wanted.request,
            ReadId<RequestId>("request_id", request->request_id()));
        wanted.number = request->number();
        ASSIGN_OR_RETURN(wanted.person, ReadThirdPerson(*request));
        ASSIGN_OR_RETURN(const ThirdPersonId id, persons_.Add(caller, wanted));
        response->set_third_person_id(id.hex());
        return absl::OkStatus();
      });
}

grpc::Status ThirdPersonRpc::AmendThirdPerson(
    grpc::ServerContext* context, const v1::AmendThirdPersonRequest* request,
    v1::AmendThirdPersonResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.ThirdPersonService/AmendThirdPerson",
      [&](const Caller& caller) -> absl::Status {
        AmendThirdPersonRequest wanted;
        ASSIGN_OR_RETURN(
            wanted.request,
            ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(wanted.id,
                         ReadId<ThirdPersonId>("third_person_id",
                                               request->third_person_id()));
        wanted.number = request->number();
        wanted.expected_version = request->expected_version();
        ASSIGN_OR_RETURN(wanted.person, ReadThirdPerson(*request));
        wanted.source = request->source();
        ASSIGN_OR_RETURN(const uint32_t version,
                         persons_.Amend(caller, wanted));
        response->set_version(version);
        return absl::OkStatus();
      });
}

grpc::Status ThirdPersonRpc::ListThirdPersons(
    grpc::ServerContext* context, const v1::ListThirdPersonsRequest* request,
    v1::ListThirdPersonsResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.ThirdPersonService/ListThirdPersons",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const std::vector<ThirdPerson> persons,
                         persons_.List(caller, request->number()));
        for (const ThirdPerson& person : persons) {
          RETURN_IF_ERROR(Summarise(person, response->add_persons()));
        }
        return absl::OkStatus();
      });
}

grpc::Status ThirdPersonRpc::GetThirdPerson(
    grpc::ServerContext* context, const v1::GetThirdPersonRequest* request,
    v1::GetThirdPersonResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.ThirdPersonService/GetThirdPerson",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const ThirdPersonId id,
                         ReadId<ThirdPersonId>("third_person_id",
                                               request->third_person_id()));
        ASSIGN_OR_RETURN(const ThirdPerson person,
                         persons_.Open(caller, request->number(), id));
        RETURN_IF_ERROR(Summarise(person, response->mutable_summary()));
        Write(person.identity, response->mutable_identity());
        response->set_note(person.note);
        for (const ThirdPersonCorrection& correction : person.corrections) {
          RETURN_IF_ERROR(Tell(correction, response->add_before()));
        }
        return absl::OkStatus();
      });
}

grpc::Status ThirdPersonRpc::RemoveThirdPerson(
    grpc::ServerContext* context, const v1::RemoveThirdPersonRequest* request,
    v1::RemoveThirdPersonResponse*) {
  return gate_.Answer(
      *context, "/amparo.office.v1.ThirdPersonService/RemoveThirdPerson",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const RequestId request_id,
            ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(const ThirdPersonId id,
                         ReadId<ThirdPersonId>("third_person_id",
                                               request->third_person_id()));
        return persons_.Remove(caller, {request_id, request->number(), id});
      });
}

}  // namespace amparo::cases
