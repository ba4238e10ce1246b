// SPDX-License-Identifier: Apache-2.0
//
// Who calls, and what they may do. Every action takes a Caller first and asks
// it before it looks at anything else. Roles are sets of permissions; what no
// role grants is refused (security page, "People").
#ifndef AMPARO_NODE_PEOPLE_CALLER_H_
#define AMPARO_NODE_PEOPLE_CALLER_H_

#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/base/ids.h"

namespace amparo::people {

// The numbers of office.v1.Permission.
enum class Permission : int {
  kNoneNeededToSignIn = 1,
  kSignedIn = 2,
  kPersonAdminister = 3,
  kCaseRead = 10,
  kCaseWrite = 11,
  kCaseImport = 12,
  kIdentityRead = 13,
  kCaseAssign = 14,
  kCaseClose = 15,
  kCaseMerge = 16,
  kCaseExport = 17,
  kCaseSearch = 19,
  kCaseRetention = 24,
  kRetentionAdminister = 25,
  kConsentRead = 20,
  kConsentWrite = 21,
  kReferralRead = 30,
  kReferralPropose = 31,
  kReferralAnswer = 32,
  kDisclosureRead = 33,
  kPeerRead = 40,
  kPeerAdminister = 41,
  kPeerConfirm = 42,
  kTablePrepare = 50,
  kTableRelease = 51,
  kTrendRead = 52,
  kStatusRead = 60,
  kLogRead = 61,
};
absl::Span<const Permission> AllPermissions();
// nullopt for a number that is not in the list.
std::optional<Permission> PermissionFromNumber(int number);

// Frozen numbers: they are on disk.
enum class Role : int {
  kCaseworker = 1,
  kSupervisor = 2,
  kFocalPoint = 3,
  kAnalyst = 4,
  kAdministrator = 5,
  kDataProtectionOfficer = 6,
  kAuditor = 7,
};
absl::Span<const Role> AllRoles();
// Stable name, e.g. "FOCAL_POINT".
absl::string_view Name(Role role);
std::optional<Role> RoleFromName(absl::string_view name);
std::optional<Role> RoleFromNumber(int number);

// How far a permission goes among records that have an owner and a team.
// Ordered: each holds the one before it.
enum class Scope : int { kNone = 0, kOwn = 1, kTeam = 2, kOffice = 3 };

// What a role grants for a permission; kNone when it does not. kOffice for
// permissions that are not about records with an owner.
Scope ScopeOf(Role role, Permission permission);

// A value; safe to share between threads. Made from a session by
// people::Gate, or by the node for work nobody asked for.
class Caller {
 public:
  // Nobody: may only sign in.
  static Caller Stranger();
  // A signed-in person with the roles and team they have at this moment.
  static Caller ForPerson(const PersonId& person, const SessionId& session,
                          std::set<Role> roles, std::string team);
  // The node itself, for one permission over the whole office. Its PersonId
  // is empty, as in the log.
  static Caller Node(Permission permission);

  // OK, or kNotAllowed, whose text is always the same.
  absl::Status May(Permission permission) const;

  // May(permission), and the record is within its scope: it is the caller's
  // own, of the caller's team (an empty team matches nothing), or the scope
  // is the office. kNotAllowed otherwise: "not yours" and "not there" look
  // the same, so answer a missing record with Error(Reason::kNotAllowed) too.
  absl::Status MayReach(Permission permission, const PersonId& owner,
                        absl::string_view team) const;

  // The widest scope any role grants.
  Scope ScopeFor(Permission permission) const;

  const PersonId& person() const { return person_; }
  const SessionId& session() const { return session_; }
  const std::set<Role>& roles() const { return roles_; }
  // Empty: in no team.
  const std::string& team() const { return team_; }

 private:
  Caller() = default;

  PersonId person_;
  SessionId session_;
  std::set<Role> roles_;
  std::string team_;
  std::optional<Permission> node_permission_;
};

}  // namespace amparo::people

#endif  // AMPARO_NODE_PEOPLE_CALLER_H_
