// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/code_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/support/status_matchers.h"

namespace amparo::vocabulary {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::string_view kHead =
    "# id: tri\n# version: 1\n# source: s\n# licence: l\n";

TEST(ListTest, BrokenFilesAreRefused) {
  const std::pair<const char*, std::string> table[] = {
      {"code twice", "1\tYes\n1\tNo\n"},
      {"alias of another", "1\tYes\tY\n0\tNo\tY\n"},
      {"alias is a code", "1\tYes\n0\tNo\t1\n"},
      {"no label", "1\n"},
      {"empty alias", "1\tYes\t\n"},
      {"a fourth field of another kind", "1\tYes\ta\tb\n"},
      {"a version without a name", "1\tYes\ta\tsince \n"},
      {"five fields", "1\tYes\ta\tsince 2\tb\n"},
      {"no codes", ""},
      {"unknown heading", "# colour: red\n1\tYes\n"},
      {"heading twice", "# id: x\n1\tYes\n"},
      {"numbers backwards", "# numbers: 3 1\n"},
      {"numbers below zero", "# numbers: -1 1\n"},
      {"one number", "# numbers: 3\n"},
      {"numbers too large", "# numbers: 9990 10000\n"},
      {"too many numbers", "# numbers: 0 1000\n"},
      {"numbers twice", "# numbers: 0 1\n# numbers: 2 3\n"},
      {"a number is a code", "# numbers: 0 1\n1\tYes\n"},
  };
  for (const auto& [name, text] : table) {
    EXPECT_THAT(List::Parse(std::string(kHead) + text), Not(IsOk())) << name;
  }
  EXPECT_THAT(List::Parse("# id: tri\n1\tYes\n"), Not(IsOk()));
  EXPECT_THAT(List::Parse(std::string(kHead) + "1\tYes\tY;J\n"), IsOk());
}

TEST(ListTest, ARefusalNamesListAndLine) {
  const absl::Status status =
      List::Parse(std::string(kHead) + "1\tYes\n1\tNo\n").status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("list tri, line 6"));
}

TEST(ListTest, CodesSayWhenTheyCameAndWhenTheyWereWithdrawn) {
  const auto list = List::Parse(
      std::string(kHead) + "a\tA\nb\tB\tbb\twithdrawn 2\nc\tC\t\tsince 2\n");
  ASSERT_THAT(list, IsOk());
  EXPECT_EQ(list->Find("bb")->withdrawn, "2");
  EXPECT_EQ(list->Find("c")->since, "2");
  EXPECT_EQ(list->Find("a")->since + list->Find("a")->withdrawn, "");
  EXPECT_TRUE(list->Find("c")->aliases.empty());
}

TEST(ListTest, NumbersAreCodesWithinTheirBounds) {
  const auto list =
      List::Parse(std::string(kHead) + "# numbers: 8 11\n-99\tUnknown\n");
  ASSERT_THAT(list, IsOk());
  EXPECT_TRUE(list->numbers());
  EXPECT_EQ(list->codes().size(), 5u);
  EXPECT_EQ(list->Find("11")->label, "11");
  EXPECT_EQ(list->Find("7"), nullptr);
  EXPECT_EQ(list->Find("08"), nullptr);
}

}  // namespace
}  // namespace amparo::vocabulary
