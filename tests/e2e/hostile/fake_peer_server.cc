// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/hostile/fake_peer_server.h"

#include <grpc/support/time.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "node/base/clock.h"

namespace amparo::hostile {
namespace {

namespace tls = ::grpc::experimental;
namespace wire = ::amparo::peer::v1;

// Takes any client for the right one: this end is not what is tested.
std::shared_ptr<grpc::ServerCredentials> AnyClient(
    const PeerCredentials& credentials) {
  tls::TlsServerCredentialsOptions options(
      std::make_shared<tls::StaticDataCertificateProvider>(
          std::vector<tls::IdentityKeyCertPair>{
              {credentials.private_key, credentials.certificate}}));
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
  options.set_certificate_verifier(
      std::make_shared<tls::NoOpCertificateVerifier>());
  return tls::TlsServerCredentials(options);
}

}  // namespace

FakePeerServer::FakePeerServer(const HostileOffice& office) : office_(office) {}

FakePeerServer::~FakePeerServer() { Stop(); }

void FakePeerServer::Start(const PeerCredentials& credentials) {
  Stop();
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  int bound = 0;
  builder.AddListeningPort(absl::StrCat("127.0.0.1:", port_),
                           AnyClient(credentials), &bound);
  builder.RegisterService(&deliveries_);
  builder.RegisterService(&greetings_);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || bound == 0) std::abort();
  port_ = bound;
}

void FakePeerServer::Stop() {
  if (server_ == nullptr) return;
  server_->Shutdown(gpr_time_0(GPR_TIMESPAN));
  server_->Wait();
  server_.reset();
}

std::string FakePeerServer::address() const {
  return absl::StrCat("127.0.0.1:", port_);
}

void FakePeerServer::set_answer(Answer answer) {
  absl::MutexLock lock(&mutex_);
  answer_ = std::move(answer);
}

std::vector<Opened> FakePeerServer::received() const {
  absl::MutexLock lock(&mutex_);
  return received_;
}

grpc::Status FakePeerServer::Deliveries::Deliver(
    grpc::ServerContext*, const wire::DeliverRequest* request,
    wire::DeliverResponse* response) {
  std::vector<Opened> letters;
  for (const std::string& letter : request->letters()) {
    const auto opened = server_.office_.Open(letter);
    if (!opened.ok()) {
      return grpc::Status(grpc::StatusCode::INTERNAL, "a bad letter came");
    }
    *response->add_outcomes()->mutable_receipt() =
        server_.office_.Receipt(*opened);
    letters.push_back(*opened);
  }
  Answer answer;
  {
    absl::MutexLock lock(&server_.mutex_);
    server_.received_.insert(server_.received_.end(), letters.begin(),
                             letters.end());
    answer = server_.answer_;
  }
  return answer ? answer(letters, *response) : grpc::Status::OK;
}

grpc::Status FakePeerServer::Greetings::Hello(grpc::ServerContext*,
                                              const wire::HelloRequest*,
                                              wire::HelloResponse* response) {
  response->set_protocol_min(1);
  response->set_protocol_max(1);
  response->set_now_ms(absl::ToUnixMillis(SystemClock().Now()));
  *response->mutable_key_bundle() =
      server_.office_.SignBundle(server_.office_.Bundle());
  response->set_confirmed(true);
  return grpc::Status::OK;
}

}  // namespace amparo::hostile
