// SPDX-License-Identifier: Apache-2.0
//
// Rules, what they make due, holds, decisions, and the node's own round: what
// is left of a case afterwards, row by row.
#include "node/cases/retention_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "node/base/errors.h"
#include "node/cases/columns.h"
#include "node/cases/foreign/importer.h"
#include "node/cases/foreign/mapping.h"
#include "node/cases/retention_records.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/retention_office.h"

namespace amparo::cases {
namespace {

using people::Caller;
using storage::TableId;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(RetentionActionsTest, ARuleThatTakesMoreNeedsTwoPersons) {
  const auto set = [&](const Caller& person, int days, const char* action) {
    const auto outcome =
        retention_.SetRule(person, {Next(), "CASE_FILE", false, days, action});
    EXPECT_THAT(outcome, IsOk());
    return outcome.ok() && !outcome->proposed;
  };
  const Case file = Full("Maria");
  // Alone, however often, and from whom with the rule of another.
  EXPECT_FALSE(set(administrator_, 1, "DELETE"));
  EXPECT_FALSE(set(administrator_, 1, "DELETE"));
  EXPECT_FALSE(set(officer_, 2, "DELETE"));
  EXPECT_FALSE(set(administrator_, 1, "ANONYMISE"));
  office_.clock.Advance(4000 * kDay);
  EXPECT_EQ(Round().deleted + Round().anonymised, 0u);
  EXPECT_THAT(retention_.Rules(anna_)->proposed, SizeIs(1));
  EXPECT_THAT(Findings(), IsEmpty());
  // What takes nothing by itself needs one, and ends what was proposed.
  EXPECT_TRUE(set(officer_, 1, "ASK"));
  EXPECT_THAT(retention_.Rules(anna_)->proposed, IsEmpty());
  EXPECT_FALSE(set(administrator_, 10, "ANONYMISE"));
  EXPECT_TRUE(set(officer_, 10, "ANONYMISE"));
  EXPECT_TRUE(set(officer_, 20, "ANONYMISE"));
  EXPECT_FALSE(set(officer_, 30, "DELETE"));
  EXPECT_EQ(Round().anonymised, 1u);
  ExpectGone(file);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(RetentionActionsTest, ToEraseACaseTwoPersonsDecideTheSame) {
  const Case file = Full("Maria");
  Rule("CASE_FILE", 1, "ASK");
  office_.clock.Advance(kDay);
  const auto decide = [&](const Caller& person, DecideRequest::Choice choice) {
    DecideRequest request = Deciding(file, choice);
    if (choice == DecideRequest::Choice::kKeep) {
      request.keep_until = office_.clock.Now() + kDay;
    }
    return retention_.Decide(person, request).value_or("refused");
  };
  using Choice = DecideRequest::Choice;
  EXPECT_EQ(decide(supervisor_, Choice::kDelete), "PROPOSED");
  EXPECT_EQ(retention_.ListDue(officer_, 0, "")->cases.front().proposed,
            RetentionAction::kDelete);
  EXPECT_EQ(decide(supervisor_, Choice::kDelete), "PROPOSED");
  EXPECT_EQ(decide(officer_, Choice::kAnonymise), "PROPOSED");
  EXPECT_EQ(decide(supervisor_, Choice::kKeep), "KEPT");
  office_.clock.Advance(kDay);
  // To keep it ended what was proposed.
  EXPECT_EQ(decide(supervisor_, Choice::kAnonymise), "PROPOSED");
  EXPECT_THAT(cases_.Show(anna_, file.number.text()), IsOk());
  EXPECT_THAT(Findings(), IsEmpty());
  EXPECT_EQ(decide(officer_, Choice::kAnonymise), "ANONYMISED");
  ExpectGone(file);
}

TEST_F(RetentionActionsTest, OnlyTwoRolesSetRulesAndTheLogSaysLonger) {
  SetRuleRequest request{Next(), "NOTE", false, 100, "DELETE"};
  for (const Caller* caller : {&anna_, &supervisor_}) {
    EXPECT_EQ(ReasonOf(retention_.SetRule(*caller, request).status()),
              Reason::kNotAllowed);
  }
  EXPECT_EQ(retention_.SetRule(administrator_, request)->days_before, 1826);
  EXPECT_EQ(retention_.SetRule(administrator_, request)->days_before, 1826);
  request.request = Next();
  EXPECT_EQ(retention_.SetRule(officer_, request)->days_before, 1826);
  request = {Next(), "NOTE", false, 200, "DELETE"};
  EXPECT_EQ(retention_.SetRule(administrator_, request)->days_before, 100);
  request = {Next(), "NOTE", false, 0, "DELETE"};
  EXPECT_EQ(FieldOf(retention_.SetRule(administrator_, request).status()),
            "days");
  const auto page = office_.log->ReadEvents(0, 500);
  ASSERT_THAT(page, IsOk());
  std::vector<std::string> said;
  for (const auto& logged : page->events) {
    if (logged.kind != audit::EventKind::kPolicyChange) continue;
    std::string line;
    for (const auto& [name, value] : logged.event->about) line += value + " ";
    said.push_back(line);
  }
  EXPECT_THAT(said, ElementsAre("RETENTION NOTE DELETE 100 PROPOSED ",
                                "RETENTION NOTE DELETE 100 SHORTER ",
                                "RETENTION NOTE DELETE 200 LONGER "));
  const auto rules = retention_.Rules(anna_);
  ASSERT_THAT(rules, IsOk());
  EXPECT_THAT(rules->rules, SizeIs(5));
  EXPECT_EQ(rules->rules[3].days, 200);
  EXPECT_THAT(rules->proposed, IsEmpty());
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(RetentionActionsTest, P12_ADeletedCaseIsGoneFromEveryTable) {
  const size_t keys = DataKeys();
  const Case file = Full("Maria");
  const Case other = Registered(anna_, {{"gender", "Male"}}, Named("Olena"));
  EXPECT_EQ(DataKeys(), keys + 3);
  Rule("CASE_FILE", 30, "DELETE");
  office_.clock.Advance(30 * kDay - absl::Hours(1));
  EXPECT_EQ(Round().deleted, 0u);
  EXPECT_EQ(Shown(file).file.id, file.id);
  office_.clock.Advance(absl::Hours(1));
  EXPECT_EQ(Round().deleted, 1u);
  ExpectGone(file);
  EXPECT_EQ(DataKeys(), keys + 1);  // The other case's.
  EXPECT_THAT(tie_.erased, ElementsAre(file.id));
  EXPECT_EQ(office_.Rows(TableId::kConsents), 0);
  EXPECT_EQ(office_.Rows(TableId::kConsentsBySubject), 0);
  EXPECT_EQ(office_.Rows(TableId::kAttachmentPieces), 0);
  EXPECT_EQ(cases_.List(anna_, {})->total, 1);
  EXPECT_EQ(Leaves(audit::EventKind::kErasure), 1);
  EXPECT_THAT(Findings(), IsEmpty());
  // Again: nothing more happens.
  const AgedCounts again = Round();
  EXPECT_EQ(again.looked_at + again.deleted, 0u);
  EXPECT_THAT(cases_.Show(anna_, other.number.text()), IsOk());
  // A number that was used stays used.
  NewCase reused{other, Profile(), std::nullopt, ""};
  reused.file.number = file.number;
  reused.file.id = *CaseId::FromBytes(std::string(16, 'r'));
  reused.file.subject = *SubjectId::FromBytes(std::string(16, 'r'));
  storage::Batch batch;
  ASSERT_THAT(office_.registry->Insert(batch, reused), IsOk());
  EXPECT_EQ(ReasonOf(office_.store->Commit(batch).status()),
            Reason::kVersionConflict);
}

TEST_F(RetentionActionsTest, ColumnsReadAfterARestartDoNotKnowADeletedCase) {
  const Case file = Full("Maria");
  Rule("CASE_FILE", 1, "DELETE");
  office_.clock.Advance(kDay);
  ASSERT_EQ(Round().deleted, 1u);
  Columns anew;
  ASSERT_THAT(anew.Load(*office_.store, *office_.vault), IsOk());
  EXPECT_EQ(anew.size(), 0u);
}

TEST_F(RetentionActionsTest, P12_AnAnonymousCaseCountsAsBeforeAndLeadsNowhere) {
  const Case file = Full("Maria");
  Rule("CASE_FILE", 30, "ANONYMISE");
  office_.clock.Advance(30 * kDay);
  EXPECT_EQ(Round().anonymised, 1u);
  ExpectGone(file);
  for (const TableId table :
       {TableId::kIdentities, TableId::kIdentityHistory, TableId::kCaseHistory,
        TableId::kCaseEntries, TableId::kThirdPersons, TableId::kBlindWords,
        TableId::kCaseRetention}) {
    EXPECT_EQ(office_.Rows(table), 0) << storage::TableName(table);
  }
  const auto list = cases_.List(anna_, {});
  ASSERT_THAT(list, IsOk());
  ASSERT_THAT(list->cases, SizeIs(1));
  const Case& left = list->cases.front();
  EXPECT_TRUE(left.anonymised);
  EXPECT_NE(left.number, file.number);
  EXPECT_FALSE(left.id == file.id || left.subject == file.subject);
  EXPECT_EQ(left.year, file.year);
  EXPECT_EQ(left.registered_at, StartOfQuarter(file.registered_at));
  // It is counted: its profile, and a consent for statistics.
  int counted = 0;
  EXPECT_THAT(office_.registry->ScanProfiles(
                  *office_.store,
                  [&](const SubjectId& subject,
                      const Profile& profile) -> absl::StatusOr<bool> {
                    EXPECT_EQ(subject, left.subject);
                    EXPECT_EQ(profile.Find("gender"), "Female");
                    EXPECT_EQ(profile.Find("citizenship"), "UKR");
                    ++counted;
                    return true;
                  }),
              IsOk());
  EXPECT_EQ(counted, 1);
  const auto consents =
      office_.ledger->ListBySubject(*office_.store, left.subject);
  ASSERT_THAT(consents, IsOk());
  ASSERT_THAT(*consents, SizeIs(1));
  EXPECT_EQ(consents->front().purpose(), Purpose::kStatistics);
  EXPECT_EQ(consents->front().fields().language, "und");
  // Nothing of it ever changes, and it is never due.
  EXPECT_EQ(StateOf(life_
                        .ChangeStatus(anna_, {Next(), left.number.text(),
                                              "Active", "came back"})
                        .status()),
            "Anonymised");
  EXPECT_EQ(StateOf(Write(anna_, left, Note{"It was Maria."}).status()),
            "Anonymised");
  office_.clock.Advance(4000 * kDay);
  EXPECT_EQ(Round().looked_at, 0u);
  EXPECT_EQ(Leaves(audit::EventKind::kErasure), 1);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(RetentionActionsTest, WhatOthersStillNeedIsKeptAndTheListSaysForWhat) {
  const Case file = Full("Maria");
  Rule("CASE_FILE", 1, "DELETE");
  office_.clock.Advance(kDay);
  tie_.needs = "OPEN_REFERRAL";
  EXPECT_EQ(Round().kept, 1u);
  const auto due = retention_.ListDue(supervisor_, 0, "");
  ASSERT_THAT(due, IsOk());
  ASSERT_THAT(due->cases, SizeIs(1));
  EXPECT_EQ(due->cases.front().kept_by, "OPEN_REFERRAL");
  EXPECT_EQ(due->cases.front().due.front().action, RetentionAction::kDelete);
  EXPECT_EQ(StateOf(retention_
                        .Decide(supervisor_,
                                Deciding(file, DecideRequest::Choice::kDelete))
                        .status()),
            "OPEN_REFERRAL");
  EXPECT_THAT(cases_.Show(anna_, file.number.text()), IsOk());
  tie_.needs.reset();
  EXPECT_EQ(Round().deleted, 1u);
}

TEST_F(RetentionActionsTest, NothingOfAHeldCaseIsDeletedUntilItIsReleased) {
  const Case file = Full("Maria");
  Rule("CASE_FILE", 1, "DELETE");
  Rule("NOTE", 1, "DELETE");
  EXPECT_EQ(ReasonOf(retention_.Hold(
                anna_, {Next(), file.number.text(), false, "COMPLAINT"})),
            Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(retention_.Hold(
                supervisor_, {Next(), file.number.text(), false, "a court"})),
            Reason::kCodeUnknown);
  EXPECT_EQ(StateOf(Hold(file, true)), "Released");
  ASSERT_THAT(Hold(file), IsOk());
  EXPECT_EQ(StateOf(Hold(file)), "Held");
  office_.clock.Advance(kDay);
  EXPECT_EQ(Round().kept, 1u);
  EXPECT_EQ(retention_.ListDue(supervisor_, 0, "")->cases.front().kept_by,
            "LEGAL_HOLD");
  EXPECT_EQ(StateOf(retention_
                        .Decide(supervisor_,
                                Deciding(file, DecideRequest::Choice::kDelete))
                        .status()),
            "LEGAL_HOLD");
  EXPECT_THAT(Findings(), IsEmpty());
  ASSERT_THAT(Hold(file, true), IsOk());
  EXPECT_EQ(Leaves(audit::EventKind::kLegalHold), 2);
  EXPECT_EQ(Round().deleted, 1u);
  ExpectGone(file);
}

TEST_F(RetentionActionsTest, AHoldIsReleasedByWhoPlacedItOrTheWholeOffice) {
  const Case file = Full("Maria");
  const auto set = [&](const people::Caller& by, bool release) {
    return retention_.Hold(
        by, {Next(), file.number.text(), release,
             release ? "NO_LONGER_NEEDED" : "LEGAL_PROCEEDINGS"});
  };
  ASSERT_THAT(set(officer_, false), IsOk());
  EXPECT_EQ(ReasonOf(set(supervisor_, true)), Reason::kNotAllowed);
  EXPECT_EQ(StateOf(set(officer_, false)), "Held");
  ASSERT_THAT(set(officer_, true), IsOk());
  ASSERT_THAT(set(supervisor_, false), IsOk());
  ASSERT_THAT(set(officer_, true), IsOk());
  ASSERT_THAT(set(supervisor_, false), IsOk());
  ASSERT_THAT(set(supervisor_, true), IsOk());
}

TEST_F(RetentionActionsTest, NobodyDestroysAnythingOfAHeldCaseByHand) {
  const Case file = Full("Maria", /*close=*/false);
  const EntryId attached = Attach(file);
  const auto persons = thirds_.List(anna_, file.number.text());
  ASSERT_THAT(persons, IsOk());
  ASSERT_THAT(*persons, SizeIs(1));
  const auto retract = [&] {
    return entries_.Retract(
        anna_, {Next(), file.number.text(), attached, "wrong file"});
  };
  const auto remove = [&] {
    return thirds_.Remove(anna_,
                          {Next(), file.number.text(), persons->front().id});
  };
  ASSERT_THAT(Hold(file), IsOk());
  EXPECT_EQ(StateOf(retract()), "Held");
  EXPECT_EQ(StateOf(remove()), "Held");
  EXPECT_EQ(office_.Rows(TableId::kAttachmentPieces), 4);
  EXPECT_EQ(office_.Rows(TableId::kThirdPersons), 1);
  ASSERT_THAT(Hold(file, true), IsOk());
  EXPECT_THAT(retract(), IsOk());
  EXPECT_THAT(remove(), IsOk());
  EXPECT_EQ(office_.Rows(TableId::kAttachmentPieces), 2);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(RetentionActionsTest, AHoldOfAMergedCaseHoldsTheOther) {
  const Case into = Full("Maria", /*close=*/false);
  const Case merged = Registered(anna_, {{"gender", "Female"}});
  ASSERT_THAT(Hold(merged), IsOk());
  const auto done = merges_.Merge(anna_, Merging(into, merged));
  ASSERT_THAT(done, IsOk());
  ASSERT_TRUE(done->done);
  Close(into);
  Rule("CASE_FILE", 1, "DELETE");
  office_.clock.Advance(kDay);
  EXPECT_EQ(Round().kept, 1u);
  ASSERT_THAT(Hold(merged, true), IsOk());
  EXPECT_EQ(Round().deleted, 1u);
  ExpectGone(into);
  ExpectGone(merged);
  EXPECT_EQ(office_.Rows(TableId::kCases), 0);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(RetentionActionsTest, AFormerMergeKeepsNothingOfTheOtherPerson) {
  const Case into = Full("Maria", /*close=*/false);
  Identity other;
  other.primary_language = "ron";
  const Case merged = Registered(
      anna_, {{"gender", "Female"}, {"maritalStatus", "Single"}}, other);
  EXPECT_EQ(office_.Rows(TableId::kIdentityHistory), 1);
  ASSERT_TRUE(merges_.Merge(anna_, Merging(into, merged))->done);
  ASSERT_THAT(
      merges_.Unmerge(anna_, {Next(), merged.number.text(), "two sisters"}),
      IsOk());
  EXPECT_EQ(office_.Rows(TableId::kIdentityHistory), 3);
  Close(merged);
  Rule("CASE_FILE", 1, "DELETE");
  office_.clock.Advance(kDay);
  ASSERT_EQ(Round().deleted, 1u);
  // Of the case that stays: its own amendment, and that there was a merge.
  EXPECT_EQ(office_.Rows(TableId::kIdentityHistory), 1);
  const auto history = life_.History(anna_, into.number.text());
  ASSERT_THAT(history, IsOk());
  int of_merge = 0;
  for (const CaseChange& change : *history) {
    if (change.other_case != merged.id) continue;
    ++of_merge;
    EXPECT_THAT(change.identity_parts, IsEmpty());
    EXPECT_THAT(change.profile, IsEmpty());
  }
  EXPECT_EQ(of_merge, 2);
  EXPECT_EQ(history->front().identity_parts.size(), 1u);
  EXPECT_THAT(cases_.ShowIdentity(anna_, into.number.text()), IsOk());
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(RetentionActionsTest, ACaseToAskAboutWaitsForADecision) {
  const Case file = Full("Maria");
  Rule("CASE_FILE", 1, "ASK");
  EXPECT_EQ(StateOf(retention_
                        .Decide(supervisor_,
                                Deciding(file, DecideRequest::Choice::kDelete))
                        .status()),
            "NotDue");
  office_.clock.Advance(kDay);
  const AgedCounts asked = Round();
  EXPECT_EQ(asked.looked_at, 1u);
  EXPECT_EQ(asked.deleted + asked.anonymised + asked.reduced, 0u);
  EXPECT_THAT(retention_.ListDue(supervisor_, 0, "")->cases, SizeIs(1));
  const Caller elsewhere = Person('t', people::Role::kSupervisor, "south");
  EXPECT_THAT(retention_.ListDue(elsewhere, 0, "")->cases, IsEmpty());
  EXPECT_EQ(ReasonOf(retention_.ListDue(anna_, 0, "").status()),
            Reason::kNotAllowed);
  // Kept for a year.
  DecideRequest keep = Deciding(file, DecideRequest::Choice::kKeep);
  EXPECT_EQ(FieldOf(retention_.Decide(supervisor_, keep).status()),
            "keep_until");
  keep.keep_until = office_.clock.Now() + 365 * kDay;
  EXPECT_EQ(ReasonOf(retention_.Decide(elsewhere, keep).status()),
            Reason::kNotAllowed);
  EXPECT_THAT(retention_.Decide(supervisor_, keep), IsOkAndHolds("KEPT"));
  EXPECT_THAT(retention_.ListDue(supervisor_, 0, "")->cases, IsEmpty());
  EXPECT_THAT(Findings(), IsEmpty());
  office_.clock.Advance(365 * kDay);
  const DecideRequest drop = Deciding(file, DecideRequest::Choice::kAnonymise);
  EXPECT_THAT(retention_.Decide(supervisor_, drop), IsOkAndHolds("PROPOSED"));
  const DecideRequest second =
      Deciding(file, DecideRequest::Choice::kAnonymise);
  EXPECT_THAT(retention_.Decide(officer_, second), IsOkAndHolds("ANONYMISED"));
  // The same request again gives the same answer and changes nothing.
  EXPECT_THAT(retention_.Decide(officer_, second), IsOkAndHolds("ANONYMISED"));
  ExpectGone(file);
  EXPECT_EQ(office_.Rows(TableId::kCases), 1);
  EXPECT_EQ(Leaves(audit::EventKind::kErasure), 1);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(RetentionActionsTest, WhatIsKeptIsNotKeptShorterByOnePerson) {
  const Case file = Full("Maria");
  Rule("CASE_FILE", 1, "DELETE");
  DecideRequest keep = Deciding(file, DecideRequest::Choice::kKeep);
  keep.keep_until = office_.clock.Now() + 365 * kDay;
  ASSERT_THAT(retention_.Decide(officer_, keep), IsOkAndHolds("KEPT"));
  DecideRequest sooner = Deciding(file, DecideRequest::Choice::kKeep);
  sooner.keep_until = keep.keep_until - kDay;
  EXPECT_EQ(FieldOf(retention_.Decide(supervisor_, sooner).status()),
            "keep_until");
  EXPECT_EQ(FieldOf(retention_.Decide(officer_, sooner).status()),
            "keep_until");
  office_.clock.Advance(364 * kDay);
  EXPECT_EQ(Round().deleted, 0u);
  DecideRequest longer = Deciding(file, DecideRequest::Choice::kKeep);
  longer.keep_until = keep.keep_until + kDay;
  EXPECT_THAT(retention_.Decide(supervisor_, longer), IsOkAndHolds("KEPT"));
  office_.clock.Advance(2 * kDay);
  EXPECT_EQ(Round().deleted, 1u);
}

TEST_F(RetentionActionsTest, DecidingOnPartsThatAreDueLeavesTheRest) {
  const Case file = Full("Maria");
  Rule("NOTE", 1, "ASK");
  office_.clock.Advance(kDay);
  EXPECT_EQ(
      StateOf(retention_
                  .Decide(supervisor_,
                          Deciding(file, DecideRequest::Choice::kAnonymise))
                  .status()),
      "NotDue");
  EXPECT_EQ(BothDecide(file, DecideRequest::Choice::kDelete), "REDUCED");
  EXPECT_EQ(office_.Rows(TableId::kCaseEntries), 2);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(RetentionActionsTest, AReopenedCaseIsNotDue) {
  const Case file = Full("Maria");
  Rule("CASE_FILE", 1, "DELETE");
  office_.clock.Advance(2 * kDay);
  ASSERT_THAT(life_.ChangeStatus(
                  anna_, {Next(), file.number.text(), "Active", "came back"}),
              IsOk());
  EXPECT_EQ(Round().looked_at, 0u);
  Close(file);
  EXPECT_EQ(Round().deleted, 0u);
  office_.clock.Advance(kDay);
  EXPECT_EQ(Round().deleted, 1u);
}

}  // namespace
}  // namespace amparo::cases
