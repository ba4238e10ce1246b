// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/case_search.h"

#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "admin/cli/failure.h"
#include "admin/cli/output.h"
#include "admin/cli/secrets.h"
#include "amparo/office/v1/cases.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::CaseService;
using office::v1::CaseSummary;

// Where the query of a search comes from; names are never arguments.
struct SearchOptions {
  std::string name_file;
  std::string document_file;
  std::string telephone_file;
  bool exact = false;
};

absl::Status AddConditions(const std::vector<std::string>& options,
                           absl::string_view option, bool negated,
                           office::v1::CaseFilter& filter) {
  for (const std::string& text : options) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(text, absl::MaxSplits('=', 1));
    if (pair.first.empty() || pair.second.empty()) {
      return UsageError(option, "must be VARIABLE=CODE[,CODE...]");
    }
    office::v1::CaseCondition* const condition = filter.add_where();
    condition->set_variable(pair.first);
    condition->set_negated(negated);
    for (const absl::string_view code : absl::StrSplit(pair.second, ',')) {
      condition->add_codes(std::string(code));
    }
  }
  return absl::OkStatus();
}

// "a..b", or "a" for "a..a".
std::pair<std::string, std::string> Ends(const std::string& range) {
  const size_t dots = range.find("..");
  if (dots == std::string::npos) return {range, range};
  return {range.substr(0, dots), range.substr(dots + 2)};
}

absl::Status AddYears(const std::string& range,
                      office::v1::CaseFilter& filter) {
  if (range.empty()) return absl::OkStatus();
  const auto [from, to] = Ends(range);
  int first = 0;
  int last = 0;
  if (!absl::SimpleAtoi(from, &first) || !absl::SimpleAtoi(to, &last) ||
      first < 1 || last < first) {
    return UsageError("--year", "must be YEAR or YEAR..YEAR");
  }
  filter.set_year_from(first);
  filter.set_year_to(last);
  return absl::OkStatus();
}

absl::Status AddRegistered(const std::string& range, absl::TimeZone zone,
                           office::v1::CaseFilter& filter) {
  if (range.empty()) return absl::OkStatus();
  const auto [from, to] = Ends(range);
  absl::CivilDay first;
  absl::CivilDay last;
  if (!absl::ParseCivilTime(from, &first) || !absl::ParseCivilTime(to, &last) ||
      last < first) {
    return UsageError("--registered", "must be DAY or DAY..DAY, as 2025-01-31");
  }
  filter.set_registered_from_ms(
      absl::ToUnixMillis(absl::FromCivil(first, zone)));
  filter.set_registered_before_ms(
      absl::ToUnixMillis(absl::FromCivil(last + 1, zone)));
  return absl::OkStatus();
}

template <class Answer>
std::string ListText(const Desk& desk, const Answer& answer,
                     absl::string_view none) {
  Columns columns({"Case", "Registered", "Year", "Source", "Minor", "Names",
                   "Whose", "Status"});
  for (const CaseSummary& one : answer.cases()) {
    columns.Add({one.number(), desk.Time(one.registered_at_ms()),
                 absl::StrCat(one.year()), one.source(),
                 one.treated_as_minor() ? "yes" : "no",
                 one.has_identity() ? "sealed" : "none",
                 one.own() ? "yours" : "team",
                 absl::StrCat(one.merged_into().empty()
                                  ? one.status()
                                  : "merged into " + one.merged_into(),
                              one.risk_to_life() ? ", RISK TO LIFE" : "")});
  }
  return columns.Text(none);
}

absl::Status List(Desk& desk, const FilterOptions& options,
                  const Paging& paging) {
  office::v1::ListCasesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_filter(),
                   ReadFilterOptions(options, desk.zone()));
  int64_t total = 0;
  ASSIGN_OR_RETURN(auto answer,
                   Gather(desk, &CaseService::Stub::ListCases, request, paging,
                          [&total](office::v1::ListCasesResponse* page) {
                            if (page->total() > 0) total = page->total();
                            return page->mutable_cases();
                          }));
  answer.set_total(total);
  std::string text = ListText(desk, answer, "No cases.");
  if (total > answer.cases_size()) {
    absl::StrAppend(&text, Grouped(total), " cases in all\n");
  }
  return desk.Print(answer, text + MoreText(answer.next_page_token()));
}

absl::StatusOr<std::string> OnlyLine(const std::string& path,
                                     absl::string_view option) {
  if (path.empty()) return std::string();
  ASSIGN_OR_RETURN(const crypto::Secret whole, ReadPrivateFile(path, option));
  const absl::string_view line =
      absl::StripTrailingAsciiWhitespace(whole.Reveal());
  if (line.empty()) return UsageError(option, "is empty");
  // To look for half of a name and find nobody would be no answer.
  if (absl::StrContains(line, '\n')) {
    return UsageError(option, "must hold one line");
  }
  return std::string(line);
}

absl::Status Search(Desk& desk, const SearchOptions& options) {
  office::v1::SearchCasesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(),
                   OnlyLine(options.name_file, "--name-from"));
  ASSIGN_OR_RETURN(*request.mutable_document(),
                   OnlyLine(options.document_file, "--document-from"));
  ASSIGN_OR_RETURN(*request.mutable_telephone(),
                   OnlyLine(options.telephone_file, "--telephone-from"));
  request.set_exact_name(options.exact);
  const bool from_files = !options.name_file.empty() ||
                          !options.document_file.empty() ||
                          !options.telephone_file.empty();
  if (!from_files) {
    ASSIGN_OR_RETURN(*request.mutable_name(),
                     desk.prompter().Ask("Name (empty: any): "));
    ASSIGN_OR_RETURN(*request.mutable_document(),
                     desk.prompter().Ask("Document number (empty: any): "));
    ASSIGN_OR_RETURN(*request.mutable_telephone(),
                     desk.prompter().Ask("Telephone (empty: any): "));
  }
  ASSIGN_OR_RETURN(const office::v1::SearchCasesResponse answer,
                   desk.Call(&CaseService::Stub::SearchCases, request));
  std::string text = ListText(desk, answer, "Nobody was found.");
  if (answer.total() > answer.cases_size()) {
    absl::StrAppend(&text, Grouped(answer.total()),
                    " in all; these are the newest: search for more words\n");
  }
  return desk.Print(answer, text);
}

void AddList(Verbs& verbs, CLI::App* noun) {
  auto paging = std::make_shared<Paging>();
  auto options = std::make_shared<FilterOptions>();
  CLI::App* const list = verbs.Add(
      noun, "list", "Lists your and your team's cases, newest first",
      "amparo case list --limit 20\n"
      "amparo case list --where gender=Female --where citizenship=TJK,UKR \\\n"
      "    --not isForcedLabour=1 --year 2024..2025 --status Active",
      [paging, options](Desk& desk) { return List(desk, *options, *paging); });
  AddPaging(list, paging.get());
  Repeated(list->add_option(
      "--where", options->where,
      "VARIABLE=CODE[,CODE...]: has one of the codes (-99: asked and unknown; "
      "NOT_RECORDED: not recorded); may be repeated"));
  Repeated(list->add_option(
      "--not", options->where_not,
      "VARIABLE=CODE[,CODE...]: has none of them, and is neither unknown nor "
      "not recorded; may be repeated"));
  list->add_option("--year", options->year,
                   "Year of registration: YEAR or YEAR..YEAR");
  list->add_option("--registered", options->registered,
                   "Registered here: DAY or DAY..DAY, as 2025-01-31");
  list->add_option("--minor", options->minor, "yes or no");
  Repeated(list->add_option("--status", options->statuses,
                            "Active, FollowUp, Closed or ClosedReferred; may "
                            "be repeated"));
}

void AddSearch(Verbs& verbs, CLI::App* noun) {
  auto options = std::make_shared<SearchOptions>();
  CLI::App* const search = verbs.Add(
      noun, "search", "Finds cases by name, document or telephone",
      "amparo case search                  (asks; every search is logged)\n"
      "amparo case search --name-from name.txt --exact",
      [options](Desk& desk) { return Search(desk, *options); });
  search->add_option("--name-from", options->name_file,
                     "The name is the first line of this file of mode 0600 "
                     "(names are never arguments)");
  search->add_option("--document-from", options->document_file,
                     "The number of a document, from such a file");
  search->add_option("--telephone-from", options->telephone_file,
                     "The number of a telephone, from such a file");
  search->add_flag("--exact", options->exact,
                   "Only this spelling, in any script, and none that sounds "
                   "alike");
}

}  // namespace

absl::StatusOr<office::v1::CaseFilter> ReadFilterOptions(
    const FilterOptions& options, absl::TimeZone zone) {
  office::v1::CaseFilter filter;
  RETURN_IF_ERROR(AddConditions(options.where, "--where", false, filter));
  RETURN_IF_ERROR(AddConditions(options.where_not, "--not", true, filter));
  RETURN_IF_ERROR(AddYears(options.year, filter));
  RETURN_IF_ERROR(AddRegistered(options.registered, zone, filter));
  if (!options.minor.empty()) {
    if (options.minor != "yes" && options.minor != "no") {
      return UsageError("--minor", "must be yes or no");
    }
    filter.set_minor(options.minor == "yes");
  }
  for (const std::string& status : options.statuses) {
    filter.add_statuses(status);
  }
  return filter;
}

void AddFindingVerbs(Verbs& verbs, CLI::App* noun) {
  AddList(verbs, noun);
  AddSearch(verbs, noun);
}

}  // namespace amparo::cli
