// SPDX-License-Identifier: Apache-2.0
#include "node/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "node/base/errors.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

TEST(TextTest, NamesShowAsTheyAreStored) {
  struct Row {
    const char* text;
    NameScript script;
    bool taken;
  };
  const Row table[] = {
      {"", NameScript::kAny, true},
      {"Олександра", NameScript::kAny, true},
      {"Олександра Smith", NameScript::kAny, true},  // Words of two scripts.
      {"Ольга Anna-Марія", NameScript::kAny, false},
      {"Аnna", NameScript::kAny, false},  // The first letter is Cyrillic.
      {"Αnna", NameScript::kAny, false},  // The first letter is Greek.
      {"O'Brien-Nuñez", NameScript::kLatin, true},
      {"Nguyễn Thị Hoa", NameScript::kLatin, true},
      {"Оlga", NameScript::kLatin, false},
      {"محمد", NameScript::kAny, true},
      {"محمد", NameScript::kLatin, false},
      {"علی\xe2\x80\x8cرضا", NameScript::kAny, true},  // U+200C in it.
      {"\xe2\x80\x8cعلی", NameScript::kAny, false},
      {"علی\xe2\x80\x8c", NameScript::kAny, false},
      {"Anna\xe2\x80\x8b", NameScript::kAny, false},  // U+200B.
      {"An\xc2\xad"
       "na",
       NameScript::kAny, false},                      // Soft hyphen.
      {"Anna\xe2\x80\x8f", NameScript::kAny, false},  // U+200F.
      {"Anna\xe2\x80\xae", NameScript::kAny, false},  // U+202E.
      {"Anna\xef\xbb\xbf", NameScript::kAny, false},  // U+FEFF.
      {" Anna", NameScript::kAny, false},
      {"Anna ", NameScript::kAny, false},
      {"A  B", NameScript::kAny, true},
      {"李小龍", NameScript::kAny, true},
      {"李Lee", NameScript::kAny, true},  // They do not look alike.
      {"\u1820\u180b\u1821", NameScript::kAny, true},  // A Mongolian form.
      {"Anna\ufe0f", NameScript::kAny, false},         // A variation selector.
      {"Ann\u034fa", NameScript::kAny, false},         // A grapheme joiner.
      {"\u3164", NameScript::kAny, false},             // A letter of nothing.
      {"O\u02bbNeill", NameScript::kLatin, true},
  };
  for (const Row& row : table) {
    const absl::Status status =
        CheckPersonName("name", row.text, 256, row.script);
    EXPECT_EQ(status.ok(), row.taken) << testing::PrintToString(row.text);
    if (!row.taken) {
      EXPECT_EQ(FieldOf(status), "name");
    }
  }
}

TEST(TextTest, FreeTextHasLinesAndNoOtherControls) {
  EXPECT_THAT(CheckFreeText("note", "one\n\ttwo\n", 64, true), IsOk());
  EXPECT_EQ(FieldOf(CheckFreeText("note", "", 64, true)), "note");
  EXPECT_EQ(FieldOf(CheckFreeText("note", "a\rb", 64, true)), "note");
  EXPECT_EQ(FieldOf(CheckFreeText("note", "a\x1b[2J", 64, true)), "note");
  EXPECT_EQ(FieldOf(CheckFreeText("note", "12345", 4, true)), "note");
  EXPECT_EQ(FieldOf(CheckFreeText("note", "a\xff", 64, true)), "note");
}

TEST(TextTest, Utf8IsCheckedStrictly) {
  const std::pair<std::string, bool> table[] = {
      {"", true},
      {"Anna", true},
      {"\xd0\x9c\xd0\xb0", true},
      {"\xe2\x82\xac", true},
      {"\xf0\x9f\x98\x80", true},
      {"\xf4\x8f\xbf\xbf", true},
      {"\xf4\x90\x80\x80", false},
      {"\xc0\x80", false},
      {"\xc1\xbf", false},
      {"\xe0\x80\x80", false},
      {"\xed\xa0\x80", false},
      {"\xf0\x80\x80\x80", false},
      {"\x80", false},
      {"\xe2\x82", false},
      {"\xff\xfe", false},
  };
  for (const auto& [text, valid] : table) {
    EXPECT_EQ(IsUtf8(text), valid) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace amparo
