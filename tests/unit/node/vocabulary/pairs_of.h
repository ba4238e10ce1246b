// SPDX-License-Identifier: Apache-2.0
#ifndef AMPARO_TESTS_UNIT_NODE_VOCABULARY_PAIRS_OF_H_
#define AMPARO_TESTS_UNIT_NODE_VOCABULARY_PAIRS_OF_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "node/vocabulary/vocabulary.h"

namespace amparo::vocabulary {

// A profile's values in their order; every one must be a code.
inline std::vector<Coded> PairsOf(
    const std::vector<std::pair<std::string, std::string>>& values) {
  std::vector<Coded> pairs;
  for (const auto& [variable, text] : values) {
    const auto coded = Lists::BuiltIn().Check(variable, text);
    EXPECT_TRUE(coded.ok()) << variable << " " << text;
    if (coded.ok()) pairs.push_back(*coded);
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

}  // namespace amparo::vocabulary

#endif  // AMPARO_TESTS_UNIT_NODE_VOCABULARY_PAIRS_OF_H_
