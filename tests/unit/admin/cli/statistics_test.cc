// SPDX-License-Identifier: Apache-2.0
//
// table, trend and status.
#include "amparo/office/v1/statistics.pb.h"
#include "amparo/office/v1/status.pb.h"
#include "amparo/office/v1/trends.pb.h"
#include "tests/unit/admin/cli/cli_fixture.h"

namespace amparo::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kKyiv[] = "11111111111111111111111111111111";

class TableVerb : public CliTest {};
class TrendVerb : public CliTest {
 protected:
  TrendVerb() {
    office::v1::ShowTrendResponse answer;
    answer.set_title("Form by sex");
    answer.set_nodes_reporting(2);
    answer.set_nodes_expected(3);
    answer.set_rows_withheld(1);
    answer.add_cohorts("2016");
    answer.add_counted_units("person");
    auto* const shown = answer.add_rows();
    shown->add_labels("2016");
    shown->set_value(1074);
    shown->set_half_width(31);
    auto* const withheld = answer.add_rows();
    withheld->add_labels("2017");
    withheld->set_withheld(true);
    answer.add_statements("Only those who consented are counted.");
    node_->Answer("TrendService.ShowTrend", answer);
    office::v1::ShowStatusResponse status;
    auto* const peer = status.add_peers();
    peer->set_office_id(kKyiv);
    peer->set_name("Kyiv");
    peer->set_state("ACTIVE");
    peer->set_letters_waiting(7);
    peer->set_failures(2);
    peer->set_next_attempt_ms(1770105600000);
    status.set_office_name("Registry");
    status.set_role("REGION");
    status.set_exercise(true);
    status.set_log_leaves(1234);
    node_->Answer("StatusService.ShowStatus", status);
  }

  office::v1::ShowTrendRequest Asked() const {
    return node_->LastRequest<office::v1::ShowTrendRequest>(
        "TrendService.ShowTrend");
  }
};

TEST_F(TableVerb, PrepareShowsTheBudgetAndTheNextStep) {
  office::v1::PrepareTableResponse response;
  response.set_preparation_id("abc");
  auto* const budget = response.add_budgets();
  budget->set_cohort("2016");
  budget->set_spent_nano(50000000);
  budget->set_charge_nano(50000000);
  budget->set_cap_nano(500000000);
  node_->Answer("TableService.PrepareTable", response);
  const Outcome outcome = Run({"table", "prepare", "t", "--cohort", "2016",
                               "--cohort", "2017", "--counted-unit", "person"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "Preparation abc\n"
            "\n"
            "Cohort   Spent  This adds  Of at most\n"
            "2016    0.0500     0.0500      0.5000\n"
            "\n"
            "Nothing was counted. Next: another person looks at this and runs\n"
            "  amparo table release abc\n");
  EXPECT_THAT(node_
                  ->LastRequest<office::v1::PrepareTableRequest>(
                      "TableService.PrepareTable")
                  .cohorts(),
              ElementsAre("2016", "2017"));
}

TEST_F(TableVerb, ReleaseShowsWithheldValuesAsWithheld) {
  office::v1::ReleaseTableResponse response;
  auto* const release = response.mutable_release();
  release->set_values_shown(1);
  release->set_values_withheld(1);
  auto* const cohort = release->add_cohorts();
  cohort->set_cohort("2016");
  cohort->set_withheld(1);
  cohort->set_epsilon_milli(1470);
  auto* const shown = cohort->add_cells();
  shown->add_codes("ForcedLabour");
  shown->add_codes("Female");
  shown->set_value(74);
  auto* const withheld = cohort->add_cells();
  withheld->add_codes("Other");
  withheld->add_codes("Male");
  withheld->set_withheld(true);
  response.add_recipients(kKyiv);
  node_->Answer("TableService.ReleaseTable", response);
  const Outcome outcome = Run({"table", "release", "abc"});
  EXPECT_THAT(outcome.out, HasSubstr("2016    ForcedLabour, Female        74"));
  EXPECT_THAT(outcome.out, HasSubstr("2016    Other, Male           withheld"));
  EXPECT_THAT(outcome.out, HasSubstr("1.47"));
  EXPECT_THAT(outcome.out, HasSubstr("Posted to 1 offices"));
  const Outcome json = Run({"table", "release", "abc", "--json"});
  const auto cells =
      nlohmann::json::parse(json.out)["release"]["cohorts"][0]["cells"];
  EXPECT_EQ(cells[0]["value"], "74");
  EXPECT_TRUE(cells[1]["value"].is_null());
}

TEST_F(TableVerb, ListSaysWhatATableCosts) {
  office::v1::ListTablesResponse list;
  auto* const table = list.add_tables();
  table->set_table_id("form-by-sex");
  table->set_rho_nano(50000000);
  table->set_cap_nano(500000000);
  auto* const dimension = table->add_dimensions();
  dimension->set_name("sex");
  dimension->add_levels()->set_code("Female");
  dimension->add_levels()->set_code("Male");
  node_->Answer("TableService.ListTables", list);
  const std::string out = Run({"table", "list"}).out;
  EXPECT_THAT(out, HasSubstr("By sex                    Female, Male"));
  EXPECT_THAT(out, HasSubstr("0.0500 of 0.5000 rho"));
}

TEST_F(TableVerb, ASecondPersonRequiredIsSaid) {
  node_->Refuse("TableService.ReleaseTable",
                RefusalOnWire(grpc::StatusCode::PERMISSION_DENIED,
                              "SECOND_PERSON_REQUIRED", "another person"));
  const Outcome outcome = Run({"table", "release", "abc"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("ask a colleague"));
}

TEST_F(TrendVerb, ShowsHalfWidthsAndWithheldAsWithheld) {
  const Outcome outcome = Run({"trend", "t", "--by", "cohort"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "Form by sex\n"
            "2 of 3 offices reported; cohorts 2016; counted unit person\n"
            "\n"
            "cohort     value  +-\n"
            "2016       1,074  31\n"
            "2017    withheld\n"
            "\n"
            "1 of 2 rows are withheld. +- is half of the 95 % interval.\n"
            "Only those who consented are counted.\n");
  const auto json = nlohmann::json::parse(Run({"trend", "t", "--json"}).out);
  EXPECT_TRUE(json["rows"][1]["value"].is_null());
}

TEST_F(TrendVerb, SendsTheWholeQuestion) {
  EXPECT_EQ(Run({"trend", "t", "--by", "cohort", "--by", "form", "--only",
                 "sex=Female,Male", "--office", "Kyiv", "--from", "2015",
                 "--to", "2017"})
                .code,
            0);
  const auto request = Asked();
  EXPECT_THAT(request.group_by(), ElementsAre("cohort", "form"));
  ASSERT_EQ(request.filters_size(), 1);
  EXPECT_EQ(request.filters(0).dimension(), "sex");
  EXPECT_THAT(request.filters(0).codes(), ElementsAre("Female", "Male"));
  EXPECT_THAT(request.office_ids(), ElementsAre(kKyiv));
  EXPECT_EQ(request.from_cohort(), "2015");
  EXPECT_EQ(request.to_cohort(), "2017");
}

TEST_F(TrendVerb, RefusesAnUnknownOfficeAndAWrongFilter) {
  EXPECT_EQ(Run({"trend", "t", "--office", "Nowhere"}).code, 1);
  for (const char* const filter : {"sex", "sex=", "=Female"}) {
    EXPECT_EQ(Run({"trend", "t", "--only", filter}).code, 2) << filter;
  }
}

TEST_F(TrendVerb, StatusSaysWhatWaitsForEachPeer) {
  const std::string out = Run({"status"}).out;
  EXPECT_THAT(out, HasSubstr("region, EXERCISE"));
  EXPECT_THAT(out, HasSubstr("1,234 leaves"));
  EXPECT_THAT(out, HasSubstr("Kyiv  active                7             2  "
                             "2026-02-03T10:00:00+02:00"));
  EXPECT_THAT(out, Not(HasSubstr("checkpoint")));
}

}  // namespace
}  // namespace amparo::cli
