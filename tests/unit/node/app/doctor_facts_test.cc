// SPDX-License-Identifier: Apache-2.0
#include "node/app/doctor_facts.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "node/app/upkeep.h"
#include "node/base/errors.h"
#include "tests/support/disk_copy.h"
#include "tests/support/office_pair.h"
#include "tests/support/status_matchers.h"

namespace amparo::app {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DoctorFactsTest : public testing::Test {
 protected:
  DoctorFactsTest() : watch_(pair_.clock) {
    std::string pattern = testing::TempDir() + "amparo-doctor-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    config_.data_directory = folder_;
  }
  ~DoctorFactsTest() override { std::filesystem::remove_all(folder_); }

  DoctorFacts Gather() {
    return Must(GatherFacts(pair_.a.node(), watch_, config_, "1.0"));
  }
  // The file of the node, as an administrator writes it.
  std::string Write(const std::string& lines) {
    const std::string path = folder_ + "/amparod.conf";
    std::ofstream(path) << "data_directory = " << folder_ << "\n" << lines;
    ::chmod(path.c_str(), 0644);
    return path;
  }
  ConfigFacts GatherConfig() {
    const DoctorFacts facts = Gather();
    EXPECT_TRUE(facts.config.has_value());
    return facts.config.value_or(ConfigFacts());
  }

  OfficePair pair_;
  ClockWatch watch_;
  std::string folder_;
  Config config_;
};

TEST_F(DoctorFactsTest, ANewOfficeHasItsKeysAndItsPeer) {
  const DoctorFacts facts = Gather();
  ASSERT_THAT(facts.keys, SizeIs(4));
  for (const KeyFacts& key : facts.keys) {
    EXPECT_GT(key.until, facts.now + key.renewed_before) << key.name;
  }
  EXPECT_TRUE(facts.chain_holds);
  EXPECT_TRUE(facts.clock_proved) << "a new office is not warned";
  EXPECT_TRUE(facts.writable);
  EXPECT_TRUE(facts.disk_known);
  EXPECT_GT(facts.disk_bytes, 0u);
  EXPECT_THAT(facts.open_files, IsEmpty());
  EXPECT_GE(facts.openssl_major, 3);
  ASSERT_THAT(facts.peers, SizeIs(1));
  EXPECT_TRUE(facts.peers[0].pin_holds);
  EXPECT_TRUE(facts.peers[0].in_use);
  EXPECT_EQ(facts.peers[0].letters_waiting, 0u);
  EXPECT_GT(facts.peers[0].sealed_to_until, facts.now);
}

TEST_F(DoctorFactsTest, AClockThatWasSetIsToldUntilItHasRunOn) {
  pair_.clock.Advance(absl::Hours(24 * 365 * 15));
  ASSERT_THAT(
      pair_.a.node().own().RotateIfDue(pair_.a.node().log(), pair_.clock.Now()),
      IsOk());
  EXPECT_FALSE(Gather().clock_proved);
  pair_.clock.Advance(kClockProvedAfter);
  EXPECT_TRUE(Gather().clock_proved);
}

TEST_F(DoctorFactsTest, AClockBeforeTheFoundingIsNotThatOfANewOffice) {
  EXPECT_TRUE(Gather().clock_proved);
  pair_.clock.Advance(-absl::Hours(24 * 365));
  EXPECT_FALSE(Gather().clock_proved);
}

TEST_F(DoctorFactsTest, ARefusedCertificateIsToldUntilOneHolds) {
  peering::ServerChecks& checks = *pair_.a.node().peers().server_checks();
  EXPECT_EQ(Gather().peers[0].certificate_refused, "");
  checks.Note(pair_.b.id(), Reason::kCertificateExpired);
  EXPECT_EQ(Gather().peers[0].certificate_refused, "CERTIFICATE_EXPIRED");
  checks.Note(pair_.b.id(), Reason::kUnspecified);
  EXPECT_EQ(Gather().peers[0].certificate_refused, "");
}

TEST_F(DoctorFactsTest, ALetterThatWaitsIsCountedAndDated) {
  pair_.Propose(pair_.NewPerson());
  const absl::Time written = pair_.clock.Now();
  pair_.clock.Advance(absl::Hours(3));
  const DoctorFacts facts = Gather();
  EXPECT_EQ(facts.peers[0].letters_waiting, 1u);
  EXPECT_EQ(facts.peers[0].oldest_since, written);
}

TEST_F(DoctorFactsTest, HowItGoesWithAPeerIsTold) {
  // What b's clock said is three minutes old when a hears it.
  pair_.network.on_hello = [this](TestOffice&, TestOffice&) {
    pair_.clock.Advance(absl::Minutes(3));
    return true;
  };
  ASSERT_THAT(pair_.b.node().SayHello(pair_.a.id()), IsOk());
  const PeerFacts heard = Gather().peers.at(0);
  EXPECT_EQ(heard.skew, -absl::Minutes(3));
  EXPECT_EQ(heard.last_hello, pair_.clock.Now());
  EXPECT_EQ(heard.failures, 0u);
  EXPECT_EQ(heard.places_taken, 0u);
  pair_.network.on_deliver = [](TestOffice&, TestOffice&,
                                absl::Span<const std::string>) {
    return TestNetwork::Outcomes(Error(Reason::kUnavailable));
  };
  pair_.Propose(pair_.NewPerson());
  ASSERT_TRUE(pair_.Quiet());
  pair_.a.node().outbox().counts().PlaceTaken(pair_.b.id());
  const PeerFacts failed = Gather().peers.at(0);
  EXPECT_EQ(failed.failures, 1u);
  EXPECT_EQ(failed.places_taken, 1u);
}

TEST_F(DoctorFactsTest, AnOldCopyThatWasPutBackIsSeenWithTheFirstHello) {
  TestOffice& a = pair_.a;
  const auto put = [&a](storage::MemoryDisk& from, storage::MemoryDisk& to) {
    a.Crash();
    CopyDisk(from, to, a.directory());
    a.Reopen();
  };
  storage::MemoryDisk copy;
  put(a.disk(), copy);
  ASSERT_THAT(a.node().own().SetAddress(a.node().log(), "a.example:1",
                                        pair_.clock.Now()),
              IsOk());
  ASSERT_THAT(a.node().SayHello(pair_.b.id()), IsOk());
  put(copy, a.disk());
  EXPECT_FALSE(Gather().restore_needed);
  EXPECT_EQ(ReasonOf(a.node().SayHello(pair_.b.id())), Reason::kRestoreNeeded);
  EXPECT_TRUE(Gather().restore_needed);
}

TEST_F(DoctorFactsTest, ASetClockIsSeen) {
  EXPECT_LT(absl::AbsDuration(watch_.Jump()), absl::Seconds(60));
  pair_.clock.Advance(absl::Hours(1));
  EXPECT_GT(watch_.Jump(), absl::Minutes(59));
}

TEST_F(DoctorFactsTest, AFileThatOthersReadIsNamed) {
  std::ofstream(folder_ + "/node.key") << "key";
  ::chmod((folder_ + "/node.key").c_str(), 0640);
  EXPECT_THAT(Gather().open_files, Contains(HasSubstr("node.key must")));
}

TEST_F(DoctorFactsTest, ASocketOtherThanConfiguredIsNamed) {
  config_.office_socket = folder_ + "/run/office.sock";
  EXPECT_THAT(Gather().open_files, ElementsAre(HasSubstr("is not there")));
  std::filesystem::create_directory(folder_ + "/run");
  ::chmod((folder_ + "/run").c_str(), 0700);
  EXPECT_THAT(Gather().open_files, IsEmpty());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  config_.office_socket.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(
      ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(socket);
  ::chmod(config_.office_socket.c_str(), 0660);
  EXPECT_THAT(Gather().open_files, ElementsAre(HasSubstr("office.sock must")));
  ::chmod(config_.office_socket.c_str(), 0600);
  EXPECT_THAT(Gather().open_files, IsEmpty());
  ::chmod((folder_ + "/run").c_str(), 0733);
  EXPECT_THAT(Gather().open_files, ElementsAre(HasSubstr("the folder of")));
}

TEST_F(DoctorFactsTest, AGroupThatIsGoneIsFoundBeforeTheNextStart) {
  config_ = Must(ReadConfig(Write("")));
  EXPECT_EQ(GatherConfig().refusal, "");
  Write("office_socket = " + folder_ + "/office.sock\n" +
        "office_group = no-such-group\n");
  EXPECT_THAT(GatherConfig().refusal, HasSubstr("office_group names no group"));
}

TEST_F(DoctorFactsTest, NothingIsSaidOfAFileThatIsNotThere) {
  EXPECT_FALSE(Gather().config.has_value());
}

TEST_F(DoctorFactsTest, TheFileIsHeldAgainstWhatTheNodeRunsWith) {
  config_ = Must(ReadConfig(Write("listen_address = 10.0.0.1:7410\n")));
  const ConfigFacts same = GatherConfig();
  EXPECT_EQ(same.refusal, "");
  EXPECT_THAT(same.changed_keys, IsEmpty());
  EXPECT_FALSE(same.others_write);
  EXPECT_EQ(same.listen_address, "10.0.0.1:7410");
  EXPECT_FALSE(same.listens_here_only);

  Write("listen_address = 10.0.0.2:7410\ndelivery_threads = 4\n");
  EXPECT_THAT(GatherConfig().changed_keys, ElementsAre("listen_address"));

  Write("listen_adress = 10.0.0.1:7410\n");
  EXPECT_THAT(GatherConfig().refusal, HasSubstr("line 2: unknown key"));

  std::filesystem::remove(config_.file);
  EXPECT_THAT(GatherConfig().refusal, HasSubstr("cannot be read"));
}

TEST_F(DoctorFactsTest, AFileThatOthersMayChangeIsSeen) {
  config_ = Must(ReadConfig(Write("")));
  ::chmod(config_.file.c_str(), 0664);
  EXPECT_TRUE(GatherConfig().others_write);
}

TEST_F(DoctorFactsTest, APassphraseOnTheDiskOfTheDataAndOpenIsSeen) {
  const std::string passphrase = folder_ + "/passphrase";
  config_ = Must(ReadConfig(Write("passphrase_file = " + passphrase + "\n")));
  EXPECT_FALSE(GatherConfig().passphrase_beside);  // It is not there.
  std::ofstream(passphrase) << "secret";
  ::chmod(passphrase.c_str(), 0604);
  EXPECT_TRUE(GatherConfig().passphrase_beside);
  EXPECT_THAT(Gather().open_files, Contains(HasSubstr("the passphrase file")));
  config_.passphrase_file = "/proc/self/status";
  EXPECT_FALSE(GatherConfig().passphrase_beside);
}

TEST_F(DoctorFactsTest, AddressesThatLetNobodyInAreSeen) {
  config_ = Must(ReadConfig(Write("listen_address = 127.0.0.1:0\n")));
  EXPECT_TRUE(GatherConfig().listens_here_only);
  const auto tell = [&](const char* address) {
    ASSERT_THAT(pair_.a.node().own().SetAddress(pair_.a.node().log(), address,
                                                pair_.clock.Now()),
                IsOk());
  };
  tell("0.0.0.0:1");
  EXPECT_TRUE(GatherConfig().told_nowhere);
  tell("127.0.0.1:1");
  EXPECT_TRUE(GatherConfig().told_here_only);
  EXPECT_FALSE(GatherConfig().told_nowhere);
}

TEST(AnswersTest, OnlyWhereSomebodyListens) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  ASSERT_EQ(
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string here = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
  EXPECT_TRUE(Answers(here, kConnectTimeout));
  ::close(listener);
  EXPECT_FALSE(Answers(here, kConnectTimeout));
  EXPECT_FALSE(Answers("nowhere", kConnectTimeout));
}

}  // namespace
}  // namespace amparo::app
