// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/peer_names.h"
#include "amparo/office/v1/peering.pb.h"
#include "tests/unit/admin/cli/cli_fixture.h"

namespace amparo::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kKyiv[] = "11111111111111111111111111111111";
constexpr char kOther[] = "22222222222222222222222222222222";

class PeerVerb : public CliTest {
 protected:
  void HavePeers(const std::vector<std::pair<std::string, std::string>>& rows) {
    office::v1::ListPeersResponse peers;
    for (const auto& [id, name] : rows) {
      *peers.add_peers() = MakePeer(id, name);
    }
    node_->Answer("PeeringAdminService.ListPeers", peers);
  }

  static office::v1::Peer MakePeer(const std::string& id,
                                   const std::string& name) {
    office::v1::Peer peer;
    peer.set_office_id(id);
    peer.set_name(name);
    peer.set_country("UKR");
    peer.set_role(office::v1::PEER_ROLE_OFFICE);
    peer.set_state(office::v1::PEER_STATE_AWAITING_CONFIRMATION);
    peer.set_safety_number("11111 22222 33333 44444 55555 66666");
    return peer;
  }
};

TEST_F(PeerVerb, ListNeutralisesTheNamesOthersChose) {
  HavePeers({{kKyiv, "Kyiv"}, {kOther, "\x1B]0;owned\x07Kyiv"}});
  const Outcome outcome = Run({"peer", "list"});
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1B")));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x07")));
  EXPECT_THAT(outcome.out, HasSubstr("awaiting confirmation"));
  EXPECT_THAT(Run({"peer", "list", "--json"}).out, Not(HasSubstr("\x1B")));
}

TEST_F(PeerVerb, ListWithoutPeersSaysHowToBegin) {
  HavePeers({});
  EXPECT_EQ(Run({"peer", "list"}).out,
            "No peers yet: see `amparo peer invite --help`.\n");
}

TEST_F(PeerVerb, ShowTakesANameOrAnId) {
  HavePeers({{kKyiv, "Kyiv"}, {kOther, "Odesa"}});
  office::v1::GetPeerResponse response;
  *response.mutable_peer() = MakePeer(kKyiv, "Kyiv");
  node_->Answer("PeeringAdminService.GetPeer", response);
  for (const char* const name : {"Kyiv", kKyiv}) {
    const Outcome outcome = Run({"peer", "show", name});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("11111 22222 33333 44444 55555 66666"));
    EXPECT_EQ(node_
                  ->LastRequest<office::v1::GetPeerRequest>(
                      "PeeringAdminService.GetPeer")
                  .office_id(),
              kKyiv);
  }
}

TEST_F(PeerVerb, ANameOfTwoOfficesIsRefused) {
  HavePeers({{kKyiv, "Kyiv"}, {kOther, "Kyiv"}});
  const Outcome outcome = Run({"peer", "suspend", "Kyiv"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("PEER_AMBIGUOUS"));
  EXPECT_EQ(node_->calls().size(), 1u);
}

TEST_F(PeerVerb, ANameOfNobodyIsRefused) {
  HavePeers({{kKyiv, "Kyiv"}});
  for (const char* const name : {"kyiv", "Kyi", "Kyiv "}) {
    const Outcome outcome = Run({"peer", "suspend", name});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("PEER_UNKNOWN"));
  }
}

TEST_F(PeerVerb, InviteWritesTheCodeToAPrivateFileAndNowhereElse) {
  office::v1::InvitePeerResponse response;
  response.set_code("canary-code");
  node_->Answer("PeeringAdminService.InvitePeer", response);
  const std::string path = folder_ + "/kyiv.code";
  const Outcome outcome = Run({"peer", "invite", "--code-file", path});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("canary-code")));
  EXPECT_EQ(Read(path), "canary-code\n");
  EXPECT_EQ(ModeOf(path), 0600u);
  EXPECT_THAT(Run({"peer", "invite"}).out, HasSubstr("canary-code"));
}

TEST_F(PeerVerb, InviteAsksNothingWhenTheCodeFileCannotBeMade) {
  const Outcome outcome =
      Run({"peer", "invite", "--code-file", folder_ + "/none/kyiv.code"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--code-file"));
  EXPECT_TRUE(node_->calls().empty());
}

TEST_F(PeerVerb, AcceptAsksForTheCodeOrReadsAFile) {
  office::v1::RedeemInvitationResponse response;
  *response.mutable_peer() = MakePeer(kKyiv, "Kyiv");
  node_->Answer("PeeringAdminService.RedeemInvitation", response);
  const auto code = [this] {
    return node_
        ->LastRequest<office::v1::RedeemInvitationRequest>(
            "PeeringAdminService.RedeemInvitation")
        .code();
  };
  prompter_.answers = {"typed-code"};
  const Outcome typed = Run({"peer", "accept"});
  EXPECT_EQ(typed.code, 0) << typed.err;
  EXPECT_THAT(typed.out, HasSubstr("telephone the office"));
  EXPECT_EQ(code(), "typed-code");
  EXPECT_EQ(
      Run({"peer", "accept", "--code-file", Write("code", "file-code\n")}).code,
      0);
  EXPECT_EQ(code(), "file-code");
}

TEST_F(PeerVerb, ConfirmSendsTheNumberThatWasReadOutAndShowsNone) {
  HavePeers({{kKyiv, "Kyiv"}});
  office::v1::ConfirmPeerResponse response;
  *response.mutable_peer() = MakePeer(kKyiv, "Kyiv");
  node_->Answer("PeeringAdminService.ConfirmPeer", response);
  prompter_.answers = {"11111 22222"};
  EXPECT_EQ(Run({"peer", "confirm", "Kyiv"}).code, 0);
  EXPECT_EQ(node_
                ->LastRequest<office::v1::ConfirmPeerRequest>(
                    "PeeringAdminService.ConfirmPeer")
                .safety_number(),
            "11111 22222");
  // Showing ours would invite people to copy it.
  ASSERT_EQ(prompter_.questions.size(), 1u);
  EXPECT_THAT(prompter_.questions[0], Not(HasSubstr("11111")));
}

}  // namespace
}  // namespace amparo::cli
