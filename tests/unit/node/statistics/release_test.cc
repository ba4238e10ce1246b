// SPDX-License-Identifier: Apache-2.0
#include "node/statistics/release.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "amparo/record/v1/statistics.pb.h"
#include "amparo/region/v1/release.pb.h"
#include "node/base/errors.h"
#include "node/statistics/statistics_records.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/statistics/example_release.h"

namespace amparo::statistics {
namespace {

using ::testing::Each;
using ::testing::Lt;

TEST(ReleaseCodecTest, EveryFieldSurvives) {
  const Release release = ExampleRelease();
  const std::string bytes = EncodeRelease(release);
  region::v1::ReleaseBody body;
  ASSERT_TRUE(body.ParseFromString(bytes));
  EXPECT_THAT(FieldsNotSet(body), testing::IsEmpty());
  const absl::StatusOr<Release> decoded = DecodeRelease(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(EncodeRelease(*decoded), bytes);
}

TEST(ReleaseCodecTest, NegativeValuesStay) {
  const absl::StatusOr<Release> decoded =
      DecodeRelease(EncodeRelease(ExampleRelease()));
  ASSERT_THAT(decoded, IsOk());
  EXPECT_LT(decoded->cohorts[0].values[1], 0);
}

struct BadBody {
  const char* what;
  std::function<void(region::v1::ReleaseBody&)> change;
};

TEST(ReleaseCodecTest, BadBodiesAreRefused) {
  using Body = region::v1::ReleaseBody;
  const BadBody table[] = {
      {"short id", [](Body& b) { b.set_release_id("x"); }},
      {"no office", [](Body& b) { b.clear_office_id(); }},
      {"no table", [](Body& b) { b.clear_table_id(); }},
      {"short hash", [](Body& b) { b.set_spec_hash("x"); }},
      {"time before 1970", [](Body& b) { b.set_generated_at_ms(-1); }},
      {"no unit", [](Body& b) { b.clear_counted_unit(); }},
      {"unknown unit",
       [](Body& b) {
         b.set_counted_unit(static_cast<region::v1::CountedUnit>(9));
       }},
      {"no protection", [](Body& b) { b.clear_protection(); }},
      {"unknown protection",
       [](Body& b) {
         b.set_protection(static_cast<region::v1::Protection>(9));
       }},
      {"no variance", [](Body& b) { b.set_sigma2_denominator(0); }},
      {"huge variance", [](Body& b) { b.set_sigma2_numerator(~0ull); }},
      {"negative rho", [](Body& b) { b.set_rho_nano(-1); }},
      {"no cohort", [](Body& b) { b.clear_cohorts(); }},
      {"bad cohort", [](Body& b) { b.mutable_cohorts(0)->set_cohort("16"); }},
      {"cohort twice",
       [](Body& b) { *b.add_cohorts() = b.cohorts(b.cohorts_size() - 1); }},
      {"overlapping cohort",
       [](Body& b) {
         *b.add_cohorts() = b.cohorts(b.cohorts_size() - 1);
         b.mutable_cohorts(b.cohorts_size() - 1)->set_cohort("2017-Q2");
       }},
      {"value over the largest",
       [](Body& b) {
         b.mutable_cohorts(0)->set_values(0, kReleasedValueMax + 1);
       }},
      {"value under the smallest",
       [](Body& b) {
         b.mutable_cohorts(0)->set_values(0, -kReleasedValueMax - 1);
       }},
      {"unknown statement",
       [](Body& b) {
         b.add_statements(static_cast<region::v1::Statement>(99));
       }},
  };
  for (const BadBody& one : table) {
    Body body;
    ASSERT_TRUE(body.ParseFromString(EncodeRelease(ExampleRelease())));
    one.change(body);
    const absl::Status status =
        DecodeRelease(body.SerializeAsString()).status();
    EXPECT_TRUE(ReasonOf(status) == Reason::kLetterMalformed ||
                ReasonOf(status) == Reason::kValueUnknown)
        << one.what << ": " << status;
  }
  EXPECT_EQ(ReasonOf(DecodeRelease("\xff\xff").status()),
            Reason::kLetterMalformed);
}

TEST(CheckAgainstTest, AReleaseIsWhatItsTableAllows) {
  const TableSpec& spec = ExampleSpec();
  EXPECT_THAT(CheckAgainst(ExampleRelease(), spec), IsOk());
  std::vector<Release> wrong(11, ExampleRelease());
  wrong[0].table = "another";
  wrong[1].spec_hash[0] ^= 1;
  wrong[2].sigma2 = {10, 1};  // Half the noise.
  wrong[3].sensitivity2 = 1;
  wrong[4].rho = *Rho::FromNano(1);
  wrong[5].cohorts[0].values.pop_back();
  wrong[6].cohorts[0].withheld += 1;
  wrong[7].cohorts[0].coverage_permille[0] = 7;
  wrong[8].cohorts[0].spent = Rho();
  wrong[9].cohorts[0].spent = *Rho::FromNano(spec.cap.nano() + 1);
  wrong[10].cohorts[0].cohort = *Cohort::Parse("2016-Q1");
  for (size_t i = 0; i < wrong.size(); ++i) {
    EXPECT_EQ(ReasonOf(CheckAgainst(wrong[i], spec)), Reason::kFieldInvalid)
        << i;
  }
}

TEST(CoverageTest, IsOfReleasedValuesOnly) {
  const TableSpec& spec = ExampleSpec();
  Values values(CellCount(spec), 0);
  values[CellIndex(spec, std::vector<size_t>{0, 0})] = 60;
  values[CellIndex(spec, std::vector<size_t>{6, 0})] = 30;  // Form unknown.
  values[CellIndex(spec, std::vector<size_t>{0, 3})] = 10;  // Sex unknown.
  EXPECT_EQ(Coverage(spec, values), (std::vector<uint32_t>{700, 900}));
}

TEST(CoverageTest, StaysExactAtTheLargestValues) {
  const TableSpec& spec = ExampleSpec();
  Values values(CellCount(spec), kReleasedValueMax);
  EXPECT_THAT(Coverage(spec, values), Each(Lt(1000u)));
  values.assign(CellCount(spec), -kReleasedValueMax);
  EXPECT_THAT(Coverage(spec, values), Each(kCoverageUnknown));
}

TEST(CoverageTest, CannotBeSaidWithoutAPositiveTotal) {
  const TableSpec& spec = ExampleSpec();
  EXPECT_EQ(Coverage(spec, Values(CellCount(spec), -1)),
            (std::vector<uint32_t>{kCoverageUnknown, kCoverageUnknown}));
}

TEST(StatementsTest, SayWhatAReaderMustKnow) {
  const std::vector<Statement> all = StatementsFor(ExampleSpec());
  EXPECT_EQ(all.size(), 6u);
  for (const Statement one : all) EXPECT_FALSE(Text(one).empty());
}

TEST(CountedUnitTest, NamesAndNumbers) {
  EXPECT_EQ(*CountedUnitFromName("person"), CountedUnit::kPerson);
  EXPECT_EQ(*CountedUnitFromName("source-row"), CountedUnit::kSourceRow);
  EXPECT_EQ(ReasonOf(CountedUnitFromName("case").status()),
            Reason::kFieldInvalid);
  EXPECT_EQ(ReasonOf(CountedUnitFromNumber(0).status()), Reason::kValueUnknown);
}

template <class Message, class Codec>
void ExpectEveryFieldSurvives(const typename Codec::Record& value) {
  const std::string bytes = Codec::Encode(value);
  Message message;
  ASSERT_TRUE(message.ParseFromString(bytes));
  EXPECT_THAT(FieldsNotSet(message), testing::IsEmpty());
  const auto decoded = Codec::Decode(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(Codec::Encode(*decoded), bytes);
  EXPECT_EQ(ReasonOf(Codec::Decode("\xff").status()), Reason::kRecordDamaged);
}

TEST(RecordsTest, EveryFieldSurvives) {
  Preparation preparation;
  preparation.table = "t";
  preparation.spec_hash = "h";
  preparation.cohorts = {*Cohort::Parse("2016"), *Cohort::Parse("2017-Q2")};
  preparation.unit = CountedUnit::kSourceRow;
  preparation.prepared_by = FilledId<PersonId>('p');
  preparation.prepared_at = absl::FromUnixMillis(5);
  preparation.release = FilledId<ReleaseId>('r');
  ExpectEveryFieldSurvives<record::v1::PreparationRecord, PreparationCodec>(
      preparation);

  StoredRelease stored;
  stored.body = "b";
  stored.key_epoch = 2;
  stored.signature = "s";
  stored.preparation = FilledId<PreparationId>('p');
  stored.approved_by = FilledId<PersonId>('d');
  stored.recipients = {FilledId<OfficeId>('o')};
  ExpectEveryFieldSurvives<record::v1::ReleaseRecord, ReleaseCodec>(stored);

  LedgerEntry entry(*Cohort::Parse("2017-Q2"));
  entry.table = "t";
  entry.spec_hash = "h";
  entry.sigma2 = {20, 3};
  entry.sensitivity2 = 2;
  entry.rho = *Rho::FromNano(1);
  entry.spent_after = *Rho::FromNano(2);
  entry.cap = *Rho::FromNano(3);
  entry.release = FilledId<ReleaseId>('r');
  entry.release_hash = "h";
  entry.prepared_by = FilledId<PersonId>('a');
  entry.approved_by = FilledId<PersonId>('d');
  entry.charged_at = absl::FromUnixMillis(5);
  entry.previous = "p";
  ExpectEveryFieldSurvives<record::v1::LedgerRecord, LedgerCodec>(entry);

  ExpectEveryFieldSurvives<record::v1::LedgerIndexRecord, LedgerIndexCodec>(
      LedgerPlace{3, FilledId<ReleaseId>('r')});
}

TEST(RecordsTest, KeysAreTheDocumentedBytes) {
  EXPECT_EQ(LedgerCodec::EncodeKey(258), std::string("\0\0\0\0\0\0\1\2", 8));
  EXPECT_EQ(*LedgerCodec::DecodeKey(LedgerCodec::EncodeKey(258)), 258u);
  const LedgerIndexCodec::Key key(*Cohort::Parse("2016-Q3"), "t");
  EXPECT_EQ(LedgerIndexCodec::EncodeKey(key), std::string("2016-Q3\0t", 9));
  EXPECT_EQ(*LedgerIndexCodec::DecodeKey(std::string("2016-Q3\0t", 9)), key);
  EXPECT_FALSE(LedgerIndexCodec::DecodeKey("2016-Q3").ok());
  EXPECT_FALSE(LedgerCodec::DecodeKey("123").ok());
}

}  // namespace
}  // namespace amparo::statistics
