// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/hostile/federation.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "amparo/office/v1/referral.grpc.pb.h"
#include "node/base/status_macros.h"

namespace amparo::hostile {
namespace {

namespace office = ::amparo::office::v1;

constexpr absl::Duration kArrives = absl::Seconds(60);

}  // namespace

Federation::Federation() : hostile_("Elsewhere"), server_(hostile_) {}

absl::StatusOr<std::unique_ptr<Federation>> Federation::Start(
    const NodeOptions& options) {
  std::unique_ptr<Federation> made(new Federation());
  for (auto* const office : {&made->node_, &made->honest_}) {
    NodeOptions named = options;
    named.name = office == &made->node_ ? "Kyiv" : "Minsk";
    ASSIGN_OR_RETURN(
        *office, OfficeProcess::Start(made->folder_.path() + "/" + named.name,
                                      named, AllRolesOfAnOffice()));
  }
  OfficeProcess& node = *made->node_;
  RETURN_IF_ERROR(MakePeers(node, *made->honest_));
  ASSIGN_OR_RETURN(const office::Agreement agreement,
                   Agree(*made->honest_, node, ReferralTerms()));
  made->honest_agreement_ = agreement.agreement_id();
  made->server_.Start(made->hostile_.Credentials());
  made->hostile_.set_address(made->server_.address());
  RETURN_IF_ERROR(made->hostile_.Join(node));
  RETURN_IF_ERROR(made->hostile_.Agree(node));
  ASSIGN_OR_RETURN(made->case_of_node_,
                   made->ConsentedCase(node, made->hostile_.id().hex()));
  ASSIGN_OR_RETURN(made->case_for_honest_,
                   made->ConsentedCase(node, made->honest_->id()));
  ASSIGN_OR_RETURN(made->case_of_honest_,
                   made->ConsentedCase(*made->honest_, node.id()));
  return made;
}

absl::StatusOr<std::string> Federation::ConsentedCase(
    OfficeProcess& office, const std::string& recipient) {
  ASSIGN_OR_RETURN(const std::string number, Register(office, AnIdentity()));
  RETURN_IF_ERROR(GiveConsent(office, number, "TRANSNATIONAL_REFERRAL",
                              recipient, {"CODED_PROFILE", "NEEDS"})
                      .status());
  return number;
}

Line Federation::NewLine() const {
  return Line(node_->node().address(), hostile_.Credentials());
}

absl::Status Federation::Greet() const {
  absl::Status greeted;
  Eventually(kArrives, [&] {
    greeted = NewLine().Hello(hostile_.SignBundle(hostile_.Bundle())).status();
    return ReasonOf(greeted) != Reason::kLimitExceeded;
  });
  return greeted;
}

absl::StatusOr<std::string> Federation::HonestRefers() {
  ASSIGN_OR_RETURN(const std::string referral,
                   Refer(*honest_, case_of_honest_, *node_));
  if (!IsDelivered(honest_->caseworker(), referral, kArrives)) {
    return absl::DeadlineExceededError("an honest peer was not heard");
  }
  return referral;
}

absl::Status Federation::NodeReferralPasses() {
  ASSIGN_OR_RETURN(const std::string referral,
                   Refer(*node_, case_for_honest_, *honest_));
  if (!IsDelivered(node_->caseworker(), referral, kArrives)) {
    return absl::DeadlineExceededError("an honest peer was not written to");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Federation::NodeRefers() {
  ASSIGN_OR_RETURN(
      const office::ProposeReferralResponse response,
      node_->caseworker().Call(&office::ReferralService::Stub::ProposeReferral,
                               AProposal(case_of_node_, hostile_.id().hex())));
  return response.referral().referral_id();
}

absl::StatusOr<Opened> Federation::NodeDelivers() {
  ASSIGN_OR_RETURN(const std::string referral, NodeRefers());
  if (!IsDelivered(node_->caseworker(), referral, kArrives)) {
    return absl::DeadlineExceededError("the node's letter did not come");
  }
  for (const Opened& letter : server_.received()) {
    if (letter.header.thread.hex() == referral) return letter;
  }
  return absl::NotFoundError("the node's letter did not come here");
}

size_t Federation::LogMark() { return FileText(node_->node().log()).size(); }

std::string Federation::LogSince(size_t mark) {
  return FileText(node_->node().log()).substr(mark);
}

bool Federation::Logged(size_t mark, absl::string_view event, Reason reason) {
  const std::string lines = LogSince(mark);
  const std::string named = absl::StrCat("\"event\":\"", event, "\"");
  const std::string why =
      absl::StrCat("\"reason\":\"", ReasonName(reason), "\"");
  for (absl::string_view line : absl::StrSplit(lines, '\n')) {
    if (absl::StrContains(line, named) && absl::StrContains(line, why)) {
      return true;
    }
  }
  return false;
}

}  // namespace amparo::hostile
