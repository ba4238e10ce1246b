// SPDX-License-Identifier: Apache-2.0
#include "node/cases/cases_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/base/errors.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/office.h"

namespace amparo::cases {
namespace {

using people::Caller;
using people::Permission;
using people::Role;
using ::testing::Not;

Caller Person(char fill, std::set<Role> roles, std::string team) {
  return Caller::ForPerson(*PersonId::FromBytes(std::string(16, fill)),
                           *SessionId::FromBytes(std::string(16, fill)),
                           std::move(roles), std::move(team));
}

class CasesActionsTest : public testing::Test {
 protected:
  CasesActionsTest()
      : requests_(*office_.store, *office_.vault, office_.clock),
        actions_(office_.services(), requests_) {}

  static RegisterRequest Wanted(char request = 'r') {
    RegisterRequest wanted;
    wanted.request = *RequestId::FromBytes(std::string(16, request));
    wanted.profile = {{"gender", "Female"}, {"citizenship", "UA"}};
    wanted.identity = Identity();
    wanted.identity->given_names = "Олександра";
    return wanted;
  }

  std::string Registered(const Caller& caller, char request = 'r') {
    const auto file = actions_.Register(caller, Wanted(request));
    EXPECT_THAT(file, IsOk());
    return file.ok() ? file->number.text() : "";
  }

  int Leaves(audit::EventKind kind) {
    const auto page = office_.log->ReadEvents(0, 500);
    EXPECT_THAT(page, IsOk());
    int found = 0;
    for (const audit::LoggedEvent& event : page->events) {
      if (event.kind == kind) ++found;
    }
    return found;
  }

  Office office_;
  people::Requests requests_;
  CasesActions actions_;
  const Caller anna_ = Person('a', {Role::kCaseworker}, "north");
  const Caller boris_ = Person('b', {Role::kCaseworker}, "north");
  const Caller clara_ = Person('c', {Role::kCaseworker}, "south");
  const Caller administrator_ = Person('d', {Role::kAdministrator}, "north");
  const Caller analyst_ = Person('e', {Role::kAnalyst}, "north");
};

TEST_F(CasesActionsTest, ARegisteredCaseIsShownToOwnerAndTeam) {
  const std::string number = Registered(anna_);
  for (const Caller* caller : {&anna_, &boris_}) {
    const auto shown = actions_.Show(*caller, number);
    ASSERT_THAT(shown, IsOk());
    EXPECT_EQ(shown->file.number.text(), number);
    EXPECT_TRUE(shown->file.has_identity);
    EXPECT_EQ(shown->profile.Find("citizenship"), "UKR");
    EXPECT_EQ(shown->profile.Find("yearOfRegistration"), "2025");
    EXPECT_EQ(shown->file.year, 2025);
  }
  EXPECT_EQ(Leaves(audit::EventKind::kCaseRegistered), 1);
}

TEST_F(CasesActionsTest, NotYoursAndNotThereLookTheSame) {
  const std::string number = Registered(anna_);
  const std::string free = CaseNumber::Generate(office_.random).text();
  for (const auto& [theirs, nowhere] :
       {std::pair(actions_.Show(clara_, number).status(),
                  actions_.Show(clara_, free).status()),
        std::pair(actions_.ShowIdentity(clara_, number).status(),
                  actions_.ShowIdentity(clara_, free).status()),
        std::pair(
            actions_.Find(clara_, Permission::kConsentWrite, number).status(),
            actions_.Find(clara_, Permission::kConsentWrite, free).status())}) {
    EXPECT_EQ(ReasonOf(theirs), Reason::kNotAllowed);
    EXPECT_EQ(theirs, nowhere);
  }
}

TEST_F(CasesActionsTest, TheIdentityNeedsItsOwnPermissionAndLeavesALeaf) {
  const std::string number = Registered(anna_);
  EXPECT_EQ(Leaves(audit::EventKind::kCaseViewed), 0);
  ASSERT_THAT(actions_.Show(anna_, number), IsOk());
  EXPECT_EQ(Leaves(audit::EventKind::kCaseViewed), 0);
  const auto identity = actions_.ShowIdentity(anna_, number);
  ASSERT_THAT(identity, IsOk());
  ASSERT_TRUE(identity->has_value());
  EXPECT_EQ((*identity)->given_names, "Олександра");
  EXPECT_EQ(Leaves(audit::EventKind::kCaseViewed), 1);
  // A permission to read cases opens no identity.
  const Caller reader = Caller::Node(Permission::kCaseRead);
  EXPECT_THAT(actions_.Show(reader, number), IsOk());
  EXPECT_EQ(ReasonOf(actions_.ShowIdentity(reader, number).status()),
            Reason::kNotAllowed);
  EXPECT_EQ(Leaves(audit::EventKind::kCaseViewed), 1);
}

TEST_F(CasesActionsTest, NoIdentityIsShownWhoseLeafIsNotOnDisk) {
  const std::string number = Registered(anna_);
  office_.store->DieAt(1, CrashingStore::Moment::kBefore);
  EXPECT_THAT(actions_.ShowIdentity(anna_, number), Not(IsOk()));
}

TEST_F(CasesActionsTest, AdministratorsAndAnalystsSeeNoCase) {
  const std::string number = Registered(anna_);
  for (const Caller* caller : {&administrator_, &analyst_}) {
    EXPECT_EQ(ReasonOf(actions_.Register(*caller, Wanted()).status()),
              Reason::kNotAllowed);
    EXPECT_EQ(ReasonOf(actions_.Show(*caller, number).status()),
              Reason::kNotAllowed);
    EXPECT_EQ(ReasonOf(actions_.ShowIdentity(*caller, number).status()),
              Reason::kNotAllowed);
    EXPECT_EQ(ReasonOf(actions_.List(*caller, {}).status()),
              Reason::kNotAllowed);
    EXPECT_EQ(ReasonOf(actions_.Search(*caller, {.name = "a"}).status()),
              Reason::kNotAllowed);
  }
}

TEST_F(CasesActionsTest, PermissionIsDecidedBeforeValidation) {
  RegisterRequest bad = Wanted();
  bad.profile = {{"gender", "?"}};
  EXPECT_EQ(ReasonOf(actions_.Register(administrator_, bad).status()),
            Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(actions_.Show(administrator_, "?").status()),
            Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(actions_.Register(anna_, bad).status()),
            Reason::kCodeUnknown);
  EXPECT_EQ(ReasonOf(actions_.Show(anna_, "?").status()),
            Reason::kFieldInvalid);
}

TEST_F(CasesActionsTest, TheSameRequestAnswersTheSameCase) {
  const std::string number = Registered(anna_);
  EXPECT_EQ(Registered(anna_), number);
  EXPECT_EQ(office_.Rows(storage::TableId::kCases), 1);
  RegisterRequest other = Wanted();
  other.identity->given_names = "Марія";
  EXPECT_EQ(ReasonOf(actions_.Register(anna_, other).status()),
            Reason::kRequestIdReused);
  EXPECT_NE(Registered(anna_, 's'), number);
  EXPECT_NE(Registered(boris_, 'r'), number);
}

TEST_F(CasesActionsTest, ALostAnswerIsGivenAgain) {
  office_.store->DieAt(1, CrashingStore::Moment::kAfter);
  EXPECT_THAT(actions_.Register(anna_, Wanted()), Not(IsOk()));
  office_.Open();
  const people::Requests requests(*office_.store, *office_.vault,
                                  office_.clock);
  CasesActions actions(office_.services(), requests);
  EXPECT_THAT(actions.Register(anna_, Wanted()), IsOk());
  EXPECT_EQ(office_.Rows(storage::TableId::kCases), 1);
}

TEST_F(CasesActionsTest, WhatCannotBeIsRefusedAndNothingIsStored) {
  struct Row {
    const char* field;
    void (*spoil)(RegisterRequest&);
  };
  const Row table[] = {
      {"identity", [](RegisterRequest& r) { r.identity = Identity(); }},
      {"born",
       [](RegisterRequest& r) {
         r.identity->born = {2025, 1, 2};
       }},
      {"yearOfRegistration",
       [](RegisterRequest& r) {
         r.profile.emplace_back("yearOfRegistration", "2026");
       }},
      {"yearOfRegistration",
       [](RegisterRequest& r) {
         r.profile.emplace_back("yearOfRegistration", "-99");
       }},
      {"contacts.safe_instruction",
       [](RegisterRequest& r) {
         r.identity->contacts = {{"TELEPHONE", "1", ""}};
       }},
  };
  for (const Row& row : table) {
    RegisterRequest wanted = Wanted();
    row.spoil(wanted);
    EXPECT_EQ(FieldOf(actions_.Register(anna_, wanted).status()), row.field);
  }
  EXPECT_EQ(office_.Rows(storage::TableId::kCases), 0);
  EXPECT_EQ(office_.Rows(storage::TableId::kLeaves), 0);
}

TEST_F(CasesActionsTest, P7_TheDirectoryTellsWhoIsTreatedAsAMinor) {
  RegisterRequest wanted = Wanted();
  wanted.profile.emplace_back("childIndicators", "1");
  const auto file = actions_.Register(anna_, wanted);
  ASSERT_THAT(file, IsOk());
  EXPECT_TRUE(file->treated_as_minor);
  const auto facts =
      actions_.Find(anna_, Permission::kConsentWrite, file->number.text());
  ASSERT_THAT(facts, IsOk());
  EXPECT_TRUE(facts->treated_as_minor);
  EXPECT_EQ(facts->subject, file->subject);
  EXPECT_THAT(office_.registry->KeyOf(*office_.store, file->subject),
              IsOkAndHolds(facts->key));
}

TEST_F(CasesActionsTest, TheDirectoryFindsBySubjectWithinScope) {
  const auto file = actions_.Register(anna_, Wanted());
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(
      actions_.FindSubject(boris_, Permission::kConsentRead, file->subject),
      IsOk());
  const absl::Status theirs =
      actions_.FindSubject(clara_, Permission::kConsentRead, file->subject)
          .status();
  const absl::Status nowhere =
      actions_.FindSubject(clara_, Permission::kConsentRead, SubjectId())
          .status();
  EXPECT_EQ(ReasonOf(theirs), Reason::kNotAllowed);
  EXPECT_EQ(theirs, nowhere);
}

TEST_F(CasesActionsTest, ListsShowOwnAndTeamCases) {
  Registered(anna_, '1');
  Registered(boris_, '2');
  Registered(clara_, '3');
  const auto north = actions_.List(anna_, {});
  ASSERT_THAT(north, IsOk());
  EXPECT_EQ(north->cases.size(), 2u);
  const auto south = actions_.List(clara_, {});
  ASSERT_THAT(south, IsOk());
  EXPECT_EQ(south->cases.size(), 1u);
  EXPECT_EQ(FieldOf(actions_.List(anna_, {501}).status()), "page_size");
  EXPECT_EQ(FieldOf(actions_.List(anna_, {-1}).status()), "page_size");
}

TEST_F(CasesActionsTest, FiltersCountOnlyWhatTheCallerMaySee) {
  Registered(anna_, '1');
  Registered(clara_, '3');
  ListRequest women;
  women.filter.conditions = {{"gender", {"Female"}}};
  const auto north = actions_.List(anna_, women);
  ASSERT_THAT(north, IsOk());
  EXPECT_EQ(north->total, 1);
  women.filter.conditions[0].codes = {"Male"};
  EXPECT_EQ(actions_.List(anna_, women)->total, 0);
  women.filter.conditions[0].codes = {"Purple"};
  EXPECT_EQ(ReasonOf(actions_.List(anna_, women).status()),
            Reason::kCodeUnknown);
}

TEST_F(CasesActionsTest, ASearchFindsWithinTheScopeAndIsLogged) {
  const std::string number = Registered(anna_, '1');
  Registered(clara_, '3');
  const auto found = actions_.Search(boris_, {.name = "Oleksandra"});
  ASSERT_THAT(found, IsOk());
  ASSERT_EQ(found->cases.size(), 1u);
  EXPECT_EQ(found->total, 1);
  EXPECT_EQ(found->cases[0].number.text(), number);
  EXPECT_EQ(Leaves(audit::EventKind::kCaseSearched), 1);
  EXPECT_FALSE(office_.AnywhereInStore("Oleksandra"));
  const auto nobody = actions_.Search(boris_, {.name = "Nobody"});
  ASSERT_THAT(nobody, IsOk());
  EXPECT_EQ(nobody->total, 0);
  // What was not found was looked for, too.
  EXPECT_EQ(Leaves(audit::EventKind::kCaseSearched), 2);
  EXPECT_EQ(ReasonOf(actions_.Search(boris_, {}).status()),
            Reason::kFieldInvalid);
}

TEST_F(CasesActionsTest, NothingIsAnsweredWhoseSearchIsNotOnDisk) {
  Registered(anna_);
  office_.store->DieAt(1, CrashingStore::Moment::kBefore);
  EXPECT_THAT(actions_.Search(anna_, {.name = "Oleksandra"}), Not(IsOk()));
}

TEST_F(CasesActionsTest, WhoTriesOutNamesMustWait) {
  for (int i = 0; i < kSearchBurst; ++i) {
    ASSERT_THAT(actions_.Search(anna_, {.name = "a"}), IsOk());
  }
  EXPECT_EQ(ReasonOf(actions_.Search(anna_, {.name = "a"}).status()),
            Reason::kLimitExceeded);
  EXPECT_THAT(actions_.Search(boris_, {.name = "a"}), IsOk());
  office_.clock.Advance(kSearchEvery);
  EXPECT_THAT(actions_.Search(anna_, {.name = "a"}), IsOk());
}

}  // namespace
}  // namespace amparo::cases
