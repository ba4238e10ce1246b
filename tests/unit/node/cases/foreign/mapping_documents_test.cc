// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/mapping_documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "tests/support/status_matchers.h"

namespace amparo::cases {
namespace {

using ::testing::HasSubstr;

MappingDocument Named(const char* name, const char* json) {
  return {name, json};
}

nlohmann::json Resolved(absl::string_view json,
                        const std::vector<MappingDocument>& bases) {
  const auto whole = ResolveMapping(json, bases);
  EXPECT_THAT(whole, IsOk());
  return whole.ok() ? *whole : nlohmann::json();
}

absl::Status Refusal(absl::string_view json,
                     const std::vector<MappingDocument>& bases) {
  return ResolveMapping(json, bases).status();
}

TEST(MappingDocumentsTest, WhatAMappingSaysReplacesWhatItExtendsSays) {
  const auto whole = Resolved(
      R"({"extends": "b", "source": "mine",
          "columns": {"x": {"ignore": true}, "new": {"variable": "gender"}},
          "constants": {"gender": null}})",
      {Named("b", R"({"form": "f", "source": "b", "unknown": ["?"],
          "columns": {"x": {"variable": "citizenship", "many": ";"},
                      "y": {"ignore": true}},
          "constants": {"gender": "Male", "Datasource": "Hotline"}})")});
  EXPECT_EQ(whole, nlohmann::json::parse(R"({"form": "f", "source": "mine",
      "unknown": ["?"],
      "columns": {"x": {"ignore": true}, "y": {"ignore": true},
                  "new": {"variable": "gender"}},
      "constants": {"Datasource": "Hotline"}})"));
}

TEST(MappingDocumentsTest, AChainIsPutTogetherFromItsEnd) {
  const std::vector<MappingDocument> bases = {
      Named("a", R"({"extends": "b", "source": "a"})"),
      Named("b", R"({"form": "f", "source": "b", "note": "b"})")};
  const auto whole = Resolved(R"({"extends": "a"})", bases);
  EXPECT_EQ(whole["source"], "a");
  EXPECT_EQ(whole["note"], "b");
}

TEST(MappingDocumentsTest, ABuiltInFormatIsExtendedByName) {
  const auto whole = Resolved(
      R"({"extends": "ctdc-63", "source": "mine",
          "columns": {"isAbduction": null}})",
      {});
  EXPECT_EQ(whole["source"], "mine");
  EXPECT_EQ(whole["columns"].size(), 62u);
}

TEST(MappingDocumentsTest, ACycleIsRefused) {
  EXPECT_THAT(
      Refusal(R"({"extends": "a"})", {Named("a", R"({"extends": "a"})")})
          .message(),
      HasSubstr("back to itself"));
  const absl::Status status = Refusal(
      R"({"extends": "a"})",
      {Named("a", R"({"extends": "b"})"), Named("b", R"({"extends": "a"})")});
  EXPECT_EQ(ReasonOf(status), Reason::kMappingInvalid);
  EXPECT_THAT(status.message(), HasSubstr("back to itself"));
}

TEST(MappingDocumentsTest, DepthNumberAndSizeAreBounded) {
  std::vector<MappingDocument> bases;
  for (size_t i = 0; i < limits::kMappingBasesMax; ++i) {
    bases.push_back({absl::StrCat("m", i),
                     absl::StrCat(R"({"extends": "m)", i + 1, "\"}")});
  }
  EXPECT_THAT(Refusal(R"({"extends": "m0"})", bases).message(),
              HasSubstr("too deep"));
  bases.push_back(Named("more", "{}"));
  EXPECT_EQ(ReasonOf(Refusal("{}", bases)), Reason::kLimitExceeded);
  const std::string long_one =
      absl::StrCat("{", std::string(limits::kMappingBytesMax, ' '), "}");
  EXPECT_EQ(ReasonOf(Refusal(R"({"extends": "l"})", {{"l", long_one}})),
            Reason::kLimitExceeded);
}

TEST(MappingDocumentsTest, WhatCannotBePutTogetherIsRefused) {
  for (const char* const json :
       {R"({"extends": "nowhere"})", R"({"extends": 1})", R"({"extends": "b",
        "columns": {"z": null}})",
        R"({"extends": "b", "columns": []})", R"({"extends": "broken"})",
        R"({"extends": "twice"})"}) {
    EXPECT_EQ(ReasonOf(Refusal(json, {Named("b", R"({"columns": {"x": 1}})"),
                                      Named("broken", "{"),
                                      Named("twice", R"({"a": 1, "a": 2})")})),
              Reason::kMappingInvalid)
        << json;
  }
  // Nobody's file stands in for a format that ships.
  EXPECT_EQ(ReasonOf(Refusal("{}", {Named("htcds", "{}")})),
            Reason::kMappingInvalid);
}

}  // namespace
}  // namespace amparo::cases
