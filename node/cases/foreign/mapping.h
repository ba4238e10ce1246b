// SPDX-License-Identifier: Apache-2.0
//
// How the columns of a foreign CSV file become coded variables: a JSON
// document written once per kind of file (see README.md, "Mapping files").
// Everything that can be wrong with it is found before the first row is
// stored, and nothing is guessed: a text that no rule translates rejects its
// row.
#ifndef AMPARO_NODE_CASES_FOREIGN_MAPPING_H_
#define AMPARO_NODE_CASES_FOREIGN_MAPPING_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "node/base/ids.h"
#include "node/cases/cases.h"
#include "node/cases/foreign/csv.h"
#include "node/cases/foreign/identity_cells.h"
#include "node/cases/foreign/life_cells.h"
#include "node/consent/consent.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::cases {

// Passes rows whose text in `column` is one of `values`.
struct RowRule {
  std::string column;
  std::vector<std::string> values;
};

// The consent that the source vouches for on behalf of all its rows. Only
// STATISTICS: whatever lets a person's own record out is asked person by
// person.
struct ConstantConsent {
  consent::GivenBy given_by = consent::GivenBy::kSelf;
  consent::Method method = consent::Method::kWritten;
  std::string language;
  std::string text_version;
  int valid_days = 0;  // 1 to 3,650.
  // A minor's consent (P7). Without it, minors' rows are stored without any
  // consent and never counted.
  bool for_minors = false;
  std::string best_interests_reference;

  // The consent of one row. Errors are consent::Consent's own.
  absl::StatusOr<consent::Consent> For(const ConsentId& id,
                                       const SubjectId& subject, bool minor,
                                       absl::Time now) const;
};

// What one column does: exactly one of ignore, variable, sets, identity, life
// and computed.
struct ColumnRule {
  bool ignore = false;
  // Translates into this variable...
  std::string variable;
  // ...these texts first, all others through the list of the variable, or of
  // the part of a case.
  std::map<std::string, std::string> codes;
  // Or: each text sets these pairs, and no other text is taken...
  std::map<std::string, std::vector<Profile::Pair>> sets;
  // ...unless others set nothing.
  bool others_ignored = false;
  // Or: a part of who the person is.
  std::optional<IdentityPart> identity;
  // Or: a part of the case or of what is written down about it; else null.
  const LifePart* life = nullptr;
  // Or: repeats what derived.h computes of the row; a cell that says otherwise
  // rejects it.
  std::string computed;

  // Texts of one cell stand between these; 0: a cell is one text.
  char many = 0;
  // How a cell writes a date, for identity "born", the variable
  // yearOfRegistration and dates of a case; empty: as ParsePartialDate has it.
  std::string date;
  // Other headers of the same column, of which a file has one.
  std::vector<std::string> aliases;
  // The file may leave it out.
  bool optional = false;
};

// A mapping that others derive from, under the name they call it.
struct MappingDocument {
  std::string name;
  std::string json;
};

// A parsed mapping. A value.
struct Mapping {
  // kMappingInvalid names the key and what is wrong with it; kLimitExceeded
  // over limits::kMappingBytesMax. Checked here: form, unknown keys, keys that
  // stand twice, what it extends (mapping_documents.h), variables and codes
  // against `lists` (kColumnUnknown and kCodeUnknown), the consent.
  static absl::StatusOr<Mapping> Parse(
      const vocabulary::Lists& lists, absl::string_view json,
      absl::Span<const MappingDocument> bases = {});

  std::string source;  // 1 to 64 of [A-Za-z0-9._-].
  char separator = ',';
  // Column that names a row for ever; empty: the row's place in its file.
  std::string key_column;
  std::map<std::string, ColumnRule> columns;
  // A file may leave out any column.
  bool partial = false;
  std::vector<Profile::Pair> constants;
  // Texts that mean "unknown", and before them those that mean that nobody
  // recorded anything.
  std::vector<std::string> unknown;
  std::vector<std::string> not_recorded;
  std::vector<RowRule> only_rows;
  std::vector<RowRule> skip_rows;
  std::optional<ConstantConsent> consent;
};

// What became of one record.
struct MappedRow {
  enum class Outcome { kMapped, kSkipped, kRejected };
  Outcome outcome = Outcome::kMapped;
  std::vector<vocabulary::Coded> entries;  // When mapped, and
  Identity identity;                       // perhaps empty; see Assemble.
  CaseLife life;                           // Not checked yet: CheckLife.
  std::string key;                         // Text of the key column, if any.
  absl::string_view skipped_by;            // "ONLY_ROWS" or "SKIP_ROWS".
  absl::Status problem;                    // When rejected, and
  std::string column;                      // the column, or empty.
};

// A mapping fitted to the header of one file. Immutable, thread-safe.
class BoundMapping {
 public:
  // `header` is the file's first record. kColumnDuplicate, kColumnMissing
  // (the mapping names columns the file has not), kColumnUnknown (columns the
  // mapping does not name; told by their numbers, because a file without a
  // header has a person in their place), or the record's own problem with its
  // line and column.
  // `more_rules` are further only_rows. `lists` must outlive it.
  static absl::StatusOr<BoundMapping> Bind(const vocabulary::Lists& lists,
                                           const Mapping& mapping,
                                           std::vector<RowRule> more_rules,
                                           const CsvRecord& header);

  // Texts are stripped of white space at both ends. Two columns that give one
  // single-valued variable two codes reject the row, unless one is "unknown":
  // then the other holds.
  MappedRow Apply(const CsvRecord& record) const;

  // Names of the columns, in the file's order.
  const std::vector<std::string>& header() const { return header_; }
  // Those of which nothing is kept.
  std::vector<std::string> Ignored() const;
  // The column that speaks of a variable, of a field of the identity or of a
  // part of the case; empty when none or more than one does.
  std::string ColumnOf(absl::string_view field) const;

 private:
  using Translations =
      absl::flat_hash_map<std::string, std::vector<vocabulary::Coded>>;
  struct Column {
    enum class Kind { kIgnored, kCoded, kIdentity, kLife, kComputed };
    Kind kind = Kind::kIgnored;
    std::string name;
    std::string variable;  // For messages; empty with `sets`.
    std::string list;      // "country version 2023", for messages.
    Translations translations;
    bool others_ignored = false;
    char many = 0;
    std::string date;
    IdentityPart part;
    const LifePart* life = nullptr;
    std::map<std::string, std::string> codes;  // Of `life`.
    std::string computed;
  };
  struct Rule {
    size_t column = 0;
    absl::flat_hash_set<std::string> values;
  };

  BoundMapping() = default;
  absl::Status BindHeader(const Mapping& mapping, const CsvRecord& header);
  absl::Status BindColumn(const Mapping& mapping, const std::string& name,
                          const ColumnRule& rule);
  absl::Status BindCodes(const Mapping& mapping, const ColumnRule& rule,
                         Column& column) const;
  absl::StatusOr<std::vector<Rule>> BindRules(
      const std::vector<RowRule>& rules) const;
  absl::StatusOr<size_t> Place(absl::string_view column) const;
  // What a cell says of the profile; the error is the row's problem.
  absl::Status TakeCoded(const Column& column, absl::string_view cell,
                         std::vector<vocabulary::Coded>& entries) const;
  absl::Status TakeText(const Column& column, absl::string_view text,
                        std::vector<vocabulary::Coded>& entries) const;
  // What a cell says of the case.
  absl::Status TakeLife(const Column& column, absl::string_view cell,
                        LifeCells& life) const;
  // Whether what is computed of the entries contradicts the cell.
  absl::Status CheckComputed(
      const Column& column, absl::string_view cell,
      const std::vector<vocabulary::Coded>& entries) const;
  bool SaysNothing(absl::string_view cell) const;
  // What needs the whole row: computed columns, the identity, the key.
  MappedRow Finish(const CsvRecord& record, IdentityCells& identity,
                   const LifeCells& life, MappedRow row) const;

  const vocabulary::Lists* lists_ = nullptr;
  std::vector<std::string> header_;
  std::vector<std::string> primary_;  // The same columns as the mapping says.
  std::vector<Column> columns_;
  std::vector<Rule> only_;
  std::vector<Rule> skip_;
  std::vector<vocabulary::Coded> constants_;
  absl::flat_hash_set<std::string> unknown_;
  absl::flat_hash_set<std::string> not_recorded_;
  std::optional<size_t> key_column_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_FOREIGN_MAPPING_H_
