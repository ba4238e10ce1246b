// SPDX-License-Identifier: Apache-2.0
//
// Entries and revisions on the real store: what follows from an entry, what a
// revision writes, and that fsck's check of cases finds both sound.
#include "node/cases/entry_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/cases/cases_records.h"
#include "node/cases/columns.h"
#include "node/cases/entries_records.h"
#include "node/cases/soundness.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/findings.h"
#include "tests/unit/node/cases/office.h"

namespace amparo::cases {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::string_view kStatus = "traffickingStatus";

class EntryBookTest : public testing::Test {
 protected:
  EntryBookTest() {
    storage::Batch batch;
    NewCase fresh{.file = Case{.id = FreshId<CaseId>(),
                               .number = CaseNumber::Generate(office_.random),
                               .subject = FreshId<SubjectId>(),
                               .owner = anna_,
                               .team = "north",
                               .registered_at = office_.clock.Now(),
                               .year = 2025},
                  .profile = *Profile::Create(
                      vocabulary::Lists::BuiltIn(),
                      {{"gender", "Female"},
                       {"yearOfRegistration", "2025"},
                       {"traffickingStatus", "PossibleVictimOfTrafficking"}}),
                  .identity = std::nullopt,
                  .source_key = ""};
    EXPECT_THAT(office_.registry->Insert(batch, fresh), IsOk());
    EXPECT_THAT(office_.store->Commit(batch), IsOk());
    id_ = fresh.file.id;
  }

  template <class IdType>
  IdType FreshId() {
    return *IdType::FromBytes(crypto::RandomBytes(office_.random, 16));
  }

  EntryBook Book() { return EntryBook(*office_.registry); }
  storage::Row<Case> Row() {
    return *office_.registry->Row(*office_.store, id_);
  }
  Profile ProfileNow() {
    return *office_.registry->ProfileOf(*office_.store, Row().value.subject);
  }
  EntryBook::Hand Hand() { return {anna_, office_.clock.Now()}; }

  absl::StatusOr<EntryId> Add(EntryContent content,
                              PartialDate happened = {2025, 1, 1}) {
    office_.clock.Advance(absl::Seconds(1));
    Entry entry;
    entry.id = FreshId<EntryId>();
    entry.recorded_at = office_.clock.Now();
    entry.recorded_by = anna_;
    entry.wording = {happened, "", std::move(content)};
    storage::Batch batch;
    RETURN_IF_ERROR(Book().Add(batch, *office_.store, Row(), entry));
    RETURN_IF_ERROR(office_.store->Commit(batch).status());
    return entry.id;
  }
  absl::Status Retract(const EntryId& id) {
    storage::Batch batch;
    RETURN_IF_ERROR(
        Book()
            .Retract(batch, *office_.store, Row(), id, "wrong", Hand())
            .status());
    return office_.store->Commit(batch).status();
  }
  absl::Status Amend(const EntryId& id, uint32_t version, Wording wording) {
    storage::Batch batch;
    RETURN_IF_ERROR(Book()
                        .Amend(batch, *office_.store, Row(), id, version,
                               std::move(wording), "typo", Hand())
                        .status());
    return office_.store->Commit(batch).status();
  }
  absl::Status Revise(const std::function<void(CaseRevision&)>& change) {
    const storage::Row<Case> row = Row();
    CaseRevision revision{.before = row, .after = row.value};
    revision.at = office_.clock.Now();
    revision.by = boris_;
    change(revision);
    storage::Batch batch;
    RETURN_IF_ERROR(
        office_.registry->Revise(batch, *office_.store, revision).status());
    return office_.store->Commit(batch).status();
  }

  std::vector<std::string> Findings() {
    return FindingsIn(*office_.store, *office_.vault);
  }

  Office office_;
  const PersonId anna_ = *PersonId::FromBytes(std::string(16, 'a'));
  const PersonId boris_ = *PersonId::FromBytes(std::string(16, 'b'));
  CaseId id_;
};

TEST_F(EntryBookTest, TheLatestDecisionIsWhatTheProfileSays) {
  const auto actual =
      Add(StatusDecision{"ActualVictimOfTrafficking", "Police", "", ""},
          {2024, 6, 1});
  ASSERT_THAT(actual, IsOk());
  EXPECT_EQ(ProfileNow().Find(kStatus), "ActualVictimOfTrafficking");
  EXPECT_EQ(ProfileNow().Find("identifiedBy"), "Police");
  EXPECT_EQ(Row().value.version, 2u);
  // An older one, recorded later, changes nothing.
  const auto older = Add(
      StatusDecision{"NotAVictimOfTrafficking", "NGO", "", ""}, {2023, 0, 0});
  ASSERT_THAT(older, IsOk());
  EXPECT_EQ(ProfileNow().Find(kStatus), "ActualVictimOfTrafficking");
  EXPECT_EQ(Row().value.version, 2u);
  ASSERT_THAT(Retract(*actual), IsOk());
  EXPECT_EQ(ProfileNow().Find(kStatus), "NotAVictimOfTrafficking");
  // Without any decision the profile says what it said at first.
  ASSERT_THAT(Retract(*older), IsOk());
  EXPECT_EQ(ProfileNow().Find(kStatus), "PossibleVictimOfTrafficking");
  EXPECT_EQ(ProfileNow().Find("identifiedBy"), "");
  const auto history = office_.registry->HistoryOf(*office_.store, id_);
  ASSERT_THAT(history, IsOk());
  ASSERT_THAT(*history, SizeIs(3));
  EXPECT_EQ((*history)[0].kind, ChangeKind::kFollowedEntry);
  EXPECT_EQ((*history)[0].entry, *actual);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(EntryBookTest, ARiskToLifeShowsOnTheCaseWhileItStands) {
  ASSERT_THAT(Add(RiskAssessment{"LOW", "", false, {}}), IsOk());
  EXPECT_FALSE(Row().value.risk_to_life);
  const auto risk = Add(RiskAssessment{"EXTREME", "Threats.", true, {}});
  ASSERT_THAT(risk, IsOk());
  EXPECT_TRUE(Row().value.risk_to_life);
  EXPECT_THAT(Findings(), IsEmpty());
  ASSERT_THAT(Retract(*risk), IsOk());
  EXPECT_FALSE(Row().value.risk_to_life);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(EntryBookTest, AnAmendmentKeepsWhatWasSaidBefore) {
  const auto note = Add(Note{"Fist."});
  ASSERT_THAT(note, IsOk());
  ASSERT_THAT(Amend(*note, 1, {{}, "", Note{"First."}}), IsOk());
  auto entries = Book().Read(*office_.store, id_);
  ASSERT_THAT(entries, IsOk());
  ASSERT_THAT(*entries, SizeIs(1));
  const Entry& entry = entries->front();
  EXPECT_EQ(std::get<Note>(entry.wording.content).text, "First.");
  ASSERT_THAT(entry.corrections, SizeIs(1));
  EXPECT_EQ(std::get<Note>(entry.corrections[0].before.content).text, "Fist.");
  EXPECT_EQ(entry.corrections[0].reason, "typo");
  // Who read another version is told; another kind is another entry.
  EXPECT_EQ(ReasonOf(Amend(*note, 1, {{}, "", Note{"x"}})),
            Reason::kVersionConflict);
  EXPECT_EQ(FieldOf(Amend(*note, 2, {{}, "", ServiceGiven{"FOOD", "", {}}})),
            "wording");
  ASSERT_THAT(Retract(*note), IsOk());
  EXPECT_EQ(ReasonOf(Retract(*note)), Reason::kWrongState);
  EXPECT_EQ(StateOf(Amend(*note, 2, {{}, "", Note{"x"}})), "RETRACTED");
  EXPECT_EQ(ReasonOf(Retract(FreshId<EntryId>())), Reason::kNotAllowed);
  entries = Book().Read(*office_.store, id_);
  ASSERT_THAT(entries, IsOk());
  ASSERT_TRUE(entries->front().retracted.has_value());
  EXPECT_EQ(entries->front().retracted->reason, "wrong");
}

TEST_F(EntryBookTest, OfAClosedCaseOnlyNotesAndFilesAreTakenAndCorrections) {
  const auto service = Add(ServiceGiven{"FOOD", "", {}});
  ASSERT_THAT(service, IsOk());
  ASSERT_THAT(Revise([&](CaseRevision& revision) {
                revision.kind = ChangeKind::kStatusChanged;
                revision.after.status = CaseStatus::kClosed;
                revision.after.closed_at = office_.clock.Now();
                revision.after.closing_reason = "CONTACT_LOST";
              }),
              IsOk());
  EXPECT_EQ(StateOf(Add(ServiceGiven{"FOOD", "", {}}).status()), "Closed");
  EXPECT_THAT(Add(Note{"Wrote a card."}), IsOk());
  EXPECT_THAT(Amend(*service, 1, {{}, "", ServiceGiven{"MEDICAL", "", {}}}),
              IsOk());
  EXPECT_THAT(Retract(*service), IsOk());
  storage::Batch batch;
  EXPECT_EQ(StateOf(office_.registry->BeginWork(batch, *office_.store, id_)),
            "Closed");
}

TEST_F(EntryBookTest, AMergedCaseTakesNothingAndIsNotCounted) {
  const auto note = Add(Note{"Before."});
  ASSERT_THAT(note, IsOk());
  const CaseId other = FreshId<CaseId>();
  ASSERT_THAT(Revise([&](CaseRevision& revision) {
                revision.kind = ChangeKind::kMergedAway;
                revision.after.merged_into = other;
                revision.other_case = other;
              }),
              IsOk());
  EXPECT_EQ(StateOf(Add(Note{"After."}).status()), "Merged");
  EXPECT_EQ(StateOf(Amend(*note, 1, {{}, "", Note{"x"}})), "Merged");
  EXPECT_EQ(StateOf(Retract(*note)), "Merged");
  int counted = 0;
  EXPECT_THAT(
      office_.registry->ScanProfiles(*office_.store,
                                     [&](const SubjectId&, const Profile&) {
                                       ++counted;
                                       return absl::StatusOr<bool>(true);
                                     }),
      IsOk());
  EXPECT_EQ(counted, 0);
  // The other side does not know of it.
  EXPECT_THAT(Findings(),
              ElementsAre("two cases do not agree that they are merged"));
}

TEST_F(EntryBookTest, ARevisionKeepsBeforeAndAfterAndFindsTheFileAnew) {
  Identity who;
  who.given_names_romanised = "Oleksandra";
  who.born = {2010, 0, 0};
  ASSERT_THAT(Revise([&](CaseRevision& revision) {
                revision.source = "birth certificate";
                revision.profile =
                    *ProfileNow().With(vocabulary::Lists::BuiltIn(),
                                       {{"yearOfRegistration", {"2024"}}},
                                       Profile::Origin::kInput);
                revision.identity = CaseRevision::NewIdentity{
                    *IdentityAccess::Granted(absl::OkStatus(), boris_), who};
              }),
              IsOk());
  const Case file = Row().value;
  EXPECT_EQ(file.version, 2u);
  EXPECT_EQ(file.year, 2024);
  EXPECT_TRUE(file.has_identity);
  EXPECT_TRUE(file.treated_as_minor);  // P7 is found anew.
  const auto history = office_.registry->HistoryOf(*office_.store, id_);
  ASSERT_THAT(history, IsOk());
  ASSERT_THAT(*history, SizeIs(1));
  const CaseChange& change = history->front();
  EXPECT_EQ(change.version, 2u);
  EXPECT_EQ(change.by, boris_);
  EXPECT_EQ(change.source, "birth certificate");
  ASSERT_THAT(change.profile, SizeIs(1));
  EXPECT_THAT(change.profile[0].before, ElementsAre("2025"));
  EXPECT_THAT(change.profile[0].after, ElementsAre("2024"));
  EXPECT_THAT(change.identity_parts,
              ElementsAre("given_names_romanised", "born"));
  const auto names = office_.registry->IdentityHistoryOf(
      *IdentityAccess::Granted(absl::OkStatus(), anna_), *office_.store, id_);
  ASSERT_THAT(names, IsOk());
  ASSERT_THAT(*names, SizeIs(1));
  EXPECT_FALSE(names->front().second.before.has_value());
  EXPECT_EQ(names->front().second.after, who);
  EXPECT_THAT(Findings(), IsEmpty());
  EXPECT_FALSE(office_.AnywhereInStore("Oleksandra"));
}

TEST_F(EntryBookTest, AnAssignmentMovesTheLists) {
  ASSERT_THAT(Revise([&](CaseRevision& revision) {
                revision.kind = ChangeKind::kAssigned;
                revision.after.owner = boris_;
                revision.after.team = "south";
              }),
              IsOk());
  const auto listed = [&](const PersonId& person, absl::string_view team) {
    return office_.registry->columns()
        .Find({.person = person, .team = std::string(team)}, CaseFilter(), 10,
              "")
        ->cases.size();
  };
  EXPECT_EQ(listed(anna_, "north"), 0u);
  EXPECT_EQ(listed(boris_, ""), 1u);
  EXPECT_EQ(listed(anna_, "south"), 1u);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(EntryBookTest, TwoRevisionsOfTheSameReadingConflict) {
  const storage::Row<Case> row = Row();
  CaseRevision revision{.before = row, .after = row.value};
  revision.at = office_.clock.Now();
  revision.by = anna_;
  revision.kind = ChangeKind::kAssigned;
  revision.after.team = "south";
  storage::Batch first;
  storage::Batch second;
  ASSERT_THAT(office_.registry->Revise(first, *office_.store, revision),
              IsOk());
  ASSERT_THAT(office_.registry->Revise(second, *office_.store, revision),
              IsOk());
  ASSERT_THAT(office_.store->Commit(first), IsOk());
  EXPECT_EQ(ReasonOf(office_.store->Commit(second).status()),
            Reason::kVersionConflict);
}

// Each thing that fsck knows of entries and history is found when it is wrong.
TEST_F(EntryBookTest, FsckFindsWhatDoesNotBelongTogether) {
  ASSERT_THAT(Add(RiskAssessment{"EXTREME", "Threats.", true, {}}), IsOk());
  ASSERT_THAT(Findings(), IsEmpty());
  const storage::Row<Case> row = Row();
  const auto spoil = [&](const std::function<void(storage::Batch&)>& change) {
    storage::Batch batch;
    change(batch);
    EXPECT_THAT(office_.store->Commit(batch), IsOk());
  };
  const storage::Table<CaseCodec> cases(*office_.vault);
  spoil([&](storage::Batch& batch) {
    Case file = row.value;
    file.risk_to_life = false;
    EXPECT_THAT(cases.Put(batch, id_, file, row.key), IsOk());
  });
  EXPECT_THAT(Findings(),
              ElementsAre("a case does not show the risk to life that its "
                          "entries tell of"));
  spoil([&](storage::Batch& batch) {
    Case file = row.value;
    file.version = 5;
    EXPECT_THAT(cases.Put(batch, id_, file, row.key), IsOk());
  });
  EXPECT_THAT(Findings(),
              ElementsAre("cases and their history do not belong to each "
                          "other"));
  spoil([&](storage::Batch& batch) {
    EXPECT_THAT(cases.Put(batch, id_, row.value, row.key), IsOk());
    storage::Table<EntryCodec>(*office_.vault)
        .Put(batch, {FreshId<CaseId>(), FreshId<EntryId>()},
             Book().Read(*office_.store, id_)->front(), row.key)
        .IgnoreError();
  });
  EXPECT_THAT(Findings(),
              ElementsAre("a case does not show the risk to life that its "
                          "entries tell of",
                          "an entry is of a case that is not there"));
}

TEST_F(EntryBookTest, FsckFindsWhatADecisionOrAKeyContradicts) {
  const auto decision =
      Add(StatusDecision{"ActualVictimOfTrafficking", "Police", "", ""});
  ASSERT_THAT(decision, IsOk());
  ASSERT_THAT(Findings(), IsEmpty());
  const storage::Row<Case> row = Row();
  const storage::Table<ProfileCodec> profiles(*office_.vault);
  const auto profile = *profiles.Get(*office_.store, row.value.subject);
  storage::Batch batch;
  StoredProfile other = profile->value;
  other.profile =
      *other.profile.With(vocabulary::Lists::BuiltIn(),
                          {{"identifiedBy", {"NGO"}}}, Profile::Origin::kInput);
  ASSERT_THAT(profiles.Put(batch, row.value.subject, other, profile->key),
              IsOk());
  ASSERT_THAT(office_.store->Commit(batch), IsOk());
  EXPECT_THAT(Findings(),
              ElementsAre("a profile does not say what was decided last"));

  storage::Batch back;
  ASSERT_THAT(
      profiles.Put(back, row.value.subject, profile->value, profile->key),
      IsOk());
  // Under the table's key it would outlive the erasure of the case.
  ASSERT_THAT(storage::Table<EntryCodec>(*office_.vault)
                  .Put(back, {id_, *decision},
                       Book().Read(*office_.store, id_)->front()),
              IsOk());
  ASSERT_THAT(office_.store->Commit(back), IsOk());
  EXPECT_THAT(
      Findings(),
      ElementsAre("an entry is sealed under another key than its case"));
}

TEST_F(EntryBookTest, FsckFindsAnIdentityWhoseHistoryIsGone) {
  Identity who;
  who.given_names_romanised = "Oleksandra";
  ASSERT_THAT(Revise([&](CaseRevision& revision) {
                revision.identity = CaseRevision::NewIdentity{
                    *IdentityAccess::Granted(absl::OkStatus(), boris_), who};
              }),
              IsOk());
  ASSERT_THAT(Findings(), IsEmpty());
  storage::Batch batch;
  storage::Table<IdentityChangeCodec>(*office_.vault).Delete(batch, {id_, 2});
  ASSERT_THAT(office_.store->Commit(batch), IsOk());
  EXPECT_THAT(Findings(),
              ElementsAre("the history of identities does not say what the "
                          "history of cases says"));
}

}  // namespace
}  // namespace amparo::cases
