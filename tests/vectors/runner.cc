// SPDX-License-Identifier: Apache-2.0

#include "tests/vectors/runner.h"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "crypto/base/bytes.h"

namespace amparo::crypto {
namespace {

namespace fs = std::filesystem;

std::vector<Suite> AllSuites() {
  std::vector<Suite> all = WycheproofSuites();
  for (const Suite& suite : HpkeSuites()) all.push_back(suite);
  for (const Suite& suite : MerkleSuites()) all.push_back(suite);
  return all;
}

std::vector<fs::path> JsonFilesBelow(const std::string& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end;
       !error && at != end; at.increment(error)) {
    if (at->is_regular_file() && at->path().extension() == ".json") {
      files.push_back(at->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

void Tally::Valid(bool as_published, const std::string& which) {
  ++valid_;
  if (!as_published) Fail(absl::StrCat(which, ": valid, yet not so here"));
}

void Tally::Invalid(bool as_published, const std::string& which) {
  ++invalid_;
  if (!as_published) Fail(absl::StrCat(which, ": invalid, yet accepted"));
}

void Tally::Acceptable(bool accepted, bool sound, const std::string& which) {
  acceptable_.push_back(
      absl::StrCat(which, accepted ? " accepted" : " refused"));
  if (accepted && !sound) Fail(absl::StrCat(which, ": accepted, but wrong"));
}

std::string Tally::Describe() const {
  std::string out = absl::StrCat(valid_, " valid, ", invalid_, " invalid, ",
                                 not_ours_, " not ours");
  if (!acceptable_.empty()) {
    absl::StrAppend(&out, ", ", acceptable_.size(), " acceptable (",
                    absl::StrJoin(acceptable_, ", "), ")");
  }
  return out;
}

Tally RunText(absl::string_view text) {
  Tally tally;
  const Json file = Json::parse(text.begin(), text.end(), nullptr,
                                /*allow_exceptions=*/false);
  if (file.is_discarded()) {
    tally.Fail("not JSON");
    return tally;
  }
  try {
    size_t known = 0;
    for (const Suite& suite : AllSuites()) {
      if (!suite.knows(file)) continue;
      ++known;
      suite.run(file, tally);
    }
    if (known != 1) {
      tally.Fail(absl::StrCat(known, " runners know this file, not one"));
    } else if (tally.ran() == 0 && tally.not_ours() == 0) {
      tally.Fail("holds no case");
    }
  } catch (const std::exception& error) {
    tally.Fail(absl::StrCat("malformed: ", error.what()));
  }
  return tally;
}

size_t RunFolder(const std::string& folder, std::ostream& out) {
  const std::vector<fs::path> files = JsonFilesBelow(folder);
  if (files.empty()) {
    out << "FAILED " << folder << ": no vectors found\n";
    return 1;
  }
  size_t failed = 0;
  for (const fs::path& path : files) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in),
                           std::istreambuf_iterator<char>()};
    const Tally tally = RunText(text);
    out << (tally.ok() ? "ok " : "FAILED ")
        << path.lexically_relative(folder).string() << ": " << tally.Describe()
        << "\n";
    for (const std::string& why : tally.failures()) {
      out << "    " << why << "\n";
    }
    if (!tally.ok()) ++failed;
  }
  return failed;
}

std::string HexField(const Json& object, const char* field) {
  absl::StatusOr<std::string> bytes =
      HexDecode(object.at(field).get<std::string>());
  if (!bytes.ok()) throw std::runtime_error(absl::StrCat(field, ": not hex"));
  return *std::move(bytes);
}

std::string Base64Value(const Json& value) {
  if (value.is_null()) return "";
  absl::StatusOr<std::string> bytes = Base64Decode(value.get<std::string>());
  if (!bytes.ok()) throw std::runtime_error("not base64");
  return *std::move(bytes);
}

}  // namespace amparo::crypto
