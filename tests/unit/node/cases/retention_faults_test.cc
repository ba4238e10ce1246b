// SPDX-License-Identifier: Apache-2.0
//
// Retention under power cuts, repeated imports, and damage that fsck finds.
#include "node/cases/retention_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "node/base/errors.h"
#include "node/cases/columns.h"
#include "node/cases/foreign/importer.h"
#include "node/cases/foreign/mapping.h"
#include "node/cases/retention_records.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/retention_office.h"

namespace amparo::cases {
namespace {

using people::Caller;
using storage::TableId;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A power cut at the commit of an erasure leaves the case whole or gone, and
// the next round ends what was begun.
TEST_F(RetentionActionsTest, ACrashInARoundLeavesWholeCases) {
  for (const auto moment :
       {CrashingStore::Moment::kBefore, CrashingStore::Moment::kAfter}) {
    Office office;
    std::vector<CaseId> ids;
    const auto fill = [&] {
      for (int i = 0; i < 3; ++i) {
        const Case file{
            .id = *CaseId::FromBytes(crypto::RandomBytes(office.random, 16)),
            .number = CaseNumber::Generate(office.random),
            .subject =
                *SubjectId::FromBytes(crypto::RandomBytes(office.random, 16)),
            .owner = anna_.person(),
            .registered_at = office.clock.Now(),
            .has_identity = true,
            .status = CaseStatus::kClosed,
            .closed_at = office.clock.Now(),
            .closing_reason = "OTHER"};
        storage::Batch batch;
        EXPECT_THAT(office.registry->Insert(
                        batch, {file, Profile(), Named("Maria"), ""}),
                    IsOk());
        EXPECT_THAT(office.store->Commit(batch), IsOk());
      }
    };
    const auto round = [&](bool set_rule) {
      const people::Requests requests(*office.store, *office.vault,
                                      office.clock);
      const CasesActions cases(office.services(), requests);
      const RetentionActions retention(cases.desk(), {});
      if (set_rule) {
        for (const people::Caller* const person :
             {&administrator_, &officer_}) {
          EXPECT_THAT(retention.SetRule(
                          *person, {Next(), "CASE_FILE", false, 1, "DELETE"}),
                      IsOk());
        }
        office.clock.Advance(2 * kDay);
        office.store->DieAt(2, moment);
      }
      std::optional<size_t> from;
      (void)retention.Step(from);
    };
    fill();
    round(true);
    office.Open();
    storage::Findings findings;
    storage::Inspection inspection(*office.store, *office.vault, findings);
    EXPECT_THAT(CheckCases(inspection), IsOk());
    EXPECT_TRUE(findings.empty());
    const int left = moment == CrashingStore::Moment::kBefore ? 2 : 1;
    for (const TableId table :
         {TableId::kCases, TableId::kProfiles, TableId::kIdentities}) {
      EXPECT_EQ(office.Rows(table), left);
    }
    EXPECT_EQ(office.Rows(TableId::kErasedCases), 3 - left);
    round(false);
    EXPECT_EQ(office.Rows(TableId::kCases), 0);
    EXPECT_EQ(office.Rows(TableId::kBlindWords), 0);
    EXPECT_EQ(office.Rows(TableId::kErasedCases), 3);
  }
}

TEST_F(RetentionActionsTest, TheSameImportDoesNotBringADeletedPersonBack) {
  const std::string mapping =
      R"({"form": "amparo.mapping.v1", "source": "shelter",
          "source_key": {"column": "no"},
          "columns": {"no": {"ignore": true},
                      "sex": {"variable": "gender"}}})";
  const std::string csv = "no,sex\n1,Female\n2,Male\n";
  const auto import = [&] {
    auto parsed = Mapping::Parse(vocabulary::Lists::BuiltIn(), mapping);
    EXPECT_THAT(parsed, IsOk());
    ImportOptions options;
    options.importer = anna_.person();
    options.team = "north";
    Importer importer(office_.services(), *std::move(parsed), options);
    EXPECT_THAT(importer.Feed(csv), IsOk());
    return *importer.Finish();
  };
  EXPECT_EQ(import().accepted, 2);
  const Case file = cases_.List(anna_, {})->cases.front();
  Close(file);
  Rule("CASE_FILE", 1, "DELETE");
  office_.clock.Advance(kDay);
  ASSERT_EQ(Round().deleted, 1u);
  const ImportReport again = import();
  EXPECT_EQ(again.accepted, 0);
  EXPECT_EQ(again.skipped, 2);
  EXPECT_EQ(cases_.List(anna_, {})->total, 1);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(RetentionActionsTest,
       FsckTellsOfAnErasedCaseThatIsThereAndOfALostNumber) {
  const Case file = Full("Maria");
  storage::Batch batch;
  EXPECT_THAT(
      storage::Table<ErasedCaseCodec>(*office_.vault)
          .Put(batch, file.id, {office_.clock.Now(), RetentionAction::kDelete}),
      IsOk());
  EXPECT_THAT(storage::Table<ErasedCaseCodec>(*office_.vault)
                  .Put(batch, *CaseId::FromBytes(std::string(16, 'z')),
                       {office_.clock.Now(), RetentionAction::kDelete}),
              IsOk());
  EXPECT_THAT(storage::Table<CaseRetentionCodec>(*office_.vault)
                  .Put(batch, *CaseId::FromBytes(std::string(16, 'y')), {}),
              IsOk());
  EXPECT_THAT(office_.store->Commit(batch), IsOk());
  EXPECT_THAT(Findings(),
              testing::IsSupersetOf(
                  {"a case that was erased is there again",
                   "the number of an erased case could be used again",
                   "a hold or decision is of a case that is not there, or "
                   "under another key"}));
}

}  // namespace
}  // namespace amparo::cases
