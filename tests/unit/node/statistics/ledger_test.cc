// SPDX-License-Identifier: Apache-2.0
#include "node/statistics/ledger.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/statistics/counting_office.h"

namespace amparo::statistics {
namespace {

class BudgetLedgerTest : public testing::Test {
 protected:
  BudgetLedgerTest() : ledger_(*office_.vault) {}

  // A table of its own name that charges `nano`.
  static TableSpec Spec(const std::string& id, int64_t nano,
                        int64_t cap = 500'000'000) {
    TableSpec spec = **Catalogue::BuiltIn().Find(kFormTable);
    spec.id = id;
    spec.rho = *Rho::FromNano(nano);
    spec.cap = *Rho::FromNano(cap);
    return spec;
  }

  // Charges `spec` for the cohorts with a release that is stored too.
  absl::Status Charge(const TableSpec& spec,
                      const std::vector<std::string>& cohorts) {
    Release release;
    release.id = *ReleaseId::FromBytes(crypto::RandomBytes(office_.random, 16));
    release.office = office_.outlet.office();
    release.table = spec.id;
    release.spec_hash = SpecHash(spec);
    release.generated_at = office_.clock.Now();
    ASSIGN_OR_RETURN(release.sigma2, Sigma2(spec));
    release.sensitivity2 = Sensitivity2(spec);
    release.rho = spec.rho;
    for (const std::string& cohort : cohorts) {
      release.cohorts.push_back(
          {*Cohort::Parse(cohort), {}, spec.rho, 0, 0, {}});
    }
    StoredRelease stored;
    stored.body = EncodeRelease(release);
    storage::Batch batch;
    RETURN_IF_ERROR(releases_.Insert(batch, release.id, stored));
    RETURN_IF_ERROR(ledger_.Charge(
        batch, *office_.store, spec, release, crypto::Sha256(stored.body),
        TestId<PersonId>('a'), TestId<PersonId>('d')));
    return office_.store->Commit(batch).status();
  }

  Reason ChargeReason(const TableSpec& spec,
                      const std::vector<std::string>& cohorts) {
    return ReasonOf(Charge(spec, cohorts));
  }

  // Puts `entry` in place of the first entry.
  void Overwrite(uint64_t sequence,
                 const std::function<void(LedgerEntry&)>& change) {
    const auto row = *entries_.Get(*office_.store, sequence);
    LedgerEntry entry = row->value;
    change(entry);
    storage::Batch batch;
    ASSERT_THAT(entries_.Put(batch, sequence, entry), IsOk());
    ASSERT_THAT(office_.store->Commit(batch), IsOk());
  }

  Reason VerifyReason() { return ReasonOf(ledger_.Verify(*office_.store)); }

  CountingOffice office_;
  BudgetLedger ledger_;
  storage::Table<LedgerCodec> entries_{*office_.vault};
  storage::Table<LedgerIndexCodec> index_{*office_.vault};
  storage::Table<ReleaseCodec> releases_{*office_.vault};
};

TEST_F(BudgetLedgerTest, TenTablesShareACohortAndTheEleventhIsRefused) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_THAT(Charge(Spec(absl::StrCat("t", i), 50'000'000), {"2016"}),
                IsOk());
  }
  EXPECT_EQ(ledger_.Spent(*office_.store, *Cohort::Parse("2016"))->nano(),
            500'000'000);
  EXPECT_EQ(ChargeReason(Spec("more", 1), {"2016"}), Reason::kBudgetExhausted);
  EXPECT_THAT(Charge(Spec("more", 1), {"2015"}), IsOk());
  EXPECT_THAT(ledger_.Verify(*office_.store), IsOk());
}

TEST_F(BudgetLedgerTest, ATableOfACohortIsReleasedOnce) {
  ASSERT_THAT(Charge(Spec("t", 1000), {"2016"}), IsOk());
  EXPECT_EQ(ChargeReason(Spec("t", 1000), {"2016"}), Reason::kAlreadyReleased);
  // Nor under another version of the table.
  EXPECT_EQ(ChargeReason(Spec("t", 2000), {"2016"}), Reason::kAlreadyReleased);
}

TEST_F(BudgetLedgerTest, OneCohortTooManyChargesNone) {
  ASSERT_THAT(Charge(Spec("a", 400'000'000), {"2016"}), IsOk());
  EXPECT_EQ(ChargeReason(Spec("b", 200'000'000), {"2015", "2016"}),
            Reason::kBudgetExhausted);
  EXPECT_EQ(ledger_.Spent(*office_.store, *Cohort::Parse("2015"))->nano(), 0);
}

TEST_F(BudgetLedgerTest, AYearAndItsQuartersAreNeverBothReleased) {
  ASSERT_THAT(Charge(Spec("a", 1000), {"2016"}), IsOk());
  EXPECT_EQ(ChargeReason(Spec("b", 1000), {"2016-Q3"}), Reason::kWrongState);
  ASSERT_THAT(Charge(Spec("a", 1000), {"2017-Q1", "2017-Q2"}), IsOk());
  EXPECT_EQ(ChargeReason(Spec("b", 1000), {"2017"}), Reason::kWrongState);
  EXPECT_THAT(Charge(Spec("a", 1000), {"2017-Q3"}), IsOk());
}

TEST_F(BudgetLedgerTest, ACapIsLoweredAndNeverRaised) {
  ASSERT_THAT(Charge(Spec("a", 1000, 100'000), {"2016"}), IsOk());
  EXPECT_EQ(ChargeReason(Spec("b", 200'000), {"2016"}),
            Reason::kBudgetExhausted);
  ASSERT_THAT(Charge(Spec("c", 1000, 50'000), {"2016"}), IsOk());
  EXPECT_EQ(ChargeReason(Spec("d", 60'000, 100'000), {"2016"}),
            Reason::kBudgetExhausted);
  EXPECT_THAT(ledger_.Verify(*office_.store), IsOk());
}

TEST_F(BudgetLedgerTest, TwoAtOnceAreOneAfterTheOther) {
  // Both saw the same ledger: the second commit must fail.
  const std::unique_ptr<storage::Reader> before = office_.store->NewSnapshot();
  ASSERT_THAT(Charge(Spec("a", 300'000'000), {"2016"}), IsOk());
  Release release;
  release.id = TestId<ReleaseId>('r');
  release.sigma2 = {2, 1};
  release.generated_at = office_.clock.Now();
  release.cohorts.push_back({*Cohort::Parse("2016"), {}, Rho(), 0, 0, {}});
  storage::Batch batch;
  ASSERT_THAT(ledger_.Charge(batch, *before, Spec("b", 300'000'000), release,
                             std::string(32, 'h'), PersonId(), PersonId()),
              IsOk());
  EXPECT_EQ(ReasonOf(office_.store->Commit(batch).status()),
            Reason::kVersionConflict);
}

// Property: after any mix of charges the ledger holds what a model of exact
// fractions holds, and what the model refuses it refuses.
TEST_F(BudgetLedgerTest, AgreesWithAModel) {
  std::mt19937 random(3);
  std::map<std::string, int64_t> model;
  for (int i = 0; i < 120; ++i) {
    const std::string cohort = absl::StrCat(2010 + random() % 4);
    // Charges whose variance is a whole number cost exactly themselves.
    const int64_t nano = Rho::kUnit / (int64_t{1} << (3 + random() % 6));
    const bool fits = model[cohort] + nano <= 500'000'000;
    const Reason reason =
        ChargeReason(Spec(absl::StrCat("t", i), nano), {cohort});
    EXPECT_EQ(reason, fits ? Reason::kUnspecified : Reason::kBudgetExhausted);
    if (fits) model[cohort] += nano;
    EXPECT_EQ(ledger_.Spent(*office_.store, *Cohort::Parse(cohort))->nano(),
              model[cohort]);
  }
  EXPECT_THAT(ledger_.Verify(*office_.store), IsOk());
}

TEST_F(BudgetLedgerTest, VerifyFindsEveryLie) {
  const std::function<void(LedgerEntry&)> lies[] = {
      [](LedgerEntry& e) { e.previous[0] ^= 1; },
      [](LedgerEntry& e) { e.rho = *Rho::FromNano(1); },
      [](LedgerEntry& e) { e.sigma2.num *= 2; },
      [](LedgerEntry& e) { e.spent_after = *Rho::FromNano(1); },
      [](LedgerEntry& e) { e.cap = Rho(); },
      [](LedgerEntry& e) { e.release_hash[0] ^= 1; },
      [](LedgerEntry& e) { e.release = TestId<ReleaseId>('z'); },
      [](LedgerEntry& e) { e.cohort = *Cohort::Parse("2001"); },
      [](LedgerEntry& e) { e.table = "x"; },
      [](LedgerEntry& e) { e.approved_by = TestId<PersonId>('z'); },
  };
  ASSERT_THAT(Charge(Spec("a", 50'000'000), {"2016"}), IsOk());
  ASSERT_THAT(Charge(Spec("b", 50'000'000), {"2016"}), IsOk());
  ASSERT_THAT(ledger_.Verify(*office_.store), IsOk());
  const LedgerEntry honest = (*entries_.Get(*office_.store, 1))->value;
  for (size_t i = 0; i < std::size(lies); ++i) {
    Overwrite(1, lies[i]);
    EXPECT_EQ(VerifyReason(), Reason::kRecordDamaged) << i;
    Overwrite(1, [&honest](LedgerEntry& e) { e = honest; });
    ASSERT_THAT(ledger_.Verify(*office_.store), IsOk());
  }
}

TEST_F(BudgetLedgerTest, VerifyFindsWhatIsMissing) {
  ASSERT_THAT(Charge(Spec("a", 50'000'000), {"2016"}), IsOk());
  ASSERT_THAT(Charge(Spec("b", 50'000'000), {"2016"}), IsOk());
  const auto missing = [&](const std::function<void(storage::Batch&)>& remove) {
    storage::Batch batch;
    remove(batch);
    EXPECT_THAT(office_.store->Commit(batch), IsOk());
    return VerifyReason();
  };
  const LedgerEntry last = (*entries_.Get(*office_.store, 2))->value;
  EXPECT_EQ(missing([&](storage::Batch& b) { entries_.Delete(b, 2); }),
            Reason::kRecordDamaged);
  EXPECT_EQ(missing([&](storage::Batch& b) {
              index_.Delete(b, {last.cohort, last.table});
            }),
            Reason::kUnspecified);  // As if the last had never been.
  const LedgerEntry first = (*entries_.Get(*office_.store, 1))->value;
  EXPECT_EQ(
      missing([&](storage::Batch& b) { releases_.Delete(b, first.release); }),
      Reason::kRecordDamaged);
}

}  // namespace
}  // namespace amparo::statistics
