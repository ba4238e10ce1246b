// SPDX-License-Identifier: Apache-2.0
#include "node/referral/referral_rpc.h"

#include <optional>
#include <string>
#include <vector>

#include "crypto/base/bytes.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"

namespace amparo::referral {
namespace {

namespace v1 = ::amparo::office::v1;
using people::Caller;
using people::ReadId;

// The numbers of states and directions are the same on the wire and here; a
// test holds them together.
void Write(const ReferralView& view, v1::Referral* out) {
  const Referral& from = view.referral;
  out->set_referral_id(from.id.hex());
  out->set_direction(
      static_cast<v1::ReferralDirection>(static_cast<int>(from.direction)));
  out->set_state(static_cast<v1::ReferralState>(static_cast<int>(from.state)));
  out->set_peer_id(from.peer.hex());
  out->set_peer_name(view.peer_name);
  out->set_case_number(from.case_number);
  out->set_pseudonym(from.pseudonym.hex());
  out->set_referral_type(from.request.referral_type);
  out->set_urgency(from.request.urgency);
  for (const std::string& service : from.request.services) {
    out->add_services(service);
  }
  for (const auto& [variable, code] : from.request.preview) {
    auto* value = out->add_preview();
    value->set_variable(variable);
    value->set_code(code);
  }
  out->set_risk_level(from.request.risk_level);
  out->set_risk_to_life(from.request.risk_to_life);
  out->set_created_at_ms(amparo::ToUnixMillis(from.created_at));
  out->set_respond_by_ms(amparo::ToUnixMillis(from.respond_by));
  out->set_decline_reason(from.decline_reason);
  out->set_disclosed(from.disclosed());
  if (from.former_answer.has_value()) {
    out->set_former_answer(
        static_cast<v1::ReferralState>(static_cast<int>(*from.former_answer)));
  }
  if (from.answer_not_taken != Reason::kUnspecified) {
    out->set_answer_not_taken(std::string(ReasonName(from.answer_not_taken)));
  }
  for (const Rung& rung : view.evidence) {
    auto* to = out->add_evidence();
    to->set_kind(std::string(delivery::Name(rung.kind)));
    to->set_letter_type(std::string(amparo::Name(rung.letter)));
    to->set_issued_at_ms(amparo::ToUnixMillis(rung.issued_at));
  }
}

void Write(const ReceivedFile& file, v1::OpenDisclosureResponse* out) {
  const cases::Identity& identity = file.identity;
  out->set_given_names(identity.given_names);
  out->set_family_names(identity.family_names);
  out->set_given_names_romanised(identity.given_names_romanised);
  out->set_family_names_romanised(identity.family_names_romanised);
  out->set_date_of_birth(cases::FormatPartialDate(identity.born));
  for (const cases::Document& document : identity.documents) {
    auto* to = out->add_documents();
    to->set_type(document.type);
    to->set_number(document.number);
    to->set_country(document.country);
  }
  for (const cases::Contact& contact : identity.contacts) {
    auto* to = out->add_contacts();
    to->set_type(contact.type);
    to->set_value(contact.value);
    to->set_safe_instruction(contact.safe_instruction);
  }
  for (const HandlingCode code : file.handling_codes) {
    out->add_handling_codes(std::string(amparo::Name(code)));
  }
}

absl::StatusOr<std::vector<DataCategory>> ReadCategories(
    const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::vector<DataCategory> categories;
  for (const std::string& name : names) {
    const auto category = DataCategoryFromName(name);
    if (!category.has_value()) {
      return FieldError("categories", "must hold categories of the list");
    }
    categories.push_back(*category);
  }
  return categories;
}

// Unset lists both; an unknown number is refused and not taken for unset.
absl::StatusOr<std::optional<Direction>> ReadDirection(int number) {
  if (number == v1::REFERRAL_DIRECTION_UNSPECIFIED) {
    return std::optional<Direction>();
  }
  const std::optional<Direction> direction = DirectionFromNumber(number);
  if (!direction.has_value()) {
    return FieldError("direction", "must be a value of the list");
  }
  return direction;
}

absl::StatusOr<size_t> ReadPageSize(int32_t size) {
  if (size < 0 || size > limits::kPageSizeMax) {
    return FieldError("page_size", "must be 0 to 500");
  }
  return static_cast<size_t>(size == 0 ? limits::kPageSizeDefault : size);
}

}  // namespace

grpc::Status ReferralRpc::ProposeReferral(
    grpc::ServerContext* context, const v1::ProposeReferralRequest* request,
    v1::ProposeReferralResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.ReferralService/ProposeReferral",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const RequestId id,
            ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(const ReferralView view,
                         actions_.Propose(caller, {id,
                                                   request->case_number(),
                                                   request->peer(),
                                                   request->referral_type(),
                                                   request->urgency(),
                                                   {request->services().begin(),
                                                    request->services().end()},
                                                   request->risk_level(),
                                                   request->risk_to_life(),
                                                   request->again()}));
        Write(view, response->mutable_referral());
        return absl::OkStatus();
      });
}

grpc::Status ReferralRpc::ListReferrals(grpc::ServerContext* context,
                                        const v1::ListReferralsRequest* request,
                                        v1::ListReferralsResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.ReferralService/ListReferrals",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const size_t limit,
                         ReadPageSize(request->page_size()));
        const auto after = crypto::HexDecode(request->page_token());
        if (!after.ok()) {
          return FieldError("page_token", "must come from the page before");
        }
        ASSIGN_OR_RETURN(const std::optional<Direction> direction,
                         ReadDirection(request->direction()));
        ASSIGN_OR_RETURN(const ReferralPage page,
                         actions_.List(caller, direction, limit, *after));
        for (const ReferralView& view : page.referrals) {
          Write(view, response->add_referrals());
        }
        response->set_next_page_token(crypto::HexEncode(page.next));
        return absl::OkStatus();
      });
}

grpc::Status ReferralRpc::ShowReferral(grpc::ServerContext* context,
                                       const v1::ShowReferralRequest* request,
                                       v1::ShowReferralResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.ReferralService/ShowReferral",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const ReferralId id,
            ReadId<ReferralId>("referral_id", request->referral_id()));
        ASSIGN_OR_RETURN(const ReferralView view, actions_.Show(caller, id));
        Write(view, response->mutable_referral());
        return absl::OkStatus();
      });
}

grpc::Status ReferralRpc::AcceptReferral(
    grpc::ServerContext* context, const v1::AcceptReferralRequest* request,
    v1::AcceptReferralResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.ReferralService/AcceptReferral",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const RequestId request_id,
            ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(
            const ReferralId id,
            ReadId<ReferralId>("referral_id", request->referral_id()));
        ASSIGN_OR_RETURN(const ReferralView view,
                         actions_.Accept(caller, request_id, id));
        Write(view, response->mutable_referral());
        return absl::OkStatus();
      });
}

grpc::Status ReferralRpc::DeclineReferral(
    grpc::ServerContext* context, const v1::DeclineReferralRequest* request,
    v1::DeclineReferralResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.ReferralService/DeclineReferral",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const RequestId request_id,
            ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(
            const ReferralId id,
            ReadId<ReferralId>("referral_id", request->referral_id()));
        ASSIGN_OR_RETURN(
            const ReferralView view,
            actions_.Decline(caller, request_id, id, request->reason()));
        Write(view, response->mutable_referral());
        return absl::OkStatus();
      });
}

grpc::Status ReferralRpc::DiscloseIdentity(
    grpc::ServerContext* context, const v1::DiscloseIdentityRequest* request,
    v1::DiscloseIdentityResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.ReferralService/DiscloseIdentity",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const RequestId request_id,
            ReadId<RequestId>("request_id", request->request_id()));
        ASSIGN_OR_RETURN(
            const ReferralId id,
            ReadId<ReferralId>("referral_id", request->referral_id()));
        ASSIGN_OR_RETURN(const auto categories,
                         ReadCategories(request->categories()));
        ASSIGN_OR_RETURN(const ReferralView view,
                         actions_.Disclose(caller, request_id, id, categories));
        Write(view, response->mutable_referral());
        return absl::OkStatus();
      });
}

grpc::Status ReferralRpc::OpenDisclosure(
    grpc::ServerContext* context, const v1::OpenDisclosureRequest* request,
    v1::OpenDisclosureResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.ReferralService/OpenDisclosure",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const ReferralId id,
            ReadId<ReferralId>("referral_id", request->referral_id()));
        ASSIGN_OR_RETURN(const ReceivedFile file,
                         actions_.OpenDisclosure(caller, id));
        Write(file, response);
        return absl::OkStatus();
      });
}

}  // namespace amparo::referral
