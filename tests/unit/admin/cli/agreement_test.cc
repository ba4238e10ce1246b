// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/agreement_terms.h"
#include "amparo/office/v1/peering.pb.h"
#include "tests/unit/admin/cli/cli_fixture.h"

namespace amparo::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kKyiv[] = "11111111111111111111111111111111";
constexpr char kOurs[] = "22222222222222222222222222222222";
constexpr char kAgreement[] = "33333333333333333333333333333333";

class AgreementVerb : public CliTest {
 protected:
  AgreementVerb() {
    office::v1::ListPeersResponse peers;
    peers.add_peers()->set_office_id(kKyiv);
    peers.mutable_peers(0)->set_name("Kyiv");
    node_->Answer("PeeringAdminService.ListPeers", peers);
    office::v1::GetAgreementResponse got;
    *got.mutable_agreement() = Proposed();
    node_->Answer("PeeringAdminService.GetAgreement", got);
    office::v1::SignAgreementResponse is_signed;
    *is_signed.mutable_agreement() = Proposed();
    is_signed.mutable_agreement()->set_in_force(true);
    node_->Answer("PeeringAdminService.SignAgreement", is_signed);
    office::v1::ProposeAgreementResponse proposed;
    *proposed.mutable_agreement() = Proposed();
    node_->Answer("PeeringAdminService.ProposeAgreement", proposed);
  }

  static office::v1::Agreement Proposed() {
    office::v1::Agreement agreement;
    agreement.set_agreement_id(kAgreement);
    agreement.set_hash("91b2d3aa" + std::string(56, '0'));
    agreement.set_proposer_id(kKyiv);
    agreement.set_acceptor_id(kOurs);
    agreement.set_state(office::v1::AGREEMENT_STATE_PROPOSED);
    agreement.mutable_terms()->add_purposes("TRANSNATIONAL_REFERRAL");
    agreement.mutable_terms()->add_proposer_letter_types("REFERRAL_REQUEST");
    return agreement;
  }

  std::vector<std::string> ProposeLine() const {
    return {"agreement",
            "propose",
            "--peer",
            "Kyiv",
            "--standard",
            "referral",
            "--legal-reference",
            "MoU 2026/14",
            "--impact-assessment",
            "DPIA 2026/3",
            "--impact-assessment-date",
            "2026-01-15"};
  }

  office::v1::AgreementTerms SentTerms() const {
    return node_
        ->LastRequest<office::v1::ProposeAgreementRequest>(
            "PeeringAdminService.ProposeAgreement")
        .terms();
  }

  bool WasCalled(const std::string& method) const {
    for (const auto& call : node_->calls()) {
      if (call.method == method) return true;
    }
    return false;
  }
};

TEST_F(AgreementVerb, ProposeReferralLetsBothAskAnswerAndDisclose) {
  const Outcome outcome = Run(ProposeLine());
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const auto terms = SentTerms();
  for (const auto& types :
       {terms.proposer_letter_types(), terms.acceptor_letter_types()}) {
    EXPECT_THAT(types, ElementsAre("REFERRAL_REQUEST", "REFERRAL_ANSWER",
                                   "DISCLOSURE"));
  }
  EXPECT_THAT(terms.handling_codes(), Contains("NO_ONWARD"));
  EXPECT_EQ(terms.statistics_policy(), "");
  EXPECT_EQ(terms.legal_reference(), "MoU 2026/14");
  // Kyiv's days: from today's start for 365 days; the assessment's own day.
  EXPECT_EQ(terms.valid_from_ms(), 1770069600000);
  EXPECT_EQ(terms.valid_until_ms(), 1770069600000 + 365ll * 86400000);
  EXPECT_EQ(terms.impact_assessment_at_ms(), 1768428000000);
}

TEST_F(AgreementVerb, ProposeStatisticsSharesNothingOfOnePerson) {
  auto line = ProposeLine();
  line[5] = "statistics";
  EXPECT_EQ(Run(line).code, 0);
  const auto terms = SentTerms();
  EXPECT_THAT(terms.proposer_letter_types(), ElementsAre("STATISTICS_RELEASE"));
  EXPECT_THAT(terms.categories(), ElementsAre("STATISTICAL_COUNTS"));
  EXPECT_THAT(terms.purposes(), ElementsAre("STATISTICS"));
}

TEST_F(AgreementVerb, ProposeTakesTermsFromAFileAndOptionsOverThem) {
  const std::string file = Write("terms.json",
                                 R"({"purposes": ["RESEARCH"],
                                     "retention_days": 10,
                                     "legal_reference": "old"})");
  auto line = ProposeLine();
  line[4] = "--terms";
  line[5] = file;
  line.insert(line.end(), {"--valid-from", "2026-03-01", "--valid-until",
                           "2026-04-01T12:00:00+00:00"});
  EXPECT_EQ(Run(line).code, 0);
  const auto terms = SentTerms();
  EXPECT_THAT(terms.purposes(), ElementsAre("RESEARCH"));
  EXPECT_EQ(terms.retention_days(), 10u);
  EXPECT_EQ(terms.legal_reference(), "MoU 2026/14");
  EXPECT_EQ(terms.valid_until_ms(), 1775044800000);
}

TEST_F(AgreementVerb, ProposeRefusesTermsItDoesNotUnderstand) {
  for (const char* const content :
       {"[]", "{\"purpose\": \"RESEARCH\"}", "{\"retention_days\": -1}",
        "{\"valid_from_ms\": \"9223372036854775807\"}",
        "{\"valid_until_ms\": -1}"}) {
    auto line = ProposeLine();
    line[4] = "--terms";
    line[5] = Write("terms.json", content);
    EXPECT_EQ(Run(line).code, 2) << content;
  }
  EXPECT_FALSE(WasCalled("PeeringAdminService.ProposeAgreement"));
}

TEST_F(AgreementVerb, ProposeNeedsTermsReferencesAndDates) {
  for (const size_t dropped : {size_t{4}, size_t{6}, size_t{8}, size_t{10}}) {
    auto line = ProposeLine();
    const auto at = line.begin() + static_cast<std::ptrdiff_t>(dropped);
    line.erase(at, at + 2);
    EXPECT_EQ(Run(line).code, 2) << dropped;
  }
  auto both = ProposeLine();
  both.insert(both.end(), {"--terms", Write("terms.json", "{}")});
  EXPECT_EQ(Run(both).code, 2);
  auto other = ProposeLine();
  other[5] = "everything";
  EXPECT_EQ(Run(other).code, 2);
  auto date = ProposeLine();
  date[11] = "15.01.2026";
  EXPECT_EQ(Run(date).code, 2);
  EXPECT_FALSE(WasCalled("PeeringAdminService.ProposeAgreement"));
}

TEST_F(AgreementVerb, SignShowsEveryTermAndAsksForTheHash) {
  prompter_.answers = {" 91B2D3AA "};
  const Outcome outcome = Run({"agreement", "sign", kAgreement});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("Kyiv may send         REFERRAL_REQUEST"));
  EXPECT_THAT(outcome.err, HasSubstr("91b2d3aa"));
  EXPECT_THAT(outcome.out, HasSubstr("in force"));
  EXPECT_EQ(node_
                ->LastRequest<office::v1::SignAgreementRequest>(
                    "PeeringAdminService.SignAgreement")
                .hash(),
            Proposed().hash());
}

TEST_F(AgreementVerb, SignRefusesAnotherHash) {
  for (const char* const typed : {"91b2d3ab", "00000000"}) {
    const Outcome outcome =
        Run({"agreement", "sign", kAgreement, "--hash", typed});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("AGREEMENT_HASH_MISMATCH"));
  }
  EXPECT_EQ(Run({"agreement", "sign", kAgreement, "--hash", "91b2d3a"}).code,
            2);
  EXPECT_FALSE(WasCalled("PeeringAdminService.SignAgreement"));
}

TEST_F(AgreementVerb, ListNamesThePartiesAndFiltersByPeer) {
  office::v1::ListAgreementsResponse list;
  *list.add_agreements() = Proposed();
  node_->Answer("PeeringAdminService.ListAgreements", list);
  const Outcome outcome = Run({"agreement", "list", "--peer", "Kyiv"});
  EXPECT_THAT(outcome.out, HasSubstr("Kyiv         This office  proposed"));
  EXPECT_EQ(node_
                ->LastRequest<office::v1::ListAgreementsRequest>(
                    "PeeringAdminService.ListAgreements")
                .office_id(),
            kKyiv);
  EXPECT_THAT(Run({"agreement", "list", "--json"}).out,
              HasSubstr("\"in_force\": false"));
}

}  // namespace
}  // namespace amparo::cli
