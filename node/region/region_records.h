// SPDX-License-Identifier: Apache-2.0
//
// How a region keeps the releases of its members: the signed bytes as they
// came, and an index by table, cohort and office, whose rows are never
// replaced.
#ifndef AMPARO_NODE_REGION_REGION_RECORDS_H_
#define AMPARO_NODE_REGION_REGION_RECORDS_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/base/ids.h"
#include "node/statistics/cohort.h"
#include "node/storage/tables.h"

namespace amparo::region {

struct ReceivedRelease {
  std::string signed_body;  // The peer.v1.SignedBody as it arrived.
  MessageId message;        // The letter that brought it.
  absl::Time received_at;
};

struct ReleasePlace {
  ReleaseId release;
  std::string hash;  // SHA-256 of its body, 32 bytes.
};

// Key: office id, release id; 32 bytes. Two offices may make the same id.
struct ReceivedReleaseCodec {
  using Key = std::pair<OfficeId, ReleaseId>;
  using Record = ReceivedRelease;
  static constexpr storage::TableId kTable = storage::TableId::kRegionReleases;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

struct PlaceKey {
  std::string table;
  statistics::Cohort cohort;
  OfficeId office;
};

// Key: table id, a zero byte, cohort id, a zero byte, office id.
struct ReleasePlaceCodec {
  using Key = PlaceKey;
  using Record = ReleasePlace;
  static constexpr storage::TableId kTable =
      storage::TableId::kRegionReleasesByTable;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
  // What the keys of one table start with.
  static std::string Prefix(absl::string_view table);
};

}  // namespace amparo::region

#endif  // AMPARO_NODE_REGION_REGION_RECORDS_H_
