// SPDX-License-Identifier: Apache-2.0

#include "tests/structure/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace amparo::structure {
namespace {

using testing::HasSubstr;
using testing::Not;

class LayersTest : public testing::Test {
 protected:
  LayersTest() : files_(RepositoryFiles(AMPARO_SOURCE_DIR)) {
    for (const SourceFile& file : files_) {
      if (file.path == "tests/structure/layers.json") json_ = file.text;
    }
  }

  Layers TheLayers() const {
    absl::StatusOr<Layers> layers = Layers::Parse(json_);
    EXPECT_THAT(layers, IsOk());
    layers->LearnTargets(files_);
    return *std::move(layers);
  }

  // What is wrong with one file that includes one header.
  std::string Verdict(const std::string& path,
                      const std::string& include) const {
    const std::string line = absl::StrCat("#include ", include, "\n");
    return Describe(TheLayers().CheckIncludes({{path, line}}));
  }

  std::vector<SourceFile> files_;
  std::string json_;
};

TEST_F(LayersTest, EveryIncludeOfTheRepositoryIsAllowed) {
  const std::vector<Finding> findings = TheLayers().CheckIncludes(files_);
  EXPECT_TRUE(findings.empty()) << Describe(findings);
}

TEST_F(LayersTest, EveryImportOfTheRepositoryIsAllowed) {
  const std::vector<Finding> findings = TheLayers().CheckImports(files_);
  EXPECT_TRUE(findings.empty()) << Describe(findings);
}

TEST_F(LayersTest, EverySourceIsBuiltIntoItsOwnPart) {
  const std::vector<Finding> findings = TheLayers().CheckTargets(files_);
  EXPECT_TRUE(findings.empty()) << Describe(findings);
}

// The canary: fixtures/layers holds one wrong include per kind of rule.
TEST_F(LayersTest, EveryWrongIncludeAmongTheFixturesIsReported) {
  const std::vector<SourceFile> canary =
      FilesBelow(AMPARO_SOURCE_DIR "/tests/structure/fixtures/layers");
  const std::string report = Describe(TheLayers().CheckIncludes(canary));
  for (const char* expected : {
           "node/consent/consent.cc:6: consent may not use delivery",
           "node/consent/consent.cc:7: consent may not include grpcpp/",
           "node/consent/consent.cc:8: \"consent.h\" is not a path",
           "crypto/seal/seal.cc:4: crypto/seal may not use base",
           "node/kitchen/kitchen.cc:0: is of no part",
       }) {
    EXPECT_THAT(report, HasSubstr(expected));
  }
  EXPECT_THAT(report, Not(HasSubstr("consent.cc:5")));
  EXPECT_THAT(Describe(TheLayers().CheckImports(canary)),
              HasSubstr("proto/peer may not import amparo/office/v1/x.proto"));
  const std::string targets = Describe(TheLayers().CheckTargets(canary));
  EXPECT_THAT(targets, HasSubstr("consent_actions.cc:0: is of the part "
                                 "consent_actions but built into consent"));
  EXPECT_THAT(targets, HasSubstr("kitchen.cc:0: is in no CMakeLists.txt"));
}

TEST_F(LayersTest, HeadersFromElsewhereStayWhereTheyBelong) {
  struct {
    const char* path;
    const char* include;
    bool allowed;
  } const kCases[] = {
      {"node/storage/store.cc", "<rocksdb/db.h>", true},
      {"node/cases/cases.cc", "<rocksdb/db.h>", false},
      {"node/app/main.cc", "<rocksdb/db.h>", false},
      {"crypto/aead/aead.cc", "<openssl/evp.h>", true},
      {"crypto/sign/ed25519.cc", "<sodium.h>", true},
      {"node/peering/peering.cc", "<openssl/x509.h>", false},
      {"node/storage/table.cc", "<sodium.h>", false},
      {"node/consent/consent_rpc.cc", "<grpcpp/grpcpp.h>", true},
      {"node/consent/consent_actions.cc", "<grpcpp/grpcpp.h>", false},
      {"node/delivery/transport.cc", "<grpcpp/grpcpp.h>", true},
      {"node/delivery/outbox.cc", "<grpcpp/grpcpp.h>", false},
      {"node/delivery/outbox.cc", "\"amparo/peer/v1/letter.grpc.pb.h\"", false},
      // Only the transport speaks to peers, and only delivery knows its rows.
      {"node/delivery/transport.cc", "\"amparo/peer/v1/letter.grpc.pb.h\"",
       true},
      {"node/referral/referral_rpc.cc", "\"amparo/peer/v1/letter.grpc.pb.h\"",
       false},
      {"node/referral/referral_actions.cc",
       "\"node/delivery/delivery_records.h\"", false},
      {"node/delivery/outbox.cc", "\"node/delivery/delivery_records.h\"", true},
      {"admin/cli/main.cc", "<grpcpp/grpcpp.h>", true},
      {"node/app/main.cc", "<grpcpp/grpcpp.h>", true},
      {"node/audit/log.cc", "\"crypto/base/deterministic_random.h\"", false},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Verdict(c.path, c.include).empty(), c.allowed)
        << c.path << " " << c.include;
  }
}

TEST_F(LayersTest, PartsUseOnlyWhatStandsBelowThem) {
  struct {
    const char* path;
    const char* include;
    bool allowed;
  } const kCases[] = {
      {"node/base/ids.cc", "\"crypto/base/random.h\"", false},
      {"node/storage/store.cc", "\"crypto/aead/aead.h\"", true},
      {"node/consent/consent.cc", "\"node/consent/consent_actions.h\"", false},
      {"node/consent/consent_actions.cc", "\"node/delivery/outbox.h\"", true},
      {"node/clearance/clearance.cc", "\"node/delivery/outbox.h\"", false},
      {"node/delivery/outbox.cc", "\"node/clearance/clearance.h\"", true},
      {"node/clearance/clearance.cc", "\"node/referral/referral.h\"", false},
      {"node/cases/cases.cc", "\"amparo/office/v1/cases.pb.h\"", false},
      {"node/cases/cases_rpc.cc", "\"amparo/office/v1/cases.pb.h\"", true},
      {"node/cases/cases_records.cc", "\"amparo/record/v1/case.pb.h\"", true},
      {"crypto/seal/hpke.cc", "\"node/base/ids.h\"", false},
      {"crypto/seal/hpke.cc", "\"amparo/peer/v1/letter.pb.h\"", false},
      {"admin/cli/main.cc", "\"node/storage/store.h\"", false},
      {"admin/cli/main.cc", "\"amparo/record/v1/case.pb.h\"", false},
      {"node/app/wiring.cc", "\"node/referral/referral_rpc.h\"", true},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Verdict(c.path, c.include).empty(), c.allowed)
        << c.path << " " << c.include;
  }
}

TEST_F(LayersTest, ADomainNamedFileIsOfThePartItIsBuiltInto) {
  Layers layers = TheLayers();
  const std::string include = "#include \"node/delivery/outbox.h\"\n";
  const std::vector<SourceFile> files = {
      {"node/consent/CMakeLists.txt",
       "amparo_library(consent SRCS consent.cc)\n"
       "amparo_library(consent_actions SRCS farewell.cc)\n"},
      {"node/consent/farewell.cc", include},
      {"node/consent/farewell.h", include}};
  EXPECT_EQ(layers.CheckIncludes(files).size(), 2u);
  layers.LearnTargets(files);
  EXPECT_EQ(layers.PartOf("node/consent/farewell.h"), "consent_actions");
  EXPECT_EQ(Describe(layers.CheckIncludes(files)), "");
}

TEST_F(LayersTest, RulesThatContradictThemselvesAreRefused) {
  const auto parse = [](const std::string& uses) {
    return Layers::Parse(absl::StrCat(
        "{\"uses\": ", uses,
        ", \"actions_also_use\": [], \"rpc_also_use\": [],"
        " \"use_everything\": [], \"part_of_file\": {}, \"headers\": {},"
        " \"quoted_from_elsewhere\": []}"));
  };
  EXPECT_THAT(parse(R"({"a": ["b"], "b": []})"), IsOk());
  EXPECT_THAT(parse(R"({"a": ["b"], "b": ["a"]})"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("use each other")));
  EXPECT_THAT(parse(R"({"a": ["c"]})"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("which is no part")));
  EXPECT_THAT(Layers::Parse("[]"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace amparo::structure
