// SPDX-License-Identifier: Apache-2.0
//
// The rules that compare files with each other.

#include <algorithm>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/structure/rules.h"

namespace amparo::structure {
namespace {

constexpr char kHeaderOnlyList[] = "tests/structure/header_only.cmake";

const SourceFile* Find(const Files& files, absl::string_view path) {
  for (const SourceFile& file : files) {
    if (file.path == path) return &file;
  }
  return nullptr;
}

std::string FirstQuotedInclude(const SourceFile& file) {
  for (const Include& include : IncludesOf(file)) {
    if (include.quoted) return include.target;
    return "";  // something stands before it
  }
  return "";
}

// The packages that the tree's lists install, with the file that says so.
std::map<std::string, std::string> InstalledPackages(const Files& files) {
  std::map<std::string, std::string> packages;
  for (const char* list :
       {"deploy/setup/packages", "deploy/setup/packages-tests"}) {
    const SourceFile* file = Find(files, list);
    if (file == nullptr) continue;
    for (absl::string_view line : Lines(file->text)) {
      line = line.substr(0, line.find_first_of(" #"));
      if (!line.empty()) packages[std::string(line)] = list;
    }
  }
  for (const SourceFile& file : files) {
    if (!absl::EndsWith(file.path, "package.json")) continue;
    const nlohmann::json root =
        nlohmann::json::parse(file.text, nullptr, false);
    for (const char* group : {"dependencies", "devDependencies"}) {
      if (!root.is_object() || !root.contains(group)) continue;
      for (const auto& [name, version] : root[group].items()) {
        packages[name] = file.path;
      }
    }
  }
  return packages;
}

// The first words of NOTICE's rows: two spaces, a package, more columns.
std::set<std::string> NoticedPackages(const SourceFile& notice) {
  std::set<std::string> packages;
  for (absl::string_view line : Lines(notice.text)) {
    if (!absl::ConsumePrefix(&line, "  ") || line.empty() || line[0] == ' ') {
      continue;
    }
    packages.insert(std::string(line.substr(0, line.find(' '))));
  }
  return packages;
}

// The words of `text` that look like paths of this tree.
std::vector<std::string> PathsNamedIn(absl::string_view line) {
  static constexpr absl::string_view kTops[] = {
      "admin/", "crypto/", "deploy/", "node/", "proto/", "tests/", ".ci/"};
  std::vector<std::string> paths;
  for (absl::string_view word : absl::StrSplit(
           line, absl::ByAnyChar(" \t`'\"()[]|,;=<>"), absl::SkipEmpty())) {
    while (absl::ConsumeSuffix(&word, ".") || absl::ConsumeSuffix(&word, ":")) {
    }
    if (word.find_first_of("*{}$") != absl::string_view::npos) continue;
    for (const absl::string_view top : kTops) {
      if (absl::StartsWith(word, top)) paths.emplace_back(word);
    }
  }
  return paths;
}

}  // namespace

std::vector<Finding> CheckHeaderIsolation(const Files& files) {
  std::set<std::string> compiled_first;
  for (const SourceFile& file : files) {
    if (absl::EndsWith(file.path, ".cc")) {
      compiled_first.insert(FirstQuotedInclude(file));
    }
  }
  std::vector<Finding> findings;
  if (const SourceFile* list = Find(files, kHeaderOnlyList)) {
    int number = 0;
    for (absl::string_view line : Lines(list->text)) {
      ++number;
      if (!absl::ConsumePrefix(&line, "  ")) continue;
      if (!compiled_first.insert(std::string(line)).second) {
        findings.push_back(
            {kHeaderOnlyList, number,
             absl::StrCat(line, " has a source that includes it first")});
      }
    }
  }
  for (const SourceFile& file : files) {
    // Headers of unit tests are read by the tests beside them only.
    if (absl::StartsWith(file.path, "tests/unit/")) continue;
    if (IsHeader(file.path) && compiled_first.count(file.path) == 0) {
      findings.push_back(
          {file.path, 0,
           absl::StrCat("is the first include of no source; if it has none, "
                        "list it in ",
                        kHeaderOnlyList)});
    }
  }
  return findings;
}

std::vector<Finding> CheckNotice(const Files& files) {
  const SourceFile* notice = Find(files, "NOTICE");
  if (notice == nullptr) return {{"NOTICE", 0, "is missing"}};
  const std::map<std::string, std::string> installed = InstalledPackages(files);
  const std::set<std::string> noticed = NoticedPackages(*notice);
  std::vector<Finding> findings;
  for (const auto& [package, list] : installed) {
    if (noticed.count(package) == 0) {
      findings.push_back({"NOTICE", 0,
                          absl::StrCat("does not name ", package, ", which ",
                                       list, " installs")});
    }
  }
  for (const std::string& package : noticed) {
    if (installed.count(package) == 0) {
      findings.push_back(
          {"NOTICE", 0,
           absl::StrCat("names ", package, ", which nothing installs")});
    }
  }
  return findings;
}

std::vector<Finding> CheckWaysOut(const Files& files) {
  const auto within = [](const SourceFile& file,
                         std::initializer_list<absl::string_view> folders) {
    return std::any_of(folders.begin(), folders.end(),
                       [&](absl::string_view folder) {
                         return absl::StartsWith(file.path, folder);
                       });
  };
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (!IsCpp(file.path)) continue;
    const std::string code = CodeOnly(file.text);
    if (!within(file, {"node/delivery/", "node/app/", "tests/"})) {
      for (const int line : LinesWithWord(code, "PeerLink")) {
        findings.push_back({file.path, line, "holds a link to a peer"});
      }
    }
    if (within(file, {"node/clearance/", "tests/unit/node/clearance/"})) {
      continue;
    }
    bool inside = false;
    int number = 0;
    for (absl::string_view line : Lines(code)) {
      ++number;
      line = absl::StripAsciiWhitespace(line);
      const bool forward_declaration = (absl::StartsWith(line, "class ") ||
                                        absl::StartsWith(line, "struct ")) &&
                                       absl::EndsWith(line, ";");
      if (inside && !forward_declaration && !line.empty() && line != "}") {
        findings.push_back({file.path, number, "adds to namespace clearance"});
      }
      if (absl::StartsWith(line, "namespace ") &&
          absl::StrContains(line, "clearance {")) {
        inside = true;
      } else if (line == "}") {
        inside = false;
      }
    }
  }
  return findings;
}

std::vector<Finding> CheckReadmePaths(const Files& files) {
  std::set<std::string> known;  // files and every folder above them
  for (const SourceFile& file : files) {
    std::string path = file.path;
    while (!path.empty() && known.insert(path).second) {
      const size_t slash = path.rfind('/');
      path = slash == std::string::npos ? "" : path.substr(0, slash);
    }
  }
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (!absl::EndsWith(file.path, ".md")) continue;
    const size_t slash = file.path.rfind('/');
    const std::string folder =
        slash == std::string::npos ? "" : file.path.substr(0, slash + 1);
    int number = 0;
    for (absl::string_view line : Lines(file.text)) {
      ++number;
      for (const std::string& named : PathsNamedIn(line)) {
        absl::string_view path = named;
        absl::ConsumeSuffix(&path, "/");
        // Prose and layers.json shorten proto/amparo/peer to proto/peer.
        std::string in_full(path);
        if (absl::StartsWith(path, "proto/")) {
          in_full.insert(5, "/amparo");
        }
        if (known.count(std::string(path)) == 0 && known.count(in_full) == 0 &&
            known.count(absl::StrCat(folder, path)) == 0) {
          findings.push_back(
              {file.path, number,
               absl::StrCat("names ", named, ", which does not exist")});
        }
      }
    }
  }
  return findings;
}

std::vector<Finding> CheckTopLevel(const Files& files) {
  static const auto* const kAllowed =
      new std::set<std::string>{".ci",
                                ".clang-format",
                                ".clang-tidy",
                                ".gitignore",
                                "CHANGELOG.md",
                                "CMakeLists.txt",
                                "CMakePresets.json",
                                "LICENSE",
                                "NOTICE",
                                "README.md",
                                "admin",
                                "crypto",
                                "deploy",
                                "node",
                                "proto",
                                "tests"};
  std::set<std::string> seen;
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    const std::string top = file.path.substr(0, file.path.find('/'));
    if (seen.insert(top).second && kAllowed->count(top) == 0) {
      findings.push_back({top, 0, "does not belong into the top folder"});
    }
  }
  for (const std::string& top : *kAllowed) {
    if (seen.count(top) == 0) findings.push_back({top, 0, "is missing"});
  }
  return findings;
}

std::vector<Rule> Rules() {
  return {
      {"names", CheckNames},
      {"calls", CheckCalls},
      {"leftovers", CheckLeftovers},
      {"sizes", CheckSizes},
      {"licence_lines", CheckLicenceLines},
      {"header_guards", CheckHeaderGuards},
      {"header_isolation", CheckHeaderIsolation},
      {"machine_paths", CheckMachinePaths},
      {"notice", CheckNotice},
      {"permissions", CheckPermissions},
      {"ways_out", CheckWaysOut},
      {"readme_paths", CheckReadmePaths},
      {"cmake", CheckCMake},
      {"top_level", CheckTopLevel},
  };
}

}  // namespace amparo::structure
