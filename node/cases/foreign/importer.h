// SPDX-License-Identifier: Apache-2.0
//
// Imports a CSV file, piece by piece. Rows become cases with a profile, the
// identity, status and entries that the mapping finds in them and an optional
// constant consent. Each row is stored whole (case, profile, entries, data
// key, indexes, consent, leaves of the log) or not at all, up to
// limits::kImportRowsPerCommit rows in one synced transaction; what was
// committed before a failure is skipped by its source key when the same file is
// imported again, so running it again heals a crash.
//
// A row's source key is the text of the mapping's key column or, with
// source_key "row", a SHA-256 chain over the header and all rows up to and
// including it: the row's place in the file without knowing the file's end.
// So the same file imports once whatever rules select rows, a file that grew
// at its end imports only what is new, and line ends do not matter.
#ifndef AMPARO_NODE_CASES_FOREIGN_IMPORTER_H_
#define AMPARO_NODE_CASES_FOREIGN_IMPORTER_H_

#include <array>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/base/random.h"
#include "node/audit/log.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/ids.h"
#include "node/cases/foreign/csv.h"
#include "node/cases/foreign/mapping.h"
#include "node/cases/registry.h"
#include "node/consent/ledger.h"
#include "node/storage/store.h"

namespace amparo::cases {

// Rows that tell long stories wait for their transaction up to this many bytes
// of them, so that a file of such rows does not fill the memory.
inline constexpr size_t kImportStoryBytesMax = 8 * 1024 * 1024;

// What an import works with; all must outlive it.
struct ImportServices {
  storage::Store& store;
  const Registry& registry;
  const consent::Ledger& ledger;
  const audit::Log& log;
  const Clock& clock;
  crypto::RandomSource& random;
};

struct Rejection {
  int64_t row = 0;   // From 1, the first after the header.
  int64_t line = 0;  // Of the file, from 1.
  std::string column;
  Reason reason = Reason::kUnspecified;
  std::string message;  // Never holds the value.
};

struct ImportOptions {
  std::vector<RowRule> only_rows;  // Besides the mapping's own.
  bool dry_run = false;            // Check everything, store nothing.
  RequestId request;               // Names the import in the log.
  PersonId importer;               // Owns the cases.
  std::string team;                // Sees them too, when not empty.
  // Told of every rejected row, in order, with the row as it came. An error
  // ends the import.
  std::function<absl::Status(const Rejection&, const CsvRecord&)> on_rejected;
};

// read = accepted + skipped + rejected.
struct ImportReport {
  int64_t read = 0;
  int64_t accepted = 0;
  int64_t skipped = 0;
  int64_t rejected = 0;
  // "ONLY_ROWS", "SKIP_ROWS", "ALREADY_IMPORTED".
  std::map<std::string, int64_t> skipped_by_reason;
  std::map<Reason, int64_t> rejected_by_reason;
  // The first limits::kImportRejectionsReported.
  std::vector<Rejection> rejections;
  // Accepted rows of minors for whom the mapping has no guardian's consent.
  int64_t without_consent = 0;
  // Accepted rows that say who the person is.
  int64_t with_identity = 0;
  // Columns of the file of which nothing is kept.
  std::vector<std::string> ignored_columns;
};

// One file, one thread at a time. While a transaction is written to the disk
// the rows of the next are read and sealed; an error of storage may be answered
// by the call after the one that caused it. Holds one record and up to
// 2 * limits::kImportRowsPerCommit rows with 2 * kImportStoryBytesMax of
// stories, however long the file is; a dry run by a key column also 16 bytes
// for each row of the file.
class Importer {
 public:
  Importer(const ImportServices& services, Mapping mapping,
           ImportOptions options);

  // The next bytes of the file. An error ends the import: of the header
  // (nothing was stored) or of storage (earlier rows are stored). After it
  // every call answers the same error.
  absl::Status Feed(absl::string_view bytes);

  // The file has ended: stores what is left and tells what became of it.
  // kRowMalformed when there was not even a header.
  absl::StatusOr<ImportReport> Finish();

  // How far it is: as the report, but rows that wait for their transaction are
  // counted as read only.
  const ImportReport& so_far() const { return report_; }
  // The header, once it was read; else empty.
  std::vector<std::string> header() const;
  char separator() const { return mapping_.separator; }

 private:
  // A row that waits for its transaction.
  struct Waiting {
    Profile profile;
    std::optional<Identity> identity;
    std::string source_key;
    CaseLife life;
  };
  // First bytes of SHA-256 of a source key.
  using KeyDigest = std::array<char, 16>;
  // Rows and the transaction made of them.
  struct Packet {
    std::vector<Waiting> rows;
    absl::flat_hash_set<KeyDigest> keys;
    storage::Batch batch;
    int64_t without_consent = 0;
  };

  absl::Status Take(CsvRecord& record);
  absl::Status TakeRow(const CsvRecord& record);
  // The row as it will wait; its problem, with the column, else.
  absl::StatusOr<Waiting> Prepare(MappedRow& row, std::string& column) const;
  absl::Status Reject(const CsvRecord& record, const absl::Status& problem,
                      absl::string_view column);
  void Skip(absl::string_view why);
  // The source key of `row`, whose record the chain has taken in.
  std::string KeyOf(const MappedRow& row) const;
  // Whether no row since the last commit has this key; notes it.
  bool IsNewHere(absl::string_view key);
  void MoveChain(const CsvRecord& record);
  absl::Status Flush();
  // Makes the transaction anew from the rows.
  absl::Status Fill(Packet& packet) const;
  // Waits for the packet under way, and settles what its commit answered.
  absl::Status Settle();
  // After a conflict: commits the rows that nobody else imported meanwhile.
  absl::Status CommitAgain(Packet& packet);
  void Count(const Packet& packet);
  // Leaves the row as it was, unless it fails.
  absl::Status AddTo(storage::Batch& batch, Waiting& row, absl::Time now,
                     bool& consented) const;
  // What a row has written down about its case, as it will be stored.
  absl::StatusOr<std::vector<Entry>> EntriesOf(const CaseLife& life,
                                               absl::Time now) const;

  const ImportServices services_;
  const Mapping mapping_;
  const ImportOptions options_;
  const vocabulary::Lists& lists_;
  CsvReader reader_;
  std::optional<BoundMapping> bound_;
  std::string chain_;  // 32 bytes once the header was read.
  std::vector<Waiting> waiting_;
  size_t story_bytes_ = 0;  // Of records in waiting_ that have entries.
  absl::flat_hash_set<KeyDigest> keys_here_;
  ImportReport report_;
  absl::Status failed_;
  std::unique_ptr<Packet> under_way_;
  // Last, so that the commit ends before what it works on.
  std::future<absl::Status> committed_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_FOREIGN_IMPORTER_H_
