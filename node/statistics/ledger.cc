// SPDX-License-Identifier: Apache-2.0
#include "node/statistics/ledger.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::statistics {
namespace {

absl::Status Damaged(uint64_t sequence, absl::string_view what) {
  return Error(Reason::kRecordDamaged,
               absl::StrCat("budget ledger, entry ", sequence, ": ", what));
}

std::string DigestOf(const LedgerEntry& entry) {
  return crypto::Sha256(LedgerCodec::Encode(entry));
}

std::string NoDigest() { return std::string(crypto::kSha256Size, '\0'); }

std::string CohortPrefix(const Cohort& cohort) {
  return LedgerIndexCodec::EncodeKey({cohort, ""});
}

// `sum` is all that was charged to its cohort up to it.
absl::Status CheckEntry(uint64_t sequence, const LedgerEntry& entry, Rho sum) {
  if (sum != entry.spent_after) {
    return Damaged(sequence, "the sum of the cohort is another");
  }
  const absl::StatusOr<Rho> cost = CostOf(entry.sensitivity2, entry.sigma2);
  if (!cost.ok() || *cost != entry.rho) {
    return Damaged(sequence, "the charge is not what the noise costs");
  }
  if (entry.cap < entry.spent_after) {
    return Damaged(sequence, "the cohort was charged more than its cap");
  }
  return absl::OkStatus();
}

}  // namespace

BudgetLedger::BudgetLedger(const storage::Vault& vault)
    : releases_(vault), entries_(vault), index_(vault) {}

absl::StatusOr<std::optional<BudgetLedger::Account>> BudgetLedger::AccountOf(
    const storage::Reader& reader, const Cohort& cohort) const {
  std::optional<Account> account;
  RETURN_IF_ERROR(index_.Scan(
      reader, CohortPrefix(cohort), {},
      [&](const LedgerIndexCodec::Key&,
          const storage::Row<LedgerPlace>& place) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const std::optional<storage::Row<LedgerEntry>> row,
                         entries_.Get(reader, place.value.sequence));
        if (!row.has_value()) {
          return Damaged(place.value.sequence, "is in the index and not there");
        }
        if (!account.has_value()) account = Account{Rho(), row->value.cap};
        account->spent = account->spent + row->value.rho;
        account->cap = std::min(account->cap, row->value.cap);
        return true;
      }));
  return account;
}

absl::Status BudgetLedger::CheckNoOverlap(const storage::Reader& reader,
                                          const Cohort& cohort) const {
  absl::Status found;
  // Ids of one year's cohorts start with the year.
  RETURN_IF_ERROR(index_.Scan(
      reader, absl::StrCat(cohort.year()), {},
      [&](const LedgerIndexCodec::Key& key,
          const storage::Row<LedgerPlace>&) -> absl::StatusOr<bool> {
        if (key.first == cohort || !key.first.Overlaps(cohort)) return true;
        found = WithState(
            Error(Reason::kWrongState,
                  absl::StrCat("cohort ", cohort.id(), " overlaps ",
                               key.first.id(),
                               ", of which tables were released: a person "
                               "would be in both")),
            "RELEASED");
        return false;
      }));
  return found;
}

absl::StatusOr<std::vector<CohortBudget>> BudgetLedger::Check(
    const storage::Reader& reader, const TableSpec& spec,
    absl::Span<const Cohort> cohorts) const {
  std::vector<CohortBudget> budgets;
  for (const Cohort& cohort : cohorts) {
    ASSIGN_OR_RETURN(const std::optional<ReleaseId> released,
                     ReleaseOf(reader, cohort, spec.id));
    if (released.has_value()) {
      return Error(
          Reason::kAlreadyReleased,
          absl::StrCat("cohort ", cohort.id(), " of this table is in release ",
                       released->hex(),
                       "; a released table is never counted again"));
    }
    RETURN_IF_ERROR(CheckNoOverlap(reader, cohort));
    ASSIGN_OR_RETURN(const std::optional<Account> account,
                     AccountOf(reader, cohort));
    CohortBudget budget{cohort, Rho(), spec.rho, spec.cap};
    if (account.has_value()) {
      budget.spent = account->spent;
      budget.cap = std::min(spec.cap, account->cap);
    }
    if (budget.cap < budget.spent + budget.charge) {
      return Error(Reason::kBudgetExhausted,
                   absl::StrCat("the privacy budget of cohort ", cohort.id(),
                                " does not allow this table any more"));
    }
    budgets.push_back(budget);
  }
  return budgets;
}

absl::StatusOr<Rho> BudgetLedger::Spent(const storage::Reader& reader,
                                        const Cohort& cohort) const {
  ASSIGN_OR_RETURN(const std::optional<Account> account,
                   AccountOf(reader, cohort));
  return account.has_value() ? account->spent : Rho();
}

absl::StatusOr<std::optional<ReleaseId>> BudgetLedger::ReleaseOf(
    const storage::Reader& reader, const Cohort& cohort,
    absl::string_view table) const {
  ASSIGN_OR_RETURN(const std::optional<storage::Row<LedgerPlace>> row,
                   index_.Get(reader, {cohort, std::string(table)}));
  if (!row.has_value()) return std::optional<ReleaseId>();
  return std::optional<ReleaseId>(row->value.release);
}

absl::StatusOr<BudgetLedger::End> BudgetLedger::Last(
    const storage::Reader& reader) const {
  End end{0, NoDigest()};
  RETURN_IF_ERROR(entries_.Scan(
      reader, {}, {},
      [&end](uint64_t sequence,
             const storage::Row<LedgerEntry>& row) -> absl::StatusOr<bool> {
        end = End{sequence, DigestOf(row.value)};
        return true;
      }));
  return end;
}

absl::Status BudgetLedger::Charge(storage::Batch& batch,
                                  const storage::Reader& reader,
                                  const TableSpec& spec, const Release& release,
                                  absl::string_view release_hash,
                                  const PersonId& prepared_by,
                                  const PersonId& approved_by) const {
  std::vector<Cohort> cohorts;
  for (const CohortCounts& counts : release.cohorts) {
    cohorts.push_back(counts.cohort);
  }
  ASSIGN_OR_RETURN(const std::vector<CohortBudget> budgets,
                   Check(reader, spec, cohorts));
  ASSIGN_OR_RETURN(End end, Last(reader));
  for (const CohortBudget& budget : budgets) {
    LedgerEntry entry(budget.cohort);
    entry.table = spec.id;
    entry.spec_hash = release.spec_hash;
    entry.sigma2 = release.sigma2;
    entry.sensitivity2 = release.sensitivity2;
    entry.rho = budget.charge;
    entry.spent_after = budget.spent + budget.charge;
    entry.cap = budget.cap;
    entry.release = release.id;
    entry.release_hash = std::string(release_hash);
    entry.prepared_by = prepared_by;
    entry.approved_by = approved_by;
    entry.charged_at = release.generated_at;
    entry.previous = end.digest;
    end = End{end.sequence + 1, DigestOf(entry)};
    RETURN_IF_ERROR(entries_.Insert(batch, end.sequence, entry));
    RETURN_IF_ERROR(index_.Insert(batch, {entry.cohort, entry.table},
                                  LedgerPlace{end.sequence, release.id}));
  }
  return absl::OkStatus();
}

absl::Status BudgetLedger::Verify(const storage::Reader& reader) const {
  End end{0, NoDigest()};
  std::map<Cohort, Rho> spent;
  RETURN_IF_ERROR(entries_.Scan(
      reader, {}, {},
      [&](uint64_t sequence,
          const storage::Row<LedgerEntry>& row) -> absl::StatusOr<bool> {
        const LedgerEntry& entry = row.value;
        if (sequence != end.sequence + 1 || entry.previous != end.digest) {
          return Damaged(sequence, "does not follow the one before it");
        }
        Rho& sum = spent[entry.cohort];
        sum = sum + entry.rho;
        const absl::Status sound = CheckEntry(sequence, entry, sum);
        if (!sound.ok()) return sound;
        ASSIGN_OR_RETURN(const std::optional<storage::Row<LedgerPlace>> place,
                         index_.Get(reader, {entry.cohort, entry.table}));
        if (!place.has_value() || place->value.sequence != sequence ||
            place->value.release != entry.release) {
          return Damaged(sequence, "the index says otherwise");
        }
        ASSIGN_OR_RETURN(const std::optional<storage::Row<StoredRelease>> paid,
                         releases_.Get(reader, entry.release));
        if (!paid.has_value() ||
            crypto::Sha256(paid->value.body) != entry.release_hash) {
          return Damaged(sequence, "its release is not there or is another");
        }
        end = End{sequence, DigestOf(entry)};
        return true;
      }));
  uint64_t indexed = 0;
  RETURN_IF_ERROR(index_.Scan(
      reader, {}, {},
      [&indexed](const LedgerIndexCodec::Key&,
                 const storage::Row<LedgerPlace>&) -> absl::StatusOr<bool> {
        ++indexed;
        return true;
      }));
  if (indexed != end.sequence) {
    return Damaged(end.sequence, "is the last, but the index holds others");
  }
  return absl::OkStatus();
}

}  // namespace amparo::statistics
