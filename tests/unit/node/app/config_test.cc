// SPDX-License-Identifier: Apache-2.0
#include "node/app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "tests/support/status_matchers.h"

namespace amparo::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(ConfigTest, OnlyTheDataDirectoryIsRequired) {
  const auto config = ParseConfig("data_directory = /var/lib/amparo\n");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->data_directory, "/var/lib/amparo");
  EXPECT_EQ(config->listen_address, "0.0.0.0:7410");
  EXPECT_EQ(config->metrics_address, "");
  EXPECT_EQ(OfficeSocketPath(*config), "/var/lib/amparo/office.sock");
  EXPECT_EQ(config->office_group, "");
  EXPECT_EQ(config->delivery_threads, 4);
  EXPECT_EQ(config->hello_interval, absl::Minutes(5));
  EXPECT_EQ(config->checkpoint_interval, absl::Hours(24));
}

TEST(ConfigTest, ReadsEveryKey) {
  const auto config = ParseConfig(
      "# a comment\n"
      "data_directory = /d\n"
      "  listen_address = 10.0.0.1:0  \r\n"
      "public_address=node.example:7410\n"
      "office_socket = /run/amparo/office.sock\n"
      "office_group = amparo-office\n"
      "passphrase_file = /p\n"
      "delivery_threads = 16\n"
      "hello_interval = 1h30m\n"
      "metrics_address = 127.0.0.1:9410\n"
      "checkpoint_interval = 1m\n");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->listen_address, "10.0.0.1:0");
  EXPECT_EQ(config->public_address, "node.example:7410");
  EXPECT_EQ(config->passphrase_file, "/p");
  EXPECT_EQ(OfficeSocketPath(*config), "/run/amparo/office.sock");
  EXPECT_EQ(config->office_group, "amparo-office");
  EXPECT_EQ(config->delivery_threads, 16);
  EXPECT_EQ(config->hello_interval, absl::Minutes(90));
  EXPECT_EQ(config->checkpoint_interval, absl::Minutes(1));
  EXPECT_EQ(config->metrics_address, "127.0.0.1:9410");
}

TEST(ConfigTest, MetricsMayStandOnAnyLoopbackAddress) {
  for (const char* const address :
       {"127.0.0.1:0", "127.255.255.254:9410", "[::1]:9410"}) {
    const auto config = ParseConfig(std::string("data_directory = /d\n") +
                                    "metrics_address = " + address + "\n");
    ASSERT_THAT(config, IsOk()) << address;
    EXPECT_EQ(config->metrics_address, address);
  }
}

TEST(ConfigTest, AnyKeyThatDiffersIsNamed) {
  const Config was = *ParseConfig("data_directory = /d\n");
  EXPECT_THAT(DifferingKeys(was, was), IsEmpty());
  const std::pair<const char*, const char*> lines[] = {
      {"checkpoint_interval", "2h"},
      {"data_directory", "/e"},
      {"delivery_threads", "5"},
      {"hello_interval", "2h"},
      {"listen_address", "10.0.0.1:7410"},
      {"metrics_address", "[::1]:1"},
      {"office_socket", "/s"},
      {"passphrase_file", "/p"},
      {"public_address", "node.example:7410"},
  };
  std::string all;
  std::vector<std::string> names;
  for (const auto& [key, value] : lines) {
    const std::string line = absl::StrCat(key, " = ", value, "\n");
    const std::string directory =
        absl::string_view(key) == "data_directory" ? "" : "data_directory=/d\n";
    const auto is = ParseConfig(directory + line);
    ASSERT_THAT(is, IsOk()) << key;
    EXPECT_THAT(DifferingKeys(was, *is), ElementsAre(key));
    all += line;
    names.push_back(key);
  }
  EXPECT_EQ(DifferingKeys(was, *ParseConfig(all)), names);
}

TEST(ConfigTest, AnAddressSaysWhomItLetsIn) {
  EXPECT_EQ(ReachOf("0.0.0.0:7410"), Reach::kEverywhere);
  EXPECT_EQ(ReachOf("[::]:7410"), Reach::kEverywhere);
  EXPECT_EQ(ReachOf("127.0.0.9:1"), Reach::kThisMachine);
  EXPECT_EQ(ReachOf("[::1]:1"), Reach::kThisMachine);
  EXPECT_EQ(ReachOf("localhost:1"), Reach::kThisMachine);
  EXPECT_EQ(ReachOf("127.example:1"), Reach::kNamed);
  EXPECT_EQ(ReachOf("10.0.0.1:1"), Reach::kNamed);
  EXPECT_EQ(ReachOf("node.example:1"), Reach::kNamed);
}

struct BadLine {
  const char* name;
  const char* line;
  const char* says;
};

class BadConfigTest : public ::testing::TestWithParam<BadLine> {};

TEST_P(BadConfigTest, NamesTheLineAndNeverTheValue) {
  const auto config = ParseConfig(std::string("data_directory = /d\n") +
                                  GetParam().line + "\n");
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(ReasonOf(config.status()), Reason::kConfigInvalid);
  const std::string message(config.status().message());
  EXPECT_THAT(message, HasSubstr("line 2"));
  EXPECT_THAT(message, HasSubstr(GetParam().says));
  EXPECT_THAT(message, Not(HasSubstr("zz")));
}

INSTANTIATE_TEST_SUITE_P(
    Lines, BadConfigTest,
    ::testing::Values(
        BadLine{"UnknownKey", "verify_peers = zz", "unknown key"},
        BadLine{"NoValue", "zz", "key = value"},
        BadLine{"Twice", "data_directory = /zz", "given twice"},
        BadLine{"RelativePath", "passphrase_file = zz", "absolute"},
        BadLine{"RelativeSocket", "office_socket = zz", "absolute"},
        BadLine{"GroupWithColon", "office_group = zz:zz", "name of a group"},
        BadLine{"GroupAsOption", "office_group = -zz", "name of a group"},
        BadLine{"NoPort", "listen_address = zz", "host:port"},
        BadLine{"PortTooHigh", "listen_address = zz:65536", "host:port"},
        BadLine{"MetricsForAll", "metrics_address = 0.0.0.0:1", "loopback"},
        BadLine{"MetricsForTheLan", "metrics_address = 10.0.0.1:1", "loopback"},
        BadLine{"MetricsByName", "metrics_address = zz:1", "loopback"},
        BadLine{"MetricsNoPort", "metrics_address = 127.0.0.1", "host:port"},
        BadLine{"NoUnit", "hello_interval = 5", "duration"},
        BadLine{"TooShort", "hello_interval = 1ms", "1s"},
        BadLine{"TooLong", "hello_interval = 25h", "24h"},
        BadLine{"NoThreads", "delivery_threads = 0", "1 to 16"},
        BadLine{"ManyThreads", "delivery_threads = 17", "1 to 16"}),
    [](const auto& param) { return param.param.name; });

TEST(ConfigTest, DataDirectoryIsNotOptional) {
  EXPECT_EQ(ReasonOf(ParseConfig("").status()), Reason::kConfigInvalid);
}

TEST(ConfigTest, AGroupNeedsASocketThatItCanReach) {
  const auto config = ParseConfig("data_directory = /d\noffice_group = g\n");
  EXPECT_EQ(ReasonOf(config.status()), Reason::kConfigInvalid);
  EXPECT_THAT(std::string(config.status().message()),
              HasSubstr("office_group needs office_socket"));
  const auto both = ParseConfig(
      "data_directory = /d\noffice_group = g\noffice_socket = /s/office\n");
  ASSERT_THAT(both, IsOk());
  const auto without =
      ParseConfig("data_directory = /d\noffice_socket=/s/office");
  ASSERT_THAT(without, IsOk());
  EXPECT_THAT(DifferingKeys(*both, *without), ElementsAre("office_group"));
}

TEST(ConfigTest, PublicAddressTakesThePortThatWasChosen) {
  auto config = ParseConfig("data_directory = /d\nlisten_address = h:0\n");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(PublicAddress(*config, 0), "");
  EXPECT_EQ(PublicAddress(*config, 4711), "h:4711");
  config->listen_address = "h:1";
  EXPECT_EQ(PublicAddress(*config, 0), "h:1");
  config->public_address = "outside:2";
  EXPECT_EQ(PublicAddress(*config, 4711), "outside:2");
}

TEST(ConfigTest, MissingFileNamesNoPath) {
  const auto config = ReadConfig("/nowhere/zz");
  EXPECT_EQ(ReasonOf(config.status()), Reason::kConfigInvalid);
}

}  // namespace
}  // namespace amparo::app
