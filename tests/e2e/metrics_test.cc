// SPDX-License-Identifier: Apache-2.0
//
// The figures of a real amparod: every line is read, and every name, label and
// value must be on a list. Whoever adds a metric has to come by here and say
// what it tells a reader who never signed in.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "amparo/office/v1/peering.grpc.pb.h"
#include "node/base/errors.h"
#include "tests/support/office_process.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

namespace v1 = office::v1;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::Duration kArrival = absl::Seconds(60);

// What GET `path` on a port of loopback answers, headers included.
std::string Get(int port, const std::string& path) {
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const absl::Cleanup close = [connection] { ::close(connection); };
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(connection, reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) != 0) {
    return "";
  }
  const std::string request =
      absl::StrCat("GET ", path,
                   " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  if (::write(connection, request.data(), request.size()) < 0) return "";
  std::string answer;
  char buffer[4096];
  for (ssize_t n; (n = ::read(connection, buffer, sizeof(buffer))) > 0;) {
    answer.append(buffer, static_cast<size_t>(n));
  }
  return answer;
}

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

// The lines of the text format (Prometheus "Exposition formats", version
// 0.0.4). Anything that is no comment and no sample goes into `strange`.
std::vector<Sample> Parse(absl::string_view page,
                          std::vector<std::string>& strange) {
  std::vector<Sample> samples;
  for (absl::string_view line : absl::StrSplit(page, '\n')) {
    if (line.empty() || absl::StartsWith(line, "# HELP ") ||
        absl::StartsWith(line, "# TYPE ")) {
      continue;
    }
    Sample sample;
    const size_t space = line.rfind(' ');
    const size_t brace = line.find('{');
    bool good = space != absl::string_view::npos &&
                absl::SimpleAtod(line.substr(space + 1), &sample.value);
    if (good) {
      absl::string_view name = line.substr(0, space);
      if (brace != absl::string_view::npos && name.back() == '}') {
        for (const absl::string_view label : absl::StrSplit(
                 name.substr(brace + 1, name.size() - brace - 2), ',')) {
          const std::vector<std::string> parts = absl::StrSplit(label, "=\"");
          good &= parts.size() == 2 && absl::EndsWith(parts[1], "\"");
          if (!good) break;
          sample.labels[parts[0]] = parts[1].substr(0, parts[1].size() - 1);
        }
        name = name.substr(0, brace);
      }
      sample.name = std::string(name);
    }
    if (good) {
      samples.push_back(std::move(sample));
    } else {
      strange.emplace_back(line);
    }
  }
  return samples;
}

const std::map<std::string, std::set<std::string>>& AllowedLabels() {
  static const std::set<std::string> kCall = {"grpc_type", "grpc_service",
                                              "grpc_method"};
  static const auto* const allowed =
      new std::map<std::string, std::set<std::string>>{
          {"grpc_server_started_total", kCall},
          {"grpc_server_handled_total",
           {"grpc_type", "grpc_service", "grpc_method", "grpc_code"}},
          {"grpc_server_handling_seconds_count", kCall},
          {"grpc_server_handling_seconds_sum", kCall},
          {"grpc_server_handling_seconds_bucket",
           {"grpc_type", "grpc_service", "grpc_method", "le"}},
          {"amparo_build_info", {"version"}},
          {"amparo_fsync_seconds_count", {}},
          {"amparo_fsync_seconds_sum", {}},
          {"amparo_fsync_seconds_bucket", {"le"}},
          {"amparo_healthy", {}},
          {"amparo_letters_delivered_total", {"peer"}},
          {"amparo_letters_refused_total", {"direction", "reason"}},
          {"amparo_log_leaves", {}},
          {"amparo_outbox_letters", {"peer"}},
          {"amparo_outbox_oldest_age_seconds", {"peer"}},
          {"amparo_store_bytes", {}},
          {"process_cpu_seconds_total", {}},
          {"process_resident_memory_bytes", {}},
          {"process_virtual_memory_bytes", {}},
          {"process_threads", {}},
          {"process_open_fds", {}},
          {"process_max_fds", {}},
          {"process_start_time_seconds", {}},
          {"exposer_transferred_bytes_total", {}},
          {"exposer_scrapes_total", {}},
          {"exposer_request_latencies_count", {}},
          {"exposer_request_latencies_sum", {}},
          {"exposer_request_latencies", {"quantile"}}};
  return *allowed;
}

// Whether a label may have this value; `peers` are the ids of known offices.
bool MayBe(const std::string& label, const std::string& value,
           const std::set<std::string>& peers) {
  static const std::map<std::string, std::set<std::string>> kValues = {
      {"grpc_type", {"unary"}},
      {"direction", {"in", "out"}},
      {"grpc_service",
       {"amparo.office.v1", "amparo.peer.v1", "amparo.peer.v1.DeliveryService",
        "amparo.peer.v1.PeeringService"}},
      {"grpc_method", {"any", "Deliver", "Hello", "AcceptInvitation"}},
      {"grpc_code",
       {"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED",
        "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
        "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
        "UNAUTHENTICATED"}}};
  if (label == "peer") return peers.count(value) > 0;
  if (label == "reason") return ReasonFromName(value).has_value();
  if (label == "version") {
    return value.find_first_not_of("0123456789.") == std::string::npos;
  }
  if (label == "le" || label == "quantile") {
    double bound = 0;
    return value == "+Inf" || absl::SimpleAtod(value, &bound);
  }
  const auto values = kValues.find(label);
  return values != kValues.end() && values->second.count(value) > 0;
}

// What a page shows that it must not.
std::vector<std::string> Forbidden(absl::string_view page,
                                   const std::set<std::string>& peers) {
  std::vector<std::string> found;
  for (const Sample& sample : Parse(page, found)) {
    const auto allowed = AllowedLabels().find(sample.name);
    if (allowed == AllowedLabels().end()) {
      found.push_back(sample.name);
      continue;
    }
    for (const auto& [label, value] : sample.labels) {
      if (allowed->second.count(label) == 0 || !MayBe(label, value, peers)) {
        found.push_back(absl::StrCat(sample.name, " ", label, "=", value));
      }
    }
    const double step = sample.name == "amparo_log_leaves"    ? 256
                        : sample.name == "amparo_store_bytes" ? 1024 * 1024
                                                              : 0;
    if (step != 0 &&
        sample.value != step * static_cast<double>(
                                   static_cast<int64_t>(sample.value / step))) {
      found.push_back(sample.name + " is not rounded");
    }
  }
  return found;
}

TEST(ForbiddenTest, FindsWhatMustNotBeShown) {
  const std::string peer(32, 'a');
  const std::string good = absl::StrCat(
      "# HELP amparo_outbox_letters Letters.\n"
      "# TYPE amparo_outbox_letters gauge\n"
      "amparo_outbox_letters{peer=\"",
      peer, "\"} 3\namparo_log_leaves 512\namparo_store_bytes 1.048576e+06\n");
  EXPECT_THAT(Forbidden(good, {peer}), IsEmpty());
  for (const std::string& bad :
       {std::string("amparo_cases 17"),
        std::string("amparo_outbox_letters{case=\"OL-2026-1\"} 1"),
        std::string("amparo_outbox_letters{person=\"Anna\"} 1"),
        absl::StrCat("amparo_outbox_letters{peer=\"", peer, "\",referral=\"",
                     peer, "\"} 1"),
        absl::StrCat("amparo_outbox_letters{peer=\"", std::string(32, 'b'),
                     "\"} 1"),
        std::string("amparo_log_leaves 17"),
        std::string("amparo_store_bytes 1000"),
        std::string("amparo_letters_refused_total{direction=\"in\",reason="
                    "\"because Anna said so\"} 1"),
        std::string("grpc_server_started_total{grpc_type=\"unary\","
                    "grpc_service=\"amparo.office.v1.CaseService\","
                    "grpc_method=\"RegisterCase\"} 3"),
        std::string("amparo_build_info{version=\"Anna\"} 1"),
        std::string("no number"), std::string("amparo_healthy")}) {
    EXPECT_THAT(Forbidden(absl::StrCat(good, bad, "\n"), {peer}),
                Not(IsEmpty()))
        << bad;
  }
}

class MetricsTest : public testing::Test {
 protected:
  void SetUp() override {
    NodeOptions options;
    options.config_lines = {absl::StrCat("metrics_address = 127.0.0.1:", port_),
                            "hello_interval = 1s"};
    auto started = OfficeProcess::Start(folder_.path() + "/kyiv", options,
                                        AllRolesOfAnOffice());
    ASSERT_THAT(started, IsOk());
    office_ = *std::move(started);
  }

  std::string Page() { return Get(port_, "/metrics"); }
  std::vector<Sample> Samples() {
    const std::string page = Page();
    const size_t body = page.find("\r\n\r\n");
    if (body == std::string::npos) return {};
    last_page_ = page.substr(body + 4);
    std::vector<std::string> strange;
    const std::vector<Sample> samples = Parse(last_page_, strange);
    EXPECT_THAT(strange, IsEmpty());
    return samples;
  }
  // The sum over all samples of the name that carry `labels`; -1 for none.
  double Value(const std::string& name,
               const std::map<std::string, std::string>& labels = {}) {
    double sum = -1;
    for (const Sample& sample : Samples()) {
      if (sample.name != name) continue;
      bool all = true;
      for (const auto& [label, value] : labels) {
        const auto found = sample.labels.find(label);
        all &= found != sample.labels.end() && found->second == value;
      }
      if (all) sum = (sum < 0 ? 0 : sum) + sample.value;
    }
    return sum;
  }

  // A referral to `peer` that arrived and one that cannot; the first case.
  void DeliverOneAndLetOneWait(OfficeProcess& peer, std::string* number) {
    ASSERT_THAT(MakePeers(*office_, peer), IsOk());
    ASSERT_THAT(Agree(*office_, peer, ReferralTerms()), IsOk());
    const auto first = Register(*office_, AnIdentity());
    ASSERT_THAT(first, IsOk());
    *number = *first;
    ASSERT_THAT(GiveConsent(*office_, *first, "TRANSNATIONAL_REFERRAL",
                            peer.id(), {"CODED_PROFILE", "NEEDS"}),
                IsOk());
    const auto delivered = Refer(*office_, *first, peer);
    ASSERT_THAT(delivered, IsOk());
    ASSERT_TRUE(IsDelivered(office_->caseworker(), *delivered, kArrival));
    // A second one waits: its recipient is not there.
    peer.node().Kill();
    const auto other = Register(*office_, AnIdentity());
    ASSERT_THAT(other, IsOk());
    ASSERT_THAT(GiveConsent(*office_, *other, "TRANSNATIONAL_REFERRAL",
                            peer.id(), {"CODED_PROFILE", "NEEDS"}),
                IsOk());
    ASSERT_THAT(Refer(*office_, *other, peer), IsOk());
  }

  ScratchFolder folder_;
  const int port_ = FreePort();
  std::string last_page_;
  std::unique_ptr<OfficeProcess> office_;
};

TEST_F(MetricsTest, ShowsWhatItShouldAndNothingElse) {
  NodeOptions options;
  options.name = "Minsk";
  options.config_lines = {"hello_interval = 1s"};
  auto started = OfficeProcess::Start(folder_.path() + "/minsk", options,
                                      AllRolesOfAnOffice());
  ASSERT_THAT(started, IsOk());
  OfficeProcess& peer = **started;
  std::string number;
  ASSERT_NO_FATAL_FAILURE(DeliverOneAndLetOneWait(peer, &number));
  const std::map<std::string, std::string> labels = {{"peer", peer.id()}};
  EXPECT_EQ(Value("amparo_outbox_letters", labels), 1);
  EXPECT_TRUE(Eventually(kArrival, [&] {
    return Value("amparo_outbox_oldest_age_seconds", labels) > 0;
  }));
  EXPECT_GE(Value("amparo_letters_delivered_total", labels), 2);
  EXPECT_GE(Value("grpc_server_handled_total",
                  {{"grpc_service", "amparo.office.v1"}, {"grpc_code", "OK"}}),
            10);
  EXPECT_GE(Value("grpc_server_handled_total",
                  {{"grpc_method", "Deliver"}, {"grpc_code", "OK"}}),
            1);
  EXPECT_GE(Value("amparo_fsync_seconds_count"), 10);
  EXPECT_GE(Value("amparo_log_leaves"), 256);
  EXPECT_EQ(Value("amparo_healthy"), 1);
  EXPECT_EQ(Value("amparo_build_info"), 1);
  EXPECT_GE(Value("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GE(Value("process_open_fds"), 5);
  EXPECT_GE(Value("process_max_fds"), 64);
  const double started_at = Value("process_start_time_seconds");
  EXPECT_NEAR(started_at,
              absl::ToDoubleSeconds(SystemClock().Now() - absl::UnixEpoch()),
              600);
  // Each metric of the list is there, refusals in the next case; and no other.
  std::set<std::string> shown;
  for (const Sample& sample : Samples()) shown.insert(sample.name);
  for (const auto& [name, unused] : AllowedLabels()) {
    EXPECT_TRUE(shown.count(name) > 0 || name == "amparo_letters_refused_total")
        << name;
  }
  EXPECT_THAT(Forbidden(last_page_, {peer.id()}), IsEmpty());
  EXPECT_THAT(last_page_, Not(HasSubstr(number)));

  // The counts of what waits are right after a restart, too.
  office_->node().Kill();
  ASSERT_THAT(office_->node().Start(), IsOk());
  EXPECT_EQ(Value("amparo_outbox_letters", labels), 1);
}

TEST_F(MetricsTest, RefusedLettersAreCountedByReason) {
  NodeOptions options;
  options.name = "Minsk";
  auto peer = OfficeProcess::Start(folder_.path() + "/minsk", options,
                                   AllRolesOfAnOffice());
  ASSERT_THAT(peer, IsOk());
  ASSERT_THAT(MakePeers(*office_, **peer), IsOk());
  ASSERT_THAT(Agree(*office_, **peer, ReferralTerms()), IsOk());
  const auto number = Register(**peer, AnIdentity());
  ASSERT_THAT(number, IsOk());
  ASSERT_THAT(GiveConsent(**peer, *number, "TRANSNATIONAL_REFERRAL",
                          office_->id(), {"CODED_PROFILE", "NEEDS"}),
              IsOk());
  v1::SuspendPeerRequest suspend;
  suspend.set_request_id(NewRequestId());
  suspend.set_office_id((*peer)->id());
  ASSERT_THAT(office_->administrator().Call(
                  &v1::PeeringAdminService::Stub::SuspendPeer, suspend),
              IsOk());
  EXPECT_EQ(Value("amparo_letters_refused_total"), -1);
  ASSERT_THAT(Refer(**peer, *number, *office_), IsOk());
  EXPECT_TRUE(Eventually(kArrival, [&] {
    return Value("amparo_letters_refused_total",
                 {{"direction", "in"}, {"reason", "PEER_SUSPENDED"}}) >= 1;
  }));
  EXPECT_THAT(Forbidden(last_page_, {(*peer)->id()}), IsEmpty());
}

TEST_F(MetricsTest, NothingIsServedWithoutTheKey) {
  NodeOptions options;
  options.name = "Minsk";
  auto node = NodeProcess::Init(folder_.path() + "/minsk", options);
  ASSERT_THAT(node, IsOk());
  ASSERT_THAT((*node)->Start(), IsOk());
  EXPECT_THAT(FileText((*node)->log()), Not(HasSubstr("\"metrics\"")));
}

TEST_F(MetricsTest, ATakenPortStopsTheStartAndSaysSo) {
  NodeOptions options;
  options.name = "Minsk";
  options.config_lines = {absl::StrCat("metrics_address = 127.0.0.1:", port_)};
  auto node = NodeProcess::Init(folder_.path() + "/minsk", options);
  ASSERT_THAT(node, IsOk());
  const absl::Status refused = (*node)->Start();
  EXPECT_THAT(std::string(refused.message()), HasSubstr("metrics_address"));
}

TEST_F(MetricsTest, AnAddressThatOthersReachIsRefused) {
  for (const char* const address :
       {"0.0.0.0:9", "192.0.2.1:9", "[::]:9", "localhost:9", "128.0.0.1:9"}) {
    NodeOptions options;
    const std::string config = FileText(office_->node().config());
    const std::string other = folder_.path() + "/other";
    WriteFile(other, absl::StrCat(config.substr(0, config.find("metrics_")),
                                  "metrics_address = ", address, "\n"));
    const auto ending =
        RunToEnd({AmparodPath(), "run", "--config", other}, kArrival);
    ASSERT_THAT(ending, IsOk());
    EXPECT_EQ(ending->code, 1);
    EXPECT_THAT(ending->output, HasSubstr("loopback")) << address;
  }
}

}  // namespace
}  // namespace amparo
