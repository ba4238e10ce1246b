// SPDX-License-Identifier: Apache-2.0
#include <grpc/support/time.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <atomic>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "amparo/peer/v1/letter.grpc.pb.h"
#include "amparo/peer/v1/peering.grpc.pb.h"
#include "crypto/base/digest.h"
#include "crypto/base/random.h"
#include "crypto/certificate/tls_floor.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/log.h"
#include "node/base/status_macros.h"
#include "node/delivery/call_allowance.h"
#include "node/delivery/doorkeeper.h"
#include "node/delivery/transport.h"
#include "node/delivery/transport_status.h"
#include "node/delivery/transport_watch.h"

namespace amparo::delivery {
namespace {

namespace tls = ::grpc::experimental;
namespace wire = ::amparo::peer::v1;

constexpr int kMetadataBytesMax = 8 * 1024;
constexpr int kPingIntervalMinMs = 30000;
// After the calls under way: for goodbyes to those who listen.
constexpr int64_t kGoodbyeMs = 50;
// A certificate that passed is not verified again within this time; what the
// caller may do is asked on every call all the same.
constexpr absl::Duration kIdentityMemory = absl::Seconds(10);
constexpr size_t kIdentitiesMax = 1024;

int Millis(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

// Who holds a certificate. Thread-safe.
class Identities {
 public:
  Identities(const peering::Admission& admission, const Clock& clock)
      : admission_(admission), clock_(clock) {}

  absl::StatusOr<peering::PeerIdentity> Of(absl::string_view pem) {
    const absl::Time now = clock_.Now();
    const std::string key = crypto::Sha256(pem);
    {
      absl::MutexLock lock(&mutex_);
      const auto known = known_.find(key);
      if (known != known_.end() && known->second.checked_at <= now &&
          now < known->second.checked_at + kIdentityMemory) {
        return known->second.identity;
      }
    }
    ASSIGN_OR_RETURN(const peering::PeerIdentity identity,
                     admission_.CheckCertificate(pem, now));
    absl::MutexLock lock(&mutex_);
    if (known_.size() >= kIdentitiesMax) known_.clear();
    known_[key] = Known{identity, now};
    return identity;
  }

  // The whole question of a call.
  absl::StatusOr<peering::PeerIdentity> Admit(const grpc::AuthContext& context,
                                              absl::string_view method) {
    const std::vector<grpc::string_ref> found =
        context.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
    if (found.size() != 1) return Error(Reason::kPeerUnknown);
    ASSIGN_OR_RETURN(const peering::PeerIdentity identity,
                     Of(absl::string_view(found[0].data(), found[0].size())));
    RETURN_IF_ERROR(admission_.MayCall(identity, method, clock_.Now()));
    return identity;
  }

 private:
  struct Known {
    peering::PeerIdentity identity;
    absl::Time checked_at;
  };
  const peering::Admission& admission_;
  const Clock& clock_;
  absl::Mutex mutex_;
  std::map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);
};

void LogRefusal(const absl::Status& why) {
  Log("peer_refused", {LogField::Why(ReasonOf(why))});
}

// The whole of a call that was let in.
absl::Status RefusedCall(const peering::PeerIdentity& identity,
                         const absl::Status& why) {
  Log("call_refused", {LogField::Peer(identity.office.value_or(OfficeId())),
                       LogField::Why(ReasonOf(why))});
  return why;
}

// Judges a client's certificate in the handshake.
class ClientVerifier final : public tls::ExternalCertificateVerifier {
 public:
  explicit ClientVerifier(Identities& identities) : identities_(identities) {}

  bool Verify(tls::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const grpc::string_ref pem = request->peer_cert();
    const absl::Status found =
        identities_.Of(absl::string_view(pem.data(), pem.size())).status();
    if (!found.ok()) LogRefusal(found);
    *sync_status = found.ok()
                       ? grpc::Status::OK
                       : grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "");
    return true;  // Answered here and now.
  }
  void Cancel(tls::TlsCustomVerificationCheckRequest*) override {}

 private:
  Identities& identities_;
};

// Admits each call.
class CallGate final : public grpc::AuthMetadataProcessor {
 public:
  CallGate(Identities& identities, const std::atomic<bool>& closed)
      : identities_(identities), closed_(closed) {}

  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata,
                       grpc::AuthContext* context, OutputMetadata*,
                       OutputMetadata*) override {
    if (closed_) return ToPeerBeforeCall(Reason::kUnavailable);
    const RequestScope request(crypto::RandomNumber(crypto::SystemRandom()));
    const auto path = metadata.find(":path");
    if (path == metadata.end()) {
      return ToPeerBeforeCall(Reason::kNotAllowed);
    }
    const absl::Status admitted =
        identities_
            .Admit(*context,
                   absl::string_view(path->second.data(), path->second.size()))
            .status();
    if (admitted.ok()) return grpc::Status::OK;
    LogRefusal(admitted);
    return ToPeerBeforeCall(ReasonOf(admitted));
  }

 private:
  Identities& identities_;
  const std::atomic<bool>& closed_;
};

class Deliveries final : public wire::DeliveryService::Service {
 public:
  Deliveries(Identities& identities, Inbox& inbox)
      : identities_(identities), inbox_(inbox) {}

  grpc::Status Deliver(grpc::ServerContext* context,
                       const wire::DeliverRequest* request,
                       wire::DeliverResponse* response) override {
    const RequestScope scope(crypto::RandomNumber(crypto::SystemRandom()));
    return ToPeer(Take(*context, *request, *response), *context);
  }

 private:
  absl::Status Take(const grpc::ServerContext& context,
                    const wire::DeliverRequest& request,
                    wire::DeliverResponse& response) {
    ASSIGN_OR_RETURN(
        const peering::PeerIdentity identity,
        identities_.Admit(*context.auth_context(),
                          "/amparo.peer.v1.DeliveryService/Deliver"));
    if (!identity.office.has_value()) return Error(Reason::kNotAllowed);
    if (request.letters_size() > static_cast<int>(limits::kBatchLettersMax)) {
      return RefusedCall(identity, Error(Reason::kLimitExceeded));
    }
    std::vector<std::string> letters(request.letters().begin(),
                                     request.letters().end());
    size_t bytes = 0;
    for (const std::string& letter : letters) bytes += letter.size();
    if (bytes > limits::kBatchBytesMax) {
      return RefusedCall(identity, Error(Reason::kLimitExceeded));
    }
    for (const Outcome& outcome : inbox_.Accept(*identity.office, letters)) {
      wire::DeliverOutcome& out = *response.add_outcomes();
      if (outcome.receipt.empty()) {
        out.mutable_refusal()->set_reason(
            static_cast<uint32_t>(outcome.refusal));
      } else if (!out.mutable_receipt()->ParseFromString(outcome.receipt)) {
        return Error(Reason::kRecordDamaged);
      }
    }
    return absl::OkStatus();
  }

  Identities& identities_;
  Inbox& inbox_;
};

class Peerings final : public wire::PeeringService::Service {
 public:
  Peerings(Identities& identities, PeeringDoor& door, const Clock& clock)
      : identities_(identities), door_(door), clock_(clock) {}

  grpc::Status AcceptInvitation(
      grpc::ServerContext* context,
      const wire::AcceptInvitationRequest* request,
      wire::AcceptInvitationResponse* response) override {
    const auto answer = [this](const auto& identity, absl::string_view bytes) {
      return door_.OnAcceptInvitation(identity, bytes);
    };
    return ToPeer(
        Answer(*context, "/amparo.peer.v1.PeeringService/AcceptInvitation",
               *request, *response, answer),
        *context);
  }

  grpc::Status Hello(grpc::ServerContext* context,
                     const wire::HelloRequest* request,
                     wire::HelloResponse* response) override {
    const auto answer = [this](const auto& identity, absl::string_view bytes) {
      return door_.OnHello(identity, bytes);
    };
    return ToPeer(Answer(*context, "/amparo.peer.v1.PeeringService/Hello",
                         *request, *response, answer),
                  *context);
  }

 private:
  template <class Request, class Response, class Call>
  absl::Status Answer(const grpc::ServerContext& context,
                      absl::string_view method, const Request& request,
                      Response& response, const Call& call) {
    const RequestScope scope(crypto::RandomNumber(crypto::SystemRandom()));
    ASSIGN_OR_RETURN(const peering::PeerIdentity identity,
                     identities_.Admit(*context.auth_context(), method));
    const absl::Status allowed = allowance_.Take(
        identity.office.has_value()       ? identity.office->bytes()
        : identity.invitation.has_value() ? identity.invitation->bytes()
                                          : std::string(),
        clock_.Now());
    if (!allowed.ok()) {
      LogRefusal(allowed);
      return allowed;
    }
    const absl::StatusOr<std::string> bytes =
        call(identity, request.SerializeAsString());
    if (!bytes.ok()) return RefusedCall(identity, bytes.status());
    if (!response.ParseFromString(*bytes)) return Error(Reason::kInternal);
    return absl::OkStatus();
  }

  Identities& identities_;
  PeeringDoor& door_;
  const Clock& clock_;
  CallAllowance allowance_{limits::kHelloBurst, limits::kHelloEvery};
};

std::vector<std::string> PeerMethods() {
  std::vector<std::string> paths;
  for (const auto* const service :
       {wire::DeliverRequest::descriptor()->file()->service(0),
        wire::HelloRequest::descriptor()->file()->service(0)}) {
    for (int i = 0; i < service->method_count(); ++i) {
      paths.push_back(absl::StrCat("/", service->full_name(), "/",
                                   service->method(i)->name()));
    }
  }
  return paths;
}

}  // namespace

class PeerServer::Impl {
 public:
  Impl(std::string address, const peering::OwnOffice& own,
       const peering::Admission& admission, Inbox& inbox, PeeringDoor& door,
       const Clock& clock, const ConnectionAges& ages)
      : address_(std::move(address)),
        own_(own),
        ages_(ages),
        identities_(admission, clock),
        deliveries_(identities_, inbox),
        peerings_(identities_, door, clock),
        calls_("amparo.peer.v1", PeerMethods()) {}

  absl::Status Listen() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    ASSIGN_OR_RETURN(doorkeeper_, Doorkeeper::Listen(address_));
    port_ = doorkeeper_->port();
    return ServeLocked();
  }

  absl::Status Renew() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (stopped_) return absl::OkStatus();
    if (server_ != nullptr && own_.tls_generation() == generation_) {
      return absl::OkStatus();
    }
    // Who connects meanwhile waits.
    StopLocked();
    return ServeLocked();
  }

  void Shutdown() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    StopLocked();
    doorkeeper_.reset();
  }

  int port() const {
    absl::MutexLock lock(&mutex_);
    return port_;
  }

  const CallFigures& calls() const { return calls_; }

 private:
  std::shared_ptr<grpc::ServerCredentials> Credentials() {
    const peering::TlsIdentity identity = own_.tls_identity();
    // gRPC wants the key as a string and keeps a copy of its own.
    const absl::string_view key = identity.private_key_pem.Reveal();
    auto provider = std::make_shared<tls::StaticDataCertificateProvider>(
        std::vector<tls::IdentityKeyCertPair>{
            {std::string(key.data(), key.size()), identity.certificate_pem}});
    tls::TlsServerCredentialsOptions options(std::move(provider));
    options.watch_identity_key_cert_pairs();
    // "But don't verify": no chain is followed, our verifier still runs.
    options.set_cert_request_type(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
    options.set_certificate_verifier(
        tls::ExternalCertificateVerifier::Create<ClientVerifier>(identities_));
    auto credentials = tls::TlsServerCredentials(options);
    credentials->SetAuthMetadataProcessor(
        std::make_shared<CallGate>(identities_, closed_));
    return credentials;
  }

  absl::Status ServeLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    generation_ = own_.tls_generation();
    grpc::ServerBuilder builder;
    grpc::ResourceQuota quota("peers");
    quota.SetMaxThreads(limits::kPeerServerThreadsMax);
    quota.Resize(limits::kPeerServerMemoryBytesMax);
    builder.SetResourceQuota(quota);
    builder.SetMaxReceiveMessageSize(
        static_cast<int>(limits::kRpcMessageBytesMax));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                               limits::kStreamsPerConnectionMax);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                               Millis(limits::kHandshakeTimeout));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                               Millis(ages_.age));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                               Millis(ages_.grace));
    builder.AddChannelArgument(
        GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
        kPingIntervalMinMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        Credentials());
    builder.RegisterService(&deliveries_);
    builder.RegisterService(&peerings_);
    WatchCalls(builder, calls_);
    closed_ = false;
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      return Error(Reason::kUnavailable, "the peers' server cannot start");
    }
    doorkeeper_->Open([this](int descriptor) {
      grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters
          connection;
      connection.fd = descriptor;
      acceptor_->HandleNewConnection(&connection);
    });
    return absl::OkStatus();
  }

  void StopLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (server_ == nullptr) return;
    doorkeeper_->Close();
    // gRPC's own way waits for connections on which nothing happens, too:
    // a peer that does not read its goodbye would hold up the stop.
    closed_ = true;
    calls_.AwaitIdle(limits::kDrainGrace);
    server_->Shutdown(gpr_time_from_millis(kGoodbyeMs, GPR_TIMESPAN));
    server_->Wait();
    server_.reset();
  }

  const std::string address_;
  const peering::OwnOffice& own_;
  const ConnectionAges ages_;
  Identities identities_;
  Deliveries deliveries_;
  Peerings peerings_;
  CallFigures calls_;
  std::atomic<bool> closed_{false};
  mutable absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  int port_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<grpc::Server> server_ ABSL_GUARDED_BY(mutex_);
  // Replaced only while the doorkeeper, whose thread uses it, is closed.
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<Doorkeeper> doorkeeper_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::unique_ptr<PeerServer>> PeerServer::Start(
    const std::string& address, const peering::OwnOffice& own,
    const peering::Admission& admission, Inbox& inbox, PeeringDoor& door,
    const Clock& clock, const ConnectionAges& ages) {
  RETURN_IF_ERROR(crypto::RequireTls13());
  QuietGrpcLog();
  auto impl =
      std::make_unique<Impl>(address, own, admission, inbox, door, clock, ages);
  RETURN_IF_ERROR(impl->Listen());
  return std::unique_ptr<PeerServer>(new PeerServer(std::move(impl)));
}

PeerServer::PeerServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

PeerServer::~PeerServer() { impl_->Shutdown(); }

int PeerServer::port() const { return impl_->port(); }

const CallFigures& PeerServer::calls() const { return impl_->calls(); }

absl::Status PeerServer::Renew() { return impl_->Renew(); }

void PeerServer::Shutdown() { impl_->Shutdown(); }

}  // namespace amparo::delivery
