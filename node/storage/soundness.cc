// SPDX-License-Identifier: Apache-2.0
#include "node/storage/soundness.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/errors.h"

namespace amparo::storage {
namespace {

bool IsPlainTable(TableId table) {
  return table == TableId::kFormat || table == TableId::kGroupKeys ||
         table == TableId::kDataKeys;
}

}  // namespace

absl::string_view Name(Gravity gravity) {
  switch (gravity) {
    case Gravity::kDerived:
      return "DERIVED";
    case Gravity::kRecord:
      return "RECORD";
    case Gravity::kEvidence:
      return "EVIDENCE";
  }
  return "UNKNOWN";
}

absl::string_view NextStep(Gravity gravity) {
  switch (gravity) {
    case Gravity::kDerived:
      return "the rows themselves are whole: keep a copy of the data "
             "directory, then restore the newest backup that passes fsck; do "
             "not run the node on this one";
    case Gravity::kRecord:
      return "keep a copy of the data directory, check the disk, then restore "
             "the newest backup that passes fsck";
    case Gravity::kEvidence:
      return "keep a copy of the data directory for who examines it and tell "
             "the data protection officer; then restore the newest backup that "
             "passes fsck";
  }
  return "";
}

void Findings::Add(TableId table, Gravity gravity, absl::string_view what,
                   uint64_t rows) {
  absl::MutexLock lock(&mutex_);
  const auto [place, fresh] =
      found_.try_emplace({table, std::string(what)},
                         Finding{table, gravity, std::string(what), rows});
  if (!fresh) place->second.rows += rows;
}

std::vector<Finding> Findings::List() const {
  absl::MutexLock lock(&mutex_);
  std::vector<Finding> list;
  for (const auto& [place, finding] : found_) list.push_back(finding);
  return list;
}

bool Findings::empty() const {
  absl::MutexLock lock(&mutex_);
  return found_.empty();
}

void RowSet::Add(std::initializer_list<absl::string_view> parts) {
  std::string bytes;
  for (const absl::string_view part : parts) {
    crypto::AppendPrefixed(&bytes, part);
  }
  const std::string digest = crypto::Sha256(bytes);
  crypto::ByteReader reader(digest);
  Sum addend;
  for (uint64_t& word : addend) word = *reader.ReadU64();
  AddSum(addend);
  ++size_;
}

void RowSet::Add(const RowSet& other) {
  AddSum(other.sum_);
  size_ += other.size_;
}

void RowSet::AddSum(const Sum& addend) {
  uint64_t carry = 0;
  for (size_t i = 0; i < sum_.size(); ++i) {
    const uint64_t once = sum_[i] + addend[i];
    const uint64_t twice = once + carry;
    carry = (once < sum_[i] ? 1 : 0) + (twice < once ? 1 : 0);
    sum_[i] = twice;
  }
}

void Inspection::Compare(const RowSet& expected, const RowSet& found,
                         TableId table, Gravity gravity,
                         absl::string_view what) {
  if (expected == found) return;
  const uint64_t larger = std::max(expected.size(), found.size());
  const uint64_t smaller = std::min(expected.size(), found.size());
  Add(table, gravity, what, std::max<uint64_t>(1, larger - smaller));
}

void Inspection::OwnKey(const KeyId& key) {
  RowSet one;
  one.Add({key.bytes()});
  absl::MutexLock lock(&mutex_);
  owned_.Add(one);
}

RowSet Inspection::owned_keys() const {
  absl::MutexLock lock(&mutex_);
  return owned_;
}

absl::Status Inspection::Scan(TableId table, absl::string_view prefix,
                              const Reader::RowFunction& row) {
  absl::Status from_row;
  const absl::Status scanned =
      reader_.ScanPrefix(table, prefix,
                         [&](absl::string_view key,
                             absl::string_view value) -> absl::StatusOr<bool> {
                           const absl::StatusOr<bool> more = row(key, value);
                           from_row = more.status();
                           return more;
                         });
  RETURN_IF_ERROR(from_row);
  if (ReasonOf(scanned) != Reason::kRecordDamaged) return scanned;
  Add(table, Gravity::kRecord,
      "a file of the storage is damaged: the rows of this table cannot be "
      "read to their end");
  return absl::OkStatus();
}

absl::Status AddUnopened(Inspection& inspection, TableId table,
                         absl::string_view stored, Erasure erasure,
                         Opened& opened) {
  const absl::StatusOr<KeyId> key = Vault::KeyOf(stored);
  inspection.MissOwner();
  if (key.ok()) {
    ASSIGN_OR_RETURN(const std::optional<std::string> wrapped,
                     inspection.reader().Get(TableId::kDataKeys, key->bytes()));
    if (!wrapped.has_value() && erasure == Erasure::kLeavesRows) {
      ++opened.mute;
      return absl::OkStatus();
    }
    ++opened.damaged;
    if (!wrapped.has_value()) {
      inspection.Add(table, Gravity::kRecord,
                     "a row is sealed under a data key that is not there");
      return absl::OkStatus();
    }
    if (!inspection.vault().CheckKey(*key).ok()) {
      inspection.Add(TableId::kDataKeys, Gravity::kRecord,
                     "a data key does not unwrap, so rows do not open");
      return absl::OkStatus();
    }
  } else {
    ++opened.damaged;
  }
  inspection.Add(table, Gravity::kRecord,
                 "a row does not open: it was changed, or belongs elsewhere");
  return absl::OkStatus();
}

absl::Status CheckPrefixes(Inspection& inspection, TableId table,
                           const std::vector<std::string>& prefixes) {
  return inspection.Scan(
      table, {},
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        if (std::none_of(prefixes.begin(), prefixes.end(),
                         [&](const std::string& prefix) {
                           return absl::StartsWith(key, prefix);
                         })) {
          inspection.CountRows(1);
          inspection.Add(table, Gravity::kRecord,
                         "a row has a key that rows of this table cannot have");
        }
        return true;
      });
}

void Warm(const Inspection& inspection, const std::vector<StoredRow>& rows,
          size_t begin, size_t end) {
  std::vector<absl::string_view> values;
  values.reserve(end - begin);
  for (size_t i = begin; i < end; ++i) values.push_back(rows[i].value);
  inspection.vault().Warm(values);
}

absl::Status CheckStorage(Inspection& inspection) {
  absl::flat_hash_set<std::string> of_tables;
  for (const TableId table : AllTables()) {
    if (IsPlainTable(table)) continue;
    of_tables.insert(inspection.vault().TableKey(table).bytes());
  }
  RowSet stored;
  RETURN_IF_ERROR(inspection.Scan(
      TableId::kDataKeys, {},
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        inspection.CountRows(1);
        if (key.size() != KeyId::kSize) {
          inspection.Add(TableId::kDataKeys, Gravity::kRecord,
                         "a data key has no id");
        } else if (!of_tables.contains(key)) {
          stored.Add({key});
        }
        return true;
      }));
  if (inspection.owner_missed()) return absl::OkStatus();
  inspection.Compare(inspection.owned_keys(), stored, TableId::kDataKeys,
                     Gravity::kDerived,
                     "data keys are there that no row owns, or are not there");
  return absl::OkStatus();
}

}  // namespace amparo::storage
