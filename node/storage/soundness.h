// SPDX-License-Identifier: Apache-2.0
//
// Whether what is stored hangs together: the ground `amparod fsck` stands on.
// Each room checks its own tables in its soundness.h with what is here; what
// is wrong goes into Findings and the check goes on with the next row.
//
// Rows are read once, in the order of their keys, and nothing is kept of them
// in memory. Where an index must say exactly what the rows say, both sides are
// added up in a RowSet and the sums compared: a multiset hash (Clarke et al.,
// "Incremental multiset hash functions", ASIACRYPT 2003, MSet-Add-Hash).
#ifndef AMPARO_NODE_STORAGE_SOUNDNESS_H_
#define AMPARO_NODE_STORAGE_SOUNDNESS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "node/base/status_macros.h"
#include "node/storage/crew.h"
#include "node/storage/store.h"
#include "node/storage/table.h"
#include "node/storage/tables.h"
#include "node/storage/vault.h"

namespace amparo::storage {

// How bad a finding is.
enum class Gravity {
  kDerived,   // An index: it can be made again from rows that are whole.
  kRecord,    // Something that people rely on is gone or changed.
  kEvidence,  // The log, a receipt or a signature no longer proves.
};
absl::string_view Name(Gravity gravity);  // "DERIVED"

struct Finding {
  TableId table;
  Gravity gravity = Gravity::kRecord;
  std::string what;   // Never holds a value.
  uint64_t rows = 1;  // How many times it was found.
};
// What an operator does about it.
absl::string_view NextStep(Gravity gravity);

// Thread-safe. The same thing about the same table is counted, so that it
// stays small however much is wrong.
class Findings {
 public:
  // `what` is a fixed text.
  void Add(TableId table, Gravity gravity, absl::string_view what,
           uint64_t rows = 1);
  // By table, then text.
  std::vector<Finding> List() const;
  bool empty() const;

 private:
  using Place = std::pair<TableId, std::string>;
  mutable absl::Mutex mutex_;
  std::map<Place, Finding> found_ ABSL_GUARDED_BY(mutex_);
};

// Sum of SHA-256 over what was added, in any order. Two are equal when they
// hold the same things the same number of times; by chance with probability
// 2^-256. Not against an adversary: rows are authenticated where that matters.
// One thread at a time.
class RowSet {
 public:
  // One thing of several parts; where one part ends counts.
  void Add(std::initializer_list<absl::string_view> parts);
  // All that is in `other`, as if it had been added here.
  void Add(const RowSet& other);
  uint64_t size() const { return size_; }
  friend bool operator==(const RowSet& a, const RowSet& b) {
    return a.size_ == b.size_ && a.sum_ == b.sum_;
  }
  friend bool operator!=(const RowSet& a, const RowSet& b) { return !(a == b); }

 private:
  using Sum = std::array<uint64_t, 4>;  // The lowest first.
  void AddSum(const Sum& addend);

  Sum sum_{};
  uint64_t size_ = 0;
};

// What a check of one room is given. Thread-safe; all must outlive it.
class Inspection {
 public:
  // `threads` go over rows side by side.
  Inspection(const Reader& reader, const Vault& vault, Findings& findings,
             int threads = 1)
      : reader_(reader), vault_(vault), findings_(findings), crew_(threads) {}

  const Reader& reader() const { return reader_; }
  const Vault& vault() const { return vault_; }
  Crew& crew() { return crew_; }
  void Add(TableId table, Gravity gravity, absl::string_view what,
           uint64_t rows = 1) {
    findings_.Add(table, gravity, what, rows);
  }
  // Adds `what` when the sums are not equal.
  void Compare(const RowSet& expected, const RowSet& found, TableId table,
               Gravity gravity, absl::string_view what);

  // A data key belongs to the subject, letter or sealing key whose row this
  // is. Every stored key must be owned once; see CheckStorage.
  void OwnKey(const KeyId& key);
  RowSet owned_keys() const;
  // A row that may own a key does not open.
  void MissOwner() { owner_missed_ = true; }
  bool owner_missed() const { return owner_missed_; }

  void CountRows(uint64_t rows) { rows_ += rows; }
  uint64_t rows() const { return rows_; }

  // Scan of a table that is no end of the check when the table is damaged:
  // that is a finding. Other failures, of the disk, are.
  absl::Status Scan(TableId table, absl::string_view prefix,
                    const Reader::RowFunction& row);

 private:
  const Reader& reader_;
  const Vault& vault_;
  Findings& findings_;
  std::atomic<uint64_t> rows_{0};
  std::atomic<bool> owner_missed_{false};
  Crew crew_;
  mutable absl::Mutex mutex_;
  RowSet owned_ ABSL_GUARDED_BY(mutex_);
};

// How many rows of a table could be read.
struct Opened {
  uint64_t sound = 0;
  // The key they are sealed under was deleted. Only for kErasable tables, of
  // which an erasure leaves such rows on purpose; elsewhere it is a finding.
  uint64_t mute = 0;
  uint64_t damaged = 0;  // Each is a finding.

  // Whether what was read is all there is, so that it can be compared.
  bool complete() const { return mute == 0 && damaged == 0; }
  void Add(const Opened& other) {
    sound += other.sound;
    mute += other.mute;
    damaged += other.damaged;
  }
};
enum class Erasure { kNever, kLeavesRows };

// Opens one row; nullopt when it was not sound, with its finding, or mute.
template <class Codec>
absl::StatusOr<std::optional<Row<typename Codec::Record>>> OpenRow(
    Inspection& inspection, absl::string_view row_key, absl::string_view stored,
    Erasure erasure, Opened& opened);

// Opens every row of a table that starts with `prefix`: under the data that
// authenticates it, as its codec reads it. `row` gets those that open, in the
// order of their keys and on this thread; the crew opens them.
template <class Codec>
absl::StatusOr<Opened> OpenAll(
    Inspection& inspection, Erasure erasure,
    const std::function<absl::Status(const typename Codec::Key&,
                                     const Row<typename Codec::Record>&)>& row,
    absl::string_view prefix = {});

// That the key of each row of a table starts with one of these: what shares a
// table is checked prefix by prefix, and nobody would look at other rows.
absl::Status CheckPrefixes(Inspection& inspection, TableId table,
                           const std::vector<std::string>& prefixes);

// That each data key is a table's own or owned by exactly one row: a key
// nobody owns was orphaned. Call it when all rooms have said what they own. Not
// compared when rows were found that do not open: these own keys too.
absl::Status CheckStorage(Inspection& inspection);

// --- Implementation of the templates.

// How many rows are read before they are opened, and how many of these one
// thread takes at a time.
inline constexpr size_t kOpenedTogether = 1024;
inline constexpr size_t kOpenedByOne = 64;

template <class Codec>
using KeyedRow = std::pair<typename Codec::Key, Row<typename Codec::Record>>;

// Opens those of [begin, end) and puts each that is sound into its place of
// `found`, which is as long as `rows`.
template <class Codec>
absl::Status OpenSome(Inspection& inspection, Erasure erasure,
                      const std::vector<StoredRow>& rows, size_t begin,
                      size_t end, Opened& opened,
                      std::vector<std::optional<KeyedRow<Codec>>>& found);

// Fetches the data keys of rows [begin, end) together.
void Warm(const Inspection& inspection, const std::vector<StoredRow>& rows,
          size_t begin, size_t end);

// Adds the finding for a row that does not open, unless it is mute.
absl::Status AddUnopened(Inspection& inspection, TableId table,
                         absl::string_view stored, Erasure erasure,
                         Opened& opened);

template <class Codec>
absl::StatusOr<std::optional<Row<typename Codec::Record>>> OpenRow(
    Inspection& inspection, absl::string_view row_key, absl::string_view stored,
    Erasure erasure, Opened& opened) {
  using Found = std::optional<Row<typename Codec::Record>>;
  const absl::StatusOr<std::string> plain = inspection.vault().Open(
      Codec::kTable, row_key, Codec::kSchemaVersion, stored);
  if (!plain.ok()) {
    RETURN_IF_ERROR(
        AddUnopened(inspection, Codec::kTable, stored, erasure, opened));
    return Found();
  }
  auto record = Codec::Decode(*plain);
  const auto key = Vault::KeyOf(stored);
  if (!record.ok() || !key.ok()) {
    ++opened.damaged;
    inspection.Add(Codec::kTable, Gravity::kRecord,
                   "a row does not say what rows of this table say");
    return Found();
  }
  ++opened.sound;
  return Found(Row<typename Codec::Record>{*std::move(record),
                                           std::string(stored), *key});
}

template <class Codec>
absl::Status OpenSome(Inspection& inspection, Erasure erasure,
                      const std::vector<StoredRow>& rows, size_t begin,
                      size_t end, Opened& opened,
                      std::vector<std::optional<KeyedRow<Codec>>>& found) {
  Warm(inspection, rows, begin, end);
  for (size_t i = begin; i < end; ++i) {
    auto key = Codec::DecodeKey(rows[i].key);
    if (!key.ok()) {
      ++opened.damaged;
      inspection.Add(Codec::kTable, Gravity::kRecord,
                     "a row has a key that rows of this table cannot have");
      continue;
    }
    ASSIGN_OR_RETURN(auto row, OpenRow<Codec>(inspection, rows[i].key,
                                              rows[i].value, erasure, opened));
    if (row.has_value()) found[i].emplace(*std::move(key), *std::move(row));
  }
  return absl::OkStatus();
}

template <class Codec>
absl::StatusOr<Opened> OpenAll(
    Inspection& inspection, Erasure erasure,
    const std::function<absl::Status(const typename Codec::Key&,
                                     const Row<typename Codec::Record>&)>& row,
    absl::string_view prefix) {
  Opened opened;
  std::vector<StoredRow> ahead;
  const auto deliver = [&]() -> absl::Status {
    std::vector<std::optional<KeyedRow<Codec>>> found(ahead.size());
    RETURN_IF_ERROR(inspection.crew().ShareAndAdd<Opened>(
        ahead.size(), kOpenedByOne, opened,
        [&](size_t begin, size_t end, Opened& part) {
          return OpenSome<Codec>(inspection, erasure, ahead, begin, end, part,
                                 found);
        }));
    for (const auto& each : found) {
      if (each.has_value()) RETURN_IF_ERROR(row(each->first, each->second));
    }
    inspection.CountRows(ahead.size());
    ahead.clear();
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(
      inspection.Scan(Codec::kTable, prefix,
                      [&](absl::string_view key,
                          absl::string_view value) -> absl::StatusOr<bool> {
                        ahead.push_back({std::string(key), std::string(value)});
                        if (ahead.size() == kOpenedTogether)
                          RETURN_IF_ERROR(deliver());
                        return true;
                      }));
  RETURN_IF_ERROR(deliver());
  return opened;
}

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_SOUNDNESS_H_
