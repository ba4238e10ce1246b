// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "amparo/office/v1/attachments.pb.h"
#include "amparo/office/v1/case_entries.pb.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "tests/unit/admin/cli/cli_fixture.h"

namespace amparo::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kNumber[] = "7K3P-92QX-A";

std::string HexDigestOf(const std::string& bytes) {
  crypto::Sha256Stream digest;
  digest.Update(bytes);
  return crypto::HexEncode(digest.Finish());
}

class AttachVerb : public CliTest {
 protected:
  AttachVerb() {
    office::v1::AttachFileResponse attached;
    attached.set_entry_id(std::string(32, 'e'));
    node_->Answer("AttachmentService.AttachFile", attached);
  }
  office::v1::AttachFileOpening Opening() const {
    return node_
        ->LastRequest<office::v1::AttachFileRequest>(
            "AttachmentService.AttachFile")
        .opening();
  }
  office::v1::CaseEntryWording Said() const { return Opening().wording(); }
};

TEST_F(AttachVerb, SendsDigestAndSizeFirstAndNeverTheNameOfTheFile) {
  std::string bytes;
  while (bytes.size() < 1200000) bytes += std::to_string(bytes.size());
  const Outcome outcome =
      Run({"case", "attach", kNumber, Write("olena-vyhadana.PDF", bytes),
           "--kind", "medical", "--date", "2024-05", "--source", "clinic"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(std::string(32, 'e')));
  const office::v1::CaseAttachment file = Said().attachment();
  EXPECT_EQ(file.kind(), "MEDICAL");
  EXPECT_EQ(file.title(), "MEDICAL");
  EXPECT_EQ(file.media_type(), "application/pdf");
  EXPECT_EQ(file.size(), bytes.size());
  EXPECT_EQ(file.digest(), HexDigestOf(bytes));
  EXPECT_EQ(Said().happened(), "2024-05");
  EXPECT_EQ(Said().source(), "clinic");
  const auto call = node_->calls().back();
  std::string sent;
  for (size_t i = 1; i < call.messages.size(); ++i) {
    office::v1::AttachFileRequest part;
    ASSERT_TRUE(part.ParseFromString(call.messages[i]));
    EXPECT_LE(part.chunk().size(), 1024u * 1024u);
    sent += part.chunk();
  }
  EXPECT_EQ(sent, bytes);
  for (const std::string& message : call.messages) {
    EXPECT_THAT(message, Not(HasSubstr("vyhadana")));
  }
}

TEST_F(AttachVerb, ATitleAndATypeAreTakenAsGiven) {
  EXPECT_EQ(Run({"case", "attach", kNumber, Write("scan", "x"), "--kind",
                 "LEGAL", "--title", "Court order", "--type", "image/png"})
                .code,
            0);
  EXPECT_EQ(Said().attachment().title(), "Court order");
  EXPECT_EQ(Said().attachment().media_type(), "image/png");
  EXPECT_EQ(
      Run({"case", "attach", kNumber, Write("scan", "x"), "--kind", "LEGAL"})
          .code,
      0);
  EXPECT_EQ(Said().attachment().media_type(), "application/octet-stream");
}

TEST_F(AttachVerb, ATitleThatIsNoUtf8IsRefusedHereAndNamed) {
  const Outcome outcome = Run({"case", "attach", kNumber, Write("scan", "x"),
                               "--kind", "LEGAL", "--title", "\xCF\xF0"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err,
              HasSubstr("ENCODING_INVALID: attachment.title is not UTF-8"));
  EXPECT_TRUE(node_->calls().empty());
}

TEST_F(AttachVerb, APhotoIsAttachedAndNamedByOneCall) {
  const Outcome outcome =
      Run({"case", "attach", kNumber, Write("portrait.jpg", "x"), "--photo"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(Said().attachment().kind(), "PHOTO");
  EXPECT_TRUE(Opening().photo());
  EXPECT_EQ(node_->calls().size(), 1u);
  ASSERT_EQ(
      Run({"case", "attach", kNumber, Write("b.jpg", "x"), "--kind", "photo"})
          .code,
      0);
  EXPECT_FALSE(Opening().photo());
  EXPECT_EQ(Run({"case", "attach", kNumber, Write("a.jpg", "x"), "--photo",
                 "--kind", "legal"})
                .code,
            2);
}

TEST_F(AttachVerb, ACallThatTheNodeEndsIsToldAsOneToBeginAgain) {
  node_->Refuse("AttachmentService.FetchFile",
                grpc::Status(grpc::StatusCode::CANCELLED, ""));
  const Outcome outcome = Run({"case", "fetch", kNumber, std::string(32, 'e'),
                               "--out", folder_ + "/report.pdf"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("UNAVAILABLE"));
}

TEST_F(AttachVerb, WhatIsNoFileOfUpTo25MiBIsNotSent) {
  const std::string large = Write("large.pdf", "x");
  std::filesystem::resize_file(large, 25 * 1024 * 1024 + 1);
  for (const std::string& path :
       {folder_ + "/nothing", folder_, Write("empty.pdf", ""), large}) {
    EXPECT_EQ(Run({"case", "attach", kNumber, path, "--kind", "legal"}).code,
              2);
  }
  EXPECT_EQ(Run({"case", "attach", kNumber, Write("a.pdf", "x")}).code, 2);
  EXPECT_THAT(node_->calls(), IsEmpty());
}

TEST_F(AttachVerb, ListsFilesWithWhatBecameOfThem) {
  office::v1::ListEntriesResponse list;
  office::v1::CaseEntry& entry = *list.add_entries();
  entry.set_entry_id("ab");
  entry.set_retracted_at_ms(5);
  entry.mutable_wording()->mutable_attachment()->set_title("Report");
  entry.mutable_wording()->mutable_attachment()->set_size(12345);
  node_->Answer("CaseEntryService.ListEntries", list);
  const Outcome outcome = Run({"case", "attachments", kNumber});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Report"));
  EXPECT_THAT(outcome.out, HasSubstr("12,345"));
  EXPECT_THAT(outcome.out, HasSubstr("RETRACTED"));
  EXPECT_EQ(node_
                ->LastRequest<office::v1::ListEntriesRequest>(
                    "CaseEntryService.ListEntries")
                .kind(),
            "ATTACHMENT");
}

class FetchVerb : public CliTest {
 protected:
  void Answer(const std::string& said, const std::vector<std::string>& sent,
              const grpc::Status& end = grpc::Status::OK) {
    office::v1::FetchFileResponse part;
    office::v1::CaseAttachment& file = *part.mutable_attachment();
    file.set_title("Report");
    file.set_size(said.size());
    file.set_digest(HexDigestOf(said));
    std::vector<std::string> messages = {part.SerializeAsString()};
    for (const std::string& chunk : sent) {
      part.set_chunk(chunk);
      messages.push_back(part.SerializeAsString());
    }
    node_->AnswerStream("AttachmentService.FetchFile", messages, end);
  }
  Outcome Fetch(const std::string& out) {
    return Run({"case", "fetch", kNumber, std::string(32, 'e'), "--out", out});
  }
  size_t Files() const {
    const std::filesystem::directory_iterator all(folder_);
    return static_cast<size_t>(
        std::count_if(begin(all), end(all),
                      [](const auto& each) { return each.is_regular_file(); }));
  }
};

TEST_F(FetchVerb, WritesANewFileThatOnlyItsOwnerReads) {
  Answer("abcdef", {"abc", "def"});
  const std::string out = folder_ + "/report.pdf";
  const Outcome outcome = Fetch(out);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(Read(out), "abcdef");
  EXPECT_EQ(ModeOf(out), 0600u);
  EXPECT_EQ(Files(), 1u);
}

TEST_F(FetchVerb, NothingIsOverwritten) {
  Answer("abc", {"abc"});
  const std::string out = Write("report.pdf", "mine", 0644);
  EXPECT_EQ(Fetch(out).code, 2);
  EXPECT_EQ(Read(out), "mine");
  EXPECT_EQ(ModeOf(out), 0644u);
  EXPECT_THAT(node_->calls(), IsEmpty());
}

TEST_F(FetchVerb, AFileThatIsNotWholeGetsNoName) {
  Answer("abcdef", {"abc"});
  Answer("abcdef", {"abc", "dex"});
  Answer("abcdef", {"abc", "def", "g"});
  Answer("", {});
  Answer("abcdef", {"abc"},
         RefusalOnWire(grpc::StatusCode::DATA_LOSS, "RECORD_DAMAGED",
                       "an attachment is not the file that was attached"));
  for (int i = 0; i < 5; ++i) {
    const Outcome outcome = Fetch(folder_ + "/report.pdf");
    EXPECT_NE(outcome.code, 0);
    EXPECT_THAT(outcome.err, HasSubstr("RECORD_DAMAGED"));
    EXPECT_EQ(Files(), 0u);
  }
}

}  // namespace
}  // namespace amparo::cli
