// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin/cli/case_life_verbs.h"
#include "admin/cli/failure.h"
#include "admin/cli/output.h"
#include "admin/cli/secrets.h"
#include "admin/cli/verbs.h"
#include "amparo/office/v1/retention.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

namespace v1 = office::v1;
using v1::RetentionService;

struct RetentionOptions {
  std::string number;
  std::string category;
  std::string action;
  std::string keep_until;
  std::string reason;
  int days = 0;
  bool minors = false;
  bool erase = false;
  bool anonymise = false;
  bool release = false;
};

absl::Status ListRules(Desk& desk) {
  ASSIGN_OR_RETURN(const v1::ListRetentionRulesResponse answer,
                   desk.Call(&RetentionService::Stub::ListRetentionRules,
                             v1::ListRetentionRulesRequest()));
  Columns columns({"Category", "Of", "Days after closing", "Then", "State"},
                  {2});
  const auto add = [&columns](const v1::RetentionRule& rule,
                              const char* state) {
    columns.Add({rule.category(), rule.minors() ? "minors" : "everybody",
                 Grouped(rule.days()), rule.action(), state});
  };
  for (const v1::RetentionRule& rule : answer.rules()) add(rule, "");
  for (const v1::RetentionRule& rule : answer.proposed()) {
    add(rule, "proposed: a second person sets the same");
  }
  return desk.Print(answer, columns.Text("No rules."));
}

absl::Status SetRule(Desk& desk, const RetentionOptions& options) {
  v1::SetRetentionRuleRequest request;
  request.set_request_id(NewRequestId());
  v1::RetentionRule& rule = *request.mutable_rule();
  rule.set_category(options.category);
  rule.set_minors(options.minors);
  rule.set_days(options.days);
  rule.set_action(options.action);
  ASSIGN_OR_RETURN(
      const v1::SetRetentionRuleResponse answer,
      desk.Call(&RetentionService::Stub::SetRetentionRule, request));
  if (answer.proposed()) {
    return desk.Print(answer,
                      "Proposed. It takes more away than before: it holds when "
                      "a second person sets the same.\n");
  }
  return desk.Print(
      answer,
      absl::StrCat(options.category, " is kept for ", Grouped(options.days),
                   " days, before for ", Grouped(answer.days_before()),
                   "; then: ", options.action, ".\n"));
}

absl::Status ListDue(Desk& desk, const Paging& paging) {
  ASSIGN_OR_RETURN(const v1::ListDueCasesResponse answer,
                   Gather(desk, &RetentionService::Stub::ListDueCases,
                          v1::ListDueCasesRequest(), paging,
                          [](v1::ListDueCasesResponse* page) {
                            return page->mutable_cases();
                          }));
  Columns columns({"Number", "Closed", "Due", "Kept by", "Proposed"});
  for (const v1::DueCase& one : answer.cases()) {
    std::vector<std::string> due;
    for (const v1::DueCategory& category : one.due()) {
      due.push_back(absl::StrCat(category.category(), ": ", category.action()));
    }
    columns.Add({one.number(), desk.Time(one.closed_at_ms()),
                 absl::StrJoin(due, ", "), one.kept_by(), one.proposed()});
  }
  return desk.Print(answer, columns.Text("Nothing is due."));
}

absl::Status Decide(Desk& desk, const RetentionOptions& options) {
  const int chosen = (options.keep_until.empty() ? 0 : 1) +
                     (options.erase ? 1 : 0) + (options.anonymise ? 1 : 0);
  if (chosen != 1) {
    return UsageError("--keep-until",
                      "or --delete or --anonymise must be given, one of them");
  }
  v1::DecideRetentionRequest request;
  request.set_request_id(NewRequestId());
  request.set_number(options.number);
  request.set_reason(options.reason);
  request.set_decision(options.erase ? v1::RETENTION_DECISION_DELETE
                                     : v1::RETENTION_DECISION_ANONYMISE);
  if (!options.keep_until.empty()) {
    request.set_decision(v1::RETENTION_DECISION_KEEP);
    ASSIGN_OR_RETURN(const int64_t until,
                     TimeOf(options.keep_until, desk.zone(), "--keep-until"));
    request.set_keep_until_ms(until);
  }
  ASSIGN_OR_RETURN(
      const v1::DecideRetentionResponse answer,
      desk.Call(&RetentionService::Stub::DecideRetention, request));
  return desk.Print(
      answer, answer.outcome() == "PROPOSED"
                  ? std::string("PROPOSED: it is done when a second person "
                                "decides the same.\n")
                  : absl::StrCat(answer.outcome(), ".\n"));
}

absl::Status Hold(Desk& desk, const RetentionOptions& options) {
  v1::SetLegalHoldRequest request;
  request.set_request_id(NewRequestId());
  request.set_number(options.number);
  request.set_reason(options.reason);
  request.set_release(options.release);
  ASSIGN_OR_RETURN(const v1::SetLegalHoldResponse answer,
                   desk.Call(&RetentionService::Stub::SetLegalHold, request));
  return desk.Print(answer, options.release
                                ? "Released.\n"
                                : "Held: nothing of the case is deleted.\n");
}

constexpr char kReasonHelp[] = "A code of the list retention-reason";

}  // namespace

void AddCaseHoldVerb(Verbs& verbs, CLI::App* noun) {
  auto options = std::make_shared<RetentionOptions>();
  CLI::App* const hold = verbs.Add(
      noun, "hold", "Places a legal hold: nothing of the case is deleted",
      "amparo case hold 7K3P-92QX-A --reason LEGAL_PROCEEDINGS\n"
      "amparo case hold 7K3P-92QX-A --release --reason NO_LONGER_NEEDED",
      [options](Desk& desk) { return Hold(desk, *options); });
  hold->add_option("number", options->number, "Number of the case")->required();
  hold->add_option("--reason", options->reason, kReasonHelp)->required();
  hold->add_flag("--release", options->release, "Releases it");
}

void AddRetentionVerbs(Verbs& verbs) {
  CLI::App* const noun =
      verbs.Noun("retention", "How long closed cases are kept");
  verbs.Add(noun, "list", "Shows the rules", "amparo retention list",
            [](Desk& desk) { return ListRules(desk); });
  auto setting = std::make_shared<RetentionOptions>();
  CLI::App* const set = verbs.Add(
      noun, "set", "Sets one rule",
      "amparo retention set --category CASE_FILE --days 3652 \\\n"
      "    --action ANONYMISE\n"
      "amparo retention set --category NOTE --days 730 --action DELETE "
      "--minors",
      [setting](Desk& desk) { return SetRule(desk, *setting); });
  set->add_option("--category", setting->category,
                  "CASE_FILE, IDENTITY, THIRD_PERSON, NOTE or ATTACHMENT")
      ->required();
  set->add_option("--days", setting->days, "Days after the case was closed")
      ->required();
  set->add_option("--action", setting->action,
                  "DELETE, ASK, or ANONYMISE for CASE_FILE")
      ->required();
  set->add_flag("--minors", setting->minors,
                "Only for cases treated as a minor's");
  auto paging = std::make_shared<Paging>();
  AddPaging(
      verbs.Add(noun, "due",
                "Lists closed cases of which something is due, and what keeps "
                "them",
                "amparo retention due",
                [paging](Desk& desk) { return ListDue(desk, *paging); }),
      paging.get());
  auto deciding = std::make_shared<RetentionOptions>();
  CLI::App* const decide = verbs.Add(
      noun, "decide", "Decides what becomes of a case that is due",
      "amparo retention decide 7K3P-92QX-A --keep-until 2031-01-31 \\\n"
      "    --reason STILL_ASSISTED\n"
      "amparo retention decide 7K3P-92QX-A --anonymise --reason PERIOD_OVER",
      [deciding](Desk& desk) { return Decide(desk, *deciding); });
  decide->add_option("number", deciding->number, "Number of the case")
      ->required();
  decide->add_option("--keep-until", deciding->keep_until,
                     "Keeps it until that day");
  decide->add_flag("--delete", deciding->erase, "Deletes what is due");
  decide->add_flag("--anonymise", deciding->anonymise,
                   "Leaves a profile of nobody, for counting");
  decide->add_option("--reason", deciding->reason, kReasonHelp)->required();
}

}  // namespace amparo::cli
