// SPDX-License-Identifier: Apache-2.0

#include "tests/structure/tree.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace amparo::structure {
namespace {

namespace fs = std::filesystem;

constexpr char kFixtures[] = "tests/structure/fixtures/";

bool IsWordByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> PathsFromGit(const std::string& root) {
  const std::string command =
      absl::StrCat("git -C '", root,
                   "' ls-files -z --cached --others --exclude-standard"
                   " 2>/dev/null");
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"),
                                             &pclose);
  std::string output;
  if (pipe == nullptr) return {};
  char buffer[4096];
  size_t got = 0;
  while ((got = fread(buffer, 1, sizeof buffer, pipe.get())) > 0) {
    output.append(buffer, got);
  }
  return absl::StrSplit(output, '\0', absl::SkipEmpty());
}

std::vector<std::string> PathsByWalking(const std::string& root) {
  std::vector<std::string> paths;
  const fs::recursive_directory_iterator end;
  for (fs::recursive_directory_iterator it(root); it != end; ++it) {
    const std::string name = it->path().filename().string();
    if (it->is_directory() &&
        (name == ".git" || name == "build" || name == "node_modules")) {
      it.disable_recursion_pending();
    }
    if (it->is_regular_file()) {
      paths.push_back(fs::relative(it->path(), root).generic_string());
    }
  }
  return paths;
}

std::vector<SourceFile> ReadFiles(const std::string& root,
                                  std::vector<std::string> paths) {
  std::sort(paths.begin(), paths.end());
  std::vector<SourceFile> files;
  for (std::string& path : paths) {
    const fs::path full = fs::path(root) / path;
    if (!fs::is_regular_file(full)) continue;  // deleted, not yet committed
    files.push_back({std::move(path), ReadAll(full)});
  }
  return files;
}

// Appends what `from`..`to` of `text` becomes when it is blanked out.
void Blank(absl::string_view text, size_t from, size_t to, std::string* out) {
  for (size_t i = from; i < to; ++i)
    out->push_back(text[i] == '\n' ? '\n' : ' ');
}

// The end of the literal that starts at text[begin], a quote character.
size_t EndOfLiteral(absl::string_view text, size_t begin) {
  const char quote = text[begin];
  size_t i = begin + 1;
  while (i < text.size() && text[i] != quote && text[i] != '\n') {
    i += text[i] == '\\' ? 2 : 1;
  }
  return std::min(i + 1, text.size());
}

size_t EndOfRawLiteral(absl::string_view text, size_t quote) {
  const size_t open = text.find('(', quote);
  if (open == absl::string_view::npos) return text.size();
  const std::string close =
      absl::StrCat(")", text.substr(quote + 1, open - quote - 1), "\"");
  const size_t end = text.find(close, open);
  return end == absl::string_view::npos ? text.size() : end + close.size();
}

}  // namespace

std::string Describe(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& f : findings) {
    absl::StrAppend(&out, "\n  ", f.path, ":", f.line, ": ", f.message);
  }
  return out;
}

std::vector<SourceFile> RepositoryFiles(const std::string& root) {
  std::vector<std::string> paths = PathsFromGit(root);
  if (paths.empty()) paths = PathsByWalking(root);
  paths.erase(std::remove_if(paths.begin(), paths.end(),
                             [](const std::string& path) {
                               return absl::StartsWith(path, kFixtures);
                             }),
              paths.end());
  return ReadFiles(root, std::move(paths));
}

std::vector<SourceFile> FilesBelow(const std::string& root) {
  return ReadFiles(root, PathsByWalking(root));
}

bool IsHeader(absl::string_view path) { return absl::EndsWith(path, ".h"); }

bool IsCpp(absl::string_view path) {
  return IsHeader(path) || absl::EndsWith(path, ".cc");
}

bool IsScript(const SourceFile& file) {
  return absl::StartsWith(file.text, "#!");
}

std::vector<absl::string_view> Lines(absl::string_view text) {
  absl::ConsumeSuffix(&text, "\n");
  return absl::StrSplit(text, '\n');
}

std::string CodeOnly(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  size_t i = 0;
  while (i < text.size()) {
    const absl::string_view rest = text.substr(i);
    size_t end = i;
    if (absl::StartsWith(rest, "//")) {
      end = std::min(text.find('\n', i), text.size());
    } else if (absl::StartsWith(rest, "/*")) {
      const size_t close = text.find("*/", i + 2);
      end = close == absl::string_view::npos ? text.size() : close + 2;
    } else if (text[i] == '"' && i > 0 && text[i - 1] == 'R') {
      end = EndOfRawLiteral(text, i);
    } else if (text[i] == '"' ||
               // A quote between digits only separates them: 1'000.
               (text[i] == '\'' && !(i > 0 && IsWordByte(text[i - 1])))) {
      end = EndOfLiteral(text, i);
    }
    if (end > i) {
      Blank(text, i, end, &out);
      i = end;
    } else {
      out.push_back(text[i++]);
    }
  }
  return out;
}

std::vector<int> LinesWithWord(absl::string_view code, absl::string_view word) {
  std::vector<int> lines;
  int line = 1;
  size_t counted = 0;
  for (size_t at = code.find(word); at != absl::string_view::npos;
       at = code.find(word, at + 1)) {
    const size_t end = at + word.size();
    if (at > 0 && IsWordByte(word.front()) && IsWordByte(code[at - 1])) {
      continue;
    }
    if (end < code.size() && IsWordByte(word.back()) && IsWordByte(code[end])) {
      continue;
    }
    line += static_cast<int>(
        std::count(code.begin() + static_cast<std::ptrdiff_t>(counted),
                   code.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    counted = at;
    lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> WordsOf(absl::string_view name) {
  std::vector<std::string> words;
  std::string word;
  const auto upper = [&](size_t i) {
    return i < name.size() &&
           std::isupper(static_cast<unsigned char>(name[i])) != 0;
  };
  const auto lower = [&](size_t i) {
    return i < name.size() &&
           std::islower(static_cast<unsigned char>(name[i])) != 0;
  };
  const auto finish = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (size_t i = 0; i < name.size(); ++i) {
    if (!upper(i) && !lower(i)) {
      finish();
      continue;
    }
    // A capital starts a word after a small letter or before one.
    if (upper(i) && i > 0 && (lower(i - 1) || lower(i + 1))) finish();
    word.push_back(
        static_cast<char>(std::tolower(static_cast<unsigned char>(name[i]))));
  }
  finish();
  return words;
}

std::vector<Include> IncludesOf(const SourceFile& file) {
  std::vector<Include> includes;
  int number = 0;
  for (absl::string_view line : Lines(file.text)) {
    ++number;
    if (!absl::ConsumePrefix(&line, "#include ")) continue;
    const bool quoted = absl::StartsWith(line, "\"");
    const size_t end = line.find(quoted ? '"' : '>', 1);
    if (end == absl::string_view::npos) continue;
    includes.push_back({number, std::string(line.substr(1, end - 1)), quoted});
  }
  return includes;
}

std::string Stem(absl::string_view path) {
  return std::string(path.substr(0, path.rfind('.')));
}

}  // namespace amparo::structure
