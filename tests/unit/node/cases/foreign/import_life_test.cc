// SPDX-License-Identifier: Apache-2.0
//
// What becomes of the status and the entries that imported rows tell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "node/cases/entries_records.h"
#include "node/cases/entry_book.h"
#include "node/cases/foreign/importer.h"
#include "node/cases/soundness.h"
#include "node/storage/soundness.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/findings.h"
#include "tests/unit/node/cases/foreign/importing.h"

namespace amparo::cases {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr absl::string_view kShelter = R"json({
  "form": "amparo.mapping.v1", "extends": "htcds", "source": "shelter",
  "source_key": {"column": "no"}, "columns": {"no": {"ignore": true}}})json";

// An office's own file, with what HTCDS has no columns for.
constexpr absl::string_view kOwn = R"json({
  "form": "amparo.mapping.v1", "source": "own", "source_key": "row",
  "columns": {
    "year": {"variable": "yearOfRegistration"},
    "age": {"variable": "ageBroad"},
    "state": {"case": "status", "codes": {"open": "Active", "shut": "Closed"}},
    "why": {"case": "closing_reason", "codes": {"moved": "RETURNED"}},
    "shut on": {"case": "closed_on", "date": "DD.MM.YYYY"},
    "danger": {"case": "risk.level", "codes": {"red": "HIGH"}},
    "asked on": {"case": "risk.happened", "date": "DD.MM.YYYY"}},
  "consent": {
    "purpose": "STATISTICS", "text_version": "2026-1", "language": "en",
    "given_by": "SELF", "method": "WRITTEN", "valid_days": 365,
    "all_questions_answered_yes": true}})json";
constexpr absl::string_view kOwnHeader =
    "year,age,state,why,shut on,danger,asked on\n";

// All that one row can tell.
constexpr absl::string_view kFullRow =
    "no,prs_FirstName,cas_Status,cas_ReasonForCaseClosure,hte_Type,hte_Country,"
    "hte_City,hte_Date,hte_Description,spl_Type,spl_Objectives,"
    "vic_Vulnerabilities,vic_DetailsOfVulnerabilities,cco_CaseComment\n"
    "A-1,Nigina,Closed,Went home,Transit,UA,Irpin,2023-05,A lorry,Health,"
    "See a doctor,Poverty;Migration,Debts,\"First call.\r\nSecond call.\"\n";

class ImportLifeTest : public ImporterTest {
 protected:
  std::vector<Entry> EntriesOf(const Case& file) {
    const auto entries =
        EntryBook(*office_.registry).Read(*office_.store, file.id);
    EXPECT_THAT(entries, IsOk());
    return entries.value_or(std::vector<Entry>());
  }
  template <class Content>
  std::vector<Content> Said(const Case& file) {
    std::vector<Content> said;
    for (const Entry& entry : EntriesOf(file)) {
      if (const auto* one = std::get_if<Content>(&entry.wording.content)) {
        said.push_back(*one);
      }
    }
    return said;
  }
  std::vector<std::string> Findings() {
    return FindingsIn(*office_.store, *office_.vault);
  }
  // The column that rejects the row of these cells; "-" when none does.
  std::string Fault(absl::string_view header, absl::string_view row,
                    absl::string_view mapping = kShelter) {
    ImportOptions dry;
    dry.dry_run = true;
    const auto report =
        Import(absl::StrCat(header, "\n", row, "\n"), dry, mapping);
    EXPECT_THAT(report, IsOk());
    if (!report.ok() || report->rejections.empty()) return "-";
    EXPECT_EQ(report->accepted, 0);
    return report->rejections[0].column;
  }
};

TEST_F(ImportLifeTest, AClosedRowArrivesClosedWithItsReason) {
  const auto report = Import(
      "no,cas_Status,cas_ReasonForCaseClosure\n"
      "1,Closed,CONTACT_LOST\n2,ClosedReferred,\n3,FollowUp,\n4,Active,\n5,,\n",
      {}, kShelter);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 5);
  EXPECT_THAT(report->ignored_columns, ElementsAre("no"));
  std::vector<std::pair<std::string, std::string>> told;
  for (const Case& file : Cases()) {
    told.emplace_back(Name(file.status), file.closing_reason);
    EXPECT_EQ(file.closed_at.has_value(), IsClosed(file.status));
    // It was never open here, so nothing was changed here.
    EXPECT_EQ(file.version, 1u);
    if (file.closed_at.has_value()) {
      // The standard has no day of closing: the time begins now.
      EXPECT_EQ(*file.closed_at, office_.clock.Now());
      EXPECT_FALSE(CheckOpen(file).ok());
    }
  }
  using Told = std::pair<std::string, std::string>;
  EXPECT_THAT(told,
              UnorderedElementsAre(Told("Closed", "CONTACT_LOST"),
                                   Told("ClosedReferred", "REFERRED"),
                                   Told("FollowUp", ""), Told("Active", ""),
                                   Told("Active", "")));
  EXPECT_EQ(office_.Rows(storage::TableId::kCaseEntries), 0);
  EXPECT_EQ(office_.Rows(storage::TableId::kCaseHistory), 0);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(ImportLifeTest, AStatusThatIsNoneRejectsItsRowAndNoCaseArrivesOpen) {
  for (const char* const status :
       {"Shut", "closed", "-99", "Unknown", "NULL"}) {
    EXPECT_EQ(Fault("no,cas_Status", absl::StrCat("1,", status)), "cas_Status")
        << status;
  }
  EXPECT_EQ(Fault("no,cas_Status", "1,Closed"), "-");
  EXPECT_EQ(Fault("no,cas_Status", "1,"), "-");
}

TEST_F(ImportLifeTest, AnOpenRowThatSaysWhyItWasClosedIsRejected) {
  constexpr absl::string_view kHeader =
      "no,cas_Status,cas_ReasonForCaseClosure";
  EXPECT_EQ(Fault(kHeader, "1,Active,RETURNED"), "cas_ReasonForCaseClosure");
  EXPECT_EQ(Fault(kHeader, "1,,Went home"), "cas_ReasonForCaseClosure");
  EXPECT_EQ(Fault("no,cas_ReasonForCaseClosure", "1,Went home"),
            "cas_ReasonForCaseClosure");
  EXPECT_EQ(Fault(kHeader, "1,Closed,Went home"), "-");
}

TEST_F(ImportLifeTest, AMappingNamesStatusReasonAndDayOfClosing) {
  const auto report = Import(
      absl::StrCat(kOwnHeader, "2020,48+,shut,moved,03.02.2023,,\n"), {}, kOwn);
  ASSERT_THAT(report, IsOk());
  ASSERT_EQ(report->accepted, 1);
  const Case file = Cases().at(0);
  EXPECT_EQ(file.status, CaseStatus::kClosed);
  EXPECT_EQ(file.closing_reason, "RETURNED");
  const absl::Time day =
      absl::FromCivil(absl::CivilDay(2023, 2, 3), absl::UTCTimeZone());
  EXPECT_EQ(file.closed_at, day);
  // Retention counts from that day.
  const Columns& columns = office_.registry->columns();
  std::optional<size_t> from = 0;
  EXPECT_THAT(columns.ClosedBy(day, 10, from), ElementsAre(file.id));
  from = 0;
  EXPECT_THAT(columns.ClosedBy(day - absl::Hours(1), 10, from), IsEmpty());
  // The consent that the source vouches for was given before.
  EXPECT_EQ(report->without_consent, 0);
  EXPECT_EQ(office_.Rows(storage::TableId::kConsents), 1);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(ImportLifeTest, ADayOfClosingThatCannotBeRejects) {
  const auto fault = [&](absl::string_view cells) {
    return Fault("year,age,state,why,shut on,danger,asked on", cells, kOwn);
  };
  EXPECT_EQ(fault("2020,48+,shut,,01.01.2025,,"), "-");
  EXPECT_EQ(fault("2020,48+,shut,,03.01.2025,,"), "shut on");
  EXPECT_EQ(fault("2020,48+,shut,,31.12.2019,,"), "shut on");
  EXPECT_EQ(fault("2020,48+,shut,,2021-01-01,,"), "shut on");
  EXPECT_EQ(fault("2020,48+,open,,01.01.2024,,"), "shut on");
  EXPECT_EQ(fault("2020,48+,open,moved,,,"), "why");
  EXPECT_EQ(fault("2020,48+,ajar,,,,"), "state");
}

TEST_F(ImportLifeTest, WhatARowTellsIsWrittenDownInItsCase) {
  const auto report = Import(kFullRow, {}, kShelter);
  ASSERT_THAT(report, IsOk());
  ASSERT_EQ(report->accepted, 1);
  EXPECT_THAT(report->ignored_columns, ElementsAre("no"));
  const Case file = Cases().at(0);
  EXPECT_FALSE(file.risk_to_life);
  const auto events = Said<RouteEvent>(file);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].country, "UKR");
  EXPECT_EQ(events[0].city, "Irpin");
  const auto plan = Said<SupportItem>(file);
  ASSERT_THAT(plan, SizeIs(1));
  EXPECT_EQ(plan[0].objective, "See a doctor");
  const auto risks = Said<RiskAssessment>(file);
  ASSERT_THAT(risks, SizeIs(1));
  EXPECT_EQ(risks[0].statement, "Poverty; Migration\nDebts");
  std::vector<std::string> notes;
  for (const Note& note : Said<Note>(file)) notes.push_back(note.text);
  EXPECT_THAT(notes,
              UnorderedElementsAre("First call.\nSecond call.",
                                   "hte_Description: A lorry",
                                   "cas_ReasonForCaseClosure: Went home"));
  for (const Entry& entry : EntriesOf(file)) {
    EXPECT_EQ(entry.wording.source, "shelter");
    EXPECT_EQ(entry.recorded_by, person_);
    EXPECT_EQ(entry.recorded_at, office_.clock.Now());
  }
  // One leaf tells of the case, that it is closed and how much came with it.
  const auto leaves = office_.log->ReadEvents(0, 10);
  ASSERT_THAT(leaves, IsOk());
  ASSERT_THAT(leaves->events, SizeIs(1));
  const std::vector<std::pair<std::string, std::string>> about = {
      {"case", file.id.hex()}, {"state", "Closed"}, {"rows", "6"}};
  EXPECT_THAT(leaves->events[0].event->about, IsSupersetOf(about));
  EXPECT_THAT(Findings(), IsEmpty());
  for (const char* const words :
       {"Irpin", "lorry", "doctor", "Debts", "home", "Poverty", "First call"}) {
    EXPECT_FALSE(office_.AnywhereInStore(words)) << words;
  }
}

TEST_F(ImportLifeTest, TheSecondImportWritesNothingDownAgain) {
  ASSERT_THAT(Import(kFullRow, {}, kShelter), IsOk());
  const int64_t entries = office_.Rows(storage::TableId::kCaseEntries);
  EXPECT_EQ(entries, 6);
  const auto again = Import(kFullRow, {}, kShelter);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->accepted, 0);
  EXPECT_EQ(office_.Rows(storage::TableId::kCaseEntries), entries);
}

TEST_F(ImportLifeTest, ACaseAndItsEntriesAreStoredTogetherOrNotAtAll) {
  for (const auto moment :
       {CrashingStore::Moment::kBefore, CrashingStore::Moment::kAfter}) {
    Office fresh;
    const auto mapping = Mapping::Parse(vocabulary::Lists::BuiltIn(), kShelter);
    ASSERT_THAT(mapping, IsOk());
    {
      Importer importer(fresh.services(), *mapping, {});
      fresh.store->DieAt(1, moment);
      const absl::Status fed = importer.Feed(kFullRow);
      EXPECT_THAT(fed.ok() ? importer.Finish().status() : fed, Not(IsOk()));
    }
    fresh.Open();
    const int64_t cases = fresh.Rows(storage::TableId::kCases);
    EXPECT_EQ(fresh.Rows(storage::TableId::kCaseEntries), 6 * cases);
    Importer again(fresh.services(), *mapping, {});
    ASSERT_THAT(again.Feed(kFullRow), IsOk());
    ASSERT_THAT(again.Finish(), IsOk());
    EXPECT_EQ(fresh.Rows(storage::TableId::kCases), 1);
    EXPECT_EQ(fresh.Rows(storage::TableId::kCaseEntries), 6);
  }
}

TEST_F(ImportLifeTest, ADryRunFindsABadCellAndItsColumn) {
  const struct {
    const char* header;
    const char* row;
    const char* column;
  } table[] = {
      {"no,hte_Type,hte_Country", "1,Flight,UA", "hte_Type"},
      {"no,hte_Type,hte_Country", "1,Transit,Atlantis", "hte_Country"},
      {"no,hte_Type,hte_Country,hte_State", "1,Transit,PL,UA-32", "hte_State"},
      {"no,hte_Type,hte_Date", "1,Transit,2025-01-03", "hte_Date"},
      {"no,hte_City,hte_Date", "1,Irpin,2025-01-03", "hte_Date"},
      {"no,hte_Type,hte_Date", "1,Transit,05/2023", "hte_Date"},
      {"no,spl_Type,spl_Objectives", "1,Sports,x", "spl_Type"},
      {"no,spl_Type,spl_Objectives,spl_ActualEndDate", "1,Legal,x,2025-06",
       "spl_ActualEndDate"},
      {"no,spl_PlannedEndDate", "1,soon", "spl_PlannedEndDate"},
      {"no,vic_Vulnerabilities", "1,Poverty;Age", "vic_Vulnerabilities"},
      {"no,cco_CaseComment", "1,a\x01", "cco_CaseComment"},
      {"no,hte_City,hte_Street", "1,Irpin,a\x01", "hte_Street"},
      {"no,hte_Type,hte_Country", "1,Transit,", "-"},
      {"no,spl_Type,spl_ActionPlan", "1,Legal,call", "-"},
      {"no,vic_Vulnerabilities", "1,Poverty;Migration", "-"},
      {"no,cco_CaseComment,hte_City", "1,,", "-"},
  };
  const uint64_t before = office_.store->commits();
  for (const auto& one : table) {
    EXPECT_EQ(Fault(one.header, one.row), one.column) << one.row;
  }
  EXPECT_EQ(office_.store->commits(), before);
}

// What a column has a code for is said, whatever else says nothing.
TEST_F(ImportLifeTest, ACodeOfTheColumnComesBeforeWhatSaysNothing) {
  const std::string mapping = absl::StrReplaceAll(
      kOwn, {{"\"shut\": \"Closed\"", "\"NA\": \"Closed\""},
             {"\"moved\"", "\"?\""},
             {"\"source_key\"",
              "\"not_recorded\": [\"NA\", \"\"], \"unknown\": [\"?\"], "
              "\"source_key\""}});
  const auto report = Import(
      absl::StrCat(kOwnHeader, "2020,48+,NA,?,03.02.2023,,\n"), {}, mapping);
  ASSERT_THAT(report, IsOk());
  ASSERT_EQ(report->accepted, 1);
  EXPECT_EQ(Cases().at(0).status, CaseStatus::kClosed);
  EXPECT_EQ(Cases().at(0).closing_reason, "RETURNED");
}

TEST_F(ImportLifeTest, ARiskAssessmentOfTheSourceHasItsLevelAndDay) {
  ASSERT_THAT(
      Import(absl::StrCat(kOwnHeader, "2020,48+,open,,,red,01.12.2024\n"), {},
             kOwn),
      IsOk());
  const std::vector<Entry> entries = EntriesOf(Cases().at(0));
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(std::get<RiskAssessment>(entries[0].wording.content).level, "HIGH");
  EXPECT_EQ(FormatPartialDate(entries[0].wording.happened), "2024-12-01");
}

TEST_F(ImportLifeTest, LongStoriesDoNotWaitForManyRows) {
  const std::string story(kImportStoryBytesMax / 10, 'x');
  std::string csv = "no,cco_CaseComment\n";
  for (int i = 0; i < 25; ++i) absl::StrAppend(&csv, i, ",", story, "\n");
  const uint64_t before = office_.store->commits();
  const auto report = Import(csv, {}, kShelter);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 25);
  EXPECT_EQ(office_.store->commits() - before, 3u);
  // Each in as many notes as it takes, and none of it lost.
  size_t bytes = 0;
  for (const Note& note : Said<Note>(Cases().at(0))) {
    bytes += static_cast<size_t>(
        std::count(note.text.begin(), note.text.end(), 'x'));
  }
  EXPECT_EQ(bytes, story.size());
}

TEST_F(ImportLifeTest, RowsThatTellNothingOfTheLifeHaveNoEntries) {
  ASSERT_THAT(Import(Rows(3)), IsOk());
  EXPECT_EQ(office_.Rows(storage::TableId::kCaseEntries), 0);
  const auto leaves = office_.log->ReadEvents(0, 10);
  ASSERT_THAT(leaves, IsOk());
  for (const audit::LoggedEvent& leaf : leaves->events) {
    for (const auto& [name, value] : leaf.event->about) {
      EXPECT_NE(name, "rows");
      EXPECT_NE(name, "state");
    }
  }
}

}  // namespace
}  // namespace amparo::cases
