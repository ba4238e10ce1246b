// SPDX-License-Identifier: Apache-2.0
//
// How preparations, releases and the budget ledger are kept. All under the
// tables' own keys: nothing here belongs to a subject, and no count is stored
// but noised ones inside a signed release.
#ifndef AMPARO_NODE_STATISTICS_STATISTICS_RECORDS_H_
#define AMPARO_NODE_STATISTICS_STATISTICS_RECORDS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crypto/gaussian/discrete_gaussian.h"
#include "node/base/ids.h"
#include "node/statistics/budget.h"
#include "node/statistics/cohort.h"
#include "node/statistics/release.h"
#include "node/storage/tables.h"

namespace amparo::statistics {

// Names one intent to release. Its own type so that it is never taken for a
// release.
struct PreparationIdTag {
  static constexpr char kName[] = "preparation id";
};
using PreparationId = Id<PreparationIdTag>;

struct Preparation {
  std::string table;
  std::string spec_hash;
  std::vector<Cohort> cohorts;  // Ascending.
  CountedUnit unit = CountedUnit::kPerson;
  PersonId prepared_by;
  absl::Time prepared_at;
  ReleaseId release;  // Empty until released.
};

struct StoredRelease {
  std::string body;        // The exact bytes that were signed.
  uint32_t key_epoch = 0;  // Of the signing key.
  std::string signature;   // DER.
  PreparationId preparation;
  PersonId approved_by;
  std::vector<OfficeId> recipients;  // Offices it was posted to.
};

struct LedgerEntry {
  explicit LedgerEntry(const Cohort& charged) : cohort(charged) {}

  Cohort cohort;
  std::string table;
  std::string spec_hash;
  crypto::Fraction sigma2{1, 1};
  uint32_t sensitivity2 = 1;
  Rho rho;
  Rho spent_after;
  Rho cap;
  ReleaseId release;
  std::string release_hash;
  PersonId prepared_by;
  PersonId approved_by;
  absl::Time charged_at;
  std::string previous;  // SHA-256 of the entry before; 32 zero bytes first.
};

struct LedgerPlace {
  uint64_t sequence = 0;
  ReleaseId release;
};

struct PreparationCodec {
  using Key = PreparationId;
  using Record = Preparation;
  static constexpr storage::TableId kTable = storage::TableId::kPreparations;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

struct ReleaseCodec {
  using Key = ReleaseId;
  using Record = StoredRelease;
  static constexpr storage::TableId kTable = storage::TableId::kReleases;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// Key: u64 big endian, from 1 without gaps.
struct LedgerCodec {
  using Key = uint64_t;
  using Record = LedgerEntry;
  static constexpr storage::TableId kTable = storage::TableId::kLedger;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// Key: cohort id, a zero byte, table id. A row's presence is what makes a
// table of a cohort released for ever.
struct LedgerIndexCodec {
  using Key = std::pair<Cohort, std::string>;
  using Record = LedgerPlace;
  static constexpr storage::TableId kTable = storage::TableId::kLedgerByCohort;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

}  // namespace amparo::statistics

#endif  // AMPARO_NODE_STATISTICS_STATISTICS_RECORDS_H_
