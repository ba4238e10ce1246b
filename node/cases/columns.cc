// SPDX-License-Identifier: Apache-2.0
#include "node/cases/columns.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/cases/case_rows.h"
#include "node/cases/cases_records.h"
#include "node/storage/crew.h"
#include "node/storage/key_book.h"

namespace amparo::cases {
namespace {

constexpr size_t kBlock = 4096;  // Rows looked at together.
constexpr size_t kMarkSize = 8 + SubjectId::kSize;
// Opened rows that are put together, while nothing else can be.
constexpr size_t kPutTogether = 256;

// Where a case stands in a list: newest first, then by subject.
struct Place {
  int64_t at = 0;
  SubjectId subject;
  uint32_t row = 0;

  friend bool operator<(const Place& a, const Place& b) {
    return a.at != b.at ? a.at > b.at : a.subject < b.subject;
  }
};

std::string MarkOf(const Place& place) {
  std::string bytes;
  crypto::AppendU64(&bytes, static_cast<uint64_t>(place.at));
  return crypto::HexEncode(bytes + place.subject.bytes());
}

absl::StatusOr<Place> ReadMark(absl::string_view token) {
  const absl::Status bad =
      FieldError("page_token", "must come from the page before");
  const absl::StatusOr<std::string> bytes = crypto::HexDecode(token);
  if (!bytes.ok() || bytes->size() != kMarkSize) return bad;
  crypto::ByteReader reader(*bytes);
  ASSIGN_OR_RETURN(const uint64_t at, reader.ReadU64());
  ASSIGN_OR_RETURN(const SubjectId subject,
                   SubjectId::FromBytes(bytes->substr(8)));
  return Place{static_cast<int64_t>(at), subject, 0};
}

// The first `limit` places of those it is given.
class Nearest {
 public:
  explicit Nearest(size_t limit) : limit_(limit) {}

  // Cheap for a place behind all that are kept.
  void Take(const Place& place) {
    ++total_;
    if (kept_.size() == limit_) {
      if (limit_ == 0 || !(place < kept_.front())) return;
      std::pop_heap(kept_.begin(), kept_.end());
      kept_.pop_back();
    }
    kept_.push_back(place);
    std::push_heap(kept_.begin(), kept_.end());
  }
  void CountOnly() { ++total_; }
  // Whether rows registered at this time can be among the first.
  bool Wants(int64_t at) const {
    return kept_.size() < limit_ || at >= kept_.front().at;
  }
  int64_t total() const { return total_; }
  std::vector<Place> Sorted() && {
    std::sort_heap(kept_.begin(), kept_.end());
    return std::move(kept_);
  }

 private:
  const size_t limit_;
  int64_t total_ = 0;
  std::vector<Place> kept_;  // A heap, the last place in front.
};

// Opens the rows of a table whose keys are in `book` and gives them to `take`,
// some at a time and on all threads. Rows that do not open are left out.
template <class Codec>
using Opened = std::vector<std::pair<typename Codec::Key,  //
                                     typename Codec::Record>>;
template <class Codec>
absl::Status OpenRows(const storage::Reader& reader, storage::Crew& crew,
                      const storage::KeyBook& book,
                      const std::atomic<bool>& stopping,
                      const std::function<void(const Opened<Codec>&)>& take) {
  using storage::KeyBook;
  return crew.Share(KeyBook::kParts, 1, [&](size_t part, size_t) {
    Opened<Codec> opened;
    typename Codec::Reader records;
    const absl::Status scanned = reader.Scan(
        Codec::kTable, KeyBook::FirstOf(part), KeyBook::FirstOf(part + 1),
        [&](absl::string_view row_key,
            absl::string_view stored) -> absl::StatusOr<bool> {
          if (stopping) return Error(Reason::kUnavailable);
          const std::optional<std::string> plain =
              book.Open(Codec::kTable, row_key, Codec::kSchemaVersion, stored);
          if (!plain.has_value()) return true;
          auto key = Codec::DecodeKey(row_key);
          auto record = records.Read(*plain);
          if (!key.ok() || !record.ok()) return true;
          opened.emplace_back(*key, *std::move(record));
          if (opened.size() == kPutTogether) {
            take(opened);
            opened.clear();
          }
          return true;
        });
    take(opened);
    return scanned;
  });
}

}  // namespace

Columns::Columns(size_t keys_together)
    : keys_together_(keys_together), rows_(std::make_unique<CaseRows>()) {}
Columns::~Columns() = default;

absl::Status CheckFilter(const vocabulary::Lists& lists, CaseFilter& filter) {
  for (Condition& condition : filter.conditions) {
    for (std::string& code : condition.codes) {
      if (code == kNotRecorded) {
        // The variable must be one all the same.
        ASSIGN_OR_RETURN(const vocabulary::Coded coded,
                         lists.Check(condition.variable, vocabulary::kUnknown));
        (void)coded;
        continue;
      }
      ASSIGN_OR_RETURN(const vocabulary::Coded coded,
                       lists.Check(condition.variable, code));
      code = std::string(coded.code);
    }
    if (condition.codes.empty()) {
      return FieldError("where", "must name a code for each variable");
    }
  }
  return absl::OkStatus();
}

void Columns::Put(const Case& file, const Profile& profile) {
  absl::MutexLock lock(&mutex_);
  rows_->Put(file, profile);
}

void Columns::Remove(const SubjectId& subject) {
  absl::MutexLock lock(&mutex_);
  rows_->Remove(subject);
}

size_t Columns::size() const {
  absl::ReaderMutexLock lock(&mutex_);
  return rows_->size();
}

std::vector<CaseId> Columns::ClosedBy(absl::Time last, size_t limit,
                                      std::optional<size_t>& from) const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<CaseId> found;
  const uint16_t day = CaseRows::DayOf(last);
  for (size_t row = from.value_or(0); row < rows_->end(); ++row) {
    if (rows_->closed_day(row) == 0 || rows_->closed_day(row) > day) continue;
    if (found.size() == limit) {
      from = row;
      return found;
    }
    found.push_back(rows_->case_id(row));
  }
  from.reset();
  return found;
}

absl::Status Columns::Load(const storage::Store& store,
                           const storage::Vault& vault) {
  {
    absl::MutexLock lock(&load_mutex_);
    const auto settled = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(load_mutex_) {
      return filled_ != Filled::kUnderWay;
    };
    if (!load_mutex_.AwaitWithTimeout(absl::Condition(&settled), kPatience)) {
      return Error(
          Reason::kUnavailable,
          absl::StrCat("the cases are being read after the start, ",
                       read_.load(), " so far: try again in a few seconds"));
    }
    if (filled_ == Filled::kWhole) return absl::OkStatus();
    filled_ = Filled::kUnderWay;
  }
  const absl::Status read = ReadAll(store, vault);
  absl::MutexLock lock(&load_mutex_);
  filled_ = read.ok() ? Filled::kWhole : Filled::kNot;
  return read;
}

// Changes that are committed from now on are told to Put; what was committed
// before is in the snapshot. Who was in both keeps what was told.
absl::Status Columns::ReadAll(const storage::Store& store,
                              const storage::Vault& vault) {
  read_ = 0;
  const std::unique_ptr<storage::Reader> snapshot = store.NewSnapshot();
  storage::Crew crew(storage::Crew::OnePerProcessor());
  for (size_t part = 0; part < storage::KeyBook::kParts;) {
    if (stopping_) return Error(Reason::kUnavailable);
    ASSIGN_OR_RETURN(const storage::KeyBook book,
                     vault.ReadKeys(*snapshot, crew, keys_together_, part));
    RETURN_IF_ERROR(OpenRows<CaseCodec>(*snapshot, crew, book, stopping_,
                                        [this](const Opened<CaseCodec>& cases) {
                                          absl::MutexLock lock(&mutex_);
                                          for (const auto& [id, file] : cases)
                                            rows_->PutHalf(file);
                                        }));
    RETURN_IF_ERROR(OpenRows<ProfileCodec>(
        *snapshot, crew, book, stopping_,
        [this](const Opened<ProfileCodec>& profiles) {
          absl::MutexLock lock(&mutex_);
          for (const auto& [subject, stored] : profiles) {
            rows_->PutOtherHalf(subject, stored.case_id, stored.profile);
          }
          read_ += profiles.size();
        }));
  }
  absl::MutexLock lock(&mutex_);
  rows_->Settle();
  return absl::OkStatus();
}

absl::StatusOr<Columns::Page> Columns::Find(const Viewer& viewer,
                                            const CaseFilter& filter,
                                            size_t limit,
                                            absl::string_view after) const {
  std::optional<Place> mark;
  if (!after.empty()) {
    ASSIGN_OR_RETURN(mark, ReadMark(after));
  }
  absl::ReaderMutexLock lock(&mutex_);
  const CaseRows::Question question = rows_->Ask(viewer, filter);
  // One more than asked for, to know whether there is another page.
  Nearest nearest(limit + 1);
  std::array<uint8_t, kBlock> passes;
  // From the newest: then most of the others are turned away at once.
  for (size_t end = rows_->end(); end > 0;) {
    const size_t first = (end - 1) / kBlock * kBlock;
    rows_->Answer(question, first, end - first, passes.data());
    for (size_t row = end; row-- > first;) {
      if (passes[row - first] == 0) continue;
      const int64_t at = rows_->registered_at(row);
      if (!nearest.Wants(at)) {
        nearest.CountOnly();
        continue;
      }
      const Place place{at, rows_->subject(row), static_cast<uint32_t>(row)};
      if (mark.has_value() && !(*mark < place)) {
        nearest.CountOnly();
      } else {
        nearest.Take(place);
      }
    }
    end = first;
  }
  Page page;
  page.total = nearest.total();
  std::vector<Place> places = std::move(nearest).Sorted();
  if (places.size() > limit) {
    places.resize(limit);
    page.next = MarkOf(places.back());
  }
  for (const Place& place : places) {
    page.cases.push_back(rows_->case_id(place.row));
  }
  return page;
}

Columns::Page Columns::Visible(const Viewer& viewer,
                               absl::Span<const SubjectId> subjects,
                               size_t limit) const {
  absl::ReaderMutexLock lock(&mutex_);
  const CaseFilter everything;
  const CaseRows::Question question = rows_->Ask(viewer, everything);
  Nearest nearest(limit);
  for (const SubjectId& subject : subjects) {
    const std::optional<uint32_t> row = rows_->FindRow(subject);
    uint8_t passes = 0;
    if (!row.has_value()) continue;
    rows_->Answer(question, *row, 1, &passes);
    if (passes == 0) continue;
    nearest.Take({rows_->registered_at(*row), subject, *row});
  }
  Page page;
  page.total = nearest.total();
  for (const Place& place : std::move(nearest).Sorted()) {
    page.cases.push_back(rows_->case_id(place.row));
  }
  return page;
}

}  // namespace amparo::cases
