// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/hostile/shared_federation.h"

#include <memory>

#include "tests/support/status_matchers.h"

namespace amparo::hostile {
namespace {

class Shared final : public testing::Environment {
 public:
  // Null when it does not start.
  Federation* Get() {
    if (federation_ == nullptr && !failed_) {
      auto started = Federation::Start();
      EXPECT_THAT(started, IsOk());
      failed_ = !started.ok();
      if (started.ok()) federation_ = *std::move(started);
    }
    return federation_.get();
  }
  void TearDown() override { federation_.reset(); }

 private:
  bool failed_ = false;
  std::unique_ptr<Federation> federation_;
};

// GoogleTest deletes it.
Shared* const kShared = [] {
  auto* const shared = new Shared();
  testing::AddGlobalTestEnvironment(shared);
  return shared;
}();

}  // namespace

void SharedFederationTest::SetUp() {
  all_ = kShared->Get();
  ASSERT_NE(all_, nullptr);
}

peer::v1::DeliverOutcome SharedFederationTest::Send(const std::string& letter) {
  const auto outcome = all().NewLine().Deliver(letter);
  EXPECT_THAT(outcome, IsOk());
  return outcome.ok() ? *outcome : peer::v1::DeliverOutcome();
}

std::string SharedFederationTest::ExpectTaken(const std::string& letter) {
  const peer::v1::DeliverOutcome outcome = Send(letter);
  EXPECT_EQ(OutcomeName(outcome), "RECEIPT");
  return outcome.receipt().SerializeAsString();
}

void SharedFederationTest::ExpectRefused(const std::string& letter,
                                         Reason reason) {
  ExpectRefusal("letter_refused", reason, [&] {
    const absl::string_view name = ReasonName(reason);
    EXPECT_EQ(OutcomeName(Send(letter)), std::string(name.data(), name.size()));
  });
}

void SharedFederationTest::ExpectNothingStored(
    const std::function<void()>& attack,
    const std::set<storage::TableId>& except) {
  const auto before = all().NodePicture();
  ASSERT_THAT(before, IsOk());
  attack();
  const auto after = all().NodePicture();
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(Difference(*before, *after, except), "");
  EXPECT_THAT(all().HonestReferralPasses(), IsOk());
}

void SharedFederationTest::ExpectRefusal(
    const char* event, Reason reason, const std::function<void()>& attack,
    const std::set<storage::TableId>& except) {
  const size_t mark = all().LogMark();
  ExpectNothingStored(attack, except);
  EXPECT_TRUE(all().Logged(mark, event, reason)) << all().LogSince(mark);
}

}  // namespace amparo::hostile
