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
       LogField::Incident(*EventId::FromBytes(std::string(16, '\x01')))});
  const nlohmann::json line = OnlyLine();
  EXPECT_EQ(line.at("stage"), "signature");
  EXPECT_EQ(line.at("bytes"), -7);
  EXPECT_EQ(line.at("peer"), "abababababababababababababababab");
  EXPECT_EQ(line.at("reason"), "SIGNATURE_INVALID");
  EXPECT_EQ(line.at("incident"), "01010101010101010101010101010101");
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

// A configured path may be any bytes; who reads the log parses JSON.
TEST_F(LogLineTest, IsValidJsonForAnyBytes) {
  const struct {
    const char* what;
    std::string bytes;
    std::string shown;
  } cases[] = {
      {"UTF-8 of each length", "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82",
       "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82"},
      {"lone continuation", "\x80", "\xef\xbf\xbd"},
      {"Latin-1", "caf\xe9", "caf\xef\xbf\xbd"},
      {"cut short", "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"overlong", "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"overlong in three", "\xe0\x80\xaf",
       "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"surrogate", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"last surrogate before is text", "\xed\x9f\xbf", "\xed\x9f\xbf"},
      {"beyond the last character", "\xf4\x90\x80\x80",
       "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"never in UTF-8", "\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"zero", std::string(1, '\0'), std::string(1, '\0')},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.what);
    lines_.clear();
    Log("opened", {LogField::Path("directory", one.bytes)});
    EXPECT_EQ(OnlyLine().at("directory"), one.shown);
  }
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; second += 3) {
      lines_.clear();
      const char bytes[] = {static_cast<char>(first), static_cast<char>(second),
                            'x'};
      Log("opened", {LogField::Path("directory", {bytes, 3})});
      EXPECT_TRUE(nlohmann::json::accept(lines_.at(0))) << first << second;
    }
  }
}

TEST_F(LogLineTest, LinesOfOneRequestCarryItsId) {
  Log("before", {});
  {
    const RequestScope request(0x0123456789abcdef);
    Log("inside", {});
    {
      const RequestScope inner(7);
      Log("deeper", {});
    }
    std::thread([] { Log("elsewhere", {}); }).join();
    Log("inside", {});
  }
  Log("after", {});
  ASSERT_EQ(lines_.size(), 6u);
  const auto request = [this](size_t line) {
    return nlohmann::json::parse(lines_.at(line)).value("request", "none");
  };
  EXPECT_EQ(request(0), "none");
  EXPECT_EQ(request(1), "0123456789abcdef");
  EXPECT_EQ(request(2), "0000000000000007");
  EXPECT_EQ(request(3), "none");
  EXPECT_EQ(request(4), "0123456789abcdef");
  EXPECT_EQ(request(5), "none");
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
