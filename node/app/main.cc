// SPDX-License-Identifier: Apache-2.0
//
// amparod, the node.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "node/app/config.h"
#include "node/app/data_directory.h"
#include "node/app/fsck.h"
#include "node/app/node.h"
#include "node/app/service.h"
#include "node/app/version.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"

namespace amparo::app {
namespace {

struct Options {
  std::string config;
  int passphrase_fd = -1;
  std::string name;
  std::string country;
  bool region = false;
  bool exercise = false;
  std::string administrator;
  std::string code_file;
  bool json = false;
};

// Where a passphrase may come from, in this order: a descriptor, the file the
// configuration names, a systemd credential, the terminal. Never an argument
// and never the environment.
absl::StatusOr<crypto::Secret> ReadPassphrase(const Options& options,
                                              const Config& config) {
  if (options.passphrase_fd >= 0) {
    return ReadSecretDescriptor(options.passphrase_fd);
  }
  if (!config.passphrase_file.empty()) {
    return ReadSecretFile(config.passphrase_file);
  }
  // The directory's name is no secret; systemd hands it over this way.
  const char* const credentials = std::getenv("CREDENTIALS_DIRECTORY");
  if (credentials != nullptr) {
    return ReadSecretFile(std::string(credentials) + "/amparo-passphrase");
  }
  return PromptSecret("Passphrase of the node key");
}

absl::StatusOr<crypto::Secret> MakeOffice(const Options& options,
                                          const Config& config,
                                          const crypto::Secret& node_key) {
  ASSIGN_OR_RETURN(const auto store,
                   storage::OpenStore(StorePath(config.data_directory)));
  return InitialiseNode({*store, SystemClock(), crypto::SystemRandom()},
                        node_key,
                        {options.name, options.country,
                         PublicAddress(config, 0), options.exercise,
                         options.region ? peering::NodeRole::kRegion
                                        : peering::NodeRole::kOffice},
                        options.administrator);
}

absl::Status Init(const Options& options) {
  ASSIGN_OR_RETURN(const Config config, ReadConfig(options.config));
  ASSIGN_OR_RETURN(const crypto::Secret passphrase,
                   ReadPassphrase(options, config));
  if (passphrase.size() < limits::kPasswordBytesMin) {
    return FieldError("passphrase", "must have at least 10 characters");
  }
  crypto::RandomSource& random = crypto::SystemRandom();
  ASSIGN_OR_RETURN(
      const crypto::Secret node_key,
      CreateDataDirectory(config.data_directory, passphrase, random));
  const absl::StatusOr<crypto::Secret> code =
      MakeOffice(options, config, node_key);
  if (!code.ok()) {
    // Nothing half made: the next attempt starts from an empty directory.
    RETURN_IF_ERROR(EmptyDataDirectory(config.data_directory));
    return code.status();
  }
  if (!options.code_file.empty()) {
    RETURN_IF_ERROR(WriteSecretFile(options.code_file, code->Reveal()));
    std::printf(
        "Initialised. The administrator's one-use sign-in code is in "
        "the code file; it is valid for 72 hours.\n");
  } else {
    std::printf(
        "Initialised. The administrator's one-use sign-in code, valid "
        "for 72 hours:\n%.*s\n",
        static_cast<int>(code->size()), code->Reveal().data());
  }
  return absl::OkStatus();
}

absl::Status Run(const Options& options) {
  // Blocked before any thread starts, so that only sigwait takes them.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  ASSIGN_OR_RETURN(const Config config, ReadConfig(options.config));
  RETURN_IF_ERROR(CheckModes(config.data_directory));
  ASSIGN_OR_RETURN(const crypto::Secret passphrase,
                   ReadPassphrase(options, config));
  ASSIGN_OR_RETURN(crypto::Secret node_key,
                   OpenDataDirectory(config.data_directory, passphrase));
  ASSIGN_OR_RETURN(const auto service,
                   Service::Start(config, std::move(node_key), SystemClock(),
                                  crypto::SystemRandom()));
  int signal = 0;
  sigwait(&ends, &signal);
  service->Stop();
  return absl::OkStatus();
}

// Exit codes of fsck.
constexpr int kSound = 0;
constexpr int kFoundSomething = 1;
constexpr int kCouldNotCheck = 2;

absl::StatusOr<FsckReport> CheckStore(const Options& options) {
  ASSIGN_OR_RETURN(const Config config, ReadConfig(options.config));
  RETURN_IF_ERROR(CheckModes(config.data_directory));
  ASSIGN_OR_RETURN(const crypto::Secret passphrase,
                   ReadPassphrase(options, config));
  ASSIGN_OR_RETURN(crypto::Secret node_key,
                   OpenDataDirectory(config.data_directory, passphrase));
  return CheckDirectory(StorePath(config.data_directory), std::move(node_key),
                        crypto::SystemRandom(), SystemClock().Now());
}

void Complain(const absl::Status& status) {
  std::fprintf(stderr, "amparod: %s: %s\n",
               std::string(ReasonName(ReasonOf(status))).c_str(),
               std::string(status.message()).c_str());
}

int Fsck(const Options& options) {
  const absl::StatusOr<FsckReport> report = CheckStore(options);
  if (!report.ok()) {
    Complain(report.status());
    return kCouldNotCheck;
  }
  const std::string text =
      options.json ? DescribeAsJson(*report) : Describe(*report);
  std::fputs(text.c_str(), stdout);
  return report->clean() ? kSound : kFoundSomething;
}

CLI::App* AddFsck(CLI::App& program, Options& options) {
  CLI::App* const fsck = program.add_subcommand(
      "fsck", "Checks the stored data of a stopped node; changes nothing");
  fsck->add_flag("--json", options.json, "For scripts");
  fsck->footer(
      "Exit code: 0 sound, 1 something was found, 2 it could not be checked.\n"
      "Example:\n  amparod fsck --config /etc/amparo/amparod.conf");
  return fsck;
}

// Nothing of this process lands in a core file or is readable by a debugger of
// another process of the same user; files are for the owner only.
void CloseDown() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
  ::umask(0077);
  std::signal(SIGPIPE, SIG_IGN);
}

int Main(int argc, char** argv) {
  CloseDown();
  Options options;
  CLI::App program{
      "The node of an Amparo office. People talk to it with "
      "`amparo`."};
  program.set_version_flag("--version", std::string("amparod ") + kVersion);
  program.require_subcommand(1);
  const auto common = [&options](CLI::App* verb) {
    verb->add_option("--config", options.config, "Configuration file")
        ->required();
    verb->add_option("--passphrase-fd", options.passphrase_fd,
                     "Read the passphrase from this open descriptor");
  };
  CLI::App* const init = program.add_subcommand(
      "init", "Makes a new office: its keys and its first administrator");
  common(init);
  init->add_option("--name", options.name, "Name of the office")->required();
  init->add_option("--country", options.country,
                   "ISO 3166-1 alpha-3 code of its country");
  init->add_flag("--region", options.region, "A regional registry");
  init->add_flag("--exercise", options.exercise,
                 "For training only; can never talk to live nodes");
  init->add_option("--administrator", options.administrator,
                   "Sign-in name of the first administrator")
      ->required();
  init->add_option("--code-file", options.code_file,
                   "Write the sign-in code to this new file instead of "
                   "printing it");
  init->footer(
      "Example:\n  amparod init --config /etc/amparo/amparod.conf --name "
      "Dushanbe \\\n      --country TJK --administrator marta");
  CLI::App* const run = program.add_subcommand("run", "Serves until stopped");
  common(run);
  run->footer("Example:\n  amparod run --config /etc/amparo/amparod.conf");
  CLI::App* const fsck = AddFsck(program, options);
  common(fsck);
  CLI11_PARSE(program, argc, argv);

  if (fsck->parsed()) return Fsck(options);
  const absl::Status done = init->parsed() ? Init(options) : Run(options);
  if (done.ok()) return 0;
  Complain(done);
  return 1;
}

}  // namespace
}  // namespace amparo::app

int main(int argc, char** argv) { return amparo::app::Main(argc, argv); }
