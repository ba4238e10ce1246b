// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/vocabulary/published_files.h"

namespace amparo::vocabulary {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

size_t CountOf(absl::string_view standard) {
  size_t count = 0;
  for (const Field& field : Fields::BuiltIn().all()) {
    if (field.standard == standard) ++count;
  }
  return count;
}

TEST(FieldsTest, EveryStandardIsThereWhole) {
  EXPECT_EQ(CountOf(kCtdc63), 63u);
  // Six columns have a name of the 2026 release beside the older one.
  EXPECT_EQ(CountOf(kCtdc27), 27u + 6u);
  EXPECT_EQ(CountOf(kHtcds), 83u);
}

TEST(FieldsTest, BothNamesOfAColumnGoToTheSameVariable) {
  const Fields& fields = Fields::BuiltIn();
  for (const Field& field : fields.all()) {
    if (field.standard != kCtdc27) continue;
    std::string other = field.name;
    if (other.rfind("sectorOf", 0) != 0) continue;
    other.replace(0, 8, "typeOf");
    ASSERT_NE(fields.Find(kCtdc27, other), nullptr) << other;
    EXPECT_EQ(fields.Find(kCtdc27, other)->part, field.part);
    EXPECT_TRUE(field.alias);
    EXPECT_FALSE(fields.Find(kCtdc27, other)->alias);
    EXPECT_EQ(Lists::BuiltIn().FindVariable(field.name)->name, field.part);
  }
}

TEST(FieldsTest, EveryVariableOfAProfileStandsInAStandardOrIsOurs) {
  std::set<std::string> reached;
  for (const Field& field : Fields::BuiltIn().all()) {
    if (field.home != Home::kProfile && field.home != Home::kComputed) continue;
    const Variable* variable = Lists::BuiltIn().FindVariable(field.part);
    if (variable != nullptr) reached.insert(variable->name);
  }
  std::set<std::string> ours;
  for (const Variable* variable : Lists::BuiltIn().Variables()) {
    if (reached.count(variable->name) == 0) ours.insert(variable->name);
  }
  EXPECT_EQ(ours, (std::set<std::string>{"childIndicators", "isInternal",
                                         "meansOfControlCategory"}));
}

TEST(FieldsTest, ACompositeColumnIsNotAPreciseVariable) {
  for (const char* column :
       {"meansDebtBondageEarnings", "meansThreats", "meansAbusePsyPhySex",
        "meansDenyBasicNeeds", "isOtherExploit"}) {
    const Field* const field = Fields::BuiltIn().Find(kCtdc27, column);
    ASSERT_NE(field, nullptr) << column;
    EXPECT_EQ(Fields::BuiltIn().Find(kCtdc63, field->part), nullptr) << column;
  }
}

TEST(FieldsTest, IdentifyingFieldsAreNeverPartOfTheProfile) {
  for (const Field& field : Fields::BuiltIn().all()) {
    if (field.home != Home::kProfile) continue;
    EXPECT_NE(field.kind, FieldKind::kText) << field.name;
    EXPECT_NE(field.kind, FieldKind::kDate) << field.name;
    EXPECT_NE(field.kind, FieldKind::kLink) << field.name;
    EXPECT_NE(field.list, nullptr) << field.name;
  }
}

TEST(FieldsTest, AFieldOfTheProfileHasTheListOfItsVariable) {
  for (const Field& field : Fields::BuiltIn().all()) {
    const Variable* variable = Lists::BuiltIn().FindVariable(field.part);
    if (field.home != Home::kProfile || variable == nullptr) continue;
    EXPECT_EQ(variable->list, field.list) << field.name;
    if (field.kind == FieldKind::kMany) {
      EXPECT_TRUE(variable->multiple) << field.name;
    }
  }
}

// Columns of the standard's own table.
enum Column { kStatus = 1, kCore = 2, kName = 6, kType = 7, kValues = 9 };

TEST(FieldsTest, Htcds2IsAsPublished) {
  const auto rows = PublishedRows(AMPARO_SOURCE_DIR,
                                  "htcds/HTCDS_Field_Standards_2.0.tsv", '\t');
  if (rows.empty()) GTEST_SKIP() << "the standard's table is not here";
  size_t fields = 0;
  for (const std::vector<std::string>& row : rows) {
    if (row.size() <= kValues || row[kName].find('_') != 3) continue;
    ++fields;
    const Field* const field = Fields::BuiltIn().Find(kHtcds, row[kName]);
    ASSERT_NE(field, nullptr) << row[kName];
    EXPECT_EQ(field->core, row[kCore] == "Core") << row[kName];
    EXPECT_EQ(field->deprecated, row[kStatus] == "DEPRECATED") << row[kName];
    if (row[kType] == "Multiselect Picklist") {
      EXPECT_EQ(field->kind, FieldKind::kMany) << row[kName];
    }
    if (row[kValues].find(" / ") == std::string::npos) continue;
    ASSERT_NE(field->list, nullptr) << row[kName];
    for (absl::string_view value :
         absl::StrSplit(row[kValues], " / ", absl::SkipWhitespace())) {
      EXPECT_NE(field->list->Find(value), nullptr)
          << row[kName] << " " << value;
    }
  }
  EXPECT_EQ(fields, 83u);
}

TEST(FieldsTest, BrokenFilesAreRefused) {
  const std::string good = "S\t-\tx\tflag\ttri-state\t-\tcurrent\tprofile\t";
  const Lists& lists = Lists::BuiltIn();
  EXPECT_THAT(Fields::Parse(lists, good + "isAbduction\n"), IsOk());
  for (const std::string& text :
       {good + "noVariable\n", good + "isInternal\n",
        good + "isAbduction\n" + good + "isAbduction\n",
        std::string("S\t-\tx\tflag\tnone\t-\tcurrent\tprofile\tisAbduction\n"),
        std::string("S\t-\tx\tcolour\t-\t-\tcurrent\tprofile\tisAbduction\n"),
        std::string("S\t-\tx\tflag\t-\t-\tcurrent\tcellar\tisAbduction\n"),
        std::string("S\t-\tx\tflag\t-\t-\told\tprofile\tisAbduction\n"),
        std::string("S\t-\tx\tflag\t-\t-\tcurrent\tcomputed\tisAbduction\n"),
        std::string("S\t-\tx\n")}) {
    const auto fields = Fields::Parse(lists, text);
    ASSERT_THAT(fields, Not(IsOk())) << text;
    EXPECT_THAT(std::string(fields.status().message()), HasSubstr("line"));
  }
}

}  // namespace
}  // namespace amparo::vocabulary
