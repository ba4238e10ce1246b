// SPDX-License-Identifier: Apache-2.0
#include "amparo/office/v1/counting.pb.h"
#include "tests/unit/admin/cli/cli_fixture.h"

namespace amparo::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CountVerb : public CliTest {};

TEST_F(CountVerb, SendsCodesAndNothingElse) {
  office::v1::CountPersonResponse counted;
  counted.set_year(2026);
  counted.set_quarter(1);
  node_->Answer("CountingService.CountPerson", counted);
  const Outcome outcome = Run({"count", "register", "--var", "gender=Female",
                               "--var", "majorityStatus=Adult"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "Counted in 2026-Q1\n");
  const auto request = node_->LastRequest<office::v1::CountPersonRequest>(
      "CountingService.CountPerson");
  ASSERT_EQ(request.values_size(), 2);
  EXPECT_EQ(request.values(1).variable(), "majorityStatus");
  EXPECT_EQ(request.values(1).code(), "Adult");
}

TEST_F(CountVerb, ShowsTotalsAndWhatIsWithheld) {
  office::v1::ShowCountsResponse shown;
  auto* const quarter = shown.add_quarters();
  quarter->set_year(2025);
  quarter->set_quarter(4);
  quarter->set_persons(1234);
  auto* const gender = shown.add_variables();
  gender->set_year(2025);
  gender->set_variable("gender");
  auto* const code = gender->add_codes();
  code->set_label("Female");
  code->set_persons(700);
  auto* const other = shown.add_variables();
  other->set_year(2025);
  other->set_variable("identifiedBy");
  other->set_withheld(true);
  node_->Answer("CountingService.ShowCounts", shown);
  const Outcome outcome = Run({"count", "show"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("2025-Q4    1,234"));
  EXPECT_THAT(outcome.out, HasSubstr("Female"));
  EXPECT_THAT(outcome.out, HasSubstr("withheld"));
}

TEST_F(CountVerb, NobodyCountedIsSaid) {
  node_->Answer("CountingService.ShowCounts", office::v1::ShowCountsResponse());
  EXPECT_EQ(Run({"count", "show"}).out, "Nobody was counted.\n");
}

TEST_F(CountVerb, AVariableWithoutCodeIsNotSent) {
  EXPECT_EQ(Run({"count", "register", "--var", "gender"}).code, 2);
  EXPECT_THAT(node_->calls(), IsEmpty());
}

}  // namespace
}  // namespace amparo::cli
