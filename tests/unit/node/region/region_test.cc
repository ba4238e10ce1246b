// SPDX-License-Identifier: Apache-2.0
#include "node/region/region.h"

#include <gtest/gtest.h>

#include "amparo/record/v1/region.pb.h"
#include "node/base/errors.h"
#include "node/region/region_records.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/statistics/example_release.h"

namespace amparo::region {
namespace {

using statistics::ExampleCounts;
using statistics::ExampleSpec;
using statistics::FilledId;
using statistics::Values;

// 7 forms by 4 sexes; only the cells named differ from zero.
Values CellsWith(
    const std::vector<std::pair<std::pair<size_t, size_t>, int64_t>>& cells) {
  Values values(statistics::CellCount(ExampleSpec()), 0);
  for (const auto& [place, value] : cells) {
    values[place.first * 4 + place.second] = value;
  }
  return values;
}

Contribution From(char office, const std::string& cohort, Values values) {
  return {FilledId<OfficeId>(office), std::string("Office ") + office,
          statistics::CountedUnit::kPerson,
          ExampleCounts(cohort, std::move(values))};
}

const std::vector<Contribution>& Three() {
  static const auto* const three = new std::vector<Contribution>{
      From('a', "2015", CellsWith({{{0, 0}, 100}, {{1, 1}, 20}})),
      From('a', "2016", CellsWith({{{0, 0}, 50}, {{1, 1}, -7}})),
      From('b', "2016", CellsWith({{{0, 0}, 9}, {{1, 1}, 13}}))};
  return *three;
}

const TrendRow* Find(const Trend& trend,
                     const std::vector<std::string>& codes) {
  for (const TrendRow& row : trend.rows) {
    if (row.codes == codes) return &row;
  }
  return nullptr;
}

TEST(SumTest, SumsRawValuesAndAddsVariancesByHand) {
  const absl::StatusOr<Trend> trend = Sum(
      ExampleSpec(),
      {"t", {"cohort", "form"}, {{"sex", {"Female"}}}, {}, {}, {}}, Three());
  ASSERT_THAT(trend, IsOk());
  EXPECT_EQ(trend->rows.size(), 2u * 7u);
  const TrendRow* row = Find(*trend, {"2016", "SexualExploitation"});
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->value, 59);
  EXPECT_EQ(row->values_summed, 2u);
  // Variance 40: 1.96 * 6.325 = 12.40 and 3 * 6.325 = 18.97.
  EXPECT_EQ(row->half_width, 13);
  EXPECT_EQ(row->display_threshold, 19);
  EXPECT_EQ(row->labels[1], "Sexual exploitation");
}

TEST(SumTest, NegativeValuesEnterTheSumAndWithheldIsNotZero) {
  const absl::StatusOr<Trend> trend =
      Sum(ExampleSpec(), {"t", {"form", "sex"}, {}, {}, {}, {}}, Three());
  ASSERT_THAT(trend, IsOk());
  // 20 - 7 + 13 of variance 60: the rule is 24.
  const TrendRow* row = Find(*trend, {"ForcedLabour", "Male"});
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->display_threshold, 24);
  EXPECT_EQ(row->value, 26);
  const TrendRow* nothing = Find(*trend, {"OrganRemoval", "Male"});
  ASSERT_NE(nothing, nullptr);
  EXPECT_EQ(nothing->value, std::nullopt);
}

TEST(SumTest, WithoutGroupsIsOneSum) {
  const absl::StatusOr<Trend> trend =
      Sum(ExampleSpec(), {"t", {}, {}, {}, {}, {}}, Three());
  ASSERT_THAT(trend, IsOk());
  ASSERT_EQ(trend->rows.size(), 1u);
  EXPECT_EQ(trend->rows[0].value, 185);
  EXPECT_EQ(trend->rows[0].values_summed, 84u);
  // Variance 1680: 1.96 * 40.988 = 80.34.
  EXPECT_EQ(trend->rows[0].half_width, 81);
}

TEST(SumTest, OfficesAndCohortsNarrow) {
  Question question{"t", {"office"}, {}, {}, {}, {}};
  question.offices = {FilledId<OfficeId>('a')};
  question.from = *statistics::Cohort::Parse("2016");
  question.to = *statistics::Cohort::Parse("2016");
  const absl::StatusOr<Trend> trend = Sum(ExampleSpec(), question, Three());
  ASSERT_THAT(trend, IsOk());
  ASSERT_EQ(trend->rows.size(), 1u);
  EXPECT_EQ(trend->rows[0].labels[0], "Office a");
  EXPECT_EQ(trend->rows[0].values_summed, 28u);
  EXPECT_EQ(trend->reporting.size(), 1u);
  EXPECT_EQ(trend->cohorts.size(), 1u);
}

TEST(SumTest, WhatNoReleaseCoversHasNoRow) {
  const absl::StatusOr<Trend> trend =
      Sum(ExampleSpec(), {"t", {"office", "cohort"}, {}, {}, {}, {}}, Three());
  ASSERT_THAT(trend, IsOk());
  EXPECT_EQ(trend->rows.size(), 3u);  // Not b in 2015.
  const absl::StatusOr<Trend> none =
      Sum(ExampleSpec(), {"t", {"cohort"}, {}, {}, {}, {}}, {});
  ASSERT_THAT(none, IsOk());
  EXPECT_TRUE(none->rows.empty());
  const absl::StatusOr<Trend> nothing =
      Sum(ExampleSpec(), {"t", {"form"}, {}, {}, {}, {}}, {});
  ASSERT_THAT(nothing, IsOk());
  EXPECT_TRUE(nothing->rows.empty());
}

TEST(SumTest, ARangeOfYearsHoldsTheirQuarters) {
  Question question{"t", {}, {}, {}, {}, {}};
  question.from = *statistics::Cohort::Parse("2016");
  question.to = *statistics::Cohort::Parse("2016");
  const OfficeId office = FilledId<OfficeId>('a');
  const auto in = [&](const char* cohort) {
    return Concerns(question, office, *statistics::Cohort::Parse(cohort));
  };
  EXPECT_TRUE(in("2016"));
  EXPECT_TRUE(in("2016-Q1"));
  EXPECT_TRUE(in("2016-Q4"));
  EXPECT_FALSE(in("2015-Q4"));
  EXPECT_FALSE(in("2017"));
  question.from = *statistics::Cohort::Parse("2016-Q2");
  EXPECT_FALSE(in("2016"));
  EXPECT_FALSE(in("2016-Q1"));
  EXPECT_TRUE(in("2016-Q2"));
}

TEST(SumTest, BadQuestionsNameTheField) {
  const std::pair<Question, const char*> table[] = {
      {{"t", {"nonsense"}, {}, {}, {}, {}}, "group_by"},
      {{"t", {"sex", "sex"}, {}, {}, {}, {}}, "group_by"},
      {{"t", {}, {{"nonsense", {"x"}}}, {}, {}, {}}, "filters"},
      {{"t", {}, {{"sex", {}}}, {}, {}, {}}, "filters"},
      {{"t", {}, {{"sex", {"nonsense"}}}, {}, {}, {}}, "filters"},
      {{"t",
        {},
        {},
        {},
        *statistics::Cohort::Parse("2017"),
        *statistics::Cohort::Parse("2016")},
       "to_cohort"},
  };
  for (const auto& [question, field] : table) {
    const absl::Status status = Sum(ExampleSpec(), question, Three()).status();
    EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid) << field;
    EXPECT_EQ(FieldOf(status), field);
  }
}

TEST(SumTest, TooManyRowsAreRefused) {
  std::vector<Contribution> many;
  for (int office = 0; office < 200; ++office) {
    many.push_back(From('a', "2016", CellsWith({})));
    many.back().office = *OfficeId::FromBytes(std::string(14, 'x') +
                                              static_cast<char>(office / 100) +
                                              static_cast<char>(office % 100));
  }
  for (int year = 2000; year < 2003; ++year) {
    many.push_back(From('b', absl::StrCat(year), CellsWith({})));
  }
  EXPECT_EQ(
      ReasonOf(Sum(ExampleSpec(),
                   {"t", {"form", "sex", "office", "cohort"}, {}, {}, {}, {}},
                   many)
                   .status()),
      Reason::kLimitExceeded);
}

TEST(RegionRecordsTest, EveryFieldSurvives) {
  ReceivedRelease received;
  received.signed_body = "b";
  received.message = FilledId<MessageId>('m');
  received.received_at = absl::FromUnixMillis(7);
  std::string bytes = ReceivedReleaseCodec::Encode(received);
  record::v1::RegionReleaseRecord release;
  ASSERT_TRUE(release.ParseFromString(bytes));
  EXPECT_THAT(FieldsNotSet(release), testing::IsEmpty());
  EXPECT_EQ(ReceivedReleaseCodec::Encode(*ReceivedReleaseCodec::Decode(bytes)),
            bytes);
  bytes = ReleasePlaceCodec::Encode({FilledId<ReleaseId>('r'), "h"});
  record::v1::RegionIndexRecord place;
  ASSERT_TRUE(place.ParseFromString(bytes));
  EXPECT_THAT(FieldsNotSet(place), testing::IsEmpty());
  EXPECT_EQ(ReleasePlaceCodec::Encode(*ReleasePlaceCodec::Decode(bytes)),
            bytes);
  EXPECT_EQ(ReasonOf(ReleasePlaceCodec::Decode("\xff").status()),
            Reason::kRecordDamaged);
  EXPECT_EQ(ReasonOf(ReceivedReleaseCodec::Decode("\xff").status()),
            Reason::kRecordDamaged);
}

TEST(RegionRecordsTest, KeysAreTheDocumentedBytes) {
  const PlaceKey key{"t", *statistics::Cohort::Parse("2016"),
                     FilledId<OfficeId>('o')};
  const std::string bytes = ReleasePlaceCodec::EncodeKey(key);
  EXPECT_EQ(bytes, std::string("t\0002016\0oooooooooooooooo", 23));
  EXPECT_EQ(ReleasePlaceCodec::DecodeKey(bytes)->office, key.office);
  EXPECT_EQ(bytes.substr(0, 2), ReleasePlaceCodec::Prefix("t"));
  EXPECT_FALSE(ReleasePlaceCodec::DecodeKey("t").ok());
  EXPECT_FALSE(ReceivedReleaseCodec::DecodeKey("short").ok());
}

}  // namespace
}  // namespace amparo::region
