// SPDX-License-Identifier: Apache-2.0
#include "tests/support/stolen_identity.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <cstdlib>
#include <utility>
#include <vector>

#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "crypto/certificate/certificate.h"
#include "node/app/data_directory.h"
#include "node/app/node.h"
#include "node/base/clock.h"
#include "node/base/status_macros.h"
#include "node/delivery/transport.h"
#include "node/peering/invitations.h"

namespace amparo {
namespace {

namespace tls = ::grpc::experimental;

std::string Copied(const crypto::Secret& secret) {
  return std::string(secret.Reveal().data(), secret.Reveal().size());
}

PeerCredentials Copied(const peering::TlsIdentity& identity) {
  return {identity.certificate_pem, Copied(identity.private_key_pem)};
}

}  // namespace

absl::StatusOr<PeerCredentials> IdentityOf(NodeProcess& stopped) {
  const std::string directory = stopped.data_directory();
  crypto::RandomSource& random = crypto::SystemRandom();
  ASSIGN_OR_RETURN(
      crypto::Secret key,
      app::OpenDataDirectory(directory,
                             crypto::Secret::Copy("a passphrase of tests")));
  ASSIGN_OR_RETURN(const auto store,
                   storage::OpenStore(app::StorePath(directory)));
  std::unique_ptr<delivery::PeerClients> clients;
  ASSIGN_OR_RETURN(
      const auto node,
      app::Node::Open(
          {*store, SystemClock(), random}, std::move(key),
          [&](const peering::OwnOffice& own, const peering::Peers& peers) {
            clients = std::make_unique<delivery::PeerClients>(
                own, peers, SystemClock(), random);
            return app::Links{*clients, *clients};
          }));
  return Copied(node->own().tls_identity());
}

PeerCredentials SelfMade(const std::string& office_id) {
  const crypto::P256PrivateKey key = crypto::P256PrivateKey::Generate();
  const absl::Time now = SystemClock().Now();
  std::vector<std::string> uris;
  if (!office_id.empty()) uris.push_back("amparo:office:" + office_id);
  const auto certificate = crypto::IssueCertificate(
      key, key.public_key(), "stranger", uris, now - absl::Hours(1),
      now + absl::Hours(24), crypto::SystemRandom());
  if (!certificate.ok()) std::abort();
  return {*certificate, Copied(key.ToPem())};
}

absl::StatusOr<PeerCredentials> IdentityOfInvited(const std::string& code) {
  ASSIGN_OR_RETURN(const peering::InvitationCode invitation,
                   peering::InvitationCode::Decode(code));
  ASSIGN_OR_RETURN(
      const peering::TlsIdentity identity,
      invitation.ClientIdentity(SystemClock().Now(), crypto::SystemRandom()));
  return Copied(identity);
}

std::shared_ptr<grpc::Channel> PeerChannel(const std::string& address,
                                           const PeerCredentials& credentials) {
  tls::TlsChannelCredentialsOptions options;
  if (!credentials.certificate.empty()) {
    options.set_certificate_provider(
        std::make_shared<tls::StaticDataCertificateProvider>(
            std::vector<tls::IdentityKeyCertPair>{
                {credentials.private_key, credentials.certificate}}));
    options.watch_identity_key_cert_pairs();
  }
  options.set_verify_server_certs(false);
  options.set_check_call_host(false);
  options.set_certificate_verifier(
      std::make_shared<tls::NoOpCertificateVerifier>());
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, tls::TlsCredentials(options),
                                   arguments);
}

}  // namespace amparo
