// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "admin/cli/failure.h"
#include "admin/cli/output.h"
#include "admin/cli/peer_names.h"
#include "admin/cli/verbs.h"
#include "amparo/office/v1/status.grpc.pb.h"
#include "amparo/office/v1/trends.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::ShowTrendRequest;
using office::v1::ShowTrendResponse;

struct TrendOptions {
  std::string table;
  std::vector<std::string> group_by;
  std::vector<std::string> filters;
  std::vector<std::string> offices;
  std::string from;
  std::string to;
};

// Those who ask for trends may not list peers, but the node's status names
// them.
absl::Status SetOffices(Desk& desk, const std::vector<std::string>& offices,
                        ShowTrendRequest* request) {
  if (offices.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const office::v1::ShowStatusResponse status,
                   desk.Call(&office::v1::StatusService::Stub::ShowStatus,
                             office::v1::ShowStatusRequest()));
  std::map<std::string, std::string> names;
  names.emplace(status.office_id(), status.office_name());
  for (const office::v1::PeerStatus& peer : status.peers()) {
    names.emplace(peer.office_id(), peer.name());
  }
  for (const std::string& one : offices) {
    ASSIGN_OR_RETURN(std::string id, Resolve(names, one, "--office"));
    request->add_office_ids(std::move(id));
  }
  return absl::OkStatus();
}

std::string TrendText(const TrendOptions& options,
                      const ShowTrendResponse& answer) {
  std::vector<std::string> headings = options.group_by;
  if (headings.empty()) headings.push_back("all");
  const size_t keys = headings.size();
  headings.insert(headings.end(), {"value", "+-"});
  Columns rows(std::move(headings), {keys, keys + 1});
  for (const office::v1::TrendRow& row : answer.rows()) {
    std::vector<std::string> cells(row.labels().begin(), row.labels().end());
    cells.resize(keys);
    cells.push_back(ValueText(row.withheld(), row.value()));
    cells.push_back(row.withheld() ? "" : Grouped(row.half_width()));
    rows.Add(std::move(cells));
  }
  std::string text = absl::StrCat(
      Printable(answer.title()), "\n", answer.nodes_reporting(), " of ",
      answer.nodes_expected(), " offices reported; cohorts ",
      Printable(absl::StrJoin(answer.cohorts(), ", ")), "; counted unit ",
      Printable(absl::StrJoin(answer.counted_units(), ", ")), "\n\n",
      rows.Text("No rows."), "\n", answer.rows_withheld(), " of ",
      answer.rows_size(), " rows are withheld. +- is half of the 95 % ",
      "interval.\n");
  for (const std::string& statement : answer.statements()) {
    absl::StrAppend(&text, Printable(statement), "\n");
  }
  return text;
}

absl::Status ShowTrend(Desk& desk, const TrendOptions& options) {
  ShowTrendRequest request;
  request.set_table_id(options.table);
  for (const std::string& one : options.group_by) request.add_group_by(one);
  for (const std::string& filter : options.filters) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(filter, absl::MaxSplits('=', 1));
    if (pair.first.empty() || pair.second.empty()) {
      return UsageError("--only", "must be DIMENSION=CODE[,CODE...]");
    }
    office::v1::TrendFilter* const kept = request.add_filters();
    kept->set_dimension(pair.first);
    for (absl::string_view code : absl::StrSplit(pair.second, ',')) {
      kept->add_codes(std::string(code));
    }
  }
  request.set_from_cohort(options.from);
  request.set_to_cohort(options.to);
  RETURN_IF_ERROR(SetOffices(desk, options.offices, &request));
  ASSIGN_OR_RETURN(
      const ShowTrendResponse answer,
      desk.Call(&office::v1::TrendService::Stub::ShowTrend, request));
  return desk.Print(answer, TrendText(options, answer));
}

}  // namespace

void AddTrendVerb(Verbs& verbs) {
  auto options = std::make_shared<TrendOptions>();
  CLI::App* const verb = verbs.Add(
      nullptr, "trend", "Sums released values over offices and years",
      "amparo trend exploitation-form-by-sex-by-year --by cohort --by form\n"
      "amparo trend exploitation-form-by-sex-by-year --by cohort \\\n"
      "    --only sex=Female --office Kyiv --from 2015 --to 2017",
      [options](Desk& desk) { return ShowTrend(desk, *options); });
  verb->add_option("table", options->table, "Id of the registered table")
      ->required();
  Repeated(verb->add_option(
      "--by", options->group_by,
      "What to tell apart: cohort, office or a dimension of the "
      "table; may be repeated"));
  Repeated(verb->add_option(
      "--only", options->filters,
      "DIMENSION=CODE[,CODE...]: only these; may be repeated"));
  Repeated(
      verb->add_option("--office", options->offices,
                       "Only this office, by name or id; may be repeated"));
  verb->add_option("--from", options->from, "First cohort, such as 2015");
  verb->add_option("--to", options->to, "Last cohort");
}

}  // namespace amparo::cli
