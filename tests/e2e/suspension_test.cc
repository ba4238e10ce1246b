// SPDX-License-Identifier: Apache-2.0
//
// A suspension bites on the very next letter, in both directions, while the
// connection stays and protective letters pass.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "amparo/office/v1/consent.grpc.pb.h"
#include "amparo/office/v1/peering.grpc.pb.h"
#include "node/base/errors.h"
#include "tests/support/office_process.h"
#include "tests/support/process_pair.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

namespace v1 = office::v1;
using ::testing::SizeIs;

constexpr absl::Duration kArrival = absl::Seconds(60);

class SuspensionTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = ProcessPair::Start();
    ASSERT_THAT(started, IsOk());
    pair_ = *std::move(started);
    a_ = &pair_->a();
    b_ = &pair_->b();
    const auto at_a = ProcessPair::NewCase(*a_, *b_);
    ASSERT_THAT(at_a, IsOk());
    case_at_a_ = at_a->number;
    consent_at_a_ = at_a->consent;
    const auto at_b = ProcessPair::NewCase(*b_, *a_);
    ASSERT_THAT(at_b, IsOk());
    case_at_b_ = at_b->number;
  }

  // At A, about B.
  absl::Status Suspend() {
    v1::SuspendPeerRequest request;
    request.set_request_id(NewRequestId());
    request.set_office_id(b_->id());
    return a_->administrator()
        .Call(&v1::PeeringAdminService::Stub::SuspendPeer, request)
        .status();
  }
  absl::Status Resume() {
    v1::ResumePeerRequest request;
    request.set_request_id(NewRequestId());
    request.set_office_id(b_->id());
    const auto resumed = a_->administrator().Call(
        &v1::PeeringAdminService::Stub::ResumePeer, request);
    if (!resumed.ok()) return resumed.status();
    EXPECT_EQ(resumed->peer().state(), v1::PEER_STATE_SUSPENDED);
    v1::ConfirmPeerRequest confirm;
    confirm.set_request_id(NewRequestId());
    confirm.set_office_id(b_->id());
    confirm.set_safety_number(resumed->peer().safety_number());
    return a_->officer()
        .Call(&v1::PeeringAdminService::Stub::ConfirmPeer, confirm)
        .status();
  }
  std::vector<v1::Referral> IncomingAtA() {
    const auto all = AllReferrals(a_->focal_point());
    EXPECT_THAT(all, IsOk());
    std::vector<v1::Referral> incoming;
    if (!all.ok()) return incoming;
    for (const v1::Referral& referral : *all) {
      if (referral.direction() == v1::REFERRAL_DIRECTION_INCOMING) {
        incoming.push_back(referral);
      }
    }
    return incoming;
  }
  int64_t LastHello() {
    v1::GetPeerRequest request;
    request.set_office_id(b_->id());
    const auto peer = a_->administrator().Call(
        &v1::PeeringAdminService::Stub::GetPeer, request);
    return peer.ok() ? peer->peer().last_hello_at_ms() : 0;
  }

  std::unique_ptr<ProcessPair> pair_;
  OfficeProcess* a_ = nullptr;
  OfficeProcess* b_ = nullptr;
  std::string case_at_a_;
  std::string case_at_b_;
  std::string consent_at_a_;
};

TEST_F(SuspensionTest, BitesOnTheNextLetterAndLetsProtectiveOnesPass) {
  const auto outgoing = Refer(*a_, case_at_a_, *b_);
  ASSERT_THAT(outgoing, IsOk());
  ASSERT_TRUE(IsDelivered(a_->caseworker(), *outgoing, kArrival));
  const auto incoming = Refer(*b_, case_at_b_, *a_);
  ASSERT_THAT(incoming, IsOk());
  ASSERT_TRUE(IsDelivered(b_->caseworker(), *incoming, kArrival));

  ASSERT_THAT(Suspend(), IsOk());
  EXPECT_EQ(ReasonOf(Refer(*a_, case_at_a_, *b_).status()),
            Reason::kPeerSuspended);
  // B was not told to stop; what it sends is refused at A and stays with B.
  const size_t said_before = FileText(a_->node().log()).size();
  const auto refused = Refer(*b_, case_at_b_, *a_);
  ASSERT_THAT(refused, IsOk());
  EXPECT_TRUE(Eventually(kArrival, [&] {
    const std::string said = FileText(a_->node().log()).substr(said_before);
    return said.find("\"letter_refused\"") != std::string::npos &&
           said.find("\"PEER_SUSPENDED\"") != std::string::npos;
  }));
  EXPECT_FALSE(IsDelivered(b_->caseworker(), *refused, absl::ZeroDuration()));
  EXPECT_THAT(IncomingAtA(), SizeIs(1));

  // The connection is not cut: greetings go on.
  const int64_t before = LastHello();
  EXPECT_TRUE(Eventually(kArrival, [&] { return LastHello() > before; }));

  // A recall passes.
  v1::WithdrawConsentRequest withdraw;
  withdraw.set_request_id(NewRequestId());
  withdraw.set_consent_id(consent_at_a_);
  ASSERT_THAT(a_->caseworker().Call(&v1::ConsentService::Stub::WithdrawConsent,
                                    withdraw),
              IsOk());
  EXPECT_TRUE(Eventually(kArrival, [&] {
    const auto there = Show(b_->focal_point(), *outgoing);
    return there.ok() && there->state() == v1::REFERRAL_STATE_REVOKED;
  }));

  // Two persons end it; then the letter that waited arrives, once.
  ASSERT_THAT(Resume(), IsOk());
  EXPECT_TRUE(IsDelivered(b_->caseworker(), *refused, kArrival));
  EXPECT_THAT(IncomingAtA(), SizeIs(2));
}

}  // namespace
}  // namespace amparo
