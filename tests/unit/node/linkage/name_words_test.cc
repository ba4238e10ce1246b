// SPDX-License-Identifier: Apache-2.0
#include "node/linkage/name_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace amparo::linkage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Exact(absl::string_view name) {
  const absl::StatusOr<std::vector<NameWord>> found = WordsOfName(name);
  std::vector<std::string> words;
  for (const NameWord& word : *found) {
    words.push_back(word.exact.front());
  }
  return words;
}

// Whether somebody who types `typed` finds the person of this name.
bool Finds(absl::string_view typed, absl::string_view given,
           absl::string_view family, bool exactly = false) {
  std::set<std::string> exact;
  EXPECT_THAT(AddSpellings(given, family, exact), IsOk());
  std::set<std::string> loose;
  for (const std::string& spelling : exact) loose.insert(LooseForm(spelling));
  const auto words = WordsOfName(typed);
  EXPECT_THAT(words, IsOk());
  return !words->empty() &&
         std::all_of(words->begin(), words->end(), [&](const NameWord& word) {
           const auto& forms = exactly ? word.exact : word.loose;
           const auto& held = exactly ? exact : loose;
           return std::any_of(
               forms.begin(), forms.end(),
               [&](const std::string& f) { return held.count(f) > 0; });
         });
}

TEST(NameWordsTest, CaseMarksHyphensAndApostrophesDoNotMatter) {
  EXPECT_THAT(Exact("ÁNGELA Muñoz-Núñez"),
              ElementsAre("angela", "munoz", "nunez"));
  EXPECT_THAT(Exact("O’Brien, Mas'ud"), ElementsAre("obrien", "masud"));
  EXPECT_THAT(Exact("Straße Łukasz"), ElementsAre("strasse", "lukasz"));
  // The same letters composed and decomposed, and full width.
  EXPECT_EQ(Exact("é"), Exact("e\xcc\x81"));
  EXPECT_EQ(Exact("ＡＬＩ"), Exact("ali"));
}

TEST(NameWordsTest, ParticlesAreLeftOutUnlessTheyAreAll) {
  EXPECT_THAT(Exact("Vasco da Gama"), ElementsAre("vasco", "gama"));
  EXPECT_THAT(Exact("al-Hassan bin Ali"), ElementsAre("hassan", "ali"));
  EXPECT_THAT(Exact("De La"), ElementsAre("de", "la"));
}

TEST(NameWordsTest, WhatHasNoLetterIsNoWord) {
  EXPECT_THAT(Exact(""), IsEmpty());
  EXPECT_THAT(Exact(" -- ' \xf0\x9f\x99\x82 "), IsEmpty());
  EXPECT_THAT(Exact("\xff\xfe"), IsEmpty());
}

TEST(NameWordsTest, RussianUkrainianAndTajikLettersBecomeLatin) {
  EXPECT_THAT(Exact("Щербакова"), ElementsAre("shcherbakova"));
  EXPECT_THAT(Exact("Олександра Ґонгадзе"),
              ElementsAre("oleksandra", "gongadze"));
  EXPECT_THAT(Exact("Ҷамшед Қодиров"), ElementsAre("jamshed", "qodirov"));
}

TEST(NameWordsTest, AsciiIsReadAsTheRulesWouldReadIt) {
  // The accent sends the same letters through the rules.
  constexpr absl::string_view kAll = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (const char first : kAll) {
    for (const char second : kAll) {
      const std::string plain = {first, second, 'a', second, first, 'a'};
      const std::string accented = absl::StrCat(plain.substr(0, 5), "\u00e1");
      EXPECT_EQ(WordsOfName(plain)->front().exact,
                WordsOfName(accented)->front().exact);
      EXPECT_EQ(*DocumentForm(plain), *DocumentForm(accented));
    }
  }
}

TEST(NameWordsTest, SignsOfAsciiPartOrJoinAsBesideOtherLetters) {
  for (int sign = 1; sign < 128; ++sign) {
    const std::string plain =
        absl::StrCat("Ab", std::string(1, static_cast<char>(sign)), "Cd e");
    std::vector<std::string> beside = Exact(absl::StrCat("\u00e1 ", plain));
    ASSERT_FALSE(beside.empty());
    beside.erase(beside.begin());
    EXPECT_EQ(Exact(plain), beside) << sign;
  }
}

TEST(NameWordsTest, APersonIsFoundFromAnotherScript) {
  const struct {
    const char* typed;
    const char* given;
    const char* family;
  } kPairs[] = {
      {"Muhammad Rahimov", "Мухаммад", "Раҳимов"},
      {"Мухаммад Рахимов", "Muhammad", "Rahimov"},
      {"Mohammed", "محمد", ""},
      {"محمد", "Muhammad", "Rahimov"},
      {"Ahmad", "أحمد", ""},
      {"Yusuf", "یوسف", ""},
      {"Hussein", "حسین", ""},
      {"Abdullah", "عبدالله", ""},
      {"Fatima", "فاطمة", ""},
      {"al-Hassan", "الحسن", ""},
      {"الحسن", "Hassan", ""},
      {"Wang Xiaoming", "小明", "王"},
      {"王小明", "Xiaoming", "Wang"},
      {"王小明", "小明", "王"},
      {"Wang Xiaoming", "王小明", ""},
      {"Elena", "Елена", ""},
      {"Елена", "Yelena", ""},
      {"Khrushchev", "", "Хрущёв"},
      {"Jamshed", "Ҷамшед", ""},
      {"Çelik", "", "Chelik"},
      {"Nguyen", "Nguyễn", ""},
  };
  for (const auto& pair : kPairs) {
    EXPECT_TRUE(Finds(pair.typed, pair.given, pair.family))
        << pair.typed << " for " << pair.given << " " << pair.family;
  }
}

TEST(NameWordsTest, AnotherPersonIsNotFound) {
  EXPECT_FALSE(Finds("Muhammad Karimov", "Мухаммад", "Раҳимов"));
  EXPECT_FALSE(Finds("Olena", "Natalia", "Shevchenko"));
  EXPECT_FALSE(Finds("", "Natalia", "Shevchenko"));
}

TEST(NameWordsTest, WordOrderDoesNotMatter) {
  EXPECT_TRUE(Finds("Shevchenko Olena", "Olena", "Shevchenko"));
  EXPECT_TRUE(Finds("Olena Shevchenko", "Olena", "Shevchenko"));
}

TEST(NameWordsTest, ExactlyMeansTheSameLatinLetters) {
  EXPECT_TRUE(Finds("shevchenko", "Олена", "Шевченко", true));
  EXPECT_FALSE(Finds("Shevchenka", "Олена", "Шевченко", true));
  EXPECT_TRUE(Finds("Shevchenka", "Олена", "Шевченко", false));
}

TEST(NameWordsTest, LooseFormsKeepTheFirstVowelAndTwoLetters) {
  EXPECT_EQ(LooseForm("muhammad"), LooseForm("mohammed"));
  EXPECT_EQ(LooseForm("elena"), LooseForm("yelena"));
  EXPECT_NE(LooseForm("elena"), LooseForm("lena"));
  EXPECT_EQ(LooseForm("li"), "li");
  EXPECT_EQ(LooseForm("a"), "a");
  EXPECT_EQ(LooseForm(""), "");
}

TEST(DocumentFormTest, OnlyLettersAndDigitsCount) {
  EXPECT_THAT(DocumentForm("ab 12-34/5"), IsOkAndHolds("AB12345"));
  EXPECT_THAT(DocumentForm("АВ123"), DocumentForm("ав 123"));
  EXPECT_THAT(DocumentForm(" - "), IsOkAndHolds(""));
}

TEST(TelephoneFormTest, PrefixesDoNotMatter) {
  EXPECT_EQ(TelephoneForm("+992 90 123 45 67"), TelephoneForm("0 901234567"));
  EXPECT_EQ(TelephoneForm("00992901234567"), "901234567");
  EXPECT_EQ(TelephoneForm("12345"), "");
  EXPECT_EQ(TelephoneForm("anna@example.org"), "");
}

}  // namespace
}  // namespace amparo::linkage
