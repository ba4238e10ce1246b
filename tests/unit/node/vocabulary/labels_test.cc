// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/vocabulary/embedded.h"
#include "node/vocabulary/vocabulary.h"
#include "tests/support/status_matchers.h"

namespace amparo::vocabulary {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The labels of a machine that has no iso-codes.
const Labels& Bare() {
  static const Labels* const labels = new Labels("/nowhere");
  return *labels;
}

std::string LabelOf(const Labels& labels, absl::string_view list,
                    absl::string_view code, absl::string_view language) {
  const List* const found = Lists::BuiltIn().FindList(list);
  EXPECT_NE(found, nullptr) << list;
  const Code* const known = found->Find(code);
  EXPECT_NE(known, nullptr) << code;
  return labels.Of(*found, *known, language);
}

TEST(LabelsTest, EveryCodeHasALabelInEachLanguage) {
  for (const List* list : Lists::BuiltIn().All()) {
    if (list->naming() != Naming::kTranslated) continue;
    for (const Code& code : list->codes()) {
      for (absl::string_view language : LabelLanguages()) {
        if (language == "en") continue;
        EXPECT_NE(Bare().Translation(language, code.label), nullptr)
            << list->id() << " " << code.code << " in " << language;
      }
    }
  }
}

TEST(LabelsTest, NoTranslationIsOfALabelThatIsGone) {
  std::set<std::string> labels;
  for (const List* list : Lists::BuiltIn().All()) {
    for (const Code& code : list->codes()) labels.insert(code.label);
  }
  const std::pair<const char*, absl::string_view> files[] = {
      {"ar", embedded::kLabelsAr}, {"es", embedded::kLabelsEs},
      {"fr", embedded::kLabelsFr}, {"prs", embedded::kLabelsPrs},
      {"ru", embedded::kLabelsRu}, {"zh", embedded::kLabelsZh}};
  for (const auto& [language, text] : files) {
    const auto parsed = ParseLabels(text);
    ASSERT_THAT(parsed, IsOk()) << language;
    for (const auto& [english, translation] : *parsed) {
      EXPECT_EQ(labels.count(english), 1u) << language << " " << english;
    }
  }
}

TEST(LabelsTest, UnknownAndNoAreDifferentWordsInEachLanguage) {
  for (absl::string_view language : LabelLanguages()) {
    std::set<std::string> words;
    for (const char* code : {"1", "0", "-99"}) {
      words.insert(LabelOf(Bare(), "tri-state", code, language));
    }
    EXPECT_EQ(words.size(), 3u) << language;
  }
}

TEST(LabelsTest, TwoCodesOfAListNeverReadTheSame) {
  for (const List* list : Lists::BuiltIn().All()) {
    if (list->naming() != Naming::kTranslated) continue;
    for (absl::string_view language : LabelLanguages()) {
      std::set<std::string> labels;
      for (const Code& code : list->codes()) {
        EXPECT_TRUE(labels.insert(Bare().Of(*list, code, language)).second)
            << list->id() << " " << code.code << " in " << language;
      }
    }
  }
}

TEST(LabelsTest, WithoutThePackageNamesFallBackToCodes) {
  EXPECT_FALSE(Bare().names().Present());
  EXPECT_EQ(LabelOf(Bare(), "country", "TJK", "ru"), "TJK");
  EXPECT_EQ(LabelOf(Bare(), "subdivision", "TJ-SU", "en"), "TJ-SU");
  EXPECT_EQ(LabelOf(Bare(), "country", "-99", "es"), "Desconocido");
}

// A slim system may have the package without its translations.
bool HasTranslations() {
  return Labels::BuiltIn().names().Present() &&
         std::filesystem::exists(
             "/usr/share/locale/es/LC_MESSAGES/iso_3166-1.mo");
}

TEST(LabelsTest, ACodeOfAVariableReadsAsPeopleSayIt) {
  const Lists& lists = Lists::BuiltIn();
  const Labels& labels = Labels::BuiltIn();
  EXPECT_EQ(labels.Of(lists, "isForcedLabour", "-99"), "Unknown");
  EXPECT_EQ(labels.Of(lists, "isForcedLabour", "7"), "7");
  EXPECT_EQ(labels.Of(lists, "none", "7"), "7");
  if (!labels.names().Present()) GTEST_SKIP() << "iso-codes is not installed";
  EXPECT_EQ(labels.Of(lists, "citizenship", "TJK"), "Tajikistan");
}

TEST(LabelsTest, NamesComeFromIsoCodes) {
  const Labels& labels = Labels::BuiltIn();
  if (!HasTranslations()) GTEST_SKIP() << "iso-codes is not installed whole";
  EXPECT_EQ(LabelOf(labels, "country", "TJK", "en"), "Tajikistan");
  EXPECT_EQ(LabelOf(labels, "country", "TJ", "es"), "Tayikistán");
  EXPECT_EQ(LabelOf(labels, "country", "BOL", "en"), "Bolivia");
  EXPECT_EQ(LabelOf(labels, "country", "YUG", "en"),
            "Yugoslavia, (Socialist) Federal Republic of");
  EXPECT_EQ(LabelOf(labels, "language", "fas", "fr"), "persan");
  EXPECT_EQ(LabelOf(labels, "language", "haz", "en"), "Hazaragi");
  EXPECT_EQ(LabelOf(labels, "subdivision", "AF-HER", "en"), "Herāt");
}

TEST(LabelsTest, DariFallsBackToPersian) {
  const Labels& labels = Labels::BuiltIn();
  if (!HasTranslations()) GTEST_SKIP() << "iso-codes is not installed whole";
  EXPECT_EQ(LabelOf(labels, "country", "TJK", "prs"), "تاجیکستان");
}

// The codes that are compiled in are those of the package that was read for
// them; a newer one may have more.
TEST(LabelsTest, EveryPlaceHasAName) {
  const Labels& labels = Labels::BuiltIn();
  if (!labels.names().Present()) GTEST_SKIP() << "iso-codes is not installed";
  for (const char* id : {"country", "subdivision", "language"}) {
    const List& list = *Lists::BuiltIn().FindList(id);
    size_t nameless = 0;
    for (const Code& code : list.codes()) {
      if (labels.Of(list, code, "en") == code.code) ++nameless;
    }
    EXPECT_EQ(nameless, 0u) << id;
  }
}

TEST(LabelLanguageTest, TakesRegionsAndPersianForDari) {
  const std::pair<const char*, const char*> table[] = {
      {"", "en"},     {"en", "en"},  {"fr-CA", "fr"}, {"zh_CN", "zh"},
      {"prs", "prs"}, {"fa", "prs"}, {"fa-AF", "prs"}};
  for (const auto& [text, language] : table) {
    EXPECT_THAT(LabelLanguage(text, "language"),
                IsOkAndHolds(absl::string_view(language)))
        << text;
  }
  for (const char* text : {"de", "english", "-", "FR"}) {
    const absl::Status status = LabelLanguage(text, "language").status();
    EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("prs"));
  }
}

TEST(ParseLabelsTest, BrokenFilesAreRefused) {
  EXPECT_THAT(ParseLabels("# head\nYes\tSí\n"), IsOk());
  for (const char* text :
       {"Yes\n", "Yes\t\n", "\tSí\n", "Yes\tSí\tSi\n", "Yes\tSí\nYes\tSi\n"}) {
    EXPECT_THAT(ParseLabels(text), Not(IsOk())) << text;
  }
}

}  // namespace
}  // namespace amparo::vocabulary
