// SPDX-License-Identifier: Apache-2.0
//
// Which part of the house may include which. The rules are in layers.json,
// beside this file; the design they come from is described in the README of
// node/. A part is what a CMake target is made of: "consent",
// "consent_actions", "consent_rpc", "crypto/aead", "proto/peer", "admin/cli",
// "app", "deploy", "tests".

#ifndef AMPARO_TESTS_STRUCTURE_LAYERS_H_
#define AMPARO_TESTS_STRUCTURE_LAYERS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/structure/tree.h"

namespace amparo::structure {

class Layers {
 public:
  // Reads layers.json. INVALID_ARGUMENT when it is not of the expected form,
  // when a rule names a part that does not exist, or when two parts use each
  // other.
  static absl::StatusOr<Layers> Parse(absl::string_view json);

  // Learns from the CMakeLists.txt files among `files` which domain-named
  // files of a room are built into its actions or its RPC face: such a source,
  // and the header of the same name, is of that part.
  void LearnTargets(const std::vector<SourceFile>& files);

  // The part a file belongs to, or "" when the file is of no part. `path` is
  // a path of the repository or of a generated header ("amparo/peer/v1/x.h").
  // What was learnt and layers.json go before the name.
  std::string PartOf(absl::string_view path) const;

  // Everything `part` may use, directly or through what it uses, and itself.
  std::set<std::string> Reach(const std::string& part) const;

  // One finding for every #include of `files` that the rules do not allow.
  std::vector<Finding> CheckIncludes(
      const std::vector<SourceFile>& files) const;

  // One finding for every `import` of a .proto file that they do not allow.
  std::vector<Finding> CheckImports(const std::vector<SourceFile>& files) const;

  // One finding for every source that no CMakeLists.txt lists, and for every
  // source of a room that is built into a target of no part, or of another
  // part than its name says (x_actions.cc into x).
  std::vector<Finding> CheckTargets(const std::vector<SourceFile>& files) const;

 private:
  Layers() = default;

  // By the path alone.
  std::string PartByName(absl::string_view path) const;
  std::vector<std::string> DirectUses(const std::string& part) const;
  bool MayUseEverything(const std::string& part) const;
  std::string WhyThirdPartyIsWrong(const std::string& path,
                                   const Include& include) const;

  std::map<std::string, std::vector<std::string>> uses_;
  std::vector<std::string> actions_also_;
  std::vector<std::string> rpc_also_;
  std::set<std::string> everything_;
  std::map<std::string, std::string> part_of_file_;
  // Header prefix to the parts and file stems that may include it.
  std::map<std::string, std::vector<std::string>> third_party_;
  std::vector<std::string> quoted_third_party_;
};

}  // namespace amparo::structure

#endif  // AMPARO_TESTS_STRUCTURE_LAYERS_H_
