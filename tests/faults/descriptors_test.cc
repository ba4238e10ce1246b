// SPDX-License-Identifier: Apache-2.0
//
// A siege by connections that say nothing, against a node with few
// descriptors: it keeps the connections it has, its files and its people,
// sends strangers away, and lets peers in again when the siege is over. And a
// table of descriptors that is full to the last.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/loopback_line.h"
#include "tests/support/office_process.h"
#include "tests/support/process_pair.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

constexpr rlim_t kDescriptors = 200;
constexpr size_t kLines = 250;
constexpr absl::Duration kArrival = absl::Seconds(60);

class DescriptorsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = ProcessPair::Start();
    ASSERT_THAT(started, IsOk());
    pair_ = *std::move(started);
    const auto person = ProcessPair::NewCase(pair_->a(), pair_->b());
    ASSERT_THAT(person, IsOk());
    case_ = person->number;
  }

  // From now on node B may open so many.
  void LimitB(rlim_t descriptors = kDescriptors) {
    const rlimit limit{descriptors, kDescriptors};
    ASSERT_EQ(
        ::prlimit(pair_->b().node().pid(), RLIMIT_NOFILE, &limit, nullptr), 0);
  }
  // The descriptor that B would be given next.
  rlim_t NextOfB() {
    rlim_t next = 0;
    while (std::filesystem::is_symlink(
        absl::StrCat("/proc/", pair_->b().node().pid(), "/fd/", next))) {
      ++next;
    }
    return next;
  }
  void Besiege() {
    while (lines_.size() < kLines) {
      lines_.push_back(std::make_unique<Line>(pair_->b().node().port()));
    }
  }
  // How many of the besiegers were sent away. They come again.
  size_t SentAway() {
    size_t away = 0;
    for (auto& line : lines_) {
      if (!line->Closed()) continue;
      ++away;
      line = std::make_unique<Line>(pair_->b().node().port());
    }
    return away;
  }
  bool Arrives(absl::Duration within) {
    const auto referral = Refer(pair_->a(), case_, pair_->b());
    EXPECT_THAT(referral, IsOk());
    return referral.ok() &&
           IsDelivered(pair_->a().caseworker(), *referral, within);
  }

  std::unique_ptr<ProcessPair> pair_;
  std::string case_;
  std::vector<std::unique_ptr<Line>> lines_;
};

TEST_F(DescriptorsTest, ASiegeIsOutlived) {
  ASSERT_TRUE(Arrives(kArrival));
  LimitB();
  Besiege();
  EXPECT_TRUE(Eventually(kArrival, [this] { return SentAway() > 0; }));
  EXPECT_TRUE(absl::StrContains(FileText(pair_->b().node().log()),
                                "\"connections_full\""));
  // What is open stays open, and what is sent over it is stored.
  for (int i = 0; i < 5; ++i) {
    SentAway();
    EXPECT_TRUE(Arrives(kArrival)) << i;
  }
  // Its own people still connect.
  const auto listed = AllReferrals(pair_->b().focal_point());
  ASSERT_THAT(listed, IsOk());
  EXPECT_EQ(listed->size(), 6u);
  EXPECT_TRUE(pair_->b().node().Running());

  lines_.clear();
  // A peer that has to connect anew.
  pair_->a().node().Kill();
  ASSERT_THAT(pair_->a().node().Start(), IsOk());
  EXPECT_TRUE(Arrives(kArrival));
  EXPECT_EQ(pair_->b().node().Terminate(kArrival), 0);
}

// Nothing can be opened any more, neither a connection nor a file: what is open
// goes on, nobody is let in who would find no room, and nothing is lost.
TEST_F(DescriptorsTest, WithAFullTableWhatIsOpenGoesOn) {
  ASSERT_TRUE(Arrives(kArrival));
  ASSERT_THAT(AllReferrals(pair_->b().focal_point()), IsOk());
  LimitB(NextOfB());
  while (lines_.size() < kLines) {
    lines_.push_back(std::make_unique<Line>(pair_->b().node().port()));
  }
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Arrives(kArrival)) << i;
  EXPECT_TRUE(pair_->b().node().Running());
  lines_.clear();

  LimitB();
  pair_->a().node().Kill();
  ASSERT_THAT(pair_->a().node().Start(), IsOk());
  EXPECT_TRUE(Arrives(kArrival));
  const auto listed = AllReferrals(pair_->b().focal_point());
  ASSERT_THAT(listed, IsOk());
  EXPECT_EQ(listed->size(), 7u);
  EXPECT_EQ(pair_->b().node().Terminate(kArrival), 0);
  const auto checked =
      RunToEnd({AmparodPath(), "fsck", "--config", pair_->b().node().config()},
               kArrival);
  ASSERT_THAT(checked, IsOk());
  EXPECT_EQ(checked->code, 0) << checked->output;
}

}  // namespace
}  // namespace amparo
