// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/importer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/foreign/importing.h"
#include "tests/unit/node/cases/office.h"

namespace amparo::cases {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string ShippedMapping() {
  return ReadFile(std::string(AMPARO_SOURCE_DIR) +
                  "/deploy/demo/ctdc_country_level.mapping.json");
}

TEST_F(ImporterTest, RowsBecomeCasesWithProfileConsentAndLeavesButNoIdentity) {
  const auto report = Import("year,sex,age\n2016,Female,30--38\n");
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->read, 1);
  EXPECT_EQ(report->accepted, 1);
  EXPECT_EQ(report->without_consent, 0);
  EXPECT_EQ(office_.Rows(storage::TableId::kCases), 1);
  EXPECT_EQ(office_.Rows(storage::TableId::kProfiles), 1);
  EXPECT_EQ(office_.Rows(storage::TableId::kIdentities), 0);
  EXPECT_EQ(office_.Rows(storage::TableId::kConsents), 1);
  const std::vector<Case> files = Cases();
  ASSERT_EQ(files.size(), 1u);
  const Case& file = files[0];
  EXPECT_EQ(file.year, 2016);
  EXPECT_EQ(file.source, "test");
  EXPECT_FALSE(file.has_identity);
  EXPECT_FALSE(file.treated_as_minor);
  const auto profile =
      office_.registry->ProfileOf(*office_.store, file.subject);
  ASSERT_THAT(profile, IsOk());
  EXPECT_EQ(profile->Find("gender"), "Female");
  const auto consents =
      office_.ledger->ListBySubject(*office_.store, file.subject);
  ASSERT_THAT(consents, IsOk());
  ASSERT_EQ(consents->size(), 1u);
  EXPECT_EQ((*consents)[0].purpose(), Purpose::kStatistics);
  const auto events = office_.log->ReadEvents(0, 10);
  ASSERT_THAT(events, IsOk());
  ASSERT_EQ(events->events.size(), 1u);
  EXPECT_EQ(events->events[0].kind, audit::EventKind::kCaseRegistered);
  // The one leaf of an imported case tells of its consent, too.
  const std::vector<std::pair<std::string, std::string>> told = {
      {"case", file.id.hex()},
      {"consent", (*consents)[0].id().hex()},
      {"purpose", "STATISTICS"}};
  EXPECT_THAT(events->events[0].event->about, testing::IsSupersetOf(told));
}

TEST_F(ImporterTest, TheSecondImportOfTheSameFileAcceptsNothing) {
  const std::string csv = Rows(1203);
  const auto first = Import(csv);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->accepted, 1203);
  // In other pieces and with other line ends: still the same file.
  std::string crlf;
  for (const char c : csv) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  const auto second = Import(crlf, {}, kThreeColumns, 997);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->read, 1203);
  EXPECT_EQ(second->accepted, 0);
  EXPECT_EQ(second->skipped, 1203);
  EXPECT_THAT(second->skipped_by_reason,
              ElementsAre(Pair("ALREADY_IMPORTED", 1203)));
  EXPECT_EQ(office_.Rows(storage::TableId::kCases), 1203);
}

TEST_F(ImporterTest, AFileThatGrewImportsOnlyWhatIsNew) {
  ASSERT_THAT(Import(Rows(700)), IsOk());
  const auto grown = Import(Rows(900));
  ASSERT_THAT(grown, IsOk());
  EXPECT_EQ(grown->accepted, 200);
  EXPECT_EQ(grown->skipped, 700);
}

TEST_F(ImporterTest, EqualRowsOfOneFileAreDifferentRows) {
  const auto report =
      Import("year,sex,age\n2016,Male,48+\n2016,Male,48+\n2016,Male,48+\n");
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 3);
}

TEST_F(ImporterTest, OtherRulesOverTheSameFileTakeTheRestOnce) {
  const std::string csv =
      "year,sex,age\n2016,Male,48+\n2016,Female,48+\n2017,Male,48+\n";
  ImportOptions men;
  men.only_rows = {{"sex", {"Male"}}};
  const auto first = Import(csv, men);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->accepted, 2);
  EXPECT_THAT(first->skipped_by_reason, ElementsAre(Pair("ONLY_ROWS", 1)));
  const auto second = Import(csv);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->accepted, 1);
  EXPECT_EQ(second->skipped, 2);
}

TEST_F(ImporterTest, AKeyColumnNamesRowsForEver) {
  std::string mapping(kThreeColumns);
  mapping.replace(mapping.find("\"row\""), 5, "{\"column\": \"id\"}");
  mapping.replace(mapping.find("\"year\":"), 0, "\"id\": {\"ignore\": true}, ");
  const auto first = Import(
      "id,year,sex,age\nA,2016,Male,48+\nB,2016,Male,48+\nA,2016,Male,48+\n",
      {}, mapping);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->accepted, 2);
  EXPECT_EQ(first->skipped, 1);
  const auto second = Import(
      "id,year,sex,age\nC,2016,Male,48+\nA,2017,Female,48+\n", {}, mapping);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->accepted, 1);
  EXPECT_EQ(second->skipped, 1);
}

TEST_F(ImporterTest, AKeyOfTheTransactionUnderWayIsNotImportedAgain) {
  std::string mapping(kThreeColumns);
  mapping.replace(mapping.find("\"row\""), 5, "{\"column\": \"id\"}");
  mapping.replace(mapping.find("\"year\":"), 0, "\"id\": {\"ignore\": true}, ");
  // Each key twice, the second time one transaction later.
  constexpr int kRows = static_cast<int>(limits::kImportRowsPerCommit);
  std::string csv = "id,year,sex,age\n";
  for (int i = 0; i < 4 * kRows; ++i) {
    const int key = i % kRows + i / (2 * kRows) * kRows;
    absl::StrAppend(&csv, key, ",2016,Male,48+\n");
  }
  const auto report = Import(csv, {}, mapping);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 2 * kRows);
  EXPECT_EQ(report->skipped, 2 * kRows);
  EXPECT_EQ(Profiles().size(), static_cast<size_t>(2 * kRows));
}

TEST_F(ImporterTest, AnImportThatIsGivenUpEndsTheTransactionUnderWay) {
  absl::StatusOr<Mapping> parsed =
      Mapping::Parse(vocabulary::Lists::BuiltIn(), kThreeColumns);
  ASSERT_THAT(parsed, IsOk());
  {
    ImportOptions options;
    options.importer = person_;
    Importer importer(office_.services(), *std::move(parsed), options);
    ASSERT_THAT(
        importer.Feed(Rows(static_cast<int>(limits::kImportRowsPerCommit) + 1)),
        IsOk());
  }
  const size_t stored = Profiles().size();
  EXPECT_TRUE(stored == 0 || stored == limits::kImportRowsPerCommit) << stored;
}

TEST_F(ImporterTest, BadRowsAreRejectedWithRowLineColumnAndReason) {
  const auto report = Import(
      "year,sex,age\n"
      "2016,Female,48+\n"
      "2016,Maria,48+\n"
      "\"2016\",\"Fe\nmale\",48+\n"
      "2016,Female\n"
      "2099,Female,48+\n"
      "2016,Fem\"ale,48+\n"
      "2016,skip,48+\n"
      "2016,Male,\xff\n"
      "2016,Male,48+\n");
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->read, 9);
  EXPECT_EQ(report->accepted, 2);
  EXPECT_EQ(report->skipped, 1);
  EXPECT_EQ(report->rejected, 6);
  struct Expected {
    int64_t row, line;
    const char* column;
    Reason reason;
  };
  const Expected table[] = {
      {2, 3, "sex", Reason::kCodeUnknown},
      {3, 4, "sex", Reason::kCodeUnknown},
      {4, 6, "", Reason::kRowMalformed},
      {5, 7, "year", Reason::kCodeUnknown},
      {6, 8, "sex", Reason::kRowMalformed},
      {8, 10, "age", Reason::kEncodingInvalid},
  };
  ASSERT_EQ(report->rejections.size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(report->rejections[i].row, table[i].row) << i;
    EXPECT_EQ(report->rejections[i].line, table[i].line) << i;
    EXPECT_EQ(report->rejections[i].column, table[i].column) << i;
    EXPECT_EQ(report->rejections[i].reason, table[i].reason) << i;
    EXPECT_THAT(report->rejections[i].message, Not(HasSubstr("Maria")));
  }
  EXPECT_EQ(report->rejected_by_reason.at(Reason::kCodeUnknown), 3);
}

TEST_F(ImporterTest, AYearInTheFutureIsRejected) {
  const auto report = Import("year,sex,age\n2026,Male,48+\n2025,Male,48+\n");
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 1);
  EXPECT_EQ(report->rejected_by_reason.at(Reason::kFieldInvalid), 1);
}

TEST_F(ImporterTest, OnlyTheFirstThousandRejectionsAreListed) {
  std::string csv(kThreeHeaders);
  for (int i = 0; i < 1500; ++i) csv += "2016,x,48+\n";
  const auto report = Import(csv);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->rejected, 1500);
  EXPECT_EQ(report->rejections.size(), limits::kImportRejectionsReported);
}

TEST_F(ImporterTest, AnUnknownYearBelongsToNoCohort) {
  ASSERT_THAT(Import("year,sex,age\n-99,Male,48+\n"), IsOk());
  EXPECT_EQ(Cases().at(0).year, 0);
}

TEST_F(ImporterTest, P7_MinorsAreNotCountedWithoutAGuardiansConsent) {
  const auto report =
      Import("year,sex,age\n2016,Female,9--17\n2016,Female,48+\n");
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 2);
  EXPECT_EQ(report->without_consent, 1);
  EXPECT_EQ(office_.Rows(storage::TableId::kCases), 2);
  EXPECT_EQ(office_.Rows(storage::TableId::kConsents), 1);
}

TEST_F(ImporterTest, AForeignHeaderStoresNothing) {
  const std::pair<const char*, Reason> table[] = {
      {"year,sex\n2016,Male\n", Reason::kColumnMissing},
      {"year,sex,age,name\n2016,Male,48+,Maria\n", Reason::kColumnUnknown},
      {"year,sex,age,age\n2016,Male,48+,48+\n", Reason::kColumnDuplicate},
      {"year,\"sex,age\n", Reason::kRowMalformed},
      {"\xff\xfey\0e\0", Reason::kEncodingInvalid},
      {"", Reason::kRowMalformed},
      {"\n\n", Reason::kRowMalformed},
  };
  for (const auto& [csv, reason] : table) {
    EXPECT_EQ(ReasonOf(Import(csv).status()), reason) << csv;
  }
  EXPECT_EQ(office_.Rows(storage::TableId::kCases), 0);
  EXPECT_EQ(office_.Rows(storage::TableId::kLeaves), 0);
}

TEST_F(ImporterTest, ADryRunStoresNothingAndTellsTheSame) {
  ImportOptions dry;
  dry.dry_run = true;
  const std::string csv = Rows(600) + "2016,x,48+\n";
  const uint64_t before = office_.store->commits();
  const auto tried = Import(csv, dry);
  ASSERT_THAT(tried, IsOk());
  EXPECT_EQ(office_.store->commits(), before);
  const auto done = Import(csv);
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(tried->accepted, done->accepted);
  EXPECT_EQ(tried->rejected, done->rejected);
}

TEST_F(ImporterTest, ACrashIsHealedByRunningItAgain) {
  const std::string csv = Rows(1100);  // Three transactions.
  for (const auto moment :
       {CrashingStore::Moment::kBefore, CrashingStore::Moment::kAfter}) {
    for (uint64_t nth = 1; nth <= 3; ++nth) {
      Office fresh;
      absl::StatusOr<Mapping> mapping =
          Mapping::Parse(vocabulary::Lists::BuiltIn(), kThreeColumns);
      ASSERT_THAT(mapping, IsOk());
      {
        Importer importer(fresh.services(), *mapping, {});
        fresh.store->DieAt(nth, moment);
        const absl::Status fed = importer.Feed(csv);
        EXPECT_THAT(fed.ok() ? importer.Finish().status() : fed, Not(IsOk()));
        // After an error every call answers it.
        EXPECT_THAT(importer.Feed("x"), Not(IsOk()));
      }
      fresh.Open();
      const int64_t kept = fresh.Rows(storage::TableId::kCases);
      EXPECT_EQ(kept % 500, kept == 1100 ? 100 : 0);
      Importer again(fresh.services(), *mapping, {});
      ASSERT_THAT(again.Feed(csv), IsOk());
      const auto report = again.Finish();
      ASSERT_THAT(report, IsOk());
      EXPECT_EQ(report->accepted, 1100 - kept);
      for (const storage::TableId table :
           {storage::TableId::kCases, storage::TableId::kProfiles,
            storage::TableId::kConsents, storage::TableId::kCaseSources,
            storage::TableId::kCaseNumbers}) {
        EXPECT_EQ(fresh.Rows(table), 1100);
      }
      // One leaf for a case and its consent.
      EXPECT_EQ(fresh.Rows(storage::TableId::kEvents), 1100);
    }
  }
}

TEST_F(ImporterTest, TwoImportsOfOneFileAtOnceStoreEachRowOnce) {
  absl::StatusOr<Mapping> mapping =
      Mapping::Parse(vocabulary::Lists::BuiltIn(), kThreeColumns);
  ASSERT_THAT(mapping, IsOk());
  const std::string csv = Rows(300);
  Importer one(office_.services(), *mapping, {});
  Importer two(office_.services(), *mapping, {});
  // Both look before either stores.
  ASSERT_THAT(one.Feed(csv), IsOk());
  ASSERT_THAT(two.Feed(csv), IsOk());
  const auto first = one.Finish();
  const auto second = two.Finish();
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(first->accepted, 300);
  EXPECT_EQ(second->accepted, 0);
  EXPECT_EQ(second->skipped, 300);
  EXPECT_EQ(office_.Rows(storage::TableId::kCases), 300);
}

TEST_F(ImporterTest, TheGeneratorsOutputImportsWithoutARejection) {
  const std::string command = std::string(AMPARO_SOURCE_DIR) +
                              "/deploy/demo/cases --seed 7 --rows 3000";
  std::FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string csv;
  char piece[4096];
  for (size_t n; (n = std::fread(piece, 1, sizeof piece, pipe)) > 0;) {
    csv.append(piece, n);
  }
  ASSERT_EQ(pclose(pipe), 0);
  const auto report = Import(csv, {}, ShippedMapping());
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->read, 3000);
  EXPECT_EQ(report->rejected, 0);
  EXPECT_GT(report->accepted, 1000);
  EXPECT_EQ(report->accepted + report->skipped, 3000);
  EXPECT_EQ(report->without_consent, 0);
}

// The real file is no part of the product: it is read where it is present.
TEST_F(ImporterTest, TheRealCountryLevelFileImportsWithoutARejection) {
  const char* folder = std::getenv("AMPARO_DATA");
  const std::string path = absl::StrCat(
      folder != nullptr ? std::string(folder)
                        : std::string(AMPARO_SOURCE_DIR) + "/../shared/data",
      "/ctdc_country_level.csv");
  const std::string csv = ReadFile(path);
  if (csv.empty()) {
    GTEST_SKIP() << "no ctdc_country_level.csv: set AMPARO_DATA to its folder";
  }
  ImportOptions belarus;
  belarus.only_rows = {{"citizenship", {"BY"}}};
  const auto report = Import(csv, belarus, ShippedMapping());
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->read, 14299);
  EXPECT_EQ(report->rejected, 0);
  EXPECT_EQ(report->accepted, 232);
  EXPECT_EQ(report->skipped_by_reason.at("SKIP_ROWS"), 8353);
  std::map<std::string, int> labour;
  for (const Profile& profile : Profiles()) {
    EXPECT_EQ(profile.Find("citizenship"), "BLR");
    ++labour[std::string(profile.Find("isForcedLabour"))];
  }
  EXPECT_EQ(Profiles().size(), 232u);
  const auto all = Import(csv, {}, ShippedMapping());
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(all->rejected, 0);
  EXPECT_EQ(all->accepted, 14299 - 8353 - 232);
}

}  // namespace
}  // namespace amparo::cases
