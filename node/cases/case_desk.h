// SPDX-License-Identifier: Apache-2.0
//
// What every verb on cases begins and ends with: reaching one case, or looking
// over many, within the caller's scope, and changing one once however often
// the request is repeated.
#ifndef AMPARO_NODE_CASES_CASE_DESK_H_
#define AMPARO_NODE_CASES_CASE_DESK_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "node/cases/columns.h"
#include "node/cases/foreign/importer.h"
#include "node/cases/registry.h"
#include "node/people/caller.h"
#include "node/people/requests.h"
#include "node/storage/table.h"

namespace amparo::cases {

// Whose cases the caller may look over with the permission, which it has.
Viewer ViewerOf(const people::Caller& caller, people::Permission permission);

// Thread-safe. All that it refers to must outlive it.
class CaseDesk {
 public:
  CaseDesk(const ImportServices& services, const people::Requests& requests)
      : services_(services), requests_(requests) {}

  // The case, if the caller may reach it with `needed`. A case outside the
  // scope answers exactly as one that is not there: kNotAllowed.
  absl::StatusOr<storage::Row<Case>> Reach(const people::Caller& caller,
                                           people::Permission needed,
                                           absl::string_view number) const;

  // Calls `build` with a new batch and commits it, again as long as the commit
  // meets a conflict; what `build` answers (ids and states only) is kept for
  // the request, and given again without a change when it comes again.
  using Build = std::function<absl::StatusOr<std::string>(storage::Batch&)>;
  absl::StatusOr<std::string> Once(const people::Caller& caller,
                                   const RequestId& request,
                                   absl::string_view body_digest,
                                   const Build& build) const;

  // Adds a leaf about the case, sealed under its subject's key.
  absl::Status Record(
      storage::Batch& batch, audit::EventKind kind,
      const people::Caller& caller, const storage::Row<Case>& file,
      std::vector<std::pair<std::string, std::string>> more) const;

  // The token for opening the identity of this case.
  absl::StatusOr<IdentityAccess> OpenIdentity(const people::Caller& caller,
                                              const Case& file) const;

  // Name of a colleague, empty when nobody has the id.
  absl::StatusOr<std::string> NameOf(const PersonId& id) const;
  // Number of a case, empty for an empty id.
  absl::StatusOr<std::string> NumberOf(const CaseId& id) const;

  absl::CivilDay Today() const;
  // The day it is anywhere already: nothing has happened after it.
  absl::CivilDay Latest() const;
  const ImportServices& services() const { return services_; }
  const storage::Store& store() const { return services_.store; }
  const Registry& registry() const { return services_.registry; }

  template <class IdType>
  absl::StatusOr<IdType> FreshId() const {
    return IdType::FromBytes(
        crypto::RandomBytes(services_.random, IdType::kSize));
  }

 private:
  const ImportServices services_;
  const people::Requests& requests_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_CASE_DESK_H_
