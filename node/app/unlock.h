// SPDX-License-Identifier: Apache-2.0
//
// `amparod unlock`: gives a locked node its passphrase, over its office
// socket, and waits until it serves.
#ifndef AMPARO_NODE_APP_UNLOCK_H_
#define AMPARO_NODE_APP_UNLOCK_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "crypto/base/secret.h"

namespace amparo::app {

// OK when the node serves. kUnavailable when no node answers, or when it took
// the passphrase and did not come up within a minute (its log says why);
// kWrongState when it is not locked; kPassphraseWrong; kSignInThrottled.
absl::Status UnlockNode(const std::string& socket_path,
                        const crypto::Secret& passphrase);

// Whether the node on the other end says within `patience` that it serves
// (grpc.health.v1, the service "").
bool IsServing(const std::shared_ptr<grpc::Channel>& channel,
               absl::Duration patience);

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_UNLOCK_H_
