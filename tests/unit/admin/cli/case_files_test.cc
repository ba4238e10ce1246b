// SPDX-License-Identifier: Apache-2.0
#include "amparo/office/v1/case_files.pb.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "tests/unit/admin/cli/cli_fixture.h"

namespace amparo::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr char kImport[] = "CaseFileService.ImportCaseFile";
constexpr char kExport[] = "CaseFileService.ExportCases";

// Names in a folder that begin so.
std::vector<std::string> NamesIn(const std::string& folder,
                                 const std::string& beginning) {
  std::vector<std::string> names;
  for (const auto& each : std::filesystem::directory_iterator(folder)) {
    const std::string name = each.path().filename();
    if (name.rfind(beginning, 0) == 0) names.push_back(name);
  }
  return names;
}

class Import : public CliTest {
 protected:
  std::vector<std::string> Line(const std::string& content) {
    return {"case", "import", Write("cases.csv", content), "--format",
            "mapping:" + Write("mapping.json", "{\"form\": \"x\"}")};
  }

  // Progress after each piece, rejected rows, and the report.
  void AnswerWith(const office::v1::ImportCasesResponse& report, int pieces = 0,
                  const std::string& rejected = "") {
    std::vector<std::string> messages;
    for (int i = 1; i <= pieces; ++i) {
      office::v1::ImportCaseFileResponse message;
      message.mutable_progress()->set_read(1000 * i);
      messages.push_back(message.SerializeAsString());
    }
    office::v1::ImportCaseFileResponse message;
    message.set_rejected(rejected);
    messages.push_back(message.SerializeAsString());
    *message.mutable_report() = report;
    messages.push_back(message.SerializeAsString());
    node_->AnswerStream(kImport, messages);
  }

  office::v1::ImportOpening Opening() const {
    return node_->LastRequest<office::v1::ImportCaseFileRequest>(kImport)
        .opening();
  }

  // What the node received after the opening.
  std::string ReceivedFile() const {
    std::string file;
    const auto call = node_->calls().back();
    for (size_t i = 1; i < call.messages.size(); ++i) {
      office::v1::ImportCaseFileRequest request;
      EXPECT_TRUE(request.ParseFromString(call.messages[i]));
      file += request.chunk();
    }
    return file;
  }

  static std::string LargeFile() {
    std::string content = "a,b\n";
    for (int i = 0; i < 200000; ++i) content += std::to_string(i) + ",x\n";
    return content;
  }
};

class Export : public CliTest {
 protected:
  std::string Out() const { return folder_ + "/out.csv"; }
  std::vector<std::string> Line() const {
    return {"case",     "export",          "--format", "csv",
            "--reason", "letter-2026/114", "--out",    Out()};
  }
  void AnswerWith(const std::vector<std::string>& pieces, bool summary = true,
                  const std::string& also = "") {
    std::string whole = also;
    std::vector<std::string> messages;
    office::v1::ExportCasesResponse message;
    for (const std::string& piece : pieces) {
      whole += piece;
      message.set_chunk(piece);
      messages.push_back(message.SerializeAsString());
    }
    message.mutable_summary()->set_cases(12345);
    message.mutable_summary()->set_bytes(static_cast<int64_t>(whole.size()));
    message.mutable_summary()->set_sha256(
        crypto::HexEncode(crypto::Sha256(whole)));
    if (summary) messages.push_back(message.SerializeAsString());
    node_->AnswerStream(kExport, messages);
  }
};

TEST_F(Import, StreamsTheFileWholeAndInOrder) {
  AnswerWith(office::v1::ImportCasesResponse());
  const std::string content = LargeFile();
  auto line = Line(content);
  line.insert(line.end(),
              {"--only", "citizenship=US,UA", "--only", "b=x", "--dry-run"});
  const Outcome outcome = Run(line);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(ReceivedFile(), content);
  EXPECT_TRUE(Opening().dry_run());
  EXPECT_FALSE(Opening().send_rejected());
  EXPECT_EQ(Opening().mapping(), "{\"form\": \"x\"}");
  ASSERT_EQ(Opening().only_rows_size(), 2);
  EXPECT_EQ(Opening().only_rows(0).column(), "citizenship");
  EXPECT_THAT(Opening().only_rows(0).values(), ElementsAre("US", "UA"));
}

TEST_F(Import, ABuiltInFormatIsAMappingThatExtendsIt) {
  AnswerWith(office::v1::ImportCasesResponse());
  const std::string file = Write("cases.csv", "x\n");
  ASSERT_EQ(Run({"case", "import", file, "--format", "htcds", "--source",
                 "shelter", "--key", "record"})
                .code,
            0);
  EXPECT_EQ(nlohmann::json::parse(Opening().mapping()),
            nlohmann::json::parse(R"({"form": "amparo.mapping.v1",
                "extends": "htcds", "source": "shelter",
                "source_key": {"column": "record"}})"));
  EXPECT_EQ(Opening().bases_size(), 0);
}

TEST_F(Import, WhatAMappingExtendsIsSentWithIt) {
  AnswerWith(office::v1::ImportCasesResponse());
  Write("base.json", R"({"extends": "deep.json"})");
  Write("deep.json", R"({"extends": "ctdc-63"})");
  const std::string mapping =
      Write("mapping.json", R"({"extends": "base.json"})");
  const std::string file = Write("cases.csv", "x\n");
  ASSERT_EQ(
      Run({"case", "import", file, "--format", "mapping:" + mapping}).code, 0);
  ASSERT_EQ(Opening().bases_size(), 2);
  EXPECT_EQ(Opening().bases(0).name(), "base.json");
  EXPECT_EQ(Opening().bases(1).name(), "deep.json");
  // With a source of its own the whole mapping is a base, too.
  ASSERT_EQ(Run({"case", "import", file, "--format", "mapping:" + mapping,
                 "--source", "mine"})
                .code,
            0);
  ASSERT_EQ(Opening().bases_size(), 3);
  EXPECT_EQ(nlohmann::json::parse(Opening().mapping())["extends"],
            Opening().bases(0).name());
}

TEST_F(Import, AMappingThatLeadsBackToItselfIsSentForTheNodeToRefuse) {
  AnswerWith(office::v1::ImportCasesResponse());
  Write("a.json", R"({"extends": "b.json"})");
  Write("b.json", R"({"extends": "a.json"})");
  EXPECT_EQ(Run({"case", "import", Write("cases.csv", "x\n"), "--format",
                 "mapping:" + folder_ + "/a.json"})
                .code,
            0);
  EXPECT_EQ(Opening().bases_size(), 2);
}

TEST_F(Import, ProgressIsLinesInStepsWhereItIsAskedForWithoutATerminal) {
  AnswerWith(office::v1::ImportCasesResponse(), 4);
  auto line = Line(LargeFile());
  line.push_back("--progress");
  const Outcome outcome = Run(line);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("1,000 rows read\n"),
                                 HasSubstr("100 %, 4,000 rows read\n"),
                                 Not(HasSubstr("\r"))));
}

TEST_F(Import, ProgressIsOneMovingLineWithASpeedOnATerminal) {
  terminal_ = true;
  int looks = 0;
  clock_ = [&] { return now_ + absl::Seconds(looks++); };
  AnswerWith(office::v1::ImportCasesResponse(), 4);
  const Outcome outcome = Run(Line(LargeFile()));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("\r"), HasSubstr("1,000 rows/s"),
                                 HasSubstr("100 %")));
}

TEST_F(Import, NothingIsToldWhereThereIsNoTerminalAndNobodyAsks) {
  AnswerWith(office::v1::ImportCasesResponse(), 4);
  EXPECT_EQ(Run(Line(LargeFile())).err, "");
  // Nor of a file that is sent before anybody could read a line.
  terminal_ = true;
  AnswerWith(office::v1::ImportCasesResponse(), 1);
  EXPECT_EQ(Run(Line("a\n1\n")).err, "");
}

TEST_F(Import, RejectedRowsGoIntoANewFileOfTheirOwn) {
  const std::string path = folder_ + "/rejected.csv";
  AnswerWith(office::v1::ImportCasesResponse(), 0, "row,line\r\n1,2\r\n");
  auto line = Line("sex\nF\n");
  line.insert(line.end(), {"--rejected", path});
  ASSERT_EQ(Run(line).code, 0);
  EXPECT_TRUE(Opening().send_rejected());
  EXPECT_EQ(Read(path), "row,line\r\n1,2\r\n");
  EXPECT_EQ(ModeOf(path), 0600u);
  const size_t calls = node_->calls().size();
  const Outcome again = Run(line);
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("there already"));
  EXPECT_EQ(node_->calls().size(), calls);
}

TEST_F(Import, AFailedImportLeavesNoFileOfRejectedRowsInTheNextOnesWay) {
  const std::string path = folder_ + "/rejected.csv";
  auto line = Line("sex\nF\n");
  line.insert(line.end(), {"--rejected", path});
  node_->Refuse(kImport, RefusalOnWire(grpc::StatusCode::UNAVAILABLE,
                                       "UNAVAILABLE", "unavailable"));
  EXPECT_EQ(Run(line).code, 1);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_THAT(NamesIn(folder_, "rejected"), IsEmpty());
}

TEST_F(Import, WhatAKilledImportLeftIsNotInTheWayOfTheNext) {
  const std::string path = folder_ + "/rejected.csv";
  Write("rejected.csv.0badcafe", "row,line\r\n1,");
  AnswerWith(office::v1::ImportCasesResponse(), 0, "row,line\r\n1,2\r\n");
  auto line = Line("sex\nF\n");
  line.insert(line.end(), {"--rejected", path});
  ASSERT_EQ(Run(line).code, 0);
  EXPECT_EQ(Read(path), "row,line\r\n1,2\r\n");
  EXPECT_THAT(NamesIn(folder_, "rejected"),
              UnorderedElementsAre("rejected.csv", "rejected.csv.0badcafe"));
}

TEST_F(Import, ReportsEveryReasonRowAndColumn) {
  office::v1::ImportCasesResponse report;
  report.set_read(1200);
  report.set_accepted(1100);
  report.set_with_identity(7);
  report.set_skipped(99);
  report.set_rejected(1);
  report.add_ignored_columns("cas_Status");
  auto* const skipped = report.add_skipped_by_reason();
  skipped->set_reason("ONLY_ROWS");
  skipped->set_rows(99);
  auto* const rejected = report.add_rejected_by_reason();
  rejected->set_reason("CODE_UNKNOWN");
  rejected->set_rows(1);
  auto* const row = report.add_rejections();
  row->set_row(7);
  row->set_line(8);
  row->set_column("sex");
  row->set_reason("CODE_UNKNOWN");
  row->set_message("is no code of gender");
  AnswerWith(report);
  const Outcome outcome = Run(Line("sex\nF\n"));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out,
            "Rows read       1,200\n"
            "Became cases    1,100\n"
            "  with names    7\n"
            "Skipped         99\n"
            "  ONLY_ROWS     99\n"
            "Rejected        1\n"
            "  CODE_UNKNOWN  1\n"
            "\n"
            "Columns of which nothing is kept:\n"
            "  cas_Status\n"
            "\n"
            "Rejected rows:\n"
            "Row  Line  Column  Reason        Why\n"
            "  7     8  sex     CODE_UNKNOWN  is no code of gender\n");
  auto line = Line("sex\nF\n");
  line.push_back("--json");
  const auto json = nlohmann::json::parse(Run(line).out);
  EXPECT_EQ(json["read"], "1200");
  EXPECT_EQ(json["accepted"], "1100");
  EXPECT_EQ(json["skipped"], "99");
  EXPECT_EQ(json["rejected"], "1");
  EXPECT_EQ(json["skipped_by_reason"][0]["reason"], "ONLY_ROWS");
  EXPECT_EQ(json["rejected_by_reason"][0]["rows"], "1");
  EXPECT_EQ(json["rejections"][0]["reason"], "CODE_UNKNOWN");
}

TEST_F(Import, ARefusalKeepsItsReason) {
  node_->Refuse(kImport,
                RefusalOnWire(grpc::StatusCode::INVALID_ARGUMENT,
                              "COLUMN_UNKNOWN", "column 1 is not mapped"));
  const Outcome outcome = Run(Line("x\n1\n"));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("COLUMN_UNKNOWN"));
}

TEST_F(Import, MissingFilesAndWrongOptionsAreWrongUsage) {
  const std::string file = Write("cases.csv", "x");
  const std::string mapping = "mapping:" + Write("mapping.json", "{}");
  EXPECT_EQ(
      Run({"case", "import", folder_ + "/none", "--format", mapping}).code, 2);
  EXPECT_EQ(
      Run({"case", "import", file, "--format", "mapping:" + folder_ + "/none"})
          .code,
      2);
  EXPECT_EQ(Run({"case", "import", file, "--format", "ctdc-64"}).code, 2);
  EXPECT_EQ(Run({"case", "import", file}).code, 2);
  Write("mapping.json", R"({"extends": "none.json"})");
  EXPECT_EQ(Run({"case", "import", file, "--format", mapping}).code, 2);
  auto line = Line("x\n");
  line.insert(line.end(), {"--only", "citizenship"});
  EXPECT_EQ(Run(line).code, 2);
  EXPECT_THAT(node_->calls(), IsEmpty());
}

TEST_F(Export, WritesANewFileAndTellsItsDigest) {
  AnswerWith({"a,b\r\n", "1,2\r\n"});
  auto line = Line();
  line.insert(line.end(), {"--where", "citizenship=US,UA", "--year",
                           "2024..2025", "--source", "s"});
  const Outcome outcome = Run(line);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(Read(Out()), "a,b\r\n1,2\r\n");
  EXPECT_EQ(ModeOf(Out()), 0600u);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("12,345"),
                    HasSubstr(crypto::HexEncode(crypto::Sha256(Read(Out()))))));
  const auto request =
      node_->LastRequest<office::v1::ExportCasesRequest>(kExport);
  EXPECT_EQ(request.format(), office::v1::EXPORT_FORMAT_CSV);
  EXPECT_EQ(request.reason(), "letter-2026/114");
  EXPECT_EQ(request.year_from(), 2024);
  EXPECT_EQ(request.year_to(), 2025);
  EXPECT_EQ(request.source(), "s");
  ASSERT_EQ(request.where_size(), 1);
  EXPECT_THAT(request.where(0).codes(), ElementsAre("US", "UA"));
}

TEST_F(Export, NeverOverwritesAFile) {
  Write("out.csv", "mine");
  EXPECT_EQ(Run(Line()).code, 2);
  EXPECT_EQ(Read(Out()), "mine");
  EXPECT_THAT(node_->calls(), IsEmpty());
}

TEST_F(Export, AFileThatIsNotWholeIsTakenAway) {
  AnswerWith({"a"}, /*summary=*/false);
  AnswerWith({"a"}, true, /*also=*/"something that never came");
  node_->Refuse(kExport, RefusalOnWire(grpc::StatusCode::PERMISSION_DENIED,
                                       "NOT_ALLOWED", "not allowed"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_NE(Run(Line()).code, 0) << i;
    EXPECT_THAT(NamesIn(folder_, "out"), IsEmpty()) << i;
  }
}

TEST_F(Export, AsksForTheReasonAndRefusesWrongOptions) {
  AnswerWith({"a"});
  prompter_.answers = {"report-2026"};
  EXPECT_EQ(Run({"case", "export", "--format", "ctdc-27", "--out", Out()}).code,
            0);
  const auto request =
      node_->LastRequest<office::v1::ExportCasesRequest>(kExport);
  EXPECT_EQ(request.reason(), "report-2026");
  EXPECT_EQ(request.format(), office::v1::EXPORT_FORMAT_CTDC_27);
  const size_t calls = node_->calls().size();
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"--year", "twenty"},
        {"--year", "2024..2025..2026"},
        {"--year", "2025..2024"},
        {"--where", "citizenship"},
        {"--where", "=x"}}) {
    auto line = Line();
    line.back() = folder_ + "/other.csv";
    line.insert(line.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(Run(line).code, 2) << wrong[1];
  }
  EXPECT_EQ(node_->calls().size(), calls);
}

}  // namespace
}  // namespace amparo::cli
