// SPDX-License-Identifier: Apache-2.0
//
// transparency-dev/merkle: inclusion and consistency cases, one to a file or
// many in a list, and the reference tree of eight leaves.

#include <cstdint>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/merkle/merkle.h"
#include "tests/vectors/runner.h"

namespace amparo::crypto {
namespace {

// A file of one case as a list of one.
Json CasesOf(const Json& file) {
  return file.is_array() ? file : Json::array({file});
}

bool FirstHas(const Json& file, const char* one, const char* other) {
  const Json& first = file.is_array() && !file.empty() ? file.front() : file;
  return first.is_object() && first.contains(one) && first.contains(other) &&
         first.contains("wantErr");
}

std::vector<std::string> ProofOf(const Json& test) {
  std::vector<std::string> proof;
  for (const Json& hash : test.at("proof")) proof.push_back(Base64Value(hash));
  return proof;
}

void Count(const Json& test, size_t number, const absl::Status& status,
           Tally& tally) {
  const std::string which =
      absl::StrCat("case ", number, " (", test.value("desc", "unnamed"), ")");
  if (test.at("wantErr").get<bool>()) {
    tally.Invalid(!status.ok(), which);
  } else {
    tally.Valid(status.ok(), which);
  }
}

bool KnowsInclusion(const Json& file) {
  return FirstHas(file, "leafIdx", "treeSize");
}

void RunInclusion(const Json& file, Tally& tally) {
  size_t number = 0;
  for (const Json& test : CasesOf(file)) {
    const absl::Status status = VerifyInclusion(
        test.at("leafIdx").get<uint64_t>(), test.at("treeSize").get<uint64_t>(),
        Base64Value(test.at("leafHash")), ProofOf(test),
        Base64Value(test.at("root")));
    Count(test, number++, status, tally);
  }
}

bool KnowsConsistency(const Json& file) {
  return FirstHas(file, "size1", "size2");
}

void RunConsistency(const Json& file, Tally& tally) {
  size_t number = 0;
  for (const Json& test : CasesOf(file)) {
    const absl::Status status = VerifyConsistency(
        test.at("size1").get<uint64_t>(), test.at("size2").get<uint64_t>(),
        ProofOf(test), Base64Value(test.at("root1")),
        Base64Value(test.at("root2")));
    Count(test, number++, status, tally);
  }
}

bool KnowsReferenceTree(const Json& file) {
  return file.is_object() && file.contains("leaf_inputs_hex") &&
         file.contains("empty_root_hex");
}

using Nodes = std::map<std::pair<uint32_t, uint64_t>, std::string>;

// The list goes through the tree level by level: all leaves, then their
// parents, and so on.
void CheckNodes(const Json& file, const Nodes& nodes, Tally& tally) {
  const Json& published = file.at("node_hashes_hex_levels");
  size_t at = 0;
  for (const auto& [place, hash] : nodes) {
    const std::string which =
        absl::StrCat("node ", place.first, "/", place.second);
    const Json one = {{"hash", at < published.size() ? published.at(at) : ""}};
    tally.Valid(HexField(one, "hash") == hash, which);
    ++at;
  }
  if (at != published.size()) tally.Fail("another number of nodes");
}

void CheckProofs(const Nodes& nodes, const std::vector<std::string>& roots,
                 const std::vector<std::string>& leaves, Tally& tally) {
  const NodeReader reader =
      [&nodes](uint32_t level, uint64_t index) -> absl::StatusOr<std::string> {
    const auto found = nodes.find({level, index});
    if (found == nodes.end()) return absl::NotFoundError("no such node");
    return found->second;
  };
  for (uint64_t size = 1; size < roots.size(); ++size) {
    for (uint64_t index = 0; index < size; ++index) {
      const auto proof = InclusionProof(index, size, reader);
      tally.Valid(proof.ok() && VerifyInclusion(index, size, leaves[index],
                                                *proof, roots[size])
                                    .ok(),
                  absl::StrCat("inclusion ", index, " in ", size));
    }
    for (uint64_t old_size = 1; old_size <= size; ++old_size) {
      const auto proof = ConsistencyProof(old_size, size, reader);
      tally.Valid(proof.ok() && VerifyConsistency(old_size, size, *proof,
                                                  roots[old_size], roots[size])
                                    .ok(),
                  absl::StrCat("consistency ", old_size, " to ", size));
    }
  }
}

void RunReferenceTree(const Json& file, Tally& tally) {
  tally.Valid(EmptyRoot() == HexField(file, "empty_root_hex"), "empty root");
  const Json& published = file.at("root_hashes_hex_size1_to_8");
  Frontier frontier;
  Nodes nodes;
  std::vector<std::string> roots = {EmptyRoot()};
  std::vector<std::string> leaves;
  for (const Json& input : file.at("leaf_inputs_hex")) {
    const Json one = {{"leaf", input}, {"root", published.at(leaves.size())}};
    leaves.push_back(LeafHash(HexField(one, "leaf")));
    const auto completed = frontier.Append(leaves.back());
    if (!completed.ok()) {
      tally.Fail("a leaf was refused");
      return;
    }
    for (const TreeNode& node : *completed) {
      nodes[{node.level, node.index}] = node.hash;
    }
    roots.push_back(frontier.Root());
    tally.Valid(frontier.Root() == HexField(one, "root"),
                absl::StrCat("root of ", leaves.size()));
  }
  CheckNodes(file, nodes, tally);
  CheckProofs(nodes, roots, leaves, tally);
}

}  // namespace

std::vector<Suite> MerkleSuites() {
  return {{KnowsInclusion, RunInclusion},
          {KnowsConsistency, RunConsistency},
          {KnowsReferenceTree, RunReferenceTree}};
}

}  // namespace amparo::crypto
