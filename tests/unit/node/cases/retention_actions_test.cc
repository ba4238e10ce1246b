// SPDX-License-Identifier: Apache-2.0
//
// Rules, what they make due, holds, decisions, and the node's own round: what
// is left of a case afterwards, row by row.
#include "node/cases/retention_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "node/base/errors.h"
#include "node/cases/columns.h"
#include "node/cases/foreign/importer.h"
#include "node/cases/foreign/mapping.h"
#include "node/cases/retention_records.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/life_office.h"

namespace amparo::cases {
namespace {

using people::Caller;
using storage::TableId;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Duration kDay = absl::Hours(24);

// Another room that needs a case, or not.
class FakeTie final : public CaseTie {
 public:
  absl::StatusOr<std::optional<std::string>> Needs(const storage::Reader&,
                                                   const Case&) const override {
    return needs;
  }
  absl::Status Erase(storage::Batch&, const storage::Reader&,
                     const Case& file) const override {
    erased.push_back(file.id);
    return absl::OkStatus();
  }
  std::optional<std::string> needs;
  mutable std::vector<CaseId> erased;
};

class RetentionActionsTest : public LifeTest {
 protected:
  RetentionActionsTest() : retention_(cases_.desk(), {&tie_}) {}

  void Rule(const char* category, int days, const char* action,
            bool minors = false) {
    EXPECT_THAT(retention_.SetRule(administrator_,
                                   {Next(), category, minors, days, action}),
                IsOk());
  }

  // A case with something in every table, closed now unless it is to be left
  // open.
  Case Full(const std::string& name, bool close = true) {
    Identity identity = Named(name);
    identity.documents = {{"PASSPORT", "QX" + name, "UKR"}};
    const Case file = Registered(
        anna_,
        {{"gender", "Female"}, {"ageBroad", "21--23"}, {"citizenship", "UA"}},
        identity);
    AmendCaseRequest amend = Amending(file, 1);
    amend.identity_parts = {"family_names_romanised"};
    amend.identity.family_names_romanised = "Petrenko" + name;
    EXPECT_THAT(life_.Amend(anna_, amend), IsOk());
    EXPECT_THAT(Write(anna_, file, Note{"Secret note."}), IsOk());
    EXPECT_THAT(Write(anna_, file, RiskAssessment{"HIGH", "Threats.", true}),
                IsOk());
    EXPECT_THAT(Write(anna_, file, ServiceGiven{"FOOD"}), IsOk());
    AddThirdPersonRequest third;
    third.request = Next();
    third.number = file.number.text();
    third.person.kind = "DEPENDANT";
    third.person.relation = "CHILD";
    third.person.identity = Named("Kind");
    EXPECT_THAT(thirds_.Add(anna_, third), IsOk());
    Consenting(file);
    if (close) Close(file);
    return file;
  }
  void Consenting(const Case& file) {
    consent::ConsentFields fields;
    fields.id = *ConsentId::FromBytes(crypto::RandomBytes(office_.random, 16));
    fields.subject = file.subject;
    fields.purpose = Purpose::kStatistics;
    fields.categories = {DataCategory::kStatisticalCounts};
    fields.language = "uk";
    fields.text_version = "1";
    fields.collector = anna_.person();
    fields.given_at = office_.clock.Now();
    fields.valid_until = office_.clock.Now() + 2000 * kDay;
    const auto questions = consent::AllQuestions();
    fields.answered_yes = {questions.begin(), questions.end()};
    const auto given = consent::Consent::Create(fields);
    ASSERT_THAT(given, IsOk());
    storage::Batch batch;
    const auto key = office_.registry->KeyOf(*office_.store, file.subject);
    ASSERT_THAT(key, IsOk());
    EXPECT_THAT(office_.ledger->InsertImported(
                    batch, *given, *key, anna_.person(), office_.clock.Now()),
                IsOk());
    EXPECT_THAT(office_.store->Commit(batch), IsOk());
  }
  void Close(const Case& file) {
    EXPECT_THAT(life_.ChangeStatus(anna_, {Next(), file.number.text(), "Closed",
                                           "ASSISTANCE_COMPLETED"}),
                IsOk());
  }
  AgedCounts Round() {
    AgedCounts all;
    std::optional<size_t> from;
    do {
      const auto counts = retention_.Step(from);
      EXPECT_THAT(counts, IsOk());
      if (!counts.ok()) break;
      all.Add(*counts);
    } while (from.has_value());
    return all;
  }
  DecideRequest Deciding(const Case& file, DecideRequest::Choice choice) {
    return {Next(), file.number.text(), choice, absl::InfinitePast(),
            "NO_LONGER_NEEDED"};
  }
  absl::Status Hold(const Case& file, bool release = false) {
    return retention_.Hold(supervisor_, {Next(), file.number.text(), release,
                                         "LEGAL_PROCEEDINGS"});
  }
  size_t DataKeys() const {
    return static_cast<size_t>(office_.Rows(TableId::kDataKeys));
  }

  // Nothing of the case in any table, in keys or values, but the two hashes
  // and the mark; lists, search and the number do not find it.
  void ExpectGone(const Case& file) {
    EXPECT_FALSE(office_.AnywhereInStore(file.subject.bytes()));
    int named = 0;
    for (const TableId table : storage::AllTables()) {
      EXPECT_THAT(
          office_.store->Scan(table, {}, {},
                              [&](absl::string_view key,
                                  absl::string_view) -> absl::StatusOr<bool> {
                                if (key.find(file.id.bytes()) !=
                                    absl::string_view::npos) {
                                  EXPECT_EQ(table, TableId::kErasedCases);
                                  ++named;
                                }
                                return true;
                              }),
          IsOk());
    }
    EXPECT_EQ(named, 1);
    const std::string number = file.number.text();
    EXPECT_EQ(ReasonOf(cases_.Show(supervisor_, number).status()),
              Reason::kNotAllowed);
    EXPECT_EQ(ReasonOf(life_.History(supervisor_, number).status()),
              Reason::kNotAllowed);
    EXPECT_EQ(ReasonOf(cases_.ShowIdentity(supervisor_, number).status()),
              Reason::kNotAllowed);
    PersonQuery query;
    query.document = "QXMaria";
    EXPECT_EQ(cases_.Search(supervisor_, query)->total, 0);
  }

  FakeTie tie_;
  const RetentionActions retention_;
};

TEST_F(RetentionActionsTest, OnlyTheAdministratorSetsRulesAndTheLogSaysLonger) {
  SetRuleRequest request{Next(), "NOTE", false, 100, "DELETE"};
  for (const Caller* caller : {&anna_, &supervisor_}) {
    EXPECT_EQ(ReasonOf(retention_.SetRule(*caller, request).status()),
              Reason::kNotAllowed);
  }
  EXPECT_THAT(retention_.SetRule(administrator_, request), IsOkAndHolds(1826));
  EXPECT_THAT(retention_.SetRule(administrator_, request), IsOkAndHolds(1826));
  request = {Next(), "NOTE", false, 200, "DELETE"};
  EXPECT_THAT(retention_.SetRule(administrator_, request), IsOkAndHolds(100));
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
  EXPECT_THAT(said, ElementsAre("RETENTION NOTE DELETE 100 SHORTER ",
                                "RETENTION NOTE DELETE 200 LONGER "));
  const auto rules = retention_.Rules(anna_);
  ASSERT_THAT(rules, IsOk());
  EXPECT_THAT(*rules, SizeIs(5));
  EXPECT_EQ((*rules)[3].days, 200);
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

TEST_F(RetentionActionsTest, P12_PartsGoAtTheirOwnTimeAndTheCaseStays) {
  const Case file = Full("Maria");
  EXPECT_TRUE(Shown(file).file.risk_to_life);
  Rule("NOTE", 10, "DELETE");
  Rule("IDENTITY", 20, "DELETE");
  Rule("THIRD_PERSON", 20, "DELETE");
  office_.clock.Advance(10 * kDay);
  EXPECT_EQ(Round().reduced, 1u);
  EXPECT_EQ(office_.Rows(TableId::kCaseEntries), 1);  // The service.
  EXPECT_FALSE(Shown(file).file.risk_to_life);
  EXPECT_TRUE(Shown(file).file.has_identity);
  EXPECT_THAT(Findings(), IsEmpty());
  EXPECT_EQ(Round().reduced, 0u);
  office_.clock.Advance(10 * kDay);
  EXPECT_EQ(Round().reduced, 1u);
  for (const TableId table : {TableId::kIdentities, TableId::kIdentityHistory,
                              TableId::kThirdPersons, TableId::kBlindWords}) {
    EXPECT_EQ(office_.Rows(table), 0) << storage::TableName(table);
  }
  const ShownCase shown = Shown(file);
  EXPECT_FALSE(shown.file.has_identity);
  EXPECT_EQ(shown.profile.Find("gender"), "Female");
  const auto history = life_.History(anna_, file.number.text());
  ASSERT_THAT(history, IsOk());
  EXPECT_EQ(history->back().kind, ChangeKind::kAged);
  EXPECT_EQ(history->back().reason, "IDENTITY+THIRD_PERSON");
  for (const CaseChange& change : *history) {
    EXPECT_THAT(change.identity_parts, IsEmpty());
  }
  EXPECT_EQ(Round().reduced, 0u);
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
  EXPECT_THAT(retention_.Decide(supervisor_, drop), IsOkAndHolds("ANONYMISED"));
  // The same request again gives the same answer and changes nothing.
  EXPECT_THAT(retention_.Decide(supervisor_, drop), IsOkAndHolds("ANONYMISED"));
  ExpectGone(file);
  EXPECT_EQ(office_.Rows(TableId::kCases), 1);
  EXPECT_EQ(Leaves(audit::EventKind::kErasure), 1);
  EXPECT_THAT(Findings(), IsEmpty());
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
  EXPECT_THAT(retention_.Decide(supervisor_,
                                Deciding(file, DecideRequest::Choice::kDelete)),
              IsOkAndHolds("REDUCED"));
  EXPECT_EQ(office_.Rows(TableId::kCaseEntries), 1);
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

// A power cut at the commit of an erasure leaves the case whole or gone, and
// the next round ends what was begun.
TEST_F(RetentionActionsTest, ACrashInARoundLeavesWholeCases) {
  for (const auto moment :
       {CrashingStore::Moment::kBefore, CrashingStore::Moment::kAfter}) {
    Office office;
    std::vector<CaseId> ids;
    const auto fill = [&] {
      for (int i = 0; i < 3; ++i) {
        const Case file{
            .id = *CaseId::FromBytes(crypto::RandomBytes(office.random, 16)),
            .number = CaseNumber::Generate(office.random),
            .subject =
                *SubjectId::FromBytes(crypto::RandomBytes(office.random, 16)),
            .owner = anna_.person(),
            .registered_at = office.clock.Now(),
            .has_identity = true,
            .status = CaseStatus::kClosed,
            .closed_at = office.clock.Now(),
            .closing_reason = "OTHER"};
        storage::Batch batch;
        EXPECT_THAT(office.registry->Insert(
                        batch, {file, Profile(), Named("Maria"), ""}),
                    IsOk());
        EXPECT_THAT(office.store->Commit(batch), IsOk());
      }
    };
    const auto round = [&](bool set_rule) {
      const people::Requests requests(*office.store, *office.vault,
                                      office.clock);
      const CasesActions cases(office.services(), requests);
      const RetentionActions retention(cases.desk(), {});
      if (set_rule) {
        EXPECT_THAT(retention.SetRule(administrator_, {Next(), "CASE_FILE",
                                                       false, 1, "DELETE"}),
                    IsOk());
        office.clock.Advance(2 * kDay);
        office.store->DieAt(2, moment);
      }
      std::optional<size_t> from;
      (void)retention.Step(from);
    };
    fill();
    round(true);
    office.Open();
    storage::Findings findings;
    storage::Inspection inspection(*office.store, *office.vault, findings);
    EXPECT_THAT(CheckCases(inspection), IsOk());
    EXPECT_TRUE(findings.empty());
    const int left = moment == CrashingStore::Moment::kBefore ? 2 : 1;
    for (const TableId table :
         {TableId::kCases, TableId::kProfiles, TableId::kIdentities}) {
      EXPECT_EQ(office.Rows(table), left);
    }
    EXPECT_EQ(office.Rows(TableId::kErasedCases), 3 - left);
    round(false);
    EXPECT_EQ(office.Rows(TableId::kCases), 0);
    EXPECT_EQ(office.Rows(TableId::kBlindWords), 0);
    EXPECT_EQ(office.Rows(TableId::kErasedCases), 3);
  }
}

TEST_F(RetentionActionsTest, TheSameImportDoesNotBringADeletedPersonBack) {
  const std::string mapping =
      R"({"form": "amparo.mapping.v1", "source": "shelter",
          "source_key": {"column": "no"},
          "columns": {"no": {"ignore": true},
                      "sex": {"variable": "gender"}}})";
  const std::string csv = "no,sex\n1,Female\n2,Male\n";
  const auto import = [&] {
    auto parsed = Mapping::Parse(vocabulary::Lists::BuiltIn(), mapping);
    EXPECT_THAT(parsed, IsOk());
    ImportOptions options;
    options.importer = anna_.person();
    options.team = "north";
    Importer importer(office_.services(), *std::move(parsed), options);
    EXPECT_THAT(importer.Feed(csv), IsOk());
    return *importer.Finish();
  };
  EXPECT_EQ(import().accepted, 2);
  const Case file = cases_.List(anna_, {})->cases.front();
  Close(file);
  Rule("CASE_FILE", 1, "DELETE");
  office_.clock.Advance(kDay);
  ASSERT_EQ(Round().deleted, 1u);
  const ImportReport again = import();
  EXPECT_EQ(again.accepted, 0);
  EXPECT_EQ(again.skipped, 2);
  EXPECT_EQ(cases_.List(anna_, {})->total, 1);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(RetentionActionsTest,
       FsckTellsOfAnErasedCaseThatIsThereAndOfALostNumber) {
  const Case file = Full("Maria");
  storage::Batch batch;
  EXPECT_THAT(
      storage::Table<ErasedCaseCodec>(*office_.vault)
          .Put(batch, file.id, {office_.clock.Now(), RetentionAction::kDelete}),
      IsOk());
  EXPECT_THAT(storage::Table<ErasedCaseCodec>(*office_.vault)
                  .Put(batch, *CaseId::FromBytes(std::string(16, 'z')),
                       {office_.clock.Now(), RetentionAction::kDelete}),
              IsOk());
  EXPECT_THAT(storage::Table<CaseRetentionCodec>(*office_.vault)
                  .Put(batch, *CaseId::FromBytes(std::string(16, 'y')), {}),
              IsOk());
  EXPECT_THAT(office_.store->Commit(batch), IsOk());
  EXPECT_THAT(Findings(),
              testing::IsSupersetOf(
                  {"a case that was erased is there again",
                   "the number of an erased case could be used again",
                   "a hold or decision is of a case that is not there, or "
                   "under another key"}));
}

}  // namespace
}  // namespace amparo::cases
