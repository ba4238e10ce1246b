// SPDX-License-Identifier: Apache-2.0
//
// What the program's own help says there is, so that no test keeps a list of
// verbs beside it.
#ifndef AMPARO_TESTS_UNIT_ADMIN_CLI_HELP_H_
#define AMPARO_TESTS_UNIT_ADMIN_CLI_HELP_H_

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace amparo::cli {

struct Help {
  std::set<std::string> options;  // "--json".
  std::set<std::string> verbs;    // Those one word further.
};
Help ParseHelp(const std::string& text);

// A verb that can be called: not one that only leads to others.
struct Verb {
  std::vector<std::string> words;  // {"case", "third", "add"}.
  std::string text;                // Of its help.
  Help help;
};
// All of them; `help_of` answers what is printed for --help behind words.
std::vector<Verb> AllVerbs(
    const std::function<std::string(const std::vector<std::string>& words)>&
        help_of);

}  // namespace amparo::cli

#endif  // AMPARO_TESTS_UNIT_ADMIN_CLI_HELP_H_
