// SPDX-License-Identifier: Apache-2.0
//
// amparod, the node.
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "admin/cli/completion.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "node/app/config.h"
#include "node/app/data_directory.h"
#include "node/app/fsck.h"
#include "node/app/node.h"
#include "node/app/restore.h"
#include "node/app/run.h"
#include "node/app/unlock.h"
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
  std::string shell;
  std::string instead_of;
  bool json = false;
};

// Where a passphrase may come from, in this order: a descriptor, the file the
// configuration names, a systemd credential, the terminal. Never an argument
// and never the environment. nullopt: from nowhere, and nobody is at a
// terminal to be asked.
absl::StatusOr<std::optional<crypto::Secret>> FindPassphrase(
    const Options& options, const Config& config) {
  const auto read = [](absl::StatusOr<crypto::Secret> secret)
      -> absl::StatusOr<std::optional<crypto::Secret>> {
    if (!secret.ok()) return secret.status();
    return std::optional<crypto::Secret>(*std::move(secret));
  };
  if (options.passphrase_fd >= 0) {
    return read(ReadSecretDescriptor(options.passphrase_fd));
  }
  if (!config.passphrase_file.empty()) {
    return read(ReadSecretFile(config.passphrase_file));
  }
  // The directory's name is no secret; systemd hands it over this way.
  const char* const credentials = std::getenv("CREDENTIALS_DIRECTORY");
  if (credentials != nullptr) {
    const std::string path = std::string(credentials) + "/amparo-passphrase";
    if (::access(path.c_str(), F_OK) == 0) return read(ReadSecretFile(path));
  }
  if (::isatty(STDIN_FILENO) == 0) return std::optional<crypto::Secret>();
  return read(PromptSecret("Passphrase of the node key"));
}

// The same for what cannot wait for one.
absl::StatusOr<crypto::Secret> ReadPassphrase(const Options& options,
                                              const Config& config) {
  ASSIGN_OR_RETURN(std::optional<crypto::Secret> found,
                   FindPassphrase(options, config));
  if (found.has_value()) return *std::move(found);
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
  absl::Status made = code.status();
  if (made.ok() && !options.code_file.empty()) {
    made = WriteSecretFile(options.code_file, code->Reveal());
  }
  if (!made.ok()) {
    // Nothing half made, nor an office whose code nobody has: the next attempt
    // starts from an empty directory.
    RETURN_IF_ERROR(EmptyDataDirectory(config.data_directory));
    return made;
  }
  if (!options.code_file.empty()) {
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
  ASSIGN_OR_RETURN(const Config config, ReadConfig(options.config));
  return RunNode(config, [&] { return FindPassphrase(options, config); });
}

// The passphrase comes from a descriptor or a person: had the node had
// another source, it would not be locked.
absl::Status Unlock(const Options& options) {
  ASSIGN_OR_RETURN(const Config config, ReadConfig(options.config));
  ASSIGN_OR_RETURN(const crypto::Secret passphrase,
                   options.passphrase_fd >= 0
                       ? ReadSecretDescriptor(options.passphrase_fd)
                       : PromptSecret("Passphrase of the node key"));
  RETURN_IF_ERROR(UnlockNode(OfficeSocketPath(config), passphrase));
  std::printf("Unlocked. The node serves.\n");
  return absl::OkStatus();
}

// For data that was put back from a backup, with no node running over it.
absl::Status Restore(const Options& options) {
  ASSIGN_OR_RETURN(const Config config, ReadConfig(options.config));
  RETURN_IF_ERROR(CheckModes(config.data_directory));
  ASSIGN_OR_RETURN(const crypto::Secret passphrase,
                   ReadPassphrase(options, config));
  ASSIGN_OR_RETURN(const crypto::Secret node_key,
                   OpenDataDirectory(config.data_directory, passphrase));
  ASSIGN_OR_RETURN(const auto store,
                   storage::OpenStore(StorePath(config.data_directory)));
  Erasures erasures;
  if (!options.instead_of.empty()) {
    ASSIGN_OR_RETURN(erasures, ErasedIn(StorePath(options.instead_of)));
  }
  ASSIGN_OR_RETURN(const Restored restored,
                   RestoreNode({*store, SystemClock(), crypto::SystemRandom()},
                               node_key, erasures.cases));
  std::printf(
      "Restored: incarnation %u. Peers offer again what this office had "
      "receipted.\n",
      restored.incarnation);
  if (options.instead_of.empty()) {
    std::puts(
        "Cases that were erased since the copy was made are there again: erase "
        "them, or run this\nonce more with --instead-of and the directory that "
        "the copy replaces.");
  } else {
    std::printf("Cases erased again: %zu.\n", restored.cases.erased);
  }
  if (erasures.damaged > 0) {
    std::puts(
        "The replaced directory is damaged where it marks what was erased: "
        "look for cases that\nshould not be there.");
  }
  if (restored.cases.left > 0) {
    std::printf(
        "Cases left, because they were merged with others when the copy was "
        "made: %zu.\nUndo the merges and erase them by hand.\n",
        restored.cases.left);
  }
  if (restored.cases.failed > 0) {
    std::printf(
        "Cases not erased, because they are damaged: %zu. amparod fsck names "
        "them.\n",
        restored.cases.failed);
  }
  return absl::OkStatus();
}

CLI::App* AddRestore(CLI::App& program, Options& options) {
  CLI::App* const restore = program.add_subcommand(
      "restore", "Makes data that was put back from a backup fit to be served");
  restore->add_option("--instead-of", options.instead_of,
                      "Data directory that the copy replaces: what was erased "
                      "there is erased again");
  restore->footer(
      "Run it once, after the data directory was put back and before the node "
      "starts.\n"
      "Example:\n  amparod restore --config /etc/amparo/amparod.conf \\\n"
      "      --instead-of /var/lib/amparo/data.broken");
  return restore;
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

CLI::App* AddCompletion(CLI::App& program, Options& options) {
  CLI::App* const completion = program.add_subcommand(
      "completion", "Prints a script that completes words in a shell");
  completion->add_option("SHELL", options.shell, cli::kShells)->required();
  completion->footer(
      "Example:\n  amparod completion bash > "
      "/etc/bash_completion.d/amparod");
  return completion;
}

int Complete(const CLI::App& program, const std::string& shell) {
  const absl::StatusOr<std::string> script =
      cli::CompletionScript(program, shell);
  if (!script.ok()) {
    Complain(FieldError("SHELL", absl::StrCat("must be ", cli::kShells)));
    return 1;
  }
  std::fputs(script->c_str(), stdout);
  return 0;
}

// Large blocks go back to the system when they are freed. Left to itself the
// allocator raises this bound as it sees them and keeps them in the arena of
// each thread: files of 25 MiB left a node at rest with a gigabyte.
constexpr int kLargeBlock = 256 * 1024;

// Nothing of this process lands in a core file or is readable by a debugger of
// another process of the same user; files are for the owner only.
void SetUpProcess() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
  ::umask(0077);
  ::mallopt(M_MMAP_THRESHOLD, kLargeBlock);
  std::signal(SIGPIPE, SIG_IGN);
  // A file that may not grow is a write that fails, which the store answers
  // for, and no reason to fall over.
  std::signal(SIGXFSZ, SIG_IGN);
}

int Main(int argc, char** argv) {
  SetUpProcess();
  Options options;
  CLI::App program{
      "The node of an Amparo office. People talk to it with "
      "`amparo`.",
      "amparod"};
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
  CLI::App* const restore = AddRestore(program, options);
  common(restore);
  CLI::App* const unlock = program.add_subcommand(
      "unlock", "Gives a node that was started locked its passphrase");
  common(unlock);
  unlock->footer(
      "Example:\n  amparod unlock --config /etc/amparo/amparod.conf");
  CLI::App* const completion = AddCompletion(program, options);
  CLI11_PARSE(program, argc, argv);

  if (fsck->parsed()) return Fsck(options);
  if (completion->parsed()) return Complete(program, options.shell);
  const absl::Status done = init->parsed()      ? Init(options)
                            : unlock->parsed()  ? Unlock(options)
                            : restore->parsed() ? Restore(options)
                                                : Run(options);
  if (done.ok()) return 0;
  Complain(done);
  return 1;
}

}  // namespace
}  // namespace amparo::app

int main(int argc, char** argv) { return amparo::app::Main(argc, argv); }
