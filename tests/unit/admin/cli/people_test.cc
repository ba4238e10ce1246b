// SPDX-License-Identifier: Apache-2.0
//
// login, logout, whoami and person.
#include "admin/cli/session_file.h"
#include "amparo/office/v1/people.pb.h"
#include "tests/unit/admin/cli/cli_fixture.h"

namespace amparo::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

office::v1::Person Marta() {
  office::v1::Person person;
  person.set_person_id("00112233445566778899aabbccddeeff");
  person.set_name("marta");
  person.add_roles(office::v1::ROLE_CASEWORKER);
  person.add_roles(office::v1::ROLE_FOCAL_POINT);
  person.set_team("shelter");
  person.set_state(office::v1::PERSON_STATE_ACTIVE);
  return person;
}

template <class Response>
Response Opened() {
  Response response;
  response.mutable_session()->set_token("canary-token");
  response.mutable_session()->set_device_token("canary-device");
  response.mutable_session()->set_expires_at_ms(1770148800000);
  *response.mutable_session()->mutable_person() = Marta();
  return response;
}

class Login : public CliTest {
 protected:
  Login() {
    node_->Answer("PeopleService.SignIn", Opened<office::v1::SignInResponse>());
    node_->Answer("PeopleService.Enrol", Opened<office::v1::EnrolResponse>());
    office::v1::WhoAmIResponse who;
    *who.mutable_person() = Marta();
    node_->Answer("PeopleService.WhoAmI", who);
    node_->Answer("PeopleService.SignOut", office::v1::SignOutResponse());
  }
};

class Person : public CliTest {};

TEST_F(Login, AsksForThePasswordAndKeepsTheSession) {
  prompter_.answers = {"canary-password"};
  const Outcome outcome = Run({"login", "marta"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "Signed in as marta (caseworker, focal point) until "
            "2026-02-03T22:00:00+02:00.\n");
  EXPECT_THAT(prompter_.questions, ElementsAre("Password"));
  EXPECT_EQ(
      node_->LastRequest<office::v1::SignInRequest>("PeopleService.SignIn")
          .password(),
      "canary-password");
  EXPECT_EQ(ModeOf(SessionPath()), 0600u);
  Run({"whoami"});
  EXPECT_EQ(node_->calls().back().session, "canary-token");
}

TEST_F(Login, TakesThePasswordFromAPrivateFile) {
  const std::string path = Write("password", "canary-password\n");
  EXPECT_EQ(Run({"login", "marta", "--password-file", path}).code, 0);
  EXPECT_EQ(
      node_->LastRequest<office::v1::SignInRequest>("PeopleService.SignIn")
          .password(),
      "canary-password");
}

TEST_F(Login, RefusesAPasswordFileThatOthersMayRead) {
  const std::string path = Write("password", "canary-password\n", 0644);
  const Outcome outcome = Run({"login", "marta", "--password-file", path});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("FILE_MODE_TOO_OPEN"));
  EXPECT_TRUE(node_->calls().empty());
}

TEST_F(Login, NeverPrintsTheTokens) {
  const std::string path = Write("password", "canary-password\n");
  for (const bool json : {false, true}) {
    std::vector<std::string> line = {"login", "marta", "--password-file", path};
    if (json) line.push_back("--json");
    const Outcome outcome = Run(line);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("canary")));
  }
}

TEST_F(Login, SendsTheDeviceTokenOfTheSameName) {
  const std::string path = Write("password", "canary-password\n");
  const auto device = [this] {
    return node_->LastRequest<office::v1::SignInRequest>("PeopleService.SignIn")
        .device_token();
  };
  Run({"login", "marta", "--password-file", path});
  EXPECT_EQ(device(), "");
  Run({"login", "marta", "--password-file", path});
  EXPECT_EQ(device(), "canary-device");
  Run({"login", "ivan", "--password-file", path});
  EXPECT_EQ(device(), "");
}

TEST_F(Login, TheFirstTimeSetsThePasswordWithTheCode) {
  const Outcome outcome =
      Run({"login", "marta", "--code-file", Write("code", "ABCD-EFGH\n"),
           "--password-file", Write("password", "canary-password\n")});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const auto request =
      node_->LastRequest<office::v1::EnrolRequest>("PeopleService.Enrol");
  EXPECT_EQ(request.code(), "ABCD-EFGH");
  EXPECT_EQ(request.password(), "canary-password");
}

TEST_F(Login, TheFirstTimeAsksForTheNewPasswordTwice) {
  prompter_.answers = {"ABCD-EFGH", "canary-password", "canary-passwort"};
  const Outcome differs = Run({"login", "marta", "--first-time"});
  EXPECT_EQ(differs.code, 2);
  EXPECT_TRUE(node_->calls().empty());
  prompter_.answers = {"ABCD-EFGH", "canary-password", "canary-password"};
  EXPECT_EQ(Run({"login", "marta", "--first-time"}).code, 0);
}

TEST_F(Login, RefusedKeepsTheSessionOfBefore) {
  const std::string path = Write("password", "canary-password\n");
  Run({"login", "marta", "--password-file", path});
  const std::string before = Read(SessionPath());
  node_ = nullptr;
  node_ = std::make_unique<FakeNode>(folder_);
  node_->Refuse("PeopleService.SignIn",
                RefusalOnWire(grpc::StatusCode::UNAUTHENTICATED,
                              "SIGN_IN_REFUSED", "not right"));
  EXPECT_EQ(Run({"login", "marta", "--password-file", path}).code, 3);
  EXPECT_EQ(Read(SessionPath()), before);
}

TEST_F(Login, LogoutForgetsTheTokenAndKeepsTheDevice) {
  Run({"login", "marta", "--password-file",
       Write("password", "canary-password\n")});
  EXPECT_EQ(Run({"logout"}).code, 0);
  const auto session = ReadSessionFile(SessionPath());
  ASSERT_TRUE(session.ok());
  EXPECT_TRUE(session->token.empty());
  EXPECT_EQ(std::string(session->device_token.Reveal()), "canary-device");
}

TEST_F(Login, WhoAmIShowsThePerson) {
  EXPECT_EQ(Run({"whoami"}).out,
            "Name   marta\n"
            "Roles  caseworker, focal point\n"
            "Team   shelter\n"
            "State  active\n");
}

TEST_F(Person, AddPrintsTheCodeOnce) {
  office::v1::AddPersonResponse response;
  *response.mutable_person() = Marta();
  response.set_code("ABCD-EFGH");
  response.set_code_expires_at_ms(1770105600000);
  node_->Answer("PeopleService.AddPerson", response);
  const Outcome outcome = Run({"person", "add", "marta", "--role", "caseworker",
                               "--role", "FOCAL_POINT", "--team", "shelter"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("ABCD-EFGH"));
  const auto request = node_->LastRequest<office::v1::AddPersonRequest>(
      "PeopleService.AddPerson");
  EXPECT_EQ(request.name(), "marta");
  EXPECT_EQ(request.team(), "shelter");
  EXPECT_THAT(request.roles(), ElementsAre(office::v1::ROLE_CASEWORKER,
                                           office::v1::ROLE_FOCAL_POINT));
}

TEST_F(Person, AddWritesTheCodeToAPrivateFileAndNowhereElse) {
  office::v1::AddPersonResponse response;
  *response.mutable_person() = Marta();
  response.set_code("ABCD-EFGH");
  node_->Answer("PeopleService.AddPerson", response);
  const std::string path = folder_ + "/marta.code";
  const Outcome outcome = Run({"person", "add", "marta", "--role", "caseworker",
                               "--code-file", path, "--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, Not(HasSubstr("ABCD-EFGH")));
  EXPECT_EQ(Read(path), "ABCD-EFGH\n");
  EXPECT_EQ(ModeOf(path), 0600u);
}

TEST_F(Person, AddAsksNothingWhenTheCodeCouldNotBeKept) {
  const std::string path = Write("marta.code", "before");
  const Outcome outcome = Run(
      {"person", "add", "marta", "--role", "caseworker", "--code-file", path});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(node_->calls().empty());
}

TEST_F(Person, AddAsksNothingWhenTheCodeFileCannotBeMade) {
  const Outcome outcome = Run({"person", "add", "marta", "--role", "caseworker",
                               "--code-file", folder_ + "/none/marta.code"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--code-file"));
  EXPECT_TRUE(node_->calls().empty());
}

TEST_F(Person, TextThatIsNoUtf8IsRefusedHereAndNamed) {
  const Outcome outcome = Run({"person", "add", "marta", "--role", "caseworker",
                               "--team", "canary\xEF\xF0"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(
      outcome.err,
      HasSubstr("ENCODING_INVALID: team is not UTF-8\n  field: team\n"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("canary")));
  EXPECT_TRUE(node_->calls().empty());
}

TEST_F(Person, ListGathersAllPages) {
  office::v1::ListPersonsResponse first;
  *first.add_persons() = Marta();
  first.set_next_page_token("next");
  office::v1::ListPersonsResponse second;
  *second.add_persons() = Marta();
  second.mutable_persons(0)->set_name("\x1B[2Jivan");
  second.mutable_persons(0)->set_state(office::v1::PERSON_STATE_DISABLED);
  node_->Answer("PeopleService.ListPersons", first);
  node_->Answer("PeopleService.ListPersons", second);
  const Outcome outcome = Run({"person", "list"});
  EXPECT_EQ(outcome.out,
            "Name      Roles                    Team     State\n"
            "marta     caseworker, focal point  shelter  active\n"
            "\xEF\xBF\xBD[2Jivan  caseworker, focal point  shelter  "
            "disabled\n");
  EXPECT_EQ(node_
                ->LastRequest<office::v1::ListPersonsRequest>(
                    "PeopleService.ListPersons")
                .page_token(),
            "next");
}

TEST_F(Person, ListSaysWhenThereAreMore) {
  office::v1::ListPersonsResponse page;
  *page.add_persons() = Marta();
  page.set_next_page_token("next");
  node_->Answer("PeopleService.ListPersons", page);
  const Outcome outcome = Run({"person", "list", "--limit", "1"});
  EXPECT_THAT(outcome.out, HasSubstr("There are more"));
  EXPECT_EQ(node_->calls().size(), 1u);
}

TEST_F(Person, RolesReplacesThem) {
  office::v1::SetRolesResponse response;
  *response.mutable_person() = Marta();
  node_->Answer("PeopleService.SetRoles", response);
  EXPECT_EQ(Run({"person", "roles", "marta", "--role", "auditor"}).code, 0);
  EXPECT_THAT(
      node_->LastRequest<office::v1::SetRolesRequest>("PeopleService.SetRoles")
          .roles(),
      ElementsAre(office::v1::ROLE_AUDITOR));
}

}  // namespace
}  // namespace amparo::cli
