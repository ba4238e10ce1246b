// SPDX-License-Identifier: Apache-2.0
//
// What a peer may call, how much of it at once, and how it greets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "amparo/office/v1/peering.grpc.pb.h"
#include "crypto/base/bytes.h"
#include "node/base/limits.h"
#include "tests/e2e/hostile/shared_federation.h"
#include "tests/support/status_matchers.h"

namespace amparo::hostile {
namespace {

namespace wire = ::amparo::peer::v1;
namespace office = ::amparo::office::v1;
using ::testing::AnyOf;

constexpr char kDeliver[] = "/amparo.peer.v1.DeliveryService/Deliver";
constexpr char kRefused[] = "call_refused";
constexpr absl::Duration kEnds = absl::Seconds(60);

class HostileCall : public SharedFederationTest {};

TEST_F(HostileCall, BatchOverTheLetterLimit) {
  const std::vector<std::string> letters(limits::kBatchLettersMax + 1,
                                         hostile().Letter());
  ExpectRefusal(kRefused, Reason::kLimitExceeded, [&] {
    EXPECT_EQ(ReasonOf(all().NewLine().Deliver(letters).status()),
              Reason::kLimitExceeded);
  });
}

// Each letter is small enough, and so is the call as gRPC counts.
TEST_F(HostileCall, BatchOverTheByteLimit) {
  const std::string large = hostile().Letter(
      {.plain = [](delivery::Plain& p) { p.payload.append(200 * 1024, 'x'); }});
  const std::vector<std::string> letters(5, large);
  ASSERT_GT(5 * large.size(), limits::kBatchBytesMax);
  ASSERT_LT(5 * large.size(), limits::kRpcMessageBytesMax);
  ExpectRefusal(kRefused, Reason::kLimitExceeded, [&] {
    EXPECT_EQ(ReasonOf(all().NewLine().Deliver(letters).status()),
              Reason::kLimitExceeded);
  });
}

TEST_F(HostileCall, CallOverTheLimitOfAllCalls) {
  ExpectNothingStored([&] {
    EXPECT_EQ(
        all()
            .NewLine()
            .Call(kDeliver, std::string(limits::kRpcMessageBytesMax + 1, 'x'))
            .error_code(),
        grpc::StatusCode::RESOURCE_EXHAUSTED);
  });
}

TEST_F(HostileCall, RequestThatIsNoMessage) {
  ExpectNothingStored([&] {
    const grpc::Status status = all().NewLine().Call(kDeliver, "\xff\xff\xff");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  });
}

TEST_F(HostileCall, UnknownMethodsAndThoseOfOthers) {
  ExpectNothingStored([&] {
    const Line line = all().NewLine();
    for (const char* const method :
         {"/amparo.peer.v1.DeliveryService/Collect",
          "/amparo.peer.v1.NoService/Deliver",
          "/amparo.peer.v1.DeliveryService/", "/amparo.peer.v1."}) {
      EXPECT_EQ(line.Call(method, "").error_code(),
                grpc::StatusCode::UNIMPLEMENTED)
          << method;
    }
    for (const char* const method :
         {"/amparo.office.v1.CaseService/ListCases",
          "/amparo.peer.v1.PeeringService/AcceptInvitation", "/", "/x"}) {
      EXPECT_THAT(line.Call(method, "").error_code(),
                  AnyOf(grpc::StatusCode::PERMISSION_DENIED,
                        grpc::StatusCode::UNIMPLEMENTED))
          << method;
    }
  });
}

TEST_F(HostileCall, HelloFlood) {
  size_t taken = 0;
  ExpectRefusal(
      "peer_refused", Reason::kLimitExceeded,
      [&] {
        const Line line = all().NewLine();
        const wire::SignedBody bundle =
            hostile().SignBundle(hostile().Bundle());
        for (int i = 0; i < 500; ++i) {
          const auto answer = line.Hello(bundle);
          taken += answer.ok() ? 1 : 0;
          if (!answer.ok()) {
            ASSERT_EQ(ReasonOf(answer.status()), Reason::kLimitExceeded);
          }
        }
        // Letters have a limit of their own.
        EXPECT_EQ(OutcomeName(line.Deliver("no letter")), "LETTER_MALFORMED");
      },
      {storage::TableId::kPeers, storage::TableId::kPeerCursors});
  EXPECT_LT(taken, 500u / 2);
  // The allowance comes back.
  EXPECT_THAT(all().Greet(), IsOk());
}

// Bundles and greetings.
class HostileHello : public SharedFederationTest {
 protected:
  absl::Status Hello(
      const wire::SignedBody& bundle,
      const std::function<void(wire::HelloRequest&)>& change = nullptr) {
    absl::Status status;
    Eventually(kEnds, [&] {
      status = all().NewLine().Hello(bundle, change).status();
      return ReasonOf(status) != Reason::kLimitExceeded;
    });
    return status;
  }
  // Refused, and nothing of it kept.
  void ExpectHelloRefused(
      Reason reason, const std::function<void(peering::KeyBundle&)>& change,
      const crypto::P256PrivateKey* signer = nullptr) {
    peering::KeyBundle bundle = hostile().Bundle();
    bundle.version += 1;
    if (change) change(bundle);
    ExpectRefusal(kRefused, reason, [&] {
      EXPECT_EQ(ReasonOf(Hello(hostile().SignBundle(bundle, signer))), reason);
    });
  }
  void ExpectGreetingRefused(
      Reason reason, const std::function<void(wire::HelloRequest&)>& change) {
    ExpectRefusal(kRefused, reason, [&] {
      EXPECT_EQ(
          ReasonOf(Hello(hostile().SignBundle(hostile().Bundle()), change)),
          reason);
    });
  }
};

// The node may answer with what it has (that stops an office that was put back
// from a copy); it does not go back.
TEST_F(HostileHello, KeyBundleRollback) {
  const wire::SignedBody old_one = hostile().SignBundle(hostile().Bundle());
  all().hostile().set_version(hostile().Bundle().version + 1);
  ASSERT_THAT(all().Greet(), IsOk());
  ExpectNothingStored([&] { EXPECT_THAT(Hello(old_one), IsOk()); });
}

TEST_F(HostileHello, TwoBundlesOfOneVersion) {
  ASSERT_THAT(all().Greet(), IsOk());
  peering::KeyBundle other = hostile().Bundle();
  other.office_name = "Somewhere";
  const wire::SignedBody bundle = hostile().SignBundle(other);
  ExpectNothingStored([&] { EXPECT_THAT(Hello(bundle), IsOk()); });
}

TEST_F(HostileHello, BundleSignedByAnotherKey) {
  ExpectHelloRefused(Reason::kKeyBundleInvalid, nullptr,
                     &hostile().signing_key());
}

TEST_F(HostileHello, BundleOfAnotherOfficeKey) {
  const auto key = crypto::P256PrivateKey::Generate();
  ExpectHelloRefused(
      Reason::kKeyBundleInvalid,
      [&](peering::KeyBundle& b) { b.office_key = key.public_key(); }, &key);
}

TEST_F(HostileHello, BundleOfAnotherOffice) {
  const OfficeId honest = *OfficeId::FromHex(all().honest().id());
  ExpectHelloRefused(Reason::kKeyBundleInvalid,
                     [&](peering::KeyBundle& b) { b.office = honest; });
}

TEST_F(HostileHello, BundleFromTheFuture) {
  ExpectHelloRefused(Reason::kKeyBundleInvalid, [](peering::KeyBundle& b) {
    b.issued_at += absl::Hours(24);
  });
}

TEST_F(HostileHello, BundleWithoutAKey) {
  ExpectHelloRefused(Reason::kKeyBundleInvalid,
                     [](peering::KeyBundle& b) { b.sealing_keys.clear(); });
}

TEST_F(HostileHello, BundleWithTooManyKeys) {
  ExpectHelloRefused(Reason::kKeyBundleInvalid, [](peering::KeyBundle& b) {
    for (uint32_t epoch = 2; epoch <= 65; ++epoch) {
      b.signing_keys.push_back(b.signing_keys.front());
      b.signing_keys.back().epoch = epoch;
    }
  });
}

TEST_F(HostileHello, ExercisePeerThatTurnsLive) {
  ExpectHelloRefused(Reason::kExerciseMismatch,
                     [](peering::KeyBundle& b) { b.exercise = false; });
}

TEST_F(HostileHello, ProtocolOfTomorrow) {
  ExpectGreetingRefused(Reason::kProtocolUnsupported,
                        [](wire::HelloRequest& hello) {
                          hello.set_protocol_min(2);
                          hello.set_protocol_max(3);
                        });
}

TEST_F(HostileHello, ClockBeforeTheEpoch) {
  ExpectGreetingRefused(
      Reason::kLetterMalformed,
      [](wire::HelloRequest& hello) { hello.set_now_ms(-1); });
}

TEST_F(HostileHello, NoBundle) {
  ExpectGreetingRefused(
      Reason::kKeyBundleInvalid,
      [](wire::HelloRequest& hello) { hello.clear_key_bundle(); });
}

// What comes with an invitation's key.
class HostileNewcomer : public SharedFederationTest {
 protected:
  std::string Invitation() {
    office::InvitePeerRequest invite;
    invite.set_request_id(NewRequestId());
    const auto made = all().node().administrator().Call(
        &office::PeeringAdminService::Stub::InvitePeer, invite);
    EXPECT_THAT(made, IsOk());
    return made.ok() ? made->code() : "";
  }
  void ExpectNotLetIn(const HostileOffice& newcomer, Reason reason) {
    const std::string code = Invitation();
    ExpectRefusal(kRefused, reason, [&] {
      std::string nonce;
      EXPECT_EQ(ReasonOf(newcomer.Redeem(all().node(), code, &nonce).status()),
                reason);
    });
  }
};

TEST_F(HostileNewcomer, LiveNodeToAnExerciseNode) {
  ExpectNotLetIn(HostileOffice("Live", /*exercise=*/false),
                 Reason::kExerciseMismatch);
}

TEST_F(HostileNewcomer, InTheNameOfAPeer) {
  HostileOffice impostor("Impostor");
  const OfficeId honest = *OfficeId::FromHex(all().honest().id());
  impostor.ChangeBundle([&](peering::KeyBundle& b) { b.office = honest; });
  ExpectNotLetIn(impostor, Reason::kAlreadyExists);
}

TEST_F(HostileNewcomer, InTheNameOfTheNodeItself) {
  HostileOffice impostor("Impostor");
  const OfficeId node = hostile().node_bundle().office;
  impostor.ChangeBundle([&](peering::KeyBundle& b) { b.office = node; });
  ExpectNotLetIn(impostor, Reason::kInvitationInvalid);
}

}  // namespace
}  // namespace amparo::hostile
