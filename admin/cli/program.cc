// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/program.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "admin/cli/failure.h"
#include "admin/cli/output.h"
#include "admin/cli/verbs.h"

namespace amparo::cli {
namespace {

constexpr char kMainJob[] =
    "Amparo refers a person to another country's office, with consent:\n"
    "  amparo login marta                       sign in\n"
    "  amparo case register --ask-identity ...  the person becomes a case\n"
    "  amparo consent give --case NUMBER ...    what they agreed to\n"
    "  amparo referral propose --case NUMBER --peer Kyiv ...\n"
    "All verbs: amparo --help. How one works: amparo consent give --help\n";

constexpr char kFooter[] =
    "Each verb's --help ends with an example. Exit codes: 0 done, 1 refused\n"
    "with the reason, 2 wrong usage, 3 not signed in, 4 the node does not\n"
    "answer, 5 an error of the program.";

void AddGlobalOptions(CLI::App& program, GlobalOptions* options) {
  const auto last = CLI::MultiOptionPolicy::TakeLast;
  program
      .add_option("--socket", options->socket,
                  "The node's socket (AMPARO_SOCKET)")
      ->multi_option_policy(last);
  program
      .add_option("--data", options->data_directory,
                  "The node's data directory, whose office.sock is used")
      ->multi_option_policy(last);
  program
      .add_option("--session", options->session,
                  "Your session file (AMPARO_SESSION, or "
                  "~/.config/amparo/session)")
      ->multi_option_policy(last);
  program
      .add_option("--timeout", options->timeout_seconds,
                  "Seconds to wait for an answer (60)")
      ->check(CLI::Range(0.001, 86400.0))
      ->multi_option_policy(last);
  program.add_flag("--json", options->json,
                   "Prints one JSON object, and errors as one");
}

// The first option that no verb knows, without a value behind "=", if it has
// the form of an option's name.
std::string UnknownOption(const std::vector<std::string>& unknown) {
  for (const std::string& argument : unknown) {
    const std::string name = argument.substr(0, argument.find('='));
    if (absl::StartsWith(name, "--") && name.size() < 32 &&
        std::all_of(name.begin(), name.end(), [](char c) {
          return absl::ascii_islower(static_cast<unsigned char>(c)) || c == '-';
        })) {
      return name;
    }
  }
  return "";
}

// The option of the verb that was asked for which `message` is about.
std::string KnownOptionIn(const CLI::App& app, const std::string& message) {
  std::string found;
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    if (name.size() > found.size() && absl::StrContains(message, name)) {
      found = name;
    }
  }
  for (const CLI::App* verb : app.get_subcommands()) {
    const std::string deeper = KnownOptionIn(*verb, message);
    if (deeper.size() > found.size()) found = deeper;
  }
  return found;
}

// What was wrong with the command line, without its values: the parser's own
// messages repeat them.
absl::Status ParseFailure(const CLI::App& program,
                          const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const std::string option = UnknownOption(program.remaining(true));
    if (!option.empty()) return UsageError(option, "is not an option here");
    return Refusal(kReasonUsage,
                   "a word on the command line is neither a verb nor something "
                   "this verb takes");
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    const std::string message = error.what();
    if (message == "A subcommand is required") {
      return Refusal(kReasonUsage, "a verb is missing after this word");
    }
    return Refusal(kReasonUsage, message);
  }
  const std::string option = KnownOptionIn(program, error.what());
  if (option.empty()) {
    return Refusal(kReasonUsage, "an option needs a value of its form");
  }
  return UsageError(option, "needs a value of its form");
}

}  // namespace

int RunProgram(std::vector<std::string> arguments, Surroundings& around) {
  GlobalOptions options;
  CLI::App program("The command line of an Amparo office.", "amparo");
  program.set_version_flag("--version", "amparo " AMPARO_VERSION);
  program.get_formatter()->column_width(30);
  program.footer(kFooter);
  program.fallthrough();
  AddGlobalOptions(program, &options);
  Verbs verbs(program);
  AddSignInVerbs(verbs);
  AddCaseVerbs(verbs);
  AddRetentionVerbs(verbs);
  AddConsentVerbs(verbs);
  AddCountVerbs(verbs);
  AddReferralVerbs(verbs);
  AddPeerVerbs(verbs);
  AddAgreementVerbs(verbs);
  AddPersonVerbs(verbs);
  AddTableVerbs(verbs);
  AddTrendVerb(verbs);
  AddVocabularyVerbs(verbs);
  AddStatusVerb(verbs);
  AddDoctorVerb(verbs);
  AddCompletionVerb(verbs, program);

  const bool json = std::find(arguments.begin(), arguments.end(), "--json") !=
                    arguments.end();
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    program.parse(reversed);
  } catch (const CLI::Success& wanted) {
    return program.exit(wanted, around.out, around.err);
  } catch (const CLI::ParseError& error) {
    const absl::Status failure = ParseFailure(program, error);
    around.err << FailureText(failure, json);
    return ExitCodeOf(failure);
  }
  if (!verbs.chosen()) {
    around.out << kMainJob;
    return kDone;
  }
  Desk desk(options, around);
  const absl::Status done = verbs.chosen()(desk);
  around.out.flush();
  if (done.ok()) return desk.exit_code();
  around.err << FailureText(done, options.json);
  return ExitCodeOf(done);
}

}  // namespace amparo::cli
