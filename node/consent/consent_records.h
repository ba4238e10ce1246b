// SPDX-License-Identifier: Apache-2.0
//
// How consents are kept. Tables and keys on disk:
//   consents            key consent id 16; ConsentRecord sealed under the data
//                       key of its subject
//   consents by subject key subject id 16, consent id 16; no value: both ids
//                       are random and say nothing
// Decode answers kRecordDamaged for anything that Encode cannot have written,
// a broken rule of consent.h included.
#ifndef AMPARO_NODE_CONSENT_CONSENT_RECORDS_H_
#define AMPARO_NODE_CONSENT_CONSENT_RECORDS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/ids.h"
#include "node/consent/consent.h"
#include "node/storage/store.h"
#include "node/storage/tables.h"

namespace amparo::consent {

struct ConsentCodec {
  using Key = ConsentId;
  using Record = Consent;
  static constexpr storage::TableId kTable = storage::TableId::kConsents;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key.bytes(); }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// Adds the index row of a consent to `batch`.
void IndexBySubject(storage::Batch& batch, const SubjectId& subject,
                    const ConsentId& consent);
// The consent an index row of `subject` names; kRecordDamaged otherwise.
absl::StatusOr<ConsentId> IndexedConsent(const SubjectId& subject,
                                         absl::string_view key);

}  // namespace amparo::consent

#endif  // AMPARO_NODE_CONSENT_CONSENT_RECORDS_H_
