// SPDX-License-Identifier: Apache-2.0

#include "tests/structure/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace amparo::structure {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

TEST(TreeTest, RepositoryHoldsThisFileAndNoFixture) {
  const std::vector<SourceFile> files = RepositoryFiles(AMPARO_SOURCE_DIR);
  EXPECT_THAT(files, Contains(Field(&SourceFile::path,
                                    "tests/structure/tree_test.cc")));
  EXPECT_THAT(files,
              Not(Contains(Field(&SourceFile::path,
                                 StartsWith("tests/structure/fixtures/")))));
}

TEST(TreeTest, CodeOnlyBlanksCommentsAndLiteralsAndKeepsLines) {
  struct {
    const char* text;
    const char* code;
  } const kCases[] = {
      {"a; // b\nc", "a;     \nc"},
      {"a /* b\nc */ d", "a     \n     d"},
      {"f(\"x\\\"y\") + 'z'", "f(      ) +    "},
      {"R\"q(a\")\"q)q\" b", "R            b"},
      {"1'000 + x", "1'000 + x"},
  };
  for (const auto& c : kCases) EXPECT_EQ(CodeOnly(c.text), c.code);
}

TEST(TreeTest, WordsStandAlone) {
  EXPECT_THAT(LinesWithWord("rand(1);\n x.brand(2);\nrand(3)", "rand("),
              ElementsAre(1, 3));
  EXPECT_THAT(LinesWithWord("absl::Nowhere", "absl::Now"), IsEmpty());
}

TEST(TreeTest, NamesAreSplitIntoWords) {
  EXPECT_THAT(WordsOf("HTTPServer_v2"), ElementsAre("http", "server", "v"));
  EXPECT_THAT(WordsOf("node/base/log.cc"),
              ElementsAre("node", "base", "log", "cc"));
  EXPECT_THAT(WordsOf("kDatabase"), ElementsAre("k", "database"));
}

TEST(TreeTest, IncludesAreFoundWithTheirLines) {
  const SourceFile file{"a.cc",
                        "#include <vector>\n\n#include \"node/a/b.h\"\n"};
  EXPECT_THAT(IncludesOf(file),
              ElementsAre(AllOf(Field(&Include::target, "vector"),
                                Field(&Include::quoted, false)),
                          AllOf(Field(&Include::target, "node/a/b.h"),
                                Field(&Include::line, 3))));
}

}  // namespace
}  // namespace amparo::structure
