// SPDX-License-Identifier: Apache-2.0
#include "node/peering/peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "amparo/record/v1/peering.pb.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/peering/invitations.h"
#include "node/peering/peering_records.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/peering/peering_office.h"

namespace amparo::peering {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// Expected values were computed apart from this program, with Python's
// hashlib, from the words of the design.
TEST(SafetyNumberTest, IsWhatTheDesignSays) {
  const std::string key_a = "\x02" + std::string(32, '\x11');
  const std::string key_b = "\x03" + std::string(32, '\xee');
  EXPECT_EQ(
      SafetyNumber(key_a, std::string(32, '\1'), key_b, std::string(32, '\2')),
      "38724 13014 58451 54763 78186 79851");
}

TEST(SafetyNumberTest, IsTheSameFromBothSides) {
  const std::string key_a = "\x02" + std::string(32, '\x11');
  const std::string key_b = "\x03" + std::string(32, '\xee');
  EXPECT_EQ(
      SafetyNumber(key_b, std::string(32, '\2'), key_a, std::string(32, '\1')),
      "38724 13014 58451 54763 78186 79851");
}

TEST(SafetyNumberTest, OrdersBytesAsUnsigned) {
  const std::string key_a = "\x02" + std::string(32, '\x80');
  const std::string key_b = "\x02" + std::string(32, '\x7f');
  EXPECT_EQ(
      SafetyNumber(key_a, std::string(32, '\1'), key_b, std::string(32, '\2')),
      "80438 76228 34665 52177 15242 60779");
}

TEST(SafetyNumberTest, DependsOnEachKeyAndNonce) {
  const std::string a(33, 'a'), b(33, 'b'), m(32, 'm'), n(32, 'n');
  const std::string number = SafetyNumber(a, m, b, n);
  EXPECT_NE(number, SafetyNumber(std::string(33, 'c'), m, b, n));
  EXPECT_NE(number, SafetyNumber(a, n, b, n));
  EXPECT_NE(number, SafetyNumber(a, m, b, m));
  EXPECT_NE(number, SafetyNumber(a, n, b, m));
}

class PeersTest : public testing::Test {
 protected:
  absl::StatusOr<Peer> Change(const Peers::Change& change) {
    storage::Batch batch;
    return here_.peers->Update(batch, there_.own->id(), change);
  }
  Reason Take(const std::string& bundle) {
    return ReasonOf(
        here_.peers->TakeBundle(there_.own->id(), bundle, clock_.Now())
            .status());
  }

  ManualClock clock_;
  PeeringOffice here_{1, SettingsNamed("chisinau"), clock_};
  PeeringOffice there_{2, SettingsNamed("kyiv"), clock_};
};

TEST_F(PeersTest, AnUnknownOfficeIsNoPeer) {
  EXPECT_EQ(ReasonOf(here_.peers->Get(there_.own->id()).status()),
            Reason::kPeerUnknown);
  EXPECT_EQ(
      ReasonOf(
          here_.peers->ByOfficeKey(there_.own->office_public_key()).status()),
      Reason::kPeerUnknown);
  EXPECT_EQ(here_.peers->PinFor(there_.own->id()), std::nullopt);
  EXPECT_EQ(ReasonOf(Change([](Peer&, storage::Batch&) {
                       return absl::OkStatus();
                     }).status()),
            Reason::kPeerUnknown);
}

TEST_F(PeersTest, AnAddedPeerIsThereAtOnceAndAfterARestart) {
  ASSERT_THAT(here_.Meet(there_), IsOk());
  for (int round = 0; round < 2; ++round) {
    const auto peer = here_.peers->Get(there_.own->id());
    ASSERT_THAT(peer, IsOk());
    EXPECT_EQ(peer->name(), "kyiv");
    EXPECT_EQ(peer->state, PeerState::kActive);
    EXPECT_EQ(peer->signed_bundle, there_.own->signed_bundle());
    EXPECT_EQ(here_.peers->PinFor(there_.own->id()),
              there_.own->office_public_key());
    EXPECT_THAT(here_.peers->List(), SizeIs(1));
    here_.Reopen();
  }
}

TEST_F(PeersTest, AKnownOfficeOrKeyIsNotAddedAgain) {
  ASSERT_THAT(here_.Meet(there_), IsOk());
  EXPECT_EQ(ReasonOf(here_.Meet(there_)), Reason::kAlreadyExists);
  Peer same_key = there_.AsPeer();
  same_key.id = *OfficeId::FromBytes(std::string(16, 'z'));
  storage::Batch batch;
  EXPECT_EQ(ReasonOf(here_.peers->Add(batch, same_key)),
            Reason::kAlreadyExists);
  EXPECT_THAT(here_.peers->List(), SizeIs(1));
}

TEST_F(PeersTest, AFailedChangeChangesNothing) {
  ASSERT_THAT(here_.Meet(there_), IsOk());
  EXPECT_EQ(ReasonOf(Change([](Peer& peer, storage::Batch&) {
                       peer.state = PeerState::kSuspended;
                       return Error(Reason::kWrongState);
                     }).status()),
            Reason::kWrongState);
  // A conflict in the same batch keeps the peer as it was, too.
  storage::Batch batch;
  batch.RequireUnchanged(storage::TableId::kFormat, "nothing", "something");
  EXPECT_EQ(ReasonOf(here_.peers
                         ->Update(batch, there_.own->id(),
                                  [](Peer& peer, storage::Batch&) {
                                    peer.state = PeerState::kSuspended;
                                    return absl::OkStatus();
                                  })
                         .status()),
            Reason::kVersionConflict);
  EXPECT_EQ(here_.peers->Get(there_.own->id())->state, PeerState::kActive);
}

TEST_F(PeersTest, LettersPassByState) {
  Peer peer = there_.AsPeer();
  EXPECT_THAT(CheckMayExchange(peer, false), IsOk());
  EXPECT_THAT(CheckMayExchange(peer, true), IsOk());
  peer.state = PeerState::kSuspended;
  EXPECT_EQ(ReasonOf(CheckMayExchange(peer, false)), Reason::kPeerSuspended);
  EXPECT_THAT(CheckMayExchange(peer, true), IsOk());
  peer.state = PeerState::kAwaitingConfirmation;
  EXPECT_EQ(ReasonOf(CheckMayExchange(peer, false)), Reason::kPeerNotConfirmed);
  EXPECT_EQ(ReasonOf(CheckMayExchange(peer, true)), Reason::kPeerNotConfirmed);
}

TEST_F(PeersTest, ANewerBundleIsTakenAndALowerVersionRefused) {
  ASSERT_THAT(here_.Meet(there_), IsOk());
  const std::string first = there_.own->signed_bundle();
  EXPECT_THAT(here_.peers->TakeBundle(there_.own->id(), first, clock_.Now()),
              IsOkAndHolds(false));
  clock_.Advance(limits::kSealingKeyPeriod);
  ASSERT_THAT(there_.own->RotateIfDue(*there_.log, clock_.Now()), IsOk());
  const std::string second = there_.own->signed_bundle();
  EXPECT_THAT(here_.peers->TakeBundle(there_.own->id(), second, clock_.Now()),
              IsOkAndHolds(true));
  EXPECT_EQ(here_.peers->Get(there_.own->id())->bundle.version, 2u);
  EXPECT_EQ(Take(first), Reason::kKeyBundleInvalid);
  here_.Reopen();
  EXPECT_EQ(here_.peers->Get(there_.own->id())->signed_bundle, second);
}

TEST_F(PeersTest, ABundleOfAnotherOfficeOrAnotherBodyIsRefused) {
  ASSERT_THAT(here_.Meet(there_), IsOk());
  EXPECT_EQ(Take(here_.own->signed_bundle()), Reason::kKeyBundleInvalid);
  const auto resigned = [&](const KeyBundle& bundle) {
    SignedBody envelope{bundle.EncodeBody(), {}};
    envelope.signatures.push_back(
        {bundle.office, 0,
         *there_.own->SignAsOffice(kKeyBundleType, envelope.body)});
    return envelope.Encode();
  };
  KeyBundle bundle = there_.own->bundle();
  EXPECT_EQ(Take(resigned(bundle)), Reason::kUnspecified);
  bundle.address = "elsewhere:1";
  EXPECT_EQ(Take(resigned(bundle)), Reason::kKeyBundleInvalid);
  bundle = there_.own->bundle();
  bundle.version = 9;
  bundle.office = *OfficeId::FromBytes(std::string(16, 'z'));
  EXPECT_EQ(Take(resigned(bundle)), Reason::kKeyBundleInvalid);
  bundle = there_.own->bundle();
  bundle.version = 9;
  bundle.exercise = true;
  EXPECT_EQ(Take(resigned(bundle)), Reason::kExerciseMismatch);
  EXPECT_EQ(here_.peers->Get(there_.own->id())->bundle.version, 1u);
}

TEST_F(PeersTest, ABundleThatDropsOrChangesAnAnnouncedKeyIsRefused) {
  ASSERT_THAT(here_.Meet(there_), IsOk());
  const auto resigned = [&](const KeyBundle& bundle) {
    SignedBody envelope{bundle.EncodeBody(), {}};
    envelope.signatures.push_back(
        {bundle.office, 0,
         *there_.own->SignAsOffice(kKeyBundleType, envelope.body)});
    return envelope.Encode();
  };
  KeyBundle bundle = there_.own->bundle();
  bundle.version += 1;
  ASSERT_EQ(bundle.signing_keys.size(), 1u);
  bundle.signing_keys[0].key = here_.own->bundle().signing_keys[0].key;
  EXPECT_EQ(Take(resigned(bundle)), Reason::kKeyBundleInvalid);
  bundle = there_.own->bundle();
  bundle.version += 1;
  bundle.signing_keys[0].epoch = 2;
  EXPECT_EQ(Take(resigned(bundle)), Reason::kKeyBundleInvalid);
  bundle = there_.own->bundle();
  bundle.version += 1;
  EXPECT_EQ(Take(resigned(bundle)), Reason::kUnspecified);
}

TEST_F(PeersTest, ARestoredOfficeMayHaveLostKeysAndItsFormerBundleIsKept) {
  ASSERT_THAT(here_.Meet(there_), IsOk());
  const auto resigned = [&](const KeyBundle& bundle) {
    SignedBody envelope{bundle.EncodeBody(), {}};
    envelope.signatures.push_back(
        {bundle.office, 0,
         *there_.own->SignAsOffice(kKeyBundleType, envelope.body)});
    return envelope.Encode();
  };
  // A key made after the backup.
  KeyBundle lost = there_.own->bundle();
  lost.version += 1;
  lost.signing_keys.push_back(lost.signing_keys[0]);
  lost.signing_keys[1].epoch = 2;
  lost.signing_keys[1].key = here_.own->bundle().signing_keys[0].key;
  const std::string lost_bytes = resigned(lost);
  ASSERT_EQ(Take(lost_bytes), Reason::kUnspecified);

  KeyBundle restored = there_.own->bundle();
  restored.incarnation = 2;
  EXPECT_EQ(Take(resigned(restored)), Reason::kKeyBundleInvalid)
      << "a version that was given out";
  restored.version = 100;
  KeyBundle changed = restored;
  changed.signing_keys[0].key = here_.own->bundle().signing_keys[0].key;
  EXPECT_EQ(Take(resigned(changed)), Reason::kKeyBundleInvalid);
  ASSERT_EQ(Take(resigned(restored)), Reason::kUnspecified);
  here_.Reopen();
  const Peer peer = *here_.peers->Get(there_.own->id());
  ASSERT_THAT(peer.former_bundles, SizeIs(1));
  EXPECT_EQ(peer.former_bundles[0].signed_bytes, lost_bytes);
  EXPECT_THAT(peer.bundle.SigningKeyOf(2), testing::Not(IsOk()));
  EXPECT_EQ(peer.SigningKeyOf(2)->key, lost.signing_keys[1].key);
  EXPECT_EQ(ReasonOf(peer.SigningKeyOf(3).status()), Reason::kKeyEpochUnknown);
  // The life before does not come back.
  lost.version = 200;
  EXPECT_EQ(Take(resigned(lost)), Reason::kKeyBundleInvalid);
}

TEST_F(PeersTest, EveryFieldOfTheRecordSurvives) {
  Peer peer = there_.AsPeer();
  peer.state = PeerState::kSuspended;
  peer.skew = absl::Milliseconds(-1500);
  peer.last_hello_at = clock_.Now() + absl::Hours(1);
  peer.former_bundles = {{peer.bundle, peer.signed_bundle}};
  const std::string bytes = PeerCodec::Encode(peer);
  record::v1::PeerRecord record;
  ASSERT_TRUE(record.ParseFromString(bytes));
  EXPECT_THAT(FieldsNotSet(record), IsEmpty());
  const auto decoded = PeerCodec::Decode(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(PeerCodec::Encode(*decoded), bytes);
  EXPECT_EQ(decoded->skew, peer.skew);
  // A peer that never said hello stays one.
  peer.last_hello_at = absl::InfinitePast();
  EXPECT_EQ(PeerCodec::Decode(PeerCodec::Encode(peer))->last_hello_at,
            absl::InfinitePast());
}

TEST_F(PeersTest, ARowThatDoesNotHoldTogetherIsDamaged) {
  Peer peer = there_.AsPeer();
  peer.office_key = here_.own->office_public_key();
  EXPECT_EQ(ReasonOf(PeerCodec::Decode(PeerCodec::Encode(peer)).status()),
            Reason::kRecordDamaged);
  peer = there_.AsPeer();
  peer.own_nonce = "short";
  EXPECT_EQ(ReasonOf(PeerCodec::Decode(PeerCodec::Encode(peer)).status()),
            Reason::kRecordDamaged);
  peer = there_.AsPeer();
  peer.former_bundles = {{here_.own->bundle(), here_.own->signed_bundle()}};
  EXPECT_EQ(ReasonOf(PeerCodec::Decode(PeerCodec::Encode(peer)).status()),
            Reason::kRecordDamaged);
  peer = there_.AsPeer();
  peer.state = static_cast<PeerState>(9);
  EXPECT_EQ(ReasonOf(PeerCodec::Decode(PeerCodec::Encode(peer)).status()),
            Reason::kRecordDamaged);
}

// No time of ours is before 1970; one that is could not be written again.
TEST_F(PeersTest, ATimeBefore1970IsDamaged) {
  for (const auto set : {&record::v1::PeerRecord::set_added_at_ms,
                         &record::v1::PeerRecord::set_last_hello_at_ms}) {
    record::v1::PeerRecord row;
    ASSERT_TRUE(row.ParseFromString(PeerCodec::Encode(there_.AsPeer())));
    (row.*set)(-1);
    EXPECT_EQ(ReasonOf(PeerCodec::Decode(row.SerializeAsString()).status()),
              Reason::kRecordDamaged);
  }
  auto key = crypto::P256PrivateKey::Generate().public_key();
  const Invitation invitation{.id = InvitationIdOf(key),
                              .one_time_key = key,
                              .nonce = std::string(32, 'n'),
                              .invited_by = {},
                              .expires_at = absl::UnixEpoch(),
                              .used_by = {},
                              .request_digest = {},
                              .answer = {}};
  record::v1::InvitationRecord row;
  ASSERT_TRUE(row.ParseFromString(InvitationCodec::Encode(invitation)));
  ASSERT_THAT(InvitationCodec::Decode(row.SerializeAsString()), IsOk());
  row.set_expires_at_ms(-1);
  EXPECT_EQ(ReasonOf(InvitationCodec::Decode(row.SerializeAsString()).status()),
            Reason::kRecordDamaged);
}

TEST(PeeringRecordsTest, EveryFieldOfTheOtherRecordsSurvives) {
  const OwnOfficeRow office{*OfficeId::FromBytes(std::string(16, 'o')),
                            {"name", "MDA", "a:1", true, NodeRole::kRegion},
                            3,
                            "bundle",
                            "pem",
                            "later"};
  record::v1::OwnOfficeRecord office_record;
  ASSERT_TRUE(office_record.ParseFromString(OwnOfficeCodec::Encode(office)));
  EXPECT_THAT(FieldsNotSet(office_record), IsEmpty());
  EXPECT_EQ(OwnOfficeCodec::Encode(
                *OwnOfficeCodec::Decode(OwnOfficeCodec::Encode(office))),
            OwnOfficeCodec::Encode(office));

  const OwnKeyRow key{OwnKeyKind::kLog, 7, crypto::Secret::Copy("secret")};
  record::v1::OwnKeyRecord key_record;
  ASSERT_TRUE(key_record.ParseFromString(OwnKeyCodec::Encode(key)));
  EXPECT_THAT(FieldsNotSet(key_record), IsEmpty());
  EXPECT_EQ(OwnKeyCodec::Encode(*OwnKeyCodec::Decode(OwnKeyCodec::Encode(key))),
            OwnKeyCodec::Encode(key));

  const crypto::P256PublicKey point =
      crypto::P256PrivateKey::Generate().public_key();
  const Invitation invitation{InvitationIdOf(point),
                              point,
                              std::string(32, 'n'),
                              *PersonId::FromBytes(std::string(16, 'p')),
                              absl::FromUnixSeconds(1700000000),
                              *OfficeId::FromBytes(std::string(16, 'o')),
                              "digest",
                              "answer"};
  record::v1::InvitationRecord invitation_record;
  ASSERT_TRUE(
      invitation_record.ParseFromString(InvitationCodec::Encode(invitation)));
  EXPECT_THAT(FieldsNotSet(invitation_record), IsEmpty());
  EXPECT_EQ(InvitationCodec::Encode(
                *InvitationCodec::Decode(InvitationCodec::Encode(invitation))),
            InvitationCodec::Encode(invitation));

  const Redemption redemption{InvitationIdOf(point), "nonce", "request"};
  record::v1::RedemptionRecord redemption_record;
  ASSERT_TRUE(
      redemption_record.ParseFromString(RedemptionCodec::Encode(redemption)));
  EXPECT_THAT(FieldsNotSet(redemption_record), IsEmpty());
  EXPECT_EQ(RedemptionCodec::Encode(
                *RedemptionCodec::Decode(RedemptionCodec::Encode(redemption))),
            RedemptionCodec::Encode(redemption));

  const AgreementRow agreement{"body", "one", "two",
                               *PersonId::FromBytes(std::string(16, 'p')),
                               *PersonId::FromBytes(std::string(16, 'q'))};
  record::v1::AgreementRecord agreement_record;
  ASSERT_TRUE(
      agreement_record.ParseFromString(AgreementCodec::Encode(agreement)));
  EXPECT_THAT(FieldsNotSet(agreement_record), IsEmpty());
  EXPECT_EQ(AgreementCodec::Encode(
                *AgreementCodec::Decode(AgreementCodec::Encode(agreement))),
            AgreementCodec::Encode(agreement));
}

TEST(PeeringRecordsTest, RowKeysHaveTheirFrozenBytes) {
  const SealingKeyId sealing = *SealingKeyId::FromBytes(std::string(16, 's'));
  EXPECT_EQ(OwnKeyCodec::EncodeKey({OwnKeyKind::kSigning, 258, {}}),
            std::string("\2\0\0\1\2", 5));
  EXPECT_EQ(OwnKeyCodec::EncodeKey({OwnKeyKind::kSealing, 0, sealing}),
            "\5" + std::string(16, 's'));
  EXPECT_EQ(OwnOfficeCodec::EncodeKey({}), "office");
  const InvitationId invitation =
      *InvitationId::FromBytes(std::string(16, 'i'));
  EXPECT_EQ(InvitationCodec::EncodeKey(invitation),
            "\1" + std::string(16, 'i'));
  EXPECT_EQ(RedemptionCodec::EncodeKey(invitation),
            "\2" + std::string(16, 'i'));
  EXPECT_EQ(
      ReasonOf(
          InvitationCodec::DecodeKey("\2" + std::string(16, 'i')).status()),
      Reason::kRecordDamaged);
}

}  // namespace
}  // namespace amparo::peering
