// SPDX-License-Identifier: Apache-2.0
//
// How the log is kept, by amparo/record/v1/audit.proto:
//
//   leaves      u64be index           leaf.h; plain
//   events      event id              EventRow, sealed
//   tree_nodes  u8 level, u64be index 32 bytes; plain; level 0 is not kept,
//                                     it follows from the leaf
//   log_head    0x01                  LogHead; plain
//               0x02, u64be size      Checkpoint; plain
#ifndef AMPARO_NODE_AUDIT_AUDIT_RECORDS_H_
#define AMPARO_NODE_AUDIT_AUDIT_RECORDS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/merkle/merkle.h"
#include "node/audit/event.h"
#include "node/base/ids.h"
#include "node/storage/tables.h"

namespace amparo::audit {

// The bytes that a leaf commits to; kept, never made a second time.
std::string EncodeEvent(const Event& event);
// kRecordDamaged unless it is an event; a kind of a later version passes.
absl::StatusOr<Event> DecodeEvent(absl::string_view bytes);

// What the leaf needs to say something.
struct SaltedEvent {
  std::string salt;
  std::string event_bytes;
};

struct EventCodec {
  using Key = EventId;
  using Record = SaltedEvent;
  static constexpr storage::TableId kTable = storage::TableId::kEvents;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key.bytes(); }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// How far the tree has been built.
struct Head {
  crypto::Frontier frontier;
  std::optional<uint64_t> checkpoint_size;  // Of the last one signed.
};

std::string HeadKey();
std::string EncodeHead(const Head& head);
absl::StatusOr<Head> DecodeHead(absl::string_view bytes);

// A signed head of the log.
struct SignedCheckpoint {
  uint64_t size = 0;  // Leaves, a multiple of 256.
  std::string root;   // 32 bytes.
  std::string note;   // C2SP signed note, as published.
};

std::string CheckpointKeyPrefix();
std::string CheckpointKey(uint64_t size);
std::string EncodeCheckpoint(const SignedCheckpoint& checkpoint);
absl::StatusOr<SignedCheckpoint> DecodeCheckpoint(absl::string_view bytes);

std::string LeafKey(uint64_t index);
// kRecordDamaged unless 8 bytes.
absl::StatusOr<uint64_t> DecodeLeafKey(absl::string_view bytes);
std::string TreeNodeKey(uint32_t level, uint64_t index);

}  // namespace amparo::audit

#endif  // AMPARO_NODE_AUDIT_AUDIT_RECORDS_H_
