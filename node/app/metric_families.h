// SPDX-License-Identifier: Apache-2.0
//
// Builds what prometheus-cpp serves. Include it in one place only: its headers
// are dear.
#ifndef AMPARO_NODE_APP_METRIC_FAMILIES_H_
#define AMPARO_NODE_APP_METRIC_FAMILIES_H_

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "node/base/call_figures.h"
#include "node/base/duration_histogram.h"

namespace amparo::app {

using MetricLabels = std::vector<prometheus::ClientMetric::Label>;

// One name with its help text and a value per set of labels.
class Family {
 public:
  Family(const char* name, const char* help, prometheus::MetricType type);
  void Add(double value, MetricLabels labels = {});
  void Add(const DurationHistogram::Reading& reading, MetricLabels labels = {});

  prometheus::MetricFamily& built() { return family_; }

 private:
  prometheus::MetricFamily family_;
};

// The three grpc_server_ families over the calls of both servers.
std::vector<prometheus::MetricFamily> CallFamilies(const CallFigures& office,
                                                   const CallFigures& peers);

// CPU, memory, descriptors and start of this process, from /proc.
std::vector<prometheus::MetricFamily> ProcessFamilies();

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_METRIC_FAMILIES_H_
