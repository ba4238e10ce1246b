// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/case_files_rpc.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "amparo/office/v1/case_files.grpc.pb.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/cases/cases_actions.h"
#include "node/cases/entries_actions.h"
#include "node/cases/third_person_actions.h"
#include "node/people/people_records.h"
#include "node/people/sessions.h"
#include "node/storage/table.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/rpc_office.h"

namespace amparo::cases {
namespace {

namespace v1 = ::amparo::office::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

const std::string kRequest(32, 'a');

// A real server in this process, and a client with a session.
class CaseFilesRpcTest : public RpcTest {
 protected:
  CaseFilesRpcTest()
      : files_(office_.services()),
        rpc_(gate_, files_),
        stub_(v1::CaseFileService::NewStub(Serve({&rpc_}))),
        supervisor_(SignIn('h', people::Role::kSupervisor)) {}
  ~CaseFilesRpcTest() override { StopServing(); }

  // What the node said, and how it ended.
  struct Heard {
    std::vector<v1::ImportProgress> progress;
    std::string rejected;
    v1::ImportCasesResponse report;
    grpc::Status status;
  };

  // Sends an opening and then the file in pieces of `piece` bytes; after
  // `pieces` of them the client is gone.
  Heard Import(const std::string& token, const v1::ImportOpening& opening,
               const std::string& csv, size_t piece, int pieces = 1 << 30) {
    grpc::ClientContext context;
    if (!token.empty()) context.AddMetadata(people::kSessionMetadata, token);
    const auto stream = stub_->ImportCaseFile(&context);
    Heard heard;
    std::thread listener([&] {
      v1::ImportCaseFileResponse said;
      while (stream->Read(&said)) {
        if (said.has_progress()) heard.progress.push_back(said.progress());
        heard.rejected += said.rejected();
        if (said.has_report()) heard.report = said.report();
      }
    });
    v1::ImportCaseFileRequest message;
    *message.mutable_opening() = opening;
    stream->Write(message);
    for (size_t at = 0; at < csv.size(); at += piece) {
      if (pieces-- == 0) {
        context.TryCancel();
        break;
      }
      message.set_chunk(csv.substr(at, piece));
      if (!stream->Write(message)) break;
    }
    stream->WritesDone();
    listener.join();
    heard.status = stream->Finish();
    return heard;
  }

  // The pieces of an export, and how it ended.
  struct Exported {
    std::string file;
    int pieces = 0;
    v1::ExportSummary summary;
    grpc::Status status;
  };
  Exported Export(const std::string& token,
                  const v1::ExportCasesRequest& request) {
    grpc::ClientContext context;
    if (!token.empty()) context.AddMetadata(people::kSessionMetadata, token);
    const int before = Exports();
    const auto reader = stub_->ExportCases(&context, request);
    Exported exported;
    v1::ExportCasesResponse piece;
    while (reader->Read(&piece)) {
      if (piece.has_summary()) exported.summary = piece.summary();
      if (!piece.has_chunk()) continue;
      // What is in somebody's hands is in the log.
      EXPECT_GT(Exports(), before);
      exported.file += piece.chunk();
      ++exported.pieces;
    }
    exported.status = reader->Finish();
    return exported;
  }
  static v1::ExportCasesRequest Wanted(v1::ExportFormat format) {
    v1::ExportCasesRequest request;
    request.set_request_id(kRequest);
    request.set_format(format);
    request.set_reason("letter-2026/114");
    return request;
  }
  // Leaves of exports.
  int Exports() const {
    const auto page = office_.log->ReadEvents(0, 500);
    EXPECT_THAT(page, IsOk());
    int found = 0;
    for (const audit::LoggedEvent& event : page->events) {
      if (event.kind == audit::EventKind::kExport) ++found;
    }
    return found;
  }

  static v1::ImportOpening Opening() {
    v1::ImportOpening opening;
    opening.set_request_id(kRequest);
    opening.set_mapping(R"json({"extends": "base", "source": "t"})json");
    v1::MappingFile& base = *opening.add_bases();
    base.set_name("base");
    base.set_mapping(R"json({
      "form": "amparo.mapping.v1", "source_key": "row", "source": "b",
      "columns": {"sex": {"variable": "gender"},
                  "age": {"variable": "ageBroad"},
                  "name": {"identity": "given_names"},
                  "note": {"ignore": true, "optional": true}},
      "consent": {"purpose": "STATISTICS", "text_version": "1",
        "language": "en", "given_by": "SELF", "method": "WRITTEN",
        "valid_days": 10, "all_questions_answered_yes": true}})json");
    return opening;
  }

  int64_t Stored() const { return office_.Rows(storage::TableId::kCases); }

  CaseFilesActions files_;
  CaseFilesRpc rpc_;
  std::unique_ptr<v1::CaseFileService::Stub> stub_;
  std::string supervisor_;
};

const v1::ExportFormat kFormats[] = {
    v1::EXPORT_FORMAT_CSV, v1::EXPORT_FORMAT_JSON, v1::EXPORT_FORMAT_CTDC_27};

TEST_F(CaseFilesRpcTest, AFileInPiecesIsImportedAndEveryFieldOfTheReportTold) {
  v1::ImportOpening opening = Opening();
  v1::RowRule& rule = *opening.add_only_rows();
  rule.set_column("age");
  rule.add_values("9--17");
  rule.add_values("48+");
  const Heard heard =
      Import(caseworker_, opening,
             "sex,age,name,note\nFemale,48+,Olena,\nMale,9--17,,"
             "\nMaria,48+,,\nFemale,30--38,,\n",
             5);
  ASSERT_TRUE(heard.status.ok()) << heard.status.error_message();
  EXPECT_THAT(FieldsNotSet(heard.report), IsEmpty());
  EXPECT_EQ(heard.report.read(), 4);
  EXPECT_EQ(heard.report.accepted(), 2);
  EXPECT_EQ(heard.report.with_identity(), 1);
  EXPECT_EQ(heard.report.without_consent(), 1);
  EXPECT_THAT(heard.report.ignored_columns(), ElementsAre("note"));
  EXPECT_EQ(heard.report.skipped_by_reason(0).reason(), "ONLY_ROWS");
  EXPECT_EQ(heard.report.rejections(0).row(), 3);
  EXPECT_EQ(heard.report.rejections(0).line(), 4);
  EXPECT_EQ(heard.report.rejections(0).column(), "sex");
  EXPECT_EQ(heard.report.rejections(0).reason(), "CODE_UNKNOWN");
  EXPECT_THAT(heard.report.SerializeAsString(), Not(HasSubstr("Maria")));
  EXPECT_EQ(heard.rejected, "");
}

TEST_F(CaseFilesRpcTest, ProgressIsToldAfterEachPiece) {
  std::string csv = "sex,age,name\n";
  for (int i = 0; i < 2000; ++i) csv += "Male,48+,\n";
  const Heard heard = Import(caseworker_, Opening(), csv, csv.size() / 4 + 1);
  ASSERT_TRUE(heard.status.ok());
  ASSERT_THAT(heard.progress, SizeIs(4));
  int64_t before = 0;
  for (const v1::ImportProgress& progress : heard.progress) {
    EXPECT_GT(progress.read(), before);
    EXPECT_LE(progress.accepted(), progress.read());
    before = progress.read();
  }
  EXPECT_EQ(heard.progress.back().read(), 2000);
}

TEST_F(CaseFilesRpcTest, RejectedRowsComeBackAsTheyWereAndAsNoFormula) {
  v1::ImportOpening opening = Opening();
  opening.set_send_rejected(true);
  std::string csv =
      "sex,age,name\n=1+1,48+,Olena\nMale,48+,x\nMa\"le,48+,\"y\n";
  for (int i = 0; i < 1500; ++i) absl::StrAppend(&csv, "?", i, ",48+,-99\n");
  const Heard heard = Import(caseworker_, opening, csv, 4096);
  ASSERT_TRUE(heard.status.ok());
  const std::vector<std::string> lines =
      absl::StrSplit(heard.rejected, "\r\n", absl::SkipEmpty());
  // All of them, though the report lists the first thousand only.
  ASSERT_THAT(lines, SizeIs(1 + heard.report.rejected()));
  EXPECT_GT(heard.report.rejected(), heard.report.rejections_size());
  EXPECT_EQ(lines[0], "row,line,column,reason,message,sex,age,name");
  EXPECT_EQ(lines[1],
            "1,2,sex,CODE_UNKNOWN,the text is no code of list gender version "
            "1,'=1+1,48+,Olena");
  EXPECT_THAT(lines[2], StartsWith("3,4,sex,ROW_MALFORMED,"));
  EXPECT_THAT(lines[2], HasSubstr("\"Ma\"\"le,48+,\"\"y\""));
  EXPECT_THAT(lines[3], HasSubstr("?0,48+,-99"));
}

TEST_F(CaseFilesRpcTest, AClientThatIsKilledHalfWayContinuesWithTheNextRun) {
  std::string csv = "sex,age,name\n";
  for (int i = 0; i < 3000; ++i) csv += "Male,48+,\n";
  const Heard broken = Import(caseworker_, Opening(), csv, csv.size() / 4, 2);
  EXPECT_FALSE(broken.status.ok());
  // The server may still be at work on what it was given.
  server_->Shutdown();
  server_->Wait();
  const int64_t kept = Stored();
  EXPECT_LT(kept, 3000);
  grpc::ServerBuilder builder;
  CaseFilesRpc rpc(gate_, files_);
  builder.RegisterService(&rpc);
  server_ = builder.BuildAndStart();
  stub_ = v1::CaseFileService::NewStub(server_->InProcessChannel({}));
  const Heard whole = Import(caseworker_, Opening(), csv, csv.size() / 4);
  ASSERT_TRUE(whole.status.ok());
  EXPECT_EQ(whole.report.skipped(), kept);
  EXPECT_EQ(whole.report.accepted(), 3000 - kept);
  EXPECT_EQ(Stored(), 3000);
  server_->Shutdown();
  server_->Wait();
}

TEST_F(CaseFilesRpcTest, ADryRunStoresNothing) {
  v1::ImportOpening opening = Opening();
  opening.set_dry_run(true);
  const Heard heard =
      Import(caseworker_, opening, "sex,age,name\nMale,48+,\n", 100);
  ASSERT_TRUE(heard.status.ok());
  EXPECT_EQ(heard.report.accepted(), 1);
  EXPECT_EQ(Stored(), 0);
}

TEST_F(CaseFilesRpcTest, AnImportWithoutOpeningOrWithABadOneIsRefused) {
  const auto code = [&](const v1::ImportOpening& opening, const char* csv) {
    return Import(caseworker_, opening, csv, 9).status.error_code();
  };
  const auto wrong = grpc::StatusCode::INVALID_ARGUMENT;
  {
    grpc::ClientContext context;
    context.AddMetadata(people::kSessionMetadata, caseworker_);
    const auto stream = stub_->ImportCaseFile(&context);
    stream->WritesDone();
    EXPECT_EQ(stream->Finish().error_code(), wrong);
  }
  v1::ImportOpening opening = Opening();
  opening.clear_request_id();
  EXPECT_EQ(code(opening, "sex,age,name\n"), wrong);
  opening = Opening();
  opening.set_mapping("{");
  EXPECT_EQ(code(opening, "sex,age,name\n"), wrong);
  opening = Opening();
  opening.clear_bases();
  EXPECT_EQ(code(opening, "sex,age,name\n"), wrong);
  EXPECT_EQ(code(Opening(), "sex\nMale\n"), wrong);
  EXPECT_EQ(Stored(), 0);
}

TEST_F(CaseFilesRpcTest, NothingIsDoneWithoutSessionOrPermission) {
  EXPECT_EQ(Import("", Opening(), "sex,age,name\n", 9).status.error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Import(administrator_, Opening(), "sex,age,name\n", 9)
                .status.error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(CaseFilesRpcTest, AnExportIsInTheLogBeforeItsFirstPiece) {
  Import(caseworker_, Opening(), "sex,age,name\nMale,48+,\n", 99);
  const Exported exported = Export(supervisor_, Wanted(v1::EXPORT_FORMAT_CSV));
  ASSERT_TRUE(exported.status.ok()) << exported.status.error_message();
  EXPECT_GT(exported.pieces, 0);
  EXPECT_THAT(FieldsNotSet(exported.summary), IsEmpty());
  EXPECT_EQ(exported.summary.cases(), 1);
  EXPECT_EQ(exported.summary.bytes(),
            static_cast<int64_t>(exported.file.size()));
  EXPECT_EQ(exported.summary.sha256(),
            crypto::HexEncode(crypto::Sha256(exported.file)));
}

TEST_F(CaseFilesRpcTest, AnExportThatCannotBeLoggedSendsNothing) {
  Import(caseworker_, Opening(), "sex,age,name\nMale,48+,\n", 99);
  office_.store->DieAt(1, CrashingStore::Moment::kBefore);
  const Exported exported = Export(supervisor_, Wanted(v1::EXPORT_FORMAT_CSV));
  EXPECT_FALSE(exported.status.ok());
  EXPECT_EQ(exported.pieces, 0);
}

TEST_F(CaseFilesRpcTest, OnlyWhoMayExportDoesAndOnlyWithinTheScope) {
  Import(caseworker_, Opening(), "sex,age,name\nMale,48+,\n", 99);
  for (const v1::ExportFormat format : kFormats) {
    EXPECT_EQ(Export("", Wanted(format)).status.error_code(),
              grpc::StatusCode::UNAUTHENTICATED);
    for (const std::string& token : {caseworker_, administrator_}) {
      const Exported refused = Export(token, Wanted(format));
      EXPECT_EQ(refused.status.error_code(),
                grpc::StatusCode::PERMISSION_DENIED);
      EXPECT_EQ(refused.pieces, 0);
    }
  }
  EXPECT_EQ(Exports(), 0);
  const std::string south = SignIn('s', people::Role::kSupervisor, "south");
  const Exported other = Export(south, Wanted(v1::EXPORT_FORMAT_CSV));
  ASSERT_TRUE(other.status.ok());
  EXPECT_EQ(other.summary.cases(), 0);
}

TEST_F(CaseFilesRpcTest, AnExportWithAWrongRequestIsRefused) {
  const auto code = [&](const v1::ExportCasesRequest& request) {
    return Export(supervisor_, request).status.error_code();
  };
  const auto wrong = grpc::StatusCode::INVALID_ARGUMENT;
  EXPECT_EQ(code(v1::ExportCasesRequest()), wrong);
  EXPECT_EQ(code(Wanted(v1::EXPORT_FORMAT_UNSPECIFIED)), wrong);
  EXPECT_EQ(code(Wanted(static_cast<v1::ExportFormat>(4))), wrong);
  v1::ExportCasesRequest request = Wanted(v1::EXPORT_FORMAT_CSV);
  request.set_reason("for Olena");
  EXPECT_EQ(code(request), wrong);
  request = Wanted(v1::EXPORT_FORMAT_CSV);
  request.add_where()->set_variable("gender");
  EXPECT_EQ(code(request), wrong);
  request.mutable_where(0)->add_codes("Sunny");
  EXPECT_EQ(code(request), wrong);
  EXPECT_EQ(Exports(), 0);
}

TEST_F(CaseFilesRpcTest, WhatASpreadsheetWouldRunIsNoFormulaInAnExport) {
  v1::ImportOpening opening = Opening();
  opening.set_mapping(R"json({"extends": "base", "source": "-2.cmd"})json");
  Import(caseworker_, opening, "sex,age,name\n-99,48+,\n", 99);
  const Exported exported = Export(supervisor_, Wanted(v1::EXPORT_FORMAT_CSV));
  EXPECT_THAT(exported.file, HasSubstr(",'-2.cmd,"));
  EXPECT_THAT(exported.file, Not(HasSubstr(",-2.cmd")));
  EXPECT_THAT(exported.file, HasSubstr(",-99,"));
}

TEST_F(CaseFilesRpcTest, NoExportHasAnIdentityAnEntryOrAThirdPersonInIt) {
  people::Requests requests(*office_.store, *office_.vault, office_.clock);
  CasesActions cases(office_.services(), requests);
  const people::Caller anna =
      people::Caller::ForPerson(*PersonId::FromBytes(std::string(16, 'a')),
                                *SessionId::FromBytes(std::string(16, 'a')),
                                {people::Role::kCaseworker}, "north");
  int requested = 0;
  const auto next = [&] {
    return *RequestId::FromBytes(
        std::string(16, static_cast<char>(++requested)));
  };
  Identity identity;
  identity.given_names = "Olena";
  identity.family_names = "Kovalenko";
  identity.documents = {{"PASSPORT", "AB123456", "UKR"}};
  identity.contacts = {{"TELEPHONE", "+380501112233", "Texts only"}};
  const auto file = cases.Register(
      anna, {next(), {{"gender", "Female"}, {"citizenship", "UKR"}}, identity});
  ASSERT_THAT(file, IsOk());
  const std::string number = file->number.text();
  ThirdPerson other;
  other.kind = "ALLEGED_PERPETRATOR";
  other.relation = "STRANGER";
  other.roles = {"Transporter"};
  other.identity.given_names = "Viktor";
  other.note = "Drives Kestrel";
  EXPECT_THAT(
      ThirdPersonActions(cases.desk()).Add(anna, {next(), number, other}),
      IsOk());
  EXPECT_THAT(
      EntriesActions(cases.desk())
          .Add(anna,
               {next(), number, {{2025, 1, 1}, "", Note{"Sleeps badly"}}}),
      IsOk());
  for (const v1::ExportFormat format : kFormats) {
    SCOPED_TRACE(v1::ExportFormat_Name(format));
    const std::string text = Export(supervisor_, Wanted(format)).file;
    // The case is there.
    EXPECT_THAT(text, HasSubstr("UKR"));
    for (const char* const secret :
         {"Olena", "Kovalenko", "AB123456", "380501112233", "Texts only",
          "Viktor", "Kestrel", "ALLEGED_PERPETRATOR", "STRANGER", "Transporter",
          "Sleeps"}) {
      EXPECT_THAT(text, Not(HasSubstr(secret)));
    }
  }
}

}  // namespace
}  // namespace amparo::cases
