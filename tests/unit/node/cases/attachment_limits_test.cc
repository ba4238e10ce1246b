// SPDX-License-Identifier: Apache-2.0
//
// How many files are on their way and how much a case holds; photos.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/cases/attachment_actions.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/attachment_office.h"

namespace amparo::cases {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

TEST_F(AttachmentActionsTest, FilesLeaveOfADiskWhatTheOfficeNeeds) {
  const Case file = Registered(anna_, {});
  office_.store->free_bytes = limits::kDiskReserveBytes + 2;
  EXPECT_EQ(ReasonOf(attachments_.Begin(anna_, Asking(file, "abc")).status()),
            Reason::kLimitExceeded);
  EXPECT_THAT(Send(anna_, Asking(file, "ab"), "ab"), IsOk());
  // Who registers a person needs little.
  office_.store->free_bytes = 0;
  Registered(anna_, {});
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
  const auto before = office_.Rows(storage::TableId::kCaseEntries);
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

}  // namespace
}  // namespace amparo::cases
