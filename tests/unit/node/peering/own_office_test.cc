// SPDX-License-Identifier: Apache-2.0
#include "node/peering/own_office.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "crypto/certificate/certificate.h"
#include "crypto/sign/dsse.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/peering/own_keys.h"
#include "node/peering/peering_records.h"
#include "node/storage/table.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/peering/peering_office.h"

namespace amparo::peering {
namespace {

using ::testing::SizeIs;

class OwnOfficeTest : public testing::Test {
 protected:
  ManualClock clock_;
  PeeringOffice office_{1, SettingsNamed("chisinau"), clock_};
};

TEST_F(OwnOfficeTest, ASecondOfficeInOneStoreIsRefused) {
  ASSERT_THAT(office_.initialised, IsOk());
  EXPECT_EQ(ReasonOf(OwnOffice::Initialise(*office_.store, *office_.vault,
                                           office_.random, clock_.Now(),
                                           SettingsNamed("other"))),
            Reason::kAlreadyExists);
}

TEST_F(OwnOfficeTest, LoadBeforeInitialiseSaysSo) {
  storage::MemoryDisk disk;
  auto store = *storage::OpenStore("/empty", &disk);
  auto vault =
      *storage::Vault::Open(*store, crypto::Secret::Zeroed(32), office_.random);
  EXPECT_EQ(
      ReasonOf(
          OwnOffice::Load(*store, *vault, office_.random, clock_).status()),
      Reason::kNotInitialised);
}

TEST_F(OwnOfficeTest, SettingsOutOfRangeNameTheField) {
  struct Case {
    const char* field;
    OfficeSettings settings;
  };
  const OfficeSettings good = SettingsNamed("x");
  std::vector<Case> cases = {{"office_name", good},  {"office_name", good},
                             {"country", good},      {"country", good},
                             {"peer_address", good}, {"peer_address", good}};
  cases[0].settings.name = "";
  cases[1].settings.name = "line\nbreak";
  cases[2].settings.country = "MD";
  cases[3].settings.country = "mda";
  cases[4].settings.address = "host";
  cases[5].settings.address = "host:65536";
  for (const Case& refused : cases) {
    storage::MemoryDisk disk;
    auto store = *storage::OpenStore("/new", &disk);
    auto vault = *storage::Vault::Open(*store, crypto::Secret::Zeroed(32),
                                       office_.random);
    const absl::Status status = OwnOffice::Initialise(
        *store, *vault, office_.random, clock_.Now(), refused.settings);
    EXPECT_EQ(FieldOf(status), refused.field);
    EXPECT_EQ(
        ReasonOf(
            OwnOffice::Load(*store, *vault, office_.random, clock_).status()),
        Reason::kNotInitialised);
  }
}

TEST_F(OwnOfficeTest, ARestartKeepsEverything) {
  const std::string bundle = office_.own->signed_bundle();
  const TlsIdentity tls = office_.own->tls_identity();
  const std::string log_key = office_.own->LogKey().public_key().Bytes();
  const SealingKeyId sealing = office_.own->bundle().sealing_keys.front().id;
  office_.Reopen();
  EXPECT_EQ(office_.own->signed_bundle(), bundle);
  EXPECT_EQ(office_.own->name(), "chisinau");
  EXPECT_EQ(office_.own->country(), "MDA");
  EXPECT_FALSE(office_.own->exercise());
  EXPECT_EQ(office_.own->tls_identity().certificate_pem, tls.certificate_pem);
  EXPECT_EQ(office_.own->tls_identity().private_key_pem.Reveal(),
            tls.private_key_pem.Reveal());
  EXPECT_EQ(office_.own->LogKey().public_key().Bytes(), log_key);
  EXPECT_NE(office_.own->SealingKeyFor(sealing), nullptr);
}

TEST_F(OwnOfficeTest, SignaturesVerifyUnderTheKeysOfTheBundle) {
  const KeyBundle bundle = office_.own->bundle();
  const auto signature = office_.own->Sign("application/x", "body");
  ASSERT_THAT(signature, IsOk());
  EXPECT_EQ(signature->epoch, 1u);
  EXPECT_THAT(crypto::VerifyDsse(bundle.SigningKeyOf(1)->key, "application/x",
                                 "body", signature->signature),
              IsOk());
  EXPECT_EQ(
      ReasonOf(office_.own->SignWithEpoch(2, "application/x", "body").status()),
      Reason::kKeyEpochUnknown);
  const auto as_office = office_.own->SignAsOffice(kAgreementType, "body");
  ASSERT_THAT(as_office, IsOk());
  EXPECT_THAT(
      crypto::VerifyDsse(bundle.office_key, kAgreementType, "body", *as_office),
      IsOk());
}

TEST_F(OwnOfficeTest, TheTlsCertificateIsSignedByTheOfficeKeyAndNamesIt) {
  const auto certificate =
      crypto::Certificate::FromPem(office_.own->tls_identity().certificate_pem);
  ASSERT_THAT(certificate, IsOk());
  EXPECT_THAT(certificate->SignedBy(office_.own->office_public_key()), IsOk());
  EXPECT_THAT(certificate->uris(),
              testing::ElementsAre(OfficeUri(office_.own->id())));
  EXPECT_EQ(certificate->not_after(), clock_.Now() + limits::kTlsKeyLifetime);
}

TEST_F(OwnOfficeTest, NothingIsRotatedBeforeItIsDue) {
  const std::string before = office_.own->signed_bundle();
  clock_.Advance(limits::kSealingKeyPeriod - absl::Seconds(1));
  EXPECT_THAT(office_.own->RotateIfDue(*office_.log, clock_.Now()),
              IsOkAndHolds(false));
  EXPECT_EQ(office_.own->signed_bundle(), before);
  EXPECT_THAT(office_.Events(audit::EventKind::kKeyChange), SizeIs(0));
}

TEST_F(OwnOfficeTest, ASealingKeyIsMadeEachWeekAndGoneAfterThirtyDays) {
  const SealingKeyId first = office_.own->bundle().sealing_keys.front().id;
  uint64_t version = office_.own->bundle().version;
  for (int week = 1; week <= 4; ++week) {
    clock_.Advance(limits::kSealingKeyPeriod);
    EXPECT_THAT(office_.own->RotateIfDue(*office_.log, clock_.Now()),
                IsOkAndHolds(true));
    EXPECT_EQ(office_.own->bundle().version, ++version);
    EXPECT_NE(office_.own->SealingKeyFor(first), nullptr);
  }
  EXPECT_THAT(office_.own->bundle().sealing_keys, SizeIs(5));
  const storage::Table<OwnKeyCodec> table(*office_.vault);
  const OwnKeyName name{OwnKeyKind::kSealing, 0, first};
  const std::string stored = (*table.Get(*office_.store, name))->stored;
  clock_.Advance(absl::Hours(48));
  EXPECT_THAT(office_.own->RotateIfDue(*office_.log, clock_.Now()),
              IsOkAndHolds(true));
  EXPECT_EQ(office_.own->SealingKeyFor(first), nullptr);
  for (const SealingKey& key : office_.own->bundle().sealing_keys) {
    EXPECT_NE(key.id, first);
  }
  office_.Reopen();
  EXPECT_EQ(office_.own->SealingKeyFor(first), nullptr);
  // Its data key went with it: an old copy of the row does not open.
  EXPECT_THAT(office_.vault->Open(storage::TableId::kOwnKeys,
                                  OwnKeyCodec::EncodeKey(name), 1, stored),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(OwnOfficeTest, TheTlsKeyIsRenewedThirtyDaysBeforeItEnds) {
  const uint64_t generation = office_.own->tls_generation();
  const TlsIdentity before = office_.own->tls_identity();
  clock_.Advance(absl::Hours(24 * 61));
  EXPECT_THAT(office_.own->RotateIfDue(*office_.log, clock_.Now()),
              IsOkAndHolds(true));
  EXPECT_EQ(office_.own->tls_generation(), generation + 1);
  const TlsIdentity after = office_.own->tls_identity();
  EXPECT_NE(after.certificate_pem, before.certificate_pem);
  EXPECT_NE(after.private_key_pem.Reveal(), before.private_key_pem.Reveal());
  EXPECT_THAT(Admission::CheckServer(after.certificate_pem,
                                     office_.own->office_public_key(),
                                     office_.own->id(), clock_.Now()),
              IsOk());
}

TEST_F(OwnOfficeTest, ANewSigningEpochIsAnnouncedAWeekBeforeItSigns) {
  clock_.Advance(limits::kSigningKeyLifetime - absl::Hours(24 * 29));
  EXPECT_THAT(office_.own->RotateIfDue(*office_.log, clock_.Now()),
              IsOkAndHolds(true));
  EXPECT_THAT(office_.own->bundle().signing_keys, SizeIs(2));
  EXPECT_THAT(office_.own->bundle().log_keys, SizeIs(2));
  EXPECT_EQ(office_.own->signing_epoch(), 1u);
  clock_.Advance(absl::Hours(24 * 7));
  EXPECT_EQ(office_.own->signing_epoch(), 2u);
  // The old private key stays while peers take what it signs, because a recall
  // may have to be sealed again for a peer that was away; its public part stays
  // for ever, because old evidence verifies for ever.
  clock_.Advance(absl::Hours(24 * 30));
  ASSERT_THAT(office_.own->RotateIfDue(*office_.log, clock_.Now()), IsOk());
  EXPECT_THAT(office_.own->SignWithEpoch(1, "t", "b"), IsOk());
  const auto first = office_.own->bundle().SigningKeyOf(1);
  ASSERT_THAT(first, IsOk());
  clock_.SetTime(first->validity.verify_until + absl::Hours(1));
  ASSERT_THAT(office_.own->RotateIfDue(*office_.log, clock_.Now()), IsOk());
  EXPECT_EQ(ReasonOf(office_.own->SignWithEpoch(1, "t", "b").status()),
            Reason::kKeyEpochUnknown);
  EXPECT_THAT(office_.own->bundle().SigningKeyOf(1), IsOk());
  const uint32_t epoch = office_.own->signing_epoch();
  office_.Reopen();
  EXPECT_EQ(office_.own->signing_epoch(), epoch);
}

TEST_F(OwnOfficeTest, AClockThatWasAheadForALongTimeLeavesUsableKeys) {
  const absl::Time right = clock_.Now();
  clock_.Advance(absl::Hours(24 * 500));
  ASSERT_THAT(office_.own->RotateIfDue(*office_.log, clock_.Now()), IsOk());
  clock_.SetTime(right + absl::Hours(1));
  ASSERT_THAT(office_.own->RotateIfDue(*office_.log, clock_.Now()), IsOk());
  const auto certificate =
      crypto::Certificate::FromPem(office_.own->tls_identity().certificate_pem);
  EXPECT_LE(certificate->not_before(), clock_.Now());
  EXPECT_THAT(office_.own->bundle().SealingKeyToUse(clock_.Now()), IsOk());
  const auto key =
      office_.own->bundle().SigningKeyOf(office_.own->signing_epoch());
  ASSERT_THAT(key, IsOk());
  EXPECT_LE(key->validity.not_before, clock_.Now());
  EXPECT_GE(key->validity.sign_until, clock_.Now());
  office_.Reopen();
  // And nothing more is made.
  EXPECT_THAT(office_.own->RotateIfDue(*office_.log, clock_.Now()),
              IsOkAndHolds(false));
}

TEST_F(OwnOfficeTest, EachKeyThatIsMadeOrRemovedHasALeaf) {
  clock_.Advance(limits::kSealingKeyPeriod);
  ASSERT_THAT(office_.own->RotateIfDue(*office_.log, clock_.Now()), IsOk());
  const auto events = office_.Events(audit::EventKind::kKeyChange);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_THAT(events[0].about,
              testing::Contains(testing::Pair("type", "sealing")));
}

TEST_F(OwnOfficeTest, AnotherAddressMakesANewBundle) {
  EXPECT_THAT(office_.own->SetAddress(*office_.log, "chisinau.example:7443",
                                      clock_.Now()),
              IsOkAndHolds(false));
  EXPECT_THAT(
      office_.own->SetAddress(*office_.log, "10.0.0.7:7443", clock_.Now()),
      IsOkAndHolds(true));
  EXPECT_EQ(office_.own->bundle().address, "10.0.0.7:7443");
  EXPECT_EQ(office_.own->bundle().version, 2u);
  EXPECT_EQ(
      FieldOf(
          office_.own->SetAddress(*office_.log, "x", clock_.Now()).status()),
      "peer_address");
}

TEST(OwnOfficeFilesTest, PrivateKeysAreInNoFileInTheClear) {
  ManualClock clock;
  crypto::DeterministicRandom random(3);
  const std::filesystem::path directory =
      std::filesystem::path(testing::TempDir()) / "own_office_files";
  std::filesystem::remove_all(directory);
  std::vector<std::string> secrets;
  std::string in_the_clear;
  {
    auto store = *storage::OpenStore(directory.string());
    auto vault =
        *storage::Vault::Open(*store, crypto::Secret::Zeroed(32), random);
    ASSERT_THAT(OwnOffice::Initialise(*store, *vault, random, clock.Now(),
                                      SettingsNamed("clear")),
                IsOk());
    const OwnKeys keys = *ReadOwnKeys(*store, *vault);
    secrets.emplace_back(keys.office->Scalar().Reveal());
    secrets.emplace_back(keys.tls->Scalar().Reveal());
    secrets.emplace_back(keys.signing.at(1).Scalar().Reveal());
    secrets.emplace_back(keys.log.at(1).Seed().Reveal());
    secrets.emplace_back(keys.sealing.begin()->second.key->Reveal());
    // A canary: the search must find what is in the clear.
    in_the_clear = "a canary in the clear";
    storage::Batch batch;
    batch.Put(storage::TableId::kFormat, "canary", in_the_clear);
    ASSERT_THAT(store->Commit(batch), IsOk());
  }
  bool canary = false;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
    canary |= bytes.find(in_the_clear) != std::string::npos;
    for (const std::string& secret : secrets) {
      EXPECT_EQ(bytes.find(secret), std::string::npos) << entry.path();
    }
  }
  EXPECT_TRUE(canary);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace amparo::peering
