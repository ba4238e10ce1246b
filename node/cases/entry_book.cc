// SPDX-License-Identifier: Apache-2.0
#include "node/cases/entry_book.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/cases/attachments.h"
#include "node/cases/cases_records.h"
#include "node/cases/entries_records.h"
#include "node/cases/retention_records.h"

namespace amparo::cases {
namespace {

constexpr absl::string_view kStatusVariable = "traffickingStatus";
constexpr absl::string_view kDeciderVariable = "identifiedBy";

// A code as the codes of a variable; empty: not recorded.
std::vector<std::string> AsCodes(const std::string& code) {
  if (code.empty()) return {};
  return {code};
}

std::vector<Entry> ValuesOf(const std::vector<storage::Row<Entry>>& rows) {
  std::vector<Entry> entries;
  entries.reserve(rows.size());
  for (const storage::Row<Entry>& row : rows) entries.push_back(row.value);
  return entries;
}

// What the bytes of an attachment decide stays as it was.
absl::Status CheckSameThing(const EntryContent& before,
                            const EntryContent& after) {
  if (before.index() != after.index()) {
    return FieldError("wording", "must be of the same kind as it was");
  }
  const auto* const was = std::get_if<Attachment>(&before);
  if (was == nullptr) return absl::OkStatus();
  const auto& is = std::get<Attachment>(after);
  if (was->size != is.size || was->digest != is.digest ||
      was->media_type != is.media_type) {
    return FieldError("attachment", "must be of the same file");
  }
  return absl::OkStatus();
}

absl::Status CheckRoom(const std::vector<storage::Row<Entry>>& rows,
                       const Attachment& fresh) {
  uint64_t bytes = fresh.size;
  for (const storage::Row<Entry>& row : rows) {
    const auto* const file =
        std::get_if<Attachment>(&row.value.wording.content);
    // What is retracted has no content any more.
    if (file != nullptr && !row.value.retracted.has_value())
      bytes += file->size;
  }
  if (bytes <= limits::kAttachmentBytesPerCaseMax) return absl::OkStatus();
  return Error(Reason::kLimitExceeded,
               absl::StrCat("the files of a case have at most ",
                            limits::kAttachmentBytesPerCaseMax >> 20,
                            " MiB: retract one that is not needed"));
}

// What a decision found stays with it.
void KeepFound(const EntryContent& before, EntryContent& after) {
  const auto* const was = std::get_if<StatusDecision>(&before);
  if (was == nullptr) return;
  auto& is = std::get<StatusDecision>(after);
  is.status_before = was->status_before;
  is.decided_by_before = was->decided_by_before;
}

}  // namespace

absl::Status EntryBook::Add(storage::Batch& batch,
                            const storage::Reader& reader,
                            const storage::Row<Case>& file, Entry entry) const {
  EntryContent& content = entry.wording.content;
  RETURN_IF_ERROR(CheckNotMerged(file.value));
  if (!std::holds_alternative<Note>(content) &&
      !std::holds_alternative<Attachment>(content)) {
    RETURN_IF_ERROR(CheckOpen(file.value));
  }
  ASSIGN_OR_RETURN(const std::vector<storage::Row<Entry>> rows,
                   ReadEntries(reader, registry_.vault(), file.value.id));
  if (rows.size() >= limits::kEntriesPerCaseMax) {
    return Error(Reason::kLimitExceeded,
                 absl::StrCat("a case has at most ", limits::kEntriesPerCaseMax,
                              " entries"));
  }
  if (const auto* const attached = std::get_if<Attachment>(&content)) {
    RETURN_IF_ERROR(CheckRoom(rows, *attached));
  }
  if (auto* const decision = std::get_if<StatusDecision>(&content)) {
    ASSIGN_OR_RETURN(const Profile profile,
                     registry_.ProfileOf(reader, file.value.subject));
    decision->status_before = std::string(profile.Find(kStatusVariable));
    decision->decided_by_before = std::string(profile.Find(kDeciderVariable));
  }
  RETURN_IF_ERROR(
      storage::Table<EntryCodec>(registry_.vault())
          .Insert(batch, {file.value.id, entry.id}, entry, file.key));
  const EntryId id = entry.id;
  const Hand hand{entry.recorded_by, entry.recorded_at};
  std::vector<Entry> entries = ValuesOf(rows);
  entries.push_back(std::move(entry));
  return Follow(batch, reader, file, entries, id, hand);
}

absl::Status EntryBook::CheckFits(const storage::Reader& reader,
                                  const CaseId& id,
                                  const Attachment& file) const {
  ASSIGN_OR_RETURN(const std::vector<storage::Row<Entry>> rows,
                   ReadEntries(reader, registry_.vault(), id));
  return CheckRoom(rows, file);
}

absl::StatusOr<Entry> EntryBook::Amend(
    storage::Batch& batch, const storage::Reader& reader,
    const storage::Row<Case>& file, const EntryId& id,
    uint32_t expected_version, Wording wording, const std::string& reason,
    const Hand& hand) const {
  RETURN_IF_ERROR(CheckNotMerged(file.value));
  ASSIGN_OR_RETURN(const Page page, Find(reader, file.value.id, id));
  const storage::Row<Entry>& before = page.rows[page.at];
  if (before.value.retracted.has_value()) {
    return WithState(Error(Reason::kWrongState, "the entry is retracted"),
                     "RETRACTED");
  }
  if (before.value.version() != expected_version) {
    return Error(Reason::kVersionConflict,
                 "the entry was amended since it was read: read it again");
  }
  if (before.value.corrections.size() >= limits::kEntryCorrectionsMax) {
    return Error(Reason::kLimitExceeded,
                 "the entry was amended too often: retract it and add another");
  }
  RETURN_IF_ERROR(
      CheckSameThing(before.value.wording.content, wording.content));
  KeepFound(before.value.wording.content, wording.content);
  Entry entry = before.value;
  entry.corrections.push_back(
      {hand.at, hand.by, reason, std::move(entry.wording)});
  entry.wording = std::move(wording);
  RETURN_IF_ERROR(storage::Table<EntryCodec>(registry_.vault())
                      .Replace(batch, {file.value.id, id}, before, entry));
  std::vector<Entry> entries = ValuesOf(page.rows);
  entries[page.at] = entry;
  RETURN_IF_ERROR(Follow(batch, reader, file, entries, id, hand));
  return entry;
}

absl::StatusOr<Entry> EntryBook::Retract(storage::Batch& batch,
                                         const storage::Reader& reader,
                                         const storage::Row<Case>& file,
                                         const EntryId& id,
                                         const std::string& reason,
                                         const Hand& hand) const {
  RETURN_IF_ERROR(CheckNotMerged(file.value));
  ASSIGN_OR_RETURN(const Page page, Find(reader, file.value.id, id));
  const storage::Row<Entry>& before = page.rows[page.at];
  if (before.value.retracted.has_value()) {
    return WithState(Error(Reason::kWrongState, "the entry is retracted"),
                     "RETRACTED");
  }
  Entry entry = before.value;
  entry.retracted = Retraction{hand.at, hand.by, reason};
  RETURN_IF_ERROR(storage::Table<EntryCodec>(registry_.vault())
                      .Replace(batch, {file.value.id, id}, before, entry));
  if (const auto* const attached =
          std::get_if<Attachment>(&entry.wording.content)) {
    RETURN_IF_ERROR(
        CheckNotHeld(batch, reader, registry_.vault(), file.value.id));
    RemovePieces(batch, {file.value.id, id}, *attached);
  }
  std::vector<Entry> entries = ValuesOf(page.rows);
  entries[page.at] = entry;
  RETURN_IF_ERROR(Follow(batch, reader, file, entries, id, hand));
  return entry;
}

absl::StatusOr<std::vector<Entry>> EntryBook::Read(
    const storage::Reader& reader, const CaseId& id) const {
  ASSIGN_OR_RETURN(const std::vector<storage::Row<Entry>> rows,
                   ReadEntries(reader, registry_.vault(), id));
  std::vector<Entry> entries = ValuesOf(rows);
  SortNewestFirst(entries);
  return entries;
}

absl::StatusOr<EntryBook::Page> EntryBook::Find(const storage::Reader& reader,
                                                const CaseId& id,
                                                const EntryId& entry) const {
  Page page;
  ASSIGN_OR_RETURN(page.rows, ReadEntries(reader, registry_.vault(), id));
  const auto found = std::find_if(
      page.rows.begin(), page.rows.end(),
      [&](const storage::Row<Entry>& row) { return row.value.id == entry; });
  if (found == page.rows.end()) return Error(Reason::kNotAllowed);
  page.at = static_cast<size_t>(found - page.rows.begin());
  return page;
}

absl::Status EntryBook::Follow(storage::Batch& batch,
                               const storage::Reader& reader,
                               const storage::Row<Case>& file,
                               const std::vector<Entry>& entries,
                               const EntryId& cause, const Hand& hand) const {
  const Standing standing = StandingOf(entries);
  CaseRevision revision{.before = file, .after = file.value};
  revision.kind = ChangeKind::kFollowedEntry;
  revision.at = hand.at;
  revision.by = hand.by;
  revision.entry = cause;
  revision.after.risk_to_life = standing.risk_to_life();
  bool follows = revision.after.risk_to_life != file.value.risk_to_life;
  // Without a decision that stands the profile is people's to amend, unless
  // it is one that was just retracted.
  const bool concerned =
      std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) {
        return entry.id == cause &&
               std::holds_alternative<StatusDecision>(entry.wording.content);
      });
  if (standing.decided || (concerned && standing.decision.has_value())) {
    const vocabulary::Lists& lists = vocabulary::Lists::BuiltIn();
    ASSIGN_OR_RETURN(const Profile profile,
                     registry_.ProfileOf(reader, file.value.subject));
    ASSIGN_OR_RETURN(Profile said,
                     profile.With(lists,
                                  {{std::string(kStatusVariable),
                                    AsCodes(standing.decision->status)},
                                   {std::string(kDeciderVariable),
                                    AsCodes(standing.decision->decided_by)}},
                                  Profile::Origin::kRecord));
    if (!(said == profile)) {
      revision.profile = std::move(said);
      follows = true;
    }
  }
  if (follows) return registry_.Revise(batch, reader, revision).status();
  batch.RequireUnchanged(CaseCodec::kTable, CaseCodec::EncodeKey(file.value.id),
                         file.stored);
  return absl::OkStatus();
}

}  // namespace amparo::cases
