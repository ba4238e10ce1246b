// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/person_text.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin/cli/new_file.h"
#include "admin/cli/output.h"
#include "admin/cli/verbs.h"
#include "amparo/office/v1/people.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::PeopleService;
using office::v1::Role;

struct PersonOptions {
  std::string name;
  std::vector<std::string> roles;
  std::string team;
  std::string code_file;
};

absl::StatusOr<std::vector<Role>> ReadRoles(const PersonOptions& options) {
  std::vector<Role> roles;
  for (const std::string& word : options.roles) {
    ASSIGN_OR_RETURN(const Role role, EnumOf<Role>(word, "--role"));
    roles.push_back(role);
  }
  return roles;
}

absl::Status AddPerson(Desk& desk, const PersonOptions& options) {
  office::v1::AddPersonRequest request;
  request.set_request_id(NewRequestId());
  request.set_name(options.name);
  request.set_team(options.team);
  ASSIGN_OR_RETURN(const std::vector<Role> roles, ReadRoles(options));
  for (const Role role : roles) request.add_roles(role);
  std::unique_ptr<NewFile> code_file;
  if (!options.code_file.empty()) {
    ASSIGN_OR_RETURN(code_file,
                     NewFile::Make(options.code_file, "--code-file"));
  }
  ASSIGN_OR_RETURN(office::v1::AddPersonResponse answer,
                   desk.Call(&PeopleService::Stub::AddPerson, request));
  std::string text = absl::StrCat("Added ", Printable(answer.person().name()),
                                  " (", RolesText(answer.person()), ").\n");
  const std::string until = desk.Time(answer.code_expires_at_ms());
  if (code_file == nullptr) {
    absl::StrAppend(
        &text, "One-use sign-in code, to hand over in person: ", answer.code(),
        "\nIt lapses ", until, " and is not shown again.\n");
  } else {
    RETURN_IF_ERROR(code_file->Append(answer.code() + "\n"));
    RETURN_IF_ERROR(code_file->Keep());
    answer.clear_code();
    absl::StrAppend(&text, "The one-use sign-in code is in the code file; it ",
                    "lapses ", until, ".\n");
  }
  return desk.Print(answer, text);
}

absl::Status DisablePerson(Desk& desk, const PersonOptions& options) {
  office::v1::DisablePersonRequest request;
  request.set_request_id(NewRequestId());
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const office::v1::DisablePersonResponse answer,
                   desk.Call(&PeopleService::Stub::DisablePerson, request));
  return desk.Print(
      answer, absl::StrCat(Printable(answer.person().name()),
                           " may not sign in any more; sessions ended.\n"));
}

absl::Status SetRoles(Desk& desk, const PersonOptions& options) {
  office::v1::SetRolesRequest request;
  request.set_request_id(NewRequestId());
  request.set_name(options.name);
  request.set_team(options.team);
  ASSIGN_OR_RETURN(const std::vector<Role> roles, ReadRoles(options));
  for (const Role role : roles) request.add_roles(role);
  ASSIGN_OR_RETURN(const office::v1::SetRolesResponse answer,
                   desk.Call(&PeopleService::Stub::SetRoles, request));
  return desk.Print(answer, PersonText(answer.person()));
}

absl::Status ListPersons(Desk& desk, const Paging& paging) {
  ASSIGN_OR_RETURN(const auto answer,
                   Gather(desk, &PeopleService::Stub::ListPersons,
                          office::v1::ListPersonsRequest(), paging,
                          [](office::v1::ListPersonsResponse* page) {
                            return page->mutable_persons();
                          }));
  Columns columns({"Name", "Roles", "Team", "State"});
  for (const office::v1::Person& person : answer.persons()) {
    columns.Add({person.name(), RolesText(person), person.team(),
                 EnumWord(person.state())});
  }
  return desk.Print(
      answer, columns.Text("No people.") + MoreText(answer.next_page_token()));
}

}  // namespace

std::string RolesText(const office::v1::Person& person) {
  std::vector<std::string> words;
  for (const int role : person.roles()) {
    words.push_back(EnumWord(static_cast<Role>(role)));
  }
  return absl::StrJoin(words, ", ");
}

std::string PersonText(const office::v1::Person& person) {
  Labelled lines;
  lines.Add("Name", person.name());
  lines.Add("Roles", RolesText(person));
  lines.AddIf("Team", person.team());
  lines.Add("State", EnumWord(person.state()));
  return lines.Text();
}

void AddPersonVerbs(Verbs& verbs) {
  CLI::App* const noun = verbs.Noun("person", "People of this office");
  auto options = std::make_shared<PersonOptions>();
  CLI::App* const add = verbs.Add(
      noun, "add", "Adds a person and makes their one-use sign-in code",
      "amparo person add marta --role caseworker --team shelter\n"
      "amparo person add ivan --role ANALYST --code-file ivan.code",
      [options](Desk& desk) { return AddPerson(desk, *options); });
  CLI::App* const disable = verbs.Add(
      noun, "disable", "Takes sign-in away; sessions end at once",
      "amparo person disable marta",
      [options](Desk& desk) { return DisablePerson(desk, *options); });
  CLI::App* const roles = verbs.Add(
      noun, "roles", "Replaces the roles and the team of another person",
      "amparo person roles marta --role supervisor --team shelter",
      [options](Desk& desk) { return SetRoles(desk, *options); });
  for (CLI::App* const verb : {add, disable, roles}) {
    verb->add_option("name", options->name, "Sign-in name")->required();
  }
  for (CLI::App* const verb : {add, roles}) {
    Repeated(verb->add_option(
                 "--role", options->roles,
                 "CASEWORKER, SUPERVISOR, FOCAL_POINT, ANALYST, "
                 "ADMINISTRATOR, DATA_PROTECTION_OFFICER or AUDITOR; may "
                 "be repeated"))
        ->required();
    verb->add_option("--team", options->team, "Team, if any");
  }
  add->add_option("--code-file", options->code_file,
                  "Write the code to this new file of mode 0600");
  auto paging = std::make_shared<Paging>();
  CLI::App* const list = verbs.Add(
      noun, "list", "Lists the people of this office", "amparo person list",
      [paging](Desk& desk) { return ListPersons(desk, *paging); });
  AddPaging(list, paging.get());
}

}  // namespace amparo::cli
