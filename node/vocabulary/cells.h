// SPDX-License-Identifier: Apache-2.0
//
// The coded cells of a standard's file and the values of a profile, in both
// directions: what a cell of a field says, and what stands in it for a
// profile. Only fields of the rooms profile and computed; where the others go
// is in fields.h.
#ifndef AMPARO_NODE_VOCABULARY_CELLS_H_
#define AMPARO_NODE_VOCABULARY_CELLS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/vocabulary/crosswalk.h"
#include "node/vocabulary/fields.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::vocabulary {

// Between the codes of one cell.
inline constexpr char kCodeSeparator = ';';

// Whether a cell's text says that nothing is known: what the field's list says
// is unknown ("0" and "00" for countries), and empty, "-99", "-99.0", "NULL",
// "NA", "N/A" and "Unknown" where they are no code ("NA" is Namibia).
bool SaysUnknown(const Field& field, absl::string_view text);

// What the cell says. Unknown is recorded as kUnknown for CTDC files, where
// every column was asked about; an empty cell of HTCDS says nothing at all.
// A cell of a multi-select may hold several codes; when its codes are flags,
// those not in it are unknown, or no when `all_asked`. kCodeUnknown naming
// field and list, kFieldInvalid for a field that is not of the profile.
absl::StatusOr<std::vector<Coded>> ReadCell(const Lists& lists,
                                            const Field& field,
                                            absl::string_view text,
                                            bool all_asked = false);

// What stands in the cell for a profile, by the rules of the crosswalk, as the
// standard spells it: unknown is "-99" in CTDC-63 and empty elsewhere; no is
// "0"; countries are alpha-2 but in CTDC-27. Several codes where the field
// takes one (two citizenships) are unknown: none is chosen. kFieldInvalid for
// a field that is neither of the profile nor computed.
absl::StatusOr<std::string> WriteCell(const Field& field, Pairs pairs);

}  // namespace amparo::vocabulary

#endif  // AMPARO_NODE_VOCABULARY_CELLS_H_
