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

// nullopt for none.
absl::StatusOr<std::optional<RetentionRule>> RuleOf(uint32_t days,
                                                    uint32_t number) {
  if (days == 0 && number == 0) return std::optional<RetentionRule>();
  const auto action = RetentionActionFromNumber(number);
  if (!action.has_value() || days < 1 ||
      days > static_cast<uint32_t>(kRetentionDaysMax)) {
    return Unreadable();
  }
  RetentionRule rule;
  rule.days = static_cast<int>(days);
  rule.action = *action;
  return std::optional<RetentionRule>(rule);
}

// Who proposed something; nobody proposed nothing.
absl::StatusOr<PersonId> Proposer(bool proposed, absl::string_view bytes) {
  if (!proposed) {
    if (!bytes.empty()) return Unreadable();
    return PersonId();
  }
  const absl::StatusOr<PersonId> by = PersonId::FromBytes(bytes);
  if (!by.ok() || by->empty()) return Unreadable();
  return *by;
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
  if (from.rule.has_value()) {
    to.set_days(static_cast<uint32_t>(from.rule->days));
    to.set_action(static_cast<uint32_t>(from.rule->action));
  }
  if (from.proposed.has_value()) {
    to.set_proposed_days(static_cast<uint32_t>(from.proposed->days));
    to.set_proposed_action(static_cast<uint32_t>(from.proposed->action));
    to.set_proposed_by(from.proposed_by.bytes());
  }
  return storage::SerializeRecord(to);
}

absl::StatusOr<StoredRule> RetentionRuleCodec::Decode(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto from,
                   storage::ParseRecord<record::RetentionRule>(bytes));
  StoredRule to;
  ASSIGN_OR_RETURN(to.rule, RuleOf(from.days(), from.action()));
  ASSIGN_OR_RETURN(to.proposed,
                   RuleOf(from.proposed_days(), from.proposed_action()));
  ASSIGN_OR_RETURN(to.proposed_by,
                   Proposer(to.proposed.has_value(), from.proposed_by()));
  if (!to.rule.has_value() && !to.proposed.has_value()) return Unreadable();
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
  if (from.proposed.has_value()) {
    to.set_proposed_action(static_cast<uint32_t>(*from.proposed));
    to.set_proposed_by(from.proposed_by.bytes());
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
  to.proposed = RetentionActionFromNumber(from.proposed_action());
  if (to.proposed.has_value() != (from.proposed_action() != 0) ||
      to.proposed == RetentionAction::kAsk) {
    return Unreadable();
  }
  ASSIGN_OR_RETURN(to.proposed_by,
                   Proposer(to.proposed.has_value(), from.proposed_by()));
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

absl::Status CheckNotHeld(storage::Batch& batch, const storage::Reader& reader,
                          const storage::Vault& vault, const CaseId& id) {
  ASSIGN_OR_RETURN(const auto keeping,
                   storage::Table<CaseRetentionCodec>(vault).Get(reader, id));
  const std::string key = CaseRetentionCodec::EncodeKey(id);
  if (!keeping.has_value()) {
    batch.RequireAbsent(CaseRetentionCodec::kTable, key);
    return absl::OkStatus();
  }
  if (keeping->value.held_at.has_value()) {
    return WithState(
        Error(Reason::kWrongState,
              "the case has a legal hold: nothing of it is destroyed"),
        "Held");
  }
  batch.RequireUnchanged(CaseRetentionCodec::kTable, key, keeping->stored);
  return absl::OkStatus();
}

absl::StatusOr<RetentionRules> ReadRules(const storage::Reader& reader,
                                         const storage::Vault& vault,
                                         std::vector<RetentionRule>* proposed) {
  RetentionRules rules = RetentionRules::Shipped();
  RETURN_IF_ERROR(storage::Table<RetentionRuleCodec>(vault).Scan(
      reader, {}, {},
      [&](const RetentionRuleKey& key,
          const storage::Row<StoredRule>& row) -> absl::StatusOr<bool> {
        const auto named = [&key](RetentionRule rule) {
          rule.category = key.category;
          rule.minors = key.minors;
          return rule;
        };
        if (row.value.rule.has_value()) rules.Set(named(*row.value.rule));
        if (proposed != nullptr && row.value.proposed.has_value()) {
          proposed->push_back(named(*row.value.proposed));
        }
        return true;
      }));
  return rules;
}

}  // namespace amparo::cases
