// SPDX-License-Identifier: Apache-2.0

#include "tests/structure/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/support/status_matchers.h"

namespace amparo::structure {
namespace {

using testing::HasSubstr;
using testing::Not;

const Files& Repository() {
  static const auto* const kFiles =
      new Files(RepositoryFiles(AMPARO_SOURCE_DIR));
  return *kFiles;
}

std::vector<Exception> TheExceptions() {
  for (const SourceFile& file : Repository()) {
    if (file.path == "tests/structure/exceptions.json") {
      absl::StatusOr<std::vector<Exception>> parsed =
          ParseExceptions(file.text);
      EXPECT_THAT(parsed, IsOk());
      return *parsed;
    }
  }
  ADD_FAILURE() << "exceptions.json is missing";
  return {};
}

class RulesTest : public testing::TestWithParam<Rule> {};

TEST_P(RulesTest, TheRepositoryKeepsIt) {
  const std::vector<Finding> findings = WithoutExceptions(
      GetParam().name, GetParam().check(Repository()), TheExceptions());
  EXPECT_TRUE(findings.empty()) << Describe(findings);
}

// fixtures/RULE holds a small tree that breaks the rule, and expected.txt with
// one line per finding. Placeholders stand for what no tracked file may hold.
TEST_P(RulesTest, ItsCanaryIsReported) {
  const std::string root = absl::StrCat(
      AMPARO_SOURCE_DIR "/tests/structure/fixtures/", GetParam().name);
  Files files;
  std::string expected;
  for (SourceFile& file : FilesBelow(root)) {
    if (file.path == "expected.txt") {
      expected = file.text;
      continue;
    }
    file.text = absl::StrReplaceAll(file.text, {{"@TOP@",
                                                 "/wo"
                                                 "rk/"},
                                                {"@REGISTRY@",
                                                 "registry.npm"
                                                 "js.org"}});
    files.push_back(std::move(file));
  }
  ASSERT_FALSE(expected.empty()) << "no canary in " << root;
  const std::string report = Describe(GetParam().check(files));
  for (const absl::string_view line : Lines(expected)) {
    EXPECT_THAT(report, HasSubstr(std::string(line)));
  }
  EXPECT_THAT(report, Not(HasSubstr("innocent")));
}

INSTANTIATE_TEST_SUITE_P(All, RulesTest, testing::ValuesIn(Rules()),
                         [](const testing::TestParamInfo<Rule>& rule) {
                           return rule.param.name;
                         });

TEST(ExceptionsTest, EachIsStillNeeded) {
  for (const Exception& exception : TheExceptions()) {
    bool needed = false;
    for (const Rule& rule : Rules()) {
      if (rule.name != exception.rule) continue;
      for (const Finding& finding : rule.check(Repository())) {
        needed =
            needed || (absl::StartsWith(finding.path, exception.path) &&
                       absl::StrContains(finding.message, exception.about));
      }
    }
    EXPECT_TRUE(needed) << exception.rule << " " << exception.path << " "
                        << exception.about;
  }
}

TEST(ExceptionsTest, EachSaysWhy) {
  EXPECT_THAT(ParseExceptions(R"([{"rule": "calls", "path": "a",
                                   "about": "b"}])"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseExceptions("{}"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ExceptionsTest, OneAllowsItsPathAndNothingElse) {
  const std::vector<Exception> allowed = {{"calls", "a/", "clock", "why"}};
  const std::vector<Finding> findings = {
      {"a/x.cc", 1, "clock"}, {"b/x.cc", 1, "clock"}, {"a/x.cc", 2, "sleep"}};
  EXPECT_EQ(WithoutExceptions("calls", findings, allowed).size(), 2u);
  EXPECT_EQ(WithoutExceptions("names", findings, allowed).size(), 3u);
}

}  // namespace
}  // namespace amparo::structure
