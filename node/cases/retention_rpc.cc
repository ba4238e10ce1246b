// SPDX-License-Identifier: Apache-2.0
#include "node/cases/retention_rpc.h"

#include <string>
#include <vector>

#include "node/base/clock.h"
#include "node/base/status_macros.h"

namespace amparo::cases {
namespace {

namespace v1 = ::amparo::office::v1;
using people::Caller;

absl::StatusOr<DecideRequest> Read(const v1::DecideRetentionRequest& from) {
  DecideRequest request;
  ASSIGN_OR_RETURN(request.request,
                   people::ReadId<RequestId>("request_id", from.request_id()));
  request.number = from.number();
  request.reason = from.reason();
  switch (from.decision()) {
    case v1::RETENTION_DECISION_KEEP:
      request.choice = DecideRequest::Choice::kKeep;
      break;
    case v1::RETENTION_DECISION_DELETE:
      request.choice = DecideRequest::Choice::kDelete;
      break;
    case v1::RETENTION_DECISION_ANONYMISE:
      request.choice = DecideRequest::Choice::kAnonymise;
      break;
    default:
      return FieldError("decision", "must be KEEP, DELETE or ANONYMISE");
  }
  const bool keep = request.choice == DecideRequest::Choice::kKeep;
  if (keep != (from.keep_until_ms() > 0)) {
    return FieldError("keep_until_ms",
                      "must be given to keep a case, and only "
                      "then");
  }
  if (keep) request.keep_until = absl::FromUnixMillis(from.keep_until_ms());
  return request;
}

void Write(const RetentionRule& rule, v1::RetentionRule* out) {
  out->set_category(std::string(Name(rule.category)));
  out->set_minors(rule.minors);
  out->set_days(rule.days);
  out->set_action(std::string(Name(rule.action)));
}

void Write(const DueCase& from, v1::DueCase* out) {
  out->set_number(from.file.number.text());
  out->set_closed_at_ms(amparo::ToUnixMillis(*from.file.closed_at));
  for (const Due& due : from.due) {
    v1::DueCategory& into = *out->add_due();
    into.set_category(std::string(Name(due.category)));
    into.set_action(std::string(Name(due.action)));
    into.set_since_ms(amparo::ToUnixMillis(due.since));
  }
  out->set_kept_by(from.kept_by);
  if (from.proposed.has_value()) {
    out->set_proposed(std::string(Name(*from.proposed)));
  }
}

}  // namespace

grpc::Status RetentionRpc::ListRetentionRules(
    grpc::ServerContext* context, const v1::ListRetentionRulesRequest*,
    v1::ListRetentionRulesResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.RetentionService/ListRetentionRules",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const ShownRules shown, actions_.Rules(caller));
        for (const RetentionRule& rule : shown.rules) {
          Write(rule, response->add_rules());
        }
        for (const RetentionRule& rule : shown.proposed) {
          Write(rule, response->add_proposed());
        }
        return absl::OkStatus();
      });
}

grpc::Status RetentionRpc::SetRetentionRule(
    grpc::ServerContext* context, const v1::SetRetentionRuleRequest* request,
    v1::SetRetentionRuleResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.RetentionService/SetRetentionRule",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const RequestId id,
            people::ReadId<RequestId>("request_id", request->request_id()));
        const v1::RetentionRule& rule = request->rule();
        ASSIGN_OR_RETURN(
            const RuleOutcome outcome,
            actions_.SetRule(caller, {id, rule.category(), rule.minors(),
                                      rule.days(), rule.action()}));
        response->set_days_before(outcome.days_before);
        response->set_proposed(outcome.proposed);
        return absl::OkStatus();
      });
}

grpc::Status RetentionRpc::ListDueCases(grpc::ServerContext* context,
                                        const v1::ListDueCasesRequest* request,
                                        v1::ListDueCasesResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.RetentionService/ListDueCases",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const DuePage page,
                         actions_.ListDue(caller, request->page_size(),
                                          request->page_token()));
        for (const DueCase& due : page.cases) {
          Write(due, response->add_cases());
        }
        response->set_next_page_token(page.next);
        return absl::OkStatus();
      });
}

grpc::Status RetentionRpc::DecideRetention(
    grpc::ServerContext* context, const v1::DecideRetentionRequest* request,
    v1::DecideRetentionResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.RetentionService/DecideRetention",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const DecideRequest wanted, Read(*request));
        ASSIGN_OR_RETURN(*response->mutable_outcome(),
                         actions_.Decide(caller, wanted));
        return absl::OkStatus();
      });
}

grpc::Status RetentionRpc::SetLegalHold(grpc::ServerContext* context,
                                        const v1::SetLegalHoldRequest* request,
                                        v1::SetLegalHoldResponse*) {
  return gate_.Answer(
      *context, "/amparo.office.v1.RetentionService/SetLegalHold",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const RequestId id,
            people::ReadId<RequestId>("request_id", request->request_id()));
        return actions_.Hold(caller, {id, request->number(), request->release(),
                                      request->reason()});
      });
}

}  // namespace amparo::cases
