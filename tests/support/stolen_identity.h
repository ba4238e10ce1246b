// SPDX-License-Identifier: Apache-2.0
//
// Channels to a node's peer port with any certificate: none, one that somebody
// made for themselves, or a real peer's own, taken from its stopped node. With
// the last a test says to the port what no node of ours would say.
#ifndef AMPARO_TESTS_SUPPORT_STOLEN_IDENTITY_H_
#define AMPARO_TESTS_SUPPORT_STOLEN_IDENTITY_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/support/node_process.h"

namespace amparo {

// PEM, both; empty for who has none.
struct PeerCredentials {
  std::string certificate;
  std::string private_key;
};

// The TLS identity of an office whose node does not run.
absl::StatusOr<PeerCredentials> IdentityOf(NodeProcess& stopped);

// A certificate for the office with this id (32 hexadecimal digits), which a
// key of our own signed. `office_id` empty: it names no office.
PeerCredentials SelfMade(const std::string& office_id);

// The identity of whoever holds an invitation.
absl::StatusOr<PeerCredentials> IdentityOfInvited(const std::string& code);

// Takes any server for the right one. Connects over a subchannel of its own.
std::shared_ptr<grpc::Channel> PeerChannel(const std::string& address,
                                           const PeerCredentials& credentials);

}  // namespace amparo

#endif  // AMPARO_TESTS_SUPPORT_STOLEN_IDENTITY_H_
