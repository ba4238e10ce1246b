// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "admin/cli/output.h"
#include "admin/cli/verbs.h"
#include "amparo/office/v1/status.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

// "awaiting confirmation" for AWAITING_CONFIRMATION.
std::string Words(const std::string& name) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", " "}});
}

std::string StatusText(const Desk& desk,
                       const office::v1::ShowStatusResponse& node) {
  Labelled lines;
  lines.Add("Office",
            absl::StrCat(node.office_name(), node.country().empty() ? "" : ", ",
                         node.country()));
  lines.Add("Id", node.office_id());
  lines.Add("Kind",
            absl::StrCat(Words(node.role()),
                         node.exercise() ? ", EXERCISE: no real person" : ""));
  lines.Add("Version", node.version());
  lines.AddIf("Peers connect to", node.address());
  lines.Add("Log",
            absl::StrCat(Grouped(static_cast<int64_t>(node.log_leaves())),
                         " leaves"));
  Columns peers(
      {"Peer", "State", "Letters waiting", "Failed calls", "Tried next"},
      {2, 3});
  for (const office::v1::PeerStatus& peer : node.peers()) {
    const bool waits = peer.letters_waiting() > 0;
    peers.Add({peer.name(), Words(peer.state()),
               Grouped(peer.letters_waiting()), Grouped(peer.failures()),
               !waits ? "-"
               : peer.next_attempt_ms() == 0
                   ? "at once"
                   : desk.Time(peer.next_attempt_ms())});
  }
  return absl::StrCat(lines.Text(), "\n", peers.Text("No peers yet."));
}

absl::Status ShowStatus(Desk& desk) {
  ASSIGN_OR_RETURN(const office::v1::ShowStatusResponse answer,
                   desk.Call(&office::v1::StatusService::Stub::ShowStatus,
                             office::v1::ShowStatusRequest()));
  return desk.Print(answer, StatusText(desk, answer));
}

}  // namespace

void AddStatusVerb(Verbs& verbs) {
  verbs.Add(nullptr, "status", "How the node is and what waits for each peer",
            "amparo status", ShowStatus);
}

}  // namespace amparo::cli
