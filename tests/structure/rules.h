// SPDX-License-Identifier: Apache-2.0
//
// The rules of the house that a program can check by reading text. Each takes
// the files of a tree and returns what breaks the rule; none stops at the
// first. What is excepted, and why, is in exceptions.json beside this file.

#ifndef AMPARO_TESTS_STRUCTURE_RULES_H_
#define AMPARO_TESTS_STRUCTURE_RULES_H_

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/structure/tree.h"

namespace amparo::structure {

using Files = std::vector<SourceFile>;

struct Rule {
  // As exceptions.json and the fixtures' folders name it.
  std::string name;
  std::function<std::vector<Finding>(const Files&)> check;
};

// For the output of tests.
inline std::ostream& operator<<(std::ostream& os, const Rule& rule) {
  return os << rule.name;
}

// Every rule of this header, each once.
std::vector<Rule> Rules();

// Files, folders, types and proto names without a word that says nothing.
std::vector<Finding> CheckNames(const Files& files);
// Clock, randomness and waiting come in from outside; no message is printed
// whole; no exception of ours. One finding per call.
std::vector<Finding> CheckCalls(const Files& files);
// No unfinished work marked in the code.
std::vector<Finding> CheckLeftovers(const Files& files);
// Sources of at most 500 lines, C++ of at most 80 columns (UTF-8 characters).
std::vector<Finding> CheckSizes(const Files& files);
// Every source starts with its licence.
std::vector<Finding> CheckLicenceLines(const Files& files);
// Header guards are named after the path.
std::vector<Finding> CheckHeaderGuards(const Files& files);
// Every header is the first include of some source, so that it was compiled
// with nothing before it.
std::vector<Finding> CheckHeaderIsolation(const Files& files);
// No path of one person's machine, no package registry's host name.
std::vector<Finding> CheckMachinePaths(const Files& files);
// NOTICE names every package that deploy/setup and package.json install, and
// no other.
std::vector<Finding> CheckNotice(const Files& files);
// Every method of proto/amparo/office names the permission it needs.
std::vector<Finding> CheckPermissions(const Files& files);
// Besides a Clearance there is no way out: nobody outside node/clearance adds
// to its namespace (a second Gate would be a friend), and nobody but delivery
// and the wiring holds a link to a peer.
std::vector<Finding> CheckWaysOut(const Files& files);
// Every path of the tree that a README.md names exists.
std::vector<Finding> CheckReadmePaths(const Files& files);
// CMake lists its sources.
std::vector<Finding> CheckCMake(const Files& files);
// The top-level folder holds what the design lists and nothing else.
std::vector<Finding> CheckTopLevel(const Files& files);

// One allowed finding: those of `rule` whose path starts with `path` and whose
// message contains `about`.
struct Exception {
  std::string rule;
  std::string path;
  std::string about;
  std::string why;
};

// Reads exceptions.json. INVALID_ARGUMENT when a field is missing or empty.
absl::StatusOr<std::vector<Exception>> ParseExceptions(absl::string_view json);

// The findings of `rule` that no exception allows.
std::vector<Finding> WithoutExceptions(const std::string& rule,
                                       std::vector<Finding> findings,
                                       const std::vector<Exception>& allowed);

}  // namespace amparo::structure

#endif  // AMPARO_TESTS_STRUCTURE_RULES_H_
