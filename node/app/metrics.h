// SPDX-License-Identifier: Apache-2.0
//
// The figures of a node for Prometheus, over HTTP on loopback. The rooms know
// nothing of it: they keep plain counts, which are read when somebody asks.
//
// Who reads them is nobody the office signed in, so they tell nothing of a
// person: no label and no value names one, a case or a referral, and none is a
// small number that says how many people came in. Calls of the office's people
// are counted all together; leaves of the log are rounded up to 256, as its
// checkpoints are; sizes are rounded up to a mebibyte.
//
//   grpc_server_started_total{grpc_type,grpc_service,grpc_method}
//   grpc_server_handled_total{..., grpc_code}
//   grpc_server_handling_seconds{...}               histogram
//   amparo_build_info{version}
//   amparo_fsync_seconds                            histogram
//   amparo_healthy
//   amparo_letters_delivered_total{peer}
//   amparo_letters_refused_total{direction,reason}  direction: in, out
//   amparo_log_leaves
//   amparo_outbox_letters{peer}
//   amparo_outbox_oldest_age_seconds{peer}          0: none waits
//   amparo_store_bytes
//   process_*                                       as Prometheus' own clients
//   exposer_*                                       of the page itself
//
// `peer` is an office's id: offices are organisations, not persons.
#ifndef AMPARO_NODE_APP_METRICS_H_
#define AMPARO_NODE_APP_METRICS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "node/app/node.h"
#include "node/base/call_figures.h"

namespace amparo::app {

// What is read for a page. All must outlive the page.
struct MetricSources {
  Node& node;
  const CallFigures& office_calls;
  const CallFigures& peer_calls;
  std::function<bool()> healthy;
  std::string version;
};

// Thread-safe.
class MetricsPage {
 public:
  // Serves http://ADDRESS/metrics with two threads. kUnavailable when the
  // port is taken. A reading costs a few look-ups per peer, however many
  // letters wait.
  static absl::StatusOr<std::unique_ptr<MetricsPage>> Serve(
      const std::string& address, MetricSources sources);
  // Stops to serve.
  ~MetricsPage();

 private:
  class Impl;
  explicit MetricsPage(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_METRICS_H_
