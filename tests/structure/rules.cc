// SPDX-License-Identifier: Apache-2.0
//
// The rules that look at one file at a time.

#include "tests/structure/rules.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace amparo::structure {
namespace {

constexpr size_t kLinesMax = 500;
constexpr size_t kColumnsMax = 80;

bool IsProto(absl::string_view path) { return absl::EndsWith(path, ".proto"); }

bool IsCMake(absl::string_view path) {
  return absl::EndsWith(path, "CMakeLists.txt") ||
         absl::EndsWith(path, ".cmake");
}

// Test vectors come from elsewhere and are kept as they came.
bool IsForeign(absl::string_view path) {
  return (absl::StartsWith(path, "tests/vectors/") &&
          absl::EndsWith(path, ".json")) ||
         path == "LICENSE" || absl::EndsWith(path, "package-lock.json");
}

// Terms of the field and the design, in which a word that says nothing alone
// is part of a name that says something.
bool IsTerm(absl::string_view word, absl::string_view next) {
  static const auto* const kTerms =
      new std::set<std::pair<absl::string_view, absl::string_view>>{
          {"data", "categories"}, {"data", "category"}, {"data", "directory"},
          {"data", "key"},        {"data", "keys"},     {"data", "protection"},
          {"data", "source"},     {"common", "name"}};
  return kTerms->count({word, next}) != 0;
}

// The first word of `name` that says nothing, or "".
std::string EmptyWord(absl::string_view name) {
  static const auto* const kBanned = new std::set<std::string>{
      "manager", "managers", "util",      "utils",      "utility",
      "helper",  "helpers",  "common",    "data",       "info",
      "infos",   "misc",     "processor", "processors", "utilities"};
  const std::vector<std::string> words = WordsOf(name);
  for (size_t i = 0; i < words.size(); ++i) {
    const absl::string_view next =
        i + 1 < words.size() ? absl::string_view(words[i + 1]) : "";
    if (kBanned->count(words[i]) != 0 && !IsTerm(words[i], next)) {
      return words[i];
    }
  }
  return "";
}

// The names that a C++ or proto text declares as types, with their lines.
std::vector<std::pair<std::string, int>> DeclaredTypes(const SourceFile& file) {
  static const auto* const kCpp = new std::set<std::string>{
      "class", "struct", "union", "enum", "using", "concept"};
  static const auto* const kProto =
      new std::set<std::string>{"message", "enum", "service", "rpc"};
  const std::set<std::string>& keywords = IsProto(file.path) ? *kProto : *kCpp;
  std::vector<std::pair<std::string, int>> types;
  const std::string code = CodeOnly(file.text);
  int number = 0;
  for (absl::string_view line : Lines(code)) {
    ++number;
    bool declares = false;
    for (absl::string_view word : absl::StrSplit(
             line, absl::ByAnyChar(" \t(){};:,<>&*="), absl::SkipEmpty())) {
      if (keywords.count(std::string(word)) != 0) {
        declares = true;
      } else if (declares && !absl::StartsWith(word, "[[") &&
                 !absl::StartsWith(word, "ABSL_")) {
        types.emplace_back(std::string(word), number);
        declares = false;
      }
    }
  }
  return types;
}

struct BannedCall {
  absl::string_view word;
  absl::string_view why;
};

constexpr BannedCall kBannedCalls[] = {
    {"absl::Now", "reads the clock itself"},
    {"absl::GetCurrentTimeNanos", "reads the clock itself"},
    {"system_clock", "reads the clock itself"},
    {"steady_clock", "reads the clock itself"},
    {"high_resolution_clock", "reads the clock itself"},
    {"gettimeofday", "reads the clock itself"},
    {"clock_gettime", "reads the clock itself"},
    {"time(nullptr)", "reads the clock itself"},
    {"sleep_for", "waits by itself, sleeping"},
    {"sleep_until", "waits by itself, sleeping"},
    {"absl::SleepFor", "waits by itself, sleeping"},
    {"sleep(", "waits by itself, sleeping"},
    {"usleep(", "waits by itself, sleeping"},
    {"nanosleep(", "waits by itself, sleeping"},
    {"rand(", "draws random numbers itself"},
    {"srand(", "draws random numbers itself"},
    {"random_device", "draws random numbers itself"},
    {"absl::BitGen", "draws random numbers itself"},
    {"mt19937", "draws random numbers itself"},
    {"mt19937_64", "draws random numbers itself"},
    {"default_random_engine", "draws random numbers itself"},
    {"getrandom(", "draws random numbers itself"},
    {"DebugString", "prints a message whole"},
    {"ShortDebugString", "prints a message whole"},
    {"Utf8DebugString", "prints a message whole"},
    {"throw", "throws an exception"},
};

size_t Utf8Length(absl::string_view line) {
  return static_cast<size_t>(std::count_if(
      line.begin(), line.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

// Lines that cannot be broken.
bool MayBeLong(absl::string_view line) {
  return absl::StartsWith(line, "#") || absl::StrContains(line, "://");
}

}  // namespace

std::vector<Finding> CheckNames(const Files& files) {
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (IsForeign(file.path)) continue;
    if (std::string word = EmptyWord(file.path); !word.empty()) {
      findings.push_back(
          {file.path, 0, absl::StrCat("'", word, "' in a path says nothing")});
    }
    if (!IsCpp(file.path) && !IsProto(file.path)) continue;
    for (const auto& [type, line] : DeclaredTypes(file)) {
      if (std::string word = EmptyWord(type); !word.empty()) {
        findings.push_back(
            {file.path, line,
             absl::StrCat("'", word, "' in the name ", type, " says nothing")});
      }
    }
  }
  return findings;
}

std::vector<Finding> CheckCalls(const Files& files) {
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (!IsCpp(file.path)) continue;
    const std::string code = CodeOnly(file.text);
    for (const BannedCall& call : kBannedCalls) {
      for (const int line : LinesWithWord(code, call.word)) {
        findings.push_back(
            {file.path, line, absl::StrCat(call.why, ": ", call.word)});
      }
    }
  }
  return findings;
}

std::vector<Finding> CheckLeftovers(const Files& files) {
  // Written in two halves so that this file does not break its own rule.
  static constexpr const char* kMarks[] = {
      "TO"
      "DO",
      "FIX"
      "ME",
      "X"
      "XX",
      "HA"
      "CK"};
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (IsForeign(file.path)) continue;
    for (const char* mark : kMarks) {
      for (const int line : LinesWithWord(file.text, mark)) {
        findings.push_back({file.path, line, "marks unfinished work"});
      }
    }
  }
  return findings;
}

std::vector<Finding> CheckSizes(const Files& files) {
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    const bool cpp = IsCpp(file.path);
    if (!cpp && !IsProto(file.path) && !IsCMake(file.path) && !IsScript(file)) {
      continue;
    }
    const std::vector<absl::string_view> lines = Lines(file.text);
    if (lines.size() > kLinesMax) {
      findings.push_back(
          {file.path, 0, absl::StrCat("has ", lines.size(), " lines")});
    }
    for (size_t i = 0; cpp && i < lines.size(); ++i) {
      const size_t columns = Utf8Length(lines[i]);
      if (columns > kColumnsMax && !MayBeLong(lines[i])) {
        findings.push_back({file.path, static_cast<int>(i) + 1,
                            absl::StrCat("is ", columns, " columns wide")});
      }
    }
  }
  return findings;
}

std::vector<Finding> CheckLicenceLines(const Files& files) {
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (!IsCpp(file.path) && !IsProto(file.path) && !IsScript(file)) continue;
    const std::vector<absl::string_view> lines = Lines(file.text);
    const size_t line = IsScript(file) ? 1 : 0;
    if (lines.size() <= line ||
        !absl::EndsWith(lines[line], " SPDX-License-Identifier: Apache-2.0")) {
      findings.push_back({file.path, static_cast<int>(line) + 1,
                          "does not start with its licence"});
    }
  }
  return findings;
}

std::vector<Finding> CheckHeaderGuards(const Files& files) {
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (!IsHeader(file.path)) continue;
    std::string guard = absl::StrCat("AMPARO_", file.path, "_");
    for (char& c : guard) {
      c = absl::ascii_isalnum(static_cast<unsigned char>(c))
              ? absl::ascii_toupper(static_cast<unsigned char>(c))
              : '_';
    }
    if (!absl::StrContains(
            file.text,
            absl::StrCat("\n#ifndef ", guard, "\n#define ", guard, "\n")) ||
        !absl::EndsWith(file.text,
                        absl::StrCat("\n#endif  // ", guard, "\n"))) {
      findings.push_back(
          {file.path, 0, absl::StrCat("has no header guard ", guard)});
    }
  }
  return findings;
}

std::vector<Finding> CheckMachinePaths(const Files& files) {
  // In halves, for the same reason as above.
  static constexpr const char* kTraces[] = {
      "/wo"
      "rk/",
      "/ro"
      "ot/",
      "/tm"
      "p/",
      "registry.npm"
      "js",
      "npm"
      "mirror",
      "deb.debian"
      ".org",
      "py"
      "pi.org",
      "proxy.go"
      "lang",
      "\"resol"
      "ved\":"};
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    for (const char* trace : kTraces) {
      for (const int line : LinesWithWord(file.text, trace)) {
        findings.push_back(
            {file.path, line,
             absl::StrCat("names a place of one machine: ", trace)});
      }
    }
  }
  return findings;
}

std::vector<Finding> CheckPermissions(const Files& files) {
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (!IsProto(file.path) ||
        !absl::StartsWith(file.path, "proto/amparo/office/")) {
      continue;
    }
    const std::string code = CodeOnly(file.text);
    for (size_t at = code.find("\n  rpc "); at != std::string::npos;
         at = code.find("\n  rpc ", at + 1)) {
      const size_t body = code.find_first_of("{;", at);
      if (body != std::string::npos && code[body] == '{') {
        const std::string options =
            code.substr(body, code.find('}', body) - body);
        if (absl::StrContains(options, "option (permission) =") ||
            absl::StrContains(options,
                              "option (amparo.office.v1.permission) =")) {
          continue;
        }
      }
      const int line =
          2 + static_cast<int>(std::count(
                  code.begin(), code.begin() + static_cast<std::ptrdiff_t>(at),
                  '\n'));
      findings.push_back({file.path, line, "names no permission"});
    }
  }
  return findings;
}

std::vector<Finding> CheckCMake(const Files& files) {
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (!IsCMake(file.path)) continue;
    int number = 0;
    for (absl::string_view line : Lines(file.text)) {
      ++number;
      line = line.substr(0, line.find('#'));
      if (!LinesWithWord(line, "GLOB").empty() ||
          !LinesWithWord(line, "GLOB_RECURSE").empty()) {
        findings.push_back({file.path, number, "globs instead of listing"});
      }
    }
  }
  return findings;
}

absl::StatusOr<std::vector<Exception>> ParseExceptions(absl::string_view json) {
  const nlohmann::json root =
      nlohmann::json::parse(json.begin(), json.end(), nullptr, false);
  if (!root.is_array()) {
    return absl::InvalidArgumentError("exceptions.json is no array");
  }
  std::vector<Exception> exceptions;
  for (const nlohmann::json& row : root) {
    Exception e{row.value("rule", ""), row.value("path", ""),
                row.value("about", ""), row.value("why", "")};
    if (e.rule.empty() || e.path.empty() || e.about.empty() || e.why.empty()) {
      return absl::InvalidArgumentError(
          "a row of exceptions.json lacks rule, path, about or why");
    }
    exceptions.push_back(std::move(e));
  }
  return exceptions;
}

std::vector<Finding> WithoutExceptions(const std::string& rule,
                                       std::vector<Finding> findings,
                                       const std::vector<Exception>& allowed) {
  findings.erase(
      std::remove_if(findings.begin(), findings.end(),
                     [&](const Finding& finding) {
                       return std::any_of(
                           allowed.begin(), allowed.end(),
                           [&](const Exception& e) {
                             return e.rule == rule &&
                                    absl::StartsWith(finding.path, e.path) &&
                                    absl::StrContains(finding.message, e.about);
                           });
                     }),
      findings.end());
  return findings;
}

}  // namespace amparo::structure
