// SPDX-License-Identifier: Apache-2.0
#include "tests/support/office_process.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "amparo/office/v1/cases.grpc.pb.h"
#include "amparo/office/v1/consent.grpc.pb.h"
#include "amparo/office/v1/errors.pb.h"
#include "amparo/office/v1/peering.grpc.pb.h"
#include "amparo/office/v1/people.grpc.pb.h"
#include "amparo/office/v1/referral.grpc.pb.h"
#include "amparo/office/v1/status.grpc.pb.h"
#include "crypto/base/random.h"
#include "node/base/errors.h"
#include "node/base/ids.h"
#include "node/base/status_macros.h"

namespace amparo {
namespace {

using office::v1::AddPersonRequest;
using office::v1::AddPersonResponse;
using office::v1::Agreement;
using office::v1::AgreementTerms;
using office::v1::CaseCodedValue;
using office::v1::CaseIdentity;
using office::v1::CaseService;
using office::v1::ConfirmPeerRequest;
using office::v1::CONSENT_GIVEN_BY_SELF;
using office::v1::CONSENT_METHOD_WRITTEN;
using office::v1::ConsentQuestions;
using office::v1::ConsentService;
using office::v1::EnrolRequest;
using office::v1::EnrolResponse;
using office::v1::ErrorDetail;
using office::v1::EvidenceRung;
using office::v1::GetAgreementRequest;
using office::v1::GetAgreementResponse;
using office::v1::GetPeerRequest;
using office::v1::GetPeerResponse;
using office::v1::GiveConsentRequest;
using office::v1::GiveConsentResponse;
using office::v1::IdentityContact;
using office::v1::IdentityDocument;
using office::v1::InvitePeerRequest;
using office::v1::InvitePeerResponse;
using office::v1::ListReferralsRequest;
using office::v1::ListReferralsResponse;
using office::v1::Peer;
using office::v1::PeeringAdminService;
using office::v1::PeopleService;
using office::v1::ProposeAgreementRequest;
using office::v1::ProposeAgreementResponse;
using office::v1::ProposeReferralRequest;
using office::v1::ProposeReferralResponse;
using office::v1::RedeemInvitationRequest;
using office::v1::RedeemInvitationResponse;
using office::v1::Referral;
using office::v1::ReferralService;
using office::v1::RegisterCaseRequest;
using office::v1::RegisterCaseResponse;
using office::v1::Role;
using office::v1::ROLE_ADMINISTRATOR;
using office::v1::ROLE_ANALYST;
using office::v1::ROLE_CASEWORKER;
using office::v1::ROLE_DATA_PROTECTION_OFFICER;
using office::v1::ROLE_FOCAL_POINT;
using office::v1::Role_Name;
using office::v1::ShowReferralRequest;
using office::v1::ShowReferralResponse;
using office::v1::ShowStatusRequest;
using office::v1::ShowStatusResponse;
using office::v1::SignAgreementRequest;
using office::v1::StatusService;

constexpr absl::Duration kCallTime = absl::Seconds(30);
constexpr absl::Duration kAgreementTime = absl::Seconds(60);
constexpr char kTeam[] = "shelter";
constexpr char kPassword[] = "a password of tests";

int64_t InDays(int days) {
  return absl::ToUnixMillis(SystemClock().Now() + days * absl::Hours(24));
}

ConsentQuestions AllAnswered() {
  ConsentQuestions questions;
  questions.set_agrees_to_interview(true);
  questions.set_purpose_explained(true);
  questions.set_use_explained(true);
  questions.set_research_use_explained(true);
  questions.set_access_right_explained(true);
  questions.set_storage_time_explained(true);
  questions.set_withdrawal_explained(true);
  return questions;
}

absl::StatusOr<Peer> FindPeer(OfficeProcess& office, const std::string& id) {
  GetPeerRequest request;
  request.set_office_id(id);
  ASSIGN_OR_RETURN(const GetPeerResponse response,
                   office.administrator().Call(
                       &PeeringAdminService::Stub::GetPeer, request));
  return response.peer();
}

absl::Status Confirm(OfficeProcess& office, const Peer& as_the_other_sees) {
  ConfirmPeerRequest request;
  request.set_request_id(NewRequestId());
  request.set_office_id(as_the_other_sees.office_id());
  request.set_safety_number(as_the_other_sees.safety_number());
  return office.officer()
      .Call(&PeeringAdminService::Stub::ConfirmPeer, request)
      .status();
}

// The agreement as an office has it now; NOT_FOUND when it has none of it.
absl::StatusOr<Agreement> FindAgreement(OfficeProcess& office,
                                        const std::string& id) {
  GetAgreementRequest request;
  request.set_agreement_id(id);
  ASSIGN_OR_RETURN(const GetAgreementResponse response,
                   office.administrator().Call(
                       &PeeringAdminService::Stub::GetAgreement, request));
  return response.agreement();
}

}  // namespace

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  ErrorDetail detail;
  if (detail.ParseFromString(status.error_details())) {
    const auto reason = ReasonFromName(detail.reason());
    if (reason.has_value()) return Error(*reason, status.error_message());
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
}

std::string NewRequestId() {
  return EventId::FromBytes(
             crypto::RandomBytes(crypto::SystemRandom(), EventId::kSize))
      ->hex();
}

void Someone::Prepare(grpc::ClientContext& context) const {
  if (!token_.empty()) context.AddMetadata("amparo-session", token_);
  // A node that is being started again is waited for.
  context.set_wait_for_ready(true);
  context.set_deadline(absl::ToChronoTime(SystemClock().Now() + kCallTime));
}

absl::StatusOr<std::unique_ptr<OfficeProcess>> OfficeProcess::Start(
    const std::string& folder, const NodeOptions& options,
    const std::vector<Role>& roles) {
  ASSIGN_OR_RETURN(std::unique_ptr<NodeProcess> node,
                   NodeProcess::Init(folder, options));
  return StartInitialised(std::move(node), roles);
}

absl::StatusOr<std::unique_ptr<OfficeProcess>> OfficeProcess::StartInitialised(
    std::unique_ptr<NodeProcess> node, const std::vector<Role>& roles) {
  std::unique_ptr<OfficeProcess> office(new OfficeProcess());
  office->node_ = std::move(node);
  RETURN_IF_ERROR(office->node_->Start());
  RETURN_IF_ERROR(office->SignIn("admin", office->node_->administrator_code(),
                                 ROLE_ADMINISTRATOR));
  for (const Role role : roles) {
    AddPersonRequest request;
    request.set_request_id(NewRequestId());
    request.set_name(absl::AsciiStrToLower(Role_Name(role)));
    request.add_roles(role);
    request.set_team(kTeam);
    ASSIGN_OR_RETURN(
        const AddPersonResponse added,
        office->administrator().Call(&PeopleService::Stub::AddPerson, request));
    RETURN_IF_ERROR(office->SignIn(request.name(), added.code(), role));
  }
  ASSIGN_OR_RETURN(const ShowStatusResponse status,
                   office->administrator().Call(
                       &StatusService::Stub::ShowStatus, ShowStatusRequest()));
  office->id_ = status.office_id();
  return office;
}

absl::Status OfficeProcess::SignIn(const std::string& name,
                                   const std::string& code, Role role) {
  EnrolRequest request;
  request.set_name(name);
  request.set_code(code);
  request.set_password(kPassword);
  ASSIGN_OR_RETURN(
      const EnrolResponse enrolled,
      Someone(node_->channel(), "").Call(&PeopleService::Stub::Enrol, request));
  people_[role] = Someone(node_->channel(), enrolled.session().token());
  return absl::OkStatus();
}

const Someone& OfficeProcess::As(Role role) const {
  const auto found = people_.find(role);
  if (found == people_.end()) {
    std::fprintf(stderr, "nobody at %s is %s\n", name().c_str(),
                 Role_Name(role).c_str());
    std::abort();
  }
  return found->second;
}

std::vector<Role> AllRolesOfAnOffice() {
  return {ROLE_CASEWORKER, ROLE_FOCAL_POINT, ROLE_DATA_PROTECTION_OFFICER,
          ROLE_ANALYST};
}

absl::Status MakePeers(OfficeProcess& inviting, OfficeProcess& redeeming) {
  InvitePeerRequest invite;
  invite.set_request_id(NewRequestId());
  ASSIGN_OR_RETURN(const InvitePeerResponse invitation,
                   inviting.administrator().Call(
                       &PeeringAdminService::Stub::InvitePeer, invite));
  RedeemInvitationRequest redeem;
  redeem.set_request_id(NewRequestId());
  redeem.set_code(invitation.code());
  ASSIGN_OR_RETURN(const RedeemInvitationResponse redeemed,
                   redeeming.administrator().Call(
                       &PeeringAdminService::Stub::RedeemInvitation, redeem));
  ASSIGN_OR_RETURN(const Peer seen, FindPeer(inviting, redeeming.id()));
  if (seen.safety_number() != redeemed.peer().safety_number()) {
    return absl::InternalError("the two offices see two safety numbers");
  }
  RETURN_IF_ERROR(Confirm(inviting, seen));
  return Confirm(redeeming, redeemed.peer());
}

AgreementTerms ReferralTerms() {
  AgreementTerms terms;
  for (const char* const type :
       {"REFERRAL_REQUEST", "REFERRAL_ANSWER", "DISCLOSURE", "RECEIPT"}) {
    terms.add_proposer_letter_types(type);
    terms.add_acceptor_letter_types(type);
  }
  terms.add_purposes("TRANSNATIONAL_REFERRAL");
  terms.add_purposes("IDENTITY_DISCLOSURE");
  for (const char* const category :
       {"CODED_PROFILE", "NEEDS", "NAMES", "DATES_OF_BIRTH", "DOCUMENTS",
        "CONTACTS"}) {
    terms.add_categories(category);
  }
  terms.add_handling_codes("NO_ONWARD");
  terms.set_retention_days(365);
  terms.set_valid_from_ms(InDays(-1));
  terms.set_valid_until_ms(InDays(365));
  terms.set_legal_reference("MoU 2026/14");
  terms.set_impact_assessment_reference("DPIA 2026/3");
  terms.set_impact_assessment_at_ms(InDays(-30));
  return terms;
}

AgreementTerms StatisticsTerms() {
  AgreementTerms terms = ReferralTerms();
  terms.clear_proposer_letter_types();
  terms.clear_acceptor_letter_types();
  terms.clear_purposes();
  terms.clear_categories();
  terms.clear_handling_codes();
  terms.add_proposer_letter_types("STATISTICS_RELEASE");
  terms.add_purposes("STATISTICS");
  terms.add_categories("STATISTICAL_COUNTS");
  terms.set_statistics_policy("dp-tables-2026");
  return terms;
}

absl::StatusOr<Agreement> Agree(OfficeProcess& proposer,
                                OfficeProcess& acceptor,
                                const AgreementTerms& terms) {
  ProposeAgreementRequest propose;
  propose.set_request_id(NewRequestId());
  propose.set_office_id(acceptor.id());
  *propose.mutable_terms() = terms;
  ASSIGN_OR_RETURN(const ProposeAgreementResponse proposed,
                   proposer.administrator().Call(
                       &PeeringAdminService::Stub::ProposeAgreement, propose));
  const std::string id = proposed.agreement().agreement_id();
  if (!Eventually(kAgreementTime,
                  [&] { return FindAgreement(acceptor, id).ok(); })) {
    return absl::DeadlineExceededError("the proposal did not arrive");
  }
  SignAgreementRequest sign;
  sign.set_request_id(NewRequestId());
  sign.set_agreement_id(id);
  sign.set_hash(proposed.agreement().hash());
  RETURN_IF_ERROR(acceptor.administrator()
                      .Call(&PeeringAdminService::Stub::SignAgreement, sign)
                      .status());
  if (!Eventually(kAgreementTime, [&] {
        const auto here = FindAgreement(proposer, id);
        return here.ok() && here->in_force();
      })) {
    return absl::DeadlineExceededError("the signature did not come back");
  }
  return FindAgreement(proposer, id);
}

CaseIdentity AnIdentity() {
  CaseIdentity identity;
  identity.set_given_names("Олена");
  identity.set_family_names("Вигадана");
  identity.set_given_names_romanised("Olenka");
  identity.set_family_names_romanised("Vyhadanenko");
  identity.set_born("1994-05-17");
  IdentityDocument& document = *identity.add_documents();
  document.set_type("PASSPORT");
  document.set_number("EX0000017");
  document.set_country("UKR");
  IdentityContact& contact = *identity.add_contacts();
  contact.set_type("TELEPHONE");
  contact.set_value("+380 44 000 00 17");
  contact.set_safe_instruction("Only messages, after 18:00.");
  return identity;
}

absl::StatusOr<std::string> Register(OfficeProcess& office,
                                     const CaseIdentity& identity) {
  RegisterCaseRequest request;
  request.set_request_id(NewRequestId());
  const std::pair<const char*, const char*> profile[] = {
      {"gender", "Female"},
      {"ageBroad", "30--38"},
      {"majorityStatus", "Adult"},
      {"citizenship", "UKR"}};
  for (const auto& [variable, code] : profile) {
    CaseCodedValue& value = *request.add_profile();
    value.set_variable(variable);
    value.set_code(code);
  }
  *request.mutable_identity() = identity;
  ASSIGN_OR_RETURN(
      const RegisterCaseResponse response,
      office.caseworker().Call(&CaseService::Stub::RegisterCase, request));
  return response.number();
}

absl::StatusOr<std::string> GiveConsent(
    OfficeProcess& office, const std::string& case_number,
    const std::string& purpose, const std::string& recipient,
    const std::vector<std::string>& categories) {
  GiveConsentRequest request;
  request.set_request_id(NewRequestId());
  request.set_case_number(case_number);
  request.set_purpose(purpose);
  request.add_recipients(recipient);
  for (const std::string& category : categories) {
    request.add_categories(category);
  }
  request.set_given_by(CONSENT_GIVEN_BY_SELF);
  request.set_method(CONSENT_METHOD_WRITTEN);
  request.set_language("uk");
  request.set_text_version("2026-1");
  request.set_valid_until_ms(InDays(365));
  *request.mutable_questions() = AllAnswered();
  ASSIGN_OR_RETURN(
      const GiveConsentResponse response,
      office.caseworker().Call(&ConsentService::Stub::GiveConsent, request));
  return response.consent_id();
}

ProposeReferralRequest AProposal(const std::string& case_number,
                                 const std::string& peer) {
  ProposeReferralRequest request;
  request.set_request_id(NewRequestId());
  request.set_case_number(case_number);
  request.set_peer(peer);
  request.set_referral_type("SERVICE_REFERRAL");
  request.set_urgency("URGENT_72H");
  request.add_services("SAFE_SHELTER");
  request.add_services("LEGAL_ASSISTANCE");
  request.set_risk_level("MEDIUM");
  request.set_again(true);
  return request;
}

absl::StatusOr<std::string> Refer(OfficeProcess& from,
                                  const std::string& case_number,
                                  const OfficeProcess& to) {
  ASSIGN_OR_RETURN(
      const ProposeReferralResponse response,
      from.caseworker().Call(&ReferralService::Stub::ProposeReferral,
                             AProposal(case_number, to.id())));
  return response.referral().referral_id();
}

absl::StatusOr<Referral> Show(const Someone& person,
                              const std::string& referral_id) {
  ShowReferralRequest request;
  request.set_referral_id(referral_id);
  ASSIGN_OR_RETURN(const ShowReferralResponse response,
                   person.Call(&ReferralService::Stub::ShowReferral, request));
  return response.referral();
}

bool HasReceipt(const Referral& referral, absl::string_view kind,
                absl::string_view letter_type) {
  for (const EvidenceRung& rung : referral.evidence()) {
    if (rung.kind() == kind &&
        (letter_type.empty() || rung.letter_type() == letter_type)) {
      return true;
    }
  }
  return false;
}

bool IsDelivered(const Someone& person, const std::string& referral_id,
                 absl::Duration within) {
  return Eventually(within, [&] {
    const auto referral = Show(person, referral_id);
    return referral.ok() &&
           HasReceipt(*referral, "DELIVERED", "REFERRAL_REQUEST");
  });
}

absl::StatusOr<std::vector<Referral>> AllReferrals(const Someone& person) {
  std::vector<Referral> all;
  ListReferralsRequest request;
  request.set_page_size(500);
  do {
    ASSIGN_OR_RETURN(
        const ListReferralsResponse page,
        person.Call(&ReferralService::Stub::ListReferrals, request));
    all.insert(all.end(), page.referrals().begin(), page.referrals().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

}  // namespace amparo
