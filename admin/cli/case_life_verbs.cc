// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/case_life_verbs.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "admin/cli/failure.h"
#include "admin/cli/identity.h"
#include "admin/cli/output.h"
#include "admin/cli/secrets.h"
#include "amparo/office/v1/cases.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::CaseService;

// Ends a merge that was not made because the cases contradict each other.
constexpr int kNotMerged = 1;

struct LifeOptions {
  std::string number;
  std::string other;
  std::string person;
  std::string reason;
  std::string reason_file;
  std::string source_file;
  std::string identity_file;
  std::vector<std::string> set;
  std::vector<std::string> remove;
  std::vector<std::string> prefer;
  uint32_t expected_version = 0;
  bool referred = false;
  bool identity = false;
  bool dry_run = false;
};

// The fields that the JSON file of an identity names.
absl::StatusOr<std::vector<std::string>> PartsOfFile(const std::string& path) {
  ASSIGN_OR_RETURN(const crypto::Secret content,
                   ReadPrivateFile(path, "--identity-file"));
  const auto json = nlohmann::json::parse(std::string(content.Reveal()),
                                          nullptr, /*allow_exceptions=*/false);
  std::vector<std::string> parts;
  const auto* const type = office::v1::CaseIdentity::descriptor();
  for (const auto& [key, value] : json.items()) {
    const auto* field = type->FindFieldByName(key);
    if (field == nullptr) field = type->FindFieldByCamelcaseName(key);
    if (field != nullptr) parts.push_back(field->name());
  }
  return parts;
}

absl::Status Amend(Desk& desk, const LifeOptions& options) {
  office::v1::AmendCaseRequest request;
  request.set_request_id(NewRequestId());
  request.set_number(options.number);
  request.set_expected_version(options.expected_version);
  for (const std::string& variable : options.set) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(variable, absl::MaxSplits('=', 1));
    if (pair.first.empty() || pair.second.empty()) {
      return UsageError("--set", "must be VARIABLE=CODE");
    }
    office::v1::CaseCodedValue* const value = request.add_set();
    value->set_variable(pair.first);
    value->set_code(pair.second);
  }
  for (const std::string& name : options.remove) request.add_remove(name);
  if (!options.identity_file.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_identity(),
                     ReadIdentityFile(options.identity_file));
    ASSIGN_OR_RETURN(const std::vector<std::string> parts,
                     PartsOfFile(options.identity_file));
    for (const std::string& part : parts) request.add_identity_parts(part);
  }
  ASSIGN_OR_RETURN(*request.mutable_source(),
                   PrivateText(desk, options.source_file, "--source-file",
                               "Where does the correction come from"));
  ASSIGN_OR_RETURN(const office::v1::AmendCaseResponse answer,
                   desk.Call(&CaseService::Stub::AmendCase, request));
  return desk.Print(answer, absl::StrCat("Amended; version ", answer.version(),
                                         answer.treated_as_minor()
                                             ? ". The person counts as a minor"
                                             : "",
                                         ".\n"));
}

absl::Status Assign(Desk& desk, const LifeOptions& options) {
  office::v1::AssignCaseRequest request;
  request.set_request_id(NewRequestId());
  request.set_number(options.number);
  request.set_person(options.person);
  ASSIGN_OR_RETURN(*request.mutable_reason(),
                   PrivateText(desk, options.reason_file, "--reason-file",
                               "Why is it handed over"));
  ASSIGN_OR_RETURN(const office::v1::AssignCaseResponse answer,
                   desk.Call(&CaseService::Stub::AssignCase, request));
  return desk.Print(answer, absl::StrCat("Assigned to ", options.person,
                                         answer.team().empty() ? "" : ", team ",
                                         answer.team(), ".\n"));
}

absl::Status ChangeStatus(Desk& desk, const LifeOptions& options,
                          const std::string& status) {
  office::v1::ChangeCaseStatusRequest request;
  request.set_request_id(NewRequestId());
  request.set_number(options.number);
  request.set_status(status);
  if (!options.reason.empty()) {
    request.set_reason(options.reason);  // A code.
  } else {
    ASSIGN_OR_RETURN(
        *request.mutable_reason(),
        PrivateText(desk, options.reason_file, "--reason-file", "Why"));
  }
  ASSIGN_OR_RETURN(const office::v1::ChangeCaseStatusResponse answer,
                   desk.Call(&CaseService::Stub::ChangeCaseStatus, request));
  return desk.Print(
      answer, absl::StrCat("The case is ", answer.status(), " now; version ",
                           answer.version(), ".\n"));
}

absl::Status Merge(Desk& desk, const LifeOptions& options) {
  office::v1::MergeCasesRequest request;
  request.set_request_id(NewRequestId());
  request.set_merged(options.number);
  request.set_into(options.other);
  request.set_dry_run(options.dry_run);
  for (const std::string& choice : options.prefer) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(choice, absl::MaxSplits('=', 1));
    if (pair.second != "into" && pair.second != "merged") {
      return UsageError("--prefer", "must be FIELD=into or FIELD=merged");
    }
    office::v1::MergeChoice* const into = request.add_choices();
    into->set_field(pair.first);
    into->set_take_merged(pair.second == "merged");
  }
  if (!options.dry_run || !options.reason_file.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_reason(),
                     PrivateText(desk, options.reason_file, "--reason-file",
                                 "Why are these one person"));
  }
  ASSIGN_OR_RETURN(const office::v1::MergeCasesResponse answer,
                   desk.Call(&CaseService::Stub::MergeCases, request));
  std::string text = answer.done()                ? "Merged.\n"
                     : answer.conflicts().empty() ? "Nothing contradicts.\n"
                                                  : "Not merged: settle each "
                                                    "of these with --prefer "
                                                    "FIELD=into or =merged.\n";
  Columns conflicts({"Field", "Into", "Merged"});
  for (const office::v1::MergeConflict& conflict : answer.conflicts()) {
    conflicts.Add(
        {conflict.field(),
         conflict.into().empty() ? "sealed"
                                 : absl::StrJoin(conflict.into(), ";"),
         conflict.merged().empty() ? "sealed"
                                   : absl::StrJoin(conflict.merged(), ";")});
  }
  if (!answer.conflicts().empty()) {
    absl::StrAppend(&text, conflicts.Text(""));
    desk.EndWith(kNotMerged);
  }
  if (!answer.filled().empty()) {
    absl::StrAppend(&text, answer.done() ? "Filled: " : "Would fill: ",
                    absl::StrJoin(answer.filled(), ", "), "\n");
  }
  return desk.Print(answer, text);
}

absl::Status Unmerge(Desk& desk, const LifeOptions& options) {
  office::v1::UnmergeCasesRequest request;
  request.set_request_id(NewRequestId());
  request.set_number(options.number);
  ASSIGN_OR_RETURN(*request.mutable_reason(),
                   PrivateText(desk, options.reason_file, "--reason-file",
                               "Why are these two persons"));
  ASSIGN_OR_RETURN(const office::v1::UnmergeCasesResponse answer,
                   desk.Call(&CaseService::Stub::UnmergeCases, request));
  return desk.Print(answer,
                    absl::StrCat("No longer merged into ", answer.from(),
                                 "; both are as they were.\n"));
}

std::string Codes(
    const google::protobuf::RepeatedPtrField<std::string>& codes) {
  return codes.empty() ? "not recorded" : absl::StrJoin(codes, ";");
}

std::string WhatChanged(const office::v1::CaseChange& change) {
  std::vector<std::string> said;
  for (const office::v1::CaseVariableChange& one : change.profile()) {
    said.push_back(absl::StrCat(one.variable(), ": ", Codes(one.before()),
                                " -> ", Codes(one.after())));
  }
  if (!change.identity_parts().empty()) {
    said.push_back(absl::StrCat("identity: ",
                                absl::StrJoin(change.identity_parts(), ", ")));
  }
  if (!change.owner_after().empty()) {
    said.push_back(
        absl::StrCat(change.owner_before(), " -> ", change.owner_after()));
  }
  if (!change.status_after().empty()) {
    said.push_back(
        absl::StrCat(change.status_before(), " -> ", change.status_after()));
  }
  if (!change.other_case().empty()) said.push_back(change.other_case());
  return absl::StrJoin(said, "; ");
}

absl::Status History(Desk& desk, const LifeOptions& options) {
  if (options.identity) {
    office::v1::GetIdentityHistoryRequest request;
    request.set_number(options.number);
    ASSIGN_OR_RETURN(
        const office::v1::GetIdentityHistoryResponse answer,
        desk.Call(&CaseService::Stub::GetIdentityHistory, request));
    std::string text;
    for (const office::v1::CaseIdentityChange& change : answer.changes()) {
      absl::StrAppend(
          &text, "Version ", change.version(), ", before:\n",
          change.has_before() ? Indented(IdentityText(change.before()))
                              : "  nothing was recorded\n",
          "after:\n",
          change.has_after() ? Indented(IdentityText(change.after()))
                             : "  nothing is recorded\n");
    }
    return desk.Print(answer, text.empty() ? "Never changed.\n" : text);
  }
  office::v1::GetCaseHistoryRequest request;
  request.set_number(options.number);
  ASSIGN_OR_RETURN(const office::v1::GetCaseHistoryResponse answer,
                   desk.Call(&CaseService::Stub::GetCaseHistory, request));
  Columns columns({"Version", "When", "Who", "What", "Change", "Why"});
  for (const office::v1::CaseChange& change : answer.changes()) {
    columns.Add({absl::StrCat(change.version()), desk.Time(change.at_ms()),
                 change.by(), change.kind(), WhatChanged(change),
                 change.source().empty() ? change.reason() : change.source()});
  }
  return desk.Print(answer, columns.Text("Never changed."));
}

using Options = std::shared_ptr<LifeOptions>;
using Run = absl::Status (*)(Desk&, const LifeOptions&);

CLI::App* AddVerb(Verbs& verbs, CLI::App* noun, const std::string& name,
                  const std::string& what, const std::string& example,
                  const Options& options, Run run) {
  CLI::App* const verb =
      verbs.Add(noun, name, what, example,
                [options, run](Desk& desk) { return run(desk, *options); });
  verb->add_option("number", options->number, "Number of the case")->required();
  return verb;
}

void AddReason(CLI::App* verb, const Options& options) {
  verb->add_option("--reason-file", options->reason_file,
                   "Why, from this file of mode 0600; asked for without it");
}

void AddStatusVerbs(Verbs& verbs, CLI::App* noun) {
  auto closing = std::make_shared<LifeOptions>();
  CLI::App* const close = AddVerb(
      verbs, noun, "close", "Closes a case",
      "amparo case close 7K3P-92QX-A --reason ASSISTANCE_COMPLETED\n"
      "amparo case close 7K3P-92QX-A --reason REFERRED --referred",
      closing, [](Desk& desk, const LifeOptions& options) {
        return ChangeStatus(desk, options,
                            options.referred ? "ClosedReferred" : "Closed");
      });
  close
      ->add_option("--reason", closing->reason,
                   "A code of the list closing-reason")
      ->required();
  close->add_flag("--referred", closing->referred,
                  "Another organisation took over");
  auto reopening = std::make_shared<LifeOptions>();
  AddReason(
      AddVerb(verbs, noun, "reopen", "Opens a closed case again",
              "amparo case reopen 7K3P-92QX-A --reason-file why.txt", reopening,
              [](Desk& desk, const LifeOptions& options) {
                return ChangeStatus(desk, options, "Active");
              }),
      reopening);
  auto following = std::make_shared<LifeOptions>();
  AddReason(AddVerb(verbs, noun, "follow-up", "Puts a case into follow-up",
                    "amparo case follow-up 7K3P-92QX-A --reason-file why.txt",
                    following,
                    [](Desk& desk, const LifeOptions& options) {
                      return ChangeStatus(desk, options, "FollowUp");
                    }),
            following);
}

void AddMergeVerbs(Verbs& verbs, CLI::App* noun) {
  auto merging = std::make_shared<LifeOptions>();
  CLI::App* const merge = AddVerb(
      verbs, noun, "merge", "Merges a case into another of the same person",
      "amparo case merge 7K3P-92QX-A --into 2M4T-81CD-6 --dry-run\n"
      "amparo case merge 7K3P-92QX-A --into 2M4T-81CD-6 \\\n"
      "    --prefer gender=into --reason-file why.txt",
      merging, Merge);
  merge
      ->add_option("--into", merging->other,
                   "The case in which the work goes on")
      ->required();
  Repeated(merge->add_option(
      "--prefer", merging->prefer,
      "FIELD=into or FIELD=merged, where the two contradict each other; may "
      "be repeated"));
  merge->add_flag("--dry-run", merging->dry_run,
                  "Says what would be filled and where they contradict");
  AddReason(merge, merging);
  auto undoing = std::make_shared<LifeOptions>();
  AddReason(AddVerb(verbs, noun, "unmerge", "Undoes a merge",
                    "amparo case unmerge 7K3P-92QX-A --reason-file why.txt",
                    undoing, Unmerge),
            undoing);
}

}  // namespace

absl::StatusOr<std::string> PrivateText(Desk& desk, const std::string& file,
                                        absl::string_view option,
                                        absl::string_view question) {
  if (file.empty()) return desk.prompter().Ask(question);
  ASSIGN_OR_RETURN(const crypto::Secret content, ReadPrivateFile(file, option));
  const absl::string_view text = content.Reveal();
  return std::string(absl::StripSuffix(text, "\n"));
}

void AddCaseLifeVerbs(Verbs& verbs, CLI::App* noun) {
  auto amending = std::make_shared<LifeOptions>();
  CLI::App* const amend = AddVerb(
      verbs, noun, "amend",
      "Corrects a case; what it said stays in its history",
      "amparo case amend 7K3P-92QX-A --version 1 --set gender=Female \\\n"
      "    --source-file source.txt\n"
      "amparo case amend 7K3P-92QX-A --version 2 --identity-file person.json",
      amending, Amend);
  amend
      ->add_option("--version", amending->expected_version,
                   "The version that was read: `case show` says it")
      ->required();
  Repeated(amend->add_option("--set", amending->set,
                             "VARIABLE=CODE; may be repeated"));
  Repeated(amend->add_option("--remove", amending->remove,
                             "A variable that is not recorded any more; may be "
                             "repeated"));
  amend->add_option("--identity-file", amending->identity_file,
                    "The fields of the identity that change, from this JSON "
                    "file of mode 0600");
  amend->add_option("--source-file", amending->source_file,
                    "Where the correction comes from, from this file of mode "
                    "0600; asked for without it");
  auto assigning = std::make_shared<LifeOptions>();
  CLI::App* const assign = AddVerb(
      verbs, noun, "assign", "Hands a case to a colleague and their team",
      "amparo case assign 7K3P-92QX-A --to olena --reason-file why.txt",
      assigning, Assign);
  assign->add_option("--to", assigning->person, "Name of the colleague")
      ->required();
  AddReason(assign, assigning);
  AddStatusVerbs(verbs, noun);
  AddMergeVerbs(verbs, noun);
  auto reading = std::make_shared<LifeOptions>();
  CLI::App* const history = AddVerb(
      verbs, noun, "history", "Shows every change of a case, oldest first",
      "amparo case history 7K3P-92QX-A\n"
      "amparo case history 7K3P-92QX-A --identity    (names; this is logged)",
      reading, History);
  history->add_flag("--identity", reading->identity,
                    "What the identity said; every look is logged");
}

}  // namespace amparo::cli
