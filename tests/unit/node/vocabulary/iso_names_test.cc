// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/iso_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/child_process.h"

namespace amparo::vocabulary {
namespace {

void Write(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(
      std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

TEST(IsoNamesTest, ReadsNamesByEveryCode) {
  const ScratchFolder folder;
  Write(folder.path() + "/iso-codes/json/iso_3166-1.json",
        R"({"3166-1": [{"alpha_2": "TJ", "alpha_3": "TJK",
                        "name": "Tajikistan"},
                       {"alpha_3": "BOL", "name": "Bolivia, State of",
                        "common_name": "Bolivia"},
                       {"alpha_3": "XKX"}, 7]})");
  const IsoNames names(folder.path());
  EXPECT_TRUE(names.Present());
  EXPECT_EQ(names.Find("country", "TJ", {}), "Tajikistan");
  EXPECT_EQ(names.Find("country", "TJK", {"fr"}), "Tajikistan");
  EXPECT_EQ(names.Find("country", "BOL", {}), "Bolivia");
  EXPECT_EQ(names.Find("country", "XKX", {}), "");
  EXPECT_EQ(names.Find("gender", "TJ", {}), "");
}

TEST(IsoNamesTest, BrokenAndMissingFilesHaveNoNames) {
  for (const char* text : {"", "{", "[]", "{\"3166-1\": 7}", "{\"x\": []}"}) {
    const ScratchFolder folder;
    Write(folder.path() + "/iso-codes/json/iso_3166-1.json", text);
    Write(folder.path() + "/locale/fr/LC_MESSAGES/iso_3166-1.mo", "no");
    const IsoNames names(folder.path());
    EXPECT_FALSE(names.Present()) << text;
    EXPECT_EQ(names.Find("country", "TJK", {"fr"}), "");
  }
}

}  // namespace
}  // namespace amparo::vocabulary
