// SPDX-License-Identifier: Apache-2.0
//
// The budget ledger: what each cohort has been charged, over all tables and
// all recipients. Append-only, numbered and chained by SHA-256; an entry is
// written in the transaction that writes the release it paid for, so nothing
// is ever answered that was not charged (privacy page, "Ledger before answer").
#ifndef AMPARO_NODE_STATISTICS_LEDGER_H_
#define AMPARO_NODE_STATISTICS_LEDGER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/statistics/statistics_records.h"
#include "node/statistics/table_spec.h"
#include "node/storage/store.h"
#include "node/storage/table.h"
#include "node/storage/vault.h"

namespace amparo::statistics {

// What one cohort may still be charged.
struct CohortBudget {
  Cohort cohort;
  Rho spent;
  Rho charge;
  Rho cap;
};

// Thread-safe; `vault` must outlive it.
class BudgetLedger {
 public:
  explicit BudgetLedger(const storage::Vault& vault);

  // What charging `spec` to each cohort would do. Errors, the first that
  // applies: kAlreadyReleased when this table of a cohort was released;
  // kWrongState when a cohort overlaps one already charged (its year as a
  // whole, or a quarter of it), since a person would then be in both;
  // kBudgetExhausted when spent and charge exceed the cap. The cap is the
  // lowest of the table's own and those of all entries of the cohort, so it
  // can be lowered and never raised.
  absl::StatusOr<std::vector<CohortBudget>> Check(
      const storage::Reader& reader, const TableSpec& spec,
      absl::Span<const Cohort> cohorts) const;

  // All the cohort was charged, 0 when nothing.
  absl::StatusOr<Rho> Spent(const storage::Reader& reader,
                            const Cohort& cohort) const;

  // The release that holds a table of a cohort, or nullopt.
  absl::StatusOr<std::optional<ReleaseId>> ReleaseOf(
      const storage::Reader& reader, const Cohort& cohort,
      absl::string_view table) const;

  // Adds one entry per cohort of the release to `batch`, with cap and sums as
  // Check(reader, ...) finds them. The commit fails with kVersionConflict when
  // anything was charged since `reader` saw the ledger.
  absl::Status Charge(storage::Batch& batch, const storage::Reader& reader,
                      const TableSpec& spec, const Release& release,
                      absl::string_view release_hash,
                      const PersonId& prepared_by,
                      const PersonId& approved_by) const;

  // Checked when the node starts: entries are numbered without gaps and
  // chained, no sum exceeds its cap, the sums stand as computed again, each
  // charge is what its variance costs, the index agrees both ways, and each
  // release is there with the hash that was paid for. kRecordDamaged names
  // the first entry that does not agree.
  absl::Status Verify(const storage::Reader& reader) const;

 private:
  struct End {
    uint64_t sequence = 0;  // Of the last entry; 0 when there is none.
    std::string digest;     // What the next entry names as previous.
  };
  absl::StatusOr<End> Last(const storage::Reader& reader) const;
  // What the cohort was charged, and the lowest cap of its entries; nullopt
  // when it was never charged.
  struct Account {
    Rho spent;
    Rho cap;
  };
  absl::StatusOr<std::optional<Account>> AccountOf(
      const storage::Reader& reader, const Cohort& cohort) const;
  absl::Status CheckNoOverlap(const storage::Reader& reader,
                              const Cohort& cohort) const;

  storage::Table<ReleaseCodec> releases_;
  storage::Table<LedgerCodec> entries_;
  storage::Table<LedgerIndexCodec> index_;
};

}  // namespace amparo::statistics

#endif  // AMPARO_NODE_STATISTICS_LEDGER_H_
