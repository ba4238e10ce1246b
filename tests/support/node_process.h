// SPDX-License-Identifier: Apache-2.0
//
// A real amparod: a process with a configuration file, a data directory, a
// port and a socket of its own, which a test starts, kills and starts again.
#ifndef AMPARO_TESTS_SUPPORT_NODE_PROCESS_H_
#define AMPARO_TESTS_SUPPORT_NODE_PROCESS_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/support/child_process.h"

namespace amparo {

struct NodeOptions {
  std::string name = "Kyiv";
  std::string country = "UKR";
  bool region = false;
  bool exercise = true;
  // Lines of the configuration file besides data_directory, listen_address
  // and passphrase_file.
  std::vector<std::string> config_lines = {};
};

// Start, Kill and Terminate belong to the thread of the test; channel() and
// the paths to any thread.
class NodeProcess {
 public:
  // Makes `folder` and runs `amparod init`; it does not run yet.
  static absl::StatusOr<std::unique_ptr<NodeProcess>> Init(
      const std::string& folder, const NodeOptions& options);
  // Kills it. The files stay.
  ~NodeProcess() = default;

  // Runs `amparod run` until the office socket answers; peers are served
  // then, too. UNAVAILABLE with what it said when it ended instead.
  absl::Status Start();
  // The two halves of Start, for who kills it in between.
  absl::Status Launch();
  absl::Status AwaitServing();
  // kill -9.
  void Kill();
  // SIGTERM; the exit code, or nullopt (and killed) when it took longer.
  std::optional<int> Terminate(absl::Duration within);
  bool Running() { return process_ != nullptr && process_->Running(); }
  pid_t pid() const { return process_ == nullptr ? 0 : process_->pid(); }

  // To the office socket; connects again by itself after a restart.
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  const std::string& name() const { return options_.name; }
  int port() const { return port_; }
  std::string address() const;
  std::string config() const { return folder_ + "/config"; }
  std::string data_directory() const { return folder_ + "/data"; }
  std::string socket() const { return data_directory() + "/office.sock"; }
  // Standard output and error of every start.
  std::string log() const { return folder_ + "/log"; }
  // The one-use code of the first administrator, named "admin".
  std::string administrator_code() const;

 private:
  NodeProcess(std::string folder, NodeOptions options);

  const std::string folder_;
  const NodeOptions options_;
  const int port_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<ChildProcess> process_;
  size_t said_before_ = 0;  // Size of the log when it was launched.
};

// Paths of the programs that this build made.
std::string AmparodPath();
std::string AmparoPath();

}  // namespace amparo

#endif  // AMPARO_TESTS_SUPPORT_NODE_PROCESS_H_
