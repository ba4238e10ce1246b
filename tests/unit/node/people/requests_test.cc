// SPDX-License-Identifier: Apache-2.0
#include "node/people/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/people/attempts.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/people/test_office.h"

namespace amparo::people {
namespace {

class RequestsTest : public testing::Test {
 protected:
  absl::Status Keep(const RequestId& request, absl::string_view body,
                    absl::string_view answer) {
    storage::Batch batch;
    const absl::Status status = requests_.Remember(
        batch, person_, request, BodyDigest("Verb", body), answer);
    if (!status.ok()) return status;
    return office_.store->Commit(batch).status();
  }
  absl::StatusOr<std::optional<std::string>> Find(const RequestId& request,
                                                  absl::string_view body) {
    return requests_.Find(person_, request, BodyDigest("Verb", body));
  }

  TestOffice office_;
  const Requests requests_{*office_.store, *office_.vault, office_.clock};
  const PersonId person_ = *PersonId::FromBytes(std::string(16, 'p'));
  const RequestId request_ = *RequestId::FromBytes(std::string(16, 'r'));
};

TEST_F(RequestsTest, AnswerIsKeptForTheSameRequest) {
  EXPECT_THAT(Find(request_, "body"), IsOkAndHolds(std::nullopt));
  ASSERT_THAT(Keep(request_, "body", "answer"), IsOk());
  EXPECT_THAT(Find(request_, "body"),
              IsOkAndHolds(std::optional<std::string>("answer")));
}

TEST_F(RequestsTest, SameIdWithAnotherBodyIsRefused) {
  ASSERT_THAT(Keep(request_, "body", "answer"), IsOk());
  EXPECT_EQ(ReasonOf(Find(request_, "other").status()),
            Reason::kRequestIdReused);
  EXPECT_NE(BodyDigest("Verb", "body"), BodyDigest("Other", "body"));
  EXPECT_NE(BodyDigest("Verb", "body"), BodyDigest("Verbb", "ody"));
}

TEST_F(RequestsTest, AnotherPersonHasOtherRequests) {
  ASSERT_THAT(Keep(request_, "body", "answer"), IsOk());
  EXPECT_THAT(requests_.Find(*PersonId::FromBytes(std::string(16, 'q')),
                             request_, BodyDigest("Verb", "other")),
              IsOkAndHolds(std::nullopt));
}

TEST_F(RequestsTest, AnswerIsForgottenAfterItsTime) {
  ASSERT_THAT(Keep(request_, "body", "answer"), IsOk());
  office_.clock.Advance(limits::kRequestIdMemory);
  EXPECT_THAT(Find(request_, "body"),
              IsOkAndHolds(std::optional<std::string>("answer")));
  office_.clock.Advance(absl::Milliseconds(1));
  EXPECT_THAT(Find(request_, "body"), IsOkAndHolds(std::nullopt));
  // The id can be used again, for something else.
  ASSERT_THAT(Keep(request_, "other", "second"), IsOk());
  EXPECT_THAT(Find(request_, "other"),
              IsOkAndHolds(std::optional<std::string>("second")));
}

TEST_F(RequestsTest, TwoAnswersToOneRequestConflict) {
  storage::Batch first;
  storage::Batch second;
  for (storage::Batch* batch : {&first, &second}) {
    ASSERT_THAT(requests_.Remember(*batch, person_, request_,
                                   BodyDigest("Verb", "b"), "a"),
                IsOk());
  }
  EXPECT_THAT(office_.store->Commit(first), IsOk());
  EXPECT_EQ(ReasonOf(office_.store->Commit(second).status()),
            Reason::kVersionConflict);
}

TEST_F(RequestsTest, EmptyRequestIsNotKept) {
  storage::Batch batch;
  ASSERT_THAT(requests_.Remember(batch, person_, RequestId(), "", "a"), IsOk());
  EXPECT_TRUE(batch.empty());
  EXPECT_THAT(requests_.Find(person_, RequestId(), ""),
              IsOkAndHolds(std::nullopt));
}

TEST_F(RequestsTest, SweepDeletesOnlyWhatLapsed) {
  ASSERT_THAT(Keep(request_, "body", "old"), IsOk());
  office_.clock.Advance(limits::kRequestIdMemory + absl::Hours(1));
  const RequestId young = *RequestId::FromBytes(std::string(16, 'y'));
  ASSERT_THAT(Keep(young, "body", "young"), IsOk());
  storage::Batch batch;
  EXPECT_THAT(requests_.Sweep(batch, 10), IsOkAndHolds(size_t{1}));
  ASSERT_THAT(office_.store->Commit(batch), IsOk());
  EXPECT_EQ(office_.Rows(storage::TableId::kRequests).size(), 1u);
  EXPECT_THAT(Find(young, "body"),
              IsOkAndHolds(std::optional<std::string>("young")));
}

TEST(AttemptsTest, DelayBeginsAfterTheFreeOnesAndDoubles) {
  Attempts attempts;
  absl::Time now = absl::FromUnixSeconds(1735689600);
  for (int i = 0; i < limits::kSignInFailuresMax; ++i) {
    EXPECT_THAT(attempts.Begin("a", now), IsOk());
  }
  EXPECT_EQ(ReasonOf(attempts.Begin("a", now)), Reason::kSignInThrottled);
  absl::Duration delay = absl::Seconds(1);
  for (int i = 0; i < 14; ++i) {
    EXPECT_EQ(ReasonOf(attempts.Begin("a", now + delay - absl::Seconds(1))),
              Reason::kSignInThrottled);
    now += delay;
    EXPECT_THAT(attempts.Begin("a", now), IsOk()) << i;
    delay = std::min(kAttemptDelayMax, 2 * delay);
  }
  EXPECT_EQ(delay, kAttemptDelayMax);
}

TEST(AttemptsTest, KeysDoNotTouchEachOther) {
  Attempts attempts;
  const absl::Time now = absl::FromUnixSeconds(1735689600);
  for (int i = 0; i < 100; ++i) (void)attempts.Begin("stranger", now);
  EXPECT_EQ(ReasonOf(attempts.Begin("stranger", now)),
            Reason::kSignInThrottled);
  EXPECT_THAT(attempts.Begin("device", now), IsOk());
}

TEST(AttemptsTest, SuccessAndTimeForget) {
  Attempts attempts;
  const absl::Time now = absl::FromUnixSeconds(1735689600);
  for (int i = 0; i < 10; ++i) ASSERT_THAT(attempts.Begin("a", now), IsOk());
  ASSERT_FALSE(attempts.Begin("a", now).ok());
  attempts.Succeeded("a");
  for (int i = 0; i < 10; ++i) EXPECT_THAT(attempts.Begin("a", now), IsOk());
  const absl::Time later = now + kAttemptMemory + absl::Seconds(1);
  for (int i = 0; i < 10; ++i) EXPECT_THAT(attempts.Begin("a", later), IsOk());
}

TEST(AttemptsTest, ClockTurnedBackDoesNotLockOut) {
  Attempts attempts;
  const absl::Time now = absl::FromUnixSeconds(1735689600);
  for (int i = 0; i < 10; ++i) ASSERT_THAT(attempts.Begin("a", now), IsOk());
  const absl::Time before = now - absl::Hours(24 * 365);
  EXPECT_EQ(ReasonOf(attempts.Begin("a", before)), Reason::kSignInThrottled);
  EXPECT_THAT(attempts.Begin("a", before + absl::Seconds(1)), IsOk());
}

TEST(AttemptsTest, MemoryIsBounded) {
  Attempts attempts;
  const absl::Time now = absl::FromUnixSeconds(1735689600);
  for (int i = 0; i < 10; ++i) ASSERT_THAT(attempts.Begin("old", now), IsOk());
  for (size_t i = 0; i < kAttemptKeysMax; ++i) {
    ASSERT_THAT(attempts.Begin(std::to_string(i), now), IsOk());
  }
  // The oldest gave way and begins anew.
  EXPECT_THAT(attempts.Begin("old", now), IsOk());
}

}  // namespace
}  // namespace amparo::people
