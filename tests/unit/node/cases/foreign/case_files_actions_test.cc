// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/case_files_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "nlohmann/json.hpp"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/cases/columns.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/office.h"

namespace amparo::cases {
namespace {

using people::Caller;
using people::Role;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

Caller Person(char fill, std::set<Role> roles, std::string team) {
  return Caller::ForPerson(*PersonId::FromBytes(std::string(16, fill)),
                           *SessionId::FromBytes(std::string(16, fill)),
                           std::move(roles), std::move(team));
}

constexpr absl::string_view kMapping = R"json({
  "form": "amparo.mapping.v1", "extends": "htcds", "source": "t",
  "columns": {"year": {"variable": "yearOfRegistration"},
              "to": {"variable": "CountryOfExploitation", "optional": true},
              "threats": {"variable": "meansOfControlThreats"}}})json";
constexpr absl::string_view kCsv =
    "prs_FirstName,prs_Gender,prs_Citizenship,year,to,threats\n"
    "=Olena,Feminine,UA,2024,UA,1\n"
    ",Masculine,UA;PL,2025,DE,0\n"
    ",Feminine,BY,2025,,\n";

std::vector<std::vector<std::string>> Rows(const std::string& csv) {
  CsvReader reader(',');
  std::vector<std::vector<std::string>> rows;
  const auto take = [&](CsvRecord& record) {
    EXPECT_THAT(record.problem, IsOk());
    rows.push_back(record.fields);
    return absl::OkStatus();
  };
  EXPECT_THAT(reader.Feed(csv, take), IsOk());
  EXPECT_THAT(reader.Finish(take), IsOk());
  return rows;
}

// Cells of one row by header.
std::map<std::string, std::string> RowOf(
    const std::vector<std::vector<std::string>>& rows, size_t number) {
  std::map<std::string, std::string> row;
  for (size_t i = 0; i < rows[0].size(); ++i) {
    row[rows[0][i]] = rows[number][i];
  }
  return row;
}

class CaseFilesActionsTest : public testing::Test {
 protected:
  ImportReport Import(Office& office, absl::string_view mapping,
                      const std::string& csv, const Caller& caller) {
    const CaseFilesActions actions(office.services());
    ImportRequest request;
    request.request = *RequestId::FromBytes(std::string(16, 'i'));
    request.mapping = std::string(mapping);
    const auto importer = actions.BeginImport(caller, request);
    EXPECT_THAT(importer, IsOk());
    if (!importer.ok()) return ImportReport();
    EXPECT_THAT((*importer)->Feed(csv), IsOk());
    const auto report = (*importer)->Finish();
    EXPECT_THAT(report, IsOk());
    return report.ok() ? *report : ImportReport();
  }
  void ImportThree() {
    EXPECT_EQ(Import(office_, kMapping, std::string(kCsv), anna_).accepted, 3);
  }

  static ExportRequest Wanted(ExportFormat format) {
    ExportRequest request;
    request.request = *RequestId::FromBytes(std::string(16, 'e'));
    request.format = format;
    request.reason = "letter-2026/114";
    return request;
  }
  absl::StatusOr<ExportSummary> Export(const Caller& caller,
                                       const ExportRequest& request,
                                       std::string& file) {
    file.clear();
    return CaseFilesActions(office_.services())
        .Export(caller, request, [&](absl::string_view piece) {
          file.append(piece.data(), piece.size());
          return absl::OkStatus();
        });
  }
  Reason Refusal(const Caller& caller, const ExportRequest& request) {
    std::string file;
    const Reason reason = ReasonOf(Export(caller, request, file).status());
    EXPECT_EQ(file, "");
    EXPECT_THAT(Leaves(audit::EventKind::kExport), SizeIs(0));
    return reason;
  }
  std::vector<audit::Event> Leaves(audit::EventKind kind) {
    std::vector<audit::Event> events;
    const auto page = office_.log->ReadEvents(0, 500);
    EXPECT_THAT(page, IsOk());
    for (const audit::LoggedEvent& event : page->events) {
      if (event.kind == kind) events.push_back(*event.event);
    }
    return events;
  }

  Office office_;
  const Caller anna_ = Person('a', {Role::kCaseworker}, "north");
  const Caller head_ = Person('h', {Role::kSupervisor}, "north");
  const Caller south_ = Person('s', {Role::kSupervisor}, "south");
};

TEST_F(CaseFilesActionsTest, AnImportBelongsToWhoImports) {
  ImportThree();
  ASSERT_THAT(office_.registry->ReadColumns(*office_.store), IsOk());
  const auto seen = [&](const Viewer& viewer) {
    const auto page = office_.registry->columns().Find(viewer, {}, 10, "");
    EXPECT_THAT(page, IsOk());
    return page.ok() ? page->total : -1;
  };
  EXPECT_EQ(seen({.person = anna_.person()}), 3);
  EXPECT_EQ(seen({.person = head_.person(), .team = "north"}), 3);
  EXPECT_EQ(seen({.person = south_.person(), .team = "south"}), 0);
  ImportRequest request;
  request.mapping = "{}";
  const CaseFilesActions actions(office_.services());
  EXPECT_EQ(ReasonOf(actions.BeginImport(anna_, request).status()),
            Reason::kMappingInvalid);
  EXPECT_EQ(
      ReasonOf(actions
                   .BeginImport(Person('d', {Role::kAdministrator}, "north"),
                                request)
                   .status()),
      Reason::kNotAllowed);
}

TEST_F(CaseFilesActionsTest, ImportsLeaveOfADiskWhatTheOfficeNeeds) {
  office_.store->free_bytes = limits::kDiskReserveBytes - 1;
  const CaseFilesActions actions(office_.services());
  ImportRequest request;
  request.mapping = std::string(kMapping);
  EXPECT_EQ(ReasonOf(actions.BeginImport(anna_, request).status()),
            Reason::kLimitExceeded);
  request.dry_run = true;
  EXPECT_THAT(actions.BeginImport(anna_, request), IsOk());
  office_.store->free_bytes = limits::kDiskReserveBytes;
  ImportThree();
}

TEST_F(CaseFilesActionsTest, ACsvFileHasEveryVariableAndNoNames) {
  ImportThree();
  std::string file;
  const auto summary = Export(head_, Wanted(ExportFormat::kCsv), file);
  ASSERT_THAT(summary, IsOk());
  EXPECT_EQ(summary->cases, 3);
  EXPECT_EQ(summary->bytes, static_cast<int64_t>(file.size()));
  EXPECT_EQ(summary->sha256, crypto::HexEncode(crypto::Sha256(file)));
  EXPECT_THAT(file, Not(HasSubstr("Olena")));
  const auto rows = Rows(file);
  ASSERT_THAT(rows, SizeIs(4));
  bool found = false;
  for (size_t i = 1; i < rows.size(); ++i) {
    const auto row = RowOf(rows, i);
    EXPECT_EQ(row.at("source"), "t");
    EXPECT_EQ(row.count("given_names"), 0u);
    if (row.at("yearOfRegistration") != "2024") continue;
    found = true;
    EXPECT_EQ(row.at("gender"), "Female");
    // Computed, never stored.
    EXPECT_EQ(row.at("isInternal"), "1");
    EXPECT_EQ(row.at("meansOfControlThreats"), "1");
  }
  EXPECT_TRUE(found);
}

TEST_F(CaseFilesActionsTest, NothingWrittenDownOfAnImportedCaseIsInAnExport) {
  constexpr absl::string_view kHtcds = R"json({
    "form": "amparo.mapping.v1", "extends": "htcds", "source": "t"})json";
  const std::string csv =
      "prs_FirstName,prs_Gender,cas_Status,cas_ReasonForCaseClosure,hte_Type,"
      "hte_City,hte_Street,spl_Type,spl_Objectives,vic_Vulnerabilities,"
      "vic_DetailsOfVulnerabilities,cco_CaseComment\n"
      "Olena,Feminine,Closed,Marker reason,Transit,Marker city,Marker street,"
      "Health,Marker plan,Homelessness,Marker details,Marker comment\n";
  ASSERT_EQ(Import(office_, kHtcds, csv, anna_).accepted, 1);
  for (const ExportFormat format :
       {ExportFormat::kCsv, ExportFormat::kJson, ExportFormat::kCtdc27}) {
    std::string file;
    ASSERT_THAT(Export(head_, Wanted(format), file), IsOk());
    EXPECT_THAT(
        file, HasSubstr(format == ExportFormat::kCtdc27 ? "Woman" : "Closed"));
    for (const char* const words :
         {"Marker", "Olena", "Transit", "Health", "Homelessness"}) {
      EXPECT_THAT(file, Not(HasSubstr(words))) << Name(format);
    }
  }
}

TEST_F(CaseFilesActionsTest, TheLeafSaysWhoHowManyAndWhyBeforeTheFirstPiece) {
  ImportThree();
  bool first = true;
  const auto summary =
      CaseFilesActions(office_.services())
          .Export(head_, Wanted(ExportFormat::kCsv), [&](absl::string_view) {
            if (std::exchange(first, false)) {
              EXPECT_THAT(Leaves(audit::EventKind::kExport), SizeIs(1));
            }
            return absl::OkStatus();
          });
  ASSERT_THAT(summary, IsOk());
  const auto leaves = Leaves(audit::EventKind::kExport);
  ASSERT_THAT(leaves, SizeIs(1));
  EXPECT_EQ(leaves[0].actor, head_.person());
  const std::map<std::string, std::string> about(leaves[0].about.begin(),
                                                 leaves[0].about.end());
  EXPECT_EQ(about.at("rows"), "3");
  EXPECT_EQ(about.at("reason"), "letter-2026/114");
  EXPECT_EQ(about.at("type"), "csv");
  EXPECT_EQ(about.count("category"), 0u);
}

TEST_F(CaseFilesActionsTest, AnExportWhoseLeafIsNotOnDiskSendsNothing) {
  ImportThree();
  office_.store->DieAt(1, CrashingStore::Moment::kBefore);
  std::string file;
  EXPECT_THAT(Export(head_, Wanted(ExportFormat::kCsv), file), Not(IsOk()));
  EXPECT_EQ(file, "");
}

TEST_F(CaseFilesActionsTest, OnlyASupervisorExportsAndOnlyTheTeamsCases) {
  ImportThree();
  const ExportRequest request = Wanted(ExportFormat::kCsv);
  EXPECT_EQ(Refusal(anna_, request), Reason::kNotAllowed);
  for (const Role role : {Role::kAdministrator, Role::kAnalyst,
                          Role::kDataProtectionOfficer, Role::kAuditor}) {
    EXPECT_EQ(Refusal(Person('x', {role}, "north"), request),
              Reason::kNotAllowed);
  }
  std::string file;
  const auto other = Export(south_, request, file);
  ASSERT_THAT(other, IsOk());
  EXPECT_EQ(other->cases, 0);
  EXPECT_THAT(Rows(file), SizeIs(1));
}

TEST_F(CaseFilesActionsTest, NothingIsExportedBeforeTheCasesAreRead) {
  ImportThree();
  office_.registry->StopReading();
  EXPECT_EQ(Refusal(head_, Wanted(ExportFormat::kCsv)), Reason::kUnavailable);
}

TEST_F(CaseFilesActionsTest, ACaseThatWasHandedOverGoesWithItsNewTeam) {
  ImportThree();
  std::string file;
  const auto count = [&](const Caller& caller) {
    const auto summary = Export(caller, Wanted(ExportFormat::kCsv), file);
    EXPECT_THAT(summary, IsOk());
    return summary.ok() ? summary->cases : -1;
  };
  EXPECT_EQ(count(head_), 3);
  const auto found =
      office_.registry->columns().Find({.person = anna_.person()}, {}, 1, "");
  ASSERT_THAT(found, IsOk());
  const auto row = office_.registry->Row(*office_.store, found->cases[0]);
  ASSERT_THAT(row, IsOk());
  CaseRevision revision{.before = *row, .after = row->value};
  revision.after.owner = south_.person();
  revision.after.team = "south";
  revision.kind = ChangeKind::kAssigned;
  revision.at = office_.clock.Now();
  revision.by = anna_.person();
  revision.reason = "moved";
  storage::Batch batch;
  ASSERT_THAT(office_.registry->Revise(batch, *office_.store, revision),
              IsOk());
  ASSERT_THAT(office_.store->Commit(batch), IsOk());
  EXPECT_EQ(count(head_), 2);
  EXPECT_EQ(count(south_), 1);
}

TEST_F(CaseFilesActionsTest, ExportNeedsAReasonThatSaysNothingOfAPerson) {
  for (const std::string& reason :
       {std::string(), std::string("for Olena Ivanova"), std::string(129, 'x'),
        std::string("Олена")}) {
    ExportRequest request = Wanted(ExportFormat::kCsv);
    request.reason = reason;
    EXPECT_EQ(Refusal(head_, request), Reason::kFieldInvalid) << reason;
  }
}

TEST_F(CaseFilesActionsTest, FiltersAreCheckedAndChoose) {
  ImportThree();
  std::string file;
  const auto count = [&](const ExportRequest& request) {
    const auto summary = Export(head_, request, file);
    EXPECT_THAT(summary, IsOk());
    return summary.ok() ? summary->cases : -1;
  };
  ExportRequest request = Wanted(ExportFormat::kCsv);
  request.where = {{"citizenship", {"UA"}}};
  EXPECT_EQ(count(request), 2);
  request.where.push_back({"gender", {"Female", "-99"}});
  EXPECT_EQ(count(request), 1);
  request = Wanted(ExportFormat::kCsv);
  request.year_from = 2025;
  EXPECT_EQ(count(request), 2);
  request.year_to = 2024;
  EXPECT_EQ(count(request), 0);
  request = Wanted(ExportFormat::kCsv);
  request.source = "elsewhere";
  EXPECT_EQ(count(request), 0);
  request.where = {{"citizenship", {"Atlantis"}}};
  EXPECT_EQ(ReasonOf(Export(head_, request, file).status()),
            Reason::kCodeUnknown);
  request.where = {{"isInternal", {"1"}}};
  EXPECT_THAT(Export(head_, request, file), Not(IsOk()));
}

TEST_F(CaseFilesActionsTest, JsonHasRecordedAndComputedValuesApart) {
  ImportThree();
  std::string file;
  ASSERT_THAT(Export(head_, Wanted(ExportFormat::kJson), file), IsOk());
  const auto json = nlohmann::json::parse(file, nullptr, false);
  ASSERT_TRUE(json.is_object());
  ASSERT_EQ(json["cases"].size(), 3u);
  for (const auto& one : json["cases"]) {
    EXPECT_FALSE(one.contains("identity"));
    EXPECT_TRUE(one["profile"]["citizenship"].is_array());
    EXPECT_FALSE(one["profile"].contains("isInternal"));
    EXPECT_TRUE(one["computed"].contains("isInternal"));
  }
}

TEST_F(CaseFilesActionsTest, Ctdc27HasItsColumnsNoNumbersAndUnknownAsBlank) {
  ImportThree();
  std::string file;
  ASSERT_THAT(Export(head_, Wanted(ExportFormat::kCtdc27), file), IsOk());
  const auto rows = Rows(file);
  ASSERT_THAT(rows, SizeIs(4));
  EXPECT_THAT(rows[0], SizeIs(27));
  EXPECT_THAT(file, Not(HasSubstr("-99")));
  for (size_t i = 1; i < rows.size(); ++i) {
    const auto row = RowOf(rows, i);
    if (row.at("yearOfRegistration") == "2024") {
      EXPECT_EQ(row.at("gender"), "Woman");
      EXPECT_EQ(row.at("citizenship"), "UKR");
      EXPECT_EQ(row.at("meansThreats"), "1");
    } else if (row.at("gender") == "Man") {
      // Two citizenships: none is chosen. One of two means is no.
      EXPECT_EQ(row.at("citizenship"), "");
      EXPECT_EQ(row.at("meansThreats"), "");
    }
  }
}

TEST_F(CaseFilesActionsTest, Ctdc27ImportedFromItsExportSaysTheSame) {
  constexpr absl::string_view kFormat =
      R"json({"form": "amparo.mapping.v1", "extends": "ctdc-27"})json";
  ImportThree();
  std::string first;
  ASSERT_THAT(Export(head_, Wanted(ExportFormat::kCtdc27), first), IsOk());
  const auto rows = Rows(first);
  // Into another office, and out of it again.
  Office other;
  EXPECT_EQ(Import(other, kFormat, first, anna_).accepted, 3);
  std::string second;
  ASSERT_THAT(CaseFilesActions(other.services())
                  .Export(head_, Wanted(ExportFormat::kCtdc27),
                          [&](absl::string_view piece) {
                            second.append(piece.data(), piece.size());
                            return absl::OkStatus();
                          }),
              IsOk());
  auto before = Rows(first);
  auto after = Rows(second);
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  EXPECT_EQ(after, before);
}

TEST_F(CaseFilesActionsTest, AFileOfManyCasesComesInPieces) {
  std::string csv = "prs_Gender,year,threats\n";
  for (int i = 0; i < 1200; ++i) csv += "Feminine,2024,1\n";
  Import(office_, kMapping, csv, anna_);
  int pieces = 0;
  size_t largest = 0;
  const auto summary = CaseFilesActions(office_.services())
                           .Export(head_, Wanted(ExportFormat::kJson),
                                   [&](absl::string_view piece) {
                                     ++pieces;
                                     largest = std::max(largest, piece.size());
                                     return absl::OkStatus();
                                   });
  ASSERT_THAT(summary, IsOk());
  EXPECT_EQ(summary->cases, 1200);
  EXPECT_GT(pieces, 1);
  EXPECT_LT(largest, 300u * 1024);
  // Nobody listens any more: the export ends.
  const auto broken =
      CaseFilesActions(office_.services())
          .Export(head_, Wanted(ExportFormat::kJson), [](absl::string_view) {
            return Error(Reason::kUnavailable);
          });
  EXPECT_EQ(ReasonOf(broken.status()), Reason::kUnavailable);
}

}  // namespace
}  // namespace amparo::cases
