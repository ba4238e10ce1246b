// SPDX-License-Identifier: Apache-2.0
//
// Who gets in at the port for peers, and how far.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "amparo/office/v1/peering.grpc.pb.h"
#include "amparo/peer/v1/letter.grpc.pb.h"
#include "amparo/peer/v1/peering.grpc.pb.h"
#include "node/base/errors.h"
#include "tests/support/office_process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/stolen_identity.h"

namespace amparo {
namespace {

namespace v1 = office::v1;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Duration kEnds = absl::Seconds(60);

// Calls with an empty request.
grpc::Status CallEmpty(const std::shared_ptr<grpc::Channel>& channel,
                       const std::string& path) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(SystemClock().Now() + kEnds));
  const grpc::Slice nothing;
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  absl::Notification done;
  stub.UnaryCall(&context, path, {}, &request, &response,
                 [&](grpc::Status answered) {
                   status = std::move(answered);
                   done.Notify();
                 });
  done.WaitForNotification();
  return status;
}

constexpr char kHello[] = "/amparo.peer.v1.PeeringService/Hello";
constexpr char kDeliver[] = "/amparo.peer.v1.DeliveryService/Deliver";

class PeerPortTest : public testing::Test {
 protected:
  std::unique_ptr<OfficeProcess> StartOffice(const std::string& name,
                                             bool exercise = true) {
    NodeOptions options;
    options.name = name;
    options.exercise = exercise;
    auto started = OfficeProcess::Start(folder_.path() + "/" + name, options,
                                        {v1::ROLE_DATA_PROTECTION_OFFICER});
    EXPECT_THAT(started, IsOk());
    return started.ok() ? *std::move(started) : nullptr;
  }
  void SetUp() override {
    a_ = StartOffice("Kyiv");
    b_ = StartOffice("Minsk");
    ASSERT_TRUE(a_ != nullptr && b_ != nullptr);
  }

  absl::StatusOr<v1::InvitePeerResponse> Invite(OfficeProcess& office) {
    v1::InvitePeerRequest request;
    request.set_request_id(NewRequestId());
    return office.administrator().Call(
        &v1::PeeringAdminService::Stub::InvitePeer, request);
  }
  absl::Status Redeem(OfficeProcess& office, const std::string& code) {
    v1::RedeemInvitationRequest request;
    request.set_request_id(NewRequestId());
    request.set_code(code);
    return office.administrator()
        .Call(&v1::PeeringAdminService::Stub::RedeemInvitation, request)
        .status();
  }

  ScratchFolder folder_;
  std::unique_ptr<OfficeProcess> a_;
  std::unique_ptr<OfficeProcess> b_;
};

TEST_F(PeerPortTest, StrangersAreDisconnected) {
  ASSERT_THAT(MakePeers(*a_, *b_), IsOk());
  const struct {
    const char* who;
    PeerCredentials credentials;
    const char* logged;
  } cases[] = {
      {"an office that is no peer", SelfMade(std::string(32, '7')),
       "\"reason\":\"PEER_UNKNOWN\""},
      {"self-signed in a peer's name", SelfMade(a_->id()),
       "\"reason\":\"CERTIFICATE_NOT_PINNED\""},
      {"self-signed in its own name", SelfMade(b_->id()), "peer_refused"},
      {"a certificate of no office", SelfMade(""), "peer_refused"},
      {"nobody", {}, ""},
  };
  for (const auto& stranger : cases) {
    SCOPED_TRACE(stranger.who);
    const size_t logged = FileText(b_->node().log()).size();
    const auto channel =
        PeerChannel(b_->node().address(), stranger.credentials);
    for (const char* const path : {kHello, kDeliver}) {
      const grpc::Status status = CallEmpty(channel, path);
      EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
          << status.error_message();
    }
    EXPECT_THAT(FileText(b_->node().log()).substr(logged),
                HasSubstr(stranger.logged));
  }
  // The peer that is one still gets through.
  EXPECT_THAT(Agree(*a_, *b_, ReferralTerms()), IsOk());
}

TEST_F(PeerPortTest, NobodyIsAPeerBeforeInvitationAndConfirmation) {
  // Running and well, and yet unknown to each other.
  ASSERT_EQ(a_->node().Terminate(kEnds), 0);
  const auto identity = IdentityOf(a_->node());
  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(CallEmpty(PeerChannel(b_->node().address(), *identity), kHello)
                .error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(PeerPortTest, InvitationOpensPeeringAndNothingElse) {
  const auto invitation = Invite(*b_);
  ASSERT_THAT(invitation, IsOk());
  const auto identity = IdentityOfInvited(invitation->code());
  ASSERT_THAT(identity, IsOk());
  const auto channel = PeerChannel(b_->node().address(), *identity);
  for (const char* const path : {kHello, kDeliver}) {
    EXPECT_EQ(CallEmpty(channel, path).error_code(),
              grpc::StatusCode::PERMISSION_DENIED)
        << path;
  }
  // An empty request is malformed; it was let in to be read.
  EXPECT_THAT(
      CallEmpty(channel, "/amparo.peer.v1.PeeringService/AcceptInvitation")
          .error_code(),
      Not(AnyOf(grpc::StatusCode::OK, grpc::StatusCode::UNAVAILABLE,
                grpc::StatusCode::PERMISSION_DENIED)));
  // The code still works for whom it was meant.
  EXPECT_THAT(Redeem(*a_, invitation->code()), IsOk());
}

TEST_F(PeerPortTest, InvitationIsForOne) {
  const auto invitation = Invite(*b_);
  ASSERT_THAT(invitation, IsOk());
  ASSERT_THAT(Redeem(*a_, invitation->code()), IsOk());
  const auto other = StartOffice("Chisinau");
  ASSERT_NE(other, nullptr);
  EXPECT_FALSE(Redeem(*other, invitation->code()).ok());
  v1::ListPeersRequest list;
  const auto peers =
      b_->administrator().Call(&v1::PeeringAdminService::Stub::ListPeers, list);
  ASSERT_THAT(peers, IsOk());
  ASSERT_EQ(peers->peers_size(), 1);
  EXPECT_EQ(peers->peers(0).office_id(), a_->id());
}

TEST_F(PeerPortTest, PeersReachNoOfficeApi) {
  ASSERT_THAT(MakePeers(*a_, *b_), IsOk());
  ASSERT_EQ(a_->node().Terminate(kEnds), 0);
  const auto identity = IdentityOf(a_->node());
  ASSERT_THAT(identity, IsOk());
  const auto channel = PeerChannel(b_->node().address(), *identity);
  // It is let in for what peers may.
  EXPECT_EQ(CallEmpty(channel, kDeliver).error_code(), grpc::StatusCode::OK);
  for (const char* const path :
       {"/amparo.office.v1.PeopleService/SignIn",
        "/amparo.office.v1.PeopleService/WhoAmI",
        "/amparo.office.v1.CaseService/ListCases",
        "/amparo.office.v1.PeeringAdminService/ListPeers",
        "/amparo.office.v1.StatusService/ShowStatus",
        "/grpc.health.v1.Health/Check",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"}) {
    EXPECT_THAT(CallEmpty(channel, path).error_code(),
                AnyOf(grpc::StatusCode::PERMISSION_DENIED,
                      grpc::StatusCode::UNIMPLEMENTED))
        << path;
  }
}

TEST_F(PeerPortTest, ExerciseAndLiveRefuseEachOther) {
  const auto live = StartOffice("Live", /*exercise=*/false);
  ASSERT_NE(live, nullptr);
  const struct {
    OfficeProcess* inviting;
    OfficeProcess* redeeming;
  } cases[] = {{live.get(), a_.get()}, {a_.get(), live.get()}};
  for (const auto& pair : cases) {
    const auto invitation = Invite(*pair.inviting);
    ASSERT_THAT(invitation, IsOk());
    EXPECT_EQ(ReasonOf(Redeem(*pair.redeeming, invitation->code())),
              Reason::kExerciseMismatch);
    for (OfficeProcess* office : {pair.inviting, pair.redeeming}) {
      const auto peers = office->administrator().Call(
          &v1::PeeringAdminService::Stub::ListPeers, v1::ListPeersRequest());
      ASSERT_THAT(peers, IsOk());
      EXPECT_EQ(peers->peers_size(), 0);
    }
  }
}

// With the real peer's certificate, so that only the version is in the way.
TEST_F(PeerPortTest, OnlyTls13IsSpoken) {
  if (!RunToEnd({"openssl", "version"}, kEnds).ok() ||
      RunToEnd({"openssl", "version"}, kEnds)->code != 0) {
    GTEST_SKIP() << "the openssl program is not here";
  }
  ASSERT_THAT(MakePeers(*a_, *b_), IsOk());
  ASSERT_EQ(a_->node().Terminate(kEnds), 0);
  const auto identity = IdentityOf(a_->node());
  ASSERT_THAT(identity, IsOk());
  const std::string certificate = folder_.path() + "/certificate";
  const std::string key = folder_.path() + "/key";
  WriteFile(certificate, identity->certificate);
  WriteFile(key, identity->private_key);
  const auto connect = [&](const std::string& version) {
    const auto ending =
        RunToEnd({"openssl", "s_client", "-connect", b_->node().address(),
                  "-cert", certificate, "-key", key, "-alpn", "h2", version},
                 kEnds);
    EXPECT_THAT(ending, IsOk());
    return ending.ok() ? ending->output : "";
  };
  EXPECT_THAT(connect("-tls1_3"), HasSubstr("New, TLSv1.3"));
  const std::string refused = connect("-tls1_2");
  EXPECT_THAT(refused, Not(HasSubstr("New, TLSv1.2")));
  EXPECT_THAT(refused, HasSubstr("New, (NONE)"));
}

}  // namespace
}  // namespace amparo
