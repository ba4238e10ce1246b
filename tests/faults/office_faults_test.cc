// SPDX-License-Identifier: Apache-2.0
//
// The main job of two offices, register, consent, propose, deliver, accept,
// disclose, withdraw, while the disk of one of them fails at its Nth
// operation. The node then crashes, with or without its power, and comes back
// on a sound disk. Everybody repeats what they had asked for, with the same
// request ids. What was acknowledged before is answered as it was; in the end
// everything has happened once, and nothing is half done.
//
// AMPARO_FAULT_RUNS is how many operations are tried per office and kind of
// fault, each unless set (20 in a sanitised build); AMPARO_SEED then says where
// they begin.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "node/app/fsck.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "tests/support/environment.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/office_pair.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

using storage::TableId;
using Fault = FaultyDisk::Fault;
using ::testing::IsEmpty;

#if defined(AMPARO_SANITIZED)
constexpr uint64_t kRuns = 20;
#else
constexpr uint64_t kRuns = 1000;  // More than there are: each one.
#endif
constexpr uint64_t kSeed = 20260112;
constexpr absl::Duration kBackOffAtMost = absl::Hours(2);

// The two offices as every run finds them, both down.
OfficePair& Ground() {
  static OfficePair* const ground = [] {
    auto* pair = new OfficePair();
    pair->a.Crash();
    pair->b.Crash();
    return pair;
  }();
  return *ground;
}

// The job of one person's referral. Its requests are made once.
class MainJob {
 public:
  MainJob(TestOffice& a, TestOffice& b, ManualClock& clock)
      : a_(a), b_(b), clock_(clock), registration_(a.Registration()) {}

  // Goes through all steps, those that were done already too, until one
  // fails.
  absl::Status Go() {
    for (const auto& [name, step] : steps_) {
      const absl::StatusOr<std::string> answer = (this->*step)();
      if (!answer.ok()) return answer.status();
      const auto [before, first] = answers_.try_emplace(name, *answer);
      if (!first && before->second != *answer) {
        wrongs_.push_back(absl::StrCat(name, " was answered otherwise before"));
      }
    }
    return absl::OkStatus();
  }
  size_t done() const { return answers_.size(); }
  const std::vector<std::string>& wrongs() const { return wrongs_; }

 private:
  using Answer = absl::StatusOr<std::string>;

  Answer Register() {
    ASSIGN_OR_RETURN(
        const cases::Case registered,
        a_.node().cases().Register(a_.caseworker(), registration_));
    number_ = registered.number.text();
    return number_;
  }
  Answer Give(Purpose purpose) {
    const auto request =
        requests_.try_emplace(purpose, a_.Consenting(number_, b_.id(), purpose))
            .first;
    ASSIGN_OR_RETURN(const ConsentId id, a_.node().consent().Give(
                                             a_.caseworker(), request->second));
    consents_.insert_or_assign(purpose, id);
    return id.hex();
  }
  Answer ConsentToReferral() { return Give(Purpose::kTransnationalReferral); }
  Answer ConsentToDisclosure() { return Give(Purpose::kIdentityDisclosure); }
  Answer Propose() {
    if (!proposal_.has_value()) proposal_ = a_.Proposal(number_, b_.id());
    ASSIGN_OR_RETURN(
        const referral::ReferralView view,
        a_.node().referrals().Propose(a_.caseworker(), *proposal_));
    referral_ = view.referral.id;
    return view.referral.id.hex();
  }
  Answer Arrive() {
    Carry();
    RETURN_IF_ERROR(
        b_.node().referrals().Show(b_.focal_point(), *referral_).status());
    return "at B";
  }
  Answer Accept() {
    RETURN_IF_ERROR(b_.node()
                        .referrals()
                        .Accept(b_.focal_point(), accept_, *referral_)
                        .status());
    return "accepted";
  }
  Answer LearnOfIt() {
    Carry();
    ASSIGN_OR_RETURN(const referral::ReferralView view,
                     a_.node().referrals().Show(a_.caseworker(), *referral_));
    if (view.referral.state == referral::State::kRequested ||
        view.referral.state == referral::State::kReceived) {
      return Error(Reason::kUnavailable, "the answer is not back");
    }
    return "accepted, as A knows";
  }
  Answer Disclose() {
    RETURN_IF_ERROR(
        a_.node()
            .referrals()
            .Disclose(a_.caseworker(), disclose_, *referral_,
                      {DataCategory::kNames, DataCategory::kDatesOfBirth})
            .status());
    return "disclosed";
  }
  Answer Open() {
    Carry();
    const absl::Status opened =
        b_.node()
            .referrals()
            .OpenDisclosure(b_.focal_point(), *referral_)
            .status();
    // What was recalled is not opened again; a withdrawal that got no answer
    // may have happened.
    const bool recalled = withdrawal_asked_ &&
                          ReasonOf(opened) == Reason::kWrongState &&
                          StateOf(opened) == "REVOKED";
    if (!recalled) RETURN_IF_ERROR(opened);
    return "opened";
  }
  Answer Withdraw() {
    withdrawal_asked_ = true;
    RETURN_IF_ERROR(
        a_.node()
            .consent()
            .Withdraw(
                a_.caseworker(),
                {withdraw_, consents_.at(Purpose::kTransnationalReferral)})
            .status());
    return "withdrawn";
  }
  Answer Recall() {
    Carry();
    ASSIGN_OR_RETURN(const referral::ReferralView view,
                     b_.node().referrals().Show(b_.focal_point(), *referral_));
    if (view.referral.state != referral::State::kRevoked) {
      return Error(Reason::kUnavailable, "the recall is not there");
    }
    return "recalled";
  }

  void Carry() {
    TestOffice* const both[] = {&a_, &b_};
    clock_.Advance(kBackOffAtMost);
    EXPECT_TRUE(RunUntilQuiet(both));
  }

  const std::vector<std::pair<std::string, Answer (MainJob::*)()>> steps_ = {
      {"register", &MainJob::Register},
      {"consent to a referral", &MainJob::ConsentToReferral},
      {"consent to a disclosure", &MainJob::ConsentToDisclosure},
      {"propose", &MainJob::Propose},
      {"arrive", &MainJob::Arrive},
      {"accept", &MainJob::Accept},
      {"learn of it", &MainJob::LearnOfIt},
      {"disclose", &MainJob::Disclose},
      {"open", &MainJob::Open},
      {"withdraw", &MainJob::Withdraw},
      {"recall", &MainJob::Recall},
  };
  TestOffice& a_;
  TestOffice& b_;
  ManualClock& clock_;
  const cases::RegisterRequest registration_;
  std::map<Purpose, consent::GiveRequest> requests_;
  std::optional<referral::ProposeRequest> proposal_;
  const RequestId accept_ = b_.NewRequest();
  const RequestId disclose_ = a_.NewRequest();
  const RequestId withdraw_ = a_.NewRequest();
  std::string number_;
  std::map<Purpose, ConsentId> consents_;
  std::optional<ReferralId> referral_;
  bool withdrawal_asked_ = false;
  std::map<std::string, std::string> answers_;
  std::vector<std::string> wrongs_;
};

struct Plan {
  bool at_b = false;
  Fault fault = Fault::kIoError;
  bool lasting = false;
  bool power_cut = false;
  uint64_t nth = 0;
};

std::string NameOf(const Plan& plan) {
  return absl::StrCat("at ", plan.at_b ? "B" : "A", " fault ",
                      static_cast<int>(plan.fault), " at operation ", plan.nth,
                      plan.lasting ? " for good" : " once",
                      plan.power_cut ? ", then a power cut" : "");
}

// Copies of both offices; one of them stands on a disk that fails.
class FaultyPair {
 public:
  explicit FaultyPair(const Plan& plan)
      : plan_(plan),
        victim_(plan.at_b ? b_ : a_),
        other_(plan.at_b ? a_ : b_),
        disk_(victim_.disk()) {
    victim_.StandOn(&disk_);
    other_.Reopen();
  }
  // The store goes before the disk that it stands on.
  ~FaultyPair() { victim_.Crash(); }
  FaultyPair(const FaultyPair&) = delete;
  FaultyPair& operator=(const FaultyPair&) = delete;

  FaultyDisk& disk() { return disk_; }
  // Steps that were done before the crash.
  size_t done_before() const { return done_before_; }
  // Operations until the crash that could have failed as planned.
  uint64_t operations() const { return operations_; }

  // Everything that is wrong in the end.
  std::vector<std::string> Go() {
    MainJob job(a_, b_, clock_);
    disk_.FailAt(plan_.nth, plan_.fault, plan_.lasting);
    if (victim_.TryReopen().ok()) {
      const absl::Status went = job.Go();
      if (!went.ok()) RefusesMore();
    }
    done_before_ = job.done();
    operations_ = disk_.operations(plan_.fault);
    victim_.Crash();
    disk_.Heal();
    if (plan_.power_cut) disk_.PowerCut(plan_.nth);
    const absl::Status opened = victim_.TryReopen();
    if (!opened.ok()) return {absl::StrCat("opening: ", opened.ToString())};
    const absl::Status went = job.Go();
    wrongs_.insert(wrongs_.end(), job.wrongs().begin(), job.wrongs().end());
    if (!went.ok()) wrongs_.push_back(absl::StrCat("again: ", went.ToString()));
    Judge();
    return wrongs_;
  }

 private:
  // A node whose disk failed a write says so and acknowledges nothing more.
  void RefusesMore() {
    if (victim_.store().writable()) return;
    const auto answer = victim_.node().cases().Register(victim_.caseworker(),
                                                        victim_.Registration());
    if (ReasonOf(answer.status()) != Reason::kStorageFailed) {
      wrongs_.push_back(absl::StrCat("acknowledged after a failure: ",
                                     answer.status().ToString()));
    }
  }
  void Count(const TestOffice& office, TableId table, size_t wanted) {
    const size_t rows = office.Rows(table);
    if (rows == wanted) return;
    wrongs_.push_back(absl::StrCat(office.name(), " has ", rows, " rows of ",
                                   storage::TableName(table), ", not ",
                                   wanted));
  }
  void Judge() {
    Count(a_, TableId::kCases, 1);
    Count(a_, TableId::kConsents, 2);
    Count(a_, TableId::kReferrals, 1);
    Count(a_, TableId::kOutbox, 0);
    Count(b_, TableId::kReferrals, 1);
    Count(b_, TableId::kDisclosures, 0);
    Count(b_, TableId::kOutbox, 0);
    for (TestOffice* const office : {&a_, &b_}) {
      const absl::Status log = office->node().log().Verify();
      if (!log.ok()) wrongs_.push_back(log.ToString());
      const auto moment = office->store().NewSnapshot();
      const auto checked =
          app::CheckNode(*moment, TestOffice::NodeKey(), office->random(),
                         clock_.Now(), /*threads=*/1);
      if (!checked.ok()) {
        wrongs_.push_back(checked.status().ToString());
      } else if (!checked->clean()) {
        wrongs_.push_back(app::Describe(*checked));
      }
    }
  }

  const Plan plan_;
  ManualClock clock_{Ground().clock.Now()};
  TestNetwork network_;
  TestOffice a_{Ground().a, 101, clock_, network_};
  TestOffice b_{Ground().b, 102, clock_, network_};
  TestOffice& victim_;
  TestOffice& other_;
  FaultyDisk disk_;
  size_t done_before_ = 0;
  uint64_t operations_ = 0;
  std::vector<std::string> wrongs_;
};

// How many operations the whole job needs at one office.
uint64_t OperationsOf(bool at_b, Fault fault) {
  Plan plan;
  plan.at_b = at_b;
  plan.fault = fault;
  plan.nth = 1000000000;
  FaultyPair pair(plan);
  EXPECT_THAT(pair.Go(), IsEmpty());
  EXPECT_EQ(pair.done_before(), 11u);
  return pair.operations();
}

void TryOperations(Fault fault) {
  const uint64_t seed = FromEnvironment("AMPARO_SEED", kSeed);
  const uint64_t runs = FromEnvironment("AMPARO_FAULT_RUNS", kRuns);
  std::cout << "AMPARO_SEED=" << seed << "\n";
  for (const bool at_b : {false, true}) {
    const uint64_t operations = OperationsOf(at_b, fault);
    const uint64_t stride = std::max<uint64_t>(1, operations / runs);
    size_t tried = 0;
    for (uint64_t nth = 1 + seed % stride; nth <= operations; nth += stride) {
      Plan plan;
      plan.at_b = at_b;
      plan.fault = fault;
      plan.lasting = tried % 2 == 0;
      plan.power_cut = tried / 2 % 2 == 0;
      plan.nth = nth;
      FaultyPair pair(plan);
      EXPECT_THAT(pair.Go(), IsEmpty()) << NameOf(plan);
      EXPECT_TRUE(pair.disk().failed()) << NameOf(plan);
      ++tried;
    }
    std::cout << (at_b ? "B: " : "A: ") << operations << " operations, "
              << tried << " tried\n";
  }
}

TEST(OfficeFaultsTest, SurvivesIoErrors) { TryOperations(Fault::kIoError); }
TEST(OfficeFaultsTest, SurvivesAFullDisk) { TryOperations(Fault::kNoSpace); }
TEST(OfficeFaultsTest, SurvivesShortWrites) {
  TryOperations(Fault::kShortWrite);
}

// Canary: a drive that answers before it has written is found out.
TEST(OfficeFaultsTest, AnOfficeThatAnswersBeforeItIsSyncedIsFound) {
  Plan plan;
  plan.at_b = true;
  plan.nth = 1000000000;
  int found = 0;
  for (int round = 0; round < 3; ++round, ++plan.nth) {
    plan.power_cut = true;
    FaultyPair pair(plan);
    pair.disk().LieAboutSync();
    found += pair.Go().empty() ? 0 : 1;
  }
  EXPECT_GT(found, 0);
}

}  // namespace
}  // namespace amparo
