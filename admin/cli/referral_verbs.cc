// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin/cli/output.h"
#include "admin/cli/verbs.h"
#include "amparo/office/v1/referral.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::Referral;
using office::v1::ReferralDirection;
using office::v1::ReferralService;

struct ReferralOptions {
  std::string id;
  std::string case_number;
  std::string peer;
  std::string type;
  std::string urgency;
  std::vector<std::string> services;
  std::string risk;
  bool risk_to_life = false;
  bool again = false;
  std::string direction;
  std::string reason;
  std::vector<std::string> categories;
};

bool IsOutgoing(const Referral& referral) {
  return referral.direction() == office::v1::REFERRAL_DIRECTION_OUTGOING;
}

std::string DisclosedText(const Referral& referral) {
  if (!referral.disclosed()) return "no";
  return IsOutgoing(referral) ? "sent" : "here: `amparo referral open`";
}

// Whether the other office may believe something else of the answer, and
// people have to ask it.
bool IsInConflict(const Referral& referral) {
  return referral.former_answer() != office::v1::REFERRAL_STATE_UNSPECIFIED ||
         !referral.answer_not_taken().empty();
}

// What is in conflict and what to do about it; empty: nothing.
std::string ConflictText(const Referral& referral) {
  const std::string peer = Printable(referral.peer_name());
  if (referral.former_answer() != office::v1::REFERRAL_STATE_UNSPECIFIED) {
    return absl::StrCat("\n", peer, " had answered ",
                        EnumWord(referral.former_answer()),
                        ", was restored from a backup since and answered ",
                        EnumWord(referral.state()),
                        ": telephone it before you rely on either.\n");
  }
  if (!referral.answer_not_taken().empty()) {
    return absl::StrCat("\n", peer, " did not take your answer (",
                        referral.answer_not_taken(),
                        ") and may not know of it: telephone it.\n");
  }
  return "";
}

std::string ReferralText(const Desk& desk, const Referral& referral) {
  Labelled lines;
  lines.Add("Referral", referral.referral_id());
  lines.Add(IsOutgoing(referral) ? "To" : "From", referral.peer_name());
  lines.Add("State", EnumWord(referral.state()));
  lines.AddIf("Declined because", referral.decline_reason());
  lines.AddIf("Case", referral.case_number());
  lines.Add("Person is called", referral.pseudonym());
  lines.Add("Type", referral.referral_type());
  lines.Add("Urgency", referral.urgency());
  lines.Add("Services", absl::StrJoin(referral.services(), ", "));
  lines.Add("Risk",
            absl::StrCat(referral.risk_level(),
                         referral.risk_to_life() ? ", RISK TO LIFE" : ""));
  lines.Add("Made", desk.Time(referral.created_at_ms()));
  lines.Add("Answer due", desk.Time(referral.respond_by_ms()));
  lines.Add("Identifying file", DisclosedText(referral));
  std::string text = lines.Text();
  if (referral.preview_size() > 0) {
    Columns preview({"Variable", "Code"});
    for (const office::v1::PreviewValue& value : referral.preview()) {
      preview.Add({value.variable(), value.code()});
    }
    absl::StrAppend(&text, "\n", preview.Text(""));
  }
  if (referral.evidence_size() > 0) {
    Columns receipts({"Receipt", "For", "Signed"});
    for (const office::v1::EvidenceRung& rung : referral.evidence()) {
      receipts.Add(
          {rung.kind(), rung.letter_type(), desk.Time(rung.issued_at_ms())});
    }
    absl::StrAppend(&text, "\n", receipts.Text(""));
  }
  return text + ConflictText(referral);
}

absl::Status Propose(Desk& desk, const ReferralOptions& options) {
  office::v1::ProposeReferralRequest request;
  request.set_request_id(NewRequestId());
  request.set_case_number(options.case_number);
  request.set_peer(options.peer);
  request.set_referral_type(options.type);
  request.set_urgency(options.urgency);
  for (const std::string& service : options.services) {
    request.add_services(service);
  }
  request.set_risk_level(options.risk);
  request.set_risk_to_life(options.risk_to_life);
  request.set_again(options.again);
  ASSIGN_OR_RETURN(const office::v1::ProposeReferralResponse answer,
                   desk.Call(&ReferralService::Stub::ProposeReferral, request));
  return desk.Print(answer, ReferralText(desk, answer.referral()));
}

absl::Status List(Desk& desk, const ReferralOptions& options,
                  const Paging& paging) {
  office::v1::ListReferralsRequest request;
  if (!options.direction.empty()) {
    ASSIGN_OR_RETURN(
        const ReferralDirection direction,
        EnumOf<ReferralDirection>(options.direction, "--direction"));
    request.set_direction(direction);
  }
  ASSIGN_OR_RETURN(const auto answer,
                   Gather(desk, &ReferralService::Stub::ListReferrals, request,
                          paging, [](office::v1::ListReferralsResponse* page) {
                            return page->mutable_referrals();
                          }));
  Columns columns({"Referral", "", "Office", "Person", "State", "Urgency",
                   "Answer due", "File"});
  for (const Referral& referral : answer.referrals()) {
    columns.Add({referral.referral_id(), IsOutgoing(referral) ? "to" : "from",
                 referral.peer_name(),
                 IsOutgoing(referral) && !referral.case_number().empty()
                     ? referral.case_number()
                     : referral.pseudonym(),
                 absl::StrCat(EnumWord(referral.state()),
                              IsInConflict(referral) ? ", TELEPHONE" : ""),
                 referral.urgency(), desk.Time(referral.respond_by_ms()),
                 referral.disclosed() ? "yes" : "no"});
  }
  return desk.Print(answer, columns.Text("No referrals.") +
                                MoreText(answer.next_page_token()));
}

absl::Status Show(Desk& desk, const ReferralOptions& options) {
  office::v1::ShowReferralRequest request;
  request.set_referral_id(options.id);
  ASSIGN_OR_RETURN(const office::v1::ShowReferralResponse answer,
                   desk.Call(&ReferralService::Stub::ShowReferral, request));
  return desk.Print(answer, ReferralText(desk, answer.referral()));
}

absl::Status Accept(Desk& desk, const ReferralOptions& options) {
  office::v1::AcceptReferralRequest request;
  request.set_request_id(NewRequestId());
  request.set_referral_id(options.id);
  ASSIGN_OR_RETURN(const office::v1::AcceptReferralResponse answer,
                   desk.Call(&ReferralService::Stub::AcceptReferral, request));
  return desk.Print(
      answer,
      absl::StrCat("Accepted; ", Printable(answer.referral().peer_name()),
                   " is told and may now send the identifying file.\n"));
}

absl::Status Decline(Desk& desk, const ReferralOptions& options) {
  office::v1::DeclineReferralRequest request;
  request.set_request_id(NewRequestId());
  request.set_referral_id(options.id);
  request.set_reason(options.reason);
  ASSIGN_OR_RETURN(const office::v1::DeclineReferralResponse answer,
                   desk.Call(&ReferralService::Stub::DeclineReferral, request));
  return desk.Print(
      answer,
      absl::StrCat("Declined; ", Printable(answer.referral().peer_name()),
                   " is told the reason.\n"));
}

absl::Status Disclose(Desk& desk, const ReferralOptions& options) {
  office::v1::DiscloseIdentityRequest request;
  request.set_request_id(NewRequestId());
  request.set_referral_id(options.id);
  for (const std::string& one : options.categories) request.add_categories(one);
  ASSIGN_OR_RETURN(
      const office::v1::DiscloseIdentityResponse answer,
      desk.Call(&ReferralService::Stub::DiscloseIdentity, request));
  return desk.Print(
      answer, absl::StrCat("Sent to ", Printable(answer.referral().peer_name()),
                           ": ", absl::StrJoin(options.categories, ", "),
                           ". Nothing else of the identity left.\n"));
}

std::string DisclosureText(const office::v1::OpenDisclosureResponse& file) {
  Labelled lines;
  lines.AddIf("Given names", file.given_names());
  lines.AddIf("Family names", file.family_names());
  lines.AddIf("Given names in Latin letters", file.given_names_romanised());
  lines.AddIf("Family names in Latin letters", file.family_names_romanised());
  lines.AddIf("Born", file.date_of_birth());
  for (const office::v1::DisclosedDocument& document : file.documents()) {
    lines.Add("Document", absl::StrCat(document.type(), " ", document.number(),
                                       " ", document.country()));
  }
  for (const office::v1::DisclosedContact& contact : file.contacts()) {
    lines.Add("Contact", absl::StrCat(contact.type(), " ", contact.value()));
    lines.Add("  safe use", contact.safe_instruction());
  }
  lines.AddIf("Handling", absl::StrJoin(file.handling_codes(), ", "));
  return lines.Text();
}

absl::Status Open(Desk& desk, const ReferralOptions& options) {
  office::v1::OpenDisclosureRequest request;
  request.set_referral_id(options.id);
  ASSIGN_OR_RETURN(const office::v1::OpenDisclosureResponse answer,
                   desk.Call(&ReferralService::Stub::OpenDisclosure, request));
  return desk.Print(answer, DisclosureText(answer));
}

void AddPropose(Verbs& verbs, CLI::App* noun) {
  auto options = std::make_shared<ReferralOptions>();
  CLI::App* const verb = verbs.Add(
      noun, "propose", "Asks another office to receive a person",
      "amparo referral propose --case 7K3P-92QX-A --peer Washington \\\n"
      "    --type SERVICE_REFERRAL --urgency URGENT_72H \\\n"
      "    --service SAFE_SHELTER --service LEGAL_ASSISTANCE --risk MEDIUM",
      [options](Desk& desk) { return Propose(desk, *options); });
  verb->add_option("--case", options->case_number, "Number of the case")
      ->required();
  verb->add_option("--peer", options->peer, "Name or id of the office asked")
      ->required();
  verb->add_option("--type", options->type,
                   "For instance SERVICE_REFERRAL or RISK_ASSESSMENT_ON_RETURN")
      ->required();
  verb->add_option("--urgency", options->urgency,
                   "EMERGENCY_24H, URGENT_72H or NORMAL_14D")
      ->required();
  Repeated(verb->add_option(
               "--service", options->services,
               "What is needed, for instance SAFE_SHELTER; may be repeated"))
      ->required();
  verb->add_option("--risk", options->risk, "LOW, MEDIUM, HIGH or EXTREME")
      ->required();
  verb->add_flag("--risk-to-life", options->risk_to_life,
                 "The person's life is in danger");
  verb->add_flag("--again", options->again,
                 "Although a referral of this type to that office is open");
}

}  // namespace

void AddReferralVerbs(Verbs& verbs) {
  CLI::App* const noun =
      verbs.Noun("referral", "Persons referred from office to office");
  AddPropose(verbs, noun);
  auto options = std::make_shared<ReferralOptions>();
  const auto add = [&](const char* name, const char* what, const char* example,
                       absl::Status (*act)(Desk&, const ReferralOptions&)) {
    CLI::App* const verb =
        verbs.Add(noun, name, what, example,
                  [options, act](Desk& desk) { return act(desk, *options); });
    verb->add_option("referral", options->id, "Id of the referral")->required();
    return verb;
  };
  auto paging = std::make_shared<Paging>();
  CLI::App* const list = verbs.Add(
      noun, "list", "Lists referrals, newest first",
      "amparo referral list --direction incoming",
      [options, paging](Desk& desk) { return List(desk, *options, *paging); });
  list->add_option("--direction", options->direction, "incoming or outgoing");
  AddPaging(list, paging.get());
  add("show",
      "Shows a referral; the first look at an incoming one is receipted",
      "amparo referral show 5f0c...", Show);
  add("accept", "Accepts an incoming referral",
      "amparo referral accept 5f0c...", Accept);
  add("decline", "Declines an incoming referral with a reason",
      "amparo referral decline 5f0c... --reason NO_CAPACITY", Decline)
      ->add_option("--reason", options->reason,
                   "For instance NO_CAPACITY, NOT_ELIGIBLE, "
                   "INCOMPLETE_INFORMATION, OUTSIDE_MANDATE_OR_AREA")
      ->required();
  CLI::App* const disclose =
      add("disclose", "Sends the identifying file after acceptance",
          "amparo referral disclose 5f0c... --category NAMES \\\n"
          "    --category DATES_OF_BIRTH",
          Disclose);
  Repeated(disclose->add_option(
               "--category", options->categories,
               "NAMES, DATES_OF_BIRTH, DOCUMENTS or CONTACTS; may be "
               "repeated; only what the person agreed to"))
      ->required();
  add("open", "Opens the identifying file that came; logged and receipted",
      "amparo referral open 5f0c...", Open);
}

}  // namespace amparo::cli
