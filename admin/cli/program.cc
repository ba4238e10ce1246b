// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/program.h"

#include <algorithm>

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

// What was wrong with the command line, without its values.
absl::Status ParseFailure(const CLI::ParseError& error,
                          const std::vector<std::string>& arguments) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    return UsageError("an argument", "is not one of this verb");
  }
  const std::string message = error.what();
  for (const std::string& argument : arguments) {
    // Messages about values that break a rule repeat the value.
    if (!absl::StartsWith(argument, "--") && argument.size() > 1 &&
        dynamic_cast<const CLI::RequiredError*>(&error) == nullptr &&
        absl::StrContains(message, argument)) {
      const std::string option = message.substr(0, message.find(':'));
      if (absl::StartsWith(option, "--") &&
          !absl::StrContains(option, argument)) {
        return UsageError(option, "does not have a value of its form");
      }
      return UsageError("an argument", "does not have the form it must have");
    }
  }
  return Refusal(kReasonUsage, message);
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
  AddConsentVerbs(verbs);
  AddReferralVerbs(verbs);
  AddPeerVerbs(verbs);
  AddAgreementVerbs(verbs);
  AddPersonVerbs(verbs);
  AddTableVerbs(verbs);
  AddTrendVerb(verbs);
  AddStatusVerb(verbs);

  const bool json = std::find(arguments.begin(), arguments.end(), "--json") !=
                    arguments.end();
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    program.parse(reversed);
  } catch (const CLI::Success& wanted) {
    return program.exit(wanted, around.out, around.err);
  } catch (const CLI::ParseError& error) {
    const absl::Status failure = ParseFailure(error, arguments);
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
  if (!done.ok()) around.err << FailureText(done, options.json);
  return ExitCodeOf(done);
}

}  // namespace amparo::cli
