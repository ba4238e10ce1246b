// SPDX-License-Identifier: Apache-2.0

#include "crypto/merkle/merkle.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace amparo::crypto {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr uint64_t kLeaves = 70;

// The definition of RFC 6962 section 2.1, as it stands.
std::string DefinedRoot(const std::vector<std::string>& leaves) {
  if (leaves.empty()) return Sha256("");
  if (leaves.size() == 1) return leaves[0];
  size_t split = 1;
  while (2 * split < leaves.size()) split *= 2;
  const auto middle = leaves.begin() + static_cast<std::ptrdiff_t>(split);
  return NodeHash(DefinedRoot({leaves.begin(), middle}),
                  DefinedRoot({middle, leaves.end()}));
}

class MerkleTest : public testing::Test {
 protected:
  MerkleTest() {
    for (uint64_t i = 0; i < kLeaves; ++i) {
      leaves_.push_back(LeafHash(std::to_string(i)));
      const auto completed = frontier_.Append(leaves_.back());
      for (const TreeNode& node : *completed) {
        nodes_[{node.level, node.index}] = node.hash;
      }
      roots_.push_back(frontier_.Root());
    }
  }

  NodeReader Reader() {
    return
        [this](uint32_t level, uint64_t index) -> absl::StatusOr<std::string> {
          const auto found = nodes_.find({level, index});
          if (found == nodes_.end()) return absl::NotFoundError("no such node");
          return found->second;
        };
  }

  Frontier frontier_;
  std::vector<std::string> leaves_;
  std::vector<std::string> roots_ = {EmptyRoot()};
  std::map<std::pair<uint32_t, uint64_t>, std::string> nodes_;
};

TEST_F(MerkleTest, HashesAreSetApartByTheirFirstByte) {
  EXPECT_EQ(LeafHash("ab"), Sha256(std::string("\0ab", 3)));
  EXPECT_EQ(NodeHash("a", "b"), Sha256("\1ab"));
  EXPECT_EQ(EmptyRoot(), Sha256(""));
}

TEST_F(MerkleTest, RootsAreAsDefined) {
  for (uint64_t size = 0; size <= kLeaves; ++size) {
    const auto end = leaves_.begin() + static_cast<std::ptrdiff_t>(size);
    EXPECT_EQ(roots_[size], DefinedRoot({leaves_.begin(), end}));
    EXPECT_THAT(RootAt(size, Reader()), IsOkAndHolds(roots_[size]));
  }
}

TEST_F(MerkleTest, AppendReportsEachNodeOnceAndAllOfThem) {
  // n leaves complete n - popcount(n) inner nodes.
  EXPECT_EQ(nodes_.size(), kLeaves + kLeaves - 3);
  Frontier frontier;
  EXPECT_EQ(frontier.Append(leaves_[0])->size(), 1u);
  EXPECT_EQ(frontier.Append(leaves_[1])->size(), 2u);
  EXPECT_EQ(frontier.Append(leaves_[2])->size(), 1u);
  const auto completed = frontier.Append(leaves_[3]);
  ASSERT_EQ(completed->size(), 3u);
  EXPECT_EQ((*completed)[2].level, 2u);
  EXPECT_EQ((*completed)[2].index, 0u);
  EXPECT_EQ((*completed)[2].hash, frontier.Root());
}

TEST_F(MerkleTest, AppendRefusesHashesOfAnotherSize) {
  Frontier frontier = frontier_;
  for (const size_t size : {0, 31, 33}) {
    EXPECT_THAT(frontier.Append(std::string(size, 'h')), StatusIs(kInvalid));
  }
  EXPECT_EQ(frontier.size(), kLeaves);
  EXPECT_EQ(frontier.Root(), roots_[kLeaves]);
}

TEST_F(MerkleTest, FrontiersGoThroughTheirBytes) {
  Frontier frontier;
  for (uint64_t size = 0;; ++size) {
    const std::string bytes = frontier.Serialise();
    auto parsed = Frontier::Parse(bytes);
    ASSERT_THAT(parsed, IsOk());
    EXPECT_EQ(parsed->size(), size);
    EXPECT_EQ(parsed->Root(), roots_[size]);
    if (size == kLeaves) break;
    ASSERT_THAT(parsed->Append(leaves_[size]), IsOk());
    EXPECT_EQ(parsed->Root(), roots_[size + 1]);
    frontier = *parsed;
  }
}

TEST_F(MerkleTest, FrontierBytesAreFrozen) {
  Frontier frontier;
  ASSERT_THAT(frontier.Append(std::string(32, 'a')), IsOk());
  EXPECT_EQ(frontier.Serialise(),
            std::string("\0\0\0\0\0\0\0\1", 8) + std::string(32, 'a'));
}

TEST_F(MerkleTest, ParseRefusesLengthsThatDoNotFit) {
  const std::string bytes = frontier_.Serialise();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(Frontier::Parse(bytes.substr(0, size)), StatusIs(kInvalid));
  }
  EXPECT_THAT(Frontier::Parse(bytes + "x"), StatusIs(kInvalid));
  EXPECT_THAT(Frontier::Parse(std::string(8, '\xff')), StatusIs(kInvalid));
}

TEST_F(MerkleTest, EveryInclusionProofVerifies) {
  for (uint64_t size = 1; size <= kLeaves; ++size) {
    for (uint64_t index = 0; index < size; ++index) {
      const auto proof = InclusionProof(index, size, Reader());
      ASSERT_THAT(proof, IsOk());
      EXPECT_THAT(
          VerifyInclusion(index, size, leaves_[index], *proof, roots_[size]),
          IsOk());
    }
  }
}

TEST_F(MerkleTest, InclusionRefusesAnyOtherClaim) {
  const uint64_t size = 21;
  for (uint64_t index = 0; index < size; ++index) {
    const std::vector<std::string> proof =
        *InclusionProof(index, size, Reader());
    const std::string& leaf = leaves_[index];
    const std::string& root = roots_[size];
    EXPECT_THAT(VerifyInclusion(index ^ 1, size, leaf, proof, root),
                StatusIs(kInvalid));
    EXPECT_THAT(VerifyInclusion(index, size, leaves_[index + 1], proof, root),
                StatusIs(kInvalid));
    EXPECT_THAT(VerifyInclusion(index, size, leaf, proof, roots_[size + 1]),
                StatusIs(kInvalid));
    std::vector<std::string> longer = proof;
    longer.push_back(root);
    EXPECT_THAT(VerifyInclusion(index, size, leaf, longer, root),
                StatusIs(kInvalid));
    for (size_t i = 0; i < proof.size(); ++i) {
      std::vector<std::string> changed = proof;
      changed[i][7] = static_cast<char>(changed[i][7] ^ 1);
      EXPECT_THAT(VerifyInclusion(index, size, leaf, changed, root),
                  StatusIs(kInvalid));
      changed[i].resize(31);
      EXPECT_THAT(VerifyInclusion(index, size, leaf, changed, root),
                  StatusIs(kInvalid));
      changed.resize(i);
      EXPECT_THAT(VerifyInclusion(index, size, leaf, changed, root),
                  StatusIs(kInvalid));
    }
  }
}

TEST_F(MerkleTest, EveryConsistencyProofVerifies) {
  for (uint64_t size = 1; size <= kLeaves; ++size) {
    for (uint64_t old_size = 1; old_size <= size; ++old_size) {
      const auto proof = ConsistencyProof(old_size, size, Reader());
      ASSERT_THAT(proof, IsOk());
      EXPECT_THAT(VerifyConsistency(old_size, size, *proof, roots_[old_size],
                                    roots_[size]),
                  IsOk());
    }
  }
}

TEST_F(MerkleTest, ConsistencyRefusesAnyOtherHistory) {
  const uint64_t size = 21;
  for (uint64_t old_size = 1; old_size < size; ++old_size) {
    const std::vector<std::string> proof =
        *ConsistencyProof(old_size, size, Reader());
    const std::string& before = roots_[old_size];
    const std::string& after = roots_[size];
    EXPECT_THAT(
        VerifyConsistency(old_size, size, proof, roots_[old_size + 1], after),
        StatusIs(kInvalid));
    EXPECT_THAT(
        VerifyConsistency(old_size, size, proof, before, roots_[size + 1]),
        StatusIs(kInvalid));
    std::vector<std::string> longer = proof;
    longer.push_back(before);
    EXPECT_THAT(VerifyConsistency(old_size, size, longer, before, after),
                StatusIs(kInvalid));
    for (size_t i = 0; i < proof.size(); ++i) {
      std::vector<std::string> changed = proof;
      changed[i][7] = static_cast<char>(changed[i][7] ^ 1);
      EXPECT_THAT(VerifyConsistency(old_size, size, changed, before, after),
                  StatusIs(kInvalid));
      changed.resize(i);
      EXPECT_THAT(VerifyConsistency(old_size, size, changed, before, after),
                  StatusIs(kInvalid));
    }
  }
}

TEST_F(MerkleTest, ConsistencyRefusesEmptyAndShrinkingTrees) {
  EXPECT_THAT(VerifyConsistency(0, 1, {}, EmptyRoot(), roots_[1]),
              StatusIs(kInvalid));
  EXPECT_THAT(VerifyConsistency(2, 1, {}, roots_[2], roots_[1]),
              StatusIs(kInvalid));
  EXPECT_THAT(VerifyConsistency(1, 1, {}, roots_[1], roots_[1]), IsOk());
  EXPECT_THAT(VerifyConsistency(1, 1, {}, roots_[1], roots_[2]),
              StatusIs(kInvalid));
  EXPECT_THAT(VerifyConsistency(1, 1, {roots_[1]}, roots_[1], roots_[1]),
              StatusIs(kInvalid));
}

TEST_F(MerkleTest, ProofsRefuseWhatIsNotInTheTree) {
  EXPECT_THAT(InclusionProof(3, 3, Reader()), StatusIs(kInvalid));
  EXPECT_THAT(InclusionProof(0, 0, Reader()), StatusIs(kInvalid));
  EXPECT_THAT(ConsistencyProof(4, 3, Reader()), StatusIs(kInvalid));
  EXPECT_THAT(ConsistencyProof(0, 3, Reader()), StatusIs(kInvalid));
}

TEST_F(MerkleTest, ProofsPassOnWhatTheReaderSays) {
  const NodeReader failing = [](uint32_t, uint64_t) {
    return absl::StatusOr<std::string>(absl::UnavailableError("disk"));
  };
  const NodeReader short_hashes = [](uint32_t, uint64_t) {
    return absl::StatusOr<std::string>(std::string(31, 'h'));
  };
  EXPECT_THAT(InclusionProof(1, 3, failing),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(ConsistencyProof(1, 3, failing),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(RootAt(3, short_hashes), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace amparo::crypto
