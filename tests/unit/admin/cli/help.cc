// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/admin/cli/help.h"

#include <regex>

#include "absl/strings/str_split.h"

namespace amparo::cli {
namespace {

using HelpOf = std::function<std::string(const std::vector<std::string>&)>;

void AddVerbsAt(const std::vector<std::string>& place, const HelpOf& help_of,
                std::vector<Verb>& all) {
  Verb here{place, help_of(place), {}};
  here.help = ParseHelp(here.text);
  for (const std::string& verb : here.help.verbs) {
    std::vector<std::string> further = place;
    further.push_back(verb);
    AddVerbsAt(further, help_of, all);
  }
  if (here.help.verbs.empty()) all.push_back(std::move(here));
}

}  // namespace

Help ParseHelp(const std::string& text) {
  static const std::regex* const option =
      new std::regex("^  (-., ?)?(--[a-z-]+)");
  static const std::regex* const verb = new std::regex("^  ([a-z-]+)");
  Help help;
  bool in_verbs = false;
  for (const absl::string_view view : absl::StrSplit(text, '\n')) {
    const std::string line(view);
    std::smatch match;
    if (line == "Subcommands:") in_verbs = true;
    if (line.empty()) in_verbs = false;
    if (std::regex_search(line, match, *option)) {
      help.options.insert(match[2]);
    } else if (in_verbs && std::regex_search(line, match, *verb)) {
      help.verbs.insert(match[1]);
    }
  }
  return help;
}

std::vector<Verb> AllVerbs(const HelpOf& help_of) {
  std::vector<Verb> all;
  AddVerbsAt({}, help_of, all);
  return all;
}

}  // namespace amparo::cli
