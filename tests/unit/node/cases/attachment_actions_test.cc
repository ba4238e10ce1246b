// SPDX-License-Identifier: Apache-2.0
//
// Files of cases on the real store: attached whole or not at all, read as they
// were attached, gone when they are retracted, and looked at by fsck.
#include "node/cases/attachment_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/attachment_office.h"

namespace amparo::cases {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(AttachmentActionsTest, AFileComesBackAsItWasAttached) {
  const Case file = Registered(anna_, {});
  for (const size_t size : {size_t{1}, kPiece - 1, kPiece, kPiece + 1,
                            2 * kPiece, 2 * kPiece + 5}) {
    const std::string bytes = Bytes(size);
    const auto id = Send(anna_, Asking(file, bytes), bytes);
    ASSERT_THAT(id, IsOk()) << size;
    EXPECT_EQ(*Fetch(boris_, file, *id), bytes) << size;
  }
  EXPECT_EQ(office_.Rows(kPieces), 1 + 1 + 1 + 2 + 2 + 3);
  EXPECT_THAT(Findings(), IsEmpty());
  // Added and opened, each with its leaf.
  EXPECT_EQ(Leaves(audit::EventKind::kCaseEntry), 12);
}

TEST_F(AttachmentActionsTest, TheLargestFileIsTakenInOneTransaction) {
  const Case file = Registered(anna_, {});
  const std::string bytes = Bytes(limits::kAttachmentBytesMax);
  const auto id = Send(anna_, Asking(file, bytes), bytes, kPiece);
  ASSERT_THAT(id, IsOk());
  EXPECT_EQ(office_.Rows(kPieces), 25);
  EXPECT_EQ(*Fetch(anna_, file, *id), bytes);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(AttachmentActionsTest, NothingOfAFileIsReadableInTheStore) {
  const Case file = Registered(anna_, {});
  const std::string bytes = "a sentence that is in no other row";
  ASSERT_THAT(Send(anna_, Asking(file, bytes), bytes), IsOk());
  EXPECT_FALSE(office_.AnywhereInStore(bytes));
  EXPECT_FALSE(office_.AnywhereInStore("Report"));
}

TEST_F(AttachmentActionsTest, AFileThatIsNotWhatWasSaidIsNotAttached) {
  const Case file = Registered(anna_, {});
  const std::string bytes = Bytes(kPiece + 3);
  struct Bad {
    const char* field;
    std::string sent;
  };
  std::string other = bytes;
  other.back() = static_cast<char>(other.back() ^ 1);
  for (const Bad& bad :
       {Bad{"attachment.size", bytes + "a"}, Bad{"attachment.size", ""},
        Bad{"attachment.size", bytes.substr(0, kPiece)},
        Bad{"attachment.digest", other}}) {
    EXPECT_EQ(
        FieldOf(Send(anna_, Asking(file, bytes), bad.sent, kPiece).status()),
        bad.field);
  }
  EXPECT_EQ(office_.Rows(kPieces), 0);
  EXPECT_EQ(office_.Rows(storage::TableId::kCaseEntries), 0);
  EXPECT_EQ(Leaves(audit::EventKind::kCaseEntry), 0);
}

TEST_F(AttachmentActionsTest, WhatCannotBeIsRefusedBeforeTheFirstByte) {
  const Case file = Registered(anna_, {});
  const auto refused = [&](void (*spoil)(Attachment&)) {
    AttachRequest request = Asking(file, "abc");
    spoil(std::get<Attachment>(request.wording.content));
    return attachments_.Begin(anna_, request).status();
  };
  EXPECT_EQ(FieldOf(refused([](Attachment& a) { a.size = 0; })),
            "attachment.size");
  EXPECT_EQ(FieldOf(refused([](Attachment& a) {
              a.size = limits::kAttachmentBytesMax + 1;
            })),
            "attachment.size");
  EXPECT_EQ(FieldOf(refused([](Attachment& a) { a.digest = "short"; })),
            "attachment.digest");
  for (const char* title :
       {"", "a/b", "a\\b", "..\\x", "a\nb", "\xE2\x80\xAEgpj.exe", "\xff"}) {
    AttachRequest request = Asking(file, "abc");
    std::get<Attachment>(request.wording.content).title = title;
    EXPECT_EQ(FieldOf(attachments_.Begin(anna_, request).status()),
              "attachment.title");
  }
  EXPECT_EQ(ReasonOf(refused([](Attachment& a) { a.kind = "LETTER"; })),
            Reason::kCodeUnknown);
  EXPECT_EQ(
      ReasonOf(refused([](Attachment& a) { a.media_type = "text/html"; })),
      Reason::kCodeUnknown);
  AttachRequest note = Asking(file, "abc");
  note.wording.content = Note{"no file"};
  EXPECT_EQ(FieldOf(attachments_.Begin(anna_, note).status()), "wording");
  for (const people::Caller& caller : {clara_, administrator_}) {
    EXPECT_EQ(
        ReasonOf(attachments_.Begin(caller, Asking(file, "abc")).status()),
        Reason::kNotAllowed);
  }
}

TEST_F(AttachmentActionsTest, AnUploadThatIsBrokenOffLeavesNothing) {
  const Case file = Registered(anna_, {});
  const std::string bytes = Bytes(2 * kPiece);
  auto upload = attachments_.Begin(anna_, Asking(file, bytes));
  ASSERT_THAT(upload, IsOk());
  ASSERT_THAT((*upload)->Feed(bytes), IsOk());
  upload->reset();
  EXPECT_EQ(office_.Rows(kPieces), 0);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(AttachmentActionsTest, TheSameRequestAgainAttachesNothingMore) {
  const Case file = Registered(anna_, {});
  const AttachRequest request = Asking(file, "abc");
  const auto first = Send(anna_, request, "abc");
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(Send(anna_, request, "abc"), IsOkAndHolds(*first));
  EXPECT_EQ(office_.Rows(kPieces), 1);
  AttachRequest other = Asking(file, "abd");
  other.request = request.request;
  EXPECT_EQ(ReasonOf(Send(anna_, other, "abd").status()),
            Reason::kRequestIdReused);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(AttachmentActionsTest, ContentNeedsThePermissionToOpenIdentities) {
  const Case file = Registered(anna_, {});
  const auto id = Send(anna_, Asking(file, "abc"), "abc");
  ASSERT_THAT(id, IsOk());
  const people::Caller analyst = Person('d', people::Role::kAnalyst, "north");
  for (const people::Caller& caller : {clara_, administrator_, analyst}) {
    EXPECT_EQ(ReasonOf(Fetch(caller, file, *id).status()), Reason::kNotAllowed);
  }
  EXPECT_EQ(Leaves(audit::EventKind::kCaseEntry), 1);
  EXPECT_THAT(Fetch(supervisor_, file, *id), IsOkAndHolds("abc"));
  EXPECT_EQ(Leaves(audit::EventKind::kCaseEntry), 2);
}

TEST_F(AttachmentActionsTest, TheLookIsInTheLogBeforeTheFirstByte) {
  const Case file = Registered(anna_, {});
  const auto id = Send(anna_, Asking(file, "abc"), "abc");
  ASSERT_THAT(id, IsOk());
  const auto download = attachments_.Open(anna_, file.number.text(), *id);
  ASSERT_THAT(download, IsOk());
  EXPECT_EQ(Leaves(audit::EventKind::kCaseEntry), 2);
}

TEST_F(AttachmentActionsTest, OnlyAFileOfThisCaseCanBeFetched) {
  const Case file = Registered(anna_, {});
  const Case second = Registered(anna_, {});
  const auto id = Send(anna_, Asking(file, "abc"), "abc");
  const auto note = Write(anna_, file, Note{"x"});
  ASSERT_THAT(id, IsOk());
  ASSERT_THAT(note, IsOk());
  EXPECT_EQ(FieldOf(Fetch(anna_, file, *note).status()), "entry_id");
  EXPECT_EQ(ReasonOf(Fetch(anna_, second, *id).status()), Reason::kNotAllowed);
}

TEST_F(AttachmentActionsTest, ARetractedFileHasNoContentButIsStillTold) {
  const Case file = Registered(anna_, {});
  const std::string bytes = Bytes(2 * kPiece + 1);
  const auto id = Send(anna_, Asking(file, bytes), bytes);
  const auto kept = Send(anna_, Asking(file, "kept"), "kept");
  ASSERT_THAT(id, IsOk());
  ASSERT_THAT(kept, IsOk());
  ASSERT_THAT(entries_.Retract(
                  boris_, {Next(), file.number.text(), *id, "other person"}),
              IsOk());
  EXPECT_EQ(office_.Rows(kPieces), 1);
  EXPECT_EQ(StateOf(Fetch(anna_, file, *id).status()), "RETRACTED");
  EXPECT_THAT(Fetch(anna_, file, *kept), IsOkAndHolds("kept"));
  const auto page =
      entries_.List(anna_, file.number.text(), "ATTACHMENT", 0, "");
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->entries.size(), 2u);
  for (const Entry& entry : page->entries) {
    if (entry.id != *id) continue;
    EXPECT_EQ(entry.retracted->by, boris_.person());
    EXPECT_EQ(std::get<Attachment>(entry.wording.content).title, "Report");
  }
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(AttachmentActionsTest, ATitleIsCorrectedButNotTheFile) {
  const Case file = Registered(anna_, {});
  const AttachRequest request = Asking(file, "abc");
  const auto id = Send(anna_, request, "abc");
  ASSERT_THAT(id, IsOk());
  AmendEntryRequest amend{Next(), file.number.text(), *id,
                          1,      request.wording,    "typo"};
  auto& said = std::get<Attachment>(amend.wording.content);
  said.title = "Report of the clinic";
  EXPECT_THAT(entries_.Amend(anna_, amend), IsOkAndHolds(2u));
  amend.request = Next();
  amend.expected_version = 2;
  said.digest[0] ^= 1;
  EXPECT_EQ(FieldOf(entries_.Amend(anna_, amend).status()), "attachment");
  EXPECT_THAT(Fetch(anna_, file, *id), IsOkAndHolds("abc"));
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(AttachmentActionsTest, AClosedCaseTakesFilesAndAMergedOneDoesNot) {
  const Case file = Registered(anna_, {});
  const Case twin = Registered(anna_, {});
  ASSERT_THAT(life_.ChangeStatus(anna_, {Next(), file.number.text(), "Closed",
                                         "CONTACT_LOST"}),
              IsOk());
  EXPECT_THAT(Send(anna_, Asking(file, "abc"), "abc"), IsOk());
  const auto id = Send(anna_, Asking(twin, "abc"), "abc");
  ASSERT_THAT(id, IsOk());
  const Case open = Registered(anna_, {});
  // The bytes come while the case is merged: nothing is attached.
  auto upload = attachments_.Begin(anna_, Asking(twin, "late"));
  ASSERT_THAT(upload, IsOk());
  ASSERT_THAT(merges_.Merge(anna_, Merging(open, twin)), IsOk());
  ASSERT_THAT((*upload)->Feed("late"), IsOk());
  EXPECT_EQ(ReasonOf((*upload)->Finish().status()), Reason::kWrongState);
  EXPECT_EQ(ReasonOf(attachments_.Begin(anna_, Asking(twin, "x")).status()),
            Reason::kWrongState);
  EXPECT_THAT(Fetch(anna_, twin, *id), IsOkAndHolds("abc"));
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(AttachmentActionsTest, PiecesThatAreNotTheFileAreFoundByReadingAndFsck) {
  const std::string finding =
      "the pieces of attachments are not the files that entries tell of";
  const Case file = Registered(anna_, {});
  const std::string bytes = Bytes(2 * kPiece + 1);
  const auto id = Send(anna_, Asking(file, bytes), bytes);
  ASSERT_THAT(id, IsOk());
  const std::vector<storage::StoredRow> rows = Pieces();
  ASSERT_EQ(rows.size(), 3u);
  // Each is gone in turn.
  for (const storage::StoredRow& row : rows) {
    Drop(row.key);
    EXPECT_EQ(ReasonOf(Fetch(anna_, file, *id).status()),
              Reason::kRecordDamaged);
    EXPECT_THAT(Findings(), ElementsAre(finding));
    Store(row.key, row.value);
  }
  EXPECT_THAT(Findings(), IsEmpty());
  // One in the place of another does not open.
  Store(rows[0].key, rows[1].value);
  EXPECT_EQ(ReasonOf(Fetch(anna_, file, *id).status()), Reason::kRecordDamaged);
  EXPECT_EQ(Findings().size(), 1u);
  Store(rows[0].key, rows[0].value);
  // Sealed well, and still another file.
  const storage::Row<Case> owner =
      *office_.registry->Row(*office_.store, file.id);
  storage::Batch batch;
  ASSERT_THAT(storage::Table<PieceCodec>(*office_.vault)
                  .Put(batch, {{file.id, *id}, 2}, "?", owner.key),
              IsOk());
  ASSERT_THAT(office_.store->Commit(batch), IsOk());
  EXPECT_EQ(ReasonOf(Fetch(anna_, file, *id).status()), Reason::kRecordDamaged);
  EXPECT_THAT(Findings(), ElementsAre(finding));
  Store(rows[2].key, rows[2].value);
  // One too many, of no entry, under another key.
  storage::Batch more;
  ASSERT_THAT(storage::Table<PieceCodec>(*office_.vault)
                  .Put(more, {{file.id, *id}, 3}, "?"),
              IsOk());
  ASSERT_THAT(office_.store->Commit(more), IsOk());
  EXPECT_THAT(Findings(), ElementsAre(finding));
}

TEST_F(AttachmentActionsTest, AllPiecesOfACaseAreRemovedAndNoOthers) {
  const Case file = Registered(anna_, {});
  const Case other = Registered(anna_, {});
  const std::string bytes = Bytes(kPiece + 1);
  ASSERT_THAT(Send(anna_, Asking(file, bytes), bytes), IsOk());
  ASSERT_THAT(Send(anna_, Asking(file, "abc"), "abc"), IsOk());
  const auto kept = Send(anna_, Asking(other, "kept"), "kept");
  ASSERT_THAT(kept, IsOk());
  storage::Batch batch;
  ASSERT_THAT(RemoveAllPieces(batch, *office_.store, file.id), IsOk());
  ASSERT_THAT(office_.store->Commit(batch), IsOk());
  EXPECT_EQ(office_.Rows(kPieces), 1);
  EXPECT_THAT(Fetch(anna_, other, *kept), IsOkAndHolds("kept"));
}

TEST_F(AttachmentActionsTest, ARowThatIsNoPieceIsDamaged) {
  const CaseId case_id = *CaseId::FromBytes(std::string(16, 'c'));
  const EntryId id = *EntryId::FromBytes(std::string(16, 'e'));
  const std::string last = PieceCodec::EncodeKey({{case_id, id}, 24});
  EXPECT_EQ(last, std::string(16, 'c') + std::string(16, 'e') +
                      std::string("\0\0\0\x18", 4));
  const auto key = PieceCodec::DecodeKey(last);
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->piece, 24u);
  for (const std::string& bad :
       {last.substr(1), last + "a", PieceCodec::EncodeKey({{case_id, id}, 25}),
        std::string(36, '\0')}) {
    EXPECT_EQ(ReasonOf(PieceCodec::DecodeKey(bad).status()),
              Reason::kRecordDamaged);
  }
  EXPECT_EQ(ReasonOf(PieceCodec::Decode("").status()), Reason::kRecordDamaged);
  EXPECT_EQ(ReasonOf(PieceCodec::Decode(std::string(kPiece + 1, 'a')).status()),
            Reason::kRecordDamaged);
}

}  // namespace
}  // namespace amparo::cases
