// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "admin/cli/output.h"
#include "admin/cli/verbs.h"
#include "amparo/office/v1/statistics.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::ReleaseDescription;
using office::v1::TableService;

struct TableOptions {
  std::string id;
  std::vector<std::string> cohorts;
  std::string counted_unit;
};

// Budget is kept in billionths; people read thousandths.
std::string Budget(int64_t nano) {
  return absl::StrFormat("%.4f", static_cast<double>(nano) / 1e9);
}

std::string CohortNames(const ReleaseDescription& release) {
  std::vector<std::string> names;
  for (const office::v1::ReleasedCohort& cohort : release.cohorts()) {
    names.push_back(cohort.cohort());
  }
  return absl::StrJoin(names, ", ");
}

std::string ReleaseText(const Desk& desk, const ReleaseDescription& release) {
  Labelled lines;
  lines.Add("Release", release.release_id());
  lines.Add("Table",
            absl::StrCat(release.title(), " (", release.table_id(), ")"));
  lines.Add("Made", desk.Time(release.generated_at_ms()));
  lines.Add("Counted unit", release.counted_unit());
  lines.Add("Values shown", Grouped(release.values_shown()));
  lines.Add("Values withheld", Grouped(release.values_withheld()));
  lines.Add("Each value is within",
            absl::StrCat("+-", release.half_width(),
                         " of the count, 95 times in 100"));
  lines.Add("Withheld below", Grouped(release.display_threshold()));
  std::string text = lines.Text();
  Columns cohorts({"Cohort", "Withheld", "Epsilon at delta 1e-6"}, {1, 2});
  for (const office::v1::ReleasedCohort& cohort : release.cohorts()) {
    cohorts.Add(
        {cohort.cohort(), Grouped(cohort.withheld()),
         absl::StrFormat(
             "%.2f", static_cast<double>(cohort.epsilon_milli()) / 1000.0)});
  }
  absl::StrAppend(&text, "\n", cohorts.Text("No cohorts."));
  Columns cells({"Cohort", "Cell", "Value"}, {2});
  bool any = false;
  for (const office::v1::ReleasedCohort& cohort : release.cohorts()) {
    for (const office::v1::ReleasedCell& cell : cohort.cells()) {
      cells.Add({cohort.cohort(), absl::StrJoin(cell.codes(), ", "),
                 ValueText(cell.withheld(), cell.value())});
      any = true;
    }
  }
  if (any) absl::StrAppend(&text, "\n", cells.Text(""));
  for (const std::string& statement : release.statements()) {
    absl::StrAppend(&text, "\n", Printable(statement));
  }
  if (!release.statements().empty()) text += "\n";
  return text;
}

absl::Status ListTables(Desk& desk, const Paging& paging) {
  ASSIGN_OR_RETURN(const auto answer,
                   Gather(desk, &TableService::Stub::ListTables,
                          office::v1::ListTablesRequest(), paging,
                          [](office::v1::ListTablesResponse* page) {
                            return page->mutable_tables();
                          }));
  std::string text;
  for (const office::v1::TableDescription& table : answer.tables()) {
    Labelled lines;
    lines.Add("Table", table.table_id());
    lines.Add("Title", table.title());
    lines.Add("Period", table.period());
    for (const office::v1::TableDimension& dimension : table.dimensions()) {
      std::vector<std::string> codes;
      for (const office::v1::TableLevel& level : dimension.levels()) {
        codes.push_back(level.code());
      }
      lines.Add(absl::StrCat("By ", Printable(dimension.name())),
                absl::StrJoin(codes, ", "));
    }
    lines.Add("A release costs a cohort",
              absl::StrCat(Budget(table.rho_nano()), " of ",
                           Budget(table.cap_nano()), " rho"));
    lines.Add("Each value is within",
              absl::StrCat("+-", table.half_width(),
                           " of the count, 95 times in 100"));
    lines.Add("Withheld below", Grouped(table.display_threshold()));
    absl::StrAppend(&text, text.empty() ? "" : "\n", lines.Text());
  }
  if (text.empty()) text = "No tables.\n";
  return desk.Print(answer, text + MoreText(answer.next_page_token()));
}

absl::Status ListReleases(Desk& desk, const Paging& paging) {
  ASSIGN_OR_RETURN(const auto answer,
                   Gather(desk, &TableService::Stub::ListReleases,
                          office::v1::ListReleasesRequest(), paging,
                          [](office::v1::ListReleasesResponse* page) {
                            return page->mutable_releases();
                          }));
  Columns columns({"Release", "Table", "Made", "Cohorts", "Shown", "Withheld"},
                  {4, 5});
  for (const ReleaseDescription& release : answer.releases()) {
    columns.Add({release.release_id(), release.table_id(),
                 desk.Time(release.generated_at_ms()), CohortNames(release),
                 Grouped(release.values_shown()),
                 Grouped(release.values_withheld())});
  }
  return desk.Print(answer, columns.Text("No releases.") +
                                MoreText(answer.next_page_token()));
}

absl::Status Prepare(Desk& desk, const TableOptions& options) {
  office::v1::PrepareTableRequest request;
  request.set_request_id(NewRequestId());
  request.set_table_id(options.id);
  for (const std::string& cohort : options.cohorts) request.add_cohorts(cohort);
  request.set_counted_unit(options.counted_unit);
  ASSIGN_OR_RETURN(const office::v1::PrepareTableResponse answer,
                   desk.Call(&TableService::Stub::PrepareTable, request));
  Columns budgets({"Cohort", "Spent", "This adds", "Of at most"}, {1, 2, 3});
  for (const office::v1::CohortBudget& budget : answer.budgets()) {
    budgets.Add({budget.cohort(), Budget(budget.spent_nano()),
                 Budget(budget.charge_nano()), Budget(budget.cap_nano())});
  }
  return desk.Print(
      answer,
      absl::StrCat("Preparation ", answer.preparation_id(), "\n\n",
                   budgets.Text("No cohorts."),
                   "\nNothing was counted. Next: another person looks at this "
                   "and runs\n  amparo table release ",
                   answer.preparation_id(), "\n"));
}

absl::Status Release(Desk& desk, const TableOptions& options) {
  office::v1::ReleaseTableRequest request;
  request.set_request_id(NewRequestId());
  request.set_preparation_id(options.id);
  ASSIGN_OR_RETURN(const office::v1::ReleaseTableResponse answer,
                   desk.Call(&TableService::Stub::ReleaseTable, request));
  return desk.Print(
      answer, absl::StrCat(ReleaseText(desk, answer.release()), "\nPosted to ",
                           answer.recipients_size(), " offices.\n"));
}

absl::Status Show(Desk& desk, const TableOptions& options) {
  office::v1::ShowReleaseRequest request;
  request.set_release_id(options.id);
  ASSIGN_OR_RETURN(const office::v1::ShowReleaseResponse answer,
                   desk.Call(&TableService::Stub::ShowRelease, request));
  return desk.Print(answer, ReleaseText(desk, answer.release()));
}

}  // namespace

void AddTableVerbs(Verbs& verbs) {
  CLI::App* const noun = verbs.Noun("table", "Protected statistics");
  auto paging = std::make_shared<Paging>();
  CLI::App* const list =
      verbs.Add(noun, "list", "Lists the registered tables and their cost",
                "amparo table list",
                [paging](Desk& desk) { return ListTables(desk, *paging); });
  AddPaging(list, paging.get());
  auto options = std::make_shared<TableOptions>();
  CLI::App* const prepare = verbs.Add(
      noun, "prepare", "Prepares a table for release; counts nothing yet",
      "amparo table prepare exploitation-form-by-sex-by-year \\\n"
      "    --cohort 2016 --cohort 2017 --counted-unit person",
      [options](Desk& desk) { return Prepare(desk, *options); });
  prepare->add_option("table", options->id, "Id of the registered table")
      ->required();
  Repeated(prepare->add_option("--cohort", options->cohorts,
                               "2016 or 2016-Q3; may be repeated"))
      ->required();
  prepare
      ->add_option("--counted-unit", options->counted_unit,
                   "person, or source-row when several imported rows may be "
                   "about one person")
      ->required();
  CLI::App* const release = verbs.Add(
      noun, "release", "The second person's step: counts, protects, publishes",
      "amparo table release 5f0c...",
      [options](Desk& desk) { return Release(desk, *options); });
  release->add_option("preparation", options->id, "Id of the preparation")
      ->required();
  CLI::App* const releases =
      verbs.Add(noun, "releases", "Lists the releases of this office",
                "amparo table releases",
                [paging](Desk& desk) { return ListReleases(desk, *paging); });
  AddPaging(releases, paging.get());
  CLI::App* const show =
      verbs.Add(noun, "show", "Shows a release with its values",
                "amparo table show 5f0c...",
                [options](Desk& desk) { return Show(desk, *options); });
  show->add_option("release", options->id, "Id of the release")->required();
}

}  // namespace amparo::cli
