// SPDX-License-Identifier: Apache-2.0
#include "node/consent/consent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "amparo/record/v1/consent.pb.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/consent/consent_records.h"
#include "tests/support/every_field_set.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/consent/a_consent.h"

namespace amparo::consent {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Change = std::function<void(ConsentFields&)>;

Reason ReasonOfCover(const Consent& consent, Purpose purpose,
                     const OfficeId& recipient,
                     std::vector<DataCategory> categories, absl::Time now,
                     bool authority = false) {
  const absl::Status status =
      CheckCovers(consent, purpose, recipient, categories, now, authority);
  return status.ok() ? Reason::kUnspecified : ReasonOf(status);
}

TEST(ConsentTest, P1_ConsentHoldsAllThatMustBeRecorded) {
  const Consent consent = *Consent::Create(GoodFields());
  EXPECT_EQ(consent.state(), State::kActive);
  EXPECT_EQ(consent.fields().text_version, "2024-1.es");
  EXPECT_EQ(consent.fields().collector, PersonOf('p'));
}

TEST(ConsentTest, P1_EachFieldOutOfItsRangeIsNamed) {
  const struct {
    const char* field;
    Change change;
  } rows[] = {
      {"id", [](auto& f) { f.id = ConsentId(); }},
      {"subject", [](auto& f) { f.subject = SubjectId(); }},
      {"purpose", [](auto& f) { f.purpose = Purpose::kAdministration; }},
      {"purpose", [](auto& f) { f.purpose = static_cast<Purpose>(0); }},
      {"purpose", [](auto& f) { f.purpose = static_cast<Purpose>(99); }},
      {"recipients", [](auto& f) { f.recipients.clear(); }},
      {"recipients", [](auto& f) { f.recipients.insert(OfficeId()); }},
      {"recipients",
       [](auto& f) {
         for (size_t i = 0; i <= limits::kRecipientsMax; ++i) {
           f.recipients.insert(OfficeOf(static_cast<char>('0' + i)));
         }
       }},
      {"categories", [](auto& f) { f.categories.clear(); }},
      {"categories",
       [](auto& f) { f.categories.insert(static_cast<DataCategory>(77)); }},
      {"categories",
       [](auto& f) { f.exclusions.insert(static_cast<DataCategory>(77)); }},
      {"exclusions",
       [](auto& f) { f.exclusions.insert(DataCategory::kNeeds); }},
      {"given_by", [](auto& f) { f.given_by = static_cast<GivenBy>(0); }},
      {"method", [](auto& f) { f.method = static_cast<Method>(4); }},
      {"language", [](auto& f) { f.language = ""; }},
      {"language", [](auto& f) { f.language = "ES"; }},
      {"language", [](auto& f) { f.language = "spanish"; }},
      {"text_version", [](auto& f) { f.text_version = ""; }},
      {"text_version", [](auto& f) { f.text_version = "has space"; }},
      {"text_version", [](auto& f) { f.text_version = std::string(65, 'v'); }},
      {"given_at", [](auto& f) { f.given_at = absl::FromUnixSeconds(-1); }},
      {"given_at", [](auto& f) { f.given_at = absl::InfiniteFuture(); }},
      {"valid_until", [](auto& f) { f.valid_until = f.given_at; }},
      {"valid_until",
       [](auto& f) {
         f.valid_until =
             f.given_at + kConsentLifetimeMax + absl::Milliseconds(1);
       }},
      {"valid_until", [](auto& f) { f.valid_until = absl::InfiniteFuture(); }},
      {"questions",
       [](auto& f) { f.answered_yes.insert(static_cast<Question>(8)); }},
      {"best_interests_reference",
       [](auto& f) { f.best_interests_reference = std::string(257, 'r'); }},
  };
  for (const auto& row : rows) {
    ConsentFields fields = GoodFields();
    row.change(fields);
    const absl::Status status = Consent::Create(fields).status();
    EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid) << row.field;
    EXPECT_EQ(FieldOf(status), row.field);
  }
}

TEST(ConsentTest, P2_NoPurposeImpliesAnother) {
  for (const Purpose given : AllPurposes()) {
    if (given == Purpose::kAdministration) continue;
    ConsentFields fields = GoodFields();
    fields.purpose = given;
    const Consent consent = *Consent::Create(fields);
    for (const Purpose asked : AllPurposes()) {
      const Reason reason = ReasonOfCover(consent, asked, OfficeOf('B'),
                                          {DataCategory::kNeeds}, kNow);
      EXPECT_EQ(reason, asked == given ? Reason::kUnspecified
                                       : Reason::kConsentNotForPurpose)
          << Name(given) << " asked for " << Name(asked);
    }
  }
}

TEST(ConsentTest, P3_AllSevenQuestionsMustBeAnsweredYes) {
  EXPECT_EQ(AllQuestions().size(), 7u);
  for (const Question missing : AllQuestions()) {
    ConsentFields fields = GoodFields();
    fields.answered_yes.erase(missing);
    const absl::Status status = Consent::Create(fields).status();
    EXPECT_EQ(ReasonOf(status), Reason::kConsentIncomplete);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(std::string(Name(missing))));
  }
}

TEST(ConsentTest, P4_CoversOnlyWhatItSays) {
  const Consent consent = *Consent::Create(GoodFields());
  const absl::Time end = consent.fields().valid_until;
  const Purpose purpose = Purpose::kTransnationalReferral;
  const struct {
    Purpose purpose;
    OfficeId recipient;
    std::vector<DataCategory> categories;
    absl::Time now;
    Reason expected;
  } rows[] = {
      {purpose,
       OfficeOf('B'),
       {DataCategory::kCodedProfile},
       kNow,
       Reason::kUnspecified},
      {purpose,
       OfficeOf('B'),
       {DataCategory::kCodedProfile, DataCategory::kNeeds},
       end - absl::Milliseconds(1),
       Reason::kUnspecified},
      {purpose,
       OfficeOf('B'),
       {DataCategory::kNeeds},
       end,
       Reason::kConsentExpired},
      {purpose,
       OfficeOf('B'),
       {DataCategory::kNeeds},
       kNow - absl::Milliseconds(1),
       Reason::kConsentExpired},
      {Purpose::kIdentityDisclosure,
       OfficeOf('B'),
       {DataCategory::kNeeds},
       kNow,
       Reason::kConsentNotForPurpose},
      {purpose,
       OfficeOf('C'),
       {DataCategory::kNeeds},
       kNow,
       Reason::kConsentNotForRecipient},
      {purpose,
       OfficeId(),
       {DataCategory::kNeeds},
       kNow,
       Reason::kConsentNotForRecipient},
      {purpose,
       OfficeOf('B'),
       {DataCategory::kNames},
       kNow,
       Reason::kConsentNotForCategory},
      {purpose,
       OfficeOf('B'),
       {DataCategory::kNeeds, DataCategory::kNames},
       kNow,
       Reason::kConsentNotForCategory},
      {purpose,
       OfficeOf('B'),
       {DataCategory::kContacts},
       kNow,
       Reason::kConsentNotForCategory},
      {purpose, OfficeOf('B'), {}, kNow, Reason::kConsentNotForCategory},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(ReasonOfCover(consent, row.purpose, row.recipient, row.categories,
                            row.now),
              row.expected)
        << ReasonName(row.expected);
  }
}

TEST(ConsentTest, P5_WithdrawnConsentCoversNothingForGood) {
  const Consent consent = *Consent::Create(GoodFields());
  const auto withdrawn =
      consent.Withdrawn(kNow + absl::Hours(1), PersonOf('w'));
  ASSERT_THAT(withdrawn, IsOk());
  EXPECT_EQ(withdrawn->state(), State::kWithdrawn);
  EXPECT_EQ(withdrawn->withdrawn_by(), PersonOf('w'));
  EXPECT_EQ(ReasonOfCover(*withdrawn, Purpose::kTransnationalReferral,
                          OfficeOf('B'), {DataCategory::kNeeds}, kNow),
            Reason::kConsentWithdrawn);
  const absl::Status again = withdrawn->Withdrawn(kNow, PersonOf('w')).status();
  EXPECT_EQ(ReasonOf(again), Reason::kWrongState);
  EXPECT_EQ(StateOf(again), "WITHDRAWN");
}

TEST(ConsentTest, P7_MinorNeedsGuardianAssentAndBestInterests) {
  EXPECT_THAT(Consent::Create(MinorFields()), IsOk());
  const Change changes[] = {
      [](auto& f) { f.given_by = GivenBy::kSelf; },
      [](auto& f) { f.given_by = GivenBy::kOther; },
      [](auto& f) { f.assent = false; },
      [](auto& f) { f.best_interests_reference.clear(); },
  };
  for (const Change& change : changes) {
    ConsentFields fields = MinorFields();
    change(fields);
    EXPECT_EQ(ReasonOf(Consent::Create(fields).status()),
              Reason::kGuardianRequired);
    // The same of an adult is nobody's business.
    fields.treated_as_minor = false;
    EXPECT_THAT(Consent::Create(fields), IsOk());
  }
}

TEST(ConsentTest, P23_AuthoritiesNeedAConsentToLawEnforcementThatNamesThem) {
  const OfficeId police = OfficeOf('B');
  for (const Purpose purpose : AllPurposes()) {
    if (purpose == Purpose::kAdministration) continue;
    ConsentFields fields = GoodFields();
    fields.purpose = purpose;
    const Consent consent = *Consent::Create(fields);
    EXPECT_EQ(ReasonOfCover(consent, purpose, police, {DataCategory::kNeeds},
                            kNow, /*authority=*/true),
              purpose == Purpose::kLawEnforcement
                  ? Reason::kUnspecified
                  : Reason::kConsentNotForPurpose)
        << Name(purpose);
  }
  ConsentFields unnamed = GoodFields();
  unnamed.purpose = Purpose::kLawEnforcement;
  unnamed.recipients.clear();
  EXPECT_EQ(FieldOf(Consent::Create(unnamed).status()), "recipients");
}

TEST(ConsentTest, StatisticsWithoutRecipientsCoversCountsOnly) {
  ConsentFields fields = GoodFields();
  fields.purpose = Purpose::kStatistics;
  fields.recipients.clear();
  EXPECT_EQ(FieldOf(Consent::Create(fields).status()), "categories");
  fields.categories = {DataCategory::kStatisticalCounts};
  const auto consent = Consent::Create(fields);
  ASSERT_THAT(consent, IsOk());
  for (const OfficeId& recipient : {OfficeId(), OfficeOf('R')}) {
    EXPECT_EQ(ReasonOfCover(*consent, Purpose::kStatistics, recipient,
                            {DataCategory::kStatisticalCounts}, kNow),
              Reason::kUnspecified);
    EXPECT_EQ(ReasonOfCover(*consent, Purpose::kStatistics, recipient,
                            {DataCategory::kCodedProfile}, kNow),
              Reason::kConsentNotForCategory);
  }
}

TEST(ConsentTest, CaseServicesWithoutRecipientsLeavesForNobody) {
  ConsentFields fields = GoodFields();
  fields.purpose = Purpose::kCaseServices;
  fields.recipients.clear();
  EXPECT_EQ(ReasonOfCover(*Consent::Create(fields), Purpose::kCaseServices,
                          OfficeOf('B'), {DataCategory::kNeeds}, kNow),
            Reason::kConsentNotForRecipient);
}

TEST(ConsentTest, WordsAndNumbersAreFrozen) {
  EXPECT_EQ(Name(GivenBy::kGuardian), "GUARDIAN");
  EXPECT_EQ(Name(Method::kThumbprint), "THUMBPRINT");
  EXPECT_EQ(Name(State::kWithdrawn), "WITHDRAWN");
  EXPECT_EQ(Name(Question::kWithdrawalExplained), "WITHDRAWAL_EXPLAINED");
  EXPECT_FALSE(GivenByFromNumber(0).has_value());
  EXPECT_FALSE(GivenByFromNumber(4).has_value());
  EXPECT_FALSE(MethodFromNumber(4).has_value());
  EXPECT_FALSE(StateFromNumber(3).has_value());
  EXPECT_FALSE(QuestionFromNumber(8).has_value());
}

Consent FullConsent() {
  return *(*Consent::Create(MinorFields()))
              .Withdrawn(kNow + absl::Hours(1), PersonOf('w'));
}

// A codec that forgets a field of the record fails here.
TEST(ConsentRecordsTest, EveryFieldSurvives) {
  const std::string bytes = ConsentCodec::Encode(FullConsent());
  record::v1::ConsentRecord message;
  ASSERT_TRUE(message.ParseFromString(bytes));
  EXPECT_THAT(FieldsNotSet(message), IsEmpty());
  const auto decoded = ConsentCodec::Decode(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(ConsentCodec::Encode(*decoded), bytes);
  EXPECT_EQ(decoded->withdrawn_at(), kNow + absl::Hours(1));
  EXPECT_EQ(decoded->withdrawn_by(), PersonOf('w'));
}

TEST(ConsentRecordsTest, ActiveOneWithoutCollectorRoundTrips) {
  ConsentFields fields = GoodFields();
  fields.collector = PersonId();
  const std::string bytes = ConsentCodec::Encode(*Consent::Create(fields));
  const auto decoded = ConsentCodec::Decode(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->state(), State::kActive);
  EXPECT_TRUE(decoded->fields().collector.empty());
  EXPECT_EQ(ConsentCodec::Encode(*decoded), bytes);
}

TEST(ConsentRecordsTest, DamagedRecordsAreRefused) {
  record::v1::ConsentRecord good;
  ASSERT_TRUE(good.ParseFromString(ConsentCodec::Encode(FullConsent())));
  const std::function<void(record::v1::ConsentRecord&)> changes[] = {
      [](auto& r) { r.clear_consent_id(); },
      [](auto& r) { r.set_subject_id("short"); },
      [](auto& r) { r.set_purpose(0); },
      [](auto& r) { r.set_purpose(99); },
      [](auto& r) { r.add_categories(99); },
      [](auto& r) { r.add_exclusions(1); },  // Agreed to as well.
      [](auto& r) { r.set_given_by(0); },
      [](auto& r) { r.set_method(9); },
      [](auto& r) { r.clear_answered_yes(); },
      [](auto& r) { r.set_assent(false); },  // Breaks P7.
      [](auto& r) { r.add_recipients("x"); },
      [](auto& r) { r.set_valid_until_ms(0); },
      [](auto& r) { r.set_withdrawn_by("x"); },
  };
  for (const auto& change : changes) {
    record::v1::ConsentRecord record = good;
    change(record);
    EXPECT_EQ(
        ReasonOf(ConsentCodec::Decode(record.SerializeAsString()).status()),
        Reason::kRecordDamaged)
        << record.DebugString();
  }
  EXPECT_EQ(ReasonOf(ConsentCodec::Decode("\xff").status()),
            Reason::kRecordDamaged);
}

}  // namespace
}  // namespace amparo::consent
