// SPDX-License-Identifier: Apache-2.0
//
// A real node on a real disk that fills up: a file system in memory of a few
// megabytes, seen by this test alone. Needs the right to mount; without it the
// test says so and is skipped, and tests/faults/office_faults_test.cc stands
// for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

#include "amparo/office/v1/cases.grpc.pb.h"
#include "node/base/errors.h"
#include "tests/support/office_process.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

namespace v1 = office::v1;

constexpr int kCasesAtMost = 20000;
constexpr absl::Duration kEnds = absl::Seconds(60);

class FullDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    disk_ = folder_.path() + "/disk";
    ASSERT_EQ(::mkdir(disk_.c_str(), 0700), 0);
    // What is mounted below is seen by this process and its children only.
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", disk_.c_str(), "tmpfs", 0, "size=4m,mode=0700") != 0) {
      GTEST_SKIP() << "this user may not mount";
    }
    auto started =
        OfficeProcess::Start(disk_ + "/office", {}, {v1::ROLE_CASEWORKER});
    ASSERT_THAT(started, IsOk());
    office_ = *std::move(started);
  }
  void TearDown() override {
    office_.reset();
    ::umount2(disk_.c_str(), MNT_DETACH);
  }
  void GrowDisk() {
    ASSERT_EQ(::mount("none", disk_.c_str(), "tmpfs", MS_REMOUNT, "size=256m"),
              0);
  }
  absl::Status Find(const std::string& number) {
    v1::GetCaseRequest request;
    request.set_number(number);
    return office_->caseworker()
        .Call(&v1::CaseService::Stub::GetCase, request)
        .status();
  }

  ScratchFolder folder_;
  std::string disk_;
  std::unique_ptr<OfficeProcess> office_;
};

TEST_F(FullDiskTest, NothingAcknowledgedIsLostAndRoomBringsTheNodeBack) {
  std::vector<std::string> numbers;
  absl::Status refused;
  while (refused.ok() && numbers.size() < kCasesAtMost) {
    const auto number = Register(*office_, AnIdentity());
    refused = number.status();
    if (number.ok()) numbers.push_back(*number);
  }
  EXPECT_EQ(ReasonOf(refused), Reason::kStorageFailed) << refused;
  EXPECT_GT(numbers.size(), 10u);
  // It reads on, acknowledges nothing more, and lives.
  EXPECT_THAT(Find(numbers.front()), IsOk());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ReasonOf(Register(*office_, AnIdentity()).status()),
              Reason::kStorageFailed);
  }
  EXPECT_TRUE(office_->node().Running());

  // Started again while the disk is still full: serves or says why not.
  office_->node().Kill();
  const absl::Status again = office_->node().Start();
  if (!again.ok()) {
    EXPECT_THAT(std::string(again.message()),
                testing::HasSubstr("STORAGE_FAILED"));
  }
  office_->node().Kill();

  GrowDisk();
  ASSERT_THAT(office_->node().Start(), IsOk());
  for (const std::string& number : numbers) {
    ASSERT_THAT(Find(number), IsOk()) << number;
  }
  EXPECT_THAT(Register(*office_, AnIdentity()), IsOk());
  EXPECT_EQ(office_->node().Terminate(kEnds), 0);
  const auto checked = RunToEnd(
      {AmparodPath(), "fsck", "--config", office_->node().config()}, kEnds);
  ASSERT_THAT(checked, IsOk());
  EXPECT_EQ(checked->code, 0) << checked->output;
  std::cout << numbers.size() << " cases before the disk was full\n";
}

}  // namespace
}  // namespace amparo
