// SPDX-License-Identifier: Apache-2.0
#include "node/cases/attachments_rpc.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "amparo/office/v1/attachments.grpc.pb.h"
#include "amparo/office/v1/errors.pb.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/limits.h"
#include "node/cases/entries_rpc.h"
#include "tests/support/every_field_set.h"
#include "tests/unit/node/cases/rpc_office.h"

namespace amparo::cases {
namespace {

namespace v1 = ::amparo::office::v1;
using ::testing::IsEmpty;

constexpr size_t kChunk = 1024 * 1024;

class AttachmentsRpcTest : public RpcTest {
 protected:
  AttachmentsRpcTest() : rpc_(gate_, actions_), entries_(gate_, actions_) {
    channel_ = Serve({&rpc_, &entries_});
    stub_ = v1::AttachmentService::NewStub(channel_);
    const people::Caller owner =
        people::Caller::ForPerson(*PersonId::FromBytes(std::string(16, 'a')),
                                  *SessionId::FromBytes(std::string(16, 'a')),
                                  {people::Role::kCaseworker}, "north");
    number_ = actions_
                  .Register(owner, {*RequestId::FromBytes(std::string(16, 'r')),
                                    {},
                                    std::nullopt})
                  ->number.text();
  }
  ~AttachmentsRpcTest() override { StopServing(); }

  v1::AttachFileRequest Opening(const std::string& bytes) const {
    crypto::Sha256Stream digest;
    digest.Update(bytes);
    v1::AttachFileRequest first;
    v1::AttachFileOpening& opening = *first.mutable_opening();
    opening.set_request_id(std::string(32, 'e'));
    opening.set_number(number_);
    opening.mutable_wording()->set_happened("2024-05");
    opening.mutable_wording()->set_source("clinic");
    v1::CaseAttachment& file = *opening.mutable_wording()->mutable_attachment();
    file.set_kind("MEDICAL");
    file.set_title("Report");
    file.set_media_type("application/pdf");
    file.set_size(bytes.size());
    file.set_digest(crypto::HexEncode(digest.Finish()));
    return first;
  }

  grpc::Status Attach(const std::string& token,
                      const v1::AttachFileRequest& first,
                      const std::string& bytes, size_t chunk,
                      std::string* entry = nullptr) {
    grpc::ClientContext context;
    Use(context, token);
    v1::AttachFileResponse response;
    const auto writer = stub_->AttachFile(&context, &response);
    bool listening = writer->Write(first);
    for (size_t at = 0; listening && at < bytes.size(); at += chunk) {
      v1::AttachFileRequest part;
      part.set_chunk(bytes.substr(at, chunk));
      listening = writer->Write(part);
    }
    writer->WritesDone();
    const grpc::Status status = writer->Finish();
    if (entry != nullptr) *entry = response.entry_id();
    return status;
  }

  grpc::Status Fetch(const std::string& token, const std::string& entry,
                     v1::CaseAttachment* known, std::string* bytes) {
    grpc::ClientContext context;
    Use(context, token);
    v1::FetchFileRequest request;
    request.set_number(number_);
    request.set_entry_id(entry);
    const auto reader = stub_->FetchFile(&context, request);
    v1::FetchFileResponse part;
    while (reader->Read(&part)) {
      if (part.has_attachment()) *known = part.attachment();
      *bytes += part.chunk();
    }
    return reader->Finish();
  }

  static std::string FieldOf(const grpc::Status& status) {
    v1::ErrorDetail detail;
    detail.ParseFromString(status.error_details());
    return detail.field();
  }

  AttachmentsRpc rpc_;
  EntriesRpc entries_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::AttachmentService::Stub> stub_;
  std::string number_;
};

TEST_F(AttachmentsRpcTest, EveryFieldOfAFileGoesInAndComesOut) {
  const std::string bytes(2 * kChunk + 7, 'x');
  const v1::AttachFileRequest first = Opening(bytes);
  std::string entry;
  const grpc::Status attached =
      Attach(caseworker_, first, bytes, kChunk, &entry);
  ASSERT_TRUE(attached.ok()) << attached.error_message();
  v1::CaseAttachment known;
  std::string fetched;
  ASSERT_TRUE(Fetch(caseworker_, entry, &known, &fetched).ok());
  EXPECT_EQ(fetched, bytes);
  EXPECT_THAT(FieldsNotSet(known), IsEmpty());
  EXPECT_EQ(known.SerializeAsString(),
            first.opening().wording().attachment().SerializeAsString());
  // It is an entry like any other.
  grpc::ClientContext context;
  Use(context, caseworker_);
  v1::ListEntriesRequest list;
  list.set_number(number_);
  list.set_kind("ATTACHMENT");
  v1::ListEntriesResponse listed;
  ASSERT_TRUE(v1::CaseEntryService::NewStub(channel_)
                  ->ListEntries(&context, list, &listed)
                  .ok());
  ASSERT_EQ(listed.entries_size(), 1);
  EXPECT_EQ(listed.entries(0).entry_id(), entry);
  EXPECT_EQ(listed.entries(0).wording().SerializeAsString(),
            first.opening().wording().SerializeAsString());
}

TEST_F(AttachmentsRpcTest, APhotoIsNamedByTheIdentity) {
  v1::AttachFileRequest first = Opening("abc");
  first.mutable_opening()->set_photo(true);
  EXPECT_EQ(FieldOf(Attach(caseworker_, first, "abc", 1)), "photo");
  v1::CaseAttachment& said =
      *first.mutable_opening()->mutable_wording()->mutable_attachment();
  said.set_kind("PHOTO");
  said.set_media_type("image/jpeg");
  EXPECT_TRUE(Attach(caseworker_, first, "abc", 1).ok());
  EXPECT_EQ(office_.Rows(storage::TableId::kIdentities), 1);
}

// The client sends nothing more and does not hang up either.
TEST_F(AttachmentsRpcTest, ACallThatStandsStillIsEndedForAnother) {
  grpc::ClientContext contexts[2];
  v1::AttachFileResponse responses[2];
  std::unique_ptr<grpc::ClientWriter<v1::AttachFileRequest>> writers[2];
  for (int i = 0; i < 2; ++i) {
    Use(contexts[i], caseworker_);
    writers[i] = stub_->AttachFile(&contexts[i], &responses[i]);
    v1::AttachFileRequest first = Opening("abc");
    first.mutable_opening()->set_request_id(
        std::string(32, i == 0 ? 'a' : 'b'));
    ASSERT_TRUE(writers[i]->Write(first));
    writers[i]->WaitForInitialMetadata();  // It has its place.
  }
  EXPECT_EQ(Attach(caseworker_, Opening("abc"), "abc", 1).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  office_.clock.Advance(limits::kAttachmentIdleMax);
  EXPECT_TRUE(Attach(caseworker_, Opening("abc"), "abc", 1).ok());
  EXPECT_EQ(writers[0]->Finish().error_code(), grpc::StatusCode::CANCELLED);
  v1::AttachFileRequest part;
  part.set_chunk("abc");
  EXPECT_TRUE(writers[1]->Write(part));
  EXPECT_TRUE(writers[1]->WritesDone());
  EXPECT_TRUE(writers[1]->Finish().ok());
}

TEST_F(AttachmentsRpcTest, AStreamThatIsNotAFileIsRefusedByName) {
  const std::string bytes = "abc";
  v1::AttachFileRequest chunk;
  chunk.set_chunk("abc");
  EXPECT_EQ(FieldOf(Attach(caseworker_, {}, "", 1)), "opening");
  EXPECT_EQ(FieldOf(Attach(caseworker_, chunk, bytes, 1)), "opening");
  v1::AttachFileRequest first = Opening(bytes);
  EXPECT_EQ(FieldOf(Attach(caseworker_, first, "ab", 1)), "attachment.size");
  EXPECT_EQ(FieldOf(Attach(caseworker_, first, "abcd", 1)), "attachment.size");
  EXPECT_EQ(FieldOf(Attach(caseworker_, first, "abd", 1)), "attachment.digest");
  first.mutable_opening()->clear_request_id();
  EXPECT_EQ(FieldOf(Attach(caseworker_, first, bytes, 1)), "request_id");
  first = Opening(bytes);
  first.mutable_opening()->mutable_wording()->mutable_attachment()->set_digest(
      "zz");
  EXPECT_EQ(FieldOf(Attach(caseworker_, first, bytes, 1)), "attachment.digest");
  const std::string large(kChunk + 1, 'x');
  EXPECT_EQ(FieldOf(Attach(caseworker_, Opening(large), large, large.size())),
            "chunk");
  EXPECT_EQ(office_.Rows(storage::TableId::kCaseEntries), 0);
  EXPECT_EQ(office_.Rows(storage::TableId::kAttachmentPieces), 0);
}

TEST_F(AttachmentsRpcTest, NothingIsDoneWithoutSessionOrPermission) {
  std::string entry;
  ASSERT_TRUE(Attach(caseworker_, Opening("abc"), "abc", 1, &entry).ok());
  v1::CaseAttachment known;
  std::string bytes;
  for (const auto& [token, code] :
       {std::pair(std::string(), grpc::StatusCode::UNAUTHENTICATED),
        std::pair(administrator_, grpc::StatusCode::PERMISSION_DENIED)}) {
    EXPECT_EQ(Attach(token, Opening("abc"), "abc", 1).error_code(), code);
    EXPECT_EQ(Fetch(token, entry, &known, &bytes).error_code(), code);
  }
  EXPECT_THAT(bytes, IsEmpty());
}

TEST_F(AttachmentsRpcTest, ACallThatIsBrokenOffAttachesNothing) {
  grpc::ClientContext context;
  Use(context, caseworker_);
  v1::AttachFileResponse response;
  const auto writer = stub_->AttachFile(&context, &response);
  ASSERT_TRUE(writer->Write(Opening("abc")));
  v1::AttachFileRequest part;
  part.set_chunk("abc");
  ASSERT_TRUE(writer->Write(part));
  context.TryCancel();
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::CANCELLED);
  StopServing();  // Calls under way have ended.
  EXPECT_EQ(office_.Rows(storage::TableId::kAttachmentPieces), 0);
}

}  // namespace
}  // namespace amparo::cases
