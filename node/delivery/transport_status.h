// SPDX-License-Identifier: Apache-2.0
//
// How a refusal of a whole call crosses the wire: the reason's status code and
// fixed text, and its name in the trailing metadata `amparo-reason`. Nothing
// else of a status leaves the node.
#ifndef AMPARO_NODE_DELIVERY_TRANSPORT_STATUS_H_
#define AMPARO_NODE_DELIVERY_TRANSPORT_STATUS_H_

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "node/base/errors.h"

namespace amparo::delivery {

inline constexpr char kReasonMetadata[] = "amparo-reason";

grpc::Status ToPeer(const absl::Status& status, grpc::ServerContext& context);

// For a call that is refused before it begins, of which gRPC sends no metadata:
// the name of the reason stands before the text, "PEER_SUSPENDED: ...".
grpc::Status ToPeerBeforeCall(Reason reason);

// kUnavailable unless the other side named a reason that we know.
absl::Status FromPeer(const grpc::Status& status,
                      const grpc::ClientContext& context);

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_TRANSPORT_STATUS_H_
