// SPDX-License-Identifier: Apache-2.0
//
// The verbs on a case over its life: amend, assign, status, entries, third
// persons.
#include "node/cases/life_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "node/base/errors.h"
#include "node/cases/entries_actions.h"
#include "node/cases/entries_records.h"
#include "node/cases/third_person_actions.h"
#include "node/consent/consent_actions.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/life_office.h"

namespace amparo::cases {
namespace {

using people::Caller;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST_F(LifeTest, P21_AnAmendmentIsInTheHistoryWithWhoWhenAndWhatStoodBefore) {
  const Case file = Registered(anna_, {{"gender", "Male"}}, Named("Anna"));
  AmendCaseRequest request = Amending(file, 1);
  request.set = {{"gender", "Female"}, {"citizenship", "UA"}};
  request.identity_parts = {"born"};
  request.identity.born = {2012, 0, 0};
  const auto amended = life_.Amend(boris_, request);
  ASSERT_THAT(amended, IsOk());
  EXPECT_EQ(amended->version, 2u);
  EXPECT_TRUE(amended->treated_as_minor);
  EXPECT_EQ(Shown(file).profile.Find("gender"), "Female");
  const auto history = life_.History(anna_, request.number);
  ASSERT_THAT(history, IsOk());
  ASSERT_THAT(*history, SizeIs(1));
  EXPECT_EQ(history->front().by, boris_.person());
  EXPECT_EQ(history->front().source, "passport");
  ASSERT_THAT(history->front().profile, SizeIs(2));
  EXPECT_THAT(history->front().profile[1].before, ElementsAre("Male"));
  EXPECT_THAT(history->front().identity_parts, ElementsAre("born"));
  const auto names = life_.IdentityHistory(anna_, request.number);
  ASSERT_THAT(names, IsOk());
  ASSERT_THAT(*names, SizeIs(1));
  EXPECT_EQ(names->front().second.after->given_names_romanised, "Anna");
  EXPECT_EQ(Leaves(audit::EventKind::kCaseViewed), 1);
  EXPECT_EQ(Leaves(audit::EventKind::kCaseAmended), 1);
  // The same request again changes nothing.
  EXPECT_THAT(life_.Amend(boris_, request), IsOk());
  EXPECT_EQ(Shown(file).file.version, 2u);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(LifeTest, AnAmendmentThatCannotBeIsRefusedAndChangesNothing) {
  const Case file = Registered(anna_, {{"gender", "Male"}});
  struct Bad {
    const char* field;
    void (*spoil)(AmendCaseRequest&);
  };
  const Bad table[] = {
      {"set", [](AmendCaseRequest&) {}},
      {"set",
       [](AmendCaseRequest& r) {
         r.set = {{"gender", "Male"}};
       }},
      {"source", [](AmendCaseRequest& r) { r.source = ""; }},
      {"remove",
       [](AmendCaseRequest& r) { r.remove = {"yearOfRegistration"}; }},
      {"remove",
       [](AmendCaseRequest& r) {
         r.set = {{"gender", "Female"}};
         r.remove = {"gender"};
       }},
      {"yearOfRegistration",
       [](AmendCaseRequest& r) {
         r.set = {{"yearOfRegistration", "2026"}};
       }},
      {"identity_parts",
       [](AmendCaseRequest& r) { r.identity_parts = {"shoe_size"}; }},
      {"photo",
       [](AmendCaseRequest& r) {
         r.identity_parts = {"photo_entry_id"};
         r.identity.photo = *EntryId::FromBytes(std::string(16, 'p'));
       }},
  };
  for (const Bad& bad : table) {
    AmendCaseRequest request = Amending(file, 1);
    bad.spoil(request);
    EXPECT_EQ(FieldOf(life_.Amend(anna_, request).status()), bad.field);
  }
  AmendCaseRequest stale = Amending(file, 2);
  stale.set = {{"gender", "Female"}};
  EXPECT_EQ(ReasonOf(life_.Amend(anna_, stale).status()),
            Reason::kVersionConflict);
  EXPECT_EQ(ReasonOf(life_.Amend(clara_, stale).status()), Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(life_.Amend(administrator_, stale).status()),
            Reason::kNotAllowed);
  EXPECT_EQ(Shown(file).file.version, 1u);
}

TEST_F(LifeTest, WhatADecisionSaysIsNotAmendedWhileItStands) {
  const Case file = Registered(anna_, {{"gender", "Male"}});
  const auto decision =
      Write(anna_, file, StatusDecision{"ActualVictimOfTrafficking", "Police"});
  ASSERT_THAT(decision, IsOk());
  AmendCaseRequest request = Amending(file, 2);
  request.set = {{"traffickingStatus", "NotAVictimOfTrafficking"}};
  EXPECT_EQ(FieldOf(life_.Amend(anna_, request).status()), "traffickingStatus");
  ASSERT_THAT(entries_.Retract(anna_, {Next(), file.number.text(), *decision,
                                       "of another person"}),
              IsOk());
  request = Amending(file, 3);
  request.set = {{"traffickingStatus", "NotAVictimOfTrafficking"}};
  EXPECT_THAT(life_.Amend(anna_, request), IsOk());
  // A note that follows leaves it alone.
  EXPECT_THAT(Write(anna_, file, Note{"Spoke."}), IsOk());
  EXPECT_EQ(Shown(file).profile.Find("traffickingStatus"),
            "NotAVictimOfTrafficking");
}

TEST_F(LifeTest, AnAssignedCaseGoesToThePersonAndTheirTeam) {
  const Case file = Registered(anna_, {});
  const std::string number = file.number.text();
  const auto to = [&](const char* person) {
    return AssignCaseRequest{Next(), number, person, "leaving"};
  };
  // A colleague of the team does not give it away, the supervisor may.
  EXPECT_EQ(ReasonOf(life_.Assign(boris_, to("clara")).status()),
            Reason::kNotAllowed);
  for (const char* nobody : {"nobody", "dora", ""}) {
    EXPECT_EQ(FieldOf(life_.Assign(anna_, to(nobody)).status()), "person");
  }
  EXPECT_EQ(FieldOf(life_.Assign(anna_, to("anna")).status()), "person");
  EXPECT_THAT(life_.Assign(supervisor_, to("boris")), IsOkAndHolds("north"));
  EXPECT_THAT(life_.Assign(boris_, to("clara")), IsOkAndHolds("south"));
  EXPECT_EQ(ReasonOf(cases_.Show(anna_, number).status()), Reason::kNotAllowed);
  EXPECT_THAT(cases_.Show(clara_, number), IsOk());
  EXPECT_EQ(cases_.List(anna_, {})->cases.size(), 0u);
  EXPECT_EQ(cases_.List(clara_, {})->cases.size(), 1u);
  EXPECT_EQ(Leaves(audit::EventKind::kCaseAssigned), 2);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(LifeTest, AClosedCaseBeginsNothingNewUntilItIsReopened) {
  const Case file = Registered(anna_, {});
  const std::string number = file.number.text();
  const auto change = [&](const char* status, const char* reason) {
    return life_.ChangeStatus(anna_, {Next(), number, status, reason}).status();
  };
  EXPECT_EQ(FieldOf(change("Sleeping", "x")), "status");
  EXPECT_EQ(ReasonOf(change("Closed", "tired")), Reason::kCodeUnknown);
  EXPECT_EQ(StateOf(change("Active", "x")), "Active");
  ASSERT_THAT(change("Closed", "CONTACT_LOST"), IsOk());
  EXPECT_EQ(Shown(file).file.closing_reason, "CONTACT_LOST");
  EXPECT_TRUE(Shown(file).file.closed_at.has_value());
  storage::Batch batch;
  EXPECT_EQ(StateOf(cases_.BeginWork(batch, file.subject)), "Closed");
  EXPECT_EQ(StateOf(Write(anna_, file, ServiceGiven{"FOOD"}).status()),
            "Closed");
  EXPECT_THAT(Write(anna_, file, Note{"Wrote."}), IsOk());
  EXPECT_EQ(FieldOf(change("Active", "")), "reason");
  ASSERT_THAT(change("Active", "came back"), IsOk());
  EXPECT_FALSE(Shown(file).file.closed_at.has_value());
  EXPECT_THAT(Write(anna_, file, ServiceGiven{"FOOD"}), IsOk());
  EXPECT_EQ(Leaves(audit::EventKind::kCaseStatusChanged), 2);
  EXPECT_THAT(Findings(), IsEmpty());
}

// Closes the case at the moment in which a consent has been let in and is not
// committed yet.
class ClosesMeanwhile final : public consent::SubjectDirectory {
 public:
  ClosesMeanwhile(const CasesActions& cases, std::function<void()> close)
      : cases_(cases), close_(std::move(close)) {}
  absl::StatusOr<consent::SubjectFacts> Find(
      const Caller& caller, people::Permission needed,
      absl::string_view number) const override {
    return cases_.Find(caller, needed, number);
  }
  absl::StatusOr<consent::SubjectFacts> FindSubject(
      const Caller& caller, people::Permission needed,
      const SubjectId& subject) const override {
    return cases_.FindSubject(caller, needed, subject);
  }
  absl::Status BeginWork(storage::Batch& batch,
                         const SubjectId& subject) const override {
    const absl::Status begun = cases_.BeginWork(batch, subject);
    if (close_) std::exchange(close_, nullptr)();
    return begun;
  }

 private:
  const CasesActions& cases_;
  mutable std::function<void()> close_;
};

TEST_F(LifeTest, AConsentGivenWhileTheCaseClosesIsRefused) {
  const Case file = Registered(anna_, {});
  const std::string number = file.number.text();
  const ClosesMeanwhile directory(cases_, [&] {
    EXPECT_THAT(
        life_.ChangeStatus(anna_, {Next(), number, "Closed", "CONTACT_LOST"}),
        IsOk());
  });
  consent::Leases leases;
  consent::ConsentActions consents(
      consent::Ground{*office_.store, *office_.vault, *office_.log,
                      office_.clock, office_.random,
                      vocabulary::Lists::BuiltIn()},
      directory, leases, {});
  consent::GiveRequest request;
  request.request = Next();
  request.case_number = number;
  request.categories = {DataCategory::kCodedProfile};
  request.language = "uk";
  request.text_version = "1";
  request.valid_until = office_.clock.Now() + absl::Hours(24);
  const auto questions = consent::AllQuestions();
  request.answered_yes = {questions.begin(), questions.end()};
  const auto refused = consents.Give(anna_, request);
  EXPECT_EQ(StateOf(refused.status()), "Closed");
  EXPECT_EQ(office_.Rows(storage::TableId::kConsents), 0);
  EXPECT_EQ(Leaves(audit::EventKind::kConsentGiven), 0);
  ASSERT_THAT(life_.ChangeStatus(anna_, {Next(), number, "Active", "back"}),
              IsOk());
  EXPECT_THAT(consents.Give(anna_, request), IsOk());
}

TEST_F(LifeTest, EntriesAreWrittenOnceHoweverOftenTheyAreAskedFor) {
  const Case file = Registered(anna_, {});
  const AddEntryRequest request{
      Next(), file.number.text(), {{}, "police", Note{"Called."}}};
  const auto first = entries_.Add(anna_, request);
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(entries_.Add(anna_, request), IsOkAndHolds(*first));
  EXPECT_EQ(office_.Rows(storage::TableId::kCaseEntries), 1);
  EXPECT_EQ(Leaves(audit::EventKind::kCaseEntry), 1);
  EXPECT_EQ(ReasonOf(entries_.Add(clara_, request).status()),
            Reason::kNotAllowed);
  EXPECT_EQ(FieldOf(Write(anna_, file,
                          Attachment{"OTHER", "a", "text/plain", 1,
                                     std::string(32, 'd')})
                        .status()),
            "wording");
  EXPECT_THAT(entries_.Amend(anna_, {Next(),
                                     file.number.text(),
                                     *first,
                                     1,
                                     {{}, "", Note{"Rang."}},
                                     "word"}),
              IsOkAndHolds(2u));
  EXPECT_FALSE(office_.AnywhereInStore("Rang."));
}

TEST_F(LifeTest, EntriesAreListedByKindAndPageNewestFirst) {
  const Case file = Registered(anna_, {});
  for (int i = 0; i < 5; ++i) {
    office_.clock.Advance(absl::Seconds(1));
    ASSERT_THAT(Write(anna_, file, Note{std::string(1, char('a' + i))}),
                IsOk());
    ASSERT_THAT(Write(anna_, file, ServiceGiven{"FOOD"}), IsOk());
  }
  std::string said;
  std::string token;
  do {
    const auto page =
        entries_.List(boris_, file.number.text(), "NOTE", 2, token);
    ASSERT_THAT(page, IsOk());
    for (const Entry& entry : page->entries) {
      said += std::get<Note>(entry.wording.content).text;
    }
    token = page->next;
  } while (!token.empty());
  EXPECT_EQ(said, "edcba");
  EXPECT_EQ(
      FieldOf(entries_.List(anna_, file.number.text(), "SONG", 2, "").status()),
      "kind");
  EXPECT_EQ(
      FieldOf(entries_.List(anna_, file.number.text(), "", 2, "x").status()),
      "page_token");
}

TEST_F(LifeTest, ARiskToLifeIsShownToWhoMaySeeTheCase) {
  const Case file = Registered(anna_, {});
  ASSERT_THAT(
      Write(anna_, file, RiskAssessment{"EXTREME", "Threats.", true, {}}),
      IsOk());
  const auto shown = cases_.Show(boris_, file.number.text());
  ASSERT_THAT(shown, IsOk());
  EXPECT_TRUE(shown->file.risk_to_life);
  ASSERT_TRUE(shown->risk.has_value());
  EXPECT_EQ(std::get<RiskAssessment>(shown->risk->wording.content).statement,
            "Threats.");
}

TEST_F(LifeTest, AThirdPersonHasAKeyOfItsOwnAndGoesWithIt) {
  const Case file = Registered(anna_, {});
  const std::string number = file.number.text();
  AddThirdPersonRequest request{Next(), number, {}};
  request.person.kind = "ALLEGED_PERPETRATOR";
  request.person.relation = "EMPLOYER";
  request.person.roles = {"Exploiter"};
  request.person.identity.family_names = "Borghesiano";
  const auto id = thirds_.Add(anna_, request);
  ASSERT_THAT(id, IsOk());
  EXPECT_FALSE(office_.AnywhereInStore("Borghesiano"));
  // A list shows kind and relation only.
  const auto listed = thirds_.List(boris_, number);
  ASSERT_THAT(listed, IsOk());
  ASSERT_THAT(*listed, SizeIs(1));
  EXPECT_EQ(listed->front().kind, "ALLEGED_PERPETRATOR");
  EXPECT_TRUE(listed->front().identity.empty());
  EXPECT_EQ(Leaves(audit::EventKind::kThirdPerson), 1);
  const auto opened = thirds_.Open(boris_, number, *id);
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->identity.family_names, "Borghesiano");
  EXPECT_EQ(Leaves(audit::EventKind::kThirdPerson), 2);
  EXPECT_EQ(ReasonOf(thirds_.Open(clara_, number, *id).status()),
            Reason::kNotAllowed);
  EXPECT_EQ(
      ReasonOf(
          thirds_.Open(Caller::Node(people::Permission::kCaseRead), number, *id)
              .status()),
      Reason::kNotAllowed);
  EXPECT_THAT(Findings(), IsEmpty());
  const auto row = storage::Table<ThirdPersonCodec>(*office_.vault)
                       .Get(*office_.store, {file.id, *id});
  const auto subject = office_.registry->KeyOf(*office_.store, file.subject);
  ASSERT_TRUE((*row)->key != *subject);
  const KeyId key = (*row)->key;
  EXPECT_THAT(office_.vault->CheckKey(key), IsOk());
  ASSERT_THAT(thirds_.Remove(anna_, {Next(), number, *id}), IsOk());
  EXPECT_THAT(office_.vault->CheckKey(key), Not(IsOk()));
  EXPECT_EQ(office_.Rows(storage::TableId::kThirdPersons), 0);
  EXPECT_EQ(ReasonOf(thirds_.Open(anna_, number, *id).status()),
            Reason::kNotAllowed);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(LifeTest, WhatWasSaidOfAThirdPersonStaysUntilItIsRemoved) {
  const std::string number = Registered(anna_, {}).number.text();
  AddThirdPersonRequest adding{Next(), number, {}};
  adding.person.kind = "DEPENDANT";
  adding.person.relation = "SIBLING";
  adding.person.identity.given_names = "Sina";
  const auto id = thirds_.Add(anna_, adding);
  ASSERT_THAT(id, IsOk());
  AmendThirdPersonRequest amending{Next(), number,        *id,
                                   1,      adding.person, "her sister"};
  amending.person.relation = "CHILD";
  amending.person.identity.given_names = "Sino";
  EXPECT_THAT(thirds_.Amend(boris_, amending), IsOkAndHolds(2u));
  // The same request again is the same change.
  EXPECT_THAT(thirds_.Amend(boris_, amending), IsOkAndHolds(2u));
  const auto opened = thirds_.Open(anna_, number, *id);
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->relation, "CHILD");
  EXPECT_EQ(opened->identity.given_names, "Sino");
  EXPECT_EQ(opened->recorded_by, anna_.person());
  ASSERT_THAT(opened->corrections, SizeIs(1));
  EXPECT_EQ(opened->corrections[0].by, boris_.person());
  EXPECT_EQ(opened->corrections[0].source, "her sister");
  EXPECT_EQ(opened->corrections[0].before.relation, "SIBLING");
  EXPECT_EQ(opened->corrections[0].before.identity.given_names, "Sina");
  // A list says that there was something, never what.
  const auto listed = thirds_.List(anna_, number);
  ASSERT_THAT(listed, IsOk());
  EXPECT_EQ(listed->front().version(), 2u);
  EXPECT_TRUE(listed->front().corrections[0].before.identity.empty());
  EXPECT_EQ(listed->front().corrections[0].before.relation, "");
  // Added, amended once, opened once.
  EXPECT_EQ(Leaves(audit::EventKind::kThirdPerson), 3);
  EXPECT_THAT(Findings(), IsEmpty());
  ASSERT_THAT(thirds_.Remove(anna_, {Next(), number, *id}), IsOk());
  EXPECT_EQ(office_.Rows(storage::TableId::kThirdPersons), 0);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(LifeTest, AThirdPersonIsNotAmendedByWhoMayNotOrInAWrongWay) {
  const std::string number = Registered(anna_, {}).number.text();
  AddThirdPersonRequest adding{Next(), number, {}};
  adding.person.kind = "INFORMANT";
  adding.person.relation = "FRIEND";
  adding.person.note = "Rings on Mondays";
  const auto id = thirds_.Add(anna_, adding);
  ASSERT_THAT(id, IsOk());
  const auto refusal = [&](const people::Caller& caller,
                           AmendThirdPersonRequest request) {
    request.request = Next();
    return ReasonOf(thirds_.Amend(caller, request).status());
  };
  const AmendThirdPersonRequest good{Next(), number,        *id,
                                     1,      adding.person, "said so"};
  EXPECT_EQ(refusal(clara_, good), Reason::kNotAllowed);
  EXPECT_EQ(refusal(administrator_, good), Reason::kNotAllowed);
  AmendThirdPersonRequest bad = good;
  bad.expected_version = 2;
  EXPECT_EQ(refusal(anna_, bad), Reason::kVersionConflict);
  bad = good;
  bad.source.clear();
  EXPECT_EQ(refusal(anna_, bad), Reason::kFieldInvalid);
  bad = good;
  bad.person.kind = "ALLEGED_PERPETRATOR";
  EXPECT_EQ(refusal(anna_, bad), Reason::kFieldInvalid);
  bad = good;
  bad.person.note.clear();
  EXPECT_EQ(refusal(anna_, bad), Reason::kFieldInvalid);
  bad = good;
  bad.id = *ThirdPersonId::FromBytes(std::string(16, 'z'));
  EXPECT_EQ(refusal(anna_, bad), Reason::kNotAllowed);
  const auto opened = thirds_.Open(anna_, number, *id);
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->version(), 1u);
}

}  // namespace
}  // namespace amparo::cases
