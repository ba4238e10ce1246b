// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "admin/cli/case_life_verbs.h"
#include "admin/cli/case_search.h"
#include "admin/cli/failure.h"
#include "admin/cli/identity.h"
#include "admin/cli/output.h"
#include "admin/cli/verbs.h"
#include "amparo/office/v1/cases.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::CaseService;
using office::v1::CaseSummary;

struct CaseOptions {
  std::string number;
  std::vector<std::string> variables;
  std::string identity_file;
  bool ask_identity = false;
  bool identity = false;
};

absl::Status Register(Desk& desk, const CaseOptions& options) {
  office::v1::RegisterCaseRequest request;
  request.set_request_id(NewRequestId());
  for (const std::string& variable : options.variables) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(variable, absl::MaxSplits('=', 1));
    if (pair.first.empty() || pair.second.empty()) {
      return UsageError("--var", "must be VARIABLE=CODE");
    }
    office::v1::CaseCodedValue* const value = request.add_profile();
    value->set_variable(pair.first);
    value->set_code(pair.second);
  }
  if (!options.identity_file.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_identity(),
                     ReadIdentityFile(options.identity_file));
  } else if (options.ask_identity) {
    ASSIGN_OR_RETURN(*request.mutable_identity(), AskIdentity(desk.prompter()));
  }
  ASSIGN_OR_RETURN(const office::v1::RegisterCaseResponse answer,
                   desk.Call(&CaseService::Stub::RegisterCase, request));
  std::string text = absl::StrCat("Case ", answer.number(), "\n");
  if (answer.treated_as_minor()) {
    absl::StrAppend(&text,
                    "The person counts as a minor: consent needs a guardian, "
                    "the child's assent and a best-interests decision.\n");
  }
  return desk.Print(answer, text);
}

std::string CaseText(const Desk& desk,
                     const office::v1::GetCaseResponse& answer) {
  const CaseSummary& summary = answer.summary();
  Labelled lines;
  lines.Add("Case", summary.number());
  lines.AddIf("RISK TO LIFE", summary.risk_to_life() ? "see below" : "");
  lines.Add("Status",
            answer.closing_reason().empty()
                ? summary.status()
                : absl::StrCat(summary.status(), ", ", answer.closing_reason(),
                               ", ", desk.Time(answer.closed_at_ms())));
  lines.AddIf("Merged into", summary.merged_into());
  lines.AddIf("Merged here", absl::StrJoin(answer.absorbed(), ", "));
  lines.Add("Version", absl::StrCat(answer.version()));
  lines.AddIf("Caseworker", answer.owner());
  lines.AddIf("Team", summary.team());
  lines.Add("Registered", desk.Time(summary.registered_at_ms()));
  lines.AddIf("Source", summary.source());
  lines.Add("Minor", summary.treated_as_minor() ? "yes" : "no");
  lines.Add("Names", summary.has_identity()
                         ? "sealed; `case show --identity` is logged"
                         : "none recorded");
  Columns profile({"Variable", "Code", "Means"});
  for (const office::v1::CaseCodedValue& value : answer.profile()) {
    profile.Add({value.variable(), value.code(), value.label()});
  }
  return absl::StrCat(
      lines.Text(), "\n",
      answer.has_risk() ? EntryText(desk, answer.risk()) + "\n" : "",
      profile.Text("No profile."));
}

absl::Status Show(Desk& desk, const CaseOptions& options) {
  office::v1::GetCaseRequest request;
  request.set_number(options.number);
  ASSIGN_OR_RETURN(const office::v1::GetCaseResponse answer,
                   desk.Call(&CaseService::Stub::GetCase, request));
  if (!options.identity) return desk.Print(answer, CaseText(desk, answer));
  office::v1::GetIdentityRequest identity_request;
  identity_request.set_number(options.number);
  ASSIGN_OR_RETURN(
      const office::v1::GetIdentityResponse identity,
      desk.Call(&CaseService::Stub::GetIdentity, identity_request));
  if (desk.json()) {
    nlohmann::ordered_json both = JsonOf(answer);
    both["identity"] = identity.has_identity()
                           ? JsonOf(identity.identity())
                           : nlohmann::ordered_json(nullptr);
    desk.out() << JsonText(both);
    return absl::OkStatus();
  }
  desk.out() << CaseText(desk, answer) << "\n"
             << (identity.has_identity() ? IdentityText(identity.identity())
                                         : "No names are recorded.\n");
  return absl::OkStatus();
}

void AddRegister(Verbs& verbs, CLI::App* noun) {
  auto options = std::make_shared<CaseOptions>();
  CLI::App* const verb = verbs.Add(
      noun, "register", "Registers a person and gives the case number",
      "amparo case register --var gender=Female --var majorityStatus=Adult \\\n"
      "    --var citizenship=UKR --ask-identity\n"
      "amparo case register --var gender=Male --identity-file person.json",
      [options](Desk& desk) { return Register(desk, *options); });
  Repeated(
      verb->add_option("--var", options->variables,
                       "VARIABLE=CODE of the coded profile; may be repeated"));
  verb->add_flag("--ask-identity", options->ask_identity,
                 "Asks for names and date of birth");
  verb->add_option("--identity-file", options->identity_file,
                   "Names, documents and contacts from this JSON file of mode "
                   "0600 (names are never arguments)");
}

}  // namespace

void AddCaseVerbs(Verbs& verbs) {
  CLI::App* const noun = verbs.Noun("case", "Cases of this office");
  AddRegister(verbs, noun);
  AddCaseFileVerbs(verbs, noun);
  AddFindingVerbs(verbs, noun);
  auto options = std::make_shared<CaseOptions>();
  CLI::App* const show = verbs.Add(
      noun, "show", "Shows a case with its coded profile",
      "amparo case show 7K3P-92QX-A\n"
      "amparo case show 7K3P-92QX-A --identity    (who it is; this is logged)",
      [options](Desk& desk) { return Show(desk, *options); });
  show->add_option("number", options->number, "Number of the case")->required();
  show->add_flag("--identity", options->identity,
                 "Also who the person is; every look is logged");
  AddCaseLifeVerbs(verbs, noun);
  AddCaseEntryVerbs(verbs, noun);
  AddAttachmentVerbs(verbs, noun);
  AddThirdPersonVerbs(verbs, noun);
  AddCaseHoldVerb(verbs, noun);
}

}  // namespace amparo::cli
