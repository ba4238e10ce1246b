// SPDX-License-Identifier: Apache-2.0
//
// Who is meant by a name, and what somebody is called: for rooms whose verbs
// name a colleague. Pure reading; permissions are the caller's business.
#ifndef AMPARO_NODE_PEOPLE_LOOKUP_H_
#define AMPARO_NODE_PEOPLE_LOOKUP_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/ids.h"
#include "node/people/people.h"
#include "node/storage/store.h"
#include "node/storage/table.h"
#include "node/storage/vault.h"

namespace amparo::people {

struct FoundPerson {
  PersonId id;
  storage::Row<Person> row;
};

// nullopt when nobody has the name. ASCII case does not count.
absl::StatusOr<std::optional<FoundPerson>> FindPerson(
    const storage::Reader& reader, const storage::Vault& vault,
    absl::string_view name);

// The name of somebody who is or was here; empty for the node itself and for
// an id that nobody has.
absl::StatusOr<std::string> NameOfPerson(const storage::Reader& reader,
                                         const storage::Vault& vault,
                                         const PersonId& id);

}  // namespace amparo::people

#endif  // AMPARO_NODE_PEOPLE_LOOKUP_H_
