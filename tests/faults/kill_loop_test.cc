// SPDX-License-Identifier: Apache-2.0
//
// Invariants 1 and 4 of the exchange on real processes: while one office refers
// and the other accepts without a pause, both nodes are killed (kill -9) at
// random moments and started again. In the end each referral that was
// acknowledged is at the receiver exactly once and DELIVERED at the sender,
// none lost, none twice; and each acknowledged acceptance stands at both.
//
// AMPARO_SEED repeats the moments of a run; what the machine makes of them
// differs. AMPARO_KILLS is how many there are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "amparo/office/v1/referral.grpc.pb.h"
#include "node/base/errors.h"
#include "tests/support/environment.h"
#include "tests/support/office_process.h"
#include "tests/support/process_pair.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

namespace v1 = office::v1;
using ::testing::SizeIs;

constexpr uint64_t kSeed = 20260112;
// A sanitised node takes many times as long to start.
#if defined(AMPARO_SANITIZED)
constexpr int kKills = 40;
#else
constexpr int kKills = 300;
#endif
constexpr int64_t kServesAtMostMs = 200;
constexpr int64_t kStartsAtMostMs = 300;
// A pause between two referrals, so that thousands and not tens of thousands
// have to be counted in the end.
constexpr absl::Duration kBetweenReferrals = absl::Milliseconds(10);
constexpr absl::Duration kArrival = absl::Seconds(180);

// A call that breaks off is repeated with the same request id, as the command
// line does.
bool BrokeOff(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsCancelled(status);
}

// Refers one person again and again until stopped.
class Sender {
 public:
  Sender(OfficeProcess& from, std::string case_number, std::string peer)
      : person_(from.caseworker()),
        case_number_(std::move(case_number)),
        peer_(std::move(peer)) {
    thread_ = std::thread([this] { Run(); });
  }
  ~Sender() { Stop(); }

  void Stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::vector<std::string> acknowledged() {
    absl::MutexLock lock(&mutex_);
    return acknowledged_;
  }
  std::vector<absl::Status> refused() {
    absl::MutexLock lock(&mutex_);
    return refused_;
  }
  int broken() const { return broken_; }

 private:
  void Run() {
    while (!stopping_) {
      Send(AProposal(case_number_, peer_));
      Eventually(kBetweenReferrals, [this] { return stopping_.load(); });
    }
  }
  void Send(const v1::ProposeReferralRequest& request) {
    while (true) {
      const auto response =
          person_.Call(&v1::ReferralService::Stub::ProposeReferral, request);
      if (BrokeOff(response.status())) {
        ++broken_;
        continue;
      }
      absl::MutexLock lock(&mutex_);
      if (response.ok()) {
        acknowledged_.push_back(response->referral().referral_id());
      } else {
        refused_.push_back(response.status());
      }
      return;
    }
  }

  const Someone person_;
  const std::string case_number_;
  const std::string peer_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> broken_{0};
  absl::Mutex mutex_;
  std::vector<std::string> acknowledged_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::Status> refused_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// Accepts, one after the other, what the sender had acknowledged, as soon as it
// is here.
class Answerer {
 public:
  Answerer(OfficeProcess& at, Sender& sender)
      : person_(at.focal_point()), sender_(sender) {
    thread_ = std::thread([this] { Run(); });
  }
  ~Answerer() { Stop(); }

  void Stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int count() const { return count_; }
  // After Stop().
  const std::set<std::string>& accepted() const { return accepted_; }
  const std::vector<absl::Status>& refused() const { return refused_; }

 private:
  void Run() {
    for (size_t next = 0; !stopping_;) {
      const std::vector<std::string> referrals = sender_.acknowledged();
      if (next == referrals.size()) {
        Eventually(kBetweenReferrals, [this] { return stopping_.load(); });
        continue;
      }
      Accept(referrals[next++]);
    }
  }
  void Accept(const std::string& referral) {
    v1::AcceptReferralRequest request;
    request.set_request_id(NewRequestId());
    request.set_referral_id(referral);
    while (true) {
      const absl::Status status =
          person_.Call(&v1::ReferralService::Stub::AcceptReferral, request)
              .status();
      if (status.ok()) {
        accepted_.insert(referral);
        ++count_;
        return;
      }
      if (BrokeOff(status)) continue;
      if (ReasonOf(status) != Reason::kNotAllowed) {
        refused_.push_back(status);
        return;
      }
      // On its way: what is not there answers so.
      if (Eventually(kBetweenReferrals, [this] { return stopping_.load(); })) {
        return;
      }
    }
  }

  const Someone person_;
  Sender& sender_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> count_{0};
  std::set<std::string> accepted_;
  std::vector<absl::Status> refused_;
  std::thread thread_;
};

class KillLoopTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = ProcessPair::Start();
    ASSERT_THAT(started, IsOk());
    pair_ = *std::move(started);
    a_ = &pair_->a();
    b_ = &pair_->b();
    const auto person = ProcessPair::NewCase(*a_, *b_);
    ASSERT_THAT(person, IsOk());
    case_ = person->number;
  }

  void Pause(int64_t most_ms) {
    Eventually(absl::Milliseconds(
                   std::uniform_int_distribution<int64_t>(0, most_ms)(draw_)),
               [] { return false; });
  }
  bool OneIn(int n) {
    return std::uniform_int_distribution<int>(1, n)(draw_) == 1;
  }

  // Kills a node; sometimes again while it starts; then it serves.
  void KillAndRestart(NodeProcess& node) {
    node.Kill();
    ++kills_;
    while (OneIn(2)) {
      ASSERT_THAT(node.Launch(), IsOk());
      Pause(kStartsAtMostMs);
      node.Kill();
      ++kills_;
    }
    ASSERT_THAT(node.Start(), IsOk());
  }

  std::mt19937_64 draw_{FromEnvironment("AMPARO_SEED", kSeed)};
  const int wanted_ = static_cast<int>(FromEnvironment("AMPARO_KILLS", kKills));
  int kills_ = 0;
  std::unique_ptr<ProcessPair> pair_;
  OfficeProcess* a_ = nullptr;
  OfficeProcess* b_ = nullptr;
  std::string case_;
};

TEST_F(KillLoopTest, NoneLostNoneTwice) {
  std::cout << "AMPARO_SEED=" << FromEnvironment("AMPARO_SEED", kSeed) << "\n";
  Sender sender(*a_, case_, b_->id());
  Answerer answerer(*b_, sender);
  // A slow machine has less time between kills to accept anything.
  while (kills_ < wanted_ || answerer.count() == 0) {
    Pause(kServesAtMostMs);
    if (OneIn(4)) {
      ASSERT_NO_FATAL_FAILURE(KillAndRestart(a_->node()));
    } else {
      ASSERT_NO_FATAL_FAILURE(KillAndRestart(b_->node()));
    }
  }
  sender.Stop();
  answerer.Stop();
  EXPECT_THAT(sender.refused(), SizeIs(0));
  EXPECT_THAT(answerer.refused(), SizeIs(0));
  const std::set<std::string>& accepted = answerer.accepted();
  EXPECT_FALSE(accepted.empty());
  const std::vector<std::string> acknowledged = sender.acknowledged();
  EXPECT_GT(acknowledged.size(), static_cast<size_t>(kills_));

  std::vector<v1::Referral> sent;
  EXPECT_TRUE(Eventually(kArrival, [&] {
    auto all = AllReferrals(a_->caseworker());
    if (!all.ok()) return false;
    sent = *std::move(all);
    return std::all_of(sent.begin(), sent.end(), [&](const auto& referral) {
      return HasReceipt(referral, "DELIVERED", "REFERRAL_REQUEST") &&
             (accepted.count(referral.referral_id()) == 0 ||
              referral.state() == v1::REFERRAL_STATE_ACCEPTED);
    });
  }));
  const auto received = AllReferrals(b_->focal_point());
  ASSERT_THAT(received, IsOk());
  std::map<std::string, int> at_a;
  std::map<std::string, int> at_b;
  for (const v1::Referral& referral : sent) ++at_a[referral.referral_id()];
  for (const v1::Referral& referral : *received) {
    ++at_b[referral.referral_id()];
    EXPECT_TRUE(accepted.count(referral.referral_id()) == 0 ||
                referral.state() == v1::REFERRAL_STATE_ACCEPTED)
        << "an acknowledged acceptance was lost";
  }
  // Each acknowledgement is one referral; a repeated request made no second.
  EXPECT_EQ(at_a.size(), acknowledged.size());
  EXPECT_EQ(sent.size(), acknowledged.size());
  for (const std::string& id : acknowledged) {
    EXPECT_EQ(at_a[id], 1) << "at the sender " << id;
    EXPECT_EQ(at_b[id], 1) << "at the receiver " << id;
  }
  // Nothing arrived that was not sent.
  EXPECT_EQ(received->size(), acknowledged.size());
  std::cout << kills_ << " kills, " << acknowledged.size()
            << " referrals acknowledged, " << sender.broken()
            << " calls broken off, " << received->size() << " arrived, "
            << accepted.size() << " accepted\n";
  for (OfficeProcess* const office : {a_, b_}) {
    EXPECT_EQ(office->node().Terminate(absl::Seconds(60)), 0);
    const auto checked =
        RunToEnd({AmparodPath(), "fsck", "--config", office->node().config()},
                 absl::Seconds(120));
    ASSERT_THAT(checked, IsOk());
    EXPECT_EQ(checked->code, 0) << office->name() << ": " << checked->output;
  }
}

}  // namespace
}  // namespace amparo
