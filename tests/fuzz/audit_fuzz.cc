// SPDX-License-Identifier: Apache-2.0
//
// What the log reads back from disk: leaves, events, its head, checkpoints,
// and proofs about them. First byte: which. Held: kRecordDamaged is the only
// refusal; what is read is written again the same; a proof made of arbitrary
// hashes verifies nothing but the tree of one leaf.
#include <string>
#include <vector>

#include "crypto/base/digest.h"
#include "crypto/merkle/merkle.h"
#include "node/audit/audit_records.h"
#include "node/audit/leaf.h"
#include "tests/fuzz/fuzz.h"

namespace amparo {
namespace {

template <class Decode, class Encode>
void TryRecord(absl::string_view bytes, const Decode& decode,
               const Encode& encode) {
  const auto record = decode(bytes);
  if (!record.ok()) {
    fuzz::HoldRefusal(record.status(), {Reason::kRecordDamaged});
    return;
  }
  const std::string written = encode(*record);
  const auto again = decode(written);
  HOLD(again.ok());
  HOLD(encode(*again) == written);
}

void TryLeaf(absl::string_view bytes) {
  const auto leaf = audit::DecodeLeafRow(bytes);
  if (!leaf.ok()) {
    fuzz::HoldRefusal(leaf.status(), {Reason::kRecordDamaged});
    return;
  }
  HOLD(audit::EncodeLeafRow(leaf->leaf, leaf->event) == bytes);
}

void TryFrontier(absl::string_view bytes) {
  auto frontier = crypto::Frontier::Parse(bytes);
  if (!frontier.ok()) return;
  HOLD(frontier->Serialise() == bytes);
  HOLD(frontier->Root().size() == crypto::kTreeHashSize);
  const uint64_t before = frontier->size();
  if (before == UINT64_MAX) return;
  HOLD(frontier->Append(crypto::LeafHash("x")).ok());
  HOLD(frontier->size() == before + 1);
}

void TryProof(fuzz::Parts parts) {
  const auto number = [&parts] {
    uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | parts.Byte();
    return value;
  };
  const uint64_t index = number();
  const uint64_t size = number();
  std::vector<std::string> proof;
  while (!parts.empty() && proof.size() < 80) {
    proof.emplace_back(parts.Take(crypto::kTreeHashSize));
  }
  // Of a leaf and roots that nobody can have aimed at.
  const std::string leaf = crypto::LeafHash("a leaf");
  const std::string root = crypto::Sha256("a root");
  HOLD(!crypto::VerifyInclusion(index, size, leaf, proof, root).ok());
  HOLD(!crypto::VerifyConsistency(index, size, proof, root, leaf).ok());
}

}  // namespace
}  // namespace amparo

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  fuzz::Parts parts(input, size);
  const uint8_t which = parts.Byte();
  switch (which % 6) {
    case 0:
      TryLeaf(parts.Rest());
      break;
    case 1:
      TryRecord(parts.Rest(), audit::DecodeEvent, audit::EncodeEvent);
      break;
    case 2:
      TryRecord(parts.Rest(), audit::DecodeHead, audit::EncodeHead);
      break;
    case 3:
      TryRecord(parts.Rest(), audit::DecodeCheckpoint, audit::EncodeCheckpoint);
      break;
    case 4:
      TryFrontier(parts.Rest());
      break;
    case 5:
      TryProof(parts);
      break;
  }
  return 0;
}
