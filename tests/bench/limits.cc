// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/limits.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "amparo/peer/v1/letter.grpc.pb.h"
#include "crypto/aead/aead.h"
#include "crypto/base/random.h"
#include "crypto/seal/hpke.h"
#include "crypto/sign/p256.h"
#include "node/base/clock.h"
#include "tests/support/stolen_identity.h"

namespace amparo::bench {
namespace {

namespace tls = ::grpc::experimental;
namespace wire = ::amparo::peer::v1;

// Answers with as many receipts as it is told, all alike.
class Echo final : public wire::DeliveryService::Service {
 public:
  grpc::Status Deliver(grpc::ServerContext*,
                       const wire::DeliverRequest* request,
                       wire::DeliverResponse* response) override {
    for (int i = 0; i < request->letters_size(); ++i) {
      response->add_outcomes()->mutable_receipt()->set_body(receipt);
    }
    return grpc::Status::OK;
  }
  std::string receipt;
};

std::string Noise(size_t bytes) {
  return crypto::RandomBytes(crypto::SystemRandom(), bytes);
}

absl::Time Now() { return SystemClock().Now(); }

}  // namespace

void OrDie(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "bench: %s\n", status.ToString().c_str());
  std::abort();
}

class BareCalls::Impl {
 public:
  Impl() {
    const PeerCredentials server = SelfMade("");
    tls::TlsServerCredentialsOptions options(
        std::make_shared<tls::StaticDataCertificateProvider>(
            std::vector<tls::IdentityKeyCertPair>{
                {server.private_key, server.certificate}}));
    options.watch_identity_key_cert_pairs();
    options.set_cert_request_type(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
    options.set_certificate_verifier(
        std::make_shared<tls::NoOpCertificateVerifier>());
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", tls::TlsServerCredentials(options),
                             &port);
    builder.RegisterService(&echo);
    server_ = builder.BuildAndStart();
    stub_ = wire::DeliveryService::NewStub(
        PeerChannel(absl::StrCat("127.0.0.1:", port), SelfMade("")));
    Call({{1}, {1}});  // The connection is made before anything is measured.
  }
  ~Impl() { server_->Shutdown(); }

  void Call(const SentCall& call) {
    wire::DeliverRequest request;
    for (const size_t bytes : call.letter_bytes) {
      request.add_letters(std::string(bytes, 'x'));
    }
    echo.receipt.assign(call.receipt_bytes.empty() ? 0 : call.receipt_bytes[0],
                        'x');
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    wire::DeliverResponse response;
    const grpc::Status status = stub_->Deliver(&context, request, &response);
    OrDie(absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                       status.error_message()));
  }

  Echo echo;

 private:
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<wire::DeliveryService::Stub> stub_;
};

BareCalls::BareCalls() : impl_(std::make_unique<Impl>()) {}
BareCalls::~BareCalls() = default;

absl::Duration BareCalls::Take(const std::vector<SentCall>& calls) {
  const absl::Time begin = Now();
  for (const SentCall& call : calls) impl_->Call(call);
  return Now() - begin;
}

BareStore::BareStore(const std::string& folder)
    : store_(OrDie(storage::OpenStore(folder))) {}

absl::Duration BareStore::Take(const DiskWrite& write) {
  storage::Batch batch;
  for (size_t i = 0; i < write.rows; ++i) {
    batch.Put(storage::TableId::kCases, Noise(write.key_bytes / write.rows),
              Noise(write.value_bytes / write.rows));
  }
  const absl::Time begin = Now();
  OrDie(store_->Commit(batch).status());
  return Now() - begin;
}

std::vector<absl::Duration> TakeWrites(const std::string& folder,
                                       const std::vector<DiskWrite>& writes) {
  BareStore store(folder);
  std::vector<absl::Duration> times;
  for (const DiskWrite& write : writes) times.push_back(store.Take(write));
  return times;
}

absl::Duration Sum(const std::vector<absl::Duration>& times) {
  absl::Duration sum;
  for (const absl::Duration time : times) sum += time;
  return sum;
}

absl::Duration LetterCryptography(size_t letters, size_t bytes) {
  const auto signing = crypto::P256PrivateKey::Generate();
  const auto sealing =
      crypto::X25519PrivateKey::Generate(crypto::SystemRandom());
  const std::string plain = Noise(bytes);
  const std::string inner = OrDie(signing.Sign(plain));
  const absl::Time begin = Now();
  for (size_t i = 0; i < letters; ++i) {
    const auto sealed = OrDie(crypto::SealBase(
        sealing.public_key(), "info", "header", plain, crypto::SystemRandom()));
    const std::string outer = OrDie(signing.Sign(sealed.ciphertext));
    OrDie(signing.public_key().VerifyDer(sealed.ciphertext, outer));
    const std::string opened = OrDie(crypto::OpenBase(
        sealing, sealed.enc, "info", "header", sealed.ciphertext));
    OrDie(signing.public_key().VerifyDer(opened, inner));
    const std::string receipt = OrDie(signing.Sign("receipt"));
    OrDie(signing.public_key().VerifyDer("receipt", receipt));
  }
  return Now() - begin;
}

absl::Duration Encryption(size_t values, size_t bytes_each) {
  const auto cipher = OrDie(crypto::Aes256Gcm::Create(Noise(32)));
  const std::string plain = Noise(bytes_each);
  const std::string nonce = Noise(12);
  const absl::Time begin = Now();
  for (size_t i = 0; i < values; ++i) {
    OrDie(cipher.Seal(nonce, plain, "table and row").status());
  }
  return Now() - begin;
}

}  // namespace amparo::bench
