// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/peer_names.h"

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "admin/cli/failure.h"
#include "amparo/office/v1/peering.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::ListPeersRequest;
using office::v1::ListPeersResponse;
using office::v1::PeeringAdminService;

absl::StatusOr<std::map<std::string, std::string>> ReadNames(Desk& desk) {
  ASSIGN_OR_RETURN(
      const ListPeersResponse peers,
      Gather(desk, &PeeringAdminService::Stub::ListPeers, ListPeersRequest(),
             Paging{std::numeric_limits<int>::max(), ""},
             [](ListPeersResponse* page) { return page->mutable_peers(); }));
  std::map<std::string, std::string> names;
  for (const office::v1::Peer& peer : peers.peers()) {
    names.emplace(peer.office_id(), peer.name());
  }
  return names;
}

}  // namespace

bool IsOfficeId(absl::string_view text) {
  return text.size() == 32 &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return absl::ascii_isxdigit(c); });
}

absl::StatusOr<std::string> Resolve(
    const std::map<std::string, std::string>& names,
    absl::string_view name_or_id, absl::string_view field) {
  if (IsOfficeId(name_or_id)) return absl::AsciiStrToLower(name_or_id);
  std::string found;
  for (const auto& [id, name] : names) {
    if (name != name_or_id) continue;
    if (!found.empty()) {
      return Refusal(kReasonPeerAmbiguous, "several offices have this name",
                     field);
    }
    found = id;
  }
  if (found.empty()) {
    return Refusal("PEER_UNKNOWN", "no peer has this name", field);
  }
  return found;
}

absl::StatusOr<std::string> PeerId(Desk& desk, absl::string_view name_or_id,
                                   absl::string_view field) {
  if (IsOfficeId(name_or_id)) return absl::AsciiStrToLower(name_or_id);
  ASSIGN_OR_RETURN(const auto names, ReadNames(desk));
  return Resolve(names, name_or_id, field);
}

absl::StatusOr<std::vector<std::string>> PeerIds(
    Desk& desk, const std::vector<std::string>& names_or_ids,
    absl::string_view field) {
  std::vector<std::string> ids;
  for (const std::string& one : names_or_ids) {
    ASSIGN_OR_RETURN(std::string id, PeerId(desk, one, field));
    ids.push_back(std::move(id));
  }
  return ids;
}

std::map<std::string, std::string> PeerNames(Desk& desk) {
  auto names = ReadNames(desk);
  if (!names.ok()) return {};
  return *std::move(names);
}

std::string NameOr(const std::map<std::string, std::string>& names,
                   const std::string& id) {
  const auto found = names.find(id);
  return found == names.end() ? id : found->second;
}

}  // namespace amparo::cli
