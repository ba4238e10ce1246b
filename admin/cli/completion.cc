// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/completion.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace amparo::cli {
namespace {

struct Option {
  std::string name;  // With its dashes.
  std::string what;
  bool takes_value = false;
};

// A verb as it is typed: "case register"; empty for the program itself.
struct Place {
  std::string path;
  std::vector<std::pair<std::string, std::string>> verbs;  // And what they do.
  std::vector<Option> options;
};

std::vector<Option> OptionsOf(const CLI::App& app) {
  std::vector<Option> options;
  for (const CLI::Option* option : app.get_options({})) {
    for (const std::string& name : option->get_lnames()) {
      options.push_back({"--" + name, option->get_description(),
                         option->get_items_expected_max() > 0});
    }
  }
  return options;
}

// `global`: options that stand behind any verb, too.
void Walk(const CLI::App& app, const std::string& path,
          const std::vector<Option>& global, std::vector<Place>& places) {
  Place place{path, {}, OptionsOf(app)};
  if (!path.empty()) {
    for (const Option& option : global) {
      if (option.name != "--help" && option.name != "--version") {
        place.options.push_back(option);
      }
    }
  }
  for (const CLI::App* verb : app.get_subcommands({})) {
    place.verbs.emplace_back(verb->get_name(), verb->get_description());
  }
  places.push_back(std::move(place));
  for (const CLI::App* verb : app.get_subcommands({})) {
    Walk(*verb,
         path.empty() ? verb->get_name()
                      : absl::StrCat(path, " ", verb->get_name()),
         global, places);
  }
}

std::string WordsOf(const Place& place) {
  std::vector<std::string> words;
  for (const auto& [verb, what] : place.verbs) words.push_back(verb);
  for (const Option& option : place.options) words.push_back(option.name);
  return absl::StrJoin(words, " ");
}

// Functions that bash and zsh read alike: the words at a place, whether an
// option takes a value, and whether there is such a place.
std::string SharedFunctions(const std::string& name,
                            const std::vector<Place>& places) {
  std::string words = absl::StrCat("_", name, "_words() {\n  case \"$1\" in\n");
  std::string values =
      absl::StrCat("_", name, "_takes_value() {\n  case \"$1 $2\" in\n");
  std::string known = absl::StrCat("_", name, "_place() {\n  case \"$1\" in\n");
  for (const Place& place : places) {
    absl::StrAppend(&words, "    '", place.path, "') echo '", WordsOf(place),
                    "' ;;\n");
    for (const Option& option : place.options) {
      if (!option.takes_value) continue;
      absl::StrAppend(&values, "    '", place.path, " ", option.name,
                      "') return 0 ;;\n");
    }
    if (!place.path.empty()) {
      absl::StrAppend(&known, "    '", place.path, "') return 0 ;;\n");
    }
  }
  const char* const no = "    *) return 1 ;;\n  esac\n}\n";
  return absl::StrCat(words, "  esac\n}\n", values, no, known, no);
}

// @ stands for the program's name.
constexpr char kBash[] = R"sh(_@() {
  local at='' word wants='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then continue; fi
    if [[ -n $wants ]]; then wants=''; continue; fi
    if [[ $word == -* ]]; then
      if _@_takes_value "$at" "$word"; then wants=1; fi
    elif _@_place "${at:+$at }$word"; then
      at="${at:+$at }$word"
    fi
  done
  word=${COMP_WORDS[COMP_CWORD]}
  if [[ -n $wants ]]; then
    COMPREPLY=()
    compopt -o default 2>/dev/null
  else
    COMPREPLY=($(compgen -W "$(_@_words "$at")" -- "$word"))
  fi
}
complete -F _@ @
)sh";

constexpr char kZsh[] = R"sh(_@() {
  local at='' word wants=''
  local -i i
  for ((i = 2; i < CURRENT; i++)); do
    word=${words[i]}
    if [[ -n $wants ]]; then wants=''; continue; fi
    if [[ $word == -*=* ]]; then continue; fi
    if [[ $word == -* ]]; then
      if _@_takes_value "$at" "$word"; then wants=1; fi
    elif _@_place "${at:+$at }$word"; then
      at="${at:+$at }$word"
    fi
  done
  if [[ -n $wants ]]; then
    _files
  else
    compadd -- ${=$(_@_words "$at")}
  fi
}
compdef _@ @
)sh";

std::string FishQuoted(absl::string_view text) {
  return absl::StrCat(
      "'", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}}), "'");
}

constexpr char kFishPlace[] = R"sh(function __@_at
  set -l at
  for word in (commandline -opc)[2..-1]
    if contains -- (string join ' ' -- $at $word) $__@_places
      set at $at $word
    end
  end
  set -l place (string join ' ' -- $at)
  test "$place" = "$argv[1]"
end
)sh";

std::string Fish(const std::string& name, const std::vector<Place>& places) {
  std::string script = absl::StrCat("set -g __", name, "_places");
  for (const Place& place : places) {
    if (!place.path.empty()) {
      absl::StrAppend(&script, " ", FishQuoted(place.path));
    }
  }
  absl::StrAppend(&script, "\n", absl::StrReplaceAll(kFishPlace, {{"@", name}}),
                  "complete -c ", name, " -f\n");
  for (const Place& place : places) {
    const std::string here = absl::StrCat(
        "complete -c ", name, " -n ",
        FishQuoted(absl::StrCat("__", name, "_at ", FishQuoted(place.path))));
    for (const auto& [verb, what] : place.verbs) {
      absl::StrAppend(&script, here, " -a ", verb, " -d ", FishQuoted(what),
                      "\n");
    }
    for (const Option& option : place.options) {
      absl::StrAppend(&script, here, " -l ", option.name.substr(2),
                      option.takes_value ? " -r -F" : "", " -d ",
                      FishQuoted(option.what), "\n");
    }
  }
  return script;
}

}  // namespace

absl::StatusOr<std::string> CompletionScript(const CLI::App& program,
                                             absl::string_view shell) {
  const std::string name = program.get_name();
  std::vector<Place> places;
  Walk(program, "", OptionsOf(program), places);
  const auto named = [&name](const char* script) {
    return absl::StrReplaceAll(script, {{"@", name}});
  };
  if (shell == "bash") {
    return absl::StrCat(SharedFunctions(name, places), named(kBash));
  }
  if (shell == "zsh") {
    return absl::StrCat("#compdef ", name, "\n", SharedFunctions(name, places),
                        named(kZsh));
  }
  if (shell == "fish") return Fish(name, places);
  return absl::InvalidArgumentError(
      absl::StrCat("the shell must be ", kShells));
}

}  // namespace amparo::cli
