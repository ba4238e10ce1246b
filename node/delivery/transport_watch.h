// SPDX-License-Identifier: Apache-2.0
//
// Counts the calls of a gRPC server. Also for the office's own server: this
// is where the node's knowledge of gRPC is kept.
#ifndef AMPARO_NODE_DELIVERY_TRANSPORT_WATCH_H_
#define AMPARO_NODE_DELIVERY_TRANSPORT_WATCH_H_

#include "node/base/call_figures.h"

namespace grpc {
class ServerBuilder;
}  // namespace grpc

namespace amparo::delivery {

// Adds to `figures` each call that reaches a handler of the server being
// built; it ends when its answer has been handed to the connection. Health
// calls are left out: a supervisor that watches must not hold up a stop.
// `figures` must outlive the server.
void WatchCalls(grpc::ServerBuilder& builder, CallFigures& figures);

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_TRANSPORT_WATCH_H_
