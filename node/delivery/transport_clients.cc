// SPDX-License-Identifier: Apache-2.0
#include <grpc/support/time.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "amparo/peer/v1/letter.grpc.pb.h"
#include "amparo/peer/v1/peering.grpc.pb.h"
#include "crypto/certificate/tls_floor.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/log.h"
#include "node/base/status_macros.h"
#include "node/delivery/transport.h"
#include "node/delivery/transport_status.h"

namespace amparo::delivery {
namespace {

namespace tls = ::grpc::experimental;
namespace wire = ::amparo::peer::v1;

// The delivery's back-off decides when to call again; the channel's own must
// not make it wait longer.
constexpr int kReconnectFirstMs = 200;
constexpr int kReconnectMaxMs = 1000;
constexpr int kKeepaliveMs = 60000;

int Millis(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

// Judges the server we called: signed by the pinned key, the right office.
class ServerVerifier final : public tls::ExternalCertificateVerifier {
 public:
  ServerVerifier(crypto::P256PublicKey pin, std::optional<OfficeId> office,
                 std::shared_ptr<peering::ServerChecks> checks,
                 const Clock* clock)
      : pin_(std::move(pin)),
        office_(office),
        checks_(std::move(checks)),
        clock_(*clock) {}

  bool Verify(tls::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const grpc::string_ref pem = request->peer_cert();
    const absl::Status checked = peering::Admission::CheckServer(
        absl::string_view(pem.data(), pem.size()), pin_, office_, clock_.Now());
    if (office_.has_value()) checks_->Note(*office_, ReasonOf(checked));
    if (!checked.ok()) {
      Log("server_refused", {LogField::Peer(office_.value_or(OfficeId())),
                             LogField::Why(ReasonOf(checked))});
    }
    *sync_status = checked.ok()
                       ? grpc::Status::OK
                       : grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "");
    return true;  // Answered here and now.
  }
  void Cancel(tls::TlsCustomVerificationCheckRequest*) override {}

 private:
  const crypto::P256PublicKey pin_;
  const std::optional<OfficeId> office_;
  const std::shared_ptr<peering::ServerChecks> checks_;
  const Clock& clock_;
};

std::shared_ptr<grpc::Channel> Connect(const std::string& address,
                                       const peering::TlsIdentity& identity,
                                       const crypto::P256PublicKey& pin,
                                       std::optional<OfficeId> office,
                                       const peering::Peers& peers,
                                       const Clock& clock) {
  // gRPC wants the key as a string and keeps a copy of its own.
  const absl::string_view key = identity.private_key_pem.Reveal();
  auto provider = std::make_shared<tls::StaticDataCertificateProvider>(
      std::vector<tls::IdentityKeyCertPair>{
          {std::string(key.data(), key.size()), identity.certificate_pem}});
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(std::move(provider));
  options.watch_identity_key_cert_pairs();
  // No chain and no host name: our verifier judges, and it always runs.
  options.set_verify_server_certs(false);
  options.set_check_call_host(false);
  options.set_certificate_verifier(
      tls::ExternalCertificateVerifier::Create<ServerVerifier>(
          pin, office, peers.server_checks(), &clock));
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectFirstMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMaxMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS,
                   Millis(limits::kHandshakeTimeout));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH,
                   static_cast<int>(limits::kRpcMessageBytesMax));
  return grpc::CreateCustomChannel(address, tls::TlsCredentials(options),
                                   arguments);
}

absl::StatusOr<Outcome> ReadOutcome(const wire::DeliverOutcome& in) {
  Outcome outcome;
  switch (in.outcome_case()) {
    case wire::DeliverOutcome::kReceipt:
      outcome.receipt = in.receipt().SerializeAsString();
      // Not a refusal: that would end the letter.
      if (outcome.receipt.empty() ||
          outcome.receipt.size() > limits::kReceiptBytesMax) {
        break;
      }
      return outcome;
    case wire::DeliverOutcome::kRefusal:
      // A reason of a later version: the letter stays and is sent again.
      outcome.refusal =
          ReasonFromNumber(static_cast<int>(in.refusal().reason()))
              .value_or(Reason::kUnspecified);
      return outcome;
    case wire::DeliverOutcome::OUTCOME_NOT_SET:
      break;
  }
  return Error(Reason::kReceiptInvalid);
}

}  // namespace

class PeerClients::Impl {
 public:
  Impl(const peering::OwnOffice& own, const peering::Peers& peers,
       const Clock& clock, crypto::RandomSource& random)
      : own_(own), peers_(peers), clock_(clock), random_(random) {}

  absl::StatusOr<std::vector<Outcome>> Deliver(
      const OfficeId& id, absl::Span<const std::string> letters) {
    ASSIGN_OR_RETURN(const peering::Peer peer, peers_.Get(id));
    ASSIGN_OR_RETURN(const auto channel, ChannelTo(peer));
    const auto stub = wire::DeliveryService::NewStub(channel);
    wire::DeliverRequest request;
    for (const std::string& letter : letters) request.add_letters(letter);
    wire::DeliverResponse response;
    RETURN_IF_ERROR(Call([&](grpc::ClientContext& context) {
      return stub->Deliver(&context, request, &response);
    }));
    if (response.outcomes_size() != request.letters_size()) {
      return Error(Reason::kReceiptInvalid);
    }
    std::vector<Outcome> outcomes;
    for (const wire::DeliverOutcome& in : response.outcomes()) {
      ASSIGN_OR_RETURN(Outcome outcome, ReadOutcome(in));
      outcomes.push_back(std::move(outcome));
    }
    return outcomes;
  }

  absl::StatusOr<std::string> AcceptInvitation(
      const peering::InvitationCode& code, absl::string_view bytes) {
    ASSIGN_OR_RETURN(const peering::TlsIdentity identity,
                     code.ClientIdentity(clock_.Now(), random_));
    const auto stub = wire::PeeringService::NewStub(
        Connect(code.address(), identity, code.office_key(), std::nullopt,
                peers_, clock_));
    wire::AcceptInvitationRequest request;
    if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return Error(Reason::kInternal);
    }
    wire::AcceptInvitationResponse response;
    RETURN_IF_ERROR(Call([&](grpc::ClientContext& context) {
      return stub->AcceptInvitation(&context, request, &response);
    }));
    return response.SerializeAsString();
  }

  absl::StatusOr<std::string> Hello(const peering::Peer& peer,
                                    absl::string_view bytes) {
    ASSIGN_OR_RETURN(const auto channel, ChannelTo(peer));
    const auto stub = wire::PeeringService::NewStub(channel);
    wire::HelloRequest request;
    if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return Error(Reason::kInternal);
    }
    wire::HelloResponse response;
    RETURN_IF_ERROR(Call([&](grpc::ClientContext& context) {
      return stub->Hello(&context, request, &response);
    }));
    return response.SerializeAsString();
  }

  void Shutdown() {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    for (grpc::ClientContext* call : calls_) call->TryCancel();
    channels_.clear();
  }

 private:
  struct Line {
    std::string address;
    uint64_t generation = 0;
    std::shared_ptr<grpc::Channel> channel;
  };

  absl::StatusOr<std::shared_ptr<grpc::Channel>> ChannelTo(
      const peering::Peer& peer) {
    if (peer.address().empty()) return Error(Reason::kUnavailable);
    const uint64_t generation = own_.tls_generation();
    absl::MutexLock lock(&mutex_);
    if (stopped_) return Error(Reason::kUnavailable);
    Line& line = channels_[peer.id];
    if (line.channel == nullptr || line.address != peer.address() ||
        line.generation != generation) {
      line.address = peer.address();
      line.generation = generation;
      line.channel = Connect(line.address, own_.tls_identity(), peer.office_key,
                             peer.id, peers_, clock_);
    }
    return line.channel;
  }

  // Runs one call with its deadline; Shutdown() can end it.
  template <class Function>
  absl::Status Call(const Function& function) {
    grpc::ClientContext context;
    context.set_deadline(gpr_time_from_millis(
        Millis(limits::kDeliverCallTimeout), GPR_TIMESPAN));
    {
      absl::MutexLock lock(&mutex_);
      if (stopped_) return Error(Reason::kUnavailable);
      calls_.insert(&context);
    }
    const grpc::Status status = function(context);
    absl::MutexLock lock(&mutex_);
    calls_.erase(&context);
    return FromPeer(status, context);
  }

  const peering::OwnOffice& own_;
  const peering::Peers& peers_;
  const Clock& clock_;
  crypto::RandomSource& random_;
  absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<OfficeId, Line> channels_ ABSL_GUARDED_BY(mutex_);
  std::set<grpc::ClientContext*> calls_ ABSL_GUARDED_BY(mutex_);
};

PeerClients::PeerClients(const peering::OwnOffice& own,
                         const peering::Peers& peers, const Clock& clock,
                         crypto::RandomSource& random)
    : impl_(std::make_unique<Impl>(own, peers, clock, random)) {}

PeerClients::~PeerClients() { impl_->Shutdown(); }

absl::StatusOr<std::vector<Outcome>> PeerClients::Deliver(
    const OfficeId& peer, absl::Span<const std::string> letters) {
  RETURN_IF_ERROR(crypto::RequireTls13());
  return impl_->Deliver(peer, letters);
}

absl::StatusOr<std::string> PeerClients::AcceptInvitation(
    const peering::InvitationCode& code, absl::string_view request) {
  RETURN_IF_ERROR(crypto::RequireTls13());
  return impl_->AcceptInvitation(code, request);
}

absl::StatusOr<std::string> PeerClients::Hello(const peering::Peer& peer,
                                               absl::string_view request) {
  RETURN_IF_ERROR(crypto::RequireTls13());
  return impl_->Hello(peer, request);
}

void PeerClients::Shutdown() { impl_->Shutdown(); }

}  // namespace amparo::delivery
