// SPDX-License-Identifier: Apache-2.0
#include "node/app/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/manual_clock.h"

namespace amparo::app {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::Duration kDay = absl::Hours(24);

// kOk when there is none.
Level Worst(const std::vector<DoctorFinding>& findings) {
  Level worst = Level::kOk;
  for (const DoctorFinding& finding : findings) {
    worst = std::max(worst, finding.level);
  }
  return worst;
}

// A node with which all is well.
DoctorFacts Healthy() {
  const ManualClock clock;
  DoctorFacts facts;
  facts.now = clock.Now();
  facts.disk_free_bytes = uint64_t{50} << 30;
  facts.disk_bytes = uint64_t{100} << 30;
  facts.syncs = 1000;
  facts.mean_sync = absl::Milliseconds(2);
  for (const char* name : {"signing", "log", "sealing", "TLS"}) {
    facts.keys.push_back({name, facts.now + 60 * kDay, 25 * kDay});
  }
  PeerFacts peer;
  peer.name = "Kyiv";
  peer.last_hello = facts.now - absl::Minutes(2);
  peer.signs_until = facts.now + 60 * kDay;
  peer.sealed_to_until = facts.now + 20 * kDay;
  peer.protocol_min = peer.protocol_max = 1;
  facts.peers.push_back(peer);
  facts.version = "1.0";
  facts.protocol_min = facts.protocol_max = 1;
  facts.openssl_major = 3;
  facts.openssl_minor = 0;
  facts.openssl_patch = 22;
  facts.public_address = "kyiv.example:7410";
  facts.address_answers = true;
  facts.config.emplace().listen_address = "0.0.0.0:7410";
  return facts;
}

TEST(DoctorTest, ADateThatNoKeyBearsOutIsTold) {
  DoctorFacts facts = Healthy();
  facts.clock_proved = false;
  EXPECT_THAT(Diagnose(facts),
              Contains(AllOf(
                  Field(&DoctorFinding::about, "clock"),
                  Field(&DoctorFinding::level, Level::kWarn),
                  Field(&DoctorFinding::next_step, HasSubstr("three days")))));
}

TEST(DoctorTest, AHealthyNodeIsOkInAllAndSaysOfEachThingWhatWasSeen) {
  const auto findings = Diagnose(Healthy());
  EXPECT_EQ(Worst(findings), Level::kOk);
  for (const char* about :
       {"clock", "disk", "files", "keys", "peer Kyiv", "version", "openssl",
        "address", "config", "vocabulary", "restore", "fsck"}) {
    EXPECT_THAT(findings, Contains(Field(&DoctorFinding::about, about)));
  }
  EXPECT_THAT(findings, Not(Contains(Field(&DoctorFinding::cause, IsEmpty()))));
}

struct Ailment {
  const char* name;
  std::function<void(DoctorFacts&)> make;
  Level level;
  const char* about;
  const char* cause;
};
void PrintTo(const Ailment& ailment, std::ostream* out) {
  *out << ailment.name;
}

class DoctorAilmentTest : public ::testing::TestWithParam<Ailment> {};

TEST_P(DoctorAilmentTest, IsFoundWithItsNextStep) {
  DoctorFacts facts = Healthy();
  GetParam().make(facts);
  const auto findings = Diagnose(facts);
  EXPECT_EQ(Worst(findings), GetParam().level);
  EXPECT_THAT(
      findings,
      Contains(AllOf(Field(&DoctorFinding::level, GetParam().level),
                     Field(&DoctorFinding::about, GetParam().about),
                     Field(&DoctorFinding::cause, HasSubstr(GetParam().cause)),
                     Field(&DoctorFinding::next_step, Not(IsEmpty())))));
}

using F = DoctorFacts;
INSTANTIATE_TEST_SUITE_P(
    Each, DoctorAilmentTest,
    ::testing::Values(
        Ailment{"ClockSet", [](F& f) { f.clock_jump = absl::Seconds(-30); },
                Level::kWarn, "clock", "was set by -30"},
        Ailment{"LaterKeysKnown", [](F& f) { f.restore_needed = true; },
                Level::kFail, "restore", "later keys of this office"},
        Ailment{"PlacesTaken", [](F& f) { f.peers[0].places_taken = 2; },
                Level::kFail, "restore", "peer Kyiv has other letters"},
        Ailment{"PeerSkewed", [](F& f) { f.peers[0].skew = absl::Minutes(3); },
                Level::kWarn, "clock", "differs from ours by 180"},
        Ailment{"PeerFarOff", [](F& f) { f.peers[0].skew = absl::Minutes(-6); },
                Level::kFail, "clock", "differs from ours by -360"},
        Ailment{"DiskFailed", [](F& f) { f.writable = false; }, Level::kFail,
                "disk", "failed a write"},
        Ailment{"DiskFull", [](F& f) { f.disk_free_bytes = 1 << 20; },
                Level::kFail, "disk", "1 MiB free"},
        Ailment{"DiskForFilesFull",
                [](F& f) { f.disk_free_bytes = uint64_t{300} << 20; },
                Level::kFail, "disk", "files and imports are refused"},
        Ailment{"DiskForLettersFull",
                [](F& f) { f.disk_free_bytes = uint64_t{200} << 20; },
                Level::kFail, "disk", "letters of peers wait there"},
        Ailment{"DiskNearlyFull",
                [](F& f) { f.disk_free_bytes = uint64_t{5} << 30; },
                Level::kWarn, "disk", "5120 MiB free"},
        Ailment{"DiskUnknown", [](F& f) { f.disk_known = false; }, Level::kWarn,
                "disk", "not known"},
        Ailment{"DiskSlow", [](F& f) { f.mean_sync = absl::Milliseconds(80); },
                Level::kWarn, "disk", "80 ms"},
        Ailment{"DiskCrawls", [](F& f) { f.mean_sync = absl::Seconds(1); },
                Level::kFail, "disk", "1000 ms"},
        Ailment{"FileOpen",
                [](F& f) { f.open_files = {"node.key must have mode 0600"}; },
                Level::kFail, "files", "node.key"},
        Ailment{"KeyNotReplaced",
                [](F& f) { f.keys[0].until = f.now + 10 * kDay; }, Level::kWarn,
                "keys", "signing key can be used for 10"},
        Ailment{"KeyEnded", [](F& f) { f.keys[3].until = f.now; }, Level::kFail,
                "keys", "the TLS key has ended"},
        Ailment{"OwnChainBroken", [](F& f) { f.chain_holds = false; },
                Level::kFail, "keys", "does not verify under our"},
        Ailment{"PinBroken", [](F& f) { f.peers[0].pin_holds = false; },
                Level::kFail, "peer Kyiv", "under the pinned key"},
        Ailment{"CertificateRefused",
                [](F& f) {
                  f.peers[0].certificate_refused = "CERTIFICATE_EXPIRED";
                },
                Level::kFail, "peer Kyiv", "refused: CERTIFICATE_EXPIRED"},
        Ailment{"PeerKeysEnded",
                [](F& f) { f.peers[0].sealed_to_until = f.now; }, Level::kFail,
                "peer Kyiv", "no key of it"},
        Ailment{"ProtocolApart",
                [](F& f) {
                  f.peers[0].protocol_min = 2;
                  f.peers[0].protocol_max = 3;
                },
                Level::kFail, "peer Kyiv", "no protocol version"},
        Ailment{"LettersWait",
                [](F& f) {
                  f.peers[0].letters_waiting = 3;
                  f.peers[0].oldest_since = f.now - absl::Hours(5);
                },
                Level::kWarn, "peer Kyiv", "3 letters wait, the oldest for 5"},
        Ailment{"LettersWaitLong",
                [](F& f) {
                  f.peers[0].letters_waiting = 3;
                  f.peers[0].oldest_since = f.now - 2 * kDay;
                },
                Level::kFail, "peer Kyiv", "the oldest for 48"},
        Ailment{"PeerSilent",
                [](F& f) { f.peers[0].last_hello = f.now - 2 * kDay; },
                Level::kWarn, "peer Kyiv", "not heard of"},
        Ailment{"CallsFail", [](F& f) { f.peers[0].failures = 4; },
                Level::kWarn, "peer Kyiv", "last 4 calls"},
        Ailment{"OpenSslOld", [](F& f) { f.openssl_patch = 21; }, Level::kWarn,
                "openssl", "OpenSSL 3.0.21"},
        Ailment{"AddressSilent", [](F& f) { f.address_answers = false; },
                Level::kWarn, "address", "does not answer"},
        Ailment{"NamesMissing", [](F& f) { f.has_place_names = false; },
                Level::kWarn, "vocabulary", "iso-codes is not there"},
        Ailment{"ConfigWouldBeRefused",
                [](F& f) { f.config->refusal = "line 3: unknown key"; },
                Level::kFail, "config", "not start again: line 3"},
        Ailment{"ConfigChanged",
                [](F& f) {
                  f.config->changed_keys = {"hello_interval", "listen_address"};
                },
                Level::kWarn, "config", "hello_interval, listen_address"},
        Ailment{"ConfigOpen", [](F& f) { f.config->others_write = true; },
                Level::kFail, "config", "may change the configuration"},
        Ailment{"PassphraseBesideData",
                [](F& f) { f.config->passphrase_beside = true; }, Level::kWarn,
                "config", "same file system"},
        Ailment{"PeersToldNowhere", [](F& f) { f.config->told_nowhere = true; },
                Level::kWarn, "config", "told to connect to every address"},
        Ailment{"PeersToldLoopback",
                [](F& f) { f.config->told_here_only = true; }, Level::kWarn,
                "config", "told a loopback address"},
        Ailment{"ListensWherePeersCannotReach",
                [](F& f) { f.config->listens_here_only = true; }, Level::kWarn,
                "config", "listens on a loopback address"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(DoctorTest, ASuspendedPeerIsNotComplainedAbout) {
  DoctorFacts facts = Healthy();
  facts.peers[0].in_use = false;
  facts.peers[0].last_hello = absl::InfinitePast();
  facts.peers[0].failures = 12;
  EXPECT_EQ(Worst(Diagnose(facts)), Level::kOk);
}

TEST(DoctorTest, ANodeThatOnlyCallsOutMayListenOnLoopback) {
  DoctorFacts facts = Healthy();
  facts.public_address = "";
  facts.config->listens_here_only = true;
  EXPECT_EQ(Worst(Diagnose(facts)), Level::kOk);
}

TEST(DoctorTest, LaterOpenSslIsTaken) {
  DoctorFacts facts = Healthy();
  facts.openssl_minor = 5;
  facts.openssl_patch = 0;
  EXPECT_EQ(Worst(Diagnose(facts)), Level::kOk);
}

}  // namespace
}  // namespace amparo::app
