// SPDX-License-Identifier: Apache-2.0
#include "node/audit/leaf.h"

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::audit {
namespace {

constexpr uint8_t kLeafVersion = 1;
// With its terminating zero byte.
constexpr absl::string_view kLabel("amparo.leaf.v1\0", 15);

std::string LeafOf(EventKind kind, absl::string_view commitment) {
  std::string leaf;
  crypto::AppendU8(&leaf, kLeafVersion);
  crypto::AppendU16(&leaf, static_cast<uint16_t>(kind));
  absl::StrAppend(&leaf, commitment);
  return leaf;
}

}  // namespace

std::string MakeLeaf(EventKind kind, absl::string_view salt,
                     absl::string_view event_bytes) {
  return LeafOf(kind, crypto::Sha256(absl::StrCat(kLabel, salt, event_bytes)));
}

std::string MakePaddingLeaf(crypto::RandomSource& random) {
  return LeafOf(EventKind::kPadding,
                crypto::RandomBytes(random, crypto::kSha256Size));
}

std::string EncodeLeafRow(absl::string_view leaf, const EventId& event) {
  return absl::StrCat(leaf, event.bytes());
}

absl::StatusOr<LeafRow> DecodeLeafRow(absl::string_view bytes) {
  if (bytes.size() != kLeafSize + EventId::kSize ||
      static_cast<uint8_t>(bytes[0]) != kLeafVersion) {
    return Error(Reason::kRecordDamaged,
                 "a leaf of the log has an unknown form");
  }
  LeafRow row;
  row.leaf = std::string(bytes.substr(0, kLeafSize));
  crypto::ByteReader reader(bytes.substr(1));
  ASSIGN_OR_RETURN(const uint16_t kind, reader.ReadU16());
  row.kind = static_cast<EventKind>(kind);
  ASSIGN_OR_RETURN(row.event, EventId::FromBytes(bytes.substr(kLeafSize)));
  return row;
}

}  // namespace amparo::audit
