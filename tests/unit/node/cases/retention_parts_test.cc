// SPDX-License-Identifier: Apache-2.0
//
// Parts of a case that go at their own time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/cases/retention_actions.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/retention_office.h"

namespace amparo::cases {
namespace {

using storage::TableId;
using ::testing::IsEmpty;

// A reason is typed in a moment, and may name somebody.
TEST_F(RetentionActionsTest, P12_WhySomethingWasChangedGoesWithTheNotes) {
  const Case file = Registered(anna_, {});
  AmendCaseRequest amend = Amending(file, 1);
  amend.set = {{"gender", "Female"}};
  amend.source = "her sister Olena";
  ASSERT_THAT(life_.Amend(anna_, amend), IsOk());
  ASSERT_THAT(life_.Assign(anna_, {Next(), file.number.text(), "boris",
                                   "Olena asked for a man"}),
              IsOk());
  Close(file);
  Rule("NOTE", 10, "DELETE");
  office_.clock.Advance(10 * kDay);
  EXPECT_EQ(Round().reduced, 1u);
  const auto history = life_.History(supervisor_, file.number.text());
  ASSERT_THAT(history, IsOk());
  ASSERT_EQ(history->size(), 4u);
  for (const CaseChange& change : *history) {
    EXPECT_EQ(change.source, "");
    EXPECT_FALSE(HasWords(change));
  }
  // What was changed, by whom, and why the case was closed stay.
  EXPECT_EQ((*history)[0].profile.size(), 1u);
  EXPECT_EQ((*history)[1].assignment->owner_after, boris_.person());
  EXPECT_EQ((*history)[2].reason, "ASSISTANCE_COMPLETED");
  EXPECT_EQ((*history)[3].reason, "NOTE");
  EXPECT_EQ(Round().reduced, 0u);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(RetentionActionsTest, BothPartsAtOnceLeaveNeitherNamesNorWords) {
  const Case file = Full("Maria");
  Rule("NOTE", 10, "DELETE");
  Rule("IDENTITY", 10, "DELETE");
  office_.clock.Advance(10 * kDay);
  EXPECT_EQ(Round().reduced, 1u);
  const auto history = life_.History(anna_, file.number.text());
  ASSERT_THAT(history, IsOk());
  for (const CaseChange& change : *history) {
    EXPECT_THAT(change.identity_parts, IsEmpty());
    EXPECT_FALSE(HasWords(change));
  }
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(RetentionActionsTest, P12_PartsGoAtTheirOwnTimeAndTheCaseStays) {
  const Case file = Full("Maria");
  EXPECT_TRUE(Shown(file).file.risk_to_life);
  Rule("NOTE", 10, "DELETE");
  Rule("IDENTITY", 20, "DELETE");
  Rule("THIRD_PERSON", 20, "DELETE");
  Rule("ATTACHMENT", 20, "DELETE");
  office_.clock.Advance(10 * kDay);
  EXPECT_EQ(Round().reduced, 1u);
  // The service and the file.
  EXPECT_EQ(office_.Rows(TableId::kCaseEntries), 2);
  EXPECT_EQ(office_.Rows(TableId::kAttachmentPieces), 2);
  EXPECT_FALSE(Shown(file).file.risk_to_life);
  EXPECT_TRUE(Shown(file).file.has_identity);
  EXPECT_THAT(Findings(), IsEmpty());
  EXPECT_EQ(Round().reduced, 0u);
  office_.clock.Advance(10 * kDay);
  EXPECT_EQ(Round().reduced, 1u);
  for (const TableId table :
       {TableId::kIdentities, TableId::kIdentityHistory, TableId::kThirdPersons,
        TableId::kBlindWords, TableId::kAttachmentPieces}) {
    EXPECT_EQ(office_.Rows(table), 0) << storage::TableName(table);
  }
  EXPECT_EQ(office_.Rows(TableId::kCaseEntries), 1);  // The service.
  const ShownCase shown = Shown(file);
  EXPECT_FALSE(shown.file.has_identity);
  EXPECT_EQ(shown.profile.Find("gender"), "Female");
  const auto history = life_.History(anna_, file.number.text());
  ASSERT_THAT(history, IsOk());
  EXPECT_EQ(history->back().kind, ChangeKind::kAged);
  EXPECT_EQ(history->back().reason, "IDENTITY+THIRD_PERSON+ATTACHMENT");
  for (const CaseChange& change : *history) {
    EXPECT_THAT(change.identity_parts, IsEmpty());
  }
  EXPECT_EQ(Round().reduced, 0u);
  EXPECT_THAT(Findings(), IsEmpty());
}

}  // namespace
}  // namespace amparo::cases
