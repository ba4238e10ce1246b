// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/program.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "amparo/office/v1/people.pb.h"
#include "amparo/office/v1/status.pb.h"
#include "tests/unit/admin/cli/cli_fixture.h"
#include "tests/unit/admin/cli/help.h"

namespace amparo::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class Program : public CliTest {
 protected:
  std::vector<Verb> Verbs() {
    return AllVerbs([this](std::vector<std::string> words) {
      words.push_back("--help");
      const Outcome outcome = RunBare(words);
      EXPECT_EQ(outcome.code, 0) << absl::StrJoin(words, " ");
      return outcome.out;
    });
  }
  // The words of a line of the manual that the program does not know.
  std::vector<std::string> Unknown(const std::string& line) {
    std::vector<std::string> words =
        absl::StrSplit(line.substr(0, line.find(" #")), ' ', absl::SkipEmpty());
    words.erase(words.begin());
    if (words.front() == "$AMPARO_A") words.erase(words.begin());
    static const auto* const verbs = new std::vector<Verb>(Verbs());
    static const auto* const everywhere =
        new Help(ParseHelp(RunBare({"--help"}).out));
    for (const Verb& verb : *verbs) {
      if (words.size() < verb.words.size() ||
          !std::equal(verb.words.begin(), verb.words.end(), words.begin())) {
        continue;
      }
      const auto known = [&](const std::string& word) {
        const std::string name = word.substr(0, word.find('='));
        return name.rfind("--", 0) != 0 || verb.help.options.count(name) > 0 ||
               everywhere->options.count(name) > 0;
      };
      words.erase(std::remove_if(words.begin(), words.end(), known),
                  words.end());
      return words;
    }
    return words;
  }
};

TEST_F(Program, AloneShowsTheMainJobInSixLines) {
  const Outcome outcome = RunBare({});
  EXPECT_EQ(outcome.code, 0);
  const std::vector<std::string> lines = absl::StrSplit(outcome.out, '\n');
  EXPECT_EQ(lines.size(), 7u) << outcome.out;  // The last is empty.
  EXPECT_THAT(outcome.out, HasSubstr("amparo referral propose"));
}

TEST_F(Program, EveryVerbsHelpEndsWithAnExampleOfItself) {
  const std::vector<Verb> verbs = Verbs();
  EXPECT_GE(verbs.size(), 80u);
  for (const Verb& verb : verbs) {
    EXPECT_THAT(verb.text,
                HasSubstr(absl::StrCat("Example:\n  amparo ",
                                       absl::StrJoin(verb.words, " "))));
  }
}

TEST_F(Program, TheManualShowsEveryVerb) {
  const std::string manual =
      Read(std::string(AMPARO_SOURCE_DIR) + "/deploy/manual/cli.md");
  for (const Verb& verb : Verbs()) {
    EXPECT_THAT(manual, HasSubstr(absl::StrCat(
                            "\namparo ", absl::StrJoin(verb.words, " "))));
  }
}

// Other pages are run whole (tests/e2e/manual_commands); this one would need
// an office with all that it names.
TEST_F(Program, TheManualsLinesAreMadeOfVerbsAndOptionsThatThereAre) {
  const std::string manual = absl::StrReplaceAll(
      Read(std::string(AMPARO_SOURCE_DIR) + "/deploy/manual/cli.md"),
      {{"\\\n", " "}});
  int lines = 0;
  for (const absl::string_view line : absl::StrSplit(manual, '\n')) {
    if (!absl::StartsWith(line, "amparo ")) continue;
    EXPECT_THAT(Unknown(std::string(line)), IsEmpty()) << line;
    ++lines;
  }
  EXPECT_GE(lines, 80);
  EXPECT_THAT(Unknown("amparo status --nosuch"), ElementsAre("--nosuch"));
  EXPECT_THAT(Unknown("amparo nosuch verb # no"),
              ElementsAre("nosuch", "verb"));
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
  for (const Verb& verb : Verbs()) {
    for (const char* const option :
         {"--password ", "--code ", "--token ", "--name ", "--given-names",
          "--family-names", "--born"}) {
      EXPECT_THAT(verb.text, Not(HasSubstr(option)))
          << absl::StrJoin(verb.words, " ");
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
