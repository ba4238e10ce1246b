// SPDX-License-Identifier: Apache-2.0
//
// Between office/v1 and the values of cases: what several of the gRPC faces of
// this room read and write. Each message has its codec in one place.
#ifndef AMPARO_NODE_CASES_CASES_WIRE_H_
#define AMPARO_NODE_CASES_CASES_WIRE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "amparo/office/v1/case_entries.pb.h"
#include "amparo/office/v1/cases.pb.h"
#include "node/cases/case_desk.h"
#include "node/cases/cases.h"
#include "node/cases/entries.h"
#include "node/cases/history.h"
#include "node/people/caller.h"

namespace amparo::cases {

// kFieldInvalid naming the field.
absl::StatusOr<Identity> ReadIdentity(const office::v1::CaseIdentity& from);
absl::StatusOr<Wording> ReadWording(const office::v1::CaseEntryWording& from);

void Write(const Identity& identity, office::v1::CaseIdentity* out);
void Write(const Wording& wording, office::v1::CaseEntryWording* out);

// These read names of colleagues and numbers of other cases.
absl::Status Write(const CaseDesk& desk, const Case& file,
                   const people::Caller& caller, office::v1::CaseSummary* out);
absl::Status Write(const CaseDesk& desk, const Entry& entry,
                   office::v1::CaseEntry* out);
absl::Status Write(const CaseDesk& desk, const CaseChange& change,
                   office::v1::CaseChange* out);

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_CASES_WIRE_H_
