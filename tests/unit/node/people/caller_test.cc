// SPDX-License-Identifier: Apache-2.0
#include "node/people/caller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "amparo/office/v1/options.pb.h"
#include "node/base/errors.h"
#include "tests/support/status_matchers.h"

namespace amparo::people {
namespace {

using P = Permission;

PersonId PersonOf(char c) { return *PersonId::FromBytes(std::string(16, c)); }

Caller With(std::set<Role> roles, std::string team = "") {
  return Caller::ForPerson(PersonOf('a'),
                           *SessionId::FromBytes(std::string(16, 's')),
                           std::move(roles), std::move(team));
}

TEST(PermissionTest, NumbersAreThoseOfTheProto) {
  const auto* list = office::v1::Permission_descriptor();
  // The proto also has UNSPECIFIED.
  EXPECT_EQ(static_cast<size_t>(list->value_count()),
            AllPermissions().size() + 1);
  for (int i = 0; i < list->value_count(); ++i) {
    const int number = list->value(i)->number();
    EXPECT_EQ(PermissionFromNumber(number).has_value(), number != 0)
        << list->value(i)->name();
  }
  EXPECT_FALSE(PermissionFromNumber(999).has_value());
}

TEST(RoleTest, NamesAndNumbersRoundTrip) {
  for (const Role role : AllRoles()) {
    EXPECT_EQ(RoleFromName(Name(role)), role);
    EXPECT_EQ(RoleFromNumber(static_cast<int>(role)), role);
  }
  EXPECT_FALSE(RoleFromName("caseworker").has_value());
  EXPECT_FALSE(RoleFromNumber(0).has_value());
  EXPECT_FALSE(RoleFromNumber(8).has_value());
}

// The table of the security page, cell by cell.
TEST(RoleTest, GrantsExactlyItsPermissions) {
  const struct {
    Role role;
    std::set<P> granted;
  } rows[] = {
      {Role::kCaseworker,
       {P::kCaseRead, P::kCaseWrite, P::kCaseImport, P::kIdentityRead,
        P::kCaseAssign, P::kCaseClose, P::kCaseMerge, P::kCaseSearch,
        P::kConsentRead, P::kConsentWrite, P::kReferralRead,
        P::kReferralPropose, P::kDisclosureRead, P::kPeerRead}},
      {Role::kSupervisor,
       {P::kCaseRead, P::kCaseWrite, P::kCaseImport, P::kIdentityRead,
        P::kCaseAssign, P::kCaseClose, P::kCaseMerge, P::kCaseExport,
        P::kCaseSearch, P::kCaseRetention, P::kConsentRead, P::kConsentWrite,
        P::kReferralRead, P::kReferralPropose, P::kDisclosureRead,
        P::kPeerRead}},
      {Role::kFocalPoint,
       {P::kReferralRead, P::kReferralAnswer, P::kDisclosureRead, P::kPeerRead,
        P::kStatusRead}},
      {Role::kAnalyst, {P::kTablePrepare, P::kTrendRead, P::kStatusRead}},
      {Role::kAdministrator,
       {P::kPersonAdminister, P::kRetentionAdminister, P::kPeerRead,
        P::kPeerAdminister, P::kPeerConfirm, P::kStatusRead}},
      {Role::kDataProtectionOfficer,
       {P::kCaseRetention, P::kRetentionAdminister, P::kConsentRead,
        P::kPeerRead, P::kPeerConfirm, P::kTableRelease, P::kTrendRead,
        P::kStatusRead, P::kLogRead}},
      {Role::kAuditor, {P::kStatusRead, P::kLogRead}},
  };
  EXPECT_EQ(std::size(rows), AllRoles().size());
  for (const auto& row : rows) {
    for (const P permission : AllPermissions()) {
      const bool expected = permission == P::kNoneNeededToSignIn ||
                            permission == P::kSignedIn ||
                            row.granted.count(permission) > 0;
      EXPECT_EQ(With({row.role}).May(permission).ok(), expected)
          << Name(row.role) << " " << static_cast<int>(permission);
    }
  }
}

TEST(RoleTest, AdministratorHasNoCasePermission) {
  for (const P permission :
       {P::kCaseRead, P::kCaseWrite, P::kCaseImport, P::kIdentityRead,
        P::kCaseAssign, P::kCaseClose, P::kCaseMerge, P::kCaseExport,
        P::kCaseSearch, P::kCaseRetention, P::kConsentRead, P::kConsentWrite,
        P::kReferralRead, P::kReferralPropose, P::kReferralAnswer,
        P::kDisclosureRead}) {
    EXPECT_EQ(ReasonOf(With({Role::kAdministrator}).May(permission)),
              Reason::kNotAllowed)
        << static_cast<int>(permission);
  }
}

TEST(RoleTest, OnlyTheSupervisorHandsOverWhatIsAColleagues) {
  for (const P permission : {P::kCaseAssign, P::kCaseMerge}) {
    EXPECT_EQ(ScopeOf(Role::kCaseworker, permission), Scope::kOwn);
    EXPECT_EQ(ScopeOf(Role::kSupervisor, permission), Scope::kTeam);
  }
  EXPECT_EQ(ScopeOf(Role::kCaseworker, P::kCaseClose), Scope::kTeam);
}

TEST(CallerTest, StrangerMayOnlySignIn) {
  const Caller stranger = Caller::Stranger();
  for (const P permission : AllPermissions()) {
    EXPECT_EQ(stranger.May(permission).ok(),
              permission == P::kNoneNeededToSignIn);
  }
}

TEST(CallerTest, PersonWithoutRolesMayOnlyBeSignedIn) {
  EXPECT_THAT(With({}).May(P::kSignedIn), IsOk());
  for (const P permission : AllPermissions()) {
    if (permission == P::kSignedIn || permission == P::kNoneNeededToSignIn) {
      continue;
    }
    EXPECT_EQ(ReasonOf(With({}).May(permission)), Reason::kNotAllowed);
  }
}

TEST(CallerTest, NodeMayOnlyWhatItWasMadeFor) {
  const Caller node = Caller::Node(P::kConsentRead);
  EXPECT_TRUE(node.person().empty());
  EXPECT_THAT(node.MayReach(P::kConsentRead, PersonOf('x'), "any"), IsOk());
  EXPECT_EQ(ReasonOf(node.May(P::kConsentWrite)), Reason::kNotAllowed);
  EXPECT_EQ(ReasonOf(node.May(P::kSignedIn)), Reason::kNotAllowed);
}

TEST(CallerTest, ReachIsOwnThenTeamThenOffice) {
  const Caller north = With({Role::kCaseworker}, "north");
  EXPECT_THAT(north.MayReach(P::kCaseRead, PersonOf('a'), "south"), IsOk());
  EXPECT_THAT(north.MayReach(P::kCaseRead, PersonOf('b'), "north"), IsOk());
  EXPECT_EQ(ReasonOf(north.MayReach(P::kCaseRead, PersonOf('b'), "south")),
            Reason::kNotAllowed);
  const Caller officer = With({Role::kDataProtectionOfficer}, "north");
  EXPECT_THAT(officer.MayReach(P::kConsentRead, PersonOf('b'), "south"),
              IsOk());
  EXPECT_EQ(ReasonOf(officer.MayReach(P::kCaseRead, PersonOf('b'), "north")),
            Reason::kNotAllowed);
}

TEST(CallerTest, NoTeamMatchesNoTeam) {
  const Caller alone = With({Role::kCaseworker}, "");
  EXPECT_THAT(alone.MayReach(P::kCaseRead, PersonOf('a'), ""), IsOk());
  EXPECT_EQ(ReasonOf(alone.MayReach(P::kCaseRead, PersonOf('b'), "")),
            Reason::kNotAllowed);
}

// The officer's reach over consents must not widen a caseworker's over cases.
TEST(CallerTest, ScopeIsThatOfTheRoleThatGrants) {
  const Caller both =
      With({Role::kCaseworker, Role::kDataProtectionOfficer}, "north");
  EXPECT_EQ(both.ScopeFor(P::kConsentRead), Scope::kOffice);
  EXPECT_EQ(both.ScopeFor(P::kCaseRead), Scope::kTeam);
}

TEST(CallerTest, RefusalsLookTheSame) {
  const absl::Status no_permission = With({}).May(P::kCaseRead);
  const absl::Status no_reach =
      With({Role::kCaseworker}, "north")
          .MayReach(P::kCaseRead, PersonOf('b'), "south");
  EXPECT_EQ(no_permission, no_reach);
}

}  // namespace
}  // namespace amparo::people
