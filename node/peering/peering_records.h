// SPDX-License-Identifier: Apache-2.0
//
// How this room keeps what it knows: row keys and the record/v1 codec. The
// bytes are described in README.md. Signed things are kept as the exact bytes
// that were signed.
#ifndef AMPARO_NODE_PEERING_PEERING_RECORDS_H_
#define AMPARO_NODE_PEERING_PEERING_RECORDS_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/base/secret.h"
#include "node/base/ids.h"
#include "node/peering/invitations.h"
#include "node/peering/own_office.h"
#include "node/peering/peers.h"
#include "node/storage/tables.h"

namespace amparo::peering {

// The one row of kOwnOffice.
struct OwnOfficeRow {
  OfficeId id;
  OfficeSettings settings;
  uint32_t incarnation = 0;
  std::string signed_bundle;
  std::string tls_certificate;  // PEM.
  // A later bundle of ours that a peer showed, or empty: restore is needed.
  std::string later_bundle;
};

struct OwnOfficeCodec {
  struct Key {};
  using Record = OwnOfficeRow;
  static constexpr storage::TableId kTable = storage::TableId::kOwnOffice;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// Frozen numbers: the first byte of row keys of kOwnKeys.
enum class OwnKeyKind : uint8_t {
  kOffice = 1,   // P-256 scalar.
  kSigning = 2,  // P-256 scalar, by epoch.
  kLog = 3,      // Ed25519 seed, by epoch.
  kTls = 4,      // P-256 scalar.
  kSealing = 5,  // X25519, by sealing key id.
};

struct OwnKeyName {
  OwnKeyKind kind = OwnKeyKind::kOffice;
  uint32_t epoch = 0;    // kSigning and kLog.
  SealingKeyId sealing;  // kSealing.
};

struct OwnKeyRow {
  OwnKeyKind kind = OwnKeyKind::kOffice;
  uint32_t epoch = 0;
  crypto::Secret private_key;  // 32 bytes.
};

struct OwnKeyCodec {
  using Key = OwnKeyName;
  using Record = OwnKeyRow;
  static constexpr storage::TableId kTable = storage::TableId::kOwnKeys;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// Decoding verifies the bundle under the pin again.
struct PeerCodec {
  using Key = OfficeId;
  using Record = Peer;
  static constexpr storage::TableId kTable = storage::TableId::kPeers;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key.bytes(); }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes) {
    return OfficeId::FromBytes(bytes);
  }
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// Given out and being redeemed share a table: row keys are u8 1 or u8 2, then
// the invitation id.
struct InvitationCodec {
  using Key = InvitationId;
  using Record = Invitation;
  static constexpr storage::TableId kTable = storage::TableId::kInvitations;
  static constexpr uint32_t kSchemaVersion = 1;
  static constexpr char kPrefix = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

struct RedemptionCodec {
  using Key = InvitationId;
  using Record = Redemption;
  static constexpr storage::TableId kTable = storage::TableId::kInvitations;
  static constexpr uint32_t kSchemaVersion = 1;
  static constexpr char kPrefix = 2;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// As stored; agreements.h checks the signatures.
struct AgreementRow {
  std::string body;
  std::string proposer_signature;
  std::string acceptor_signature;
  PersonId drawn_up_by;
  PersonId signed_by;
};

struct AgreementCodec {
  using Key = AgreementId;
  using Record = AgreementRow;
  static constexpr storage::TableId kTable = storage::TableId::kAgreements;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key.bytes(); }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes) {
    return AgreementId::FromBytes(bytes);
  }
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// Row key of kAgreementsByPeer: office id, agreement id; the value is empty
// and plain.
std::string AgreementByPeerKey(const OfficeId& peer, const AgreementId& id);
absl::StatusOr<AgreementId> AgreementOfPeerKey(absl::string_view key);

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_PEERING_RECORDS_H_
