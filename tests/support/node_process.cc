// SPDX-License-Identifier: Apache-2.0
#include "tests/support/node_process.h"

#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "amparo/office/v1/people.grpc.pb.h"
#include "node/base/clock.h"
#include "node/base/status_macros.h"

namespace amparo {
namespace {

namespace office = ::amparo::office::v1;

constexpr absl::Duration kInitTime = absl::Seconds(60);
constexpr absl::Duration kStartTime = absl::Seconds(60);
constexpr absl::Duration kOneLook = absl::Milliseconds(200);

// A call without a session: who refuses it serves.
bool Answers(const std::shared_ptr<grpc::Channel>& channel) {
  const auto stub = office::PeopleService::NewStub(channel);
  grpc::ClientContext context;
  // Waits for the connection: a call that fails at once would not drive it.
  context.set_wait_for_ready(true);
  context.set_deadline(absl::ToChronoTime(SystemClock().Now() + kOneLook));
  office::WhoAmIResponse response;
  return stub->WhoAmI(&context, {}, &response).error_code() ==
         grpc::StatusCode::UNAUTHENTICATED;
}

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& socket) {
  // Connections on which nothing is called are looked at this often: a node
  // that says goodbye is not kept waiting.
  ::setenv("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "50", 0);
  grpc::ChannelArguments arguments;
  // A node that comes back is reached at once.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(
      "unix:" + socket, grpc::InsecureChannelCredentials(), arguments);
}

// The node forbids that other processes look into it, which the leak checker
// of a sanitised build would have to do when the node ends.
void LeaveLeaksToOtherTests() {
#if defined(AMPARO_SANITIZED)
  // Of an option that is set twice the later counts.
  const char* set = ::getenv("ASAN_OPTIONS");
  const std::string options = set == nullptr ? "" : absl::StrCat(set, ":");
  if (!absl::StrContains(options, "detect_leaks=0")) {
    ::setenv("ASAN_OPTIONS", absl::StrCat(options, "detect_leaks=0").c_str(),
             /*overwrite=*/1);
  }
#endif
}

}  // namespace

std::string AmparodPath() { return AMPARO_BINARY_DIR "/bin/amparod"; }
std::string AmparoPath() { return AMPARO_BINARY_DIR "/bin/amparo"; }

NodeProcess::NodeProcess(std::string folder, NodeOptions options)
    : folder_(std::move(folder)),
      options_(std::move(options)),
      port_(FreePort()),
      channel_(ChannelTo(socket())) {}

absl::StatusOr<std::unique_ptr<NodeProcess>> NodeProcess::Init(
    const std::string& folder, const NodeOptions& options) {
  LeaveLeaksToOtherTests();
  if (::mkdir(folder.c_str(), 0700) != 0) {
    return absl::InternalError("the folder cannot be made");
  }
  std::unique_ptr<NodeProcess> node(new NodeProcess(folder, options));
  const std::string passphrase = folder + "/passphrase";
  WriteFile(passphrase, "a passphrase of tests\n");
  std::string config = absl::StrCat("data_directory = ", node->data_directory(),
                                    "\nlisten_address = ", node->address(),
                                    "\npassphrase_file = ", passphrase, "\n");
  for (const std::string& line : options.config_lines) {
    absl::StrAppend(&config, line, "\n");
  }
  WriteFile(node->config(), config);
  std::vector<std::string> arguments = {
      AmparodPath(),         "init",   "--config",
      node->config(),        "--name", options.name,
      "--administrator",     "admin",  "--code-file",
      folder + "/admin.code"};
  if (options.region) {
    arguments.push_back("--region");
  } else {
    arguments.insert(arguments.end(), {"--country", options.country});
  }
  if (options.exercise) arguments.push_back("--exercise");
  ASSIGN_OR_RETURN(const Ending ending, RunToEnd(arguments, kInitTime));
  if (ending.code != 0) {
    return absl::FailedPreconditionError("amparod init: " + ending.output);
  }
  return node;
}

absl::Status NodeProcess::Start() {
  RETURN_IF_ERROR(Launch());
  return AwaitServing();
}

absl::Status NodeProcess::Launch() {
  said_before_ = FileText(log()).size();
  ASSIGN_OR_RETURN(
      process_,
      ChildProcess::Start({AmparodPath(), "run", "--config", config()}, log()));
  return absl::OkStatus();
}

absl::Status NodeProcess::AwaitServing() {
  const bool answers = Eventually(
      kStartTime, [this] { return !Running() || Answers(channel_); });
  if (answers && Running()) return absl::OkStatus();
  process_->Kill();
  return absl::UnavailableError(FileText(log()).substr(said_before_));
}

void NodeProcess::Kill() {
  if (process_ != nullptr) process_->Kill();
}

std::optional<int> NodeProcess::Terminate(absl::Duration within) {
  if (process_ == nullptr) return std::nullopt;
  process_->Signal(SIGTERM);
  const std::optional<int> code = process_->WaitFor(within);
  process_->Kill();
  return code;
}

std::string NodeProcess::address() const {
  return absl::StrCat("127.0.0.1:", port_);
}

std::string NodeProcess::administrator_code() const {
  return std::string(
      absl::StripAsciiWhitespace(FileText(folder_ + "/admin.code")));
}

}  // namespace amparo
