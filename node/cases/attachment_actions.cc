// SPDX-License-Identifier: Apache-2.0
#include "node/cases/attachment_actions.h"

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/cases/entries_records.h"

namespace amparo::cases {
namespace {

using people::Permission;

constexpr absl::string_view kPhotoKind = "PHOTO";
constexpr absl::string_view kImages = "image/";
// What the history says a named photo comes from.
constexpr absl::string_view kPhotoSource = "photo";

std::string DigestOf(const AttachRequest& request) {
  Entry said;
  said.wording = request.wording;
  std::string body;
  crypto::AppendPrefixed(&body, request.number);
  crypto::AppendPrefixed(&body, EntryCodec::Encode(said));
  crypto::AppendU8(&body, request.photo ? 1 : 0);
  return people::BodyDigest("AttachFile", body);
}

}  // namespace

Upload::Upload(const CaseDesk& desk, const EntryBook& book,
               const people::Caller& caller, AttachRequest request,
               const storage::Row<Case>& file, const EntryId& id,
               std::unique_ptr<StreamPlaces::Place> place)
    : desk_(desk),
      book_(book),
      caller_(caller),
      request_(std::move(request)),
      pieces_(desk.registry().vault(), file.key, {file.value.id, id},
              std::get<Attachment>(request_.wording.content)),
      place_(std::move(place)) {}

absl::Status Upload::Feed(absl::string_view bytes) {
  RETURN_IF_ERROR(place_->Move());
  return pieces_.Feed(bytes);
}

absl::StatusOr<EntryId> Upload::Finish() {
  RETURN_IF_ERROR(place_->Move());
  RETURN_IF_ERROR(pieces_.Finish());
  ASSIGN_OR_RETURN(
      const std::string answer,
      desk_.Once(
          caller_, request_.request, DigestOf(request_),
          [&](storage::Batch& batch) -> absl::StatusOr<std::string> {
            // Much may have happened while the bytes came.
            ASSIGN_OR_RETURN(
                const storage::Row<Case> file,
                desk_.Reach(caller_, Permission::kCaseWrite, request_.number));
            if (file.value.id != pieces_.of().case_id ||
                file.key != pieces_.key()) {
              return Error(Reason::kNotAllowed);
            }
            Entry entry;
            entry.id = pieces_.of().id;
            entry.wording = request_.wording;
            entry.recorded_at = desk_.services().clock.Now();
            entry.recorded_by = caller_.person();
            RETURN_IF_ERROR(book_.Add(batch, desk_.store(), file, entry));
            pieces_.AddTo(batch);
            RETURN_IF_ERROR(
                desk_.Record(batch, audit::EventKind::kCaseEntry, caller_, file,
                             {{"entry", entry.id.hex()}, {"type", "ADDED"}}));
            if (request_.photo) {
              RETURN_IF_ERROR(NamePhoto(batch, file, entry));
            }
            return entry.id.bytes();
          }));
  return EntryId::FromBytes(answer);
}

absl::Status Upload::NamePhoto(storage::Batch& batch,
                               const storage::Row<Case>& file,
                               const Entry& entry) const {
  ASSIGN_OR_RETURN(const IdentityAccess access,
                   desk_.OpenIdentity(caller_, file.value));
  ASSIGN_OR_RETURN(
      const std::optional<Identity> who,
      desk_.registry().IdentityOf(access, desk_.store(), file.value.subject));
  Identity named = who.value_or(Identity());
  named.photo = entry.id;
  CaseRevision revision{.before = file, .after = file.value};
  revision.kind = ChangeKind::kAmended;
  revision.at = entry.recorded_at;
  revision.by = entry.recorded_by;
  revision.source = std::string(kPhotoSource);
  revision.identity = CaseRevision::NewIdentity{access, std::move(named)};
  ASSIGN_OR_RETURN(const Case amended,
                   desk_.registry().Revise(batch, desk_.store(), revision));
  return desk_.Record(batch, audit::EventKind::kCaseAmended, caller_, file,
                      {{"version", absl::StrCat(amended.version)}});
}

Download::Download(const CaseDesk& desk,
                   std::unique_ptr<storage::Reader> moment, const EntryKey& of,
                   Attachment file, std::unique_ptr<StreamPlaces::Place> place)
    : moment_(std::move(moment)),
      file_(std::move(file)),
      pieces_(desk.registry().vault(), *moment_, of, file_),
      place_(std::move(place)) {}

absl::StatusOr<std::optional<std::string>> Download::Next() {
  RETURN_IF_ERROR(place_->Move());
  return pieces_.Next();
}

absl::StatusOr<std::unique_ptr<Upload>> AttachmentActions::Begin(
    const people::Caller& caller, AttachRequest request, EndCall end) {
  ASSIGN_OR_RETURN(const storage::Row<Case> file,
                   desk_.Reach(caller, Permission::kCaseWrite, request.number));
  RETURN_IF_ERROR(CheckNotMerged(file.value));
  const auto* const attached =
      std::get_if<Attachment>(&request.wording.content);
  if (attached == nullptr) {
    return FieldError("wording", "must be an attachment");
  }
  RETURN_IF_ERROR(CheckWording(vocabulary::Lists::BuiltIn(), desk_.Latest(),
                               request.wording));
  if (request.photo) {
    RETURN_IF_ERROR(desk_.OpenIdentity(caller, file.value).status());
    if (attached->kind != kPhotoKind ||
        !absl::StartsWith(attached->media_type, kImages)) {
      return FieldError("photo", "must be of the kind PHOTO and an image");
    }
  }
  RETURN_IF_ERROR(book_.CheckFits(desk_.store(), file.value.id, *attached));
  RETURN_IF_ERROR(storage::CheckRoom(desk_.store(), attached->size));
  ASSIGN_OR_RETURN(std::unique_ptr<StreamPlaces::Place> place,
                   streams_.Take(caller.person(), std::move(end)));
  ASSIGN_OR_RETURN(const EntryId id, desk_.FreshId<EntryId>());
  return absl::WrapUnique(new Upload(desk_, book_, caller, std::move(request),
                                     file, id, std::move(place)));
}

absl::StatusOr<std::unique_ptr<Download>> AttachmentActions::Open(
    const people::Caller& caller, absl::string_view number, const EntryId& id,
    EndCall end) {
  ASSIGN_OR_RETURN(const storage::Row<Case> file,
                   desk_.Reach(caller, Permission::kIdentityRead, number));
  std::unique_ptr<storage::Reader> moment = desk_.store().NewSnapshot();
  const EntryKey key{file.value.id, id};
  ASSIGN_OR_RETURN(
      const auto row,
      storage::Table<EntryCodec>(desk_.registry().vault()).Get(*moment, key));
  if (!row.has_value()) return Error(Reason::kNotAllowed);
  const auto* const attached =
      std::get_if<Attachment>(&row->value.wording.content);
  if (attached == nullptr) {
    return FieldError("entry_id", "must be of an attachment");
  }
  if (row->value.retracted.has_value()) {
    return WithState(Error(Reason::kWrongState,
                           "the attachment is retracted: its content is gone"),
                     "RETRACTED");
  }
  ASSIGN_OR_RETURN(std::unique_ptr<StreamPlaces::Place> place,
                   streams_.Take(caller.person(), std::move(end)));
  storage::Batch batch;
  RETURN_IF_ERROR(desk_.Record(batch, audit::EventKind::kCaseEntry, caller,
                               file,
                               {{"entry", id.hex()}, {"type", "OPENED"}}));
  RETURN_IF_ERROR(desk_.services().store.Commit(batch).status());
  return absl::WrapUnique(
      new Download(desk_, std::move(moment), key, *attached, std::move(place)));
}

}  // namespace amparo::cases
