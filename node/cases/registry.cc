// SPDX-License-Identifier: Apache-2.0
#include "node/cases/registry.h"

#include <algorithm>
#include <utility>

#include "absl/time/civil_time.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/cases/cases_records.h"
#include "node/cases/columns.h"
#include "node/cases/entries_records.h"
#include "node/cases/search.h"
#include "node/storage/table.h"

namespace amparo::cases {

absl::StatusOr<IdentityAccess> IdentityAccess::Granted(
    const absl::Status& permission, const PersonId& reader) {
  RETURN_IF_ERROR(permission);
  return IdentityAccess(reader);
}

Registry::Registry(storage::Vault& vault)
    : vault_(vault), columns_(std::make_unique<Columns>()) {}
Registry::~Registry() = default;

absl::StatusOr<std::optional<Case>> Registry::FindByNumber(
    const storage::Reader& reader, const CaseNumber& number) const {
  const std::string row_key = NumberKey(vault_, number);
  ASSIGN_OR_RETURN(const auto row,
                   reader.Get(storage::TableId::kCaseNumbers, row_key));
  if (!row.has_value()) return std::optional<Case>();
  ASSIGN_OR_RETURN(const CaseId id, ReadCaseIndex(row_key, *row));
  ASSIGN_OR_RETURN(auto file, Get(reader, id));
  // The case says so itself, sealed; the index alone is not believed.
  if (file.has_value() && file->number != number) {
    return Error(Reason::kRecordDamaged,
                 "the index of case numbers leads to another case");
  }
  return file;
}

absl::StatusOr<std::optional<Case>> Registry::Get(const storage::Reader& reader,
                                                  const CaseId& id) const {
  const storage::Table<CaseCodec> cases(vault_);
  ASSIGN_OR_RETURN(auto row, cases.Get(reader, id));
  if (!row.has_value()) return std::optional<Case>();
  return std::optional<Case>(std::move(row->value));
}

absl::StatusOr<storage::Row<Case>> Registry::Row(const storage::Reader& reader,
                                                 const CaseId& id) const {
  ASSIGN_OR_RETURN(auto row, storage::Table<CaseCodec>(vault_).Get(reader, id));
  if (!row.has_value()) return Error(Reason::kNotAllowed);
  return *std::move(row);
}

absl::StatusOr<std::optional<Case>> Registry::FindBySubject(
    const storage::Reader& reader, const SubjectId& subject) const {
  const storage::Table<ProfileCodec> profiles(vault_);
  ASSIGN_OR_RETURN(const auto row, profiles.Get(reader, subject));
  if (!row.has_value()) return std::optional<Case>();
  return Get(reader, row->value.case_id);
}

absl::StatusOr<Profile> Registry::ProfileOf(const storage::Reader& reader,
                                            const SubjectId& subject) const {
  const storage::Table<ProfileCodec> profiles(vault_);
  ASSIGN_OR_RETURN(auto row, profiles.Get(reader, subject));
  if (!row.has_value()) return Error(Reason::kNotAllowed);
  return std::move(row->value.profile);
}

absl::StatusOr<std::optional<Identity>> Registry::IdentityOf(
    const IdentityAccess&, const storage::Reader& reader,
    const SubjectId& subject) const {
  const storage::Table<IdentityCodec> identities(vault_);
  ASSIGN_OR_RETURN(auto row, identities.Get(reader, subject));
  if (!row.has_value()) return std::optional<Identity>();
  return std::optional<Identity>(std::move(row->value));
}

absl::StatusOr<KeyId> Registry::KeyOf(const storage::Reader& reader,
                                      const SubjectId& subject) const {
  ASSIGN_OR_RETURN(const std::optional<std::string> stored,
                   reader.Get(ProfileCodec::kTable, subject.bytes()));
  if (!stored.has_value()) return Error(Reason::kNotAllowed);
  return storage::Vault::KeyOf(*stored);
}

absl::Status Registry::ScanProfiles(const storage::Reader& reader,
                                    const ProfileFunction& profile) const {
  const storage::Table<ProfileCodec> profiles(vault_);
  return profiles.Scan(
      reader, {}, {},
      [&](const SubjectId& subject, const storage::Row<StoredProfile>& row) {
        if (row.value.merged) return absl::StatusOr<bool>(true);
        return profile(subject, row.value.profile);
      });
}

absl::StatusOr<std::vector<SubjectId>> Registry::FindPersons(
    const storage::Reader& reader, const PersonQuery& query) const {
  return cases::FindPersons(reader, vault_, query);
}

absl::Status Registry::ReadColumns(const storage::Store& store) const {
  return columns_->Load(store, vault_);
}

void Registry::StopReading() const { columns_->Stop(); }

void Registry::Tell(storage::Batch& batch, const Case& file,
                    const Profile& profile) const {
  batch.OnCommitted([columns = columns_.get(), file, profile] {
    columns->Put(file, profile);
  });
}

void Registry::Forget(storage::Batch& batch, const SubjectId& subject) const {
  batch.OnCommitted(
      [columns = columns_.get(), subject] { columns->Remove(subject); });
}

absl::StatusOr<bool> Registry::SourceKnown(const storage::Reader& reader,
                                           absl::string_view source,
                                           absl::string_view source_key) const {
  ASSIGN_OR_RETURN(const std::optional<std::string> stored,
                   reader.Get(storage::TableId::kCaseSources,
                              SourceKey(vault_, source, source_key)));
  return stored.has_value();
}

absl::StatusOr<KeyId> Registry::Insert(storage::Batch& batch,
                                       const NewCase& fresh) const {
  const Case& file = fresh.file;
  ASSIGN_OR_RETURN(const KeyId key, vault_.NewKey(batch));
  // 128 fresh random bits are taken by nobody: only the number and the source
  // key are looked up at the commit, which an import of millions notices.
  RETURN_IF_ERROR(
      storage::Table<CaseCodec>(vault_).Put(batch, file.id, file, key));
  RETURN_IF_ERROR(storage::Table<ProfileCodec>(vault_).Put(
      batch, file.subject,
      StoredProfile{file.id, fresh.profile,
                    vocabulary::Lists::BuiltIn().edition()},
      key));
  if (fresh.identity.has_value()) {
    RETURN_IF_ERROR(storage::Table<IdentityCodec>(vault_).Put(
        batch, file.subject, *fresh.identity, key));
    RETURN_IF_ERROR(
        IndexIdentity(batch, vault_, file.subject, nullptr, &*fresh.identity));
  }
  for (const Entry& entry : fresh.entries) {
    RETURN_IF_ERROR(storage::Table<EntryCodec>(vault_).Put(
        batch, {file.id, entry.id}, entry, key));
  }
  const auto lead_here = [&](storage::TableId index, absl::string_view hash) {
    batch.RequireAbsent(index, hash);
    batch.Put(index, hash, file.id.bytes());
  };
  lead_here(storage::TableId::kCaseNumbers, NumberKey(vault_, file.number));
  if (!fresh.source_key.empty()) {
    lead_here(storage::TableId::kCaseSources,
              SourceKey(vault_, file.source, fresh.source_key));
  }
  Tell(batch, file, fresh.profile);
  return key;
}

absl::StatusOr<Case> Registry::Revise(storage::Batch& batch,
                                      const storage::Reader& reader,
                                      const CaseRevision& revision) const {
  const Case& before = revision.before.value;
  if (before.version >= limits::kCaseVersionMax) {
    return Error(Reason::kLimitExceeded,
                 "the case was changed too often to be changed again");
  }
  const storage::Table<ProfileCodec> profiles(vault_);
  ASSIGN_OR_RETURN(const auto profile, profiles.Get(reader, before.subject));
  if (!profile.has_value()) {
    return Error(Reason::kRecordDamaged, "a case has no profile");
  }
  const storage::Table<IdentityCodec> identities(vault_);
  ASSIGN_OR_RETURN(const auto identity, identities.Get(reader, before.subject));

  Case after = revision.after;
  after.version = before.version + 1;
  CaseChange change;
  change.version = after.version;
  change.kind = revision.kind;
  change.at = revision.at;
  change.by = revision.by;
  change.source = revision.source;
  change.reason = revision.reason;
  change.other_case = revision.other_case;
  change.entry = revision.entry;
  if (after.owner != before.owner || after.team != before.team) {
    change.assignment =
        AssignmentChange{before.owner, after.owner, before.team, after.team};
  }
  if (after.status != before.status) {
    change.status = StatusChange{before.status, after.status};
  }

  StoredProfile coded = profile->value;
  coded.merged = !after.merged_into.empty();
  if (revision.profile.has_value()) {
    change.profile = Difference(coded.profile, *revision.profile);
    coded.profile = *revision.profile;
    coded.edition = vocabulary::Lists::BuiltIn().edition();
    after.year = RegistrationYear(coded.profile);
  }
  if (!change.profile.empty() || coded.merged != profile->value.merged) {
    RETURN_IF_ERROR(profiles.Replace(batch, before.subject, *profile, coded));
  }
  Identity who = identity.has_value() ? identity->value : Identity();
  if (revision.identity.has_value()) {
    const Identity& wanted = revision.identity->identity;
    change.identity_parts = Difference(who, wanted);
    if (!change.identity_parts.empty()) {
      RETURN_IF_ERROR(IndexIdentity(batch, vault_, before.subject,
                                    who.empty() ? nullptr : &who,
                                    wanted.empty() ? nullptr : &wanted));
      IdentityChange kept;
      if (!who.empty()) kept.before = who;
      if (!wanted.empty()) kept.after = wanted;
      RETURN_IF_ERROR(storage::Table<IdentityChangeCodec>(vault_).Insert(
          batch, {before.id, after.version}, kept, revision.before.key));
      if (wanted.empty()) {
        identities.Delete(batch, before.subject);
      } else {
        RETURN_IF_ERROR(
            identities.Put(batch, before.subject, wanted, revision.before.key));
      }
    }
    who = wanted;
    after.has_identity = !wanted.empty();
  }
  if (revision.profile.has_value() || revision.identity.has_value()) {
    after.treated_as_minor =
        TreatedAsMinor(coded.profile, who.born,
                       absl::ToCivilDay(revision.at, absl::UTCTimeZone()));
  }
  RETURN_IF_ERROR(storage::Table<CaseCodec>(vault_).Replace(
      batch, before.id, revision.before, after));
  RETURN_IF_ERROR(storage::Table<CaseChangeCodec>(vault_).Insert(
      batch, {before.id, after.version}, change, revision.before.key));
  Tell(batch, after, coded.profile);
  return after;
}

absl::Status Registry::BeginWork(storage::Batch& batch,
                                 const storage::Reader& reader,
                                 const CaseId& id) const {
  ASSIGN_OR_RETURN(const storage::Row<Case> row, Row(reader, id));
  RETURN_IF_ERROR(CheckOpen(row.value));
  batch.RequireUnchanged(CaseCodec::kTable, CaseCodec::EncodeKey(id),
                         row.stored);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<CaseChange>> Registry::HistoryOf(
    const storage::Reader& reader, const CaseId& id) const {
  std::vector<CaseChange> history;
  RETURN_IF_ERROR(storage::Table<CaseChangeCodec>(vault_).Scan(
      reader, id.bytes(), {},
      [&](const ChangeKey& key,
          const storage::Row<CaseChange>& row) -> absl::StatusOr<bool> {
        history.push_back(row.value);
        history.back().version = key.version;
        return true;
      }));
  return history;
}

absl::StatusOr<std::vector<std::pair<uint32_t, IdentityChange>>>
Registry::IdentityHistoryOf(const IdentityAccess&,
                            const storage::Reader& reader,
                            const CaseId& id) const {
  std::vector<std::pair<uint32_t, IdentityChange>> history;
  RETURN_IF_ERROR(storage::Table<IdentityChangeCodec>(vault_).Scan(
      reader, id.bytes(), {},
      [&](const ChangeKey& key,
          const storage::Row<IdentityChange>& row) -> absl::StatusOr<bool> {
        history.emplace_back(key.version, row.value);
        return true;
      }));
  return history;
}

}  // namespace amparo::cases
