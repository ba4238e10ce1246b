// SPDX-License-Identifier: Apache-2.0
//
// All cases of the office as columns in memory: one small number per case and
// coded variable. Lists, filters and totals are answered from here, so the
// store needs no row for them and nothing of it is on the disk, in a backup or
// left behind by an erasure.
//
// A column numbers the values it has met (a value is a set of codes, of a
// single-valued variable of one); number 0 means not recorded. A condition is
// decided once per number and then looked up per case. Columns are a byte wide
// and widen when they have met more than 255 values; a variable nobody
// recorded has none. A case takes about 60 bytes and one for each column.
//
// Filled once from the store (Load) and kept by what Registry adds to each
// batch. Thread-safe.
#ifndef AMPARO_NODE_CASES_COLUMNS_H_
#define AMPARO_NODE_CASES_COLUMNS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "node/base/ids.h"
#include "node/cases/cases.h"
#include "node/storage/store.h"
#include "node/storage/table.h"
#include "node/storage/vault.h"

namespace amparo::cases {

// Whose cases are looked at: those of this person, those of this team (when it
// is not empty), or all.
struct Viewer {
  PersonId person = {};
  std::string team = {};
  bool whole_office = false;
};

// Stands among the codes of a condition for cases in which the variable was
// not recorded. "-99", asked and unknown, is a code like others.
inline constexpr absl::string_view kNotRecorded = "NOT_RECORDED";

// Says something of one variable. Plain: a case has one of these codes.
// Negated: it has none of them, and says so: where the variable was not
// recorded nothing is negated, and where it is unknown only kNotRecorded is.
struct Condition {
  std::string variable;
  std::vector<std::string> codes;  // The vocabulary's own spellings.
  bool negated = false;
};

// All of it must hold.
struct CaseFilter {
  std::vector<Condition> conditions = {};
  std::optional<int> year_from = {};  // Both ends count.
  std::optional<int> year_to = {};
  std::optional<absl::Time> registered_from = {};
  std::optional<absl::Time> registered_before = {};
  std::optional<bool> minor = {};
  std::vector<CaseStatus> statuses = {};  // Any of them; none: all.
};

// kColumnUnknown, kCodeUnknown or kFieldInvalid, naming the variable or field;
// aliases are replaced by their codes.
absl::Status CheckFilter(const vocabulary::Lists& lists, CaseFilter& filter);

class CaseRows;

class Columns {
 public:
  // Reads the store by passes, each with the keys of so many subjects in
  // memory: 48 bytes each.
  explicit Columns(size_t keys_together = 1 << 20);
  ~Columns();

  // Reads every case and profile, once and with all processors: the first
  // caller does it and the others wait for up to kPatience, then kUnavailable
  // tells how far it is. OK when it is done. Rows that do not open (`amparod
  // fsck` names them) are left out. An error of the disk is answered, and the
  // next call begins anew.
  static constexpr absl::Duration kPatience = absl::Seconds(2);
  absl::Status Load(const storage::Store& store, const storage::Vault& vault)
      ABSL_LOCKS_EXCLUDED(mutex_, load_mutex_);

  // Ends a Load that is under way, with kUnavailable, and every later one.
  void Stop() { stopping_ = true; }

  // Writes what a case is now, unless a later version of it is there.
  void Put(const Case& file, const Profile& profile)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Remove(const SubjectId& subject) ABSL_LOCKS_EXCLUDED(mutex_);

  struct Page {
    std::vector<CaseId> cases;  // Newest first.
    std::string next;           // Empty: no more.
    int64_t total = 0;          // On all pages.
  };
  // Up to `limit` of those that pass. `after` is the `next` of the page before,
  // or empty; kFieldInvalid ("page_token") when it is neither.
  absl::StatusOr<Page> Find(const Viewer& viewer, const CaseFilter& filter,
                            size_t limit, absl::string_view after) const
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Of these subjects the cases that the viewer may see, newest first, up to
  // `limit`; the total is of all of them.
  Page Visible(const Viewer& viewer, absl::Span<const SubjectId> subjects,
               size_t limit) const ABSL_LOCKS_EXCLUDED(mutex_);

  size_t size() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Up to `limit` cases that were closed on the day of `last` (UTC) or before,
  // and are neither merged into another nor anonymised: those retention looks
  // at. `from` is 0 at first and is moved on; nullopt afterwards: no more. A
  // case that is closed meanwhile may be left out, and is found the next time.
  std::vector<CaseId> ClosedBy(absl::Time last, size_t limit,
                               std::optional<size_t>& from) const
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  enum class Filled { kNot, kUnderWay, kWhole };

  absl::Status ReadAll(const storage::Store& store,
                       const storage::Vault& vault);

  const size_t keys_together_;
  std::atomic<bool> stopping_{false};
  std::atomic<size_t> read_{0};  // Cases, while loading.

  absl::Mutex load_mutex_;
  Filled filled_ ABSL_GUARDED_BY(load_mutex_) = Filled::kNot;

  mutable absl::Mutex mutex_;
  std::unique_ptr<CaseRows> rows_ ABSL_PT_GUARDED_BY(mutex_);
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_COLUMNS_H_
