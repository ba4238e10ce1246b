// SPDX-License-Identifier: Apache-2.0
//
// The scripts are run by the shell they are for: what it would offer a person
// is held against the help of every verb.
#include "admin/cli/completion.h"

#include <cstdio>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/unit/admin/cli/cli_fixture.h"
#include "tests/unit/admin/cli/help.h"

namespace amparo::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

using Words = std::set<std::string>;

class Completion : public CliTest {
 protected:
  void SetUp() override {
    const Outcome outcome = RunBare({"completion", "bash"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    script_ = Write("amparo.bash", outcome.out);
  }

  // What bash offers after `typed`, the last of which is being typed.
  Words Offered(const std::vector<std::string>& typed) {
    std::string words;
    for (const std::string& word : typed) {
      absl::StrAppend(&words, " '", word, "'");
    }
    const std::string command = absl::StrCat(
        "bash --norc -c 'source \"$0\"; COMP_WORDS=(amparo \"$@\"); "
        "COMP_CWORD=$#; _amparo; printf \"%s\\n\" \"${COMPREPLY[@]}\"' '",
        script_, "'", words);
    std::FILE* const shell = ::popen(command.c_str(), "r");
    EXPECT_NE(shell, nullptr);
    std::string said;
    char buffer[4096];
    for (size_t n; (n = std::fread(buffer, 1, sizeof(buffer), shell)) > 0;) {
      said.append(buffer, n);
    }
    EXPECT_EQ(::pclose(shell), 0) << command;
    Words offered;
    for (const absl::string_view line :
         absl::StrSplit(said, '\n', absl::SkipEmpty())) {
      offered.emplace(line);
    }
    return offered;
  }

  // Holds what is offered at `place`, and below it, against the help. Returns
  // how many places there were.
  int CheckAt(std::vector<std::string> place) {
    SCOPED_TRACE(absl::StrJoin(place, " "));
    std::vector<std::string> asked = place;
    asked.push_back("--help");
    const Outcome outcome = RunBare(asked);
    EXPECT_EQ(outcome.code, 0);
    const auto [options, verbs] = ParseHelp(outcome.out);
    std::vector<std::string> typed = place;
    typed.push_back("");
    const Words offered = Offered(typed);
    EXPECT_THAT(offered, IsSupersetOf(options));
    EXPECT_THAT(offered, IsSupersetOf(verbs));
    for (const std::string& word : offered) {
      EXPECT_TRUE(word.rfind("--", 0) == 0 || verbs.count(word) > 0) << word;
    }
    int places = 1;
    for (const std::string& verb : verbs) {
      place.push_back(verb);
      places += CheckAt(place);
      place.pop_back();
    }
    return places;
  }

  std::string script_;
};

TEST_F(Completion, BashOffersEveryVerbAndOptionOfTheHelp) {
  EXPECT_GE(CheckAt({}), 48);  // All verbs and their nouns.
}

TEST_F(Completion, BashOffersWhatBeginsAsTyped) {
  EXPECT_THAT(Offered({"whoa"}), UnorderedElementsAre("whoami"));
  EXPECT_THAT(Offered({"peer", "sus"}), UnorderedElementsAre("suspend"));
  EXPECT_THAT(Offered({"nosuch"}), IsEmpty());
}

// Options stand before verbs, too, and their values are no verbs.
TEST_F(Completion, BashKnowsWhichOptionsTakeAValue) {
  EXPECT_THAT(Offered({"--socket", "peer", "ca"}),
              UnorderedElementsAre("case"));
  EXPECT_THAT(Offered({"--json", "peer", "inv"}),
              UnorderedElementsAre("invite"));
  EXPECT_THAT(Offered({"--socket", ""}), IsEmpty()) << "a file, from the shell";
  EXPECT_THAT(Offered({"--timeout", "=", "5", "peer", "inv"}),
              UnorderedElementsAre("invite"));
}

TEST_F(Completion, OtherShellsGetEveryVerbToo) {
  for (const char* const shell : {"zsh", "fish"}) {
    const Outcome outcome = RunBare({"completion", shell});
    EXPECT_EQ(outcome.code, 0);
    for (const char* const word : {"whoami", "suspend", "withdraw", "timeout",
                                   "password-fd", "completion"}) {
      EXPECT_THAT(outcome.out, HasSubstr(word)) << shell;
    }
  }
}

TEST_F(Completion, AnotherShellIsRefused) {
  const Outcome outcome = RunBare({"completion", "csh"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("bash, zsh or fish"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("csh")));
}

}  // namespace
}  // namespace amparo::cli
