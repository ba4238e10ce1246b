// SPDX-License-Identifier: Apache-2.0
#include "node/people/people_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "node/base/errors.h"
#include "node/base/limits.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/people/test_office.h"

namespace amparo::people {
namespace {

using audit::EventKind;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr crypto::PasswordCost kCheap = {crypto::kMinMemoryKib, 1};
constexpr char kPassword[] = "correct horse battery";

crypto::Secret Password(absl::string_view text = kPassword) {
  return crypto::Secret::Copy(text);
}

class PeopleActionsTest : public testing::Test {
 protected:
  PeopleActionsTest() : actions_(*PeopleActions::Create(ground_, kCheap)) {}

  // The first administrator, signed in.
  Caller Administrator() {
    const AddedPerson root = *AddFirstAdministrator(ground_, "root");
    return CallerOf(*actions_->Enrol("root", root.code.Reveal(), Password()));
  }
  Caller CallerOf(const SignedIn& signed_in) {
    return *sessions_.Find(signed_in.token.Reveal());
  }
  AddedPerson Add(const Caller& admin, absl::string_view name,
                  std::set<Role> roles = {Role::kCaseworker}) {
    return *actions_->AddPerson(
        admin, {RequestId(), std::string(name), std::move(roles), "north"});
  }
  SignedIn Enrolled(const Caller& admin, absl::string_view name,
                    std::set<Role> roles = {Role::kCaseworker}) {
    const AddedPerson added = Add(admin, name, std::move(roles));
    return *actions_->Enrol(name, added.code.Reveal(), Password());
  }
  RequestId Request(char c) {
    return *RequestId::FromBytes(std::string(16, c));
  }

  TestOffice office_;
  const Ground ground_{*office_.store, *office_.vault, *office_.log,
                       office_.clock, office_.random};
  const std::unique_ptr<PeopleActions> actions_;
  const Sessions sessions_{*office_.store, *office_.vault, office_.clock};
};

TEST_F(PeopleActionsTest, FirstAdministratorOnlyInAnEmptyOffice) {
  EXPECT_EQ(FieldOf(AddFirstAdministrator(ground_, "").status()), "name");
  const auto first = AddFirstAdministrator(ground_, "root");
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->person.roles, std::set<Role>{Role::kAdministrator});
  const auto second = AddFirstAdministrator(ground_, "other");
  EXPECT_EQ(ReasonOf(second.status()), Reason::kWrongState);
  EXPECT_EQ(StateOf(second.status()), "INITIALISED");
  EXPECT_EQ(office_.CountEvents(EventKind::kPersonAdded), 1);
}

TEST_F(PeopleActionsTest, EnrolSetsThePasswordAndSignsIn) {
  const Caller admin = Administrator();
  const SignedIn ana = Enrolled(admin, "ana");
  const Caller caller = CallerOf(ana);
  EXPECT_EQ(caller.person(), ana.person.id);
  EXPECT_EQ(caller.team(), "north");
  EXPECT_THAT(caller.May(Permission::kCaseRead), IsOk());
  EXPECT_EQ(actions_->WhoAmI(caller)->state, PersonState::kActive);
  EXPECT_THAT(actions_->SignIn("ANA", Password(), ""), IsOk());
}

TEST_F(PeopleActionsTest, SignInCodeWorksOnce) {
  const Caller admin = Administrator();
  const AddedPerson added = Add(admin, "ana");
  ASSERT_THAT(actions_->Enrol("ana", added.code.Reveal(), Password()), IsOk());
  EXPECT_EQ(ReasonOf(actions_
                         ->Enrol("ana", added.code.Reveal(),
                                 Password("another password"))
                         .status()),
            Reason::kSignInRefused);
  EXPECT_THAT(actions_->SignIn("ana", Password(), ""), IsOk());
}

TEST_F(PeopleActionsTest, SignInCodeLapses) {
  const Caller admin = Administrator();
  const AddedPerson added = Add(admin, "ana");
  office_.clock.Advance(limits::kSignInCodeLifetime);
  EXPECT_EQ(
      ReasonOf(
          actions_->Enrol("ana", added.code.Reveal(), Password()).status()),
      Reason::kSignInRefused);
}

TEST_F(PeopleActionsTest, ShortPasswordIsRefusedAndTheCodeStays) {
  const Caller admin = Administrator();
  const AddedPerson added = Add(admin, "ana");
  EXPECT_EQ(
      FieldOf(actions_->Enrol("ana", added.code.Reveal(), Password("short"))
                  .status()),
      "password");
  EXPECT_THAT(actions_->Enrol("ana", added.code.Reveal(), Password()), IsOk());
}

TEST_F(PeopleActionsTest, UnknownNameAndWrongPasswordLookAlike) {
  const Caller admin = Administrator();
  (void)Enrolled(admin, "ana");
  (void)Add(admin, "invited");
  const absl::Status wrong =
      actions_->SignIn("ana", Password("wrong password"), "").status();
  const absl::Status unknown =
      actions_->SignIn("nobody", Password(), "").status();
  const absl::Status invited =
      actions_->SignIn("invited", Password(), "").status();
  EXPECT_EQ(ReasonOf(wrong), Reason::kSignInRefused);
  EXPECT_EQ(wrong, unknown);
  EXPECT_EQ(wrong, invited);
  EXPECT_EQ(office_.CountEvents(EventKind::kSignInFailed), 3);
}

TEST_F(PeopleActionsTest, ThrottlingLooksAlikeForUnknownNames) {
  const Caller admin = Administrator();
  (void)Enrolled(admin, "ana");
  for (const char* name : {"ana", "nobody"}) {
    for (int i = 0; i < limits::kSignInFailuresMax; ++i) {
      EXPECT_EQ(
          ReasonOf(
              actions_->SignIn(name, Password("guess guess"), "").status()),
          Reason::kSignInRefused);
    }
    EXPECT_EQ(ReasonOf(actions_->SignIn(name, Password(), "").status()),
              Reason::kSignInThrottled)
        << name;
  }
}

TEST_F(PeopleActionsTest, StrangerCannotLockOutAKnownDevice) {
  const Caller admin = Administrator();
  const SignedIn ana = Enrolled(admin, "ana");
  for (int i = 0; i < 3 * limits::kSignInFailuresMax; ++i) {
    (void)actions_->SignIn("ana", Password("guess guess"), "");
  }
  ASSERT_EQ(ReasonOf(actions_->SignIn("ana", Password(), "").status()),
            Reason::kSignInThrottled);
  const auto again =
      actions_->SignIn("ana", Password(), ana.device_token.Reveal());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->device_token.Reveal(), ana.device_token.Reveal());
  // The session she has goes on, too.
  EXPECT_THAT(sessions_.Find(ana.token.Reveal()), IsOk());
}

TEST_F(PeopleActionsTest, KnownDeviceIsLimitedByItself) {
  const Caller admin = Administrator();
  const SignedIn ana = Enrolled(admin, "ana");
  const std::string device(ana.device_token.Reveal());
  for (int i = 0; i < limits::kSignInFailuresMax; ++i) {
    (void)actions_->SignIn("ana", Password("guess guess"), device);
  }
  EXPECT_EQ(ReasonOf(actions_->SignIn("ana", Password(), device).status()),
            Reason::kSignInThrottled);
  // Another person's device token counts as none.
  EXPECT_THAT(actions_->SignIn("root", Password(), device), IsOk());
}

TEST_F(PeopleActionsTest, PasswordLengthIsCheckedBeforeAnything) {
  EXPECT_EQ(FieldOf(actions_->SignIn("ana", Password(""), "").status()),
            "password");
  EXPECT_EQ(
      FieldOf(actions_->SignIn("ana", Password(std::string(1025, 'p')), "")
                  .status()),
      "password");
  EXPECT_TRUE(office_.Events().empty());
}

TEST_F(PeopleActionsTest, SessionEndsAfterItsLifetime) {
  const Caller admin = Administrator();
  const SignedIn ana = Enrolled(admin, "ana");
  office_.clock.Advance(limits::kSessionLifetime - absl::Milliseconds(1));
  EXPECT_THAT(sessions_.Find(ana.token.Reveal()), IsOk());
  office_.clock.Advance(absl::Milliseconds(1));
  EXPECT_EQ(ReasonOf(sessions_.Find(ana.token.Reveal()).status()),
            Reason::kSessionExpired);
}

TEST_F(PeopleActionsTest, UnknownTokensAreNotSignedIn) {
  (void)Administrator();
  for (const std::string& token :
       {std::string(), std::string("x"), std::string(43, 'A'),
        std::string(10000, 'A')}) {
    EXPECT_EQ(ReasonOf(sessions_.Find(token).status()), Reason::kNotSignedIn);
  }
}

TEST_F(PeopleActionsTest, SignOutEndsThisSessionOnly) {
  const Caller admin = Administrator();
  const SignedIn one = Enrolled(admin, "ana");
  const SignedIn two = *actions_->SignIn("ana", Password(), "");
  ASSERT_THAT(actions_->SignOut(CallerOf(one)), IsOk());
  EXPECT_EQ(ReasonOf(sessions_.Find(one.token.Reveal()).status()),
            Reason::kNotSignedIn);
  EXPECT_THAT(sessions_.Find(two.token.Reveal()), IsOk());
}

TEST_F(PeopleActionsTest, SessionsPerPersonAreLimited) {
  const Caller admin = Administrator();
  const SignedIn first = Enrolled(admin, "ana");
  for (size_t i = 0; i < kSessionsPerPersonMax; ++i) {
    office_.clock.Advance(absl::Seconds(1));
    ASSERT_THAT(actions_->SignIn("ana", Password(), ""), IsOk());
  }
  EXPECT_EQ(ReasonOf(sessions_.Find(first.token.Reveal()).status()),
            Reason::kNotSignedIn);
  // One more is the administrator's.
  EXPECT_EQ(office_.Rows(storage::TableId::kSessions).size(),
            kSessionsPerPersonMax + 1);
}

TEST_F(PeopleActionsTest, DisablingEndsSessionsAtOnce) {
  const Caller admin = Administrator();
  const SignedIn ana = Enrolled(admin, "ana");
  const auto disabled = actions_->DisablePerson(admin, {Request('1'), "ana"});
  ASSERT_THAT(disabled, IsOk());
  EXPECT_EQ(disabled->state, PersonState::kDisabled);
  EXPECT_EQ(ReasonOf(sessions_.Find(ana.token.Reveal()).status()),
            Reason::kNotSignedIn);
  EXPECT_EQ(
      ReasonOf(actions_->SignIn("ana", Password(), ana.device_token.Reveal())
                   .status()),
      Reason::kSignInRefused);
  EXPECT_EQ(office_.CountEvents(EventKind::kPersonDisabled), 1);
  // Final, and the name stays taken.
  const auto again = actions_->DisablePerson(admin, {Request('2'), "ana"});
  EXPECT_EQ(ReasonOf(again.status()), Reason::kWrongState);
  EXPECT_EQ(StateOf(again.status()), "DISABLED");
  EXPECT_EQ(ReasonOf(actions_
                         ->AddPerson(
                             admin, {Request('3'), "Ana", {Role::kAuditor}, ""})
                         .status()),
            Reason::kAlreadyExists);
  // Asking again with the same id is harmless.
  EXPECT_THAT(actions_->DisablePerson(admin, {Request('1'), "ana"}), IsOk());
}

TEST_F(PeopleActionsTest, DisabledInvitationDoesNotOpen) {
  const Caller admin = Administrator();
  const AddedPerson added = Add(admin, "ana");
  ASSERT_THAT(actions_->DisablePerson(admin, {RequestId(), "ana"}), IsOk());
  EXPECT_EQ(
      ReasonOf(
          actions_->Enrol("ana", added.code.Reveal(), Password()).status()),
      Reason::kSignInRefused);
}

TEST_F(PeopleActionsTest, LastAdministratorStays) {
  const Caller admin = Administrator();
  const auto refused = actions_->DisablePerson(admin, {RequestId(), "root"});
  EXPECT_EQ(ReasonOf(refused.status()), Reason::kWrongState);
  EXPECT_EQ(StateOf(refused.status()), "LAST_ADMINISTRATOR");
  // Somebody invited cannot sign in yet and does not count.
  const AddedPerson second = Add(admin, "second", {Role::kAdministrator});
  EXPECT_FALSE(actions_->DisablePerson(admin, {RequestId(), "root"}).ok());
  ASSERT_THAT(actions_->Enrol("second", second.code.Reveal(), Password()),
              IsOk());
  EXPECT_THAT(actions_->DisablePerson(admin, {RequestId(), "root"}), IsOk());
}

TEST_F(PeopleActionsTest, RoleChangeBitesOnTheNextCall) {
  const Caller admin = Administrator();
  const SignedIn ana = Enrolled(admin, "ana");
  ASSERT_THAT(actions_->SetRoles(
                  admin, {Request('1'), "ana", {Role::kAnalyst}, "south"}),
              IsOk());
  const Caller caller = CallerOf(ana);
  EXPECT_EQ(ReasonOf(caller.May(Permission::kCaseRead)), Reason::kNotAllowed);
  EXPECT_THAT(caller.May(Permission::kTablePrepare), IsOk());
  EXPECT_EQ(caller.team(), "south");
  EXPECT_EQ(office_.CountEvents(EventKind::kPermissionChange), 1);
}

TEST_F(PeopleActionsTest, NobodyChangesTheirOwnRoles) {
  const Caller admin = Administrator();
  EXPECT_EQ(
      ReasonOf(
          actions_->SetRoles(admin, {RequestId(), "root", {Role::kAnalyst}, ""})
              .status()),
      Reason::kSecondPersonRequired);
  EXPECT_EQ(
      FieldOf(actions_
                  ->SetRoles(admin, {RequestId(),
                                     "root",
                                     {Role::kAdministrator, Role::kCaseworker},
                                     ""})
                  .status()),
      "roles");
}

TEST_F(PeopleActionsTest, OnlyWhoMayAdministersPeople) {
  const Caller admin = Administrator();
  const Caller ana = CallerOf(Enrolled(admin, "ana"));
  for (const Caller& caller : {ana, Caller::Stranger()}) {
    // Refused before validation: the bad name is not looked at.
    EXPECT_EQ(ReasonOf(actions_->AddPerson(caller, {}).status()),
              Reason::kNotAllowed);
    EXPECT_EQ(ReasonOf(actions_->DisablePerson(caller, {}).status()),
              Reason::kNotAllowed);
    EXPECT_EQ(ReasonOf(actions_->SetRoles(caller, {}).status()),
              Reason::kNotAllowed);
    EXPECT_EQ(
        ReasonOf(actions_->ListPersons(caller, 9999, std::nullopt).status()),
        Reason::kNotAllowed);
  }
  EXPECT_EQ(ReasonOf(actions_->WhoAmI(Caller::Stranger()).status()),
            Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(actions_->SignOut(Caller::Stranger())),
            Reason::kNotAllowed);
}

TEST_F(PeopleActionsTest, AddingAgainWithTheSameRequestGivesTheSameAnswer) {
  const Caller admin = Administrator();
  const AddPersonRequest request{Request('1'), "ana", {Role::kAuditor}, ""};
  const auto first = actions_->AddPerson(admin, request);
  const auto second = actions_->AddPerson(admin, request);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(first->person.id, second->person.id);
  EXPECT_EQ(first->code.Reveal(), second->code.Reveal());
  EXPECT_EQ(office_.CountEvents(EventKind::kPersonAdded), 2);  // root, ana
  AddPersonRequest other = request;
  other.team = "south";
  EXPECT_EQ(ReasonOf(actions_->AddPerson(admin, other).status()),
            Reason::kRequestIdReused);
}

TEST_F(PeopleActionsTest, NamesAreUniqueUnderThreads) {
  const Caller admin = Administrator();
  std::atomic<int> added = 0;
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto result = actions_->AddPerson(
          admin, {RequestId(), "ana", {Role::kAuditor}, ""});
      if (result.ok()) ++added;
      if (ReasonOf(result.status()) == Reason::kAlreadyExists) ++taken;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(added, 1);
  EXPECT_EQ(taken, 3);
}

TEST_F(PeopleActionsTest, ListIsPaged) {
  const Caller admin = Administrator();
  for (int i = 0; i < 5; ++i) Add(admin, "person" + std::to_string(i));
  std::set<std::string> names;
  std::optional<PersonId> from;
  int pages = 0;
  do {
    const auto page = actions_->ListPersons(admin, 2, from);
    ASSERT_THAT(page, IsOk());
    EXPECT_LE(page->persons.size(), 2u);
    for (const PersonSummary& person : page->persons) {
      EXPECT_TRUE(names.insert(person.name).second);
    }
    from = page->next;
    ++pages;
  } while (from.has_value());
  EXPECT_EQ(names.size(), 6u);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(FieldOf(actions_->ListPersons(admin, -1, {}).status()),
            "page_size");
  EXPECT_EQ(FieldOf(actions_->ListPersons(admin, 501, {}).status()),
            "page_size");
}

TEST_F(PeopleActionsTest, NoNameNorTokenStandsInAnyTable) {
  const Caller admin = Administrator();
  const SignedIn ana = Enrolled(admin, "anastasia");
  for (const storage::TableId table : storage::AllTables()) {
    for (const auto& [key, value] : office_.Rows(table)) {
      for (const absl::string_view secret :
           {absl::string_view("anastasia"), ana.token.Reveal(),
            ana.device_token.Reveal()}) {
        EXPECT_THAT(key, Not(HasSubstr(std::string(secret))));
        EXPECT_THAT(value, Not(HasSubstr(std::string(secret))));
      }
    }
  }
}

TEST(PasswordChecksTest, TooManyAtOnceAreTurnedAway) {
  PasswordChecks checks;
  absl::Mutex gate;
  std::atomic<int> done = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  gate.Lock();
  for (int i = 0; i < 40; ++i) {
    threads.emplace_back([&] {
      const absl::Status status = checks.Run([&] {
        absl::MutexLock lock(&gate);
        return absl::OkStatus();
      });
      if (status.ok()) ++done;
      if (ReasonOf(status) == Reason::kUnavailable) ++refused;
    });
  }
  // Two run and eight wait at the closed gate; all others were refused.
  while (refused < 30) std::this_thread::yield();
  gate.Unlock();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, kPasswordChecksAtOnce + kPasswordChecksWaitingMax);
  EXPECT_EQ(refused, 30);
}

}  // namespace
}  // namespace amparo::people
