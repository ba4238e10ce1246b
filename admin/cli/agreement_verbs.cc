// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin/cli/agreement_terms.h"
#include "admin/cli/failure.h"
#include "admin/cli/output.h"
#include "admin/cli/peer_names.h"
#include "admin/cli/verbs.h"
#include "amparo/office/v1/peering.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::Agreement;
using office::v1::PeeringAdminService;

constexpr size_t kTypedDigits = 8;

struct AgreementOptions {
  std::string id;
  std::string peer;
  std::string hash;
  TermsOptions terms;
};

// Parties that are no peer are this office.
std::string PartyName(const std::map<std::string, std::string>& names,
                      const std::string& id) {
  const auto found = names.find(id);
  return found == names.end() ? "This office" : found->second;
}

std::string Text(Desk& desk, const Agreement& agreement) {
  const auto names = PeerNames(desk);
  return AgreementText(agreement, PartyName(names, agreement.proposer_id()),
                       PartyName(names, agreement.acceptor_id()), desk.zone());
}

absl::StatusOr<Agreement> Get(Desk& desk, const std::string& id) {
  office::v1::GetAgreementRequest request;
  request.set_agreement_id(id);
  ASSIGN_OR_RETURN(
      office::v1::GetAgreementResponse answer,
      desk.Call(&PeeringAdminService::Stub::GetAgreement, request));
  return std::move(*answer.mutable_agreement());
}

absl::Status Propose(Desk& desk, const AgreementOptions& options) {
  office::v1::ProposeAgreementRequest request;
  request.set_request_id(NewRequestId());
  ASSIGN_OR_RETURN(*request.mutable_terms(),
                   DrawUpTerms(options.terms, desk.now(), desk.zone()));
  ASSIGN_OR_RETURN(std::string id, PeerId(desk, options.peer, "--peer"));
  request.set_office_id(std::move(id));
  ASSIGN_OR_RETURN(
      const office::v1::ProposeAgreementResponse answer,
      desk.Call(&PeeringAdminService::Stub::ProposeAgreement, request));
  std::string text;
  if (!desk.json()) {
    text = absl::StrCat(Text(desk, answer.agreement()),
                        "Signed here and sent. Next: the other office reads "
                        "and signs it.\n");
  }
  return desk.Print(answer, text);
}

// Sees to it that the person has looked at what is signed.
absl::Status CheckTyped(Desk& desk, const AgreementOptions& options,
                        const Agreement& agreement) {
  std::string typed = options.hash;
  if (typed.empty()) {
    desk.err() << Text(desk, agreement);
    ASSIGN_OR_RETURN(
        typed, desk.prompter().Ask("To sign this, type the first 8 digits of "
                                   "what is signed"));
  }
  typed = absl::AsciiStrToLower(absl::StripAsciiWhitespace(typed));
  if (typed.size() < kTypedDigits) {
    return UsageError("--hash", "must have at least its first 8 digits");
  }
  if (!absl::StartsWith(agreement.hash(), typed)) {
    return Refusal("AGREEMENT_HASH_MISMATCH",
                   "this is not the hash of that agreement; nothing was signed",
                   "--hash");
  }
  return absl::OkStatus();
}

absl::Status Sign(Desk& desk, const AgreementOptions& options) {
  ASSIGN_OR_RETURN(const Agreement agreement, Get(desk, options.id));
  RETURN_IF_ERROR(CheckTyped(desk, options, agreement));
  office::v1::SignAgreementRequest request;
  request.set_request_id(NewRequestId());
  request.set_agreement_id(agreement.agreement_id());
  request.set_hash(agreement.hash());
  ASSIGN_OR_RETURN(
      const office::v1::SignAgreementResponse answer,
      desk.Call(&PeeringAdminService::Stub::SignAgreement, request));
  return desk.Print(answer,
                    absl::StrCat("Signed.\n", answer.agreement().in_force()
                                                  ? "The agreement is in "
                                                    "force.\n"
                                                  : ""));
}

absl::Status Show(Desk& desk, const AgreementOptions& options) {
  office::v1::GetAgreementResponse answer;
  ASSIGN_OR_RETURN(*answer.mutable_agreement(), Get(desk, options.id));
  return desk.Print(answer, desk.json() ? "" : Text(desk, answer.agreement()));
}

absl::Status List(Desk& desk, const AgreementOptions& options,
                  const Paging& paging) {
  office::v1::ListAgreementsRequest request;
  if (!options.peer.empty()) {
    ASSIGN_OR_RETURN(std::string id, PeerId(desk, options.peer, "--peer"));
    request.set_office_id(std::move(id));
  }
  ASSIGN_OR_RETURN(
      const auto answer,
      Gather(desk, &PeeringAdminService::Stub::ListAgreements, request, paging,
             [](office::v1::ListAgreementsResponse* page) {
               return page->mutable_agreements();
             }));
  if (desk.json()) return desk.Print(answer, "");
  const auto names = PeerNames(desk);
  Columns columns(
      {"Agreement", "Proposed by", "With", "State", "In force", "For"});
  for (const Agreement& agreement : answer.agreements()) {
    columns.Add(
        {agreement.agreement_id(), PartyName(names, agreement.proposer_id()),
         PartyName(names, agreement.acceptor_id()), EnumWord(agreement.state()),
         agreement.in_force() ? "yes" : "no",
         absl::StrJoin(agreement.terms().purposes(), ", ")});
  }
  return desk.Print(answer, columns.Text("No agreements.") +
                                MoreText(answer.next_page_token()));
}

void AddPropose(Verbs& verbs, CLI::App* noun) {
  auto options = std::make_shared<AgreementOptions>();
  CLI::App* const propose = verbs.Add(
      noun, "propose", "Draws up an agreement, signs it and sends it",
      "amparo agreement propose --peer Kyiv --standard referral \\\n"
      "    --legal-reference 'MoU 2026/14' --impact-assessment 'DPIA 2026/3' "
      "\\\n    --impact-assessment-date 2026-01-15 --valid-until 2027-01-31\n"
      "amparo agreement propose --peer Registry --terms terms.json",
      [options](Desk& desk) { return Propose(desk, *options); });
  propose->add_option("--peer", options->peer, "Name or id of the office")
      ->required();
  TermsOptions& terms = options->terms;
  propose->add_option("--standard", terms.standard,
                      "Named terms: referral or statistics");
  propose->add_option("--terms", terms.terms_file,
                      "Terms of your own: a JSON file with the fields that "
                      "`agreement show --json` has under \"terms\"");
  propose->add_option("--legal-reference", terms.legal_reference,
                      "The legal text it rests on");
  propose->add_option("--impact-assessment", terms.impact_assessment,
                      "The data protection impact assessment");
  propose->add_option("--impact-assessment-date", terms.impact_assessment_date,
                      "Its date");
  propose->add_option("--valid-from", terms.valid_from, "First day (today)");
  propose->add_option("--valid-until", terms.valid_until,
                      "End (after 365 days)");
}

}  // namespace

void AddAgreementVerbs(Verbs& verbs) {
  CLI::App* const noun =
      verbs.Noun("agreement", "What two offices may send each other");
  AddPropose(verbs, noun);
  auto options = std::make_shared<AgreementOptions>();
  CLI::App* const sign = verbs.Add(
      noun, "sign", "Shows an agreement a peer proposed, and signs it",
      "amparo agreement sign 5f0c...    (shows it and asks)\n"
      "amparo agreement sign 5f0c... --hash 91b2d3aa",
      [options](Desk& desk) { return Sign(desk, *options); });
  sign->add_option("--hash", options->hash,
                   "What is signed, at least its first 8 digits, as read in "
                   "`agreement show`");
  CLI::App* const show = verbs.Add(
      noun, "show", "Shows an agreement", "amparo agreement show 5f0c...",
      [options](Desk& desk) { return Show(desk, *options); });
  for (CLI::App* const verb : {sign, show}) {
    verb->add_option("agreement", options->id, "Id of the agreement")
        ->required();
  }
  auto paging = std::make_shared<Paging>();
  CLI::App* const list = verbs.Add(
      noun, "list", "Lists agreements, oldest first",
      "amparo agreement list --peer Kyiv",
      [options, paging](Desk& desk) { return List(desk, *options, *paging); });
  list->add_option("--peer", options->peer, "Only with this office");
  AddPaging(list, paging.get());
}

}  // namespace amparo::cli
