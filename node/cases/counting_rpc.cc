// SPDX-License-Identifier: Apache-2.0
#include "node/cases/counting_rpc.h"

#include <string>
#include <vector>

#include "node/base/status_macros.h"
#include "node/vocabulary/labels.h"

namespace amparo::cases {
namespace {

namespace v1 = ::amparo::office::v1;
using people::Caller;

void Write(const Tally::Shown& shown, v1::CountedVariable* out) {
  const vocabulary::Lists& lists = vocabulary::Lists::BuiltIn();
  const vocabulary::Labels& labels = vocabulary::Labels::BuiltIn();
  out->set_year(shown.year);
  out->set_variable(std::string(shown.variable));
  out->set_withheld(shown.withheld);
  for (const auto& [code, persons] : shown.codes) {
    v1::CountedCode* const into = out->add_codes();
    into->set_code(std::string(code));
    into->set_label(labels.Of(lists, shown.variable, code));
    into->set_persons(persons);
  }
}

}  // namespace

grpc::Status CountingRpc::CountPerson(grpc::ServerContext* context,
                                      const v1::CountPersonRequest* request,
                                      v1::CountPersonResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CountingService/CountPerson",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const RequestId id,
            people::ReadId<RequestId>("request_id", request->request_id()));
        std::vector<Profile::Pair> said;
        for (const v1::CountingValue& value : request->values()) {
          said.emplace_back(value.variable(), value.code());
        }
        ASSIGN_OR_RETURN(const Quarter quarter,
                         counting_.Count(caller, id, said));
        response->set_year(quarter.year);
        response->set_quarter(quarter.number);
        return absl::OkStatus();
      });
}

grpc::Status CountingRpc::ShowCounts(grpc::ServerContext* context,
                                     const v1::ShowCountsRequest*,
                                     v1::ShowCountsResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.CountingService/ShowCounts",
      [&](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const Counts counts, counting_.Show(caller));
        for (const auto& [quarter, persons] : counts.tally.quarters()) {
          v1::CountedQuarter* const into = response->add_quarters();
          into->set_year(quarter.year);
          into->set_quarter(quarter.number);
          into->set_persons(persons);
        }
        for (const Tally::Shown& shown :
             counts.tally.Variables(counts.present)) {
          Write(shown, response->add_variables());
        }
        return absl::OkStatus();
      });
}

}  // namespace amparo::cases
