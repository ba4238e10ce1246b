// SPDX-License-Identifier: Apache-2.0
//
// An office that imports, for the tests of the importer.
#ifndef AMPARO_TESTS_UNIT_NODE_CASES_FOREIGN_IMPORTING_H_
#define AMPARO_TESTS_UNIT_NODE_CASES_FOREIGN_IMPORTING_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "node/base/status_macros.h"
#include "node/cases/columns.h"
#include "node/cases/foreign/importer.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/office.h"

namespace amparo::cases {

inline constexpr absl::string_view kThreeColumns = R"json({
  "form": "amparo.mapping.v1", "source": "test", "source_key": "row",
  "columns": {
    "year": {"variable": "yearOfRegistration"},
    "sex": {"variable": "gender"},
    "age": {"variable": "ageBroad"}},
  "skip_rows": [{"column": "sex", "in": ["skip"]}],
  "consent": {
    "purpose": "STATISTICS", "text_version": "2026-1", "language": "en",
    "given_by": "SELF", "method": "WRITTEN", "valid_days": 365,
    "all_questions_answered_yes": true}})json";

inline constexpr absl::string_view kThreeHeaders = "year,sex,age\n";

class ImporterTest : public testing::Test {
 protected:
  absl::StatusOr<ImportReport> Import(absl::string_view csv,
                                      ImportOptions options = {},
                                      absl::string_view mapping = kThreeColumns,
                                      size_t piece = 1 << 20) {
    absl::StatusOr<Mapping> parsed =
        Mapping::Parse(vocabulary::Lists::BuiltIn(), mapping);
    EXPECT_THAT(parsed, IsOk());
    options.importer = person_;
    Importer importer(office_.services(), *std::move(parsed),
                      std::move(options));
    for (size_t at = 0; at < csv.size(); at += piece) {
      RETURN_IF_ERROR(importer.Feed(csv.substr(at, piece)));
    }
    return importer.Finish();
  }

  static std::string Rows(int count) {
    std::string csv(kThreeHeaders);
    for (int i = 0; i < count; ++i) {
      absl::StrAppend(&csv, 2010 + i % 10, ",Female,30--38\n");
    }
    return csv;
  }

  std::vector<Profile> Profiles() {
    std::vector<Profile> profiles;
    EXPECT_THAT(office_.registry->ScanProfiles(
                    *office_.store,
                    [&](const SubjectId&, const Profile& profile) {
                      profiles.push_back(profile);
                      return absl::StatusOr<bool>(true);
                    }),
                IsOk());
    return profiles;
  }

  // The cases of who imports, newest first.
  std::vector<Case> Cases() {
    EXPECT_THAT(office_.registry->ReadColumns(*office_.store), IsOk());
    const auto page = office_.registry->columns().Find({.person = person_},
                                                       CaseFilter(), 10, "");
    EXPECT_THAT(page, IsOk());
    std::vector<Case> cases;
    for (const CaseId& id : page->cases) {
      const auto file = office_.registry->Get(*office_.store, id);
      EXPECT_THAT(file, IsOk());
      cases.push_back(**file);
    }
    return cases;
  }

  Office office_;
  PersonId person_ = *PersonId::FromBytes(std::string(16, 'p'));
};

}  // namespace amparo::cases

#endif  // AMPARO_TESTS_UNIT_NODE_CASES_FOREIGN_IMPORTING_H_
