// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/counting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/base/errors.h"
#include "tests/support/status_matchers.h"

namespace amparo::vocabulary {
namespace {

using ::testing::ElementsAre;

// A variable more is a decision about people, taken here too.
TEST(CountingTest, TheVariablesOfACountingRecordAreThese) {
  std::vector<std::string> names;
  for (const Variable* variable : CountingVariables()) {
    names.push_back(variable->name);
    EXPECT_TRUE(IsCounting(variable->name));
    EXPECT_LE(variable->list->codes().size(), kCoarseCodesMax);
  }
  EXPECT_THAT(names, ElementsAre("gender", "identifiedBy", "majorityStatus",
                                 "typeOfExploitation"));
  EXPECT_FALSE(IsCounting("citizenship"));
  EXPECT_FALSE(IsCounting(""));
}

TEST(CountingTest, AListOfOtherVariablesIsRefused) {
  for (const char* text :
       {"citizenship\n", "isInternal\n", "nobody\n", "gender\ngender\n",
        "majorityStatus\ngender\n", "gender \n", "yearOfRegistration\n"}) {
    EXPECT_EQ(ReasonOf(ParseCounting(Lists::BuiltIn(), text).status()),
              Reason::kInternal)
        << text;
  }
  EXPECT_THAT(ParseCounting(Lists::BuiltIn(), "# none\n\ngender\n"), IsOk());
}

}  // namespace
}  // namespace amparo::vocabulary
