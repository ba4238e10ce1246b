// SPDX-License-Identifier: Apache-2.0
#include "node/cases/erasure.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_join.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/cases/attachments.h"
#include "node/cases/cases_records.h"
#include "node/cases/entries_records.h"
#include "node/cases/registry.h"
#include "node/cases/retention_records.h"
#include "node/cases/search.h"

namespace amparo::cases {
namespace {

using storage::Batch;
using storage::Reader;
using storage::Row;
using storage::Table;
using storage::TableId;
using storage::Vault;

constexpr absl::string_view kLegalHold = "LEGAL_HOLD";
// ISO 639: undetermined. The language somebody was asked in narrows down who.
constexpr absl::string_view kNoLanguage = "und";
constexpr absl::string_view kRemovedReference = "REMOVED";

absl::Status DeleteUnder(Batch& batch, const Reader& reader, TableId table,
                         absl::string_view prefix) {
  return reader.ScanPrefix(
      table, prefix,
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        batch.Delete(table, key);
        return true;
      });
}

absl::StatusOr<bool> AnyUnder(const Reader& reader, TableId table,
                              absl::string_view prefix) {
  bool any = false;
  RETURN_IF_ERROR(reader.ScanPrefix(
      table, prefix,
      [&any](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
        any = true;
        return false;
      }));
  return any;
}

// The category of an entry that is a part of its own.
std::optional<RetentionCategory> CategoryOf(const EntryContent& content) {
  if (std::holds_alternative<Attachment>(content)) {
    return RetentionCategory::kAttachment;
  }
  if (std::holds_alternative<Note>(content) ||
      std::holds_alternative<RiskAssessment>(content) ||
      std::holds_alternative<SupportItem>(content)) {
    return RetentionCategory::kNote;
  }
  return std::nullopt;
}

absl::Status RequireAsRead(Batch& batch, const AgedCase& aged) {
  const std::string key = CaseRetentionCodec::EncodeKey(aged.file.value.id);
  if (aged.keeping.has_value()) {
    batch.RequireUnchanged(CaseRetentionCodec::kTable, key,
                           aged.keeping->stored);
  } else {
    batch.RequireAbsent(CaseRetentionCodec::kTable, key);
  }
  if (!IsClosed(aged.file.value.status)) {
    return Error(Reason::kInternal, "an open case was to be erased");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<AgedCase>> Eraser::Read(
    const Reader& reader, const RetentionRules& rules, const CaseId& id,
    absl::Time now) const {
  const Vault& vault = services_.registry.vault();
  const Table<CaseCodec> cases(vault);
  ASSIGN_OR_RETURN(auto row, cases.Get(reader, id));
  if (!row.has_value() || !row->value.merged_into.empty()) {
    return std::optional<AgedCase>();
  }
  AgedCase aged{*std::move(row), {}, std::nullopt, false, {}};
  RetentionFacts facts;
  const Table<CaseRetentionCodec> keepings(vault);
  const auto heed = [&](const CaseRetention& keeping) {
    aged.held = aged.held || keeping.held_at.has_value();
    facts.keep_until = std::max(facts.keep_until, keeping.keep_until);
  };
  RETURN_IF_ERROR(AddPresent(reader, aged.file.value, facts.present));
  for (const CaseId& other : aged.file.value.absorbed) {
    ASSIGN_OR_RETURN(auto absorbed, cases.Get(reader, other));
    if (!absorbed.has_value()) {
      return Error(Reason::kRecordDamaged, "a merged case is not there");
    }
    RETURN_IF_ERROR(AddPresent(reader, absorbed->value, facts.present));
    ASSIGN_OR_RETURN(const auto keeping, keepings.Get(reader, other));
    if (keeping.has_value()) heed(keeping->value);
    aged.absorbed.push_back(*std::move(absorbed));
  }
  ASSIGN_OR_RETURN(aged.keeping, keepings.Get(reader, id));
  if (aged.keeping.has_value()) heed(aged.keeping->value);
  facts.minor = aged.file.value.treated_as_minor;
  if (!aged.file.value.anonymised) facts.closed_at = aged.file.value.closed_at;
  aged.due = DueOf(rules, facts, now);
  return std::optional<AgedCase>(std::move(aged));
}

absl::Status Eraser::AddPresent(const Reader& reader, const Case& file,
                                std::set<RetentionCategory>& present) const {
  const std::string id = file.id.bytes();
  ASSIGN_OR_RETURN(const bool named_before,
                   AnyUnder(reader, TableId::kIdentityHistory, id));
  if (file.has_identity || named_before) {
    present.insert(RetentionCategory::kIdentity);
  }
  ASSIGN_OR_RETURN(const bool others,
                   AnyUnder(reader, TableId::kThirdPersons, id));
  if (others) present.insert(RetentionCategory::kThirdPerson);
  ASSIGN_OR_RETURN(const auto entries,
                   ReadEntries(reader, services_.registry.vault(), file.id));
  for (const Row<Entry>& entry : entries) {
    const auto category = CategoryOf(entry.value.wording.content);
    if (category.has_value()) present.insert(*category);
  }
  if (present.count(RetentionCategory::kNote) > 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<CaseChange> history,
                   services_.registry.HistoryOf(reader, file.id));
  if (std::any_of(history.begin(), history.end(), HasWords)) {
    present.insert(RetentionCategory::kNote);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> Eraser::KeptBy(
    const Reader& reader, const AgedCase& aged) const {
  if (aged.held) return std::optional<std::string>(kLegalHold);
  for (const CaseTie* const tie : ties_) {
    ASSIGN_OR_RETURN(std::optional<std::string> needs,
                     tie->Needs(reader, aged.file.value));
    for (const Row<Case>& other : aged.absorbed) {
      if (needs.has_value()) break;
      ASSIGN_OR_RETURN(needs, tie->Needs(reader, other.value));
    }
    if (needs.has_value()) return needs;
  }
  return std::optional<std::string>();
}

absl::Status Eraser::DeleteOne(Batch& batch, const Reader& reader,
                               const AgedCase& aged, const Row<Case>& row,
                               RetentionAction action, absl::Time now) const {
  Vault& vault = services_.registry.vault();
  const Case& file = row.value;
  const std::string id = file.id.bytes();
  batch.RequireUnchanged(CaseCodec::kTable, CaseCodec::EncodeKey(file.id),
                         row.stored);
  for (const CaseTie* const tie : ties_) {
    RETURN_IF_ERROR(tie->Erase(batch, reader, file));
  }
  RETURN_IF_ERROR(services_.ledger.Erase(batch, reader, file.subject));
  RETURN_IF_ERROR(RemoveIdentity(batch, reader, aged, row));
  RETURN_IF_ERROR(RemoveThirdPersons(batch, reader, file.id));
  for (const TableId table : {TableId::kCaseEntries, TableId::kCaseHistory}) {
    RETURN_IF_ERROR(DeleteUnder(batch, reader, table, id));
  }
  RETURN_IF_ERROR(RemoveAllPieces(batch, reader, file.id));
  batch.Delete(TableId::kCaseRetention, id);
  batch.Delete(TableId::kProfiles, file.subject.bytes());
  batch.Delete(TableId::kCases, id);
  RETURN_IF_ERROR(
      Table<ErasedCaseCodec>(vault).Put(batch, file.id, {now, action}));
  services_.registry.Forget(batch, file.subject);
  // Whatever else was under it can no longer be read: leaves, letters.
  vault.DeleteKey(batch, row.key);
  return absl::OkStatus();
}

absl::Status Eraser::ForgetFormerMerges(Batch& batch, const Reader& reader,
                                        const AgedCase& aged,
                                        const CaseId& id) const {
  ASSIGN_OR_RETURN(const std::vector<CaseChange> own,
                   services_.registry.HistoryOf(reader, id));
  std::set<CaseId> others;
  for (const CaseChange& change : own) {
    if (change.kind == ChangeKind::kMergedAway) {
      others.insert(change.other_case);
    }
  }
  // Those go with it, history and all.
  others.erase(aged.file.value.id);
  for (const Row<Case>& absorbed : aged.absorbed) {
    others.erase(absorbed.value.id);
  }
  const Table<CaseChangeCodec> history(services_.registry.vault());
  for (const CaseId& other : others) {
    const std::string key = CaseCodec::EncodeKey(other);
    ASSIGN_OR_RETURN(const auto stored, reader.Get(CaseCodec::kTable, key));
    if (!stored.has_value()) continue;  // Erased since.
    batch.RequireUnchanged(CaseCodec::kTable, key, *stored);
    bool together = false;
    RETURN_IF_ERROR(history.Scan(
        reader, other.bytes(), {},
        [&](const ChangeKey& place,
            const Row<CaseChange>& row) -> absl::StatusOr<bool> {
          const bool of_both = row.value.other_case == id;
          together =
              together || (of_both && row.value.kind == ChangeKind::kAbsorbed);
          if (together) {
            CaseChange silent = row.value;
            silent.identity_parts.clear();
            silent.profile.clear();
            RETURN_IF_ERROR(history.Put(batch, place, silent, row.key));
            batch.Delete(IdentityChangeCodec::kTable,
                         IdentityChangeCodec::EncodeKey(place));
          }
          together =
              together && !(of_both && row.value.kind == ChangeKind::kReleased);
          return true;
        }));
  }
  return absl::OkStatus();
}

absl::Status Eraser::RemoveIdentity(Batch& batch, const Reader& reader,
                                    const AgedCase& aged,
                                    const Row<Case>& row) const {
  RETURN_IF_ERROR(ForgetFormerMerges(batch, reader, aged, row.value.id));
  const Vault& vault = services_.registry.vault();
  const Table<IdentityCodec> identities(vault);
  const SubjectId& subject = row.value.subject;
  ASSIGN_OR_RETURN(const auto identity, identities.Get(reader, subject));
  if (identity.has_value()) {
    RETURN_IF_ERROR(
        IndexIdentity(batch, vault, subject, &identity->value, nullptr));
    identities.Delete(batch, subject);
  }
  return DeleteUnder(batch, reader, TableId::kIdentityHistory,
                     row.value.id.bytes());
}

absl::Status Eraser::RemovePhoto(Batch& batch, const Reader& reader,
                                 const SubjectId& subject) const {
  const Table<IdentityCodec> identities(services_.registry.vault());
  ASSIGN_OR_RETURN(const auto identity, identities.Get(reader, subject));
  if (!identity.has_value() || identity->value.photo.empty()) {
    return absl::OkStatus();
  }
  Identity without = identity->value;
  without.photo = EntryId();
  return identities.Replace(batch, subject, *identity, without);
}

absl::Status Eraser::Silence(Batch& batch, const Reader& reader,
                             const CaseId& id,
                             const std::set<RetentionCategory>& parts) const {
  const bool who = parts.count(RetentionCategory::kIdentity) > 0;
  const bool words = parts.count(RetentionCategory::kNote) > 0;
  const Table<CaseChangeCodec> history(services_.registry.vault());
  return history.Scan(
      reader, id.bytes(), {},
      [&](const ChangeKey& key,
          const Row<CaseChange>& row) -> absl::StatusOr<bool> {
        CaseChange silent = row.value;
        if (who) silent.identity_parts.clear();
        if (words) DropWords(silent);
        if (CaseChangeCodec::Encode(silent) !=
            CaseChangeCodec::Encode(row.value)) {
          RETURN_IF_ERROR(history.Put(batch, key, silent, row.key));
        }
        return true;
      });
}

absl::Status Eraser::RemoveThirdPersons(Batch& batch, const Reader& reader,
                                        const CaseId& id) const {
  Vault& vault = services_.registry.vault();
  return reader.ScanPrefix(
      TableId::kThirdPersons, id.bytes(),
      [&](absl::string_view key,
          absl::string_view stored) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const KeyId data_key, Vault::KeyOf(stored));
        batch.Delete(TableId::kThirdPersons, key);
        vault.DeleteKey(batch, data_key);
        return true;
      });
}

absl::Status Eraser::Delete(Batch& batch, const Reader& reader,
                            const AgedCase& aged, absl::Time now) const {
  RETURN_IF_ERROR(RequireAsRead(batch, aged));
  for (const Row<Case>& other : aged.absorbed) {
    RETURN_IF_ERROR(
        DeleteOne(batch, reader, aged, other, RetentionAction::kDelete, now));
  }
  return DeleteOne(batch, reader, aged, aged.file, RetentionAction::kDelete,
                   now);
}

absl::Status Eraser::Anonymise(Batch& batch, const Reader& reader,
                               const AgedCase& aged, absl::Time now) const {
  RETURN_IF_ERROR(RequireAsRead(batch, aged));
  RETURN_IF_ERROR(InsertAnonymous(batch, reader, aged.file.value, now));
  // What is merged away is not counted: nothing of it stays.
  for (const Row<Case>& other : aged.absorbed) {
    RETURN_IF_ERROR(
        DeleteOne(batch, reader, aged, other, RetentionAction::kDelete, now));
  }
  return DeleteOne(batch, reader, aged, aged.file, RetentionAction::kAnonymise,
                   now);
}

absl::Status Eraser::InsertAnonymous(Batch& batch, const Reader& reader,
                                     const Case& file, absl::Time now) const {
  const auto fresh_id = [this] {
    return crypto::RandomBytes(services_.random, CaseId::kSize);
  };
  ASSIGN_OR_RETURN(const Profile profile,
                   services_.registry.ProfileOf(reader, file.subject));
  ASSIGN_OR_RETURN(const CaseId id, CaseId::FromBytes(fresh_id()));
  ASSIGN_OR_RETURN(const SubjectId subject, SubjectId::FromBytes(fresh_id()));
  const NewCase fresh{
      .file = Case{.id = id,
                   .number = CaseNumber::Generate(services_.random),
                   .subject = subject,
                   .owner = file.owner,
                   .team = file.team,
                   .registered_at = StartOfQuarter(file.registered_at),
                   .year = file.year,
                   .source = {},
                   .treated_as_minor = file.treated_as_minor,
                   .status = file.status,
                   .closed_at = StartOfQuarter(*file.closed_at),
                   .closing_reason = file.closing_reason,
                   .anonymised = true},
      .profile = Coarse(profile),
      .identity = std::nullopt,
      .source_key = {}};
  ASSIGN_OR_RETURN(const KeyId key, services_.registry.Insert(batch, fresh));
  RETURN_IF_ERROR(services_.log.Record(
      batch,
      {.kind = audit::EventKind::kCaseRegistered,
       .at = now,
       .actor = PersonId(),
       // No id: the leaf beside it names the case that it was.
       .about = {{"type", "ANONYMISED"}}},
      key));
  return KeepCounting(batch, reader, file.subject, subject, key, now);
}

absl::Status Eraser::KeepCounting(Batch& batch, const Reader& reader,
                                  const SubjectId& before,
                                  const SubjectId& subject, const KeyId& key,
                                  absl::Time now) const {
  ASSIGN_OR_RETURN(const std::vector<consent::Consent> consents,
                   services_.ledger.ListBySubject(reader, before));
  for (const consent::Consent& consent : consents) {
    if (consent.purpose() != Purpose::kStatistics ||
        consent.state() != consent::State::kActive ||
        consent.fields().valid_until <= now) {
      continue;
    }
    consent::ConsentFields fields = consent.fields();
    ASSIGN_OR_RETURN(fields.id, ConsentId::FromBytes(crypto::RandomBytes(
                                    services_.random, ConsentId::kSize)));
    fields.subject = subject;
    fields.language = std::string(kNoLanguage);
    fields.given_at = StartOfQuarter(fields.given_at);
    const absl::Time until = StartOfQuarter(fields.valid_until);
    if (until > now) fields.valid_until = until;
    fields.valid_until = std::min(
        fields.valid_until, fields.given_at + consent::kConsentLifetimeMax);
    if (!fields.best_interests_reference.empty()) {
      fields.best_interests_reference = std::string(kRemovedReference);
    }
    ASSIGN_OR_RETURN(const consent::Consent kept,
                     consent::Consent::Create(std::move(fields)));
    RETURN_IF_ERROR(
        services_.ledger.InsertImported(batch, kept, key, PersonId(), now));
  }
  return absl::OkStatus();
}

absl::Status Eraser::RemoveParts(Batch& batch, const Reader& reader,
                                 const AgedCase& aged,
                                 const std::set<RetentionCategory>& parts,
                                 const PersonId& by, absl::Time now) const {
  RETURN_IF_ERROR(RequireAsRead(batch, aged));
  for (const Row<Case>& other : aged.absorbed) {
    RETURN_IF_ERROR(RemoveFrom(batch, reader, aged, other, parts, by, now));
  }
  return RemoveFrom(batch, reader, aged, aged.file, parts, by, now);
}

absl::Status Eraser::RemoveFrom(Batch& batch, const Reader& reader,
                                const AgedCase& aged, const Row<Case>& row,
                                const std::set<RetentionCategory>& parts,
                                const PersonId& by, absl::Time now) const {
  std::set<RetentionCategory> present;
  RETURN_IF_ERROR(AddPresent(reader, row.value, present));
  std::vector<absl::string_view> removed;
  for (const RetentionCategory part : parts) {
    if (present.count(part) > 0) removed.push_back(Name(part));
  }
  if (removed.empty()) return absl::OkStatus();
  const Vault& vault = services_.registry.vault();
  CaseRevision revision{.before = row, .after = row.value};
  revision.kind = ChangeKind::kAged;
  revision.at = now;
  revision.by = by;
  revision.reason = absl::StrJoin(removed, "+");
  if (parts.count(RetentionCategory::kThirdPerson) > 0) {
    RETURN_IF_ERROR(RemoveThirdPersons(batch, reader, row.value.id));
  }
  if (parts.count(RetentionCategory::kIdentity) > 0) {
    RETURN_IF_ERROR(RemoveIdentity(batch, reader, aged, row));
    revision.after.has_identity = false;
  }
  RETURN_IF_ERROR(Silence(batch, reader, row.value.id, parts));
  if (parts.count(RetentionCategory::kAttachment) > 0 &&
      revision.after.has_identity) {
    RETURN_IF_ERROR(RemovePhoto(batch, reader, row.value.subject));
  }
  ASSIGN_OR_RETURN(const auto entries,
                   ReadEntries(reader, vault, row.value.id));
  std::vector<Entry> left;
  for (const Row<Entry>& entry : entries) {
    const auto category = CategoryOf(entry.value.wording.content);
    if (!category.has_value() || parts.count(*category) == 0) {
      left.push_back(entry.value);
      continue;
    }
    if (const auto* const attached =
            std::get_if<Attachment>(&entry.value.wording.content)) {
      RemovePieces(batch, {row.value.id, entry.value.id}, *attached);
    }
    batch.Delete(EntryCodec::kTable,
                 EntryCodec::EncodeKey({row.value.id, entry.value.id}));
  }
  revision.after.risk_to_life = StandingOf(left).risk_to_life();
  return services_.registry.Revise(batch, reader, revision).status();
}

}  // namespace amparo::cases
