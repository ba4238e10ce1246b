// SPDX-License-Identifier: Apache-2.0
#include "node/app/locked_server.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <string>

#include "amparo/office/v1/errors.pb.h"
#include "amparo/office/v1/people.grpc.pb.h"
#include "amparo/office/v1/unlock.grpc.pb.h"
#include "node/app/unlock.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "tests/support/child_process.h"
#include "tests/support/manual_clock.h"
#include "tests/support/status_matchers.h"

namespace amparo::app {
namespace {

namespace v1 = office::v1;
using ::testing::HasSubstr;

constexpr char kRight[] = "the right passphrase";

class LockedServerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = LockedServer::Start(
        path_, clock_,
        [this](const crypto::Secret& passphrase)
            -> absl::StatusOr<crypto::Secret> {
          ++guesses_;
          if (passphrase.Reveal() != kRight) {
            return Error(Reason::kPassphraseWrong);
          }
          return crypto::Secret::Copy("the key");
        },
        [this] { ++opened_; });
    ASSERT_THAT(started, IsOk());
    server_ = *std::move(started);
    channel_ = grpc::CreateChannel("unix:" + path_,
                                   grpc::InsecureChannelCredentials());
  }

  // The reason that Unlock is refused for, "" when it is not.
  std::string Unlock(const std::string& passphrase) {
    v1::UnlockRequest request;
    request.set_passphrase(passphrase);
    v1::UnlockResponse response;
    grpc::ClientContext context;
    const grpc::Status status = v1::UnlockService::NewStub(channel_)->Unlock(
        &context, request, &response);
    return ReasonIn(status);
  }
  static std::string ReasonIn(const grpc::Status& status) {
    v1::ErrorDetail detail;
    EXPECT_TRUE(detail.ParseFromString(status.error_details()));
    return detail.reason();
  }

  ScratchFolder folder_;
  const std::string path_ = folder_.path() + "/office.sock";
  ManualClock clock_;
  int guesses_ = 0;
  int opened_ = 0;
  std::unique_ptr<LockedServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(LockedServerTest, TheRightPassphraseOpensOnce) {
  EXPECT_FALSE(server_->TakeKey().has_value());
  EXPECT_EQ(Unlock(kRight), "");
  EXPECT_EQ(opened_, 1);
  const auto key = server_->TakeKey();
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->Reveal(), "the key");
  EXPECT_FALSE(server_->TakeKey().has_value());
}

TEST_F(LockedServerTest, AWrongPassphraseOpensNothing) {
  EXPECT_EQ(Unlock("not this one"), "PASSPHRASE_WRONG");
  EXPECT_EQ(Unlock(""), "FIELD_INVALID");
  EXPECT_EQ(Unlock(std::string(5000, 'x')), "FIELD_INVALID");
  EXPECT_EQ(opened_, 0);
  EXPECT_FALSE(server_->TakeKey().has_value());
}

TEST_F(LockedServerTest, GuessesBecomeSlowAndNobodyIsLockedOutForEver) {
  for (int i = 0; i < limits::kSignInFailuresMax; ++i) {
    EXPECT_EQ(Unlock("a guess"), "PASSPHRASE_WRONG") << i;
  }
  EXPECT_EQ(Unlock("a guess"), "SIGN_IN_THROTTLED");
  EXPECT_EQ(Unlock(kRight), "SIGN_IN_THROTTLED");
  EXPECT_EQ(guesses_, limits::kSignInFailuresMax) << "no work for a guess";
  // However many came, a quarter of an hour is the longest wait.
  for (int i = 0; i < 30; ++i) {
    clock_.Advance(absl::Minutes(15));
    EXPECT_EQ(Unlock("a guess"), "PASSPHRASE_WRONG") << i;
    EXPECT_EQ(Unlock("a guess"), "SIGN_IN_THROTTLED") << i;
  }
  clock_.Advance(absl::Minutes(15));
  EXPECT_EQ(Unlock(kRight), "");
}

TEST_F(LockedServerTest, EveryOtherCallHearsThatTheNodeIsLocked) {
  grpc::ClientContext context;
  v1::WhoAmIResponse response;
  const grpc::Status status =
      v1::PeopleService::NewStub(channel_)->WhoAmI(&context, {}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonIn(status), "NODE_LOCKED");
  EXPECT_THAT(status.error_message(), HasSubstr("amparod unlock"));
  v1::ErrorDetail detail;
  ASSERT_TRUE(detail.ParseFromString(status.error_details()));
  EXPECT_EQ(detail.state(), "LOCKED");
}

TEST_F(LockedServerTest, HealthSaysNotServing) {
  EXPECT_FALSE(IsServing(channel_, absl::Seconds(30)));
}

TEST_F(LockedServerTest, TheSocketIsForItsOwnerOnly) {
  struct stat found {};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0600u);
}

}  // namespace
}  // namespace amparo::app
