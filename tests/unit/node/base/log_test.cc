// SPDX-License-Identifier: Apache-2.0
#include "node/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace amparo {
namespace {

class LogLineTest : public testing::Test {
 protected:
  LogLineTest() {
    SetLogSink([this](absl::string_view line) { lines_.emplace_back(line); });
  }
  ~LogLineTest() override { SetLogSink({}); }

  nlohmann::json OnlyLine() const {
    EXPECT_EQ(lines_.size(), 1u);
    return nlohmann::json::parse(lines_.at(0));
  }

  std::vector<std::string> lines_;
};

TEST_F(LogLineTest, IsOneJsonObjectWithTimeAndEvent) {
  Log("started", {});
  const nlohmann::json line = OnlyLine();
  EXPECT_EQ(line.size(), 2u);
  EXPECT_EQ(line.at("event"), "started");
  EXPECT_TRUE(line.at("time").is_string());
  EXPECT_EQ(lines_[0].find('\n'), std::string::npos);
}

TEST_F(LogLineTest, EachClassOfFieldHasItsForm) {
  Log("letter_refused",
      {LogField::Word("stage", "signature"), LogField::Number("bytes", -7),
       LogField::Peer(*OfficeId::FromBytes(std::string(16, '\xab'))),
       LogField::Why(Reason::kSignatureInvalid),
       LogField::Request(*EventId::FromBytes(std::string(16, '\x01')))});
  const nlohmann::json line = OnlyLine();
  EXPECT_EQ(line.at("stage"), "signature");
  EXPECT_EQ(line.at("bytes"), -7);
  EXPECT_EQ(line.at("peer"), "abababababababababababababababab");
  EXPECT_EQ(line.at("reason"), "SIGNATURE_INVALID");
  EXPECT_EQ(line.at("request"), "01010101010101010101010101010101");
}

TEST_F(LogLineTest, AConfiguredPathCannotForgeALineOrAField) {
  const std::string path = "/srv/\"a\\b\nc\x01\",\"event\":\"x";
  Log("opened", {LogField::Path("directory", path)});
  const nlohmann::json line = OnlyLine();
  EXPECT_EQ(line.size(), 3u);
  EXPECT_EQ(line.at("directory"), path);
  EXPECT_EQ(line.at("event"), "opened");
  EXPECT_EQ(lines_[0].find('\n'), std::string::npos);
}

TEST_F(LogLineTest, LinesOfThreadsDoNotMix) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 50; ++i) Log("tick", {LogField::Number("n", t)});
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(lines_.size(), 200u);
  for (const std::string& line : lines_) {
    EXPECT_EQ(nlohmann::json::parse(line).at("event"), "tick");
  }
}

TEST_F(LogLineTest, AnEmptySinkDiscards) {
  SetLogSink({});
  Log("discarded", {});
  EXPECT_TRUE(lines_.empty());
}

}  // namespace
}  // namespace amparo
