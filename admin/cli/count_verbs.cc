// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "admin/cli/failure.h"
#include "admin/cli/output.h"
#include "admin/cli/verbs.h"
#include "amparo/office/v1/counting.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::CountingService;

std::string QuarterText(int year, int quarter) {
  return absl::StrCat(year, "-Q", quarter);
}

absl::Status Count(Desk& desk, const std::vector<std::string>& variables) {
  office::v1::CountPersonRequest request;
  request.set_request_id(NewRequestId());
  for (const std::string& variable : variables) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(variable, absl::MaxSplits('=', 1));
    if (pair.first.empty() || pair.second.empty()) {
      return UsageError("--var", "must be VARIABLE=CODE");
    }
    office::v1::CountingValue* const value = request.add_values();
    value->set_variable(pair.first);
    value->set_code(pair.second);
  }
  ASSIGN_OR_RETURN(const office::v1::CountPersonResponse answer,
                   desk.Call(&CountingService::Stub::CountPerson, request));
  return desk.Print(
      answer, absl::StrCat("Counted in ",
                           QuarterText(answer.year(), answer.quarter()), "\n"));
}

absl::Status ShowCounts(Desk& desk) {
  ASSIGN_OR_RETURN(const office::v1::ShowCountsResponse answer,
                   desk.Call(&CountingService::Stub::ShowCounts,
                             office::v1::ShowCountsRequest()));
  Columns quarters({"Quarter", "Persons"}, {1});
  for (const office::v1::CountedQuarter& quarter : answer.quarters()) {
    quarters.Add({QuarterText(quarter.year(), quarter.quarter()),
                  Grouped(quarter.persons())});
  }
  std::string text = quarters.Text("Nobody was counted.");
  if (answer.variables().empty()) return desk.Print(answer, text);
  Columns codes({"Year", "Variable", "Code", "Persons"}, {3});
  for (const office::v1::CountedVariable& variable : answer.variables()) {
    const std::string year = absl::StrCat(variable.year());
    if (variable.withheld()) {
      codes.Add({year, variable.variable(), "", ValueText(true, 0)});
    }
    for (const office::v1::CountedCode& code : variable.codes()) {
      codes.Add({year, variable.variable(), code.label(),
                 ValueText(false, code.persons())});
    }
  }
  absl::StrAppend(&text, "\n", codes.Text(""));
  return desk.Print(answer, text);
}

}  // namespace

void AddCountVerbs(Verbs& verbs) {
  CLI::App* const noun =
      verbs.Noun("count", "Persons who do not consent, and are only counted");
  const auto variables = std::make_shared<std::vector<std::string>>();
  CLI::App* const count = verbs.Add(
      noun, "register",
      "Counts a person of whom nothing else is kept; it cannot be undone",
      "amparo count register --var gender=Female --var majorityStatus=Adult",
      [variables](Desk& desk) { return Count(desk, *variables); });
  Repeated(count->add_option(
      "--var", *variables,
      "VARIABLE=CODE of gender, identifiedBy, majorityStatus or "
      "typeOfExploitation; may be repeated"));
  verbs.Add(noun, "show", "How many persons were counted", "amparo count show",
            [](Desk& desk) { return ShowCounts(desk); });
}

}  // namespace amparo::cli
