// SPDX-License-Identifier: Apache-2.0
#include "node/cases/retention_records.h"

#include "amparo/record/v1/retention.pb.h"
#include "crypto/base/bytes.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/record_bytes.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::cases {
namespace {

namespace record = amparo::record::v1;

absl::Status Unreadable() {
  return Error(Reason::kRecordDamaged,
               "a stored record of retention cannot be read");
}

absl::StatusOr<CaseId> CaseOfKey(absl::string_view bytes) {
  absl::StatusOr<CaseId> id = CaseId::FromBytes(bytes);
  if (!id.ok()) return Unreadable();
  return id;
}

}  // namespace

std::string RetentionRuleCodec::EncodeKey(const Key& key) {
  std::string bytes;
  crypto::AppendU8(&bytes, static_cast<uint8_t>(key.category));
  crypto::AppendU8(&bytes, key.minors ? 1 : 0);
  return bytes;
}

absl::StatusOr<RetentionRuleKey> RetentionRuleCodec::DecodeKey(
    absl::string_view bytes) {
  if (bytes.size() != 2) return Unreadable();
  const auto minors = static_cast<uint8_t>(bytes[1]);
  const auto category =
      RetentionCategoryFromNumber(static_cast<uint8_t>(bytes[0]));
  if (!category.has_value() || minors > 1) return Unreadable();
  return Key{*category, minors == 1};
}

std::string RetentionRuleCodec::Encode(const Record& from) {
  record::RetentionRule to;
  to.set_days(static_cast<uint32_t>(from.days));
  to.set_action(static_cast<uint32_t>(from.action));
  return storage::SerializeRecord(to);
}

absl::StatusOr<RetentionRule> RetentionRuleCodec::Decode(
    absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto from,
                   storage::ParseRecord<record::RetentionRule>(bytes));
  const auto action = RetentionActionFromNumber(from.action());
  if (!action.has_value() || from.days() < 1 ||
      from.days() > static_cast<uint32_t>(kRetentionDaysMax)) {
    return Unreadable();
  }
  RetentionRule to;
  to.days = static_cast<int>(from.days());
  to.action = *action;
  return to;
}

absl::StatusOr<CaseId> CaseRetentionCodec::DecodeKey(absl::string_view bytes) {
  return CaseOfKey(bytes);
}

std::string CaseRetentionCodec::Encode(const Record& from) {
  record::CaseRetention to;
  if (from.held_at.has_value()) {
    to.set_held_at_ms(amparo::ToUnixMillis(*from.held_at));
    to.set_held_by(from.held_by.bytes());
    to.set_hold_reason(from.hold_reason);
  }
  if (from.keep_until != absl::InfinitePast()) {
    to.set_keep_until_ms(amparo::ToUnixMillis(from.keep_until));
  }
  return storage::SerializeRecord(to);
}

absl::StatusOr<CaseRetention> CaseRetentionCodec::Decode(
    absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto from,
                   storage::ParseRecord<record::CaseRetention>(bytes));
  if (from.held_at_ms() < 0 || from.keep_until_ms() < 0) return Unreadable();
  CaseRetention to;
  if (from.held_at_ms() != 0) {
    const absl::StatusOr<PersonId> by = PersonId::FromBytes(from.held_by());
    if (!by.ok() ||
        !vocabulary::Lists::BuiltIn()
             .CheckCode("retention-reason", from.hold_reason(), "reason")
             .ok()) {
      return Unreadable();
    }
    to.held_at = amparo::FromUnixMillis(from.held_at_ms());
    to.held_by = *by;
    to.hold_reason = from.hold_reason();
  } else if (!from.held_by().empty() || !from.hold_reason().empty()) {
    return Unreadable();
  }
  if (from.keep_until_ms() != 0) {
    to.keep_until = amparo::FromUnixMillis(from.keep_until_ms());
  }
  return to;
}

absl::StatusOr<CaseId> ErasedCaseCodec::DecodeKey(absl::string_view bytes) {
  return CaseOfKey(bytes);
}

std::string ErasedCaseCodec::Encode(const Record& from) {
  record::ErasedCase to;
  to.set_at_ms(amparo::ToUnixMillis(from.at));
  to.set_action(static_cast<uint32_t>(from.action));
  return storage::SerializeRecord(to);
}

absl::StatusOr<ErasedCase> ErasedCaseCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto from,
                   storage::ParseRecord<record::ErasedCase>(bytes));
  const auto action = RetentionActionFromNumber(from.action());
  if (!action.has_value() || *action == RetentionAction::kAsk ||
      from.at_ms() < 0) {
    return Unreadable();
  }
  return ErasedCase{amparo::FromUnixMillis(from.at_ms()), *action};
}

absl::StatusOr<RetentionRules> ReadRules(const storage::Reader& reader,
                                         const storage::Vault& vault) {
  RetentionRules rules = RetentionRules::Shipped();
  RETURN_IF_ERROR(storage::Table<RetentionRuleCodec>(vault).Scan(
      reader, {}, {},
      [&](const RetentionRuleKey& key,
          const storage::Row<RetentionRule>& row) -> absl::StatusOr<bool> {
        RetentionRule rule = row.value;
        rule.category = key.category;
        rule.minors = key.minors;
        rules.Set(rule);
        return true;
      }));
  return rules;
}

}  // namespace amparo::cases
