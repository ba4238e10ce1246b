// SPDX-License-Identifier: Apache-2.0
#include "node/cases/columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/cases/case_rows.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/office.h"

namespace amparo::cases {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr size_t kAll = 1000;

PersonId Worker(char fill) {
  return *PersonId::FromBytes(std::string(16, fill));
}

// A store of which something happens while it is read: once, before the first
// row of `table` is given out of a snapshot.
class DisturbedStore final : public storage::Store {
 public:
  DisturbedStore(storage::Store& store, storage::TableId table,
                 std::function<void()> happens)
      : store_(store), table_(table), happens_(std::move(happens)) {}

  absl::StatusOr<std::optional<std::string>> Get(
      storage::TableId table, absl::string_view key) const override {
    return store_.Get(table, key);
  }
  absl::Status Scan(storage::TableId table, absl::string_view first,
                    absl::string_view limit,
                    const RowFunction& row) const override {
    return store_.Scan(table, first, limit, row);
  }
  absl::StatusOr<storage::CommitResult> Commit(
      const storage::Batch& batch) override {
    return store_.Commit(batch);
  }
  std::vector<absl::StatusOr<storage::CommitResult>> CommitAll(
      absl::Span<const storage::Batch* const> batches) override {
    return store_.CommitAll(batches);
  }
  bool writable() const override { return store_.writable(); }
  std::unique_ptr<storage::Reader> NewSnapshot() const override {
    return std::make_unique<Snapshot>(*this, store_.NewSnapshot());
  }

 private:
  class Snapshot final : public storage::Reader {
   public:
    Snapshot(const DisturbedStore& store,
             std::unique_ptr<storage::Reader> snapshot)
        : store_(store), snapshot_(std::move(snapshot)) {}
    absl::StatusOr<std::optional<std::string>> Get(
        storage::TableId table, absl::string_view key) const override {
      return snapshot_->Get(table, key);
    }
    absl::Status Scan(storage::TableId table, absl::string_view first,
                      absl::string_view limit,
                      const RowFunction& row) const override {
      if (table == store_.table_) {
        std::call_once(store_.once_, store_.happens_);
      }
      return snapshot_->Scan(table, first, limit, row);
    }

   private:
    const DisturbedStore& store_;
    const std::unique_ptr<storage::Reader> snapshot_;
  };

  storage::Store& store_;
  const storage::TableId table_;
  const std::function<void()> happens_;
  mutable std::once_flag once_;
};

class ColumnsTest : public testing::Test {
 protected:
  NewCase Made(std::vector<Profile::Pair> pairs, char owner = 'a',
               std::string team = "") {
    office_.clock.Advance(absl::Seconds(1));
    return NewCase{
        .file = Case{.id = Fresh<CaseId>(),
                     .number = CaseNumber::Generate(office_.random),
                     .subject = Fresh<SubjectId>(),
                     .owner = Worker(owner),
                     .team = std::move(team),
                     .registered_at = office_.clock.Now(),
                     .year = 2024,
                     .source = {}},
        .profile = *Profile::Create(vocabulary::Lists::BuiltIn(), pairs),
        .identity = std::nullopt,
        .source_key = {}};
  }
  // The id of a case that is put.
  CaseId Put(std::vector<Profile::Pair> pairs, char owner = 'a',
             std::string team = "") {
    const NewCase made = Made(std::move(pairs), owner, std::move(team));
    columns_.Put(made.file, made.profile);
    return made.file.id;
  }
  // Also in the store.
  NewCase Stored(std::vector<Profile::Pair> pairs) {
    NewCase made = Made(std::move(pairs));
    storage::Batch batch;
    EXPECT_THAT(office_.registry->Insert(batch, made), IsOk());
    EXPECT_THAT(office_.store->Commit(batch).status(), IsOk());
    return made;
  }
  std::vector<CaseId> Find(CaseFilter filter, const Viewer& viewer) {
    EXPECT_THAT(CheckFilter(vocabulary::Lists::BuiltIn(), filter), IsOk());
    const auto page = columns_.Find(viewer, filter, kAll, "");
    EXPECT_THAT(page, IsOk());
    EXPECT_EQ(page->total, static_cast<int64_t>(page->cases.size()));
    return page->cases;
  }
  std::vector<CaseId> Where(Condition condition) {
    return Find({.conditions = {std::move(condition)}}, office_wide_);
  }
  template <class IdType>
  IdType Fresh() {
    return *IdType::FromBytes(crypto::RandomBytes(office_.random, 16));
  }

  Office office_;
  Columns columns_;
  const Viewer office_wide_ = {.whole_office = true};
};

TEST_F(ColumnsTest, NewestComesFirst) {
  const CaseId old = Put({});
  const CaseId young = Put({});
  EXPECT_THAT(Find({}, office_wide_), ElementsAre(young, old));
}

TEST_F(ColumnsTest, UnknownNoAndNotRecordedAreThreeThings) {
  const CaseId yes = Put({{"isForcedLabour", "1"}});
  const CaseId no = Put({{"isForcedLabour", "0"}});
  const CaseId unknown = Put({{"isForcedLabour", "-99"}});
  const CaseId nothing = Put({});
  const std::string flag = "isForcedLabour";
  const std::string none(kNotRecorded);
  EXPECT_THAT(Where({flag, {"1"}}), UnorderedElementsAre(yes));
  EXPECT_THAT(Where({flag, {"-99"}}), UnorderedElementsAre(unknown));
  EXPECT_THAT(Where({flag, {none}}), UnorderedElementsAre(nothing));
  EXPECT_THAT(Where({flag, {"0", none}}), UnorderedElementsAre(no, nothing));
  // Who was not asked has not said that it was not so.
  EXPECT_THAT(Where({flag, {"1"}, true}), UnorderedElementsAre(no));
  EXPECT_THAT(Where({flag, {"-99"}, true}), UnorderedElementsAre(yes, no));
  EXPECT_THAT(Where({flag, {none}, true}),
              UnorderedElementsAre(yes, no, unknown));
}

TEST_F(ColumnsTest, OneOfSeveralCodesIsEnough) {
  const CaseId both = Put({{"typeOfExploitation", "ForcedLabour"},
                           {"typeOfExploitation", "ForcedBegging"}});
  const CaseId one = Put({{"typeOfExploitation", "ForcedBegging"}});
  EXPECT_THAT(Where({"typeOfExploitation", {"ForcedBegging"}}),
              UnorderedElementsAre(both, one));
  EXPECT_THAT(Where({"typeOfExploitation", {"ForcedLabour"}}),
              UnorderedElementsAre(both));
  EXPECT_THAT(Where({"typeOfExploitation", {"ForcedLabour"}, true}),
              UnorderedElementsAre(one));
}

TEST_F(ColumnsTest, AllConditionsMustHold) {
  const CaseId found = Put({{"gender", "Female"}, {"citizenship", "UKR"}});
  Put({{"gender", "Male"}, {"citizenship", "UKR"}});
  Put({{"gender", "Female"}, {"citizenship", "TJK"}});
  EXPECT_THAT(Find({.conditions = {{"gender", {"Female"}},
                                   {"citizenship", {"UA", "MDA"}}}},
                   office_wide_),
              ElementsAre(found));
}

TEST_F(ColumnsTest, YearsTimesAndMinorsAreFiltered) {
  NewCase young = Made({});
  young.file.year = 2025;
  young.file.treated_as_minor = true;
  NewCase old = Made({});
  old.file.year = 2023;
  NewCase without = Made({});
  without.file.year = 0;
  for (const NewCase* made : {&young, &old, &without}) {
    columns_.Put(made->file, made->profile);
  }
  EXPECT_THAT(Find({.year_from = 2024}, office_wide_),
              ElementsAre(young.file.id));
  // An unknown year is in no range.
  EXPECT_THAT(Find({.year_to = 2024}, office_wide_), ElementsAre(old.file.id));
  EXPECT_THAT(Find({.minor = true}, office_wide_), ElementsAre(young.file.id));
  EXPECT_THAT(Find({.minor = false}, office_wide_), SizeIs(2));
  EXPECT_THAT(Find({.registered_from = old.file.registered_at,
                    .registered_before = without.file.registered_at},
                   office_wide_),
              ElementsAre(old.file.id));
}

TEST_F(ColumnsTest, NobodySeesBeyondTheirOwnAndTheirTeams) {
  const CaseId own = Put({{"gender", "Female"}}, 'a');
  const CaseId team = Put({{"gender", "Female"}}, 'b', "north");
  Put({{"gender", "Female"}}, 'b', "south");
  const CaseFilter women = {.conditions = {{"gender", {"Female"}}}};
  EXPECT_THAT(Find(women, {.person = Worker('a'), .team = "north"}),
              UnorderedElementsAre(own, team));
  EXPECT_THAT(Find(women, {.person = Worker('a')}), ElementsAre(own));
  EXPECT_THAT(Find(women, {.person = Worker('x'), .team = "east"}), IsEmpty());
  // Being in no team is not a team.
  EXPECT_THAT(Find(women, {.person = Worker('x')}), IsEmpty());
}

TEST_F(ColumnsTest, PagesFollowEachOtherWithoutGapsOrRepetitions) {
  std::vector<CaseId> all;
  for (int i = 0; i < 10; ++i) {
    NewCase made = Made({});
    // Some at the same moment.
    if (i % 3 != 0) office_.clock.Advance(-absl::Seconds(1));
    columns_.Put(made.file, made.profile);
  }
  std::vector<CaseId> paged;
  std::string after;
  do {
    const auto page = columns_.Find(office_wide_, {}, 3, after);
    ASSERT_THAT(page, IsOk());
    EXPECT_EQ(page->total, 10);
    paged.insert(paged.end(), page->cases.begin(), page->cases.end());
    after = page->next;
  } while (!after.empty());
  EXPECT_EQ(paged, Find({}, office_wide_));
  for (const char* token : {"zz", "00", "0123456789"}) {
    EXPECT_EQ(ReasonOf(columns_.Find(office_wide_, {}, 3, token).status()),
              Reason::kFieldInvalid);
  }
}

TEST_F(ColumnsTest, ALaterVersionReplacesAndAnEarlierDoesNot) {
  NewCase made = Made({{"gender", "Female"}, {"isForcedLabour", "1"}});
  columns_.Put(made.file, made.profile);
  Case later = made.file;
  later.version = 3;
  later.owner = Worker('b');
  columns_.Put(later, *Profile::Create(vocabulary::Lists::BuiltIn(),
                                       {{"gender", "Male"}}));
  columns_.Put(made.file, made.profile);
  EXPECT_THAT(Where({"gender", {"Male"}}), ElementsAre(made.file.id));
  EXPECT_THAT(Where({"isForcedLabour", {"1"}}), IsEmpty());
  EXPECT_THAT(Find({}, {.person = Worker('a')}), IsEmpty());
  EXPECT_EQ(columns_.size(), 1u);
}

TEST_F(ColumnsTest, ARemovedCaseIsGoneAndItsPlaceIsUsedAgain) {
  const NewCase made = Made({{"gender", "Female"}});
  columns_.Put(made.file, made.profile);
  columns_.Remove(made.file.subject);
  EXPECT_THAT(Find({}, office_wide_), IsEmpty());
  EXPECT_EQ(columns_.size(), 0u);
  const CaseId next = Put({});
  EXPECT_THAT(Where({"gender", {std::string(kNotRecorded)}}),
              ElementsAre(next));
  // Reading the store from before does not bring it back.
  columns_.Put(made.file, made.profile);
  EXPECT_EQ(columns_.size(), 1u);
}

TEST_F(ColumnsTest, AColumnWidensWhenItMeetsMoreValuesThanAByteHolds) {
  const vocabulary::List& list =
      *vocabulary::Lists::BuiltIn().FindVariable("citizenship")->list;
  std::vector<std::pair<std::string, CaseId>> put;
  for (const vocabulary::Code& code : list.codes()) {
    const auto coded =
        vocabulary::Lists::BuiltIn().Check("citizenship", code.code);
    if (!coded.ok()) continue;  // Withdrawn.
    put.emplace_back(code.code, Put({{"citizenship", code.code}}));
  }
  // What else it takes to be more than a byte can tell apart.
  CodeColumn column;
  std::vector<std::string> names;
  for (int i = 0; i < 70000; ++i) names.push_back(absl::StrCat("code", i));
  for (size_t i = 0; i < names.size(); ++i) {
    const vocabulary::Coded coded{"variable", names[i]};
    column.Set(i, column.NumberOf({&coded, 1}));
  }
  for (const size_t row : {0u, 254u, 255u, 256u, 65534u, 65535u, 69999u}) {
    const auto decided = column.Decide({"variable", {names[row]}});
    std::vector<uint8_t> passes(names.size(), 1);
    column.Apply(decided, 0, names.size(), passes.data());
    EXPECT_EQ(std::count(passes.begin(), passes.end(), 1), 1);
    EXPECT_EQ(passes[row], 1) << row;
  }
  for (const auto& [code, id] : put) {
    EXPECT_THAT(Where({"citizenship", {code}}), ElementsAre(id));
  }
}

TEST_F(ColumnsTest, FiltersAreCheckedAgainstTheVocabulary) {
  const auto check = [](Condition condition) {
    CaseFilter filter = {.conditions = {std::move(condition)}};
    return ReasonOf(CheckFilter(vocabulary::Lists::BuiltIn(), filter));
  };
  EXPECT_EQ(check({"shoeSize", {"1"}}), Reason::kColumnUnknown);
  EXPECT_EQ(check({"shoeSize", {std::string(kNotRecorded)}}),
            Reason::kColumnUnknown);
  EXPECT_EQ(check({"gender", {"Purple"}}), Reason::kCodeUnknown);
  EXPECT_EQ(check({"gender", {}}), Reason::kFieldInvalid);
  EXPECT_EQ(check({"isInternal", {"1"}}), Reason::kFieldInvalid);
}

TEST_F(ColumnsTest, OnlyVisibleSubjectsAreAnswered) {
  const NewCase own = Made({}, 'a');
  const NewCase other = Made({}, 'b');
  columns_.Put(own.file, own.profile);
  columns_.Put(other.file, other.profile);
  const std::vector<SubjectId> both = {other.file.subject, own.file.subject,
                                       Fresh<SubjectId>()};
  const Columns::Page page =
      columns_.Visible({.person = Worker('a')}, both, kAll);
  EXPECT_THAT(page.cases, ElementsAre(own.file.id));
  EXPECT_EQ(page.total, 1);
  EXPECT_EQ(columns_.Visible(office_wide_, both, 1).total, 2);
  EXPECT_THAT(columns_.Visible(office_wide_, both, 1).cases,
              ElementsAre(other.file.id));
}

TEST_F(ColumnsTest, TheStoreIsReadOnceAndKeptUpWithCommits) {
  const NewCase before = Made({{"gender", "Female"}});
  const NewCase after = Made({{"gender", "Male"}});
  const auto store = [&](const NewCase& made) {
    storage::Batch batch;
    EXPECT_THAT(office_.registry->Insert(batch, made), IsOk());
    EXPECT_THAT(office_.store->Commit(batch).status(), IsOk());
  };
  store(before);
  office_.Open();
  ASSERT_THAT(office_.registry->ReadColumns(*office_.store), IsOk());
  store(after);
  ASSERT_THAT(office_.registry->ReadColumns(*office_.store), IsOk());
  const auto page =
      office_.registry->columns().Find(office_wide_, {}, kAll, "");
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(page->cases, ElementsAre(after.file.id, before.file.id));
}

TEST_F(ColumnsTest, ACommitThatFailedIsNotSeen) {
  const NewCase made = Made({});
  storage::Batch batch;
  ASSERT_THAT(office_.registry->Insert(batch, made), IsOk());
  batch.RequireUnchanged(storage::TableId::kCases, "none", "such");
  EXPECT_FALSE(office_.store->Commit(batch).ok());
  EXPECT_EQ(office_.registry->columns().size(), 0u);
}

TEST_F(ColumnsTest, WhatDoesNotOpenIsLeftOut) {
  const NewCase good = Stored({{"gender", "Female"}});
  const NewCase bad_profile = Stored({});
  const NewCase bad_case = Stored({});
  const NewCase without_case = Stored({});
  const NewCase without_key = Stored({});
  storage::Batch damage;
  damage.Put(storage::TableId::kProfiles, bad_profile.file.subject.bytes(),
             "damaged");
  std::string stored =
      **office_.store->Get(storage::TableId::kCases, bad_case.file.id.bytes());
  stored.back() = static_cast<char>(stored.back() ^ 1);
  damage.Put(storage::TableId::kCases, bad_case.file.id.bytes(), stored);
  damage.Delete(storage::TableId::kCases, without_case.file.id.bytes());
  damage.Delete(
      storage::TableId::kDataKeys,
      office_.registry->KeyOf(*office_.store, without_key.file.subject)
          ->bytes());
  ASSERT_THAT(office_.store->Commit(damage).status(), IsOk());
  office_.Open();
  ASSERT_THAT(columns_.Load(*office_.store, *office_.vault), IsOk());
  EXPECT_THAT(Find({}, office_wide_), ElementsAre(good.file.id));
  EXPECT_EQ(columns_.size(), 1u);
}

TEST_F(ColumnsTest, KeysAreReadAFewAtATimeWhenTheyAreMany) {
  std::vector<CaseId> all;
  for (int i = 0; i < 40; ++i) {
    all.insert(all.begin(), Stored({{"gender", "Female"}}).file.id);
  }
  Columns few_keys(1);
  ASSERT_THAT(few_keys.Load(*office_.store, *office_.vault), IsOk());
  const auto page = few_keys.Find(
      office_wide_, {.conditions = {{"gender", {"Female"}}}}, kAll, "");
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->cases, all);
}

// Where in the reading it happens must not matter.
class DisturbedColumnsTest
    : public ColumnsTest,
      public testing::WithParamInterface<storage::TableId> {
 protected:
  absl::Status LoadWhile(std::function<void()> happens) {
    DisturbedStore store(*office_.store, GetParam(), std::move(happens));
    return columns_.Load(store, *office_.vault);
  }
};

TEST_P(DisturbedColumnsTest, WhatChangesWhileTheStoreIsReadStays) {
  const NewCase changed = Stored({{"gender", "Female"}});
  const NewCase erased = Stored({{"gender", "Female"}});
  const NewCase same = Stored({{"gender", "Female"}});
  const NewCase added = Made({{"gender", "Male"}});
  ASSERT_THAT(LoadWhile([&] {
                Case later = changed.file;
                ++later.version;
                columns_.Put(later,
                             *Profile::Create(vocabulary::Lists::BuiltIn(),
                                              {{"gender", "Male"}}));
                columns_.Remove(erased.file.subject);
                columns_.Put(added.file, added.profile);
                // Committed before the snapshot, told afterwards.
                columns_.Put(same.file, same.profile);
              }),
              IsOk());
  EXPECT_THAT(Where({"gender", {"Female"}}), ElementsAre(same.file.id));
  EXPECT_THAT(Where({"gender", {"Male"}}),
              ElementsAre(added.file.id, changed.file.id));
  EXPECT_EQ(columns_.size(), 3u);
}

TEST_P(DisturbedColumnsTest, StoppingEndsTheReading) {
  Stored({});
  EXPECT_EQ(ReasonOf(LoadWhile([&] { columns_.Stop(); })),
            Reason::kUnavailable);
  EXPECT_EQ(ReasonOf(columns_.Load(*office_.store, *office_.vault)),
            Reason::kUnavailable);
}

TEST_P(DisturbedColumnsTest, NoCaseIsSeenByHalf) {
  Stored({{"gender", "Female"}});
  const CaseFilter not_recorded = {
      .conditions = {{"gender", {std::string(kNotRecorded)}}}};
  ASSERT_THAT(LoadWhile([&] {
                EXPECT_THAT(Find(not_recorded, office_wide_), IsEmpty());
                EXPECT_THAT(Find({}, office_wide_), IsEmpty());
              }),
              IsOk());
  EXPECT_THAT(Find({}, office_wide_), SizeIs(1));
}

TEST_P(DisturbedColumnsTest, WhoListsMeanwhileIsAskedToComeAgain) {
  Stored({});
  absl::Status meanwhile;
  ASSERT_THAT(LoadWhile([&] {
                meanwhile = columns_.Load(*office_.store, *office_.vault);
              }),
              IsOk());
  EXPECT_EQ(ReasonOf(meanwhile), Reason::kUnavailable);
  EXPECT_THAT(columns_.Load(*office_.store, *office_.vault), IsOk());
}

INSTANTIATE_TEST_SUITE_P(
    At, DisturbedColumnsTest,
    testing::Values(storage::TableId::kDataKeys, storage::TableId::kCases,
                    storage::TableId::kProfiles),
    [](const auto& at) {
      return std::string(storage::TableName(at.param) == "data_keys" ? "Keys"
                         : storage::TableName(at.param) == "cases"
                             ? "Cases"
                             : "Profiles");
    });

}  // namespace
}  // namespace amparo::cases
