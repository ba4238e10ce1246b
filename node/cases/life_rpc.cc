// SPDX-License-Identifier: Apache-2.0
//
// The methods of CasesRpc that change a case over its life.
#include <optional>
#include <string>
#include <utility>

#include "node/base/status_macros.h"
#include "node/cases/cases_rpc.h"
#include "node/cases/cases_wire.h"

namespace amparo::cases {
namespace {

namespace v1 = ::amparo::office::v1;
using people::Caller;

absl::StatusOr<AmendCaseRequest> Read(const v1::AmendCaseRequest& from) {
  AmendCaseRequest request;
  ASSIGN_OR_RETURN(request.request,
                   people::ReadId<RequestId>("request_id", from.request_id()));
  request.number = from.number();
  request.expected_version = from.expected_version();
  for (const v1::CaseCodedValue& value : from.set()) {
    request.set.emplace_back(value.variable(), value.code());
  }
  request.remove.assign(from.remove().begin(), from.remove().end());
  request.identity_parts.assign(from.identity_parts().begin(),
                                from.identity_parts().end());
  ASSIGN_OR_RETURN(request.identity, ReadIdentity(from.identity()));
  request.source = from.source();
  return request;
}

absl::StatusOr<MergeCasesRequest> Read(const v1::MergeCasesRequest& from) {
  MergeCasesRequest request;
  ASSIGN_OR_RETURN(request.request,
                   people::ReadId<RequestId>("request_id", from.request_id()));
  request.into = from.into();
  request.merged = from.merged();
  for (const v1::MergeChoice& choice : from.choices()) {
    request.choices[choice.field()] = choice.take_merged();
  }
  request.reason = from.reason();
  request.dry_run = from.dry_run();
  return request;
}

void Write(const MergeOutcome& outcome, v1::MergeCasesResponse* out) {
  out->set_done(outcome.done);
  for (const MergeConflict& conflict : outcome.conflicts) {
    v1::MergeConflict& into = *out->add_conflicts();
    into.set_field(conflict.field);
    for (const std::string& code : conflict.into) into.add_into(code);
    for (const std::string& code : conflict.merged) into.add_merged(code);
  }
  for (const std::string& field : outcome.filled) out->add_filled(field);
}

}  // namespace

grpc::Status CasesRpc::AmendCase(grpc::ServerContext* context,
                                 const v1::AmendCaseRequest* request,
                                 v1::AmendCaseResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseService/AmendCase",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const AmendCaseRequest wanted, Read(*request));
        ASSIGN_OR_RETURN(const AmendedCase amended,
                         life_.Amend(caller, wanted));
        response->set_version(amended.version);
        response->set_treated_as_minor(amended.treated_as_minor);
        return absl::OkStatus();
      });
}

grpc::Status CasesRpc::AssignCase(grpc::ServerContext* context,
                                  const v1::AssignCaseRequest* request,
                                  v1::AssignCaseResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseService/AssignCase",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const RequestId id,
            people::ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(
            const std::string team,
            life_.Assign(caller, {id, request->number(), request->person(),
                                  request->reason()}));
        response->set_team(team);
        return absl::OkStatus();
      });
}

grpc::Status CasesRpc::ChangeCaseStatus(
    grpc::ServerContext* context, const v1::ChangeCaseStatusRequest* request,
    v1::ChangeCaseStatusResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseService/ChangeCaseStatus",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const RequestId id,
            people::ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(
            const uint32_t version,
            life_.ChangeStatus(caller, {id, request->number(),
                                        request->status(), request->reason()}));
        response->set_status(request->status());
        response->set_version(version);
        return absl::OkStatus();
      });
}

grpc::Status CasesRpc::MergeCases(grpc::ServerContext* context,
                                  const v1::MergeCasesRequest* request,
                                  v1::MergeCasesResponse* response) {
  return gate_.Answer(*context, "/amparo.office.v1.CaseService/MergeCases",
                      [&](const Caller& caller) -> absl::Status {
                        ASSIGN_OR_RETURN(const MergeCasesRequest wanted,
                                         Read(*request));
                        ASSIGN_OR_RETURN(const MergeOutcome outcome,
                                         merges_.Merge(caller, wanted));
                        Write(outcome, response);
                        return absl::OkStatus();
                      });
}

grpc::Status CasesRpc::UnmergeCases(grpc::ServerContext* context,
                                    const v1::UnmergeCasesRequest* request,
                                    v1::UnmergeCasesResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseService/UnmergeCases",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const RequestId id,
            people::ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(const std::string from,
                         merges_.Unmerge(caller, {id, request->number(),
                                                  request->reason()}));
        response->set_from(from);
        return absl::OkStatus();
      });
}

grpc::Status CasesRpc::GetCaseHistory(grpc::ServerContext* context,
                                      const v1::GetCaseHistoryRequest* request,
                                      v1::GetCaseHistoryResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseService/GetCaseHistory",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const std::vector<CaseChange> history,
                         life_.History(caller, request->number()));
        for (const CaseChange& change : history) {
          RETURN_IF_ERROR(
              Write(actions_.desk(), change, response->add_changes()));
        }
        return absl::OkStatus();
      });
}

grpc::Status CasesRpc::GetIdentityHistory(
    grpc::ServerContext* context, const v1::GetIdentityHistoryRequest* request,
    v1::GetIdentityHistoryResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CaseService/GetIdentityHistory",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const auto history,
                         life_.IdentityHistory(caller, request->number()));
        for (const auto& [version, change] : history) {
          v1::CaseIdentityChange& into = *response->add_changes();
          into.set_version(version);
          if (change.before) Write(*change.before, into.mutable_before());
          if (change.after) Write(*change.after, into.mutable_after());
        }
        return absl::OkStatus();
      });
}

}  // namespace amparo::cases
