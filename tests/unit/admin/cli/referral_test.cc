// SPDX-License-Identifier: Apache-2.0
#include "amparo/office/v1/referral.pb.h"
#include "tests/unit/admin/cli/cli_fixture.h"

namespace amparo::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kReferral[] = "77777777777777777777777777777777";

office::v1::Referral Outgoing() {
  office::v1::Referral referral;
  referral.set_referral_id(kReferral);
  referral.set_direction(office::v1::REFERRAL_DIRECTION_OUTGOING);
  referral.set_state(office::v1::REFERRAL_STATE_REQUESTED);
  referral.set_peer_name("Washington");
  referral.set_case_number("7K3P-92QX-A");
  referral.set_pseudonym("abcd");
  referral.set_referral_type("SERVICE_REFERRAL");
  referral.set_urgency("URGENT_72H");
  referral.add_services("SAFE_SHELTER");
  referral.set_risk_level("HIGH");
  referral.set_risk_to_life(true);
  referral.set_created_at_ms(1770105600000);
  referral.set_respond_by_ms(1770364800000);
  auto* const value = referral.add_preview();
  value->set_variable("gender");
  value->set_code("Female");
  auto* const rung = referral.add_evidence();
  rung->set_kind("DELIVERED");
  rung->set_letter_type("REFERRAL_REQUEST");
  rung->set_issued_at_ms(1770105601000);
  return referral;
}

class ReferralVerb : public CliTest {
 protected:
  template <class Response>
  void AnswerWith(const std::string& method,
                  const office::v1::Referral& referral) {
    Response response;
    *response.mutable_referral() = referral;
    node_->Answer("ReferralService." + method, response);
  }
};

TEST_F(ReferralVerb, ProposeSendsTheRequestAndShowsIt) {
  AnswerWith<office::v1::ProposeReferralResponse>("ProposeReferral",
                                                  Outgoing());
  const Outcome outcome =
      Run({"referral", "propose", "--case", "7K3P-92QX-A", "--peer",
           "Washington", "--type", "SERVICE_REFERRAL", "--urgency",
           "URGENT_72H", "--service", "SAFE_SHELTER", "--service", "MEDICAL",
           "--risk", "HIGH", "--risk-to-life"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const auto request = node_->LastRequest<office::v1::ProposeReferralRequest>(
      "ReferralService.ProposeReferral");
  EXPECT_EQ(request.peer(), "Washington");
  EXPECT_THAT(request.services(), ElementsAre("SAFE_SHELTER", "MEDICAL"));
  EXPECT_TRUE(request.risk_to_life());
  EXPECT_FALSE(request.again());
  EXPECT_EQ(outcome.out,
            "Referral          77777777777777777777777777777777\n"
            "To                Washington\n"
            "State             requested\n"
            "Case              7K3P-92QX-A\n"
            "Person is called  abcd\n"
            "Type              SERVICE_REFERRAL\n"
            "Urgency           URGENT_72H\n"
            "Services          SAFE_SHELTER\n"
            "Risk              HIGH, RISK TO LIFE\n"
            "Made              2026-02-03T10:00:00+02:00\n"
            "Answer due        2026-02-06T10:00:00+02:00\n"
            "Identifying file  no\n"
            "\n"
            "Variable  Code\n"
            "gender    Female\n"
            "\n"
            "Receipt    For               Signed\n"
            "DELIVERED  REFERRAL_REQUEST  2026-02-03T10:00:01+02:00\n");
}

TEST_F(ReferralVerb, ProposeWithoutConsentSaysWhatToDo) {
  node_->Refuse("ReferralService.ProposeReferral",
                RefusalOnWire(grpc::StatusCode::FAILED_PRECONDITION,
                              "CONSENT_MISSING", "there is no consent"));
  const Outcome outcome =
      Run({"referral", "propose", "--case", "7K3P-92QX-A", "--peer", "B",
           "--type", "T", "--urgency", "U", "--service", "S", "--risk", "R"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("CONSENT_MISSING: there is no consent"));
  EXPECT_THAT(outcome.err, HasSubstr("amparo consent give"));
}

TEST_F(ReferralVerb, ShowNeutralisesWhatThePeerSent) {
  office::v1::Referral referral = Outgoing();
  referral.set_direction(office::v1::REFERRAL_DIRECTION_INCOMING);
  referral.set_peer_name("Ky\x1B[8miv");
  referral.mutable_preview(0)->set_code("Fe\rmale");
  referral.set_disclosed(true);
  AnswerWith<office::v1::ShowReferralResponse>("ShowReferral", referral);
  const Outcome outcome = Run({"referral", "show", kReferral});
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1B")));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\r")));
  EXPECT_THAT(outcome.out, HasSubstr("From"));
  EXPECT_THAT(outcome.out, HasSubstr("here: `amparo referral open`"));
}

TEST_F(ReferralVerb, JsonKeepsTheFieldsScriptsReadInOrder) {
  AnswerWith<office::v1::ShowReferralResponse>("ShowReferral", Outgoing());
  const Outcome outcome = Run({"referral", "show", kReferral, "--json"});
  EXPECT_THAT(outcome.out,
              HasSubstr("        \"kind\": \"DELIVERED\",\n"
                        "        \"letter_type\": \"REFERRAL_REQUEST\",\n"
                        "        \"issued_at_ms\": \"1770105601000\"\n"));
  EXPECT_THAT(outcome.out,
              HasSubstr("\"state\": \"REFERRAL_STATE_REQUESTED\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"disclosed\": false"));
}

TEST_F(ReferralVerb, ListFiltersByDirection) {
  office::v1::ListReferralsResponse list;
  *list.add_referrals() = Outgoing();
  node_->Answer("ReferralService.ListReferrals", list);
  const Outcome outcome = Run({"referral", "list", "--direction", "outgoing"});
  EXPECT_EQ(node_
                ->LastRequest<office::v1::ListReferralsRequest>(
                    "ReferralService.ListReferrals")
                .direction(),
            office::v1::REFERRAL_DIRECTION_OUTGOING);
  EXPECT_THAT(outcome.out, HasSubstr("to  Washington  7K3P-92QX-A  requested"));
}

// After a restore two offices may believe different answers.
TEST_F(ReferralVerb, AConflictNamesTheNextStep) {
  office::v1::Referral changed = Outgoing();
  changed.set_state(office::v1::REFERRAL_STATE_DECLINED);
  changed.set_former_answer(office::v1::REFERRAL_STATE_ACCEPTED);
  office::v1::Referral unheard = Outgoing();
  unheard.set_direction(office::v1::REFERRAL_DIRECTION_INCOMING);
  unheard.set_state(office::v1::REFERRAL_STATE_ACCEPTED);
  unheard.set_answer_not_taken("NOT_ALLOWED");
  AnswerWith<office::v1::ShowReferralResponse>("ShowReferral", changed);
  AnswerWith<office::v1::ShowReferralResponse>("ShowReferral", unheard);
  EXPECT_THAT(Run({"referral", "show", kReferral}).out,
              HasSubstr("Washington had answered accepted, was restored from a "
                        "backup since and answered declined: telephone it"));
  EXPECT_THAT(Run({"referral", "show", kReferral}).out,
              HasSubstr("Washington did not take your answer (NOT_ALLOWED) and "
                        "may not know of it: telephone it"));
  office::v1::ListReferralsResponse list;
  *list.add_referrals() = changed;
  *list.add_referrals() = unheard;
  *list.add_referrals() = Outgoing();
  node_->Answer("ReferralService.ListReferrals", list);
  const std::string out = Run({"referral", "list"}).out;
  EXPECT_THAT(out, HasSubstr("declined, TELEPHONE"));
  EXPECT_THAT(out, HasSubstr("accepted, TELEPHONE"));
  EXPECT_THAT(out, Not(HasSubstr("requested, TELEPHONE")));
}

TEST_F(ReferralVerb, AnswersTellWhatFollows) {
  AnswerWith<office::v1::AcceptReferralResponse>("AcceptReferral", Outgoing());
  AnswerWith<office::v1::DeclineReferralResponse>("DeclineReferral",
                                                  Outgoing());
  EXPECT_THAT(Run({"referral", "accept", kReferral}).out,
              HasSubstr("Washington is told"));
  EXPECT_THAT(
      Run({"referral", "decline", kReferral, "--reason", "NO_CAPACITY"}).out,
      HasSubstr("Washington is told the reason"));
  EXPECT_EQ(node_
                ->LastRequest<office::v1::DeclineReferralRequest>(
                    "ReferralService.DeclineReferral")
                .reason(),
            "NO_CAPACITY");
  EXPECT_EQ(Run({"referral", "decline", kReferral}).code, 2);
}

TEST_F(ReferralVerb, DiscloseSendsOnlyTheCategoriesNamed) {
  AnswerWith<office::v1::DiscloseIdentityResponse>("DiscloseIdentity",
                                                   Outgoing());
  EXPECT_EQ(Run({"referral", "disclose", kReferral}).code, 2);
  const Outcome outcome = Run({"referral", "disclose", kReferral, "--category",
                               "NAMES", "--category", "DATES_OF_BIRTH"});
  EXPECT_THAT(outcome.out, HasSubstr("NAMES, DATES_OF_BIRTH"));
  EXPECT_THAT(node_
                  ->LastRequest<office::v1::DiscloseIdentityRequest>(
                      "ReferralService.DiscloseIdentity")
                  .categories(),
              ElementsAre("NAMES", "DATES_OF_BIRTH"));
}

TEST_F(ReferralVerb, OpenShowsHowAContactIsSafe) {
  office::v1::OpenDisclosureResponse file;
  file.set_given_names("Олена");
  auto* const contact = file.add_contacts();
  contact->set_type("TELEPHONE");
  contact->set_value("17");
  contact->set_safe_instruction("Only messages.");
  file.add_handling_codes("NO_ONWARD");
  node_->Answer("ReferralService.OpenDisclosure", file);
  EXPECT_EQ(Run({"referral", "open", kReferral}).out,
            "Given names  Олена\n"
            "Contact      TELEPHONE 17\n"
            "  safe use   Only messages.\n"
            "Handling     NO_ONWARD\n");
}

}  // namespace
}  // namespace amparo::cli
