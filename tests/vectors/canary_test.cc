// SPDX-License-Identifier: Apache-2.0
//
// That the runner can fail: a published value with one digit turned, a file
// that no runner knows and a file without a case must each turn red.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/vectors/runner.h"

namespace amparo::crypto {
namespace {

namespace fs = std::filesystem;

std::string Published(const std::string& name) {
  std::ifstream in(std::string(AMPARO_SOURCE_DIR) + "/tests/vectors/" + name,
                   std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The first value of the field in a case of the given verdict, changed.
struct Flip {
  const char* file;
  const char* verdict_field;
  Json verdict;
  const char* field;
};

char OtherDigit(char digit) { return digit == '0' ? '1' : '0'; }

void TurnFirst(Json& node, const Flip& flip, bool& done) {
  if (done || !node.is_structured()) return;
  if (node.is_object() && node.contains(flip.field) &&
      node[flip.field].is_string() &&
      (flip.verdict.is_null() ||
       node.value(flip.verdict_field, Json()) == flip.verdict)) {
    std::string text = node[flip.field].get<std::string>();
    if (!text.empty()) {
      text[0] = OtherDigit(text[0]);
      node[flip.field] = text;
      done = true;
      return;
    }
  }
  for (Json& child : node) TurnFirst(child, flip, done);
}

// Keeps only the groups that our suites run.
void KeepOurs(Json& file) {
  if (file.is_object() && file.contains("vectors")) {
    Json kept = Json::array();
    for (const Json& group : file["vectors"]) {
      const Json& setup = group["setup"];
      if (setup["mode"] == "0" && setup["kem_id"] == "32" &&
          setup["aead_id"] == "3") {
        kept.push_back(group);
      }
    }
    file["vectors"] = kept;
  } else if (file.is_object() && file.value("algorithm", "") == "AES-GCM") {
    Json kept = Json::array();
    for (const Json& group : file["testGroups"]) {
      if (group["keySize"] == 256 && group["ivSize"] == 96) {
        kept.push_back(group);
      }
    }
    file["testGroups"] = kept;
  }
}

TEST(VectorCanary, AFlippedValueFailsInEveryFile) {
  const Flip flips[] = {
      {"wycheproof/aes_gcm_test.json", "result", "valid", "tag"},
      {"wycheproof/ecdsa_secp256r1_sha256_test.json", "result", "valid", "msg"},
      {"wycheproof/ed25519_test.json", "result", "valid", "sig"},
      {"wycheproof/hkdf_sha256_test.json", "result", "valid", "okm"},
      {"hpke/rfc9180_appendixA.json", "", Json(), "ct"},
      {"hpke/rfc9180_appendixA.json", "", Json(), "exported_value"},
      {"merkle/inclusion.json", "wantErr", false, "root"},
      {"merkle/rfc6962_reference_tree.json", "", Json(), "empty_root_hex"},
  };
  for (const Flip& flip : flips) {
    SCOPED_TRACE(std::string(flip.file) + " " + flip.field);
    Json file = Json::parse(Published(flip.file), nullptr, false);
    ASSERT_FALSE(file.is_discarded());
    KeepOurs(file);
    EXPECT_TRUE(RunText(file.dump()).ok());
    bool done = false;
    TurnFirst(file, flip, done);
    ASSERT_TRUE(done);
    EXPECT_FALSE(RunText(file.dump()).ok());
  }
}

TEST(VectorCanary, AnInvalidCaseCalledValidFails) {
  Json file =
      Json::parse(Published("wycheproof/ed25519_test.json"), nullptr, false);
  for (Json& group : file["testGroups"]) {
    for (Json& test : group["tests"]) test["result"] = "valid";
  }
  EXPECT_FALSE(RunText(file.dump()).ok());
}

TEST(VectorCanary, AValidCaseCalledInvalidFails) {
  Json file = Json::parse(Published("wycheproof/hkdf_sha256_test.json"),
                          nullptr, false);
  for (Json& group : file["testGroups"]) {
    for (Json& test : group["tests"]) test["result"] = "invalid";
  }
  EXPECT_FALSE(RunText(file.dump()).ok());
}

TEST(VectorCanary, WhatNoRunnerKnowsFails) {
  const char* const unknown[] = {
      "",
      "{",
      "{}",
      "[]",
      "[{}]",
      "42",
      R"({"algorithm":"AES-GCM"})",
      R"({"algorithm":"AES-GCM","testGroups":[]})",
      R"({"algorithm":"RSA","testGroups":[{"type":"RsaTest","tests":[]}]})",
      R"({"algorithm":"HKDF-SHA-256","testGroups":[
          {"type":"HkdfTest","keySize":8,"tests":[]}]})",
      R"({"algorithm":"HKDF-SHA-256","testGroups":[
          {"type":"HkdfTest","keySize":8,"tests":[{"tcId":1}]}]})",
  };
  for (const char* text : unknown) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(RunText(text).ok());
  }
}

TEST(VectorCanary, OprfSuitesAreKnownAndNotOurs) {
  const Tally tally = RunText(
      R"([{"groupDST":"00","identifier":"ristretto255-SHA512","mode":0,
           "vectors":[{},{}]}])");
  EXPECT_TRUE(tally.ok());
  EXPECT_EQ(tally.ran(), 0u);
  EXPECT_EQ(tally.not_ours(), 2u);
}

TEST(VectorCanary, CasesRunOneByOneAndAsAList) {
  const Json list =
      Json::parse(Published("merkle/inclusion.json"), nullptr, false);
  EXPECT_EQ(RunText(list.dump()).ran(), list.size());
  EXPECT_EQ(RunText(list.at(1).dump()).ran(), 1u);
}

TEST(VectorCanary, AFolderTellsOfEveryFileBelowIt) {
  const fs::path folder = fs::path(testing::TempDir()) / "vector_canary";
  fs::remove_all(folder);
  fs::create_directories(folder / "deep" / "down");
  std::ofstream(folder / "deep" / "down" / "unknown.json") << "{}";
  std::ofstream(folder / "tree.json")
      << Published("merkle/rfc6962_reference_tree.json");
  std::ofstream(folder / "not_vectors.txt") << "{}";
  std::ostringstream out;
  EXPECT_EQ(RunFolder(folder.string(), out), 1u);
  EXPECT_THAT(out.str(), testing::HasSubstr("FAILED deep/down/unknown.json"));
  EXPECT_THAT(out.str(), testing::HasSubstr("ok tree.json"));
  EXPECT_THAT(out.str(), testing::Not(testing::HasSubstr("not_vectors")));
  fs::remove_all(folder);
}

TEST(VectorCanary, AnEmptyOrMissingFolderFails) {
  std::ostringstream out;
  EXPECT_EQ(RunFolder(testing::TempDir() + "/no_such_folder", out), 1u);
}

}  // namespace
}  // namespace amparo::crypto
