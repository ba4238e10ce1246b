// SPDX-License-Identifier: Apache-2.0
//
// Offices by name: people say "Washington", the office API says 32 hexadecimal
// digits.
#ifndef AMPARO_ADMIN_CLI_PEER_NAMES_H_
#define AMPARO_ADMIN_CLI_PEER_NAMES_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin/cli/desk.h"

namespace amparo::cli {

// Whether it is an office id: 32 hexadecimal digits.
bool IsOfficeId(absl::string_view text);

// The id of a peer given by id or exact name; `field` is the option, for
// messages. PEER_UNKNOWN when no peer has the name, PEER_AMBIGUOUS when
// several have it.
absl::StatusOr<std::string> PeerId(Desk& desk, absl::string_view name_or_id,
                                   absl::string_view field);
absl::StatusOr<std::vector<std::string>> PeerIds(
    Desk& desk, const std::vector<std::string>& names_or_ids,
    absl::string_view field);

// The one of `names` (id to name) that is meant; as PeerId.
absl::StatusOr<std::string> Resolve(
    const std::map<std::string, std::string>& names,
    absl::string_view name_or_id, absl::string_view field);

// Names of all peers by id, for showing; empty when the caller may not read
// them.
std::map<std::string, std::string> PeerNames(Desk& desk);

// The name in `names`, or the id itself.
std::string NameOr(const std::map<std::string, std::string>& names,
                   const std::string& id);

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_PEER_NAMES_H_
