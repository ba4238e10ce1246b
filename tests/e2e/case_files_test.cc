// SPDX-License-Identifier: Apache-2.0
//
// Files of cases in and out with the `amparo` program and a real node, and
// what becomes of an import whose client or node is killed half way: the same
// import again continues, and each row is a case once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "amparo/office/v1/cases.grpc.pb.h"
#include "nlohmann/json.hpp"
#include "tests/support/office_process.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

namespace v1 = office::v1;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr absl::Duration kEnds = absl::Seconds(120);
constexpr char kHeader[] = "prs_Gender,prs_Citizenship,record,remarks\n";
constexpr char kMapping[] = R"({
  "form": "amparo.mapping.v1", "extends": "htcds", "source": "shelter",
  "source_key": {"column": "record"},
  "columns": {"record": {"ignore": true}, "remarks": {"ignore": true}}})";

class CaseFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started =
        OfficeProcess::Start(folder_.path() + "/office", {},
                             {v1::ROLE_CASEWORKER, v1::ROLE_SUPERVISOR});
    ASSERT_THAT(started, IsOk());
    office_ = *std::move(started);
    for (const v1::Role role : {v1::ROLE_CASEWORKER, v1::ROLE_SUPERVISOR}) {
      WriteFile(Session(role),
                nlohmann::json({{"form", "amparo.session.v1"},
                                {"name", "somebody"},
                                {"token", office_->As(role).token()},
                                {"device_token", ""},
                                {"expires_at_ms", kFarAway}})
                    .dump());
    }
    WriteFile(Path("mapping.json"), kMapping);
  }

  std::string Path(const std::string& name) const {
    return absl::StrCat(folder_.path(), "/", name);
  }
  std::string Session(v1::Role role) const {
    return Path(v1::Role_Name(role) + ".session");
  }
  std::vector<std::string> Words(v1::Role role,
                                 std::vector<std::string> words) const {
    words.insert(words.begin(),
                 {AmparoPath(), "--socket", office_->node().socket(),
                  "--session", Session(role)});
    return words;
  }
  Ending Run(v1::Role role, const std::vector<std::string>& words) const {
    const auto ending = RunToEnd(Words(role, words), kEnds);
    EXPECT_THAT(ending, IsOk());
    return ending.value_or(Ending{-1, ""});
  }
  std::vector<std::string> Importing(const std::string& csv) const {
    WriteFile(Path("cases.csv"), csv);
    return {"--json",     "case",
            "import",     Path("cases.csv"),
            "--format",   "mapping:" + Path("mapping.json"),
            "--rejected", Path("rejected.csv")};
  }
  // Imports to the end; the report.
  nlohmann::json Report(const std::string& csv) const {
    ::unlink(Path("rejected.csv").c_str());
    const Ending ending = Run(v1::ROLE_CASEWORKER, Importing(csv));
    EXPECT_EQ(ending.code, 0) << ending.output;
    return nlohmann::json::parse(ending.output, nullptr, false);
  }
  static int Count(const nlohmann::json& report, const char* name) {
    return std::stoi(report.value(name, "-1"));
  }

  // Rows of a thousand bytes, so that a file is long on the way and short in
  // the store; each hundredth is wrong.
  static std::string Rows(int rows) {
    std::string csv = kHeader;
    for (int i = 0; i < rows; ++i) {
      absl::StrAppend(&csv, i % 100 == 99 ? "Sunny" : "Feminine", ",UA,r", i,
                      ",", std::string(1000, 'x'), "\n");
    }
    return csv;
  }

  // Starts the import and waits until the node has stored some of it.
  std::unique_ptr<ChildProcess> HalfWay(const std::string& csv) {
    std::vector<std::string> words = Importing(csv);
    words.push_back("--progress");
    auto client = ChildProcess::Start(Words(v1::ROLE_CASEWORKER, words),
                                      Path("client.log"));
    EXPECT_THAT(client, IsOk());
    if (!client.ok()) return nullptr;
    EXPECT_TRUE(Eventually(kEnds, [&] {
      return FileText(Path("client.log")).find("rows read") !=
             std::string::npos;
    })) << FileText(Path("client.log"));
    return *std::move(client);
  }

  // The import again: it goes on, and all is there once.
  void ExpectTheRest(const std::string& csv, int rows) {
    const nlohmann::json report = Report(csv);
    const int wrong = rows / 100;
    EXPECT_EQ(Count(report, "read"), rows);
    EXPECT_EQ(Count(report, "rejected"), wrong);
    EXPECT_GT(Count(report, "skipped"), 0);
    EXPECT_GT(Count(report, "accepted"), 0);
    EXPECT_EQ(Count(report, "skipped") + Count(report, "accepted"),
              rows - wrong);
    EXPECT_EQ(Cases(), rows - wrong);
    const std::vector<std::string> rejected = absl::StrSplit(
        FileText(Path("rejected.csv")), "\r\n", absl::SkipEmpty());
    EXPECT_THAT(rejected, SizeIs(1 + wrong));
    // And once more: there is nothing left to do.
    EXPECT_EQ(Count(Report(csv), "accepted"), 0);
    EXPECT_EQ(Cases(), rows - wrong);
  }

  int64_t Cases() const {
    v1::ListCasesRequest request;
    request.set_page_size(1);
    const auto list = office_->caseworker()
                          .Call<v1::CaseService::Stub, v1::ListCasesRequest,
                                v1::ListCasesResponse>(
                              &v1::CaseService::Stub::ListCases, request);
    EXPECT_THAT(list, IsOk());
    return list.ok() ? list->total() : -1;
  }
  void ExpectSound() {
    ASSERT_EQ(office_->node().Terminate(kEnds), 0);
    const auto fsck = RunToEnd(
        {AmparodPath(), "fsck", "--config", office_->node().config()}, kEnds);
    ASSERT_THAT(fsck, IsOk());
    EXPECT_EQ(fsck->code, 0) << fsck->output;
  }

  static constexpr int64_t kFarAway = 4102444800000;  // 2100-01-01.
  static constexpr int kRows = 16000;

  ScratchFolder folder_;
  std::unique_ptr<OfficeProcess> office_;
};

TEST_F(CaseFilesTest, AnImportWhoseClientIsKilledContinuesWithTheNext) {
  const std::string csv = Rows(kRows);
  const auto client = HalfWay(csv);
  ASSERT_NE(client, nullptr);
  client->Kill();
  // Nor does half a file of rejected rows stand in the way.
  EXPECT_NE(::access(Path("rejected.csv").c_str(), F_OK), 0);
  ExpectTheRest(csv, kRows);
  ExpectSound();
}

TEST_F(CaseFilesTest, AnImportWhoseNodeIsKilledContinuesWithTheNext) {
  const std::string csv = Rows(kRows);
  const auto client = HalfWay(csv);
  ASSERT_NE(client, nullptr);
  office_->node().Kill();
  EXPECT_EQ(client->WaitFor(kEnds), 4);
  EXPECT_THAT(FileText(Path("client.log")), HasSubstr("NODE_NOT_REACHABLE"));
  // What was rejected until then is not all that is wrong.
  EXPECT_EQ(FileText(Path("rejected.csv")), "");
  ASSERT_THAT(office_->node().Start(), IsOk());
  ExpectTheRest(csv, kRows);
  ExpectSound();
}

TEST_F(CaseFilesTest, AHalfWrittenFileIsTakenAsFarAsItGoes) {
  const std::string csv = Rows(3);
  const nlohmann::json half = Report(csv.substr(0, csv.size() - 1005));
  EXPECT_EQ(Count(half, "accepted"), 2);
  EXPECT_EQ(Count(half, "rejected"), 1);
  EXPECT_EQ(half["rejected_by_reason"][0]["reason"], "ROW_MALFORMED");
  EXPECT_EQ(half["rejections"][0]["line"], "4");
  const nlohmann::json whole = Report(csv);
  EXPECT_EQ(Count(whole, "accepted"), 1);
  EXPECT_EQ(Count(whole, "skipped"), 2);
  EXPECT_EQ(Cases(), 3);
}

TEST_F(CaseFilesTest, AClosedCaseOfAFileIsReadReopenedAndSound) {
  const nlohmann::json report = Report(
      "record,remarks,cas_Status,cas_ReasonForCaseClosure,hte_Type,hte_Country,"
      "spl_Type,spl_Objectives,vic_Vulnerabilities,cco_CaseComment\n"
      "A-1,,Closed,Went home,Transit,UA,Health,See a doctor,Poverty;Migration,"
      "\"First call.\nSecond call.\"\n"
      "A-2,,Shut,,,,,,,\n");
  EXPECT_EQ(Count(report, "accepted"), 1);
  EXPECT_EQ(report["rejections"][0]["column"], "cas_Status");
  const auto said = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "--json");
    const Ending ending = Run(v1::ROLE_CASEWORKER, words);
    EXPECT_EQ(ending.code, 0) << ending.output;
    return nlohmann::json::parse(ending.output, nullptr, false);
  };
  const nlohmann::json closed = said({"case", "list", "--status", "Closed"});
  ASSERT_EQ(closed["total"], "1");
  const std::string number = closed["cases"][0]["number"];
  EXPECT_EQ(said({"case", "show", number})["closing_reason"], "OTHER");
  std::set<std::string> kinds;
  const nlohmann::json entries = said({"case", "entries", number});
  for (const auto& entry : entries["entries"]) {
    EXPECT_EQ(entry["wording"]["source"], "shelter");
    for (const char* const kind : {"event", "support", "risk", "note"}) {
      if (entry["wording"].contains(kind)) kinds.insert(kind);
    }
  }
  EXPECT_THAT(entries["entries"], SizeIs(5));
  EXPECT_THAT(kinds, SizeIs(4));
  WriteFile(Path("why.txt"), "She came back.\n");
  said({"case", "reopen", number, "--reason-file", Path("why.txt")});
  EXPECT_EQ(said({"case", "list", "--status", "Closed"})["total"], "0");
  ExpectSound();
}

TEST_F(CaseFilesTest, EmptyAndEndlessFilesAreRefusedAndNothingIsStored) {
  for (const auto& [csv, reason] :
       {std::pair<std::string, std::string>{"", "ROW_MALFORMED"},
        {std::string(12 << 20, 'x'), "LIMIT_EXCEEDED"},
        {std::string(1 << 20, '\0'), "ENCODING_INVALID"}}) {
    const Ending ending = Run(v1::ROLE_CASEWORKER, Importing(csv));
    EXPECT_EQ(ending.code, 1);
    EXPECT_THAT(ending.output, HasSubstr(reason));
    // So that the next import may have its name.
    EXPECT_EQ(FileText(Path("rejected.csv")), "");
  }
  EXPECT_EQ(Cases(), 0);
}

TEST_F(CaseFilesTest, WhatIsExportedIsAFileOfTheTeamsCasesForTheSupervisor) {
  EXPECT_EQ(Count(Report(Rows(3)), "accepted"), 3);
  const auto exporting = [&](const std::string& format) {
    return std::vector<std::string>{"case",  "export",    "--format",
                                    format,  "--reason",  "letter-2026/114",
                                    "--out", Path(format)};
  };
  const Ending refused = Run(v1::ROLE_CASEWORKER, exporting("csv"));
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.output, HasSubstr("NOT_ALLOWED"));
  EXPECT_NE(::access(Path("csv").c_str(), F_OK), 0);
  for (const std::string format : {"csv", "json", "ctdc-27"}) {
    const Ending ending = Run(v1::ROLE_SUPERVISOR, exporting(format));
    EXPECT_EQ(ending.code, 0) << ending.output;
    EXPECT_THAT(ending.output, HasSubstr("Cases"));
    struct stat found;
    ASSERT_EQ(::stat(Path(format).c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777u, 0600u);
    EXPECT_THAT(FileText(Path(format)), HasSubstr("UKR"));
  }
  EXPECT_THAT(
      nlohmann::json::parse(FileText(Path("json")), nullptr, false)["cases"],
      SizeIs(3));
  // What went out in the shape of a format comes in by it.
  const Ending again =
      Run(v1::ROLE_CASEWORKER, {"--json", "case", "import", Path("ctdc-27"),
                                "--format", "ctdc-27", "--dry-run"});
  EXPECT_EQ(
      Count(nlohmann::json::parse(again.output, nullptr, false), "accepted"),
      3);
  EXPECT_EQ(Cases(), 3);
}

}  // namespace
}  // namespace amparo
