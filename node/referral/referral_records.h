// SPDX-License-Identifier: Apache-2.0
//
// How referrals are kept. Referrals by their id, sealed under the subject's
// data key where they were sent and under a key of their own where they were
// received; received files under that same key. Row keys: 16 bytes of the
// referral id; in the index 16 bytes of consent id and then of the
// referral id, with an empty value.
#ifndef AMPARO_NODE_REFERRAL_REFERRAL_RECORDS_H_
#define AMPARO_NODE_REFERRAL_REFERRAL_RECORDS_H_

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/exchange_terms.h"
#include "node/base/ids.h"
#include "node/cases/cases.h"
#include "node/referral/referral.h"
#include "node/storage/store.h"
#include "node/storage/table.h"

namespace amparo::referral {

struct ReferralCodec {
  using Key = ReferralId;
  using Record = Referral;
  static constexpr storage::TableId kTable = storage::TableId::kReferrals;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key.bytes(); }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes) {
    return ReferralId::FromBytes(bytes);
  }
  // The id is the key and not in the bytes: Decode leaves it empty.
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};
using ReferralTable = storage::Table<ReferralCodec>;

// An identifying file that came, with how it may be handled.
struct ReceivedFile {
  cases::Identity identity;
  std::set<HandlingCode> handling_codes;
};

struct DisclosureCodec {
  using Key = ReferralId;
  using Record = ReceivedFile;
  static constexpr storage::TableId kTable = storage::TableId::kDisclosures;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key.bytes(); }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes) {
    return ReferralId::FromBytes(bytes);
  }
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};
using DisclosureTable = storage::Table<DisclosureCodec>;

// Index row of an outgoing referral, one for each of its consents.
void IndexByConsent(storage::Batch& batch, const ConsentId& consent,
                    const ReferralId& referral);

void RemoveFromConsentIndex(storage::Batch& batch, const ConsentId& consent,
                            const ReferralId& referral);

// The index by time, newest first, and its row key.
std::string TimeKey(const Referral& referral);
void IndexByTime(storage::Batch& batch, const Referral& referral);
void RemoveFromTimeIndex(storage::Batch& batch, const Referral& referral);

// What the last leaf of a referral says that was erased with its case.
inline constexpr absl::string_view kErasedState = "ERASED";

// The referrals that stand on `consent`.
absl::StatusOr<std::vector<ReferralId>> ReferralsByConsent(
    const storage::Reader& reader, const ConsentId& consent);

}  // namespace amparo::referral

#endif  // AMPARO_NODE_REFERRAL_REFERRAL_RECORDS_H_
