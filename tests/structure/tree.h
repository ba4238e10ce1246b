// SPDX-License-Identifier: Apache-2.0
//
// The files the structure tests look at, and the small pieces of text analysis
// that more than one rule needs. Everything here is a pure function of what is
// on disk; nothing is cached and nothing is written.

#ifndef AMPARO_TESTS_STRUCTURE_TREE_H_
#define AMPARO_TESTS_STRUCTURE_TREE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace amparo::structure {

// One file of the repository. `path` is relative to the tree's root and uses
// '/'; `text` holds its bytes unchanged.
struct SourceFile {
  std::string path;
  std::string text;
};

// One broken rule at one place. `line` counts from 1; 0 means the whole file.
struct Finding {
  std::string path;
  int line = 0;
  std::string message;
};

// "path:line: message", one a line, for the output of a failing test.
std::string Describe(const std::vector<Finding>& findings);

// The files of the repository at `root`, sorted by path: what git tracks and
// what it would track, or, without git, all below `root` but build folders.
// Fixtures of the structure tests are left out: they break rules on purpose.
std::vector<SourceFile> RepositoryFiles(const std::string& root);

// Every file below `root`, sorted by path. Reads a tree of fixtures.
std::vector<SourceFile> FilesBelow(const std::string& root);

// True for C++ headers and sources (.h and .cc).
bool IsCpp(absl::string_view path);
bool IsHeader(absl::string_view path);

// True for bash scripts: files of the tree that start with "#!".
bool IsScript(const SourceFile& file);

std::vector<absl::string_view> Lines(absl::string_view text);

// The text of a C++ or proto file with the contents of comments and literals
// blanked out. Line breaks stay, so line numbers and columns are unchanged.
std::string CodeOnly(absl::string_view text);

// Every place in `code` where `word` stands alone, that is, not as a part of a
// longer identifier. Returns line numbers from 1, one per occurrence.
std::vector<int> LinesWithWord(absl::string_view code, absl::string_view word);

// Splits an identifier or file name into lower-case words at '_', '-', '.',
// digits and capitals: "HTTPServer_v2" gives http, server, v.
std::vector<std::string> WordsOf(absl::string_view name);

// One #include line.
struct Include {
  int line = 0;
  std::string target;  // without quotes or angle brackets
  bool quoted = false;
};
std::vector<Include> IncludesOf(const SourceFile& file);

// "node/consent/consent_actions.h" gives "node/consent/consent_actions".
std::string Stem(absl::string_view path);

}  // namespace amparo::structure

#endif  // AMPARO_TESTS_STRUCTURE_TREE_H_
