// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/hostile/peer_line.h"

#include <grpcpp/generic/generic_stub.h>

#include <utility>

#include "absl/synchronization/notification.h"
#include "amparo/peer/v1/letter.grpc.pb.h"
#include "amparo/peer/v1/peering.grpc.pb.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/delivery/transport_status.h"

namespace amparo::hostile {
namespace {

namespace wire = ::amparo::peer::v1;

constexpr absl::Duration kCallEnds = absl::Seconds(60);

void EndInTime(grpc::ClientContext& context) {
  context.set_deadline(absl::ToChronoTime(SystemClock().Now() + kCallEnds));
}

// One call of a stub; the reason that the node named for a refused one.
template <class Stub, class Request, class Response>
absl::StatusOr<Response> Ask(const std::shared_ptr<grpc::Channel>& channel,
                             grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                          const Request&,
                                                          Response*),
                             const Request& request) {
  Stub stub(channel, {});
  grpc::ClientContext context;
  EndInTime(context);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  RETURN_IF_ERROR(delivery::FromPeer(status, context));
  return response;
}

}  // namespace

Line::Line(const std::string& address, const PeerCredentials& credentials)
    : channel_(PeerChannel(address, credentials)) {}

absl::StatusOr<wire::DeliverResponse> Line::Deliver(
    const std::vector<std::string>& letters) const {
  wire::DeliverRequest request;
  for (const std::string& letter : letters) request.add_letters(letter);
  return Ask(channel_, &wire::DeliveryService::Stub::Deliver, request);
}

absl::StatusOr<wire::DeliverOutcome> Line::Deliver(
    const std::string& letter) const {
  ASSIGN_OR_RETURN(const wire::DeliverResponse response,
                   Deliver(std::vector<std::string>{letter}));
  if (response.outcomes_size() != 1) {
    return absl::InternalError("one letter had not one outcome");
  }
  return response.outcomes(0);
}

absl::StatusOr<wire::HelloResponse> Line::Hello(
    const wire::SignedBody& bundle,
    const std::function<void(wire::HelloRequest&)>& change) const {
  wire::HelloRequest request;
  request.set_protocol_min(1);
  request.set_protocol_max(1);
  request.set_now_ms(absl::ToUnixMillis(SystemClock().Now()));
  *request.mutable_key_bundle() = bundle;
  request.set_confirmed(true);
  if (change) change(request);
  return Ask(channel_, &wire::PeeringService::Stub::Hello, request);
}

absl::StatusOr<wire::AcceptInvitationResponse> Line::AcceptInvitation(
    const wire::AcceptInvitationRequest& request) const {
  return Ask(channel_, &wire::PeeringService::Stub::AcceptInvitation, request);
}

grpc::Status Line::Call(const std::string& method,
                        const std::string& request) const {
  grpc::GenericStub stub(channel_);
  grpc::ClientContext context;
  EndInTime(context);
  const grpc::Slice slice(request);
  const grpc::ByteBuffer bytes(&slice, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  absl::Notification done;
  stub.UnaryCall(&context, method, {}, &bytes, &response,
                 [&](grpc::Status answered) {
                   status = std::move(answered);
                   done.Notify();
                 });
  done.WaitForNotification();
  return status;
}

std::string Line::NodeCertificate() const {
  wire::DeliveryService::Stub stub(channel_, {});
  grpc::ClientContext context;
  EndInTime(context);
  wire::DeliverResponse response;
  if (!stub.Deliver(&context, {}, &response).ok()) return "";
  const auto found = context.auth_context()->FindPropertyValues(
      GRPC_X509_PEM_CERT_PROPERTY_NAME);
  return found.size() == 1 ? std::string(found[0].data(), found[0].size()) : "";
}

std::string OutcomeName(const absl::StatusOr<wire::DeliverOutcome>& outcome) {
  if (outcome.ok() && outcome->has_receipt()) return "RECEIPT";
  const Reason reason =
      outcome.ok()
          ? ReasonFromNumber(static_cast<int>(outcome->refusal().reason()))
                .value_or(Reason::kUnspecified)
          : ReasonOf(outcome.status());
  const absl::string_view name = ReasonName(reason);
  return std::string(name.data(), name.size());
}

}  // namespace amparo::hostile
