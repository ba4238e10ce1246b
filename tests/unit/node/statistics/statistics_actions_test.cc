// SPDX-License-Identifier: Apache-2.0
#include "node/statistics/statistics_actions.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/peering/signed_body.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/statistics/counting_office.h"

namespace amparo::statistics {
namespace {

using Codes = std::vector<cases::Profile::Pair>;

const Codes kWoman2016 = {{"yearOfRegistration", "2016"},
                          {"gender", "Female"},
                          {"isSexualExploit", "1"}};

class TableActionsTest : public testing::Test {
 protected:
  // A release of 2016 over `persons` women.
  Published ReleaseOf(int persons) {
    for (int i = 0; i < persons; ++i) office_.Add({kWoman2016, true});
    const absl::StatusOr<Prepared> prepared = office_.Prepare({"2016"});
    EXPECT_THAT(prepared, IsOk());
    preparation_ = prepared->id;
    const absl::StatusOr<Published> published = office_.Release(preparation_);
    EXPECT_THAT(published, IsOk());
    return *published;
  }

  Reason PrepareReason(const std::vector<std::string>& cohorts) {
    return ReasonOf(office_.Prepare(cohorts).status());
  }
  Reason ReleaseReason(const PreparationId& preparation) {
    return ReasonOf(office_.Release(preparation).status());
  }

  CountingOffice office_;
  PreparationId preparation_;
};

TEST_F(TableActionsTest, AReleaseIsNoisedSignedChargedAndLogged) {
  const Published published = ReleaseOf(100);
  const CohortCounts& counts = published.release.cohorts[0];
  EXPECT_NEAR(static_cast<double>(counts.values[0]), 100, 45);  // 10 sigma.
  EXPECT_EQ(counts.spent.nano(), 50'000'000);
  EXPECT_EQ(published.hash, crypto::Sha256(EncodeRelease(published.release)));
  const absl::StatusOr<peering::SignedBody> signed_body =
      peering::SignedBody::Decode(published.signed_body);
  ASSERT_THAT(signed_body, IsOk());
  EXPECT_THAT(crypto::VerifyDsse(office_.outlet.key.public_key(), kReleaseType,
                                 signed_body->body,
                                 signed_body->signatures[0].signature),
              IsOk());
  EXPECT_EQ(office_.Rows(storage::TableId::kLedger), 1);
  EXPECT_THAT(office_.actions->Check(), IsOk());
  const absl::StatusOr<audit::EventPage> events =
      office_.log->ReadEvents(0, 500);
  ASSERT_THAT(events, IsOk());
  std::map<audit::EventKind, int> kinds;
  for (const audit::LoggedEvent& event : events->events) ++kinds[event.kind];
  EXPECT_EQ(kinds[audit::EventKind::kTablePrepared], 1);
  EXPECT_EQ(kinds[audit::EventKind::kRelease], 1);
  EXPECT_EQ(kinds[audit::EventKind::kLedgerEntry], 1);
}

TEST_F(TableActionsTest, AskingAgainAnswersTheSameBytes) {
  const Published first = ReleaseOf(30);
  for (int i = 0; i < 50; ++i) {
    const absl::StatusOr<Published> again = office_.Release(preparation_);
    ASSERT_THAT(again, IsOk());
    EXPECT_EQ(again->signed_body, first.signed_body);
  }
  EXPECT_EQ(office_.Rows(storage::TableId::kLedger), 1);
}

TEST_F(TableActionsTest, FiveColludingPeersGetOneSample) {
  office_.outlet.regions = {TestId<OfficeId>('1')};
  ReleaseOf(30);
  for (const char region : {'2', '3', '4', '5'}) {
    office_.outlet.regions.push_back(TestId<OfficeId>(region));
    ASSERT_THAT(office_.Release(preparation_), IsOk());
  }
  ASSERT_EQ(office_.outlet.posted.size(), 5u);
  for (const std::string& letter : office_.outlet.posted) {
    EXPECT_EQ(letter, office_.outlet.posted[0]);
  }
  EXPECT_EQ(office_.Rows(storage::TableId::kLedger), 1);
  EXPECT_EQ(office_.Release(preparation_)->recipients.size(), 5u);
}

TEST_F(TableActionsTest, WhoPreparedCannotRelease) {
  const absl::StatusOr<Prepared> prepared = office_.Prepare({"2016"});
  ASSERT_THAT(prepared, IsOk());
  const people::Caller both = people::Caller::ForPerson(
      TestId<PersonId>('a'), TestId<SessionId>('a'),
      {people::Role::kAnalyst, people::Role::kDataProtectionOfficer}, "");
  EXPECT_EQ(
      ReasonOf(
          office_.actions->Release(both, {RequestId(), prepared->id}).status()),
      Reason::kSecondPersonRequired);
  EXPECT_EQ(office_.Rows(storage::TableId::kReleases), 0);
}

TEST_F(TableActionsTest, PermissionComesFirst) {
  const people::Caller caseworker =
      office_.Person('w', people::Role::kCaseworker);
  EXPECT_EQ(ReasonOf(office_.actions->Prepare(caseworker, {}).status()),
            Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(office_.actions->Release(caseworker, {}).status()),
            Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(office_.actions->Release(office_.analyst(), {}).status()),
            Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(office_.actions->Prepare(office_.officer(), {}).status()),
            Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(office_.actions->ListTables(caseworker).status()),
            Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(office_.actions->ListReleases(caseworker, 1, {}).status()),
            Reason::kNotAllowed);
  EXPECT_EQ(
      ReasonOf(office_.actions->ShowRelease(caseworker, TestId<ReleaseId>('r'))
                   .status()),
      Reason::kNotAllowed);
}

TEST_F(TableActionsTest, BadPreparationsAreRefused) {
  EXPECT_EQ(PrepareReason({}), Reason::kFieldInvalid);
  EXPECT_EQ(PrepareReason({"16"}), Reason::kFieldInvalid);
  EXPECT_EQ(PrepareReason({"2016", "2016"}), Reason::kFieldInvalid);
  EXPECT_EQ(PrepareReason({"2016-Q3"}), Reason::kFieldInvalid);
  EXPECT_EQ(PrepareReason({"2025"}), Reason::kFieldInvalid);  // Still open.
  EXPECT_EQ(PrepareReason(std::vector<std::string>(65, "2016")),
            Reason::kFieldInvalid);
  EXPECT_EQ(
      ReasonOf(office_.actions
                   ->Prepare(office_.analyst(),
                             {RequestId(), "nonsense", {"2016"}, "person"})
                   .status()),
      Reason::kTableUnknown);
  EXPECT_EQ(
      ReasonOf(office_.actions
                   ->Prepare(
                       office_.analyst(),
                       {RequestId(), std::string(kFormTable), {"2016"}, "case"})
                   .status()),
      Reason::kFieldInvalid);
  EXPECT_EQ(office_.Rows(storage::TableId::kPreparations), 0);
  EXPECT_EQ(ReleaseReason(TestId<PreparationId>('x')), Reason::kFieldInvalid);
}

TEST_F(TableActionsTest, ARequestIdGivesTheSameAnswerAndNoOther) {
  const PrepareRequest request{
      TestId<RequestId>('q'), std::string(kFormTable), {"2016"}, "person"};
  const absl::StatusOr<Prepared> first =
      office_.actions->Prepare(office_.analyst(), request);
  const absl::StatusOr<Prepared> again =
      office_.actions->Prepare(office_.analyst(), request);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(first->id, again->id);
  EXPECT_EQ(again->budgets[0].charge, first->budgets[0].charge);
  PrepareRequest other = request;
  other.cohorts = {"2015"};
  EXPECT_EQ(
      ReasonOf(office_.actions->Prepare(office_.analyst(), other).status()),
      Reason::kRequestIdReused);
}

TEST_F(TableActionsTest, AReleasedCohortIsNeverCountedAgain) {
  const absl::StatusOr<Prepared> rival = office_.Prepare({"2015", "2016"});
  ASSERT_THAT(rival, IsOk());
  ReleaseOf(5);
  EXPECT_EQ(PrepareReason({"2016"}), Reason::kAlreadyReleased);
  EXPECT_EQ(ReleaseReason(rival->id), Reason::kAlreadyReleased);
  EXPECT_EQ(office_.Rows(storage::TableId::kLedger), 1);
  EXPECT_EQ(PrepareReason({"2015"}), Reason::kUnspecified);
}

TEST_F(TableActionsTest, AWithdrawalBeforeTheReleaseExcludesThePerson) {
  // Without noise to speak of, so that one person shows.
  TableSpec exact = **Catalogue::BuiltIn().Find(kFormTable);
  exact.rho = *Rho::FromNano(100 * Rho::kUnit);
  exact.cap = exact.rho;
  const Catalogue catalogue({exact});
  office_.Use(catalogue);
  office_.Add({kWoman2016, true});
  const SubjectId leaves = office_.Add({kWoman2016, true});
  const absl::StatusOr<Prepared> prepared = office_.Prepare({"2016"});
  ASSERT_THAT(prepared, IsOk());
  office_.Withdraw(leaves);
  const absl::StatusOr<Published> published = office_.Release(prepared->id);
  ASSERT_THAT(published, IsOk());
  EXPECT_EQ(published->release.cohorts[0].values[0], 1);
}

TEST_F(TableActionsTest, AWithdrawalBetweenTwoAsksChangesNothing) {
  const SubjectId leaves = office_.Add({kWoman2016, true});
  const Published first = ReleaseOf(20);
  office_.Withdraw(leaves);
  const absl::StatusOr<Published> again = office_.Release(preparation_);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->signed_body, first.signed_body);
}

TEST_F(TableActionsTest, ACrashBeforeTheCommitSpendsNothing) {
  office_.Add({kWoman2016, true});
  const absl::StatusOr<Prepared> prepared = office_.Prepare({"2016"});
  ASSERT_THAT(prepared, IsOk());
  office_.store->DieAt(1, CrashingStore::Moment::kBefore);
  EXPECT_FALSE(office_.Release(prepared->id).ok());
  office_.Open();
  EXPECT_EQ(office_.Rows(storage::TableId::kLedger), 0);
  EXPECT_EQ(office_.Rows(storage::TableId::kReleases), 0);
  EXPECT_THAT(office_.actions->Check(), IsOk());
  EXPECT_THAT(office_.Release(prepared->id), IsOk());
}

TEST_F(TableActionsTest, ACrashAfterTheCommitAnswersWhatWasCommitted) {
  office_.Add({kWoman2016, true});
  const absl::StatusOr<Prepared> prepared = office_.Prepare({"2016"});
  ASSERT_THAT(prepared, IsOk());
  office_.store->DieAt(1, CrashingStore::Moment::kAfter);
  EXPECT_FALSE(office_.Release(prepared->id).ok());
  office_.Open();
  EXPECT_THAT(office_.actions->Check(), IsOk());
  const absl::StatusOr<Published> first = office_.Release(prepared->id);
  const absl::StatusOr<Published> again = office_.Release(prepared->id);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(first->signed_body, again->signed_body);
  EXPECT_EQ(office_.Rows(storage::TableId::kLedger), 1);
}

TEST_F(TableActionsTest, SeveralCohortsAreOneReleaseAndAnEntryEach) {
  office_.Add({kWoman2016, true});
  const absl::StatusOr<Prepared> prepared =
      office_.Prepare({"2017", "2015", "2016"});
  ASSERT_THAT(prepared, IsOk());
  const absl::StatusOr<Published> published = office_.Release(prepared->id);
  ASSERT_THAT(published, IsOk());
  ASSERT_EQ(published->release.cohorts.size(), 3u);
  EXPECT_EQ(published->release.cohorts[0].cohort.id(), "2015");
  EXPECT_EQ(office_.Rows(storage::TableId::kReleases), 1);
  EXPECT_EQ(office_.Rows(storage::TableId::kLedger), 3);
  EXPECT_THAT(office_.actions->Check(), IsOk());
}

TEST_F(TableActionsTest, AChangedTableMustBePreparedAgain) {
  const absl::StatusOr<Prepared> prepared = office_.Prepare({"2016"});
  ASSERT_THAT(prepared, IsOk());
  TableSpec changed = **Catalogue::BuiltIn().Find(kFormTable);
  changed.title += " (changed)";
  const Catalogue catalogue({changed});
  office_.Use(catalogue);
  EXPECT_EQ(ReleaseReason(prepared->id), Reason::kWrongState);
}

TEST_F(TableActionsTest, ReleasesAreListedInPages) {
  for (const char* year : {"2011", "2012", "2013"}) {
    const absl::StatusOr<Prepared> prepared = office_.Prepare({year});
    ASSERT_THAT(prepared, IsOk());
    ASSERT_THAT(office_.Release(prepared->id), IsOk());
  }
  std::set<std::string> ids;
  std::string after;
  int pages = 0;
  do {
    const absl::StatusOr<ReleasePage> page =
        office_.actions->ListReleases(office_.analyst(), 2, after);
    ASSERT_THAT(page, IsOk());
    for (const Published& one : page->releases)
      ids.insert(one.release.id.hex());
    after = page->next;
    ++pages;
  } while (!after.empty());
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_EQ(pages, 2);
  EXPECT_FALSE(office_.actions->ListReleases(office_.analyst(), 0, {}).ok());
  EXPECT_FALSE(office_.actions->ListReleases(office_.analyst(), 1, "x").ok());
  EXPECT_EQ(
      ReasonOf(office_.actions
                   ->ShowRelease(office_.analyst(), TestId<ReleaseId>('x'))
                   .status()),
      Reason::kNotAllowed);
}

// The counting unit is what was prepared and approved, and stands on it.
TEST_F(TableActionsTest, AnImportedFileIsCountedInSourceRows) {
  const absl::StatusOr<Prepared> prepared = office_.actions->Prepare(
      office_.analyst(),
      {RequestId(), std::string(kFormTable), {"2016"}, "source-row"});
  ASSERT_THAT(prepared, IsOk());
  EXPECT_EQ(office_.Release(prepared->id)->release.unit,
            CountedUnit::kSourceRow);
}

}  // namespace
}  // namespace amparo::statistics
