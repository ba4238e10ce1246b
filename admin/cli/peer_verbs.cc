// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "admin/cli/new_file.h"
#include "admin/cli/output.h"
#include "admin/cli/peer_names.h"
#include "admin/cli/verbs.h"
#include "amparo/office/v1/peering.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::Peer;
using office::v1::PeeringAdminService;

struct PeerOptions {
  std::string peer;
  std::string code_file;
  std::string safety_number;
};

std::string PeerText(const Desk& desk, const Peer& peer) {
  Labelled lines;
  lines.Add("Office", peer.name());
  lines.Add("Id", peer.office_id());
  lines.AddIf("Country", peer.country());
  lines.Add("Kind", EnumWord(peer.role()));
  lines.Add("State", EnumWord(peer.state()));
  lines.Add("Safety number", peer.safety_number());
  lines.Add("Confirmed here", peer.confirmed_by_us() ? "yes" : "no");
  lines.Add("Confirmed there", peer.confirmed_by_peer() ? "yes" : "not yet");
  lines.AddIf("Address", peer.address());
  lines.Add("Last heard of", desk.Time(peer.last_hello_at_ms()));
  lines.Add("Its clock is ahead by",
            absl::FormatDuration(absl::Milliseconds(peer.clock_skew_ms())));
  return lines.Text();
}

constexpr char kNextConfirm[] =
    "Next: telephone the office on a number you knew before and compare the\n"
    "safety number; then a second person here runs `amparo peer confirm`.\n";

absl::Status Invite(Desk& desk, const PeerOptions& options) {
  office::v1::InvitePeerRequest request;
  request.set_request_id(NewRequestId());
  std::unique_ptr<NewFile> code_file;
  if (!options.code_file.empty()) {
    ASSIGN_OR_RETURN(code_file,
                     NewFile::Make(options.code_file, "--code-file"));
  }
  ASSIGN_OR_RETURN(office::v1::InvitePeerResponse answer,
                   desk.Call(&PeeringAdminService::Stub::InvitePeer, request));
  const std::string until = desk.Time(answer.expires_at_ms());
  std::string text;
  if (code_file == nullptr) {
    text = absl::StrCat("Invitation, to hand over in confidence, once:\n",
                        answer.code(), "\n");
  } else {
    RETURN_IF_ERROR(code_file->Append(answer.code() + "\n"));
    RETURN_IF_ERROR(code_file->Keep());
    answer.clear_code();
    text = "The invitation is in the code file: hand it over in confidence.\n";
  }
  absl::StrAppend(&text, "It can be accepted once, until ", until, ".\n");
  return desk.Print(answer, text);
}

absl::Status Accept(Desk& desk, const PeerOptions& options) {
  crypto::Secret code;
  if (!options.code_file.empty()) {
    ASSIGN_OR_RETURN(code, ReadSecretFile(options.code_file, "--code-file"));
  } else {
    ASSIGN_OR_RETURN(code, desk.prompter().AskSecret("Invitation"));
  }
  office::v1::RedeemInvitationRequest request;
  request.set_request_id(NewRequestId());
  request.set_code(std::string(code.Reveal()));
  auto answer =
      desk.Call(&PeeringAdminService::Stub::RedeemInvitation, request);
  crypto::Cleanse(request.mutable_code()->data(), request.code().size());
  if (!answer.ok()) return answer.status();
  return desk.Print(*answer,
                    absl::StrCat(PeerText(desk, answer->peer()), kNextConfirm));
}

absl::Status Confirm(Desk& desk, const PeerOptions& options) {
  office::v1::ConfirmPeerRequest request;
  request.set_request_id(NewRequestId());
  ASSIGN_OR_RETURN(std::string id, PeerId(desk, options.peer, "peer"));
  request.set_office_id(std::move(id));
  std::string number = options.safety_number;
  if (number.empty()) {
    // Typed, not shown: it must come from the other office's mouth.
    ASSIGN_OR_RETURN(
        number,
        desk.prompter().Ask("Safety number as the other office reads it out"));
  }
  request.set_safety_number(std::move(number));
  ASSIGN_OR_RETURN(const office::v1::ConfirmPeerResponse answer,
                   desk.Call(&PeeringAdminService::Stub::ConfirmPeer, request));
  return desk.Print(answer, PeerText(desk, answer.peer()));
}

absl::Status Suspend(Desk& desk, const PeerOptions& options) {
  office::v1::SuspendPeerRequest request;
  request.set_request_id(NewRequestId());
  ASSIGN_OR_RETURN(std::string id, PeerId(desk, options.peer, "peer"));
  request.set_office_id(std::move(id));
  ASSIGN_OR_RETURN(const office::v1::SuspendPeerResponse answer,
                   desk.Call(&PeeringAdminService::Stub::SuspendPeer, request));
  return desk.Print(
      answer,
      absl::StrCat(Printable(answer.peer().name()),
                   " is suspended: only recalls and other protective letters "
                   "pass, in both directions.\n"));
}

absl::Status Resume(Desk& desk, const PeerOptions& options) {
  office::v1::ResumePeerRequest request;
  request.set_request_id(NewRequestId());
  ASSIGN_OR_RETURN(std::string id, PeerId(desk, options.peer, "peer"));
  request.set_office_id(std::move(id));
  ASSIGN_OR_RETURN(const office::v1::ResumePeerResponse answer,
                   desk.Call(&PeeringAdminService::Stub::ResumePeer, request));
  return desk.Print(answer,
                    absl::StrCat(PeerText(desk, answer.peer()), kNextConfirm));
}

absl::Status Show(Desk& desk, const PeerOptions& options) {
  office::v1::GetPeerRequest request;
  ASSIGN_OR_RETURN(std::string id, PeerId(desk, options.peer, "peer"));
  request.set_office_id(std::move(id));
  ASSIGN_OR_RETURN(const office::v1::GetPeerResponse answer,
                   desk.Call(&PeeringAdminService::Stub::GetPeer, request));
  return desk.Print(answer, PeerText(desk, answer.peer()));
}

absl::Status List(Desk& desk, const Paging& paging) {
  ASSIGN_OR_RETURN(const auto answer,
                   Gather(desk, &PeeringAdminService::Stub::ListPeers,
                          office::v1::ListPeersRequest(), paging,
                          [](office::v1::ListPeersResponse* page) {
                            return page->mutable_peers();
                          }));
  Columns columns(
      {"Office", "Country", "Kind", "State", "Last heard of", "Id"});
  for (const Peer& peer : answer.peers()) {
    columns.Add({peer.name(), peer.country(), EnumWord(peer.role()),
                 EnumWord(peer.state()), desk.Time(peer.last_hello_at_ms()),
                 peer.office_id()});
  }
  return desk.Print(answer, columns.Text("No peers yet: see `amparo peer "
                                         "invite --help`.") +
                                MoreText(answer.next_page_token()));
}

}  // namespace

void AddPeerVerbs(Verbs& verbs) {
  CLI::App* const noun = verbs.Noun("peer", "Offices this one exchanges with");
  auto options = std::make_shared<PeerOptions>();
  const auto add = [&](const char* name, const char* what, const char* example,
                       absl::Status (*act)(Desk&, const PeerOptions&)) {
    return verbs.Add(noun, name, what, example, [options, act](Desk& desk) {
      return act(desk, *options);
    });
  };
  CLI::App* const invite = add(
      "invite", "Makes a one-use invitation for another office",
      "amparo peer invite\namparo peer invite --code-file kyiv.code", Invite);
  invite->add_option("--code-file", options->code_file,
                     "Write the invitation to this new file of mode 0600");
  CLI::App* const accept =
      add("accept", "Accepts another office's invitation",
          "amparo peer accept    (asks for the invitation)\n"
          "amparo peer accept --code-file kyiv.code",
          Accept);
  accept->add_option("--code-file", options->code_file,
                     "Take the invitation from this file of mode 0600");
  CLI::App* const confirm =
      add("confirm", "The second person's step: the safety number was compared",
          "amparo peer confirm Kyiv    (asks for the safety number)\n"
          "amparo peer confirm Kyiv --safety-number '12345 12345 12345 12345 "
          "12345 12345'",
          Confirm);
  confirm->add_option("--safety-number", options->safety_number,
                      "As the other office read it out");
  CLI::App* const show = add("show", "Shows one peer with its safety number",
                             "amparo peer show Kyiv", Show);
  CLI::App* const suspend =
      add("suspend", "Stops letters to and from a peer at once",
          "amparo peer suspend Kyiv", Suspend);
  CLI::App* const resume =
      add("resume", "Begins to end a suspension; a second person confirms",
          "amparo peer resume Kyiv", Resume);
  for (CLI::App* const verb : {confirm, show, suspend, resume}) {
    verb->add_option("peer", options->peer, "Name or id of the office")
        ->required();
  }
  auto paging = std::make_shared<Paging>();
  CLI::App* const list =
      verbs.Add(noun, "list", "Lists all peers", "amparo peer list",
                [paging](Desk& desk) { return List(desk, *paging); });
  AddPaging(list, paging.get());
}

}  // namespace amparo::cli
