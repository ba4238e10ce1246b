// SPDX-License-Identifier: Apache-2.0
#include "node/people/caller.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>

#include "node/base/errors.h"

namespace amparo::people {
namespace {

using P = Permission;

constexpr P kPermissions[] = {
    P::kNoneNeededToSignIn,
    P::kSignedIn,
    P::kPersonAdminister,
    P::kCaseRead,
    P::kCaseWrite,
    P::kCaseImport,
    P::kIdentityRead,
    P::kCaseAssign,
    P::kCaseClose,
    P::kCaseMerge,
    P::kCaseExport,
    P::kCaseRetention,
    P::kRetentionAdminister,
    P::kCaseSearch,
    P::kConsentRead,
    P::kConsentWrite,
    P::kReferralRead,
    P::kReferralPropose,
    P::kReferralAnswer,
    P::kDisclosureRead,
    P::kPeerRead,
    P::kPeerAdminister,
    P::kPeerConfirm,
    P::kTablePrepare,
    P::kTableRelease,
    P::kTrendRead,
    P::kStatusRead,
    P::kLogRead,
};

struct RoleName {
  Role role;
  const char* name;
};
constexpr RoleName kRoleNames[] = {
    {Role::kCaseworker, "CASEWORKER"},
    {Role::kSupervisor, "SUPERVISOR"},
    {Role::kFocalPoint, "FOCAL_POINT"},
    {Role::kAnalyst, "ANALYST"},
    {Role::kAdministrator, "ADMINISTRATOR"},
    {Role::kDataProtectionOfficer, "DATA_PROTECTION_OFFICER"},
    {Role::kAuditor, "AUDITOR"},
};
constexpr Role kRoles[] = {
    Role::kCaseworker, Role::kSupervisor,    Role::kFocalPoint,
    Role::kAnalyst,    Role::kAdministrator, Role::kDataProtectionOfficer,
    Role::kAuditor,
};

bool Among(Permission permission, std::initializer_list<Permission> list) {
  return std::find(list.begin(), list.end(), permission) != list.end();
}

// What people who work on cases do with those of their own and their team.
bool IsCaseWork(Permission permission) {
  return Among(permission, {P::kCaseRead, P::kCaseWrite, P::kCaseImport,
                            P::kIdentityRead, P::kCaseClose, P::kCaseSearch,
                            P::kConsentRead, P::kConsentWrite, P::kReferralRead,
                            P::kReferralPropose, P::kDisclosureRead});
}

Scope OfficeWide(Permission permission,
                 std::initializer_list<Permission> list) {
  return Among(permission, list) ? Scope::kOffice : Scope::kNone;
}

}  // namespace

absl::Span<const Permission> AllPermissions() { return kPermissions; }

std::optional<Permission> PermissionFromNumber(int number) {
  for (const Permission permission : kPermissions) {
    if (static_cast<int>(permission) == number) return permission;
  }
  return std::nullopt;
}

absl::Span<const Role> AllRoles() { return kRoles; }

absl::string_view Name(Role role) {
  for (const RoleName& row : kRoleNames) {
    if (row.role == role) return row.name;
  }
  return "UNKNOWN";
}

std::optional<Role> RoleFromName(absl::string_view name) {
  for (const RoleName& row : kRoleNames) {
    if (row.name == name) return row.role;
  }
  return std::nullopt;
}

std::optional<Role> RoleFromNumber(int number) {
  for (const Role role : kRoles) {
    if (static_cast<int>(role) == number) return role;
  }
  return std::nullopt;
}

Scope ScopeOf(Role role, Permission permission) {
  switch (role) {
    case Role::kCaseworker:
      // Handing a case over, and saying that two are of one person, is for
      // its own caseworker or for the supervisor.
      if (Among(permission, {P::kCaseAssign, P::kCaseMerge})) {
        return Scope::kOwn;
      }
      if (IsCaseWork(permission)) return Scope::kTeam;
      return OfficeWide(permission, {P::kPeerRead});
    case Role::kSupervisor:
      // So is taking cases out as a file, for the supervisor alone.
      if (Among(permission, {P::kCaseAssign, P::kCaseMerge, P::kCaseExport,
                             P::kCaseRetention})) {
        return Scope::kTeam;
      }
      if (IsCaseWork(permission)) return Scope::kTeam;
      return OfficeWide(permission, {P::kPeerRead});
    case Role::kFocalPoint:
      // An incoming referral has no team before it is assigned.
      return OfficeWide(
          permission, {P::kReferralRead, P::kReferralAnswer, P::kDisclosureRead,
                       P::kPeerRead, P::kStatusRead});
    case Role::kAnalyst:
      return OfficeWide(permission,
                        {P::kTablePrepare, P::kTrendRead, P::kStatusRead});
    case Role::kAdministrator:
      return OfficeWide(
          permission,
          {P::kPersonAdminister, P::kRetentionAdminister, P::kPeerRead,
           P::kPeerAdminister, P::kPeerConfirm, P::kStatusRead});
    case Role::kDataProtectionOfficer:
      return OfficeWide(
          permission,
          {P::kCaseRetention, P::kRetentionAdminister, P::kConsentRead,
           P::kPeerRead, P::kPeerConfirm, P::kTableRelease, P::kTrendRead,
           P::kStatusRead, P::kLogRead});
    case Role::kAuditor:
      return OfficeWide(permission, {P::kStatusRead, P::kLogRead});
  }
  return Scope::kNone;
}

Caller Caller::Stranger() { return Caller(); }

Caller Caller::ForPerson(const PersonId& person, const SessionId& session,
                         std::set<Role> roles, std::string team) {
  Caller caller;
  caller.person_ = person;
  caller.session_ = session;
  caller.roles_ = std::move(roles);
  caller.team_ = std::move(team);
  return caller;
}

Caller Caller::Node(Permission permission) {
  Caller caller;
  caller.node_permission_ = permission;
  return caller;
}

Scope Caller::ScopeFor(Permission permission) const {
  if (permission == Permission::kNoneNeededToSignIn) return Scope::kOffice;
  if (node_permission_ == permission) return Scope::kOffice;
  if (person_.empty()) return Scope::kNone;
  if (permission == Permission::kSignedIn) return Scope::kOffice;
  Scope widest = Scope::kNone;
  for (const Role role : roles_) {
    widest = std::max(widest, ScopeOf(role, permission));
  }
  return widest;
}

absl::Status Caller::May(Permission permission) const {
  if (ScopeFor(permission) == Scope::kNone) return Error(Reason::kNotAllowed);
  return absl::OkStatus();
}

absl::Status Caller::MayReach(Permission permission, const PersonId& owner,
                              absl::string_view team) const {
  const Scope scope = ScopeFor(permission);
  const bool own = !person_.empty() && owner == person_;
  const bool same_team = !team.empty() && team == team_;
  if (scope == Scope::kOffice) return absl::OkStatus();
  if (scope >= Scope::kOwn && own) return absl::OkStatus();
  if (scope >= Scope::kTeam && same_team) return absl::OkStatus();
  return Error(Reason::kNotAllowed);
}

}  // namespace amparo::people
