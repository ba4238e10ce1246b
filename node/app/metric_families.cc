// SPDX-License-Identifier: Apache-2.0
#include "node/app/metric_families.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace amparo::app {
namespace {

using prometheus::MetricType;

// grpc::StatusCode by number.
constexpr const char* kCodeNames[CallFigures::kCodes] = {"OK",
                                                         "CANCELLED",
                                                         "UNKNOWN",
                                                         "INVALID_ARGUMENT",
                                                         "DEADLINE_EXCEEDED",
                                                         "NOT_FOUND",
                                                         "ALREADY_EXISTS",
                                                         "PERMISSION_DENIED",
                                                         "RESOURCE_EXHAUSTED",
                                                         "FAILED_PRECONDITION",
                                                         "ABORTED",
                                                         "OUT_OF_RANGE",
                                                         "UNIMPLEMENTED",
                                                         "INTERNAL",
                                                         "UNAVAILABLE",
                                                         "DATA_LOSS",
                                                         "UNAUTHENTICATED"};

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_usec) * 1e-6;
}

// The fields of /proc/self/stat behind the program's name, which may hold
// anything; the first is the state (proc(5) calls it field 3).
std::vector<std::string> StatFields() {
  std::ifstream file("/proc/self/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const size_t end = text.rfind(") ");
  if (end == std::string::npos) return {};
  return absl::StrSplit(text.substr(end + 2), ' ');
}

double FieldOf(const std::vector<std::string>& fields, size_t number) {
  double value = 0;
  const size_t index = number - 3;
  if (index >= fields.size() || !absl::SimpleAtod(fields[index], &value)) {
    return 0;
  }
  return value;
}

// Unix time at which the machine started; field "btime" of /proc/stat.
double BootTime() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double value = 0;
    if (word == "btime" && file >> value) return value;
  }
  return 0;
}

}  // namespace

Family::Family(const char* name, const char* help, MetricType type) {
  family_.name = name;
  family_.help = help;
  family_.type = type;
}

void Family::Add(double value, MetricLabels labels) {
  prometheus::ClientMetric& metric = family_.metric.emplace_back();
  metric.label = std::move(labels);
  if (family_.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

void Family::Add(const DurationHistogram::Reading& reading,
                 MetricLabels labels) {
  prometheus::ClientMetric& metric = family_.metric.emplace_back();
  metric.label = std::move(labels);
  metric.histogram.sample_count = reading.count;
  metric.histogram.sample_sum = reading.sum_seconds;
  uint64_t below = 0;
  for (size_t i = 0; i < reading.buckets.size(); ++i) {
    below += reading.buckets[i];
    const bool last = i == DurationHistogram::kBounds.size();
    metric.histogram.bucket.push_back(
        {below, last ? std::numeric_limits<double>::infinity()
                     : DurationHistogram::kBounds[i]});
  }
}

std::vector<prometheus::MetricFamily> CallFamilies(const CallFigures& office,
                                                   const CallFigures& peers) {
  Family started("grpc_server_started_total", "Calls that were begun.",
                 MetricType::Counter);
  Family handled("grpc_server_handled_total", "Calls that ended, by code.",
                 MetricType::Counter);
  Family seconds("grpc_server_handling_seconds", "How long calls took.",
                 MetricType::Histogram);
  for (const CallFigures* const server : {&office, &peers}) {
    for (const CallFigures::Row& row : server->Read()) {
      const MetricLabels labels = {{"grpc_type", "unary"},
                                   {"grpc_service", row.service},
                                   {"grpc_method", row.method}};
      started.Add(static_cast<double>(row.started), labels);
      seconds.Add(row.seconds, labels);
      for (size_t code = 0; code < row.handled.size(); ++code) {
        if (row.handled[code] == 0) continue;
        MetricLabels with_code = labels;
        with_code.push_back({"grpc_code", kCodeNames[code]});
        handled.Add(static_cast<double>(row.handled[code]),
                    std::move(with_code));
      }
    }
  }
  return {started.built(), handled.built(), seconds.built()};
}

std::vector<prometheus::MetricFamily> ProcessFamilies() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  std::error_code failed;
  const auto open = std::distance(
      std::filesystem::directory_iterator("/proc/self/fd", failed), {});
  const std::vector<std::string> fields = StatFields();
  const struct {
    const char* name;
    const char* help;
    MetricType type;
    double value;
  } rows[] = {
      {"process_cpu_seconds_total", "CPU time of user and system.",
       MetricType::Counter, Seconds(used.ru_utime) + Seconds(used.ru_stime)},
      {"process_resident_memory_bytes", "Resident memory.", MetricType::Gauge,
       FieldOf(fields, 24) * static_cast<double>(::sysconf(_SC_PAGESIZE))},
      {"process_virtual_memory_bytes", "Virtual memory.", MetricType::Gauge,
       FieldOf(fields, 23)},
      {"process_threads", "Threads.", MetricType::Gauge, FieldOf(fields, 20)},
      {"process_open_fds", "Open file descriptors.", MetricType::Gauge,
       static_cast<double>(open)},
      {"process_max_fds", "File descriptors that may be open.",
       MetricType::Gauge, static_cast<double>(files.rlim_cur)},
      {"process_start_time_seconds", "Start, in seconds of the Unix epoch.",
       MetricType::Gauge,
       BootTime() +
           FieldOf(fields, 22) / static_cast<double>(::sysconf(_SC_CLK_TCK))},
  };
  std::vector<prometheus::MetricFamily> families;
  for (const auto& row : rows) {
    Family family(row.name, row.help, row.type);
    family.Add(row.value);
    families.push_back(std::move(family.built()));
  }
  return families;
}

}  // namespace amparo::app
