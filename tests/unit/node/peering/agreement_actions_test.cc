// SPDX-License-Identifier: Apache-2.0
#include "node/peering/agreement_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "amparo/peer/v1/agreement.pb.h"
#include "node/base/errors.h"
#include "node/peering/peering_letters.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/peering/connected_offices.h"

namespace amparo::peering {
namespace {

using people::Caller;
using people::Role;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AgreementActionsTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(here_.office.Meet(there_.office), IsOk());
    ASSERT_THAT(there_.office.Meet(here_.office), IsOk());
  }
  absl::StatusOr<SignedAgreement> Propose(const std::string& request = "p") {
    return here_.agreements->Propose(
        admin_, {RequestNamed(request), there_.office.own->id(),
                 SomeTerms(clock_.Now())});
  }
  absl::StatusOr<SignedAgreement> Sign(ConnectedOffice& office,
                                       const AgreementId& id,
                                       const std::string& hash,
                                       const std::string& request = "s") {
    return office.agreements->Sign(admin_, {RequestNamed(request), id, hash});
  }
  // A letter as delivery hands it over once all its own checks have passed.
  absl::Status Receive(ConnectedOffice& at, const OfficeId& sender,
                       LetterType type, const AgreementId& thread,
                       const std::string& payload) {
    delivery::ReceivedLetter letter;
    letter.message = *MessageId::FromBytes(std::string(16, 'm'));
    letter.thread = *ThreadId::FromBytes(thread.bytes());
    letter.sender = sender;
    letter.type = type;
    letter.received_at = clock_.Now();
    letter.payload = payload;
    storage::Batch batch;
    RETURN_IF_ERROR(at.letters->Receive(letter, batch));
    return at.office.store->Commit(batch).status();
  }
  // Proposed at `here_`, arrived at `there_`.
  SignedAgreement Proposed() {
    const SignedAgreement value = *Propose();
    EXPECT_THAT(
        Receive(there_, here_.office.own->id(), LetterType::kAgreementProposed,
                value.agreement.id(), EncodeProposed(value)),
        IsOk());
    return value;
  }
  size_t OutboxRows(ConnectedOffice& office) {
    size_t rows = 0;
    EXPECT_THAT(
        office.office.store->ScanPrefix(
            storage::TableId::kOutbox, "",
            [&](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
              ++rows;
              return true;
            }),
        IsOk());
    return rows;
  }
  Reason ActiveAt(ConnectedOffice& office, ConnectedOffice& with) {
    return ReasonOf(office.office.agreements
                        ->ActiveWith(with.office.own->id(), clock_.Now())
                        .status());
  }

  ManualClock clock_;
  std::map<std::string, ConnectedOffice*> offices_;
  ConnectedOffice here_{1, SettingsNamed("chisinau"), clock_, offices_};
  ConnectedOffice there_{2, SettingsNamed("kyiv"), clock_, offices_};
  const Caller admin_ = CallerWith('a', Role::kAdministrator);
};

TEST_F(AgreementActionsTest, ProposedAndSignedIsInForceAtBothSides) {
  const SignedAgreement value = Proposed();
  EXPECT_EQ(OutboxRows(here_), 1u);
  EXPECT_EQ(ActiveAt(here_, there_), Reason::kAgreementMissing);
  EXPECT_EQ(ActiveAt(there_, here_), Reason::kAgreementMissing);

  const auto signed_value =
      Sign(there_, value.agreement.id(), value.agreement.hash());
  ASSERT_THAT(signed_value, IsOk());
  EXPECT_TRUE(signed_value->fully_signed());
  EXPECT_EQ(signed_value->signed_by, admin_.person());
  EXPECT_EQ(OutboxRows(there_), 1u);
  EXPECT_EQ(ActiveAt(there_, here_), Reason::kUnspecified);
  // Not at the proposer's before the letter is there.
  EXPECT_EQ(ActiveAt(here_, there_), Reason::kAgreementMissing);

  const std::string payload =
      EncodeSigned(value.agreement, there_.office.own->id(),
                   signed_value->acceptor_signature);
  ASSERT_THAT(
      Receive(here_, there_.office.own->id(), LetterType::kAgreementSigned,
              value.agreement.id(), payload),
      IsOk());
  EXPECT_EQ(ActiveAt(here_, there_), Reason::kUnspecified);
  here_.Restart();
  EXPECT_EQ(ActiveAt(here_, there_), Reason::kUnspecified);
  for (ConnectedOffice* office : {&here_, &there_}) {
    EXPECT_THAT(office->office.Events(audit::EventKind::kAgreementProposed),
                SizeIs(1));
    EXPECT_THAT(office->office.Events(audit::EventKind::kAgreementSigned),
                SizeIs(1));
  }
}

TEST_F(AgreementActionsTest, ARepeatedRequestAnswersTheSameAgreement) {
  const auto first = Propose("same");
  const auto second = Propose("same");
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->agreement.id(), first->agreement.id());
  EXPECT_EQ(OutboxRows(here_), 1u);
  EXPECT_THAT(here_.agreements->List(admin_, std::nullopt),
              IsOkAndHolds(SizeIs(1)));
}

TEST_F(AgreementActionsTest, PermissionComesFirst) {
  const Caller officer = CallerWith('d', Role::kDataProtectionOfficer);
  EXPECT_EQ(ReasonOf(here_.agreements->Propose(officer, {}).status()),
            Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(here_.agreements->Sign(officer, {}).status()),
            Reason::kNotAllowed);
  EXPECT_EQ(
      ReasonOf(
          here_.agreements->List(Caller::Stranger(), std::nullopt).status()),
      Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(here_.agreements->Show(Caller::Stranger(), {}).status()),
            Reason::kNotAllowed);
}

TEST_F(AgreementActionsTest, AProposalThatCannotBeSentLeavesNothing) {
  storage::Batch batch;
  ASSERT_THAT(here_.office.peers->Update(batch, there_.office.own->id(),
                                         [](Peer& peer, storage::Batch&) {
                                           peer.state = PeerState::kSuspended;
                                           return absl::OkStatus();
                                         }),
              IsOk());
  EXPECT_EQ(ReasonOf(Propose().status()), Reason::kPeerSuspended);
  EXPECT_THAT(here_.agreements->List(admin_, std::nullopt),
              IsOkAndHolds(IsEmpty()));
  EXPECT_EQ(OutboxRows(here_), 0u);
  EXPECT_THAT(here_.office.Events(audit::EventKind::kAgreementProposed),
              IsEmpty());
}

TEST_F(AgreementActionsTest, WhatWasReadIsWhatIsSigned) {
  const SignedAgreement value = Proposed();
  const AgreementId id = value.agreement.id();
  const std::string hash = value.agreement.hash();
  EXPECT_EQ(ReasonOf(Sign(there_, id, std::string(32, 'x'), "1").status()),
            Reason::kAgreementHashMismatch);
  EXPECT_EQ(ReasonOf(Sign(here_, id, hash, "2").status()), Reason::kWrongState);
  clock_.SetTime(value.agreement.terms().valid_until);
  EXPECT_EQ(ReasonOf(Sign(there_, id, hash, "3").status()),
            Reason::kAgreementExpired);
  clock_.SetTime(value.agreement.terms().valid_from);
  ASSERT_THAT(Sign(there_, id, hash, "4"), IsOk());
  EXPECT_EQ(ReasonOf(Sign(there_, id, hash, "5").status()),
            Reason::kWrongState);
}

TEST_F(AgreementActionsTest, ProposalsThatDoNotHoldTogetherAreRefused) {
  const SignedAgreement value = *Propose();
  const OfficeId here = here_.office.own->id();
  const AgreementId id = value.agreement.id();
  const auto receive =
      [&](const OfficeId& sender, const AgreementId& thread,
          const std::function<void(peer::v1::AgreementProposed&)>& change) {
        peer::v1::AgreementProposed wire;
        EXPECT_TRUE(wire.ParseFromString(EncodeProposed(value)));
        change(wire);
        return ReasonOf(Receive(there_, sender, LetterType::kAgreementProposed,
                                thread, wire.SerializeAsString()));
      };
  const auto same = [](peer::v1::AgreementProposed&) {};
  EXPECT_EQ(receive(there_.office.own->id(), id, same),
            Reason::kLetterWrongSender);
  EXPECT_EQ(receive(here, *AgreementId::FromBytes(std::string(16, 't')), same),
            Reason::kLetterMalformed);
  EXPECT_EQ(receive(here, id,
                    [](auto& w) { w.mutable_agreement()->clear_signatures(); }),
            Reason::kLetterMalformed);
  EXPECT_EQ(
      receive(here, id,
              [](auto& w) {
                w.mutable_agreement()->mutable_signatures(0)->set_key_epoch(1);
              }),
      Reason::kLetterMalformed);
  EXPECT_EQ(
      receive(here, id,
              [](auto& w) {
                w.mutable_agreement()->mutable_signatures(0)->set_signature(
                    "no");
              }),
      Reason::kSignatureInvalid);
  EXPECT_EQ(receive(here, id,
                    [](auto& w) { w.mutable_agreement()->set_body("\xFF"); }),
            Reason::kLetterMalformed);
  EXPECT_EQ(ReasonOf(Receive(here_, here, LetterType::kAgreementProposed, id,
                             EncodeProposed(value))),
            Reason::kLetterWrongReceiver);
  EXPECT_EQ(ReasonOf(Receive(there_, here, LetterType::kReferralRequest, id,
                             EncodeProposed(value))),
            Reason::kTypeUnknown);
  EXPECT_THAT(there_.office.agreements->List(), IsOkAndHolds(IsEmpty()));
  EXPECT_EQ(receive(here, id, same), Reason::kUnspecified);
}

TEST_F(AgreementActionsTest, SignaturesThatDoNotHoldTogetherAreRefused) {
  const SignedAgreement value = Proposed();
  const OfficeId there = there_.office.own->id();
  const AgreementId id = value.agreement.id();
  const SignedAgreement accepted = *Sign(there_, id, value.agreement.hash());
  const auto receive =
      [&](const OfficeId& sender, const AgreementId& thread,
          const std::function<void(peer::v1::AgreementSigned&)>& change) {
        peer::v1::AgreementSigned wire;
        EXPECT_TRUE(wire.ParseFromString(
            EncodeSigned(value.agreement, there, accepted.acceptor_signature)));
        change(wire);
        return ReasonOf(Receive(here_, sender, LetterType::kAgreementSigned,
                                thread, wire.SerializeAsString()));
      };
  const auto same = [](peer::v1::AgreementSigned&) {};
  const AgreementId other = *AgreementId::FromBytes(std::string(16, 'o'));
  EXPECT_EQ(receive(here_.office.own->id(), id, same),
            Reason::kLetterMalformed);
  EXPECT_EQ(receive(there, other, same), Reason::kLetterMalformed);
  EXPECT_EQ(receive(there, other,
                    [&](auto& w) { w.set_agreement_id(other.bytes()); }),
            Reason::kAgreementMissing);
  EXPECT_EQ(receive(there, id,
                    [](auto& w) { w.set_agreement_hash(std::string(32, 0)); }),
            Reason::kAgreementHashMismatch);
  EXPECT_EQ(
      receive(there, id,
              [&](auto& w) {
                w.mutable_signature()->set_signature(value.proposer_signature);
              }),
      Reason::kSignatureInvalid);
  // The proposer cannot accept its own proposal in the acceptor's name.
  EXPECT_EQ(
      ReasonOf(Receive(there_, here_.office.own->id(),
                       LetterType::kAgreementSigned, id,
                       EncodeSigned(value.agreement, here_.office.own->id(),
                                    value.proposer_signature))),
      Reason::kLetterWrongSender);
  EXPECT_FALSE(here_.office.agreements->Get(id)->fully_signed());
  EXPECT_EQ(receive(there, id, same), Reason::kUnspecified);
}

}  // namespace
}  // namespace amparo::peering
