// SPDX-License-Identifier: Apache-2.0
#include "node/cases/cases_rpc.h"

#include <optional>
#include <string>
#include <utility>

#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/cases/cases_wire.h"
#include "node/vocabulary/labels.h"

namespace amparo::cases {
namespace {

namespace v1 = ::amparo::office::v1;
using people::Caller;

template <class Response>
absl::Status Write(const CaseDesk& desk, const CaseList& list,
                   const Caller& caller, Response* out) {
  for (const Case& file : list.cases) {
    RETURN_IF_ERROR(Write(desk, file, caller, out->add_cases()));
  }
  out->set_total(list.total);
  return absl::OkStatus();
}

absl::StatusOr<CaseFilter> ReadFilter(const v1::CaseFilter& from) {
  CaseFilter filter;
  for (const v1::CaseCondition& condition : from.where()) {
    filter.conditions.push_back(
        {condition.variable(),
         {condition.codes().begin(), condition.codes().end()},
         condition.negated()});
  }
  if (from.year_from() != 0) filter.year_from = from.year_from();
  if (from.year_to() != 0) filter.year_to = from.year_to();
  if (from.registered_from_ms() != 0) {
    filter.registered_from = amparo::FromUnixMillis(from.registered_from_ms());
  }
  if (from.registered_before_ms() != 0) {
    filter.registered_before =
        amparo::FromUnixMillis(from.registered_before_ms());
  }
  if (from.has_minor()) filter.minor = from.minor();
  for (const std::string& name : from.statuses()) {
    const std::optional<CaseStatus> status = CaseStatusFromName(name);
    if (!status.has_value()) {
      return FieldError("statuses", "must be codes of the list case-status");
    }
    filter.statuses.push_back(*status);
  }
  return filter;
}

void Write(const Profile& profile, v1::GetCaseResponse* out) {
  const vocabulary::Lists& lists = vocabulary::Lists::BuiltIn();
  const vocabulary::Labels& labels = vocabulary::Labels::BuiltIn();
  for (const vocabulary::Coded& entry : profile.entries()) {
    v1::CaseCodedValue* const into = out->add_profile();
    into->set_variable(std::string(entry.variable));
    into->set_code(std::string(entry.code));
    into->set_label(labels.Of(lists, entry.variable, entry.code));
  }
}

absl::Status Write(const CaseDesk& desk, const ShownCase& shown,
                   const Caller& caller, v1::GetCaseResponse* out) {
  const Case& file = shown.file;
  RETURN_IF_ERROR(Write(desk, file, caller, out->mutable_summary()));
  Write(shown.profile, out);
  out->set_version(file.version);
  ASSIGN_OR_RETURN(const std::string owner, desk.NameOf(file.owner));
  out->set_owner(owner);
  if (file.closed_at.has_value()) {
    out->set_closed_at_ms(amparo::ToUnixMillis(*file.closed_at));
  }
  out->set_closing_reason(file.closing_reason);
  for (const CaseId& id : file.absorbed) {
    ASSIGN_OR_RETURN(const std::string number, desk.NumberOf(id));
    out->add_absorbed(number);
  }
  if (!shown.risk.has_value()) return absl::OkStatus();
  return Write(desk, *shown.risk, out->mutable_risk());
}

}  // namespace

grpc::Status CasesRpc::RegisterCase(grpc::ServerContext* context,
                                    const v1::RegisterCaseRequest* request,
                                    v1::RegisterCaseResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseService/RegisterCase",
      [&](const Caller& caller) -> absl::Status {
        RegisterRequest wanted;
        ASSIGN_OR_RETURN(
            wanted.request,
            people::ReadId<RequestId>("request_id", request->request_id()));
        for (const v1::CaseCodedValue& value : request->profile()) {
          wanted.profile.emplace_back(value.variable(), value.code());
        }
        if (request->has_identity()) {
          ASSIGN_OR_RETURN(wanted.identity, ReadIdentity(request->identity()));
        }
        ASSIGN_OR_RETURN(const Case file, actions_.Register(caller, wanted));
        response->set_number(file.number.text());
        response->set_treated_as_minor(file.treated_as_minor);
        return absl::OkStatus();
      });
}

grpc::Status CasesRpc::ListCases(grpc::ServerContext* context,
                                 const v1::ListCasesRequest* request,
                                 v1::ListCasesResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseService/ListCases",
      [&](const Caller& caller) -> absl::Status {
        ListRequest wanted{request->page_size(), request->page_token(), {}};
        ASSIGN_OR_RETURN(wanted.filter, ReadFilter(request->filter()));
        ASSIGN_OR_RETURN(const CaseList list,
                         actions_.List(caller, std::move(wanted)));
        RETURN_IF_ERROR(Write(actions_.desk(), list, caller, response));
        response->set_next_page_token(list.next);
        return absl::OkStatus();
      });
}

grpc::Status CasesRpc::SearchCases(grpc::ServerContext* context,
                                   const v1::SearchCasesRequest* request,
                                   v1::SearchCasesResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseService/SearchCases",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const CaseList list,
            actions_.Search(caller,
                            {request->name(), request->exact_name(),
                             request->document(), request->telephone()}));
        RETURN_IF_ERROR(Write(actions_.desk(), list, caller, response));
        return absl::OkStatus();
      });
}

grpc::Status CasesRpc::GetCase(grpc::ServerContext* context,
                               const v1::GetCaseRequest* request,
                               v1::GetCaseResponse* response) {
  return gate_.Answer(*context, "/amparo.office.v1.CaseService/GetCase",
                      [&](const Caller& caller) -> absl::Status {
                        ASSIGN_OR_RETURN(
                            const ShownCase shown,
                            actions_.Show(caller, request->number()));
                        return Write(actions_.desk(), shown, caller, response);
                      });
}

grpc::Status CasesRpc::GetIdentity(grpc::ServerContext* context,
                                   const v1::GetIdentityRequest* request,
                                   v1::GetIdentityResponse* response) {
  return gate_.Answer(*context, "/amparo.office.v1.CaseService/GetIdentity",
                      [&](const Caller& caller) -> absl::Status {
                        ASSIGN_OR_RETURN(
                            const std::optional<Identity> identity,
                            actions_.ShowIdentity(caller, request->number()));
                        if (identity.has_value())
                          Write(*identity, response->mutable_identity());
                        return absl::OkStatus();
                      });
}

}  // namespace amparo::cases
