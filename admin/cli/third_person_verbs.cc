// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin/cli/case_life_verbs.h"
#include "admin/cli/identity.h"
#include "admin/cli/output.h"
#include "amparo/office/v1/third_persons.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::ThirdPersonService;
using office::v1::ThirdPersonSummary;

struct ThirdOptions {
  std::string number;
  std::string id;
  std::string kind;
  std::string relation = "-99";
  std::vector<std::string> roles;
  std::string identity_file;
  std::string note_file;
  bool ask_identity = false;
  uint32_t version = 0;
  std::string source_file;
};

// What a request to add or to amend says of the person.
template <class Request>
absl::Status Describe(Desk& desk, const ThirdOptions& options,
                      Request& request) {
  request.set_request_id(NewRequestId());
  request.set_number(options.number);
  request.set_kind(options.kind);
  request.set_relation(options.relation);
  for (const std::string& role : options.roles) request.add_roles(role);
  if (!options.identity_file.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_identity(),
                     ReadIdentityFile(options.identity_file));
  } else if (options.ask_identity) {
    ASSIGN_OR_RETURN(*request.mutable_identity(), AskIdentity(desk.prompter()));
  }
  if (!options.note_file.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_note(),
                     PrivateText(desk, options.note_file, "--note-file", ""));
  }
  return absl::OkStatus();
}

absl::Status AddThird(Desk& desk, const ThirdOptions& options) {
  office::v1::AddThirdPersonRequest request;
  RETURN_IF_ERROR(Describe(desk, options, request));
  ASSIGN_OR_RETURN(
      const office::v1::AddThirdPersonResponse answer,
      desk.Call(&ThirdPersonService::Stub::AddThirdPerson, request));
  return desk.Print(
      answer, absl::StrCat("Third person ", answer.third_person_id(), "\n"));
}

absl::Status AmendThird(Desk& desk, const ThirdOptions& options) {
  office::v1::AmendThirdPersonRequest request;
  RETURN_IF_ERROR(Describe(desk, options, request));
  request.set_third_person_id(options.id);
  request.set_expected_version(options.version);
  ASSIGN_OR_RETURN(*request.mutable_source(),
                   PrivateText(desk, options.source_file, "--source-file",
                               "Where this comes from"));
  ASSIGN_OR_RETURN(
      const office::v1::AmendThirdPersonResponse answer,
      desk.Call(&ThirdPersonService::Stub::AmendThirdPerson, request));
  return desk.Print(answer, absl::StrCat("Version ", answer.version(), "\n"));
}

absl::Status ListThird(Desk& desk, const ThirdOptions& options) {
  office::v1::ListThirdPersonsRequest request;
  request.set_number(options.number);
  ASSIGN_OR_RETURN(
      const office::v1::ListThirdPersonsResponse answer,
      desk.Call(&ThirdPersonService::Stub::ListThirdPersons, request));
  Columns columns(
      {"Id", "Kind", "Relation", "Roles", "Version", "Written", "By"});
  for (const ThirdPersonSummary& one : answer.persons()) {
    columns.Add({one.third_person_id(), one.kind(), one.relation(),
                 absl::StrJoin(one.roles(), ";"), absl::StrCat(one.version()),
                 desk.Time(one.recorded_at_ms()), one.recorded_by()});
  }
  return desk.Print(answer, columns.Text("No third persons."));
}

absl::Status ShowThird(Desk& desk, const ThirdOptions& options) {
  office::v1::GetThirdPersonRequest request;
  request.set_number(options.number);
  request.set_third_person_id(options.id);
  ASSIGN_OR_RETURN(
      const office::v1::GetThirdPersonResponse answer,
      desk.Call(&ThirdPersonService::Stub::GetThirdPerson, request));
  Labelled lines;
  lines.Add("Kind", answer.summary().kind());
  lines.Add("Relation", answer.summary().relation());
  lines.AddIf("Roles", absl::StrJoin(answer.summary().roles(), ";"));
  lines.AddIf("Note", answer.note());
  lines.Add("Version", absl::StrCat(answer.summary().version()));
  std::string text = lines.Text() + IdentityText(answer.identity());
  for (const office::v1::ThirdPersonBefore& before : answer.before()) {
    Labelled was;
    was.Add("Until", desk.Time(before.amended_at_ms()));
    was.Add("  amended by", before.amended_by());
    was.Add("  source", before.source());
    was.Add("  kind", before.kind());
    was.Add("  relation", before.relation());
    was.AddIf("  roles", absl::StrJoin(before.roles(), ";"));
    was.AddIf("  note", before.note());
    absl::StrAppend(&text, "\n", was.Text(), IdentityText(before.identity()));
  }
  return desk.Print(answer, text);
}

absl::Status RemoveThird(Desk& desk, const ThirdOptions& options) {
  office::v1::RemoveThirdPersonRequest request;
  request.set_request_id(NewRequestId());
  request.set_number(options.number);
  request.set_third_person_id(options.id);
  ASSIGN_OR_RETURN(
      const office::v1::RemoveThirdPersonResponse answer,
      desk.Call(&ThirdPersonService::Stub::RemoveThirdPerson, request));
  return desk.Print(answer, "Removed with its key.\n");
}

CLI::App* AddVerb(Verbs& verbs, CLI::App* third, const std::string& name,
                  const std::string& what, const std::string& example,
                  const std::shared_ptr<ThirdOptions>& options,
                  absl::Status (*run)(Desk&, const ThirdOptions&)) {
  CLI::App* const verb =
      verbs.Add(third, name, what, example,
                [options, run](Desk& desk) { return run(desk, *options); });
  verb->add_option("number", options->number, "Number of the case")->required();
  return verb;
}

// What add and amend say of the person.
void AddDescription(CLI::App* verb, ThirdOptions& options) {
  verb->add_option("--kind", options.kind,
                   "DEPENDANT, ALLEGED_PERPETRATOR or INFORMANT")
      ->required();
  verb->add_option("--relation", options.relation,
                   "A code of the list third-person-relation (-99)");
  Repeated(verb->add_option("--role", options.roles,
                            "A code of the list role-in-process, of an alleged "
                            "perpetrator; may be repeated"));
  verb->add_flag("--ask-identity", options.ask_identity,
                 "Asks for names and date of birth");
  verb->add_option("--identity-file", options.identity_file,
                   "Who it is, from this JSON file of mode 0600");
  verb->add_option("--note-file", options.note_file,
                   "A note, from this file of mode 0600");
}

}  // namespace

void AddThirdPersonVerbs(Verbs& verbs, CLI::App* noun) {
  CLI::App* const third = noun->add_subcommand(
      "third", "Dependants, alleged perpetrators and informants of a case");
  third->require_subcommand(1);
  third->footer("Example:\n  amparo case third list 7K3P-92QX-A");
  auto adding = std::make_shared<ThirdOptions>();
  CLI::App* const add = AddVerb(
      verbs, third, "add", "Writes a third person down, with a key of its own",
      "amparo case third add 7K3P-92QX-A --kind DEPENDANT --relation CHILD \\\n"
      "    --identity-file child.json",
      adding, AddThird);
  AddDescription(add, *adding);
  auto amending = std::make_shared<ThirdOptions>();
  CLI::App* const amend = AddVerb(
      verbs, third, "amend",
      "Says anew all that a third person is; what was said before stays",
      "amparo case third amend 7K3P-92QX-A ID --version 1 \\\n"
      "    --kind DEPENDANT --relation SIBLING --identity-file child.json",
      amending, AmendThird);
  amend->add_option("id", amending->id, "Id of the third person")->required();
  amend
      ->add_option("--version", amending->version,
                   "The version that was read, which `third list` says")
      ->required();
  AddDescription(amend, *amending);
  amend->add_option("--source-file", amending->source_file,
                    "Where the correction comes from, from this file of mode "
                    "0600; else it is asked for");
  AddVerb(verbs, third, "list", "Kinds and relations, never names",
          "amparo case third list 7K3P-92QX-A",
          std::make_shared<ThirdOptions>(), ListThird);
  auto showing = std::make_shared<ThirdOptions>();
  AddVerb(verbs, third, "show", "Who a third person is; every look is logged",
          "amparo case third show 7K3P-92QX-A ID", showing, ShowThird)
      ->add_option("id", showing->id, "Id of the third person")
      ->required();
  auto removing = std::make_shared<ThirdOptions>();
  AddVerb(verbs, third, "remove", "Deletes a third person with its key",
          "amparo case third remove 7K3P-92QX-A ID", removing, RemoveThird)
      ->add_option("id", removing->id, "Id of the third person")
      ->required();
}

}  // namespace amparo::cli
