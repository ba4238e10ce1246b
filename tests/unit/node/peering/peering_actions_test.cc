// SPDX-License-Identifier: Apache-2.0
#include "node/peering/peering_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "amparo/peer/v1/peering.pb.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/peering/connected_offices.h"

namespace amparo::peering {
namespace {

using people::Caller;
using people::Role;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PeeringActionsTest : public testing::Test {
 protected:
  std::string InviteFrom(ConnectedOffice& office) {
    const auto invited = office.actions->Invite(
        admin_, {RequestNamed("invite" + std::to_string(++count_))});
    EXPECT_THAT(invited, IsOk());
    return std::string(invited->code.Reveal());
  }
  absl::StatusOr<PeerView> Accept(ConnectedOffice& office,
                                  const std::string& code,
                                  const std::string& request = "accept") {
    return office.actions->Accept(
        admin_, {RequestNamed(request), crypto::Secret::Copy(code)});
  }
  // Exchanged keys, nobody confirmed.
  std::string Peered() {
    const auto view = Accept(there_, InviteFrom(here_));
    EXPECT_THAT(view, IsOk());
    return view->safety_number;
  }
  absl::StatusOr<PeerView> Confirm(ConnectedOffice& office, const Caller& who,
                                   const OfficeId& peer,
                                   const std::string& number,
                                   const std::string& request = "confirm") {
    return office.actions->Confirm(who, {RequestNamed(request), peer, number});
  }
  PeerState StateAtHere() {
    return here_.office.peers->Get(there_.office.own->id())->state;
  }

  int count_ = 0;
  ManualClock clock_;
  std::map<std::string, ConnectedOffice*> offices_;
  ConnectedOffice here_{1, SettingsNamed("chisinau"), clock_, offices_};
  ConnectedOffice there_{2, SettingsNamed("kyiv"), clock_, offices_};
  const Caller admin_ = CallerWith('a', Role::kAdministrator);
  const Caller second_admin_ = CallerWith('b', Role::kAdministrator);
  const Caller officer_ = CallerWith('d', Role::kDataProtectionOfficer);
};

TEST_F(PeeringActionsTest, BothSidesSeeTheSameSafetyNumberAndConfirm) {
  const std::string number = Peered();
  const OfficeId here = here_.office.own->id();
  const OfficeId there = there_.office.own->id();
  const auto at_here = here_.actions->Show(admin_, there);
  ASSERT_THAT(at_here, IsOk());
  EXPECT_EQ(at_here->safety_number, number);
  EXPECT_EQ(at_here->peer.state, PeerState::kAwaitingConfirmation);
  EXPECT_EQ(at_here->peer.name(), "kyiv");

  const auto confirmed = Confirm(here_, officer_, there, number);
  ASSERT_THAT(confirmed, IsOk());
  EXPECT_EQ(confirmed->peer.state, PeerState::kActive);
  EXPECT_TRUE(confirmed->peer.confirmed_by_us);
  EXPECT_FALSE(confirmed->peer.confirmed_by_peer);
  EXPECT_TRUE(there_.office.peers->Get(here)->confirmed_by_peer);

  const auto other = Confirm(there_, second_admin_, here, number);
  ASSERT_THAT(other, IsOk());
  EXPECT_TRUE(other->peer.confirmed_by_peer);
  EXPECT_TRUE(here_.office.peers->Get(there)->confirmed_by_peer);
  EXPECT_THAT(here_.office.Events(audit::EventKind::kPeerInvited), SizeIs(1));
  EXPECT_THAT(here_.office.Events(audit::EventKind::kPeerAccepted), SizeIs(1));
  EXPECT_THAT(there_.office.Events(audit::EventKind::kPeerAccepted), SizeIs(1));
  EXPECT_THAT(there_.office.Events(audit::EventKind::kPeerConfirmed),
              SizeIs(1));
}

TEST_F(PeeringActionsTest, TheFirstPersonCannotBeTheSecond) {
  const std::string number = Peered();
  EXPECT_EQ(
      ReasonOf(
          Confirm(here_, admin_, there_.office.own->id(), number).status()),
      Reason::kSecondPersonRequired);
  EXPECT_EQ(
      ReasonOf(
          Confirm(there_, admin_, here_.office.own->id(), number).status()),
      Reason::kSecondPersonRequired);
  EXPECT_EQ(StateAtHere(), PeerState::kAwaitingConfirmation);
  EXPECT_THAT(here_.office.Events(audit::EventKind::kPeerConfirmed), IsEmpty());
}

TEST_F(PeeringActionsTest, AWrongSafetyNumberIsRefused) {
  const std::string number = Peered();
  const OfficeId there = there_.office.own->id();
  std::string wrong = number;
  wrong[0] = wrong[0] == '9' ? '0' : '9';
  for (const std::string& typed :
       {wrong, std::string(), number.substr(1), number + "0"}) {
    EXPECT_EQ(ReasonOf(Confirm(here_, officer_, there, typed, typed).status()),
              Reason::kSafetyNumberMismatch);
  }
  EXPECT_EQ(StateAtHere(), PeerState::kAwaitingConfirmation);
  std::string dashed = number;
  for (char& c : dashed) c = c == ' ' ? '-' : c;
  EXPECT_THAT(Confirm(here_, officer_, there, dashed), IsOk());
}

TEST_F(PeeringActionsTest, PermissionComesFirst) {
  const Caller caseworker = CallerWith('c', Role::kCaseworker);
  const OfficeId nobody = *OfficeId::FromBytes(std::string(16, 'z'));
  for (const Caller& caller : {caseworker, officer_, Caller::Stranger()}) {
    EXPECT_EQ(ReasonOf(here_.actions->Invite(caller, {}).status()),
              Reason::kNotAllowed);
    EXPECT_EQ(
        ReasonOf(
            here_.actions->Accept(caller, {{}, crypto::Secret()}).status()),
        Reason::kNotAllowed);
    EXPECT_EQ(ReasonOf(here_.actions->Suspend(caller, {{}, nobody}).status()),
              Reason::kNotAllowed);
    EXPECT_EQ(ReasonOf(here_.actions->Resume(caller, {{}, nobody}).status()),
              Reason::kNotAllowed);
  }
  EXPECT_EQ(ReasonOf(Confirm(here_, caseworker, nobody, "").status()),
            Reason::kNotAllowed);
  EXPECT_THAT(here_.actions->List(caseworker), IsOk());
  EXPECT_EQ(ReasonOf(here_.actions->List(Caller::Stranger()).status()),
            Reason::kNotAllowed);
}

TEST_F(PeeringActionsTest, AnInvitationWorksOnce) {
  const std::string code = InviteFrom(here_);
  ASSERT_THAT(Accept(there_, code), IsOk());
  ConnectedOffice third(3, SettingsNamed("sofia"), clock_, offices_);
  EXPECT_EQ(ReasonOf(Accept(third, code).status()), Reason::kInvitationInvalid);
  EXPECT_THAT(here_.office.peers->List(), SizeIs(1));
  EXPECT_THAT(third.office.peers->List(), IsEmpty());
}

TEST_F(PeeringActionsTest, AnInvitationEndsAfterSeventyTwoHours) {
  const std::string code = InviteFrom(here_);
  clock_.Advance(limits::kInvitationLifetime);
  EXPECT_EQ(ReasonOf(Accept(there_, code).status()),
            Reason::kInvitationExpired);
  EXPECT_THAT(here_.office.peers->List(), IsEmpty());
}

TEST_F(PeeringActionsTest, ALostAnswerIsRepeatedByteForByte) {
  const std::string code = InviteFrom(here_);
  there_.wire.lose_answer = true;
  EXPECT_EQ(ReasonOf(Accept(there_, code).status()), Reason::kUnavailable);
  EXPECT_THAT(here_.office.peers->List(), SizeIs(1));
  there_.wire.lose_answer = false;
  // Even when the node stopped meanwhile and its bundle is another one now.
  there_.Restart();
  ASSERT_THAT(
      there_.office.own->SetAddress(*there_.office.log, "new:1", clock_.Now()),
      IsOkAndHolds(true));
  const auto view = Accept(there_, code);
  ASSERT_THAT(view, IsOk());
  EXPECT_EQ(
      view->safety_number,
      here_.actions->Show(admin_, there_.office.own->id())->safety_number);
  EXPECT_THAT(here_.office.peers->List(), SizeIs(1));
  EXPECT_THAT(here_.office.Events(audit::EventKind::kPeerAccepted), SizeIs(1));
}

TEST_F(PeeringActionsTest, AnotherRequestUnderAUsedInvitationIsRefused) {
  const std::string code = InviteFrom(here_);
  ASSERT_THAT(Accept(there_, code), IsOk());
  const InvitationId id = InvitationCode::Decode(code)->id();
  peer::v1::AcceptInvitationRequest request;
  ASSERT_TRUE(request.mutable_key_bundle()->ParseFromString(
      there_.office.own->signed_bundle()));
  request.set_nonce(std::string(32, 'x'));
  EXPECT_EQ(ReasonOf(here_.handshake
                         ->OnAcceptInvitation({std::nullopt, id},
                                              request.SerializeAsString())
                         .status()),
            Reason::kInvitationInvalid);
}

TEST_F(PeeringActionsTest, ExerciseAndLiveNodesRefuseEachOther) {
  ConnectedOffice drill(3, SettingsNamed("drill", true), clock_, offices_);
  // Told from the code, before any call.
  EXPECT_EQ(ReasonOf(Accept(drill, InviteFrom(here_)).status()),
            Reason::kExerciseMismatch);
  EXPECT_EQ(drill.wire.calls, 0);
  // And by the inviting side, should a code lie.
  const InvitationId id = InvitationCode::Decode(InviteFrom(here_))->id();
  peer::v1::AcceptInvitationRequest request;
  ASSERT_TRUE(request.mutable_key_bundle()->ParseFromString(
      drill.office.own->signed_bundle()));
  request.set_nonce(std::string(32, 'x'));
  EXPECT_EQ(ReasonOf(here_.handshake
                         ->OnAcceptInvitation({std::nullopt, id},
                                              request.SerializeAsString())
                         .status()),
            Reason::kExerciseMismatch);
  // The refusal left the invitation usable.
  EXPECT_FALSE(here_.office.invitations->Get(*here_.office.store, id)->used());
}

TEST_F(PeeringActionsTest, ACodeForOneselfOrAKnownPeerIsRefused) {
  const std::string own = InviteFrom(here_);
  EXPECT_EQ(ReasonOf(Accept(here_, own).status()), Reason::kInvitationInvalid);
  ASSERT_THAT(Accept(there_, own), IsOk());
  EXPECT_EQ(ReasonOf(Accept(there_, InviteFrom(here_), "again").status()),
            Reason::kAlreadyExists);
}

TEST_F(PeeringActionsTest, OnlyTheInvitedConnectionMayAccept) {
  EXPECT_EQ(ReasonOf(here_.handshake
                         ->OnAcceptInvitation(
                             {there_.office.own->id(), std::nullopt}, "")
                         .status()),
            Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(here_.handshake
                         ->OnHello({std::nullopt, *InvitationId::FromBytes(
                                                      std::string(16, 'i'))},
                                   "")
                         .status()),
            Reason::kNotAllowed);
}

TEST_F(PeeringActionsTest, TheCodeIsShownOnce) {
  ASSERT_THAT(here_.actions->Invite(admin_, {RequestNamed("one")}), IsOk());
  EXPECT_EQ(
      ReasonOf(here_.actions->Invite(admin_, {RequestNamed("one")}).status()),
      Reason::kWrongState);
}

TEST_F(PeeringActionsTest, ARepeatedRequestChangesNothingTwice) {
  const std::string code = InviteFrom(here_);
  const auto first = Accept(there_, code, "same");
  const auto second = Accept(there_, code, "same");
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->safety_number, first->safety_number);
  EXPECT_EQ(there_.wire.calls, 1);
  const OfficeId there = there_.office.own->id();
  const std::string number = first->safety_number;
  ASSERT_THAT(Confirm(here_, officer_, there, number), IsOk());
  ASSERT_THAT(Confirm(here_, officer_, there, number), IsOk());
  EXPECT_EQ(ReasonOf(Confirm(here_, officer_, there, "other").status()),
            Reason::kRequestIdReused);
  EXPECT_EQ(ReasonOf(Confirm(here_, officer_, there, number, "anew").status()),
            Reason::kWrongState);
  EXPECT_THAT(here_.office.Events(audit::EventKind::kPeerConfirmed), SizeIs(1));
}

TEST_F(PeeringActionsTest, ResumingNeedsASecondPersonAgain) {
  const std::string number = Peered();
  const OfficeId there = there_.office.own->id();
  EXPECT_EQ(
      ReasonOf(here_.actions->Suspend(admin_, {RequestNamed("early"), there})
                   .status()),
      Reason::kWrongState);
  ASSERT_THAT(Confirm(here_, officer_, there, number), IsOk());
  ASSERT_THAT(here_.actions->Suspend(admin_, {RequestNamed("s"), there}),
              IsOk());
  EXPECT_EQ(StateAtHere(), PeerState::kSuspended);
  EXPECT_EQ(
      ReasonOf(Confirm(here_, officer_, there, number, "no step").status()),
      Reason::kWrongState);
  ASSERT_THAT(here_.actions->Resume(admin_, {RequestNamed("r"), there}),
              IsOk());
  EXPECT_EQ(StateAtHere(), PeerState::kSuspended);
  EXPECT_EQ(ReasonOf(Confirm(here_, admin_, there, number, "own").status()),
            Reason::kSecondPersonRequired);
  ASSERT_THAT(Confirm(here_, officer_, there, number, "second"), IsOk());
  EXPECT_EQ(StateAtHere(), PeerState::kActive);
  EXPECT_THAT(here_.office.Events(audit::EventKind::kPeerSuspended), SizeIs(1));
  EXPECT_THAT(here_.office.Events(audit::EventKind::kPeerResumed), SizeIs(1));
  here_.Restart();
  EXPECT_EQ(StateAtHere(), PeerState::kActive);
}

TEST_F(PeeringActionsTest, ConfirmingDoesNotNeedThePeerToBeReachable) {
  const std::string number = Peered();
  here_.wire.cut = true;
  const auto view = Confirm(here_, officer_, there_.office.own->id(), number);
  ASSERT_THAT(view, IsOk());
  EXPECT_EQ(view->peer.state, PeerState::kActive);
  EXPECT_FALSE(
      there_.office.peers->Get(here_.office.own->id())->confirmed_by_peer);
}

TEST_F(PeeringActionsTest, AHelloCarriesANewBundleAndTellsOfContact) {
  Peered();
  const OfficeId here = here_.office.own->id();
  std::vector<OfficeId> contacts;
  there_.handshake->OnContact(
      [&](const OfficeId& peer) { contacts.push_back(peer); });
  clock_.Advance(limits::kSealingKeyPeriod);
  ASSERT_THAT(here_.office.own->RotateIfDue(*here_.office.log, clock_.Now()),
              IsOk());
  ASSERT_THAT(here_.handshake->SayHello(here_.wire, there_.office.own->id()),
              IsOk());
  const Peer peer = *there_.office.peers->Get(here);
  EXPECT_EQ(peer.bundle.version, 2u);
  EXPECT_EQ(peer.last_hello_at, clock_.Now());
  EXPECT_THAT(contacts, testing::ElementsAre(here));
}

// What somebody does who copies an old data directory back.
TEST_F(PeeringActionsTest, AnOldCopyIsStoppedByAHelloInEitherDirection) {
  Peered();
  const OfficeId here = here_.office.own->id();
  const OfficeId there = there_.office.own->id();
  const auto read = [&] {
    return **here_.office.store->Get(storage::TableId::kOwnOffice, "office");
  };
  const std::string old_row = read();
  clock_.Advance(limits::kSealingKeyPeriod);
  ASSERT_THAT(here_.office.own->RotateIfDue(*here_.office.log, clock_.Now()),
              IsOk());
  ASSERT_THAT(here_.handshake->SayHello(here_.wire, there), IsOk());
  const auto put_back = [&] {
    storage::Batch batch;
    batch.Put(storage::TableId::kOwnOffice, "office", old_row);
    ASSERT_THAT(here_.office.store->Commit(batch), IsOk());
    here_.Restart();
    ASSERT_THAT(here_.office.own->CheckFresh(), IsOk());
  };
  put_back();
  EXPECT_EQ(ReasonOf(here_.handshake->SayHello(here_.wire, there)),
            Reason::kRestoreNeeded);
  here_.Restart();
  EXPECT_EQ(ReasonOf(here_.office.own->CheckFresh()), Reason::kRestoreNeeded);
  put_back();
  EXPECT_EQ(ReasonOf(there_.handshake->SayHello(there_.wire, here)),
            Reason::kRestoreNeeded);
  EXPECT_EQ(ReasonOf(here_.office.own->CheckFresh()), Reason::kRestoreNeeded);
  // Who met it knows what it knew.
  EXPECT_EQ(there_.office.peers->Get(here)->bundle.version, 2u);
}

TEST_F(PeeringActionsTest, ExerciseAndLiveNodesRefuseEachOtherAtHello) {
  Peered();
  peer::v1::HelloRequest hello;
  hello.set_protocol_min(kProtocolMin);
  hello.set_protocol_max(kProtocolMax);
  hello.set_now_ms(amparo::ToUnixMillis(clock_.Now()));
  KeyBundle bundle = there_.office.own->bundle();
  bundle.version += 1;
  bundle.exercise = true;
  SignedBody envelope{bundle.EncodeBody(), {}};
  envelope.signatures.push_back(
      {bundle.office, 0,
       *there_.office.own->SignAsOffice(kKeyBundleType, envelope.body)});
  ASSERT_TRUE(hello.mutable_key_bundle()->ParseFromString(envelope.Encode()));
  const PeerIdentity caller{there_.office.own->id(), std::nullopt};
  EXPECT_EQ(
      ReasonOf(
          here_.handshake->OnHello(caller, hello.SerializeAsString()).status()),
      Reason::kExerciseMismatch);
}

TEST_F(PeeringActionsTest, AHelloWithoutACommonProtocolIsRefused) {
  Peered();
  peer::v1::HelloRequest hello;
  hello.set_protocol_min(kProtocolMax + 1);
  hello.set_protocol_max(kProtocolMax + 1);
  hello.set_now_ms(amparo::ToUnixMillis(clock_.Now() + absl::Seconds(3)));
  hello.set_confirmed(true);
  ASSERT_TRUE(hello.mutable_key_bundle()->ParseFromString(
      there_.office.own->signed_bundle()));
  const PeerIdentity caller{there_.office.own->id(), std::nullopt};
  const auto say = [&] {
    return ReasonOf(
        here_.handshake->OnHello(caller, hello.SerializeAsString()).status());
  };
  EXPECT_EQ(say(), Reason::kProtocolUnsupported);
  EXPECT_FALSE(
      here_.office.peers->Get(there_.office.own->id())->confirmed_by_peer);
  hello.set_protocol_min(kProtocolMin);
  EXPECT_EQ(say(), Reason::kUnspecified);
  const Peer peer = *here_.office.peers->Get(there_.office.own->id());
  EXPECT_TRUE(peer.confirmed_by_peer);
  EXPECT_EQ(peer.skew, absl::Seconds(3));
  // A time whose difference to ours does not fit is refused and kept nowhere.
  for (const int64_t beyond : {std::numeric_limits<int64_t>::min(), int64_t{-1},
                               std::numeric_limits<int64_t>::max()}) {
    hello.set_now_ms(beyond);
    EXPECT_EQ(say(), Reason::kLetterMalformed);
  }
  EXPECT_EQ(here_.office.peers->Get(there_.office.own->id())->skew,
            absl::Seconds(3));
}

}  // namespace
}  // namespace amparo::peering
