// SPDX-License-Identifier: Apache-2.0
//
// Every method of every office service is called: without a session, with one
// that nobody opened, and as a signed-in person who may not. The methods are
// read from the proto files, so that one that somebody adds is called, too.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "amparo/office/v1/case_files.pb.h"
#include "amparo/office/v1/cases.pb.h"
#include "amparo/office/v1/errors.pb.h"
#include "amparo/office/v1/options.pb.h"
#include "amparo/office/v1/status.pb.h"
#include "amparo/office/v1/third_persons.pb.h"
#include "amparo/office/v1/trends.pb.h"
#include "tests/support/office_process.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

namespace v1 = office::v1;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Method {
  std::string path;
  v1::Permission permission;
};

// All methods of proto/amparo/office/v1.
std::vector<Method> OfficeMethods() {
  std::vector<Method> methods;
  for (const auto& entry : std::filesystem::directory_iterator(
           AMPARO_SOURCE_DIR "/proto/amparo/office/v1")) {
    if (entry.path().extension() != ".proto") continue;
    const auto* const file =
        google::protobuf::DescriptorPool::generated_pool()->FindFileByName(
            absl::StrCat("amparo/office/v1/",
                         entry.path().filename().string()));
    EXPECT_NE(file, nullptr) << entry.path();
    if (file == nullptr) continue;
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        const auto& method = *file->service(i)->method(j);
        methods.push_back({absl::StrCat("/", file->service(i)->full_name(), "/",
                                        method.name()),
                           method.options().GetExtension(v1::permission)});
      }
    }
  }
  return methods;
}

struct Answer {
  grpc::StatusCode code = grpc::StatusCode::UNKNOWN;
  std::string message;
  std::string reason;
};

// Calls with an empty request; each of `tokens` is sent as a session.
Answer CallEmpty(const std::shared_ptr<grpc::Channel>& channel,
                 const std::string& path,
                 const std::vector<std::string>& tokens) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  Someone(channel, "").Prepare(context);
  for (const std::string& token : tokens) {
    context.AddMetadata("amparo-session", token);
  }
  const grpc::Slice nothing;
  grpc::ByteBuffer empty(&nothing, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  absl::Notification done;
  stub.UnaryCall(&context, path, {}, &empty, &response,
                 [&](grpc::Status answered) {
                   status = std::move(answered);
                   done.Notify();
                 });
  done.WaitForNotification();
  v1::ErrorDetail detail;
  detail.ParseFromString(status.error_details());
  return {status.error_code(), status.error_message(), detail.reason()};
}

class EveryRpcTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new ScratchFolder();
    auto started = OfficeProcess::Start(
        folder_->path() + "/office", {},
        {v1::ROLE_AUDITOR, v1::ROLE_CASEWORKER, v1::ROLE_ANALYST,
         v1::ROLE_FOCAL_POINT, v1::ROLE_DATA_PROTECTION_OFFICER,
         v1::ROLE_SUPERVISOR});
    ASSERT_THAT(started, IsOk());
    office_ = started->release();
  }
  static void TearDownTestSuite() {
    delete office_;
    delete folder_;
  }
  const std::shared_ptr<grpc::Channel>& channel() {
    return office_->node().channel();
  }

  static ScratchFolder* folder_;
  static OfficeProcess* office_;
};
ScratchFolder* EveryRpcTest::folder_ = nullptr;
OfficeProcess* EveryRpcTest::office_ = nullptr;

TEST_F(EveryRpcTest, NothingIsAnsweredWithoutASession) {
  std::set<std::string> texts;
  for (const Method& method : OfficeMethods()) {
    SCOPED_TRACE(method.path);
    const Answer answer = CallEmpty(channel(), method.path, {});
    if (method.permission == v1::PERMISSION_NONE_NEEDED_TO_SIGN_IN) {
      EXPECT_NE(answer.code, grpc::StatusCode::OK);
      continue;
    }
    EXPECT_EQ(answer.code, grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(answer.reason, "NOT_SIGNED_IN");
    texts.insert(answer.message);
  }
  EXPECT_THAT(texts, SizeIs(1));
}

TEST_F(EveryRpcTest, NothingIsAnsweredToAForeignOrDoubledSession) {
  const std::string mine = office_->administrator().token();
  std::string changed = mine;
  changed.back() = changed.back() == 'a' ? 'b' : 'a';
  const std::vector<std::string> cases[] = {
      {""}, {"x"}, {changed}, {mine + "a"}, {mine, mine}, {changed, mine}};
  for (const Method& method : OfficeMethods()) {
    if (method.permission == v1::PERMISSION_NONE_NEEDED_TO_SIGN_IN) continue;
    for (const std::vector<std::string>& tokens : cases) {
      SCOPED_TRACE(method.path);
      EXPECT_EQ(CallEmpty(channel(), method.path, tokens).code,
                grpc::StatusCode::UNAUTHENTICATED);
    }
  }
}

// An auditor may see the node's state and no more; what an auditor may, is
// asked as a caseworker.
TEST_F(EveryRpcTest, NothingIsAnsweredToWhoMayNot) {
  std::set<std::string> texts;
  for (const Method& method : OfficeMethods()) {
    if (method.permission == v1::PERMISSION_NONE_NEEDED_TO_SIGN_IN ||
        method.permission == v1::PERMISSION_SIGNED_IN) {
      continue;
    }
    SCOPED_TRACE(method.path);
    const bool auditors = method.permission == v1::PERMISSION_STATUS_READ ||
                          method.permission == v1::PERMISSION_LOG_READ;
    const Someone& person =
        auditors ? office_->caseworker() : office_->As(v1::ROLE_AUDITOR);
    const Answer answer = CallEmpty(channel(), method.path, {person.token()});
    EXPECT_EQ(answer.code, grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(answer.reason, "NOT_ALLOWED");
    texts.insert(answer.message);
  }
  EXPECT_THAT(texts, SizeIs(1));
}

// The other way round: the refusals above are not of a node that refuses all.
TEST_F(EveryRpcTest, SomebodyMayCallEveryMethod) {
  for (const Method& method : OfficeMethods()) {
    if (method.permission == v1::PERMISSION_NONE_NEEDED_TO_SIGN_IN ||
        // Ends the session that the other calls need.
        method.path == "/amparo.office.v1.PeopleService/SignOut") {
      continue;
    }
    std::set<grpc::StatusCode> codes;
    for (const v1::Role role :
         {v1::ROLE_ADMINISTRATOR, v1::ROLE_CASEWORKER, v1::ROLE_ANALYST,
          v1::ROLE_AUDITOR, v1::ROLE_FOCAL_POINT,
          v1::ROLE_DATA_PROTECTION_OFFICER, v1::ROLE_SUPERVISOR}) {
      codes.insert(
          CallEmpty(channel(), method.path, {office_->As(role).token()}).code);
    }
    codes.erase(grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_THAT(codes, testing::Not(IsEmpty())) << method.path;
    EXPECT_THAT(
        codes, testing::Not(testing::Contains(grpc::StatusCode::UNIMPLEMENTED)))
        << method.path;
    EXPECT_THAT(codes,
                testing::Not(testing::Contains(grpc::StatusCode::INTERNAL)))
        << method.path;
  }
}

TEST_F(EveryRpcTest, MethodThatDoesNotExistIsUnimplemented) {
  EXPECT_EQ(CallEmpty(channel(), "/amparo.office.v1.CaseService/DropAll",
                      {office_->administrator().token()})
                .code,
            grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace amparo
