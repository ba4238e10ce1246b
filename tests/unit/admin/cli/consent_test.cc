// SPDX-License-Identifier: Apache-2.0
#include "amparo/office/v1/consent.pb.h"
#include "amparo/office/v1/peering.pb.h"
#include "tests/unit/admin/cli/cli_fixture.h"

namespace amparo::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kKyiv[] = "11111111111111111111111111111111";
constexpr char kAllSeven[] =
    "agrees_to_interview,purpose_explained,use_explained,"
    "research_use_explained,access_right_explained,storage_time_explained,"
    "withdrawal_explained";

class ConsentVerb : public CliTest {
 protected:
  ConsentVerb() {
    office::v1::ListPeersResponse peers;
    peers.add_peers()->set_office_id(kKyiv);
    peers.mutable_peers(0)->set_name("Kyiv");
    node_->Answer("PeeringAdminService.ListPeers", peers);
    office::v1::GiveConsentResponse given;
    given.set_consent_id("55555555555555555555555555555555");
    node_->Answer("ConsentService.GiveConsent", given);
  }

  Outcome Give(const std::string& confirmed,
               std::vector<std::string> more = {}) {
    std::vector<std::string> line = {
        "consent",       "give",       "--case",         "7K3P-92QX-A",
        "--purpose",     "X",          "--category",     "CODED_PROFILE",
        "--category",    "NEEDS",      "--given-by",     "self",
        "--method",      "WRITTEN",    "--language",     "uk",
        "--recipient",   "Kyiv",       "--text-version", "2026-1",
        "--valid-until", "2027-01-31", "--confirmed",    confirmed};
    line.insert(line.end(), more.begin(), more.end());
    return Run(line);
  }

  office::v1::GiveConsentRequest Given() const {
    return node_->LastRequest<office::v1::GiveConsentRequest>(
        "ConsentService.GiveConsent");
  }

  bool WasGiven() const {
    for (const auto& call : node_->calls()) {
      if (call.method == "ConsentService.GiveConsent") return true;
    }
    return false;
  }
};

office::v1::Consent Example(office::v1::ConsentState state) {
  office::v1::Consent consent;
  consent.set_consent_id("55555555555555555555555555555555");
  consent.set_purpose("TRANSNATIONAL_REFERRAL");
  consent.add_recipients(kKyiv);
  consent.add_categories("NEEDS");
  consent.set_state(state);
  consent.set_valid_until_ms(1780000000000);
  consent.set_withdrawn_at_ms(1770105600000);
  return consent;
}

TEST_F(ConsentVerb, GiveSendsWhatWasAgreed) {
  const Outcome outcome = Give(kAllSeven);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "Consent 55555555555555555555555555555555\n");
  const auto request = Given();
  EXPECT_EQ(request.case_number(), "7K3P-92QX-A");
  EXPECT_THAT(request.recipients(), ElementsAre(kKyiv));
  EXPECT_THAT(request.categories(), ElementsAre("CODED_PROFILE", "NEEDS"));
  EXPECT_EQ(request.given_by(), office::v1::CONSENT_GIVEN_BY_SELF);
  EXPECT_EQ(request.method(), office::v1::CONSENT_METHOD_WRITTEN);
  EXPECT_TRUE(request.questions().agrees_to_interview());
  EXPECT_TRUE(request.questions().withdrawal_explained());
  EXPECT_FALSE(request.assent());
  EXPECT_EQ(request.given_at_ms(), 0);
  EXPECT_EQ(request.valid_until_ms(), 1801346400000);
}

TEST_F(ConsentVerb, GiveTakesWhatAMinorNeeds) {
  EXPECT_EQ(Give(kAllSeven, {"--assent", "--best-interests", "BID-7",
                             "--exclude", "NAMES", "--given-at", "2026-02-01"})
                .code,
            0);
  EXPECT_TRUE(Given().assent());
  EXPECT_EQ(Given().best_interests_reference(), "BID-7");
  EXPECT_THAT(Given().exclusions(), ElementsAre("NAMES"));
  EXPECT_EQ(Given().given_at_ms(), 1769896800000);
}

TEST_F(ConsentVerb, EachOfTheSevenQuestionsMustBeNamed) {
  const std::string all = kAllSeven;
  for (size_t start = 0; start < all.size();) {
    const size_t end = std::min(all.find(',', start), all.size());
    std::string six = all;
    six.erase(start, end - start);
    const Outcome outcome = Give(six);
    EXPECT_EQ(outcome.code, 1) << six;
    EXPECT_THAT(outcome.err, HasSubstr("CONSENT_INCOMPLETE"));
    EXPECT_THAT(outcome.err, HasSubstr(all.substr(start, end - start)));
    start = end + 1;
  }
  EXPECT_FALSE(WasGiven());
}

TEST_F(ConsentVerb, NoOneWordConfirmsAllSeven) {
  for (const char* const word : {"all", "yes", "7", "*"}) {
    EXPECT_EQ(Give(word).code, 2) << word;
  }
  EXPECT_FALSE(WasGiven());
}

TEST_F(ConsentVerb, ARecipientThatIsNoPeerIsRefused) {
  EXPECT_EQ(Give(kAllSeven, {"--recipient", "Nowhere"}).code, 1);
  EXPECT_FALSE(WasGiven());
}

TEST_F(ConsentVerb, ListSaysWhetherEachHolds) {
  office::v1::ListConsentsResponse list;
  *list.add_consents() = Example(office::v1::CONSENT_STATE_ACTIVE);
  *list.add_consents() = Example(office::v1::CONSENT_STATE_WITHDRAWN);
  *list.add_consents() = Example(office::v1::CONSENT_STATE_ACTIVE);
  list.mutable_consents(2)->set_valid_until_ms(1770000000000);
  node_->Answer("ConsentService.ListConsents", list);
  for (const std::vector<std::string>& line :
       {std::vector<std::string>{"consent", "list", "--case", "7K3P-92QX-A"},
        std::vector<std::string>{"consent", "list", "7K3P-92QX-A"}}) {
    const std::string out = Run(line).out;
    EXPECT_THAT(out, HasSubstr("Kyiv  NEEDS  active"));
    EXPECT_THAT(out, HasSubstr("withdrawn 2026-02-03T10:00:00+02:00"));
    EXPECT_THAT(out, HasSubstr("expired"));
    EXPECT_EQ(node_
                  ->LastRequest<office::v1::ListConsentsRequest>(
                      "ConsentService.ListConsents")
                  .case_number(),
              "7K3P-92QX-A");
  }
}

TEST_F(ConsentVerb, ListAsksForTheCaseOnce) {
  const std::string help = Run({"consent", "list", "--help"}).out;
  EXPECT_THAT(help, HasSubstr("--case"));
  EXPECT_THAT(help, Not(HasSubstr("Positionals")));
  const Outcome without = Run({"consent", "list"});
  EXPECT_EQ(without.code, 2);
  EXPECT_THAT(without.err, HasSubstr("--case"));
}

TEST_F(ConsentVerb, ShowKeepsIdsWhenNamesMayNotBeRead) {
  office::v1::ShowConsentResponse shown;
  *shown.mutable_consent() = Example(office::v1::CONSENT_STATE_ACTIVE);
  node_ = nullptr;
  node_ = std::make_unique<FakeNode>(folder_);
  node_->Answer("ConsentService.ShowConsent", shown);
  const Outcome outcome = Run({"consent", "show", "5555"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr(kKyiv));
}

TEST_F(ConsentVerb, WithdrawSaysWhatFollows) {
  office::v1::WithdrawConsentResponse response;
  *response.mutable_consent() = Example(office::v1::CONSENT_STATE_WITHDRAWN);
  node_->Answer("ConsentService.WithdrawConsent", response);
  const Outcome outcome = Run({"consent", "withdraw", "5555"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("nothing leaves"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("CONSENT_STATE")));
}

}  // namespace
}  // namespace amparo::cli
