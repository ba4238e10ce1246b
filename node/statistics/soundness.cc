// SPDX-License-Identifier: Apache-2.0
#include "node/statistics/soundness.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/statistics/ledger.h"
#include "node/statistics/release.h"
#include "node/statistics/statistics_records.h"

namespace amparo::statistics {
namespace {

using storage::Erasure;
using storage::Gravity;
using storage::Inspection;
using storage::Opened;
using storage::Row;
using storage::RowSet;
using storage::TableId;

// What releases say about the other tables.
struct FromReleases {
  RowSet paid;
  RowSet prepared;
  bool complete = true;
};

absl::Status ReadReleases(Inspection& inspection, const OfficeId& own,
                          const ReleaseSignature& signed_by_us,
                          audit::ExpectedEvents& events, FromReleases& said) {
  ASSIGN_OR_RETURN(
      const Opened opened,
      storage::OpenAll<ReleaseCodec>(
          inspection, Erasure::kNever,
          [&](const ReleaseId& id, const Row<StoredRelease>& row) {
            const StoredRelease& stored = row.value;
            const absl::StatusOr<Release> release = DecodeRelease(stored.body);
            if (!release.ok() || release->id != id || release->office != own) {
              said.complete = false;
              inspection.Add(TableId::kReleases, Gravity::kEvidence,
                             "a release is none of this office's, or in "
                             "another one's place");
              return absl::OkStatus();
            }
            if (!signed_by_us(stored.key_epoch, stored.body,
                              stored.signature)) {
              inspection.Add(TableId::kReleases, Gravity::kEvidence,
                             "a release is not signed by this office");
            }
            const std::string hash = crypto::Sha256(stored.body);
            said.prepared.Add({stored.preparation.bytes(), id.bytes()});
            events.Add(audit::EventKind::kRelease,
                       {id.hex(), release->table, crypto::HexEncode(hash)});
            for (const CohortCounts& counts : release->cohorts) {
              said.paid.Add(
                  {id.bytes(), counts.cohort.id(), release->table, hash});
              events.Add(audit::EventKind::kLedgerEntry,
                         {counts.cohort.id(), id.hex(),
                          absl::StrCat(release->rho.nano()), release->table});
            }
            return absl::OkStatus();
          }));
  said.complete = said.complete && opened.complete();
  return absl::OkStatus();
}

absl::Status CheckPreparations(Inspection& inspection,
                               const FromReleases& said) {
  RowSet found;
  ASSIGN_OR_RETURN(
      const Opened opened,
      storage::OpenAll<PreparationCodec>(
          inspection, Erasure::kNever,
          [&](const PreparationId& id, const Row<Preparation>& row) {
            if (!row.value.release.empty()) {
              found.Add({id.bytes(), row.value.release.bytes()});
            }
            return absl::OkStatus();
          }));
  if (said.complete && opened.complete()) {
    inspection.Compare(said.prepared, found, TableId::kPreparations,
                       Gravity::kRecord,
                       "preparations and releases do not belong to each other");
  }
  return absl::OkStatus();
}

absl::Status CheckLedger(Inspection& inspection, const FromReleases& said) {
  RowSet found;
  ASSIGN_OR_RETURN(const Opened opened,
                   storage::OpenAll<LedgerCodec>(
                       inspection, Erasure::kNever,
                       [&](uint64_t, const Row<LedgerEntry>& row) {
                         const LedgerEntry& entry = row.value;
                         found.Add({entry.release.bytes(), entry.cohort.id(),
                                    entry.table, entry.release_hash});
                         return absl::OkStatus();
                       }));
  ASSIGN_OR_RETURN(const Opened places, storage::OpenAll<LedgerIndexCodec>(
                                            inspection, Erasure::kNever,
                                            [](const LedgerIndexCodec::Key&,
                                               const Row<LedgerPlace>&) {
                                              return absl::OkStatus();
                                            }));
  if (!opened.complete() || !places.complete() || !said.complete) {
    return absl::OkStatus();
  }
  inspection.Compare(said.paid, found, TableId::kLedger, Gravity::kEvidence,
                     "the ledger was not charged for exactly the releases "
                     "that are there");
  // Its order, chain, sums, caps and index: what a node checks at its start.
  const absl::Status sound =
      BudgetLedger(inspection.vault()).Verify(inspection.reader());
  if (ReasonOf(sound) != Reason::kRecordDamaged) return sound;
  inspection.Add(TableId::kLedger, Gravity::kEvidence, sound.message());
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckStatistics(Inspection& inspection, const OfficeId& own,
                             const ReleaseSignature& signed_by_us,
                             audit::ExpectedEvents& events) {
  FromReleases said;
  RETURN_IF_ERROR(ReadReleases(inspection, own, signed_by_us, events, said));
  if (!said.complete) {
    events.Leave(audit::EventKind::kRelease);
    events.Leave(audit::EventKind::kLedgerEntry);
  }
  RETURN_IF_ERROR(CheckPreparations(inspection, said));
  return CheckLedger(inspection, said);
}

}  // namespace amparo::statistics
