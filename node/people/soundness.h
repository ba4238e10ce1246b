// SPDX-License-Identifier: Apache-2.0
//
// Whether the people of the office hang together, for `amparod fsck`: names
// lead to persons both ways, sessions and kept answers belong to somebody.
#ifndef AMPARO_NODE_PEOPLE_SOUNDNESS_H_
#define AMPARO_NODE_PEOPLE_SOUNDNESS_H_

#include "absl/status/status.h"
#include "node/storage/soundness.h"

namespace amparo::people {

// Checks persons, person_names, sessions and requests. Keeps the ids of the
// office's persons in memory, at most kPersonsMax.
absl::Status CheckPeople(storage::Inspection& inspection);

}  // namespace amparo::people

#endif  // AMPARO_NODE_PEOPLE_SOUNDNESS_H_
