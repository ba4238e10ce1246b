// SPDX-License-Identifier: Apache-2.0
#include "node/cases/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "amparo/record/v1/retention.pb.h"
#include "node/base/errors.h"
#include "node/cases/erasure.h"
#include "node/cases/retention_records.h"
#include "node/vocabulary/vocabulary.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"

namespace amparo::cases {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

template <class Message>
Message ParsedAs(const std::string& bytes) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  return message;
}

const absl::Duration kDay = absl::Hours(24);
const absl::Time kClosed = absl::FromUnixSeconds(1'700'000'000);

TEST(RetentionTest, P12_NothingThatShipsDeletesByItself) {
  const RetentionRules rules = RetentionRules::Shipped();
  EXPECT_THAT(rules.All(), SizeIs(AllRetentionCategories().size()));
  for (const RetentionRule& rule : rules.All()) {
    EXPECT_EQ(rule.action, RetentionAction::kAsk);
    EXPECT_GE(rule.days, 5 * 365);
  }
}

TEST(RetentionTest, CategoriesAndActionsAreCodesOfTheirLists) {
  const vocabulary::Lists& lists = vocabulary::Lists::BuiltIn();
  for (const RetentionCategory category : AllRetentionCategories()) {
    EXPECT_THAT(lists.CheckCode("retention-category", Name(category), "x"),
                IsOkAndHolds(Name(category)));
    EXPECT_EQ(RetentionCategoryFromNumber(static_cast<uint32_t>(category)),
              category);
  }
  for (uint32_t number = 1; number <= 3; ++number) {
    const auto action = RetentionActionFromNumber(number);
    ASSERT_TRUE(action.has_value());
    EXPECT_THAT(lists.CheckCode("retention-action", Name(*action), "x"),
                IsOkAndHolds(Name(*action)));
  }
  EXPECT_FALSE(RetentionActionFromNumber(4).has_value());
  EXPECT_FALSE(RetentionCategoryFromNumber(6).has_value());
}

TEST(RetentionTest, ARuleThatCannotBeNamesItsField) {
  const auto field = [](const char* category, int64_t days,
                        const char* action) {
    return FieldOf(CheckRule(category, false, days, action).status());
  };
  EXPECT_EQ(ReasonOf(CheckRule("SHOES", false, 1, "ASK").status()),
            Reason::kCodeUnknown);
  EXPECT_EQ(ReasonOf(CheckRule("NOTE", false, 1, "BURN").status()),
            Reason::kCodeUnknown);
  EXPECT_EQ(field("RECEIVED_COPY", 1, "ASK"), "category");
  EXPECT_EQ(field("NOTE", 1, "ANONYMISE"), "action");
  EXPECT_EQ(field("NOTE", 0, "DELETE"), "days");
  EXPECT_EQ(field("NOTE", kRetentionDaysMax + 1, "DELETE"), "days");
  EXPECT_THAT(CheckRule("CASE_FILE", true, 1, "ANONYMISE"), IsOk());
}

TEST(RetentionTest, P12_SomethingIsDueFromItsLastDayOnAndNotBefore) {
  RetentionRules rules = RetentionRules::Shipped();
  rules.Set({RetentionCategory::kNote, false, 30, RetentionAction::kDelete});
  RetentionFacts facts;
  facts.present = {RetentionCategory::kNote};
  EXPECT_THAT(DueOf(rules, facts, kClosed + 400 * kDay), IsEmpty());  // Open.
  facts.closed_at = kClosed;
  EXPECT_THAT(DueOf(rules, facts, kClosed + 30 * kDay - absl::Seconds(1)),
              IsEmpty());
  const auto due = DueOf(rules, facts, kClosed + 30 * kDay);
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due[0].category, RetentionCategory::kNote);
  EXPECT_EQ(due[0].action, RetentionAction::kDelete);
  EXPECT_EQ(due[0].since, kClosed + 30 * kDay);
  facts.keep_until = kClosed + 40 * kDay;
  EXPECT_THAT(DueOf(rules, facts, kClosed + 39 * kDay), IsEmpty());
  EXPECT_THAT(DueOf(rules, facts, kClosed + 40 * kDay), SizeIs(1));
  facts.present.clear();
  EXPECT_THAT(DueOf(rules, facts, kClosed + 40 * kDay), IsEmpty());
}

TEST(RetentionTest, ARuleOfMinorsComesBeforeTheGeneralOneForThemOnly) {
  RetentionRules rules = RetentionRules::Shipped();
  rules.Set(
      {RetentionCategory::kCaseFile, false, 10, RetentionAction::kDelete});
  rules.Set({RetentionCategory::kCaseFile, true, 20, RetentionAction::kAsk});
  RetentionFacts facts;
  facts.closed_at = kClosed;
  EXPECT_THAT(DueOf(rules, facts, kClosed + 10 * kDay), SizeIs(1));
  facts.minor = true;
  EXPECT_THAT(DueOf(rules, facts, kClosed + 10 * kDay), IsEmpty());
  EXPECT_EQ(DueOf(rules, facts, kClosed + 20 * kDay).front().action,
            RetentionAction::kAsk);
  EXPECT_EQ(rules.Shortest(), 10 * kDay);
}

TEST(RetentionTest, ARuleTakesMoreWhenItActsSoonerOrHarder) {
  using A = RetentionAction;
  const auto rule = [](int days, A action) {
    return RetentionRule{RetentionCategory::kCaseFile, false, days, action};
  };
  EXPECT_TRUE(TakesMore(rule(10, A::kAsk), rule(20, A::kDelete)));
  EXPECT_TRUE(TakesMore(rule(10, A::kAsk), rule(20, A::kAnonymise)));
  EXPECT_TRUE(TakesMore(rule(10, A::kAnonymise), rule(20, A::kDelete)));
  EXPECT_TRUE(TakesMore(rule(10, A::kDelete), rule(9, A::kDelete)));
  EXPECT_TRUE(TakesMore(rule(10, A::kDelete), rule(9, A::kAnonymise)));
  EXPECT_FALSE(TakesMore(rule(10, A::kDelete), rule(10, A::kDelete)));
  EXPECT_FALSE(TakesMore(rule(10, A::kDelete), rule(11, A::kAnonymise)));
  EXPECT_FALSE(TakesMore(rule(10, A::kDelete), rule(1, A::kAsk)));
}

TEST(RetentionTest, RecordsRoundTripAndOthersAreDamage) {
  CaseRetention keeping;
  keeping.held_at = kClosed;
  keeping.held_by = *PersonId::FromBytes(std::string(16, 'p'));
  keeping.hold_reason = "COMPLAINT";
  keeping.keep_until = kClosed + kDay;
  keeping.proposed = RetentionAction::kAnonymise;
  keeping.proposed_by = *PersonId::FromBytes(std::string(16, 'q'));
  StoredRule stored;
  stored.rule =
      RetentionRule{RetentionCategory::kNote, true, 7, RetentionAction::kAsk};
  stored.proposed = RetentionRule{RetentionCategory::kNote, true, 5,
                                  RetentionAction::kDelete};
  stored.proposed_by = keeping.proposed_by;
  namespace pb = amparo::record::v1;
  EXPECT_THAT(FieldsNotSet(ParsedAs<pb::CaseRetention>(
                  CaseRetentionCodec::Encode(keeping))),
              IsEmpty());
  EXPECT_THAT(FieldsNotSet(ParsedAs<pb::RetentionRule>(
                  RetentionRuleCodec::Encode(stored))),
              IsEmpty());
  EXPECT_THAT(FieldsNotSet(ParsedAs<pb::ErasedCase>(ErasedCaseCodec::Encode(
                  {kClosed, RetentionAction::kAnonymise}))),
              IsEmpty());
  const auto kept =
      CaseRetentionCodec::Decode(CaseRetentionCodec::Encode(keeping));
  ASSERT_THAT(kept, IsOk());
  EXPECT_EQ(kept->held_at, keeping.held_at);
  EXPECT_EQ(kept->held_by, keeping.held_by);
  EXPECT_EQ(kept->hold_reason, keeping.hold_reason);
  EXPECT_EQ(kept->keep_until, keeping.keep_until);
  EXPECT_EQ(kept->proposed, keeping.proposed);
  EXPECT_EQ(kept->proposed_by, keeping.proposed_by);
  keeping.hold_reason = "a name";
  EXPECT_FALSE(
      CaseRetentionCodec::Decode(CaseRetentionCodec::Encode(keeping)).ok());
  const auto rule =
      RetentionRuleCodec::Decode(RetentionRuleCodec::Encode(stored));
  ASSERT_THAT(rule, IsOk());
  EXPECT_EQ(rule->rule->days, 7);
  EXPECT_EQ(rule->rule->action, RetentionAction::kAsk);
  EXPECT_EQ(rule->proposed->days, 5);
  EXPECT_EQ(rule->proposed->action, RetentionAction::kDelete);
  EXPECT_EQ(rule->proposed_by, stored.proposed_by);
  stored.proposed_by = PersonId();
  EXPECT_FALSE(
      RetentionRuleCodec::Decode(RetentionRuleCodec::Encode(stored)).ok());
  const auto key = RetentionRuleCodec::DecodeKey(
      RetentionRuleCodec::EncodeKey({RetentionCategory::kNote, true}));
  ASSERT_THAT(key, IsOk());
  EXPECT_TRUE(key->minors);
  for (const char* bad : {"", "\1", "\6\1", "\1\2", "\1\1\1"}) {
    EXPECT_FALSE(RetentionRuleCodec::DecodeKey(bad).ok());
  }
  for (const char* bad : {"", "\x08\x01", "\x08\x01\x10\x04", "\xff"}) {
    EXPECT_FALSE(RetentionRuleCodec::Decode(bad).ok());
    EXPECT_FALSE(ErasedCaseCodec::Decode(bad).ok());
  }
  EXPECT_THAT(ErasedCaseCodec::Decode(
                  ErasedCaseCodec::Encode({kClosed, RetentionAction::kDelete})),
              IsOk());
  EXPECT_FALSE(ErasedCaseCodec::Decode(
                   ErasedCaseCodec::Encode({kClosed, RetentionAction::kAsk}))
                   .ok());
}

TEST(RetentionTest, P10_AnonymousTimesAreQuartersAndAgesAreBands) {
  const auto at = [](const char* text) {
    absl::Time time;
    std::string error;
    EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error));
    return time;
  };
  EXPECT_EQ(StartOfQuarter(at("2026-03-31T23:59:59Z")),
            at("2026-01-01T00:00:00Z"));
  EXPECT_EQ(StartOfQuarter(at("2026-04-01T00:00:00Z")),
            at("2026-04-01T00:00:00Z"));
  EXPECT_EQ(StartOfQuarter(at("2026-12-02T08:00:00Z")),
            at("2026-10-01T00:00:00Z"));
  const std::vector<Profile::Pair> pairs = {
      {"ageBroad", "9--17"}, {"ageWhenTrafficked", "15"}, {"gender", "Female"}};
  const auto profile = Profile::Create(vocabulary::Lists::BuiltIn(), pairs);
  ASSERT_THAT(profile, IsOk());
  const Profile coarse = Coarse(*profile);
  EXPECT_EQ(coarse.Find("ageWhenTrafficked"), "");
  EXPECT_EQ(coarse.Find("ageBroad"), "9--17");
  EXPECT_EQ(coarse.Find("gender"), "Female");
}

TEST(RetentionTest, P10_ACoarseProfileHasOnlyWhatPublishedFilesHave) {
  const std::vector<Profile::Pair> pairs = {
      {"numberOfChildren", "2"},      {"maritalStatus", "Single"},
      {"isForcedLabour", "1"},        {"typeOfLabourBegging", "1"},
      {"meansOfControlThreats", "1"}, {"CountryOfExploitation", "UKR"}};
  for (const Profile::Pair& pair : pairs) {
    const auto profile = Profile::Create(vocabulary::Lists::BuiltIn(), {pair});
    ASSERT_THAT(profile, IsOk()) << pair.first;
    const bool own =
        pair.first == "numberOfChildren" || pair.first == "maritalStatus";
    EXPECT_EQ(Coarse(*profile).Find(pair.first).empty(), own) << pair.first;
  }
}

}  // namespace
}  // namespace amparo::cases
