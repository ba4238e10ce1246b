// SPDX-License-Identifier: Apache-2.0
//
// Runs published test vectors against crypto/. Which runner takes a file is
// decided by what the file holds, never by its name, so any published file of
// a known shape can be dropped into the folder.

#ifndef AMPARO_TESTS_VECTORS_RUNNER_H_
#define AMPARO_TESTS_VECTORS_RUNNER_H_

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace amparo::crypto {

using Json = nlohmann::json;

// What came of one file. One thread.
class Tally {
 public:
  // A case that must succeed, or must be refused, and whether that was so.
  void Valid(bool as_published, const std::string& which);
  void Invalid(bool as_published, const std::string& which);

  // A case whose verdict is free; `sound` is false when it was accepted with a
  // wrong result.
  void Acceptable(bool accepted, bool sound, const std::string& which);

  // Cases of a suite, size or mode that we do not build.
  void NotOurs(size_t count) { not_ours_ += count; }

  void Fail(const std::string& why) { failures_.push_back(why); }

  size_t ran() const { return valid_ + invalid_ + acceptable_.size(); }
  size_t not_ours() const { return not_ours_; }
  bool ok() const { return failures_.empty(); }

  // "12 valid, 3 invalid, 1 acceptable (accepted: tcId 5), 0 not ours".
  std::string Describe() const;
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  size_t valid_ = 0;
  size_t invalid_ = 0;
  size_t not_ours_ = 0;
  std::vector<std::string> acceptable_;
  std::vector<std::string> failures_;
};

// One kind of file.
struct Suite {
  bool (*knows)(const Json& file);
  void (*run)(const Json& file, Tally& tally);
};

// Each in the .cc file of its name.
std::vector<Suite> WycheproofSuites();
std::vector<Suite> HpkeSuites();
std::vector<Suite> MerkleSuites();

// The text of one file. A text that is not JSON, that no suite or more than
// one knows, or in which nothing ran and nothing was not ours, fails.
Tally RunText(absl::string_view text);

// Every *.json below the folder, in order of path, with one line each on
// `out`. The number of files that failed; a folder that cannot be read or
// holds no file counts as one.
size_t RunFolder(const std::string& folder, std::ostream& out);

// Bytes of a field of hexadecimal digits. A missing field or another content
// throws, as the JSON library does; RunText makes a failure of it.
std::string HexField(const Json& object, const char* field);

// The same for Base64; null is no bytes.
std::string Base64Value(const Json& value);

}  // namespace amparo::crypto

#endif  // AMPARO_TESTS_VECTORS_RUNNER_H_
