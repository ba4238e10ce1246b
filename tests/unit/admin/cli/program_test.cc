// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/program.h"

#include "absl/strings/str_split.h"
#include "amparo/office/v1/people.pb.h"
#include "amparo/office/v1/status.pb.h"
#include "tests/unit/admin/cli/cli_fixture.h"

namespace amparo::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Program : public CliTest {};

const std::vector<std::vector<std::string>>& AllVerbs() {
  static const auto* const kVerbs = new std::vector<std::vector<std::string>>{
      {"login"},
      {"logout"},
      {"whoami"},
      {"case", "register"},
      {"case", "import"},
      {"case", "export"},
      {"case", "list"},
      {"case", "search"},
      {"case", "show"},
      {"consent", "give"},
      {"consent", "list"},
      {"consent", "show"},
      {"consent", "withdraw"},
      {"referral", "propose"},
      {"referral", "list"},
      {"referral", "show"},
      {"referral", "accept"},
      {"referral", "decline"},
      {"referral", "disclose"},
      {"referral", "open"},
      {"peer", "invite"},
      {"peer", "accept"},
      {"peer", "confirm"},
      {"peer", "list"},
      {"peer", "show"},
      {"peer", "suspend"},
      {"peer", "resume"},
      {"agreement", "propose"},
      {"agreement", "sign"},
      {"agreement", "show"},
      {"agreement", "list"},
      {"person", "add"},
      {"person", "disable"},
      {"person", "roles"},
      {"person", "list"},
      {"table", "list"},
      {"table", "prepare"},
      {"table", "release"},
      {"table", "releases"},
      {"table", "show"},
      {"trend"},
      {"vocabulary", "lists"},
      {"vocabulary", "show"},
      {"vocabulary", "variables"},
      {"vocabulary", "fields"},
      {"vocabulary", "crosswalk"},
      {"status"},
      {"doctor"},
      {"completion"},
  };
  return *kVerbs;
}

TEST_F(Program, AloneShowsTheMainJobInSixLines) {
  const Outcome outcome = RunBare({});
  EXPECT_EQ(outcome.code, 0);
  const std::vector<std::string> lines = absl::StrSplit(outcome.out, '\n');
  EXPECT_EQ(lines.size(), 7u) << outcome.out;  // The last is empty.
  EXPECT_THAT(outcome.out, HasSubstr("amparo referral propose"));
}

TEST_F(Program, EveryVerbsHelpEndsWithAnExampleOfItself) {
  for (std::vector<std::string> verb : AllVerbs()) {
    const std::string words =
        verb.size() == 2 ? verb[0] + " " + verb[1] : verb[0];
    verb.push_back("--help");
    const Outcome outcome = RunBare(verb);
    EXPECT_EQ(outcome.code, 0) << words;
    EXPECT_THAT(outcome.out, HasSubstr("Example:\n  amparo " + words)) << words;
  }
}

TEST_F(Program, TheManualShowsEveryVerb) {
  const std::string manual =
      Read(std::string(AMPARO_SOURCE_DIR) + "/deploy/manual/cli.md");
  for (const std::vector<std::string>& verb : AllVerbs()) {
    EXPECT_THAT(manual, HasSubstr("amparo " + verb[0] +
                                  (verb.size() == 2 ? " " + verb[1] : "")));
  }
}

TEST_F(Program, WrongUsageEndsWithTwo) {
  const std::vector<std::vector<std::string>> kLines = {
      {"nosuch"},
      {"peer"},
      {"peer", "nosuch"},
      {"login"},
      {"status", "--nosuch"},
      {"status", "extra"},
      {"referral", "list", "--limit", "0"},
      {"referral", "list", "--limit", "many"},
      {"referral", "list", "--direction", "sideways"},
      {"--timeout", "0", "status"},
      {"consent", "give", "--case", "X"},
  };
  for (const auto& line : kLines) {
    const Outcome outcome = Run(line);
    EXPECT_EQ(outcome.code, 2) << line.back() << outcome.err;
    EXPECT_THAT(outcome.err, StartsWith("USAGE: "));
    EXPECT_EQ(outcome.out, "");
  }
  EXPECT_TRUE(node_->calls().empty());
}

TEST_F(Program, WrongUsageIsJsonForScripts) {
  const Outcome outcome = Run({"--json", "status", "--nosuch"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(nlohmann::json::parse(outcome.err)["reason"], "USAGE");
}

// Secrets typed in the wrong place are refused and repeated nowhere.
TEST_F(Program, SecretsAreNeverTakenAsArgumentsNorRepeated) {
  const std::vector<std::vector<std::string>> kLines = {
      {"login", "marta", "--password", "canary-17"},
      {"login", "marta", "--password=canary-17"},
      {"login", "marta", "--code", "canary-17"},
      {"login", "marta", "canary-17"},
      {"login", "marta", "--password-fd", "canary-17"},
      {"peer", "accept", "canary-17"},
      {"peer", "accept", "--code", "canary-17"},
      {"peer", "accept", "--code=canary-17"},
      {"case", "register", "--given-names", "canary-17"},
      {"case", "register", "--given-names=canary-17"},
      {"case", "register", "canary-17"},
      {"case", "register", "--identity", "canary-17"},
      {"--token", "canary-17", "status"},
      {"--token=canary-17", "status"},
      {"--canary-17"},
      {"canary-17"},
      {"--timeout", "canary-17", "status"},
      {"referral", "list", "--limit", "canary-17"},
  };
  for (auto line : kLines) {
    for (const bool json : {false, true}) {
      if (json) line.insert(line.begin(), "--json");
      const Outcome outcome = Run(line);
      EXPECT_EQ(outcome.code, 2);
      EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("canary-17")));
    }
  }
  EXPECT_TRUE(node_->calls().empty());
}

TEST_F(Program, NoVerbHasAnOptionThatTakesASecret) {
  for (std::vector<std::string> verb : AllVerbs()) {
    verb.push_back("--help");
    const std::string help = RunBare(verb).out;
    for (const char* const option :
         {"--password ", "--code ", "--token ", "--name ", "--given-names",
          "--family-names", "--born"}) {
      EXPECT_THAT(help, Not(HasSubstr(option))) << verb.front();
    }
  }
}

TEST_F(Program, GlobalOptionsStandBeforeOrAfterTheVerbAndTheLastCounts) {
  node_->Answer("StatusService.ShowStatus", office::v1::ShowStatusResponse());
  for (const auto& line : std::vector<std::vector<std::string>>{
           {"--socket", node_->socket(), "--json", "status"},
           {"status", "--json", "--socket", node_->socket()},
           {"--socket", "/nowhere", "status", "--socket", node_->socket(),
            "--json"},
           {"--data", folder_, "status", "--json"}}) {
    const Outcome outcome = RunBare(line);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, StartsWith("{\n"));
  }
  environment_socket_ = node_->socket();
  EXPECT_EQ(RunBare({"status"}).code, 0);
}

TEST_F(Program, WithoutASocketSaysHowToNameOne) {
  const Outcome outcome = RunBare({"status"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("AMPARO_SOCKET"));
}

TEST_F(Program, ANodeThatIsNotThereEndsWithFour) {
  const Outcome none = RunBare({"--socket", folder_ + "/none", "status"});
  EXPECT_EQ(none.code, 4);
  EXPECT_THAT(none.err, HasSubstr("NODE_NOT_REACHABLE"));
  const Outcome file =
      RunBare({"--socket", Write("file", ""), "--json", "status"});
  EXPECT_EQ(file.code, 4);
  EXPECT_EQ(nlohmann::json::parse(file.err)["reason"], "NODE_NOT_REACHABLE");
}

TEST_F(Program, WithoutASessionEndsWithThree) {
  node_->Refuse("PeopleService.WhoAmI",
                RefusalOnWire(grpc::StatusCode::UNAUTHENTICATED,
                              "NOT_SIGNED_IN", "no valid session"));
  const Outcome outcome = Run({"whoami"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("amparo login NAME"));
}

TEST_F(Program, ARefusalEndsWithOneAndAnErrorOfTheProgramWithFive) {
  EXPECT_EQ(Run({"whoami"}).code, 1);  // NOT_ALLOWED.
  node_->Refuse("PeopleService.WhoAmI",
                RefusalOnWire(grpc::StatusCode::INTERNAL, "INTERNAL",
                              "report incident 00"));
  EXPECT_EQ(Run({"whoami"}).code, 5);
}

TEST_F(Program, TriesThreeTimesWithTheSameRequestId) {
  const grpc::Status busy(grpc::StatusCode::UNAVAILABLE, "busy");
  node_->Refuse("PeopleService.DisablePerson", busy);
  node_->Refuse("PeopleService.DisablePerson", busy);
  node_->Answer("PeopleService.DisablePerson",
                office::v1::DisablePersonResponse());
  EXPECT_EQ(Run({"person", "disable", "ivan"}).code, 0);
  const auto calls = node_->calls();
  ASSERT_EQ(calls.size(), 3u);
  office::v1::DisablePersonRequest first;
  ASSERT_TRUE(first.ParseFromString(calls[0].messages.at(0)));
  EXPECT_EQ(first.request_id().size(), 32u);
  EXPECT_EQ(calls[1].messages, calls[0].messages);
  EXPECT_EQ(calls[2].messages, calls[0].messages);
}

TEST_F(Program, GivesUpAfterThreeTries) {
  node_->Refuse("PeopleService.WhoAmI",
                grpc::Status(grpc::StatusCode::UNAVAILABLE, "busy"));
  EXPECT_EQ(Run({"whoami"}).code, 4);
  EXPECT_EQ(node_->calls().size(), 3u);
}

TEST_F(Program, NeverRepeatsWhatWasRefused) {
  Run({"person", "disable", "ivan"});
  EXPECT_EQ(node_->calls().size(), 1u);
}

TEST_F(Program, EveryChangeHasAnIdOfItsOwn) {
  node_->Answer("PeopleService.DisablePerson",
                office::v1::DisablePersonResponse());
  Run({"person", "disable", "ivan"});
  const std::string first = node_
                                ->LastRequest<office::v1::DisablePersonRequest>(
                                    "PeopleService.DisablePerson")
                                .request_id();
  Run({"person", "disable", "ivan"});
  EXPECT_NE(node_
                ->LastRequest<office::v1::DisablePersonRequest>(
                    "PeopleService.DisablePerson")
                .request_id(),
            first);
}

}  // namespace
}  // namespace amparo::cli
