// SPDX-License-Identifier: Apache-2.0
//
// The rows behind Columns: who a case belongs to, when it was registered, and
// a number per variable. Not thread-safe; Columns locks.
#ifndef AMPARO_NODE_CASES_CASE_ROWS_H_
#define AMPARO_NODE_CASES_CASE_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "node/base/ids.h"
#include "node/cases/cases.h"
#include "node/cases/columns.h"

namespace amparo::cases {

// Numbers of one variable, a row each; rows behind the end have number 0.
// Codes and names of variables are views into the vocabulary, here and in
// CaseRows: they stay where they are as long as the program runs.
class CodeColumn {
 public:
  // The number of a value: its codes in order. The same codes, the same number.
  uint32_t NumberOf(absl::Span<const vocabulary::Coded> codes);
  void Set(size_t row, uint32_t number);
  // 1 for each number whose value fulfils the condition, else 0.
  std::vector<uint8_t> Decide(const Condition& condition) const;
  // passes[i] stays only where the number of row first + i has a 1.
  void Apply(const std::vector<uint8_t>& decided, size_t first, size_t count,
             uint8_t* passes) const;

 private:
  uint32_t NumberOfSet(absl::Span<const vocabulary::Coded> codes);
  void Widen();

  // Bytes, or two or four of them once there are more numbers.
  size_t width_ = 1;
  std::vector<uint8_t> narrow_;
  std::vector<uint16_t> wide_;
  std::vector<uint32_t> widest_;
  std::vector<std::vector<absl::string_view>> values_{{}};
  absl::flat_hash_map<std::string, uint32_t> numbers_;
  absl::flat_hash_map<const char*, uint32_t> of_code_;
};

class CaseRows {
 public:
  CaseRows();
  CaseRows(const CaseRows&) = delete;
  CaseRows& operator=(const CaseRows&) = delete;

  // Writes a row unless a later version of the case is there.
  void Put(const Case& file, const Profile& profile);
  // Of what the store says, which is read table by table: a case, if nothing
  // is known of it, and then the rest of it. It is no answer before it is
  // whole, and what Put said meanwhile stays.
  void PutHalf(const Case& file);
  void PutOtherHalf(const SubjectId& subject, const CaseId& id,
                    const Profile& profile);
  // For good: what was removed while the store is read does not come back.
  void Remove(const SubjectId& subject);
  // The store was read: what was removed need not be remembered any more, and
  // what is no whole case is left out.
  void Settle();

  // A filter with what it needs decided once.
  struct Question {
    bool nobody = false;
    bool whole_office = false;
    std::optional<uint32_t> owner;
    std::optional<uint32_t> team;
    const CaseFilter* filter = nullptr;
    std::vector<std::pair<const CodeColumn*, std::vector<uint8_t>>> columns;
  };
  // `filter` must outlive the question, which is good until the next change.
  Question Ask(const Viewer& viewer, const CaseFilter& filter) const;
  // passes[i] is 1 where row first + i is one of the answers, else 0.
  void Answer(const Question& question, size_t first, size_t count,
              uint8_t* passes) const;

  size_t end() const { return flags_.size(); }  // Behind the last row.
  size_t size() const { return flags_.size() - free_.size(); }
  std::optional<uint32_t> FindRow(const SubjectId& subject) const;
  int64_t registered_at(size_t row) const { return registered_at_[row]; }
  const SubjectId& subject(size_t row) const { return subjects_[row]; }
  const CaseId& case_id(size_t row) const { return cases_[row]; }
  // When the case was closed, as DayOf; 0: it is open, or nothing becomes of
  // it by itself (merged, anonymised).
  uint16_t closed_day(size_t row) const { return closed_day_[row]; }
  // Days since the start of 1970, at least 1; the year 2149 and later is one
  // day.
  static uint16_t DayOf(absl::Time time);

 private:
  // Rows by the subject that stands in them, in four bytes each.
  struct BySubject {
    using is_transparent = void;
    const std::vector<SubjectId>* subjects;
    size_t operator()(uint32_t row) const;
    size_t operator()(const SubjectId& subject) const;
  };
  struct SameSubject {
    using is_transparent = void;
    const std::vector<SubjectId>* subjects;
    bool operator()(uint32_t a, uint32_t b) const { return a == b; }
    bool operator()(uint32_t row, const SubjectId& subject) const {
      return (*subjects)[row] == subject;
    }
    bool operator()(const SubjectId& subject, uint32_t row) const {
      return (*subjects)[row] == subject;
    }
  };

  void SetFile(uint32_t row, const Case& file);
  void SetProfile(uint32_t row, const Profile& profile);
  CodeColumn& ColumnOf(absl::string_view variable);
  uint32_t NewRow(const SubjectId& subject);
  void Clear(uint32_t row);

  std::vector<SubjectId> subjects_;
  std::vector<CaseId> cases_;
  std::vector<int64_t> registered_at_;  // Unix milliseconds.
  std::vector<uint32_t> version_;
  std::vector<uint32_t> owner_;
  std::vector<uint32_t> team_;  // 0: none.
  std::vector<int16_t> year_;
  std::vector<uint8_t> status_;
  std::vector<uint16_t> closed_day_;
  std::vector<uint8_t> flags_;
  std::vector<uint32_t> free_;
  absl::flat_hash_set<uint32_t, BySubject, SameSubject> by_subject_;
  absl::flat_hash_map<PersonId, uint32_t> owners_;
  absl::flat_hash_map<std::string, uint32_t> teams_;
  absl::flat_hash_map<std::string, std::unique_ptr<CodeColumn>> columns_;
  absl::flat_hash_map<const char*, CodeColumn*> of_variable_;
  bool settled_ = false;
  absl::flat_hash_set<SubjectId> removed_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_CASE_ROWS_H_
