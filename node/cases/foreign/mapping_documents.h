// SPDX-License-Identifier: Apache-2.0
//
// Mapping files as JSON: read strictly, and put together with what they
// extend. The formats that ship with the program (formats/*.json) are such
// files; a mapping extends them by name.
#ifndef AMPARO_NODE_CASES_FOREIGN_MAPPING_DOCUMENTS_H_
#define AMPARO_NODE_CASES_FOREIGN_MAPPING_DOCUMENTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "nlohmann/json_fwd.hpp"
#include "node/cases/foreign/mapping.h"

namespace amparo::cases {

// Names of the formats that ship: "ctdc-27", "ctdc-63", "htcds".
std::vector<absl::string_view> BuiltInFormats();
// Its mapping; empty for any other name.
absl::string_view BuiltInFormat(absl::string_view name);

// The mapping `json` with everything it extends, as one object without
// "extends". What a mapping says replaces what it extends says: "columns" and
// "constants" entry by entry, where null takes the entry away, and every other
// key whole. kMappingInvalid: no JSON, a key that stands twice, nested too
// deeply, no object; a name that is neither built in nor in `bases`, that leads
// back to itself, or more than limits::kMappingDepthMax of them; an entry taken
// away that is not there; a base of a built-in name. kLimitExceeded over
// limits::kMappingBytesMax each or limits::kMappingBasesMax bases.
absl::StatusOr<nlohmann::json> ResolveMapping(
    absl::string_view json, absl::Span<const MappingDocument> bases);

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_FOREIGN_MAPPING_DOCUMENTS_H_
