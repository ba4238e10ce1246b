// SPDX-License-Identifier: Apache-2.0
//
// The 35 bytes of a leaf, the only part of the log that others see:
//
//   u8 1 | u16be kind | 32 bytes
//
// where the 32 bytes are SHA-256("amparo.leaf.v1", 0x00, salt, event bytes),
// or random for padding. Frozen. Pure, any thread.
#ifndef AMPARO_NODE_AUDIT_LEAF_H_
#define AMPARO_NODE_AUDIT_LEAF_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/base/random.h"
#include "node/audit/event.h"
#include "node/base/ids.h"

namespace amparo::audit {

inline constexpr size_t kLeafSize = 35;
inline constexpr size_t kSaltSize = 32;

// `salt` is 32 random bytes of this event alone: without it nobody can try
// out what an event may have been.
std::string MakeLeaf(EventKind kind, absl::string_view salt,
                     absl::string_view event_bytes);
std::string MakePaddingLeaf(crypto::RandomSource& random);

// A row of table leaves: the leaf, then the id of its event (16 zero bytes
// for padding). The id is random and not hashed: it only finds the event.
struct LeafRow {
  std::string leaf;
  EventKind kind = EventKind::kPadding;
  EventId event;
};
std::string EncodeLeafRow(absl::string_view leaf, const EventId& event);
// kRecordDamaged unless 51 bytes of leaf version 1.
absl::StatusOr<LeafRow> DecodeLeafRow(absl::string_view bytes);

}  // namespace amparo::audit

#endif  // AMPARO_NODE_AUDIT_LEAF_H_
