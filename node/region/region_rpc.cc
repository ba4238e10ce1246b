// SPDX-License-Identifier: Apache-2.0
#include "node/region/region_rpc.h"

#include <string>
#include <utility>

#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::region {
namespace {

namespace v1 = ::amparo::office::v1;

using statistics::Cohort;

absl::StatusOr<Question> ReadQuestion(const v1::ShowTrendRequest& request) {
  Question question;
  question.table = request.table_id();
  question.group_by.assign(request.group_by().begin(),
                           request.group_by().end());
  for (const v1::TrendFilter& filter : request.filters()) {
    const std::set<std::string> codes(filter.codes().begin(),
                                      filter.codes().end());
    if (!question.filters.emplace(filter.dimension(), codes).second) {
      return FieldError("filters", "must name each dimension at most once");
    }
  }
  for (const std::string& hex : request.office_ids()) {
    ASSIGN_OR_RETURN(const OfficeId office,
                     people::ReadId<OfficeId>("office_ids", hex));
    question.offices.insert(office);
  }
  if (!request.from_cohort().empty()) {
    ASSIGN_OR_RETURN(const Cohort from,
                     Cohort::Parse(request.from_cohort(), "from_cohort"));
    question.from = from;
  }
  if (!request.to_cohort().empty()) {
    ASSIGN_OR_RETURN(const Cohort to,
                     Cohort::Parse(request.to_cohort(), "to_cohort"));
    question.to = to;
  }
  return question;
}

void Write(const TrendRow& row, v1::TrendRow* out) {
  for (const std::string& code : row.codes) out->add_codes(code);
  for (const std::string& label : row.labels) out->add_labels(label);
  out->set_withheld(!row.value.has_value());
  out->set_value(row.value.value_or(0));
  out->set_half_width(row.half_width);
  out->set_display_threshold(row.display_threshold);
  out->set_values_summed(row.values_summed);
}

void Write(const Answer& answer, v1::ShowTrendResponse* out) {
  uint32_t withheld = 0;
  for (const TrendRow& row : answer.trend.rows) {
    Write(row, out->add_rows());
    if (!row.value.has_value()) ++withheld;
  }
  out->set_rows_withheld(withheld);
  out->set_nodes_reporting(answer.nodes_reporting);
  out->set_nodes_expected(answer.nodes_expected);
  out->set_title(answer.title);
  for (const statistics::Statement statement : answer.trend.statements) {
    out->add_statements(std::string(statistics::Text(statement)));
  }
  for (const statistics::CountedUnit unit : answer.trend.units) {
    out->add_counted_units(std::string(statistics::Name(unit)));
  }
  for (const Cohort& cohort : answer.trend.cohorts) {
    out->add_cohorts(cohort.id());
  }
}

}  // namespace

grpc::Status TrendRpc::ShowTrend(grpc::ServerContext* context,
                                 const v1::ShowTrendRequest* request,
                                 v1::ShowTrendResponse* response) {
  return gate_.Answer(*context, "/amparo.office.v1.TrendService/ShowTrend",
                      [&](const people::Caller& caller) -> absl::Status {
                        ASSIGN_OR_RETURN(const Question question,
                                         ReadQuestion(*request));
                        ASSIGN_OR_RETURN(const Answer answer,
                                         actions_.ShowTrend(caller, question));
                        Write(answer, response);
                        return absl::OkStatus();
                      });
}

}  // namespace amparo::region
