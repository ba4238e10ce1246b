// SPDX-License-Identifier: Apache-2.0
#include "node/app/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "node/app/metric_families.h"
#include "node/base/errors.h"
#include "node/base/log.h"
#include "node/delivery/waiting_letters.h"

namespace amparo::app {
namespace {

using prometheus::MetricType;

constexpr size_t kThreads = 2;
// As the checkpoints of the log.
constexpr uint64_t kLeavesShown = 256;
constexpr uint64_t kBytesShown = 1024 * 1024;

double RoundedUp(uint64_t value, uint64_t step) {
  return static_cast<double>((value + step - 1) / step * step);
}

std::string Text(absl::string_view text) {
  return std::string(text.data(), text.size());
}

class NodeFigures final : public prometheus::Collectable {
 public:
  explicit NodeFigures(MetricSources sources) : from_(std::move(sources)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> all =
        CallFamilies(from_.office_calls, from_.peer_calls);
    for (auto& family : ProcessFamilies()) all.push_back(std::move(family));
    AddNode(all);
    AddPeers(all);
    AddRefusals(all);
    return all;
  }

 private:
  void AddNode(std::vector<prometheus::MetricFamily>& all) const {
    Family build("amparo_build_info", "The version that runs.",
                 MetricType::Gauge);
    build.Add(1, {{"version", from_.version}});
    all.push_back(build.built());
    Family healthy("amparo_healthy", "1 while it can store, sign and send.",
                   MetricType::Gauge);
    healthy.Add(from_.healthy() ? 1 : 0);
    all.push_back(healthy.built());
    Family leaves("amparo_log_leaves",
                  "Leaves of the log, rounded up to 256 as its checkpoints.",
                  MetricType::Gauge);
    const absl::StatusOr<uint64_t> size = from_.node.log().Size();
    if (size.ok()) leaves.Add(RoundedUp(*size, kLeavesShown));
    all.push_back(leaves.built());
    const storage::StoreFigures store = from_.node.ground().store.Figures();
    Family bytes("amparo_store_bytes",
                 "Files of the store, rounded up to a mebibyte.",
                 MetricType::Gauge);
    bytes.Add(RoundedUp(store.bytes, kBytesShown));
    all.push_back(bytes.built());
    Family syncs("amparo_fsync_seconds",
                 "How long the disk took to keep a write.",
                 MetricType::Histogram);
    syncs.Add(store.syncs);
    all.push_back(syncs.built());
  }

  void AddPeers(std::vector<prometheus::MetricFamily>& all) const {
    Family waiting("amparo_outbox_letters", "Letters without a receipt.",
                   MetricType::Gauge);
    Family oldest("amparo_outbox_oldest_age_seconds",
                  "Age of the letter that has waited longest, 0 for none.",
                  MetricType::Gauge);
    Family delivered("amparo_letters_delivered_total",
                     "Letters that the peer signed for since the start.",
                     MetricType::Counter);
    delivery::Outbox& outbox = from_.node.outbox();
    const delivery::WaitingLetters letters(outbox);
    const absl::Time now = from_.node.ground().clock.Now();
    const delivery::LetterCounts::Reading counts = outbox.counts().Read();
    for (const peering::Peer& peer : from_.node.peers().List()) {
      const MetricLabels labels = {{"peer", peer.id.hex()}};
      waiting.Add(static_cast<double>(outbox.counts().Waiting(peer.id)),
                  labels);
      const auto since = letters.OldestSince(peer.id);
      if (since.ok()) {
        const absl::Duration age =
            since->has_value() ? std::max(absl::ZeroDuration(), now - **since)
                               : absl::ZeroDuration();
        oldest.Add(absl::ToDoubleSeconds(age), labels);
      }
      const auto known = counts.delivered.find(peer.id);
      delivered.Add(known == counts.delivered.end()
                        ? 0
                        : static_cast<double>(known->second),
                    labels);
    }
    all.push_back(waiting.built());
    all.push_back(oldest.built());
    all.push_back(delivered.built());
  }

  void AddRefusals(std::vector<prometheus::MetricFamily>& all) const {
    Family refused("amparo_letters_refused_total",
                   "Letters that we (in) or a peer (out) did not take.",
                   MetricType::Counter);
    const delivery::LetterCounts::Reading counts =
        from_.node.outbox().counts().Read();
    for (const auto& [direction, reasons] :
         {std::pair("in", &counts.refused_in),
          std::pair("out", &counts.refused_out)}) {
      for (const auto& [reason, count] : *reasons) {
        refused.Add(
            static_cast<double>(count),
            {{"direction", direction}, {"reason", Text(ReasonName(reason))}});
      }
    }
    all.push_back(refused.built());
  }

  const MetricSources from_;
};

}  // namespace

class MetricsPage::Impl {
 public:
  Impl(const std::string& address, MetricSources sources)
      : figures_(std::make_shared<NodeFigures>(std::move(sources))),
        exposer_(address, kThreads) {
    exposer_.RegisterCollectable(figures_);
  }
  int port() const {
    const std::vector<int> ports = exposer_.GetListeningPorts();
    return ports.empty() ? 0 : ports.front();
  }

 private:
  // The exposer holds it weakly.
  const std::shared_ptr<NodeFigures> figures_;
  prometheus::Exposer exposer_;
};

absl::StatusOr<std::unique_ptr<MetricsPage>> MetricsPage::Serve(
    const std::string& address, MetricSources sources) {
  // The library's way of saying that it cannot listen.
  try {
    auto impl = std::make_unique<Impl>(address, std::move(sources));
    Log("metrics", {LogField::Number("port", impl->port())});
    return std::unique_ptr<MetricsPage>(new MetricsPage(std::move(impl)));
  } catch (const std::exception&) {
    return Error(Reason::kUnavailable,
                 "metrics_address cannot be listened on; is the port taken?");
  }
}

MetricsPage::MetricsPage(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsPage::~MetricsPage() = default;

}  // namespace amparo::app
