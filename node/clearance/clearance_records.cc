// SPDX-License-Identifier: Apache-2.0
#include "node/clearance/clearance_records.h"

#include "amparo/record/v1/clearance.pb.h"
#include "node/base/clock.h"
#include "node/base/errors.h"

namespace amparo::clearance {
namespace {

constexpr size_t kDigestSize = 32;

bool DigestOrEmpty(const std::string& bytes) {
  return bytes.empty() || bytes.size() == kDigestSize;
}

}  // namespace

void WriteFacts(const ClearanceFacts& facts,
                record::v1::ClearanceFacts& record) {
  record.Clear();
  record.set_recipient(facts.recipient.bytes());
  record.set_type(static_cast<uint32_t>(facts.type));
  record.set_purpose(static_cast<uint32_t>(facts.purpose));
  record.set_payload_digest(facts.payload_digest);
  if (!facts.agreement.empty()) {
    record.set_agreement_id(facts.agreement.bytes());
  }
  record.set_agreement_hash(facts.agreement_hash);
  if (facts.consent.has_value()) {
    record.set_consent_id(facts.consent->bytes());
  }
  record.set_consent_commitment(facts.consent_commitment);
  for (DataCategory category : facts.categories) {
    record.add_categories(static_cast<uint32_t>(category));
  }
  for (HandlingCode code : facts.handling_codes) {
    record.add_handling_codes(static_cast<uint32_t>(code));
  }
  if (facts.expires_at != absl::InfiniteFuture()) {
    record.set_expires_at_ms(amparo::ToUnixMillis(facts.expires_at));
  }
}

absl::StatusOr<ClearanceFacts> ReadFacts(
    const record::v1::ClearanceFacts& record) {
  const absl::Status damaged =
      Error(Reason::kRecordDamaged, "a stored clearance is not readable");
  ClearanceFacts facts;
  const auto recipient = OfficeId::FromBytes(record.recipient());
  const auto type = LetterTypeFromNumber(static_cast<int>(record.type()));
  const auto purpose = PurposeFromNumber(static_cast<int>(record.purpose()));
  if (!recipient.ok() || !type.has_value() || !purpose.has_value() ||
      record.payload_digest().size() != kDigestSize ||
      !DigestOrEmpty(record.agreement_hash()) ||
      !DigestOrEmpty(record.consent_commitment()) ||
      record.expires_at_ms() < 0) {
    return damaged;
  }
  facts.recipient = *recipient;
  facts.type = *type;
  facts.purpose = *purpose;
  facts.payload_digest = record.payload_digest();
  if (!record.agreement_id().empty()) {
    const auto id = AgreementId::FromBytes(record.agreement_id());
    if (!id.ok()) return damaged;
    facts.agreement = *id;
  }
  facts.agreement_hash = record.agreement_hash();
  if (!record.consent_id().empty()) {
    const auto id = ConsentId::FromBytes(record.consent_id());
    if (!id.ok()) return damaged;
    facts.consent = *id;
  }
  facts.consent_commitment = record.consent_commitment();
  for (uint32_t number : record.categories()) {
    const auto category = DataCategoryFromNumber(static_cast<int>(number));
    if (!category.has_value()) return damaged;
    facts.categories.push_back(*category);
  }
  for (uint32_t number : record.handling_codes()) {
    const auto code = HandlingCodeFromNumber(static_cast<int>(number));
    if (!code.has_value()) return damaged;
    facts.handling_codes.insert(*code);
  }
  if (record.expires_at_ms() != 0) {
    facts.expires_at = amparo::FromUnixMillis(record.expires_at_ms());
  }
  return facts;
}

}  // namespace amparo::clearance
