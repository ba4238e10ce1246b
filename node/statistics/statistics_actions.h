// SPDX-License-Identifier: Apache-2.0
//
// What people do with tables: an analyst prepares one, another person (the
// data protection officer) releases it. Counting, noise, the charge to the
// budget, the release, its log leaves and the letters to the region are one
// transaction: a crash before it spends nothing, because nobody saw the
// sample; after it the same bytes are answered for ever.
#ifndef AMPARO_NODE_STATISTICS_STATISTICS_ACTIONS_H_
#define AMPARO_NODE_STATISTICS_STATISTICS_ACTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/base/random.h"
#include "node/audit/log.h"
#include "node/base/clock.h"
#include "node/base/ids.h"
#include "node/cases/registry.h"
#include "node/consent/ledger.h"
#include "node/people/caller.h"
#include "node/people/requests.h"
#include "node/statistics/ledger.h"
#include "node/statistics/release.h"
#include "node/statistics/statistics_records.h"
#include "node/statistics/table_spec.h"
#include "node/storage/store.h"
#include "node/storage/table.h"
#include "node/storage/vault.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::statistics {

// How a release leaves: the signature under it and the letters that carry it.
// Implemented by statistics_letters.h. Thread-safe.
class Outlet {
 public:
  virtual ~Outlet() = default;

  virtual OfficeId office() const = 0;

  struct Signature {
    uint32_t key_epoch = 0;
    std::string der;
  };
  // By the office's signing key, DSSE type kReleaseType.
  virtual absl::StatusOr<Signature> Sign(absl::string_view body) const = 0;

  // Adds one letter for each region that may have releases and is not among
  // `already`; returns those it wrote to, perhaps none.
  virtual absl::StatusOr<std::vector<OfficeId>> Post(
      storage::Batch& batch, absl::string_view signed_body,
      absl::Span<const OfficeId> already) = 0;
};

struct PrepareRequest {
  RequestId request;  // May be empty for internal callers.
  std::string table;
  std::vector<std::string> cohorts;  // 1 to kCohortsMax, in any order.
  std::string counted_unit;          // "person" or "source-row".
};

struct Prepared {
  PreparationId id;
  std::vector<CohortBudget> budgets;
};

struct ReleaseRequest {
  RequestId request;  // May be empty for internal callers.
  PreparationId preparation;
};

struct Published {
  Release release;
  std::string hash;         // SHA-256 of the body.
  std::string signed_body;  // A serialised peer.v1.SignedBody.
  std::vector<OfficeId> recipients;
};

struct ReleasePage {
  std::vector<Published> releases;
  std::string next;  // Empty: no more.
};

inline constexpr size_t kCohortsMax = 64;

// Thread-safe. Everything in Parts must outlive it.
class TableActions {
 public:
  struct Parts {
    storage::Store& store;
    const storage::Vault& vault;
    const audit::Log& log;
    const Clock& clock;
    crypto::RandomSource& random;  // The noise, too.
    const people::Requests& requests;
    const cases::Registry& registry;
    const consent::Ledger& consents;
    const vocabulary::Lists& lists;
    const Catalogue& catalogue;
    Outlet& outlet;
  };
  explicit TableActions(const Parts& parts);

  // Run when the node starts: every shipped table is sound (kInternal) and the
  // ledger holds (kRecordDamaged).
  absl::Status Check() const;

  // TREND_READ. By id.
  absl::StatusOr<absl::Span<const TableSpec>> ListTables(
      const people::Caller& caller) const;

  // TABLE_PREPARE. Counts nothing and spends nothing. kTableUnknown;
  // kFieldInvalid for cohorts of another period, that overlap, or that are
  // still open; and what BudgetLedger::Check answers.
  absl::StatusOr<Prepared> Prepare(const people::Caller& caller,
                                   const PrepareRequest& request);

  // TABLE_RELEASE. kFieldInvalid for an unknown preparation;
  // kSecondPersonRequired for the person who prepared it; kWrongState when
  // the table changed since; and what BudgetLedger::Check answers, when
  // another preparation was first. Once released, answers the same bytes to
  // whoever may ask, and posts them to regions that joined since.
  absl::StatusOr<Published> Release(const people::Caller& caller,
                                    const ReleaseRequest& request);

  // TREND_READ. In the order of their random ids, at most `limit` (1 to
  // limits::kPageSizeMax); `after` is the `next` of the page before.
  absl::StatusOr<ReleasePage> ListReleases(const people::Caller& caller,
                                           size_t limit,
                                           absl::string_view after) const;

  // TREND_READ. kNotAllowed when there is none.
  absl::StatusOr<Published> ShowRelease(const people::Caller& caller,
                                        const ReleaseId& id) const;

  const Catalogue& catalogue() const { return parts_.catalogue; }

 private:
  absl::StatusOr<Prepared> PrepareOnce(const people::Caller& caller,
                                       const PrepareRequest& request,
                                       absl::string_view digest);
  absl::StatusOr<Published> ReleaseOnce(const people::Caller& caller,
                                        const ReleaseRequest& request,
                                        absl::string_view digest);
  // Counts, and commits the release of a preparation that has none yet.
  absl::StatusOr<Published> Publish(const storage::Reader& reader,
                                    const people::Caller& caller,
                                    const ReleaseRequest& request,
                                    absl::string_view digest,
                                    const storage::Row<Preparation>& row);
  absl::StatusOr<std::vector<Cohort>> CheckCohorts(
      const TableSpec& spec, const std::vector<std::string>& texts) const;
  absl::StatusOr<statistics::Release> Make(const storage::Reader& reader,
                                           const TableSpec& spec,
                                           const Preparation& preparation);
  absl::StatusOr<Published> SendAgain(const people::Caller& caller,
                                      const ReleaseRequest& request,
                                      absl::string_view digest,
                                      const ReleaseId& id);
  absl::Status RecordRelease(storage::Batch& batch, const PersonId& approver,
                             const statistics::Release& release,
                             absl::string_view hash) const;
  absl::StatusOr<Published> Load(const storage::Reader& reader,
                                 const ReleaseId& id) const;

  const Parts parts_;
  const BudgetLedger ledger_;
  const storage::Table<PreparationCodec> preparations_;
  const storage::Table<ReleaseCodec> releases_;
};

}  // namespace amparo::statistics

#endif  // AMPARO_NODE_STATISTICS_STATISTICS_ACTIONS_H_
