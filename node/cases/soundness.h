// SPDX-License-Identifier: Apache-2.0
//
// Whether the case registry hangs together, for `amparod fsck`: case, profile
// and identity belong to each other and are under one key, numbers, sources
// and lists lead to the cases both ways.
#ifndef AMPARO_NODE_CASES_SOUNDNESS_H_
#define AMPARO_NODE_CASES_SOUNDNESS_H_

#include "absl/status/status.h"
#include "node/storage/soundness.h"

namespace amparo::cases {

// Checks every table of this room, with the index of words and the marks of
// cases that were erased. Owns the data keys of subjects and third persons.
absl::Status CheckCases(storage::Inspection& inspection);

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_SOUNDNESS_H_
