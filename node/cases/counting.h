// SPDX-License-Identifier: Apache-2.0
//
// Persons who do not consent to a record can still be counted: one counting
// record each, which holds the quarter and the coarse variables of
// node/vocabulary/counting.tsv and nothing else. No identity, no free text, no
// case, no day, nobody who wrote it. Its row key is random and stands nowhere
// else, its bytes are of one length, and what was said of the person is
// neither in the log nor with the request.
//
// Whoever can ask for totals again and again learns what changed between two
// answers, so a variable is shown only for a year that is over, in which
// nothing changes any more (Tally).
#ifndef AMPARO_NODE_CASES_COUNTING_H_
#define AMPARO_NODE_CASES_COUNTING_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "node/cases/cases.h"
#include "node/storage/tables.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::cases {

struct Quarter {
  int year = 0;
  int number = 0;  // 1 to 4.
  friend bool operator<(const Quarter& a, const Quarter& b) {
    return std::pair(a.year, a.number) < std::pair(b.year, b.number);
  }
  friend bool operator==(const Quarter& a, const Quarter& b) {
    return a.year == b.year && a.number == b.number;
  }
};
Quarter QuarterOf(absl::CivilDay day);

struct CountingRecord {
  Quarter quarter;
  Profile said;  // Every counting variable; "-99" when nothing was said.
};

// kColumnUnknown for a variable that is not counted, whatever else it is; the
// errors of Profile::Create. What is not said becomes unknown.
absl::StatusOr<Profile> CheckCounted(const vocabulary::Lists& lists,
                                     std::vector<Profile::Pair> said);

// The key is 16 random bytes. Sealed under the table's own key.
struct CountingCodec {
  using Key = std::string;
  using Record = CountingRecord;
  static constexpr storage::TableId kTable = storage::TableId::kCountingRecords;
  static constexpr uint32_t kSchemaVersion = 1;
  static constexpr size_t kKeySize = 16;
  static std::string EncodeKey(const Key& key) { return key; }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  // 1,024 bytes.
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// Adds up records and shows no more of them than may be shown:
// - how many persons each quarter has;
// - of a year that is over, each variable alone: its codes when each that
//   occurs is of at least limits::kCountShownMin persons, and leaves at least
//   so many of whom it was not said; else nothing but that it is withheld. So
//   no code is of a few, none is of all, and none follows from the others.
class Tally {
 public:
  void Add(const CountingRecord& record);

  const std::map<Quarter, int64_t>& quarters() const { return quarters_; }

  struct Shown {
    int year = 0;
    absl::string_view variable;
    bool withheld = false;
    // In the order of the list; those of nobody are left out.
    std::vector<std::pair<absl::string_view, int64_t>> codes;
  };
  // By year, then variable; years before `present` only.
  std::vector<Shown> Variables(int present) const;

 private:
  struct Year {
    int64_t persons = 0;
    std::map<vocabulary::Coded, int64_t> codes;
  };
  std::map<Quarter, int64_t> quarters_;
  std::map<int, Year> years_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_COUNTING_H_
