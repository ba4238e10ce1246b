// SPDX-License-Identifier: Apache-2.0
#include "node/storage/tables.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace amparo::storage {
namespace {

// A line may be added here; none may change or go.
TEST(TablesTest, NumbersAndNamesAreFrozen) {
  const std::map<int, std::string> kFrozen = {
      {1, "format"},
      {2, "group_keys"},
      {3, "data_keys"},
      {10, "own_office"},
      {11, "own_keys"},
      {20, "leaves"},
      {21, "events"},
      {22, "tree_nodes"},
      {23, "log_head"},
      {30, "persons"},
      {31, "person_names"},
      {32, "sessions"},
      {33, "requests"},
      {40, "consents"},
      {41, "consents_by_subject"},
      {50, "cases"},
      {51, "profiles"},
      {52, "identities"},
      {53, "case_numbers"},
      {54, "case_sources"},
      {55, "cases_by_person"},
      {60, "peers"},
      {61, "invitations"},
      {62, "agreements"},
      {63, "agreements_by_peer"},
      {70, "outbox"},
      {71, "threads_out"},
      {72, "threads_in"},
      {73, "inbox"},
      {74, "receipts"},
      {75, "letters"},
      {76, "peer_cursors"},
      {77, "peer_letters"},
      {78, "letters_by_consent"},
      {80, "referrals"},
      {81, "referrals_by_case"},
      {82, "disclosures"},
      {83, "referrals_by_consent"},
      {84, "referrals_by_time"},
      {56, "case_entries"},
      {57, "case_history"},
      {58, "identity_history"},
      {59, "third_persons"},
      {85, "recalls"},
      {90, "table_specs"},
      {91, "preparations"},
      {92, "releases"},
      {93, "ledger"},
      {94, "ledger_by_cohort"},
      {100, "region_releases"},
      {101, "region_releases_by_table"},
      {110, "blind_words"},
      {120, "attachment_pieces"},
      {121, "counting_records"},
      {130, "retention_rules"},
      {131, "case_retention"},
      {132, "erased_cases"},
  };
  std::map<int, std::string> present;
  for (const TableId table : AllTables()) {
    EXPECT_TRUE(
        present.emplace(static_cast<int>(table), std::string(TableName(table)))
            .second)
        << "two tables have number " << static_cast<int>(table);
  }
  EXPECT_EQ(present, kFrozen);
}

TEST(TablesTest, AnUnknownNumberHasNoName) {
  EXPECT_EQ(TableName(static_cast<TableId>(65535)), "unknown");
}

}  // namespace
}  // namespace amparo::storage
