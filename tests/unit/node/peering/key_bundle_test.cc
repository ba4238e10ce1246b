// SPDX-License-Identifier: Apache-2.0
#include "node/peering/key_bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "amparo/peer/v1/key_bundle.pb.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/peering/signed_body.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/peering/peering_office.h"

namespace amparo::peering {
namespace {

class KeyBundleTest : public testing::Test {
 protected:
  // The bundle with `change` made to its body, signed again by the office key.
  std::string SignedWith(
      const std::function<void(peer::v1::KeyBundle&)>& change) {
    SignedBody envelope = *SignedBody::Decode(office_.own->signed_bundle());
    peer::v1::KeyBundle wire;
    EXPECT_TRUE(wire.ParseFromString(envelope.body));
    change(wire);
    envelope.body = wire.SerializeAsString();
    envelope.signatures[0].signature =
        *office_.own->SignAsOffice(kKeyBundleType, envelope.body);
    return envelope.Encode();
  }
  Reason Verify(const std::string& bytes) {
    return ReasonOf(
        KeyBundle::Verify(bytes, office_.own->office_public_key(), clock_.Now())
            .status());
  }

  ManualClock clock_;
  PeeringOffice office_{1, SettingsNamed("chisinau"), clock_};
  PeeringOffice other_{2, SettingsNamed("kyiv"), clock_};
};

TEST_F(KeyBundleTest, WhatWasSignedVerifies) {
  EXPECT_THAT(KeyBundle::Verify(office_.own->signed_bundle(),
                                office_.own->office_public_key(), clock_.Now()),
              IsOk());
  EXPECT_THAT(
      KeyBundle::VerifyOfNewcomer(office_.own->signed_bundle(), clock_.Now()),
      IsOk());
  EXPECT_EQ(Verify(SignedWith([](peer::v1::KeyBundle&) {})),
            Reason::kUnspecified);
}

TEST_F(KeyBundleTest, AnotherOfficesKeyIsNotThePin) {
  EXPECT_EQ(Verify(other_.own->signed_bundle()), Reason::kKeyBundleInvalid);
}

TEST_F(KeyBundleTest, EveryFlippedByteIsRefusedOrChangesNothing) {
  const std::string good = office_.own->signed_bundle();
  const std::string body = SignedBody::Decode(good)->body;
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x40);
    const auto verified =
        KeyBundle::Verify(bad, office_.own->office_public_key(), clock_.Now());
    if (verified.ok()) {
      EXPECT_EQ(SignedBody::Decode(bad)->body, body) << i;
    } else {
      EXPECT_EQ(ReasonOf(verified.status()), Reason::kKeyBundleInvalid) << i;
    }
  }
}

TEST_F(KeyBundleTest, ASignatureOfAnotherTypeOrKeyIsRefused) {
  SignedBody envelope = *SignedBody::Decode(office_.own->signed_bundle());
  envelope.signatures[0].signature =
      *office_.own->SignAsOffice(kAgreementType, envelope.body);
  EXPECT_EQ(Verify(envelope.Encode()), Reason::kKeyBundleInvalid);
  envelope.signatures[0].signature =
      office_.own->Sign(kKeyBundleType, envelope.body)->signature;
  EXPECT_EQ(Verify(envelope.Encode()), Reason::kKeyBundleInvalid);
  envelope.signatures.clear();
  EXPECT_EQ(Verify(envelope.Encode()), Reason::kKeyBundleInvalid);
}

TEST_F(KeyBundleTest, BodiesOutOfRangeAreRefusedThoughSigned) {
  const std::vector<std::function<void(peer::v1::KeyBundle&)>> changes = {
      [](auto& b) { b.set_office_id("short"); },
      [](auto& b) { b.set_office_id(std::string(16, '\0')); },
      [](auto& b) { b.set_office_key("none"); },
      [](auto& b) { b.set_office_name(""); },
      [](auto& b) { b.set_address("no port"); },
      [](auto& b) { b.set_country("md"); },
      [](auto& b) { b.set_incarnation(0); },
      [](auto& b) { b.set_version(0); },
      [](auto& b) { b.set_issued_at_ms(-1); },
      [](auto& b) { b.set_role(peer::v1::NODE_ROLE_UNSPECIFIED); },
      [](auto& b) { b.set_protocol_min(0); },
      [](auto& b) { b.set_protocol_min(b.protocol_max() + 1); },
      [](auto& b) { b.clear_signing_keys(); },
      [](auto& b) { b.clear_log_keys(); },
      [](auto& b) { b.clear_sealing_keys(); },
      [](auto& b) { *b.add_signing_keys() = b.signing_keys(0); },
      [](auto& b) { *b.add_log_keys() = b.log_keys(0); },
      [](auto& b) { *b.add_sealing_keys() = b.sealing_keys(0); },
      [](auto& b) { b.mutable_signing_keys(0)->set_epoch(0); },
      [](auto& b) { b.mutable_signing_keys(0)->set_sign_until_ms(0); },
      [](auto& b) { b.mutable_signing_keys(0)->set_public_key("none"); },
      [](auto& b) { b.mutable_log_keys(0)->set_public_key("none"); },
      [](auto& b) { b.mutable_sealing_keys(0)->set_public_key("none"); },
      [](auto& b) { b.mutable_sealing_keys(0)->set_delete_at_ms(0); },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    EXPECT_EQ(Verify(SignedWith(changes[i])), Reason::kKeyBundleInvalid) << i;
  }
}

TEST_F(KeyBundleTest, ABundleFromTheFutureIsRefusedBeyondTheAllowedSkew) {
  const std::string bundle = office_.own->signed_bundle();
  const absl::Time issued = office_.own->bundle().issued_at;
  clock_.SetTime(issued - limits::kClockSkewMax);
  EXPECT_EQ(Verify(bundle), Reason::kUnspecified);
  clock_.SetTime(issued - limits::kClockSkewMax - absl::Milliseconds(1));
  EXPECT_EQ(Verify(bundle), Reason::kKeyBundleInvalid);
}

TEST_F(KeyBundleTest, EveryFieldOfTheWireIsMapped) {
  PeeringOffice exercise{3, SettingsNamed("drill", true), clock_};
  peer::v1::KeyBundle wire;
  ASSERT_TRUE(wire.ParseFromString(exercise.own->bundle().EncodeBody()));
  EXPECT_THAT(FieldsNotSet(wire), testing::IsEmpty());
  const auto bundle =
      KeyBundle::Verify(exercise.own->signed_bundle(),
                        exercise.own->office_public_key(), clock_.Now());
  ASSERT_THAT(bundle, IsOk());
  EXPECT_EQ(bundle->EncodeBody(), wire.SerializeAsString());
}

TEST_F(KeyBundleTest, TheNewestKeyThatMayBeSealedToIsUsed) {
  clock_.Advance(limits::kSealingKeyPeriod);
  ASSERT_THAT(office_.own->RotateIfDue(*office_.log, clock_.Now()), IsOk());
  const KeyBundle bundle = office_.own->bundle();
  EXPECT_EQ(bundle.SealingKeyToUse(clock_.Now())->id,
            bundle.sealing_keys[1].id);
  const absl::Time last = bundle.sealing_keys[1].seal_until;
  EXPECT_THAT(bundle.SealingKeyToUse(last), IsOk());
  EXPECT_EQ(ReasonOf(bundle.SealingKeyToUse(last + absl::Seconds(1)).status()),
            Reason::kSealingKeyUnknown);
  EXPECT_EQ(ReasonOf(bundle.SigningKeyOf(9).status()),
            Reason::kKeyEpochUnknown);
}

TEST(AddressTest, AcceptsHostsAndPortsOnly) {
  for (const char* good : {"", "a:1", "node.example.org:7443", "10.0.0.1:65535",
                           "[2001:db8::1]:7443", "[::1]:1"}) {
    EXPECT_TRUE(IsAddress(good)) << good;
  }
  for (const char* bad :
       {"a", ":1", "a:", "a:0", "a:65536", "a:01", "a b:1", "a:1/x", "a:1 ",
        "https://a:1", "[::1:1", "[]:1", "unix:/x:1", "a:+1"}) {
    EXPECT_FALSE(IsAddress(bad)) << bad;
  }
  EXPECT_FALSE(IsAddress(std::string(300, 'a') + ":1"));
}

TEST(OfficeNameTest, AcceptsTextOfAllScriptsButNoControlCharacters) {
  EXPECT_TRUE(IsOfficeName("Chi\xC8\x99in\xC4\x83u"));
  EXPECT_TRUE(IsOfficeName("\xE6\x9D\xB1\xE4\xBA\xAC"));
  EXPECT_TRUE(IsOfficeName("\xF0\x9F\x95\x8A"));
  EXPECT_FALSE(IsOfficeName(""));
  EXPECT_FALSE(IsOfficeName(std::string(129, 'a')));
  EXPECT_FALSE(IsOfficeName("a\nb"));
  EXPECT_FALSE(IsOfficeName("a\x7F"));
  EXPECT_FALSE(IsOfficeName("a\xE2\x80\xAE"));     // Turns what follows.
  EXPECT_FALSE(IsOfficeName("\xC0\xAF"));          // Overlong.
  EXPECT_FALSE(IsOfficeName("\xE0\x80\xAF"));      // Overlong.
  EXPECT_FALSE(IsOfficeName("\xED\xA0\x80"));      // Surrogate.
  EXPECT_FALSE(IsOfficeName("\xF5\x80\x80\x80"));  // Beyond Unicode.
  EXPECT_FALSE(IsOfficeName("\xE6\x9D"));          // Cut.
}

}  // namespace
}  // namespace amparo::peering
