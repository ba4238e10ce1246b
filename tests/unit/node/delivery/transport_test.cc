// SPDX-License-Identifier: Apache-2.0
//
// Over real connections on loopback: in-process channels carry no identity.
#include "node/delivery/transport.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "amparo/peer/v1/letter.grpc.pb.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/log.h"
#include "node/delivery/transport_status.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/port.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// The number of the call in a line of the log: 16 hexadecimal digits.
bool RequestIn(absl::string_view line, std::string* number) {
  constexpr absl::string_view kField = "\"request\":\"";
  const size_t at = line.find(kField);
  if (at == absl::string_view::npos) return false;
  *number = std::string(line.substr(at + kField.size(), 16));
  return number->size() == 16 && line.substr(at + kField.size() + 16)[0] == '"';
}

class TransportTest : public testing::Test, protected TwoOffices {
 protected:
  TransportTest() : at_a(a), at_b(b) {
    SetLogSink([this](absl::string_view line) {
      absl::MutexLock lock(&log_mutex);
      log_lines.append(line.data(), line.size());
      log_lines += '\n';
    });
    Introduce(at_a, b);
    Introduce(at_b, a);
  }
  ~TransportTest() override {
    at_a.clients->Shutdown();
    at_b.clients->Shutdown();
    at_a.server->Shutdown();
    at_b.server->Shutdown();
    SetLogSink([](absl::string_view) {});
  }

  // Lets `other` know where `port` listens.
  void Introduce(Port& port, Office& other) {
    ASSERT_THAT(port.office.own->SetAddress(*port.office.log, port.address(),
                                            clock.Now()),
                IsOk());
    ASSERT_THAT(
        other.peers->TakeBundle(port.office.id,
                                port.office.own->signed_bundle(), clock.Now()),
        IsOk());
  }
  std::string Lines() {
    absl::MutexLock lock(&log_mutex);
    return log_lines;
  }

  absl::Mutex log_mutex;
  std::string log_lines;
  Port at_a;
  Port at_b;
};

TEST_F(TransportTest, CarriesLettersAndTheirReceipts) {
  const auto posted = Post(a, {});
  ASSERT_THAT(posted, IsOk());
  const std::string letter = Sealed(a);

  const auto outcomes = at_a.clients->Deliver(b.id, {letter});
  ASSERT_THAT(outcomes, IsOk());
  ASSERT_THAT(*outcomes, SizeIs(1));
  EXPECT_FALSE((*outcomes)[0].receipt.empty());
  EXPECT_THAT(b.handler.received, SizeIs(1));

  const auto again = at_a.clients->Deliver(b.id, {letter});
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ((*again)[0].receipt, (*outcomes)[0].receipt);
  EXPECT_EQ(Taken(b), 1u);
}

TEST_F(TransportTest, TellsTheReasonOfARefusedLetter) {
  const auto outcomes = at_a.clients->Deliver(b.id, {"no letter"});
  ASSERT_THAT(outcomes, IsOk());
  EXPECT_EQ((*outcomes)[0].refusal, Reason::kLetterMalformed);
}

TEST_F(TransportTest, TellsTheReasonOfARefusedCall) {
  at_b.door.answer = Error(Reason::kProtocolUnsupported, "not for peers");
  const auto hello = at_a.clients->Hello(*a.peers->Get(b.id), "");
  EXPECT_EQ(ReasonOf(hello.status()), Reason::kProtocolUnsupported);
  EXPECT_THAT(std::string(hello.status().message()),
              testing::Not(HasSubstr("not for peers")));
  EXPECT_THAT(Lines(), HasSubstr("call_refused"));
  EXPECT_THAT(Lines(), HasSubstr("PROTOCOL_UNSUPPORTED"));
}

// Before a call begins gRPC sends no metadata: the reason is in the text.
TEST(TransportStatusTest, ARefusalBeforeTheCallNamesItsReasonToo) {
  const grpc::ClientContext context;
  for (const Reason reason : AllReasons()) {
    if (reason == Reason::kUnspecified) continue;
    EXPECT_EQ(ReasonOf(FromPeer(ToPeerBeforeCall(reason), context)), reason);
  }
  for (const char* text :
       {"", "PEER_SUSPENDED the", "x: y", ": PEER_UNKNOWN"}) {
    EXPECT_EQ(
        ReasonOf(FromPeer(
            grpc::Status(grpc::StatusCode::PERMISSION_DENIED, text), context)),
        Reason::kUnavailable)
        << text;
  }
}

TEST_F(TransportTest, HelloNamesTheCallerByItsCertificate) {
  EXPECT_THAT(at_a.clients->Hello(*a.peers->Get(b.id), ""), IsOk());
  EXPECT_EQ(at_b.door.caller, a.id);
}

TEST_F(TransportTest, LinesOfACallCarryItsRequestNumber) {
  at_a.clients->Deliver(b.id, {"no letter"}).IgnoreError();
  at_a.clients->Deliver(b.id, {"no letter"}).IgnoreError();
  std::set<std::string> numbers;
  for (const absl::string_view line : absl::StrSplit(Lines(), '\n')) {
    if (!absl::StrContains(line, "letter_refused")) continue;
    std::string number;
    EXPECT_TRUE(RequestIn(line, &number)) << line;
    numbers.insert(number);
  }
  EXPECT_THAT(numbers, SizeIs(2)) << "each call has a number of its own";
}

TEST_F(TransportTest, AFloodOfHellosIsRefusedAndLettersAreNot) {
  const auto hello = [](Port& from, Office& to) {
    return from.clients->Hello(*from.office.peers->Get(to.id), "").status();
  };
  for (int i = 0; i < limits::kHelloBurst; ++i) {
    ASSERT_THAT(hello(at_a, b), IsOk()) << i;
  }
  EXPECT_EQ(ReasonOf(hello(at_a, b)), Reason::kLimitExceeded);
  EXPECT_THAT(Lines(), HasSubstr("LIMIT_EXCEEDED"));
  EXPECT_THAT(at_a.clients->Deliver(b.id, {"x"}), IsOk());
  clock.Advance(limits::kHelloEvery);
  EXPECT_THAT(hello(at_a, b), IsOk());
  EXPECT_EQ(ReasonOf(hello(at_a, b)), Reason::kLimitExceeded);
}

TEST_F(TransportTest, CallsAreCountedByMethodAndCode) {
  EXPECT_THAT(at_a.clients->Hello(*a.peers->Get(b.id), ""), IsOk());
  at_b.door.answer = Error(Reason::kProtocolUnsupported);
  EXPECT_FALSE(at_a.clients->Hello(*a.peers->Get(b.id), "").ok());
  at_b.server->Shutdown();  // After it, everything was counted.
  const auto rows = at_b.server->calls().Read();
  const auto row = std::find_if(
      rows.begin(), rows.end(),
      [](const CallFigures::Row& each) { return each.method == "Hello"; });
  ASSERT_TRUE(row != rows.end());
  EXPECT_EQ(row->service, "amparo.peer.v1.PeeringService");
  EXPECT_EQ(row->started, 2u);
  EXPECT_EQ(row->handled[grpc::StatusCode::OK], 1u);
  EXPECT_EQ(row->handled[grpc::StatusCode::FAILED_PRECONDITION], 1u);
  EXPECT_EQ(row->seconds.count, 2u);
}

// gRPC itself would wait for the connection to close.
TEST_F(TransportTest, AnIdleConnectionDoesNotHoldUpAStop) {
  ASSERT_THAT(at_a.clients->Hello(*a.peers->Get(b.id), ""), IsOk());
  const absl::Duration start = SteadyTime();
  at_b.server->Shutdown();
  EXPECT_LT(SteadyTime() - start, absl::Seconds(2));
}

TEST_F(TransportTest, MoreThanAHundredLettersAreRefused) {
  const std::vector<std::string> letters(limits::kBatchLettersMax + 1, "x");
  EXPECT_EQ(ReasonOf(at_a.clients->Deliver(b.id, letters).status()),
            Reason::kLimitExceeded);
}

TEST_F(TransportTest, MoreThanAMebibyteIsRefused) {
  const std::vector<std::string> letters(
      5, std::string(limits::kBatchBytesMax / 5 + 1, 'x'));
  EXPECT_EQ(ReasonOf(at_a.clients->Deliver(b.id, letters).status()),
            Reason::kLimitExceeded);
}

TEST_F(TransportTest, AStrangerIsDisconnectedAndTheReasonIsInOurLog) {
  ManualClock its_clock;
  Office stranger("stranger", 77, its_clock);
  peering::Peer known = *a.peers->Get(b.id);
  storage::Batch batch;
  ASSERT_THAT(stranger.peers->Add(batch, known), IsOk());
  PeerClients clients(*stranger.own, *stranger.peers, its_clock,
                      stranger.random);
  EXPECT_EQ(ReasonOf(clients.Deliver(b.id, {"x"}).status()),
            Reason::kUnavailable);
  EXPECT_THAT(Lines(), HasSubstr("peer_refused"));
  EXPECT_THAT(Lines(), HasSubstr("PEER_UNKNOWN"));
}

TEST_F(TransportTest, AServerOfAnotherOfficeIsNotSpokenTo) {
  // What a believes to be b's address is a's own server.
  peering::Peer wrong = *a.peers->Get(b.id);
  wrong.bundle.address = at_a.address();
  PeerClients fresh(*a.own, *a.peers, clock, a.random);
  EXPECT_EQ(ReasonOf(fresh.Hello(wrong, "").status()), Reason::kUnavailable);
  EXPECT_THAT(Lines(), HasSubstr("server_refused"));
}

TEST_F(TransportTest, AnExpiredCertificateIsRefused) {
  clock.Advance(limits::kTlsKeyLifetime + absl::Hours(24));
  PeerClients fresh(*a.own, *a.peers, clock, a.random);
  EXPECT_EQ(ReasonOf(fresh.Deliver(b.id, {"x"}).status()),
            Reason::kUnavailable);
  EXPECT_THAT(Lines(), HasSubstr("CERTIFICATE_EXPIRED"));
  EXPECT_EQ(a.peers->server_checks()->Refused(b.id),
            Reason::kCertificateExpired);
}

TEST_F(TransportTest, ACertificateThatExpiresOnAnOpenConnectionIsRefused) {
  ASSERT_THAT(at_a.clients->Hello(*a.peers->Get(b.id), ""), IsOk());
  clock.Advance(limits::kTlsKeyLifetime + absl::Hours(24));
  EXPECT_EQ(ReasonOf(at_a.clients->Deliver(b.id, {"x"}).status()),
            Reason::kCertificateExpired);
  // Our own call found the connection open: the server refused, not the
  // client.
  EXPECT_THAT(Lines(), HasSubstr("peer_refused"));
  EXPECT_THAT(Lines(), testing::Not(HasSubstr("server_refused")));
  EXPECT_THAT(Lines(), HasSubstr("CERTIFICATE_EXPIRED"));
}

TEST_F(TransportTest, ARotatedTlsKeyIsServedAfterRenew) {
  clock.Advance(limits::kTlsKeyLifetime - absl::Hours(24));
  ASSERT_THAT(b.own->RotateIfDue(*b.log, clock.Now()), IsOk());
  ASSERT_THAT(a.own->RotateIfDue(*a.log, clock.Now()), IsOk());
  ASSERT_THAT(at_b.server->Renew(), IsOk());
  clock.Advance(absl::Hours(48));
  EXPECT_THAT(at_a.clients->Hello(*a.peers->Get(b.id), ""), IsOk());
}

TEST_F(TransportTest, AnInvitationMayCallNothingButAcceptInvitation) {
  auto one_time = crypto::P256PrivateKey::Generate();
  const peering::Invitation invitation{
      .id = peering::InvitationIdOf(one_time.public_key()),
      .one_time_key = one_time.public_key(),
      .nonce = std::string(32, 'n'),
      .invited_by = *PersonId::FromHex(std::string(32, '1')),
      .expires_at = clock.Now() + absl::Hours(1),
      .used_by = OfficeId(),
      .request_digest = {},
      .answer = {}};
  storage::Batch batch;
  ASSERT_THAT(at_b.invitations.Insert(batch, invitation), IsOk());
  ASSERT_THAT(b.store->Commit(batch), IsOk());
  const auto code = peering::InvitationCode::Create(
      at_b.address(), b.own->office_public_key(), std::move(one_time), true);
  ASSERT_THAT(code, IsOk());
  ManualClock its_clock;
  Office newcomer("newcomer", 78, its_clock);
  PeerClients clients(*newcomer.own, *newcomer.peers, its_clock,
                      newcomer.random);
  EXPECT_THAT(clients.AcceptInvitation(*code, ""), IsOk());
  EXPECT_TRUE(at_b.door.invited);
  clock.Advance(absl::Hours(2));
  EXPECT_EQ(ReasonOf(clients.AcceptInvitation(*code, "").status()),
            Reason::kUnavailable);
}

TEST_F(TransportTest, ASuspendedPeerIsRefusedOnAnOpenConnection) {
  const auto first = Post(a, {});
  ASSERT_THAT(first, IsOk());
  const std::string letter = Sealed(a);
  ASSERT_THAT(at_a.clients->Hello(*a.peers->Get(b.id), ""), IsOk());
  SetPeerState(b, peering::PeerState::kSuspended);
  const auto outcomes = at_a.clients->Deliver(b.id, {letter});
  ASSERT_THAT(outcomes, IsOk());
  EXPECT_EQ((*outcomes)[0].refusal, Reason::kPeerSuspended);
}

TEST_F(TransportTest, NobodyAnswersAtAClosedPort) {
  at_b.server->Shutdown();
  EXPECT_EQ(ReasonOf(at_a.clients->Deliver(b.id, {"x"}).status()),
            Reason::kUnavailable);
}

TEST_F(TransportTest, AfterShutdownNoCallIsMade) {
  at_a.clients->Shutdown();
  EXPECT_EQ(ReasonOf(at_a.clients->Deliver(b.id, {"x"}).status()),
            Reason::kUnavailable);
}

TEST_F(TransportTest, ATakenPortIsAnError) {
  EXPECT_EQ(ReasonOf(PeerServer::Start(at_b.address(), *a.own, at_a.admission,
                                       *a.inbox, at_a.door, clock)
                         .status()),
            Reason::kUnavailable);
}

// Runs OpenSSL's own client against the port.
std::string SClient(int port, const std::string& version) {
  const std::string command =
      absl::StrCat("timeout 10 openssl s_client -connect 127.0.0.1:", port,
                   " -alpn h2 ", version, " </dev/null 2>&1");
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer;
  while (size_t n = fread(buffer.data(), 1, buffer.size(), pipe)) {
    out.append(buffer.data(), n);
  }
  pclose(pipe);
  return out;
}

TEST_F(TransportTest, OnlyTls13IsSpoken) {
  EXPECT_THAT(SClient(at_b.server->port(), "-tls1_3"),
              HasSubstr("New, TLSv1.3"));
  const std::string older = SClient(at_b.server->port(), "-tls1_2");
  EXPECT_THAT(older, HasSubstr("New, (NONE)"));
}

}  // namespace
}  // namespace amparo::delivery
