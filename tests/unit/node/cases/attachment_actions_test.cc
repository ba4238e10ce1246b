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
#include "tests/unit/node/cases/life_office.h"

namespace amparo::cases {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kPiece = limits::kAttachmentPieceBytes;
constexpr storage::TableId kPieces = storage::TableId::kAttachmentPieces;

// Bytes in which no two pieces are the same.
std::string Bytes(size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    bytes += std::to_string(bytes.size());
    bytes += ';';
  }
  bytes.resize(size);
  return bytes;
}

class AttachmentActionsTest : public LifeTest {
 protected:
  AttachRequest Asking(const Case& file, const std::string& bytes) {
    crypto::Sha256Stream digest;
    digest.Update(bytes);
    return {Next(),
            file.number.text(),
            {{2025, 1, 1},
             "",
             Attachment{"MEDICAL", "Report", "application/pdf", bytes.size(),
                        digest.Finish()}}};
  }
  // Sends `bytes` in chunks as for `request`.
  absl::StatusOr<EntryId> Send(const people::Caller& caller,
                               const AttachRequest& request,
                               absl::string_view bytes, size_t chunk = 700001) {
    ASSIGN_OR_RETURN(const auto upload, attachments_.Begin(caller, request));
    for (; !bytes.empty(); bytes.remove_prefix(std::min(chunk, bytes.size()))) {
      RETURN_IF_ERROR(upload->Feed(bytes.substr(0, chunk)));
    }
    return upload->Finish();
  }
  absl::StatusOr<std::string> Fetch(const people::Caller& caller,
                                    const Case& file, const EntryId& id) {
    ASSIGN_OR_RETURN(const auto download,
                     attachments_.Open(caller, file.number.text(), id));
    std::string all;
    while (true) {
      ASSIGN_OR_RETURN(const auto bytes, download->Next());
      if (!bytes.has_value()) return all;
      all += *bytes;
    }
  }
  std::vector<storage::StoredRow> Pieces() {
    std::vector<storage::StoredRow> rows;
    EXPECT_THAT(office_.store->Scan(
                    kPieces, {}, {},
                    [&](absl::string_view key,
                        absl::string_view value) -> absl::StatusOr<bool> {
                      rows.push_back({std::string(key), std::string(value)});
                      return true;
                    }),
                IsOk());
    return rows;
  }
  void Store(absl::string_view key, absl::string_view value) {
    storage::Batch batch;
    batch.Put(kPieces, key, value);
    ASSERT_THAT(office_.store->Commit(batch), IsOk());
  }
  void Drop(absl::string_view key) {
    storage::Batch batch;
    batch.Delete(kPieces, key);
    ASSERT_THAT(office_.store->Commit(batch), IsOk());
  }

  AttachmentActions attachments_{cases_.desk()};
};

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

TEST_F(AttachmentActionsTest, OnlySoManyFilesAreOnTheirWayAtOnce) {
  const Case file = Registered(anna_, {});
  const auto id = Send(anna_, Asking(file, "abc"), "abc");
  ASSERT_THAT(id, IsOk());
  std::vector<std::unique_ptr<Upload>> uploads;
  for (int i = 0; i < limits::kAttachmentStreamsOfOneMax; ++i) {
    uploads.push_back(*attachments_.Begin(supervisor_, Asking(file, "abc")));
  }
  // One person takes no more, however many are free.
  EXPECT_EQ(
      ReasonOf(attachments_.Begin(supervisor_, Asking(file, "abc")).status()),
      Reason::kLimitExceeded);
  for (int i = limits::kAttachmentStreamsOfOneMax + 1;
       i < limits::kAttachmentStreamsMax; ++i) {
    uploads.push_back(*attachments_.Begin(boris_, Asking(file, "abc")));
  }
  auto download = attachments_.Open(anna_, file.number.text(), *id);
  ASSERT_THAT(download, IsOk());
  EXPECT_EQ(ReasonOf(attachments_.Begin(anna_, Asking(file, "abc")).status()),
            Reason::kLimitExceeded);
  EXPECT_EQ(ReasonOf(Fetch(anna_, file, *id).status()), Reason::kLimitExceeded);
  download->reset();
  EXPECT_THAT(Fetch(anna_, file, *id), IsOk());
  uploads.clear();
  EXPECT_THAT(Send(anna_, Asking(file, "abc"), "abc"), IsOk());
}

TEST_F(AttachmentActionsTest, AFileThatStandsStillIsEndedForAnother) {
  const Case file = Registered(anna_, {});
  const auto id = Send(anna_, Asking(file, "abc"), "abc");
  ASSERT_THAT(id, IsOk());
  int ended = 0;
  auto upload =
      attachments_.Begin(anna_, Asking(file, "late"), [&ended] { ++ended; });
  auto download =
      attachments_.Open(anna_, file.number.text(), *id, [&ended] { ++ended; });
  ASSERT_THAT(upload, IsOk());
  ASSERT_THAT(download, IsOk());
  office_.clock.Advance(limits::kAttachmentIdleMax);
  EXPECT_THAT(Send(anna_, Asking(file, "new"), "new"), IsOk());
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(ReasonOf((*upload)->Feed("late")), Reason::kUnavailable);
  EXPECT_EQ(ReasonOf((*upload)->Finish().status()), Reason::kUnavailable);
  EXPECT_THAT((*download)->Next(), IsOk());
  EXPECT_EQ(office_.Rows(kPieces), 2);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(AttachmentActionsTest, TheFilesOfACaseHaveALimitTogether) {
  const Case file = Registered(anna_, {});
  const EntryBook book(*office_.registry);
  // Only what entries say counts, so no bytes are needed.
  const size_t full =
      limits::kAttachmentBytesPerCaseMax / limits::kAttachmentBytesMax;
  EntryId last;
  for (size_t i = 0; i < full; ++i) {
    AttachRequest request = Asking(file, "abc");
    std::get<Attachment>(request.wording.content).size =
        limits::kAttachmentBytesMax;
    Entry entry;
    entry.id = last =
        *EntryId::FromBytes(crypto::RandomBytes(office_.random, 16));
    entry.wording = request.wording;
    entry.recorded_at = office_.clock.Now();
    entry.recorded_by = anna_.person();
    storage::Batch batch;
    ASSERT_THAT(
        book.Add(batch, *office_.store,
                 *office_.registry->Row(*office_.store, file.id), entry),
        IsOk());
    ASSERT_THAT(office_.store->Commit(batch), IsOk());
  }
  EXPECT_EQ(ReasonOf(attachments_.Begin(anna_, Asking(file, "a")).status()),
            Reason::kLimitExceeded);
  EXPECT_EQ(office_.Rows(storage::TableId::kCaseEntries),
            static_cast<int>(full));
  // Another case has room, and so has this one without one of its files.
  EXPECT_THAT(Send(anna_, Asking(Registered(anna_, {}), "a"), "a"), IsOk());
  ASSERT_THAT(
      entries_.Retract(anna_, {Next(), file.number.text(), last, "too much"}),
      IsOk());
  auto upload = attachments_.Begin(anna_, Asking(file, "late"));
  ASSERT_THAT(upload, IsOk());
  EXPECT_THAT(Send(anna_, Asking(file, "a"), "a"), IsOk());
}

TEST_F(AttachmentActionsTest, APhotoIsAttachedAndNamedInOneTransaction) {
  const Case file = Registered(anna_, {}, Named("Olena"));
  AttachRequest request = Asking(file, "abc");
  auto& said = std::get<Attachment>(request.wording.content);
  said.kind = "PHOTO";
  said.media_type = "image/png";
  request.photo = true;
  auto upload = attachments_.Begin(anna_, request);
  ASSERT_THAT(upload, IsOk());
  ASSERT_THAT((*upload)->Feed("abc"), IsOk());
  // What others write meanwhile is not lost.
  AmendCaseRequest amend = Amending(file, 1);
  amend.identity_parts = {"family_names_romanised"};
  amend.identity.family_names_romanised = "Vyhadana";
  ASSERT_THAT(life_.Amend(boris_, amend), IsOk());
  const int before = office_.Rows(storage::TableId::kCaseEntries);
  const auto id = (*upload)->Finish();
  ASSERT_THAT(id, IsOk());
  EXPECT_EQ(office_.Rows(storage::TableId::kCaseEntries), before + 1);
  const auto shown = cases_.ShowIdentity(anna_, file.number.text());
  ASSERT_THAT(shown, IsOk());
  ASSERT_TRUE(shown->has_value());
  EXPECT_EQ((*shown)->photo, *id);
  EXPECT_EQ((*shown)->given_names_romanised, "Olena");
  EXPECT_EQ((*shown)->family_names_romanised, "Vyhadana");
  const auto history = life_.History(anna_, file.number.text());
  ASSERT_THAT(history, IsOk());
  EXPECT_THAT(history->back().identity_parts, ElementsAre("photo_entry_id"));
  EXPECT_EQ(history->back().source, "photo");
  EXPECT_EQ(Leaves(audit::EventKind::kCaseAmended), 2);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(AttachmentActionsTest, APersonOfWhomNothingWasKnownGetsAPhoto) {
  const Case file = Registered(anna_, {});
  AttachRequest request = Asking(file, "abc");
  auto& said = std::get<Attachment>(request.wording.content);
  said.kind = "PHOTO";
  said.media_type = "image/png";
  request.photo = true;
  const auto id = Send(anna_, request, "abc");
  ASSERT_THAT(id, IsOk());
  EXPECT_THAT(Send(anna_, request, "abc"), IsOkAndHolds(*id));
  const auto shown = cases_.ShowIdentity(anna_, file.number.text());
  ASSERT_THAT(shown, IsOk());
  ASSERT_TRUE(shown->has_value());
  EXPECT_EQ((*shown)->photo, *id);
  EXPECT_TRUE(Shown(file).file.has_identity);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(AttachmentActionsTest, OnlyAPhotoCanBeNamedAsOne) {
  const Case file = Registered(anna_, {});
  AttachRequest request = Asking(file, "abc");
  request.photo = true;
  auto& said = std::get<Attachment>(request.wording.content);
  said.media_type = "image/png";
  EXPECT_EQ(FieldOf(attachments_.Begin(anna_, request).status()), "photo");
  said.kind = "PHOTO";
  EXPECT_THAT(attachments_.Begin(anna_, request), IsOk());
  said.media_type = "application/pdf";
  EXPECT_EQ(FieldOf(attachments_.Begin(anna_, request).status()), "photo");
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
