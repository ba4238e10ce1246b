// SPDX-License-Identifier: Apache-2.0
#include "node/region/region_letters.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/node/region/office_and_region.h"

namespace amparo::region {
namespace {

using statistics::ExampleCounts;
using statistics::ExampleSpec;
using statistics::FilledId;
using storage::TableId;

class ReleaseReceiverTest : public testing::Test {
 protected:
  OfficeAndRegion world_;
};

TEST_F(ReleaseReceiverTest, AReleaseIsKeptAsItCame) {
  const delivery::ReceivedLetter letter = world_.LetterWith(world_.Release());
  EXPECT_EQ(world_.Take(letter), Reason::kUnspecified);
  EXPECT_EQ(world_.Rows(TableId::kRegionReleases), 1);
  EXPECT_EQ(world_.Rows(TableId::kRegionReleasesByTable), 2);
  const storage::Table<ReceivedReleaseCodec> table(*world_.region.vault);
  const auto row =
      table.Get(*world_.region.store, {letter.sender, world_.Release().id});
  ASSERT_THAT(row, IsOk());
  ASSERT_TRUE(row->has_value());
  EXPECT_EQ((*row)->value.signed_body, letter.payload);
}

TEST_F(ReleaseReceiverTest, TheSameBytesAgainChangeNothing) {
  const delivery::ReceivedLetter letter = world_.LetterWith(world_.Release());
  EXPECT_EQ(world_.Take(letter), Reason::kUnspecified);
  EXPECT_EQ(world_.Take(letter), Reason::kUnspecified);
  // Signed again: other signature bytes, the same body.
  EXPECT_EQ(world_.Take(world_.LetterWith(world_.Release())),
            Reason::kUnspecified);
  EXPECT_EQ(world_.Rows(TableId::kRegionReleases), 1);
}

TEST_F(ReleaseReceiverTest, OtherBytesForACohortAreRefused) {
  EXPECT_EQ(world_.Take(world_.LetterWith(world_.Release())),
            Reason::kUnspecified);
  statistics::Release other = world_.Release();
  other.id = FilledId<ReleaseId>('x');
  other.cohorts = {other.cohorts[0],
                   ExampleCounts("2018", other.cohorts[0].values)};
  EXPECT_EQ(world_.Take(world_.LetterWith(other)), Reason::kAlreadyReleased);
  EXPECT_EQ(world_.Rows(TableId::kRegionReleases), 1);
  EXPECT_EQ(world_.Rows(TableId::kRegionReleasesByTable), 2);
}

TEST_F(ReleaseReceiverTest, AStrangersReleaseIsRefused) {
  delivery::ReceivedLetter letter = world_.LetterWith(world_.Release());
  letter.sender = FilledId<OfficeId>('x');
  EXPECT_EQ(world_.Take(letter), Reason::kPeerUnknown);
}

TEST_F(ReleaseReceiverTest, SignaturesAreChecked) {
  const peering::SignedBody good =
      *peering::SignedBody::Decode(world_.LetterWith(world_.Release()).payload);
  const auto with =
      [&](const std::function<void(peering::SignedBody&)>& change) {
        peering::SignedBody changed = good;
        change(changed);
        return world_.Take(world_.LetterWith(changed));
      };
  using Body = peering::SignedBody;
  EXPECT_EQ(with([](Body& b) { b.body[20] ^= 1; }), Reason::kSignatureInvalid);
  EXPECT_EQ(with([](Body& b) { b.signatures[0].signature[10] ^= 1; }),
            Reason::kSignatureInvalid);
  EXPECT_EQ(with([](Body& b) { b.signatures.clear(); }),
            Reason::kSignatureInvalid);
  EXPECT_EQ(with([](Body& b) { b.signatures.push_back(b.signatures[0]); }),
            Reason::kSignatureInvalid);
  EXPECT_EQ(
      with([](Body& b) { b.signatures[0].office = FilledId<OfficeId>('x'); }),
      Reason::kSignatureInvalid);
  EXPECT_EQ(with([](Body& b) { b.signatures[0].key_epoch = 9; }),
            Reason::kKeyEpochUnknown);
  // The office key signs no releases, nor a signing key another type.
  EXPECT_EQ(with([&](Body& b) {
              b.signatures[0].key_epoch = 0;
              b.signatures[0].signature = *world_.office.own->SignAsOffice(
                  peering::kAgreementType, b.body);
            }),
            Reason::kKeyEpochUnknown);
  EXPECT_EQ(with([&](Body& b) {
              b.signatures[0].signature =
                  world_.office.own
                      ->Sign("application/vnd.amparo.plain.v1", b.body)
                      ->signature;
            }),
            Reason::kSignatureInvalid);
  EXPECT_EQ(world_.Rows(TableId::kRegionReleases), 0);
}

TEST_F(ReleaseReceiverTest, AKeyThatIsOverSignsNothingNew) {
  delivery::ReceivedLetter letter = world_.LetterWith(world_.Release());
  letter.received_at = world_.clock.Now() + absl::Hours(24 * 365 * 20);
  EXPECT_EQ(world_.Take(letter), Reason::kKeyEpochUnknown);
}

TEST_F(ReleaseReceiverTest, WhatTheTableDoesNotAllowIsRefused) {
  const auto with =
      [&](const std::function<void(statistics::Release&)>& change) {
        statistics::Release release = world_.Release();
        change(release);
        return world_.Take(world_.LetterWith(release));
      };
  using Release = statistics::Release;
  EXPECT_EQ(with([](Release& r) { r.office = FilledId<OfficeId>('x'); }),
            Reason::kLetterWrongSender);
  EXPECT_EQ(with([](Release& r) { r.spec_hash[0] ^= 1; }),
            Reason::kTableUnknown);
  EXPECT_EQ(with([](Release& r) {
              r.sigma2 = {10, 1};
            }),
            Reason::kFieldInvalid);
  EXPECT_EQ(with([](Release& r) { r.cohorts[0].values.pop_back(); }),
            Reason::kFieldInvalid);
  EXPECT_EQ(with([&](Release& r) {
              r.generated_at = world_.clock.Now() + absl::Hours(1);
            }),
            Reason::kLetterFromFuture);
  EXPECT_EQ(with([](Release& r) {
              r.cohorts = {ExampleCounts("2030", r.cohorts[0].values)};
            }),
            Reason::kLetterMalformed);
  EXPECT_EQ(world_.Take(world_.LetterWith(std::string("nonsense"))),
            Reason::kLetterMalformed);
  delivery::ReceivedLetter letter = world_.LetterWith(world_.Release());
  letter.payload = "nonsense";
  EXPECT_EQ(world_.Take(letter), Reason::kLetterMalformed);
  EXPECT_EQ(world_.Rows(TableId::kRegionReleases), 0);
}

TEST_F(ReleaseReceiverTest, AnOfficeThatIsNoRegionTakesNone) {
  ReleaseReceiver receiver(*world_.office.store, *world_.office.vault,
                           *world_.office.own, *world_.office.peers,
                           statistics::Catalogue::BuiltIn());
  storage::Batch batch;
  EXPECT_EQ(
      ReasonOf(receiver.Receive(world_.LetterWith(world_.Release()), batch)),
      Reason::kWrongState);
}

// From persons to the region's answer, through real clearance, outbox, sealed
// letter, inbox and receipt.
TEST_F(ReleaseReceiverTest, FromPersonsToATrend) {
  world_.Agree();
  world_.AddPersons(100);
  const absl::StatusOr<statistics::Published> published =
      world_.PrepareAndRelease("2016");
  ASSERT_THAT(published, IsOk());
  EXPECT_EQ(published->recipients,
            std::vector<OfficeId>{world_.region.own->id()});
  world_.SendAll();
  EXPECT_EQ(world_.Rows(TableId::kRegionReleases), 1);

  const absl::StatusOr<Answer> answer = world_.Ask({ExampleSpec().id,
                                                    {"cohort", "form"},
                                                    {{"sex", {"Female"}}},
                                                    {},
                                                    {},
                                                    {}});
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->nodes_reporting, 1u);
  EXPECT_EQ(answer->nodes_expected, 1u);
  ASSERT_EQ(answer->trend.rows.size(), 7u);
  EXPECT_EQ(answer->trend.rows[0].value,
            published->release.cohorts[0].values[0]);
  EXPECT_NEAR(static_cast<double>(*answer->trend.rows[0].value), 100, 45);
  EXPECT_EQ(answer->trend.rows[0].half_width, 9);
  EXPECT_EQ(answer->trend.rows[3].value, std::nullopt);  // Organ removal.
  EXPECT_EQ(answer->trend.statements.size(), 6u);
}

TEST_F(ReleaseReceiverTest, ARegionThatJoinsLaterGetsTheSameBytes) {
  world_.AddPersons(20);
  const absl::StatusOr<statistics::Published> first =
      world_.PrepareAndRelease("2016");
  ASSERT_THAT(first, IsOk());
  EXPECT_TRUE(first->recipients.empty());  // No agreement yet.
  world_.Agree();
  const absl::StatusOr<statistics::Published> again = world_.ReleaseAgain();
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->recipients.size(), 1u);
  EXPECT_EQ(again->signed_body, first->signed_body);
  // Once only.
  ASSERT_THAT(world_.ReleaseAgain(), IsOk());
  world_.SendAll();
  EXPECT_EQ(world_.Rows(TableId::kRegionReleases), 1);
  EXPECT_EQ(world_.Rows(TableId::kInbox), 1);
}

TEST_F(ReleaseReceiverTest, AnAgreementForOtherLettersIsNone) {
  world_.Agree({LetterType::kReferralAnswer});
  const absl::StatusOr<statistics::Published> published =
      world_.PrepareAndRelease("2016");
  ASSERT_THAT(published, IsOk());
  EXPECT_TRUE(published->recipients.empty());
}

TEST_F(ReleaseReceiverTest, TrendsAreAskedOfARegionByThoseWhoMay) {
  const Question question{ExampleSpec().id, {}, {}, {}, {}, {}};
  EXPECT_EQ(ReasonOf(world_.trends
                         .ShowTrend(OfficeAndRegion::Person(
                                        'w', people::Role::kCaseworker),
                                    question)
                         .status()),
            Reason::kNotAllowed);
  const TrendActions at_office(
      {*world_.office.store, *world_.office.vault, *world_.office.own,
       *world_.office.peers, *world_.office.agreements,
       statistics::Catalogue::BuiltIn(), world_.clock});
  EXPECT_EQ(ReasonOf(at_office
                         .ShowTrend(OfficeAndRegion::Person(
                                        'a', people::Role::kAnalyst),
                                    question)
                         .status()),
            Reason::kWrongState);
  EXPECT_EQ(ReasonOf(world_.Ask({"nonsense", {}, {}, {}, {}, {}}).status()),
            Reason::kTableUnknown);
  EXPECT_EQ(
      ReasonOf(
          world_
              .Ask(
                  {ExampleSpec().id, {}, {}, {FilledId<OfficeId>('x')}, {}, {}})
              .status()),
      Reason::kFieldInvalid);
  world_.Agree();
  const absl::StatusOr<Answer> nothing = world_.Ask(question);
  ASSERT_THAT(nothing, IsOk());
  EXPECT_TRUE(nothing->trend.rows.empty());
  EXPECT_EQ(nothing->nodes_reporting, 0u);
  EXPECT_EQ(nothing->nodes_expected, 1u);
}

}  // namespace
}  // namespace amparo::region
