// SPDX-License-Identifier: Apache-2.0
#include "amparo/office/v1/retention.pb.h"
#include "tests/unit/admin/cli/cli_fixture.h"

namespace amparo::cli {
namespace {

namespace v1 = office::v1;
using ::testing::HasSubstr;

class RetentionVerb : public CliTest {
 protected:
  v1::DecideRetentionRequest Decided(std::vector<std::string> how) {
    v1::DecideRetentionResponse answer;
    answer.set_outcome("DONE");
    node_->Answer("RetentionService.DecideRetention", answer);
    std::vector<std::string> words = {"retention", "decide", "7K3P-92QX-A",
                                      "--reason", "PERIOD_OVER"};
    words.insert(words.end(), how.begin(), how.end());
    const Outcome outcome = Run(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return node_->LastRequest<v1::DecideRetentionRequest>(
        "RetentionService.DecideRetention");
  }
};

TEST_F(RetentionVerb, RulesAreListedAndSet) {
  v1::ListRetentionRulesResponse rules;
  auto* const rule = rules.add_rules();
  rule->set_category("NOTE");
  rule->set_minors(true);
  rule->set_days(1826);
  rule->set_action("ASK");
  node_->Answer("RetentionService.ListRetentionRules", rules);
  const Outcome list = Run({"retention", "list"});
  EXPECT_THAT(list.out, HasSubstr("1,826"));
  EXPECT_THAT(list.out, HasSubstr("minors"));
  node_->Answer("RetentionService.SetRetentionRule",
                v1::SetRetentionRuleResponse());
  EXPECT_EQ(Run({"retention", "set", "--category", "NOTE", "--days", "30",
                 "--action", "DELETE", "--minors"})
                .code,
            0);
  const auto sent = node_->LastRequest<v1::SetRetentionRuleRequest>(
      "RetentionService.SetRetentionRule");
  EXPECT_EQ(sent.rule().category(), "NOTE");
  EXPECT_EQ(sent.rule().days(), 30);
  EXPECT_EQ(sent.rule().action(), "DELETE");
  EXPECT_TRUE(sent.rule().minors());
}

TEST_F(RetentionVerb, DueCasesAreShownWithWhatKeepsThem) {
  v1::ListDueCasesResponse due;
  auto* const one = due.add_cases();
  one->set_number("7K3P-92QX-A");
  one->set_kept_by("LEGAL_HOLD");
  auto* const category = one->add_due();
  category->set_category("CASE_FILE");
  category->set_action("ASK");
  node_->Answer("RetentionService.ListDueCases", due);
  const Outcome outcome = Run({"retention", "due"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("CASE_FILE: ASK"));
  EXPECT_THAT(outcome.out, HasSubstr("LEGAL_HOLD"));
}

TEST_F(RetentionVerb, OneDecisionIsSent) {
  EXPECT_EQ(Decided({"--delete"}).decision(), v1::RETENTION_DECISION_DELETE);
  EXPECT_EQ(Decided({"--anonymise"}).decision(),
            v1::RETENTION_DECISION_ANONYMISE);
  const auto kept = Decided({"--keep-until", "2031-01-31"});
  EXPECT_EQ(kept.decision(), v1::RETENTION_DECISION_KEEP);
  EXPECT_GT(kept.keep_until_ms(), 0);
  EXPECT_EQ(kept.reason(), "PERIOD_OVER");
  for (const std::vector<std::string>& how :
       {std::vector<std::string>{},
        std::vector<std::string>{"--delete", "--anonymise"}}) {
    std::vector<std::string> words = {"retention", "decide", "7K3P-92QX-A",
                                      "--reason", "PERIOD_OVER"};
    words.insert(words.end(), how.begin(), how.end());
    EXPECT_EQ(Run(words).code, 2);
  }
}

TEST_F(RetentionVerb, ACaseIsHeldAndReleased) {
  node_->Answer("RetentionService.SetLegalHold", v1::SetLegalHoldResponse());
  EXPECT_EQ(Run({"case", "hold", "7K3P-92QX-A", "--reason", "COMPLAINT"}).code,
            0);
  EXPECT_FALSE(node_
                   ->LastRequest<v1::SetLegalHoldRequest>(
                       "RetentionService.SetLegalHold")
                   .release());
  EXPECT_EQ(Run({"case", "hold", "7K3P-92QX-A", "--release", "--reason",
                 "NO_LONGER_NEEDED"})
                .code,
            0);
  EXPECT_TRUE(node_
                  ->LastRequest<v1::SetLegalHoldRequest>(
                      "RetentionService.SetLegalHold")
                  .release());
}

}  // namespace
}  // namespace amparo::cli
