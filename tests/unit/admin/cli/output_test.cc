// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "admin/cli/failure.h"
#include "amparo/office/v1/people.pb.h"
#include "amparo/office/v1/statistics.pb.h"
#include "amparo/office/v1/trends.pb.h"

namespace amparo::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kGone[] = "\xEF\xBF\xBD";

TEST(Printable, ReplacesWhatATerminalWouldObey) {
  const struct {
    std::string text;
    std::string shown;
  } kCases[] = {
      {"Kyiv", "Kyiv"},
      {"Київ", "Київ"},
      {"\x1B[31mred", std::string(kGone) + "[31mred"},
      {"a\nb", "a" + std::string(kGone) + "b"},
      {"a\x7F", "a" + std::string(kGone)},
      // C1 "control sequence introducer", written in UTF-8.
      {"\xC2\x9B"
       "2J",
       std::string(kGone) + "2J"},
      // Right-to-left override, which makes a name read as another.
      {"a\xE2\x80\xAE"
       "b",
       "a" + std::string(kGone) + "b"},
      // No UTF-8: a lone byte, an overlong slash, a surrogate.
      {"\xFF", kGone},
      {"\xC0\xAF", std::string(kGone) + kGone},
      {"\xED\xA0\x80", std::string(kGone) + kGone + kGone},
      {std::string("\0", 1), kGone},
  };
  for (const auto& one : kCases) {
    EXPECT_EQ(Printable(one.text), one.shown) << one.text;
  }
}

TEST(TimeText, IsLocalWithOffset) {
  absl::TimeZone zone;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Kyiv", &zone));
  EXPECT_EQ(TimeText(1770105600000, zone), "2026-02-03T10:00:00+02:00");
  EXPECT_EQ(TimeText(1783065600000, zone), "2026-07-03T11:00:00+03:00");
  EXPECT_EQ(TimeText(0, zone), "-");
}

TEST(TimeOf, TakesDaysAndTimesOfThisCalendarOnly) {
  const absl::TimeZone zone = absl::FixedTimeZone(2 * 60 * 60);
  EXPECT_EQ(*TimeOf("2026-02-03", zone, "--x"), 1770069600000);
  EXPECT_EQ(*TimeOf("2026-02-03T10:00:00+02:00", zone, "--x"), 1770105600000);
  for (const char* const text :
       {"", "tomorrow", "2026-02-30", "infinite-future", "infinite-past",
        "1969-12-31", "10000-01-02", "2277026596-12-04"}) {
    const absl::Status status = TimeOf(text, zone, "--x").status();
    EXPECT_EQ(DetailOf(status).reason(), kReasonUsage) << text;
    EXPECT_EQ(DetailOf(status).field(), "--x") << text;
  }
}

TEST(Grouped, SetsCommasEveryThreeDigits) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(-1234567), "-1,234,567");
  EXPECT_EQ(Grouped(-123), "-123");
}

TEST(ValueText, SaysWithheldAndNeverZero) {
  EXPECT_EQ(ValueText(true, 0), "withheld");
  EXPECT_EQ(ValueText(true, 12), "withheld");
  EXPECT_EQ(ValueText(false, 1234), "1,234");
  EXPECT_EQ(ValueText(false, 0), "0");
}

TEST(Columns, AlignsByCharactersAndNeutralisesCells) {
  Columns columns({"Office", "Letters"}, {1});
  columns.Add({"Київ", "7"});
  columns.Add({"Washington\n", "1,200"});
  EXPECT_EQ(columns.Text("none"),
            "Office       Letters\n"
            "Київ               7\n"
            "Washington" +
                std::string(kGone) + "    1,200\n");
}

TEST(Columns, SaysWhenThereIsNothing) {
  EXPECT_EQ(Columns({"Office"}).Text("No peers yet."), "No peers yet.\n");
}

TEST(Labelled, AlignsValues) {
  Labelled lines;
  lines.Add("Name", "marta");
  lines.AddIf("Team", "");
  lines.Add("Since when", "today");
  EXPECT_EQ(lines.Text(), "Name        marta\nSince when  today\n");
}

TEST(EnumOf, TakesNamesAsPeopleTypeThem) {
  using office::v1::Role;
  for (const char* const word :
       {"DATA_PROTECTION_OFFICER", "data-protection-officer",
        "data protection officer", "ROLE_DATA_PROTECTION_OFFICER"}) {
    const auto role = EnumOf<Role>(word, "--role");
    ASSERT_TRUE(role.ok()) << word;
    EXPECT_EQ(*role, office::v1::ROLE_DATA_PROTECTION_OFFICER);
  }
}

TEST(EnumOf, RefusesOtherWordsAndNamesTheChoices) {
  for (const char* const word : {"", "BOSS", "UNSPECIFIED"}) {
    const auto role = EnumOf<office::v1::Role>(word, "--role");
    ASSERT_FALSE(role.ok()) << word;
    EXPECT_EQ(ExitCodeOf(role.status()), kUsage);
    EXPECT_THAT(std::string(role.status().message()), HasSubstr("CASEWORKER"));
    EXPECT_THAT(std::string(role.status().message()), Not(HasSubstr("BOSS")));
  }
}

TEST(JsonOf, KeepsProtoNamesAndPrintsEveryField) {
  office::v1::Person person;
  person.set_name("marta");
  person.add_roles(office::v1::ROLE_CASEWORKER);
  EXPECT_EQ(JsonText(JsonOf(person)),
            "{\n  \"person_id\": \"\",\n  \"name\": \"marta\",\n"
            "  \"roles\": [\n    \"ROLE_CASEWORKER\"\n  ],\n"
            "  \"team\": \"\",\n  \"state\": \"PERSON_STATE_UNSPECIFIED\"\n"
            "}\n");
}

TEST(JsonOf, GivesNoNumberForWhatIsWithheld) {
  office::v1::ShowTrendResponse trend;
  trend.add_rows()->set_withheld(true);
  trend.add_rows()->set_value(74);
  const auto json = JsonOf(trend);
  EXPECT_TRUE(json["rows"][0]["value"].is_null());
  EXPECT_EQ(json["rows"][1]["value"], "74");
  office::v1::ReleaseDescription release;
  release.add_cohorts()->add_cells()->set_withheld(true);
  EXPECT_TRUE(JsonOf(release)["cohorts"][0]["cells"][0]["value"].is_null());
}

TEST(JsonText, EscapesWhatATerminalWouldObey) {
  const nlohmann::ordered_json json = {{"name",
                                        "a\x1B[2J\xC2\x9B\x7F"
                                        "Київ"}};
  EXPECT_EQ(JsonText(json),
            "{\n  \"name\": \"a\\u001b[2J\\u009b\\u007fКиїв\"\n}\n");
}

TEST(JsonText, EscapesWhatTurnsTheWritingRound) {
  const nlohmann::ordered_json json = {
      {"file", "a\xE2\x80\xAEgpj.exe\xE2\x81\xA6\xEF\xBB\xBF"}};
  const std::string text = JsonText(json);
  EXPECT_EQ(text, "{\n  \"file\": \"a\\u202egpj.exe\\u2066\\ufeff\"\n}\n");
  EXPECT_EQ(nlohmann::ordered_json::parse(text), json);
}

}  // namespace
}  // namespace amparo::cli
