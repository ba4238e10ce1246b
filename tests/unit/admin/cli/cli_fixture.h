// SPDX-License-Identifier: Apache-2.0
//
// Runs the whole program against a FakeNode, in a folder of its own.
#ifndef AMPARO_TESTS_UNIT_ADMIN_CLI_CLI_FIXTURE_H_
#define AMPARO_TESTS_UNIT_ADMIN_CLI_CLI_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "admin/cli/failure.h"
#include "admin/cli/program.h"
#include "tests/unit/admin/cli/fake_node.h"

namespace amparo::cli {

// Answers questions from a list; USAGE when it is empty.
class CannedPrompter : public Prompter {
 public:
  absl::StatusOr<std::string> Ask(absl::string_view question) override {
    questions.emplace_back(question);
    if (answers.empty()) return Refusal(kReasonUsage, "nobody answers");
    std::string answer = answers.front();
    answers.pop_front();
    return answer;
  }
  absl::StatusOr<crypto::Secret> AskSecret(
      absl::string_view question) override {
    const absl::StatusOr<std::string> answer = Ask(question);
    if (!answer.ok()) return answer.status();
    return crypto::Secret::Copy(*answer);
  }

  std::deque<std::string> answers;
  std::vector<std::string> questions;
};

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

class CliTest : public ::testing::Test {
 protected:
  CliTest() {
    std::string pattern = ::testing::TempDir() + "/cli.XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    node_ = std::make_unique<FakeNode>(folder_);
  }
  ~CliTest() override {
    node_.reset();
    std::filesystem::remove_all(folder_);
  }

  // The program with these arguments, on the fake node's socket.
  Outcome Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"--socket", node_->socket(), "--session", SessionPath()});
    return RunBare(std::move(arguments));
  }

  Outcome RunBare(std::vector<std::string> arguments) {
    std::ostringstream out;
    std::ostringstream err;
    absl::TimeZone zone;
    absl::LoadTimeZone("Europe/Kyiv", &zone);
    Surroundings around{out,       err,
                        prompter_, now_,
                        zone,      environment_socket_,
                        "",        folder_ + "/home",
                        terminal_, clock_};
    Outcome outcome;
    outcome.code = RunProgram(std::move(arguments), around);
    outcome.out = out.str();
    outcome.err = err.str();
    return outcome;
  }

  std::string SessionPath() const { return folder_ + "/session"; }

  // A file in the folder; returns its path.
  std::string Write(const std::string& name, const std::string& content,
                    mode_t mode = 0600) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << content;
    ::chmod(path.c_str(), mode);
    return path;
  }
  std::string Read(const std::string& path) const {
    std::ostringstream content;
    content << std::ifstream(path).rdbuf();
    return content.str();
  }
  mode_t ModeOf(const std::string& path) const {
    struct stat found {};
    ::stat(path.c_str(), &found);
    return found.st_mode & 0777u;
  }

  std::string folder_;
  bool terminal_ = false;
  std::function<absl::Time()> clock_;
  std::string environment_socket_;
  CannedPrompter prompter_;
  // 2026-02-03 10:00 in Kyiv.
  absl::Time now_ = absl::FromUnixSeconds(1770105600);
  std::unique_ptr<FakeNode> node_;
};

}  // namespace amparo::cli

#endif  // AMPARO_TESTS_UNIT_ADMIN_CLI_CLI_FIXTURE_H_
