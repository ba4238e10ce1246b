// SPDX-License-Identifier: Apache-2.0
//
// What people do with the files of a case: attach one, fetch one. Permission
// first, then the bytes as they come or go; what is known of a file is an
// entry, so it is listed, corrected and retracted as one (entries_actions.h).
//
// Reading the content of any file needs IDENTITY_READ: nobody but a person can
// tell whether it names somebody. Kind, title, type and size are shown to
// whoever may see the case.
#ifndef AMPARO_NODE_CASES_ATTACHMENT_ACTIONS_H_
#define AMPARO_NODE_CASES_ATTACHMENT_ACTIONS_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/ids.h"
#include "node/cases/attachments.h"
#include "node/cases/case_desk.h"
#include "node/cases/entry_book.h"
#include "node/cases/stream_places.h"
#include "node/people/caller.h"

namespace amparo::cases {

struct AttachRequest {
  RequestId request;
  std::string number;  // Of the case, in any form CaseNumber::Parse takes.
  Wording wording;     // Of an Attachment: size and digest are known before.
  // The identity names it as the person's photo, in the same transaction. Of
  // the kind PHOTO and an image only.
  bool photo = false;
};

// A file that is being attached. One thread. Nothing is stored unless Finish
// answers OK; what was taken is forgotten with it.
class Upload {
 public:
  // Errors of PieceWriter::Feed and Place::Move.
  absl::Status Feed(absl::string_view bytes);

  // After the last byte: the entry, its pieces and the leaf CASE_ENTRY, and of
  // a photo the identity that names it with the leaf CASE_AMENDED, in one
  // transaction. Errors of PieceWriter::Finish, Place::Move and EntryBook::Add.
  // The same request id answers with the same entry.
  absl::StatusOr<EntryId> Finish();

 private:
  friend class AttachmentActions;
  Upload(const CaseDesk& desk, const EntryBook& book,
         const people::Caller& caller, AttachRequest request,
         const storage::Row<Case>& file, const EntryId& id,
         std::unique_ptr<StreamPlaces::Place> place);
  absl::Status NamePhoto(storage::Batch& batch, const storage::Row<Case>& file,
                         const Entry& entry) const;

  const CaseDesk& desk_;
  const EntryBook& book_;
  const people::Caller caller_;
  const AttachRequest request_;
  PieceWriter pieces_;
  const std::unique_ptr<StreamPlaces::Place> place_;
};

// A file that is being fetched, as it was when the fetch began. One thread.
class Download {
 public:
  const Attachment& file() const { return file_; }
  // The next bytes; nullopt after the last. Errors of PieceReader::Next and
  // Place::Move.
  absl::StatusOr<std::optional<std::string>> Next();

 private:
  friend class AttachmentActions;
  Download(const CaseDesk& desk, std::unique_ptr<storage::Reader> moment,
           const EntryKey& of, Attachment file,
           std::unique_ptr<StreamPlaces::Place> place);

  const std::unique_ptr<storage::Reader> moment_;
  const Attachment file_;
  PieceReader pieces_;
  const std::unique_ptr<StreamPlaces::Place> place_;
};

// Thread-safe; `desk` must outlive it, and it every Upload and Download. One
// for a node: it counts the files on their way.
class AttachmentActions {
 public:
  explicit AttachmentActions(const CaseDesk& desk)
      : desk_(desk), book_(desk.registry()), streams_(desk.services().clock) {}

  // CASE_WRITE, and IDENTITY_READ for a photo that the identity is to name.
  // What can be refused is refused before the first byte: kFieldInvalid and
  // kCodeUnknown (CheckWording), kWrongState for a merged case,
  // kLimitExceeded when the case has no room for it (EntryBook::CheckFits) or
  // too many files are on their way. `end` ends the call when it stands still.
  absl::StatusOr<std::unique_ptr<Upload>> Begin(const people::Caller& caller,
                                                AttachRequest request,
                                                EndCall end = {});

  // IDENTITY_READ. The leaf CASE_ENTRY, OPENED, is on disk before this
  // answers. kFieldInvalid unless the entry is a file; kWrongState when it is
  // retracted; kLimitExceeded when too many files are on their way.
  absl::StatusOr<std::unique_ptr<Download>> Open(const people::Caller& caller,
                                                 absl::string_view number,
                                                 const EntryId& id,
                                                 EndCall end = {});

 private:
  const CaseDesk& desk_;
  const EntryBook book_;
  StreamPlaces streams_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_ATTACHMENT_ACTIONS_H_
