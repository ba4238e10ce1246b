// SPDX-License-Identifier: Apache-2.0
//
// Bad certificates, on both sides of a connection: our server and a bad
// client, our client and a bad server. Each is refused for its reason, which
// is in the node's log, before anything is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "amparo/office/v1/peering.grpc.pb.h"
#include "amparo/office/v1/referral.grpc.pb.h"
#include "crypto/base/random.h"
#include "crypto/certificate/certificate.h"
#include "node/base/errors.h"
#include "node/peering/own_office.h"
#include "node/peering/peering_records.h"
#include "node/storage/table.h"
#include "tests/e2e/hostile/aged_office.h"
#include "tests/e2e/hostile/shared_federation.h"
#include "tests/support/status_matchers.h"

namespace amparo::hostile {
namespace {

namespace office = ::amparo::office::v1;
using ::testing::HasSubstr;

constexpr absl::Duration kSeen = absl::Seconds(60);
constexpr char kHello[] = "/amparo.peer.v1.PeeringService/Hello";

// Keys that the office did not put behind its certificates.
const crypto::P256PrivateKey& StrangersKey() {
  static const auto* const key =
      new crypto::P256PrivateKey(crypto::P256PrivateKey::Generate());
  return *key;
}

struct BadCertificate {
  const char* name;
  // Why our server refuses it of a client, and our client of a server.
  Reason of_client;
  Reason of_server;
  PeerCredentials (*make)(Federation& all);
};

// The right certificate behind one that another key signed: no chain counts.
PeerCredentials Chained(Federation& all) {
  const HostileOffice& hostile = all.hostile();
  const auto between = crypto::P256PrivateKey::Generate();
  PeerCredentials leaf = hostile.Credentials({.issuer = &between});
  leaf.certificate += hostile.Credentials({.key = &between}).certificate;
  return leaf;
}

const std::vector<BadCertificate>& BadCertificates() {
  static const auto* const list = new std::vector<BadCertificate>{
      {"Expired", Reason::kCertificateExpired, Reason::kCertificateExpired,
       [](Federation& all) {
         return all.hostile().Credentials(
             {.from = -absl::Hours(2), .until = -absl::Hours(1)});
       }},
      {"NotYetValid", Reason::kCertificateNotYetValid,
       Reason::kCertificateNotYetValid,
       [](Federation& all) {
         return all.hostile().Credentials(
             {.from = absl::Hours(1), .until = absl::Hours(2)});
       }},
      {"SignedByTheSigningKeyInsteadOfTheOfficeKey",
       Reason::kCertificateNotPinned, Reason::kCertificateNotPinned,
       [](Federation& all) {
         return all.hostile().Credentials(
             {.issuer = &all.hostile().signing_key()});
       }},
      {"SignedByAStrangersKey", Reason::kCertificateNotPinned,
       Reason::kCertificateNotPinned,
       [](Federation& all) {
         return all.hostile().Credentials({.issuer = &StrangersKey()});
       }},
      {"SignedByAKeyThatTheOfficeKeyCertified", Reason::kCertificateNotPinned,
       Reason::kCertificateNotPinned, Chained},
      {"SelfSignedInThePeersName", Reason::kCertificateNotPinned,
       Reason::kCertificateNotPinned,
       [](Federation& all) { return SelfMade(all.hostile().id().hex()); }},
      {"SelfSignedStranger", Reason::kPeerUnknown,
       Reason::kCertificateNotPinned,
       [](Federation&) { return SelfMade(std::string(32, '7')); }},
      {"SelfSignedOfNoOffice", Reason::kPeerUnknown,
       Reason::kCertificateNotPinned, [](Federation&) { return SelfMade(""); }},
      {"OfAnotherPeersOfficeId", Reason::kCertificateNotPinned,
       Reason::kCertificateWrongOffice,
       [](Federation& all) {
         return all.hostile().Credentials(
             {.uris = {{peering::OfficeUri(
                  *OfficeId::FromHex(all.honest().id()))}}});
       }},
      {"OfTheNodesOwnOfficeId", Reason::kPeerUnknown,
       Reason::kCertificateWrongOffice,
       [](Federation& all) {
         return all.hostile().Credentials(
             {.uris = {
                  {peering::OfficeUri(all.hostile().node_bundle().office)}}});
       }},
      {"OfAnUnknownOfficeId", Reason::kPeerUnknown,
       Reason::kCertificateWrongOffice,
       [](Federation& all) {
         return all.hostile().Credentials(
             {.uris = {{"amparo:office:" + std::string(32, '7')}}});
       }},
      {"OfNoOfficeId", Reason::kCertificateNotPinned,
       Reason::kCertificateWrongOffice,
       [](Federation& all) {
         return all.hostile().Credentials({.uris = std::vector<std::string>()});
       }},
      {"OfTwoOfficeIds", Reason::kCertificateNotPinned,
       Reason::kCertificateWrongOffice,
       [](Federation& all) {
         return all.hostile().Credentials(
             {.uris = {{peering::OfficeUri(all.hostile().id()),
                        "amparo:office:" + std::string(32, '7')}}});
       }},
      {"OfABentOfficeId", Reason::kCertificateNotPinned,
       Reason::kCertificateWrongOffice,
       [](Federation& all) {
         return all.hostile().Credentials(
             {.uris = {{peering::OfficeUri(all.hostile().id()) + "0"}}});
       }},
  };
  return *list;
}

class BadCertificateTest
    : public SharedFederationTest,
      public testing::WithParamInterface<const BadCertificate*> {};

TEST_P(BadCertificateTest, OfAClientIsRefusedByOurServer) {
  const PeerCredentials bad = GetParam()->make(all());
  ExpectRefusal("peer_refused", GetParam()->of_client, [&] {
    EXPECT_EQ(
        Line(all().node().node().address(), bad).Call(kHello, "").error_code(),
        grpc::StatusCode::UNAVAILABLE);
  });
}

TEST_P(BadCertificateTest, OfAServerIsRefusedByOurClient) {
  all().server().Start(GetParam()->make(all()));
  const size_t received = all().server().received().size();
  size_t mark = all().LogMark();
  const auto referral = all().NodeRefers();
  ASSERT_THAT(referral, IsOk());
  EXPECT_TRUE(Eventually(kSeen, [&] {
    return all().Logged(mark, "server_refused", GetParam()->of_server);
  })) << all().LogSince(mark);
  EXPECT_THAT(all().HonestReferralPasses(), IsOk());
  EXPECT_THAT(all().server().received(), testing::SizeIs(received));
  // Put right, it is spoken to again, and the letter has waited.
  all().server().Start(hostile().Credentials());
  EXPECT_TRUE(Eventually(kSeen, [&] {
    return all().Greet().ok() &&
           IsDelivered(all().node().caseworker(), *referral,
                       absl::Milliseconds(100));
  }));
}

std::vector<const BadCertificate*> EachBadCertificate() {
  std::vector<const BadCertificate*> each;
  for (const BadCertificate& bad : BadCertificates()) each.push_back(&bad);
  return each;
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadCertificateTest, testing::ValuesIn(EachBadCertificate()),
    [](const testing::TestParamInfo<const BadCertificate*>& bad) {
      return std::string(bad.param->name);
    });

class CertificateTest : public SharedFederationTest {
 protected:
  absl::Status SuspendHostile() {
    office::SuspendPeerRequest request;
    request.set_request_id(NewRequestId());
    request.set_office_id(hostile().id().hex());
    return all()
        .node()
        .administrator()
        .Call(&office::PeeringAdminService::Stub::SuspendPeer, request)
        .status();
  }
  absl::Status ResumeHostile() {
    office::ResumePeerRequest request;
    request.set_request_id(NewRequestId());
    request.set_office_id(hostile().id().hex());
    const auto resumed = all().node().administrator().Call(
        &office::PeeringAdminService::Stub::ResumePeer, request);
    if (!resumed.ok()) return resumed.status();
    office::ConfirmPeerRequest confirm;
    confirm.set_request_id(NewRequestId());
    confirm.set_office_id(hostile().id().hex());
    confirm.set_safety_number(resumed->peer().safety_number());
    return all()
        .node()
        .officer()
        .Call(&office::PeeringAdminService::Stub::ConfirmPeer, confirm)
        .status();
  }
};

TEST_F(CertificateTest, SuspendedOnALiveConnection) {
  const Line line = all().NewLine();
  EXPECT_EQ(OutcomeName(line.Deliver(hostile().Letter())), "RECEIPT");
  ASSERT_THAT(SuspendHostile(), IsOk());
  const std::string letter = hostile().Letter();
  ExpectRefusal("letter_refused", Reason::kPeerSuspended, [&] {
    EXPECT_EQ(OutcomeName(line.Deliver(letter)), "PEER_SUSPENDED");
  });
  ASSERT_THAT(ResumeHostile(), IsOk());
  EXPECT_EQ(OutcomeName(line.Deliver(letter)), "RECEIPT");
}

// There is no list of TLS keys: any that the office key certified gets in
// within its dates, so that a peer that was away is not locked out.
TEST_F(CertificateTest, AnOlderCertificateWithinItsDatesIsAdmitted) {
  const PeerCredentials older = hostile().Credentials();
  all().hostile().RotateTlsKey();
  EXPECT_EQ(OutcomeName(Line(all().node().node().address(), older)
                            .Deliver(hostile().Letter())),
            "RECEIPT");
  EXPECT_EQ(OutcomeName(Send(hostile().Letter())), "RECEIPT");
}

// The peer's server changes its key again and again while letters flow to it.
TEST_F(CertificateTest, ThePeersCertificateIsSwappedUnderLoad) {
  std::vector<std::string> referrals;
  for (int swap = 0; swap < 4; ++swap) {
    for (int i = 0; i < 5; ++i) {
      const auto referral = all().NodeRefers();
      ASSERT_THAT(referral, IsOk());
      referrals.push_back(*referral);
      if (i == 2) {
        all().hostile().RotateTlsKey();
        all().server().Start(hostile().Credentials());
      }
    }
  }
  ASSERT_THAT(all().Greet(), IsOk());
  for (const std::string& referral : referrals) {
    EXPECT_TRUE(IsDelivered(all().node().caseworker(), referral, kSeen));
  }
}

// A node alone with the hostile office, made long before it is started.
class AgedNodeTest : public testing::Test {
 protected:
  void StartNodeBornAt(absl::Time born) {
    NodeOptions options;
    auto made = InitialisedAt(folder_.path() + "/aged", options, born);
    ASSERT_THAT(made, IsOk());
    first_bundle_ = made->first_bundle;
    auto started = OfficeProcess::StartInitialised(std::move(made->node),
                                                   AllRolesOfAnOffice());
    ASSERT_THAT(started, IsOk());
    node_ = *std::move(started);
    server_.Start(hostile_.Credentials());
    hostile_.set_address(server_.address());
    ASSERT_THAT(hostile_.Join(*node_), IsOk());
    ASSERT_THAT(hostile_.Agree(*node_), IsOk());
  }
  Line NewLine() {
    return Line(node_->node().address(), hostile_.Credentials());
  }

  const ScratchFolder folder_;
  HostileOffice hostile_{"Elsewhere"};
  FakePeerServer server_{hostile_};
  std::optional<peering::KeyBundle> first_bundle_;
  std::unique_ptr<OfficeProcess> node_;
};

TEST_F(AgedNodeTest, ASealingKeyThatWasDeletedOpensNothing) {
  StartNodeBornAt(SystemClock().Now() - absl::Hours(24 * 31));
  if (HasFatalFailure()) return;
  const peering::KeyBundle now = hostile_.node_bundle();
  ASSERT_FALSE(first_bundle_->sealing_keys.empty());
  const auto before = PictureOf(node_->node());
  ASSERT_THAT(before, IsOk());
  // Sealed to what the office once announced, as a letter would be that was
  // a month on its way.
  peering::KeyBundle old_keys = now;
  old_keys.sealing_keys = first_bundle_->sealing_keys;
  old_keys.sealing_keys.front().seal_until = absl::InfiniteFuture();
  hostile_.set_node_bundle(old_keys);
  EXPECT_EQ(OutcomeName(NewLine().Deliver(hostile_.Letter())),
            "SEALING_KEY_UNKNOWN");
  const auto after = PictureOf(node_->node());
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(Difference(*before, *after), "");
  // Sealed again to what it announces now.
  hostile_.set_node_bundle(now);
  EXPECT_EQ(OutcomeName(NewLine().Deliver(hostile_.Letter())), "RECEIPT");
}

// The node's own TLS key comes due while letters flow in both directions. A
// sender repeats what was not answered, as every sender does.
TEST_F(AgedNodeTest, OurCertificateIsSwappedUnderLoad) {
  // Renewed when 30 of its 90 days are left.
  constexpr absl::Duration kAhead = absl::Seconds(40);
  StartNodeBornAt(SystemClock().Now() - absl::Hours(24 * 60) + kAhead);
  if (HasFatalFailure()) return;
  const std::string first = NewLine().NodeCertificate();
  ASSERT_NE(first, "");
  const auto number = Register(*node_, AnIdentity());
  ASSERT_THAT(number, IsOk());
  ASSERT_THAT(GiveConsent(*node_, *number, "TRANSNATIONAL_REFERRAL",
                          hostile_.id().hex(), {"CODED_PROFILE", "NEEDS"}),
              IsOk());
  const Line line = NewLine();
  std::set<std::string> sent;
  std::vector<std::string> referrals;
  int after_swap = 0;
  const absl::Time end = SystemClock().Now() + kAhead + kSeen;
  while (after_swap < 20 && SystemClock().Now() < end) {
    std::string thread;
    const std::string letter = hostile_.Letter(
        {.plain = [&](auto& plain) { thread = plain.header.thread.hex(); }});
    ASSERT_TRUE(Eventually(
        kSeen, [&] { return OutcomeName(line.Deliver(letter)) == "RECEIPT"; }));
    sent.insert(thread);
    if (sent.size() % 10 == 0) {
      office::ProposeReferralRequest proposal =
          AProposal(*number, hostile_.id().hex());
      const auto proposed = node_->caseworker().Call(
          &office::ReferralService::Stub::ProposeReferral, proposal);
      ASSERT_THAT(proposed, IsOk());
      referrals.push_back(proposed->referral().referral_id());
    }
    if (after_swap > 0 || line.NodeCertificate() != first) ++after_swap;
  }
  EXPECT_EQ(after_swap, 20) << "the key was not renewed";
  EXPECT_NE(NewLine().NodeCertificate(), first);
  for (const std::string& referral : referrals) {
    EXPECT_TRUE(IsDelivered(node_->caseworker(), referral, kSeen));
  }
  const auto there = AllReferrals(node_->focal_point());
  ASSERT_THAT(there, IsOk());
  std::multiset<std::string> taken;
  for (const office::Referral& referral : *there) {
    if (referral.direction() == office::REFERRAL_DIRECTION_INCOMING) {
      taken.insert(referral.referral_id());
    }
  }
  EXPECT_EQ(taken, std::multiset<std::string>(sent.begin(), sent.end()));
}

// Keys are sealed rows here, not files: a TLS key that is not the
// certificate's is found before anything is served.
TEST_F(AgedNodeTest, AMismatchedPairOnDiskIsRefusedBeforeUse) {
  using Keys = storage::Table<peering::OwnKeyCodec>;
  const peering::OwnKeyName name{peering::OwnKeyKind::kTls, 0, {}};
  auto made = NodeProcess::Init(folder_.path() + "/office", {});
  ASSERT_THAT(made, IsOk());
  NodeProcess& node = **made;
  std::string right;
  ASSERT_THAT(WithStore(node,
                        [&](storage::Store& store, storage::Vault& vault) {
                          const auto row = Keys(vault).Get(store, name);
                          if (!row.ok()) return row.status();
                          right = (*row)->stored;
                          storage::Batch batch;
                          const absl::Status put = Keys(vault).Put(
                              batch, name,
                              {peering::OwnKeyKind::kTls, 0,
                               crypto::P256PrivateKey::Generate().Scalar()});
                          if (!put.ok()) return put;
                          return store.Commit(batch).status();
                        }),
              IsOk());
  const auto ending =
      RunToEnd({AmparodPath(), "run", "--config", node.config()}, kSeen);
  ASSERT_THAT(ending, IsOk());
  EXPECT_EQ(ending->code, 1);
  EXPECT_THAT(ending->output, HasSubstr("RECORD_DAMAGED"));
  EXPECT_THAT(ending->output, HasSubstr("TLS certificate"));
  ASSERT_THAT(WithStore(node,
                        [&](storage::Store& store, storage::Vault&) {
                          storage::Batch batch;
                          batch.Put(storage::TableId::kOwnKeys,
                                    peering::OwnKeyCodec::EncodeKey(name),
                                    right);
                          return store.Commit(batch).status();
                        }),
              IsOk());
  EXPECT_THAT(node.Start(), IsOk());
}

}  // namespace
}  // namespace amparo::hostile
