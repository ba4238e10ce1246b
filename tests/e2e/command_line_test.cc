// SPDX-License-Identifier: Apache-2.0
//
// The main job as people do it: with the `amparo` program and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "node/base/clock.h"
#include "tests/support/node_process.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Duration kEnds = absl::Seconds(60);
constexpr absl::Duration kArrival = absl::Seconds(60);

constexpr char kIdentity[] = R"({
  "given_names": "Олена", "family_names": "Вигадана",
  "given_names_romanised": "Olenka", "family_names_romanised": "Vyhadanenko",
  "born": "1994-05-17",
  "documents": [{"type": "PASSPORT", "number": "EX0000017",
                 "country": "UKR"}]
})";
constexpr char kQuestions[] =
    "agrees_to_interview,purpose_explained,use_explained,"
    "research_use_explained,access_right_explained,storage_time_explained,"
    "withdrawal_explained";

std::string InAYear() {
  return absl::FormatTime("%Y-%m-%d",
                          SystemClock().Now() + absl::Hours(24 * 365),
                          absl::UTCTimeZone());
}

class CommandLineTest : public testing::Test {
 protected:
  using Words = std::vector<std::string>;

  void SetUp() override {
    for (const char* const name : {"Kyiv", "Minsk"}) {
      NodeOptions options;
      options.name = name;
      options.config_lines = {"hello_interval = 1s"};
      auto made = NodeProcess::Init(folder_.path() + "/" + name, options);
      ASSERT_THAT(made, IsOk());
      ASSERT_THAT((*made)->Start(), IsOk());
      nodes_[name] = *std::move(made);
      WriteFile(CodeFile(name, "admin"), nodes_[name]->administrator_code());
      ASSERT_NO_FATAL_FAILURE(SignIn(name, "admin"));
    }
  }

  std::string CodeFile(const std::string& office, const std::string& person) {
    return absl::StrCat(folder_.path(), "/", office, "/", person, ".code");
  }

  // Runs the program as one of an office's people.
  Ending Run(const std::string& office, const std::string& person,
             const Words& words) {
    Words all = {
        AmparoPath(), "--socket", nodes_[office]->socket(), "--session",
        absl::StrCat(folder_.path(), "/", office, "/", person, ".session")};
    all.insert(all.end(), words.begin(), words.end());
    const auto ending = RunToEnd(all, kEnds);
    EXPECT_THAT(ending, IsOk());
    return ending.value_or(Ending{-1, ""});
  }
  // The same with --json; it must succeed.
  nlohmann::json Json(const std::string& office, const std::string& person,
                      Words words) {
    words.insert(words.begin(), "--json");
    const Ending ending = Run(office, person, words);
    EXPECT_EQ(ending.code, 0) << ending.output;
    nlohmann::json json = nlohmann::json::parse(ending.output, nullptr,
                                                /*allow_exceptions=*/false);
    EXPECT_TRUE(json.is_object()) << ending.output;
    return json;
  }

  void SignIn(const std::string& office, const std::string& person) {
    const std::string password =
        absl::StrCat(folder_.path(), "/", office, "/", person, ".password");
    WriteFile(password, "a password of tests\n");
    const Ending ending = Run(office, person,
                              {"login", person, "--password-file", password,
                               "--code-file", CodeFile(office, person)});
    ASSERT_EQ(ending.code, 0) << ending.output;
  }
  void AddPerson(const std::string& office, const std::string& person,
                 const std::string& role) {
    const Ending ending =
        Run(office, "admin",
            {"person", "add", person, "--role", role, "--team", "shelter",
             "--code-file", CodeFile(office, person)});
    ASSERT_EQ(ending.code, 0) << ending.output;
    ASSERT_NO_FATAL_FAILURE(SignIn(office, person));
  }

  // Until the program's output holds `text`.
  bool Shows(const std::string& office, const std::string& person,
             const Words& words, const std::string& text) {
    return Eventually(kArrival, [&] {
      return Run(office, person, words).output.find(text) != std::string::npos;
    });
  }

  void MakePeersAndAgree() {
    const std::string code = folder_.path() + "/invitation";
    ASSERT_EQ(
        Run("Kyiv", "admin", {"peer", "invite", "--code-file", code}).code, 0);
    ASSERT_EQ(
        Run("Minsk", "admin", {"peer", "accept", "--code-file", code}).code, 0);
    const std::map<std::string, std::string> other = {{"Kyiv", "Minsk"},
                                                      {"Minsk", "Kyiv"}};
    for (const auto& [office, peer] : other) {
      ASSERT_NO_FATAL_FAILURE(
          AddPerson(office, "dpo", "DATA_PROTECTION_OFFICER"));
      const std::string number = Json(
          peer, "admin", {"peer", "show", office})["peer"]["safety_number"];
      const Ending confirmed = Run(
          office, "dpo", {"peer", "confirm", peer, "--safety-number", number});
      ASSERT_EQ(confirmed.code, 0) << confirmed.output;
    }
    const Ending proposed = Run(
        "Kyiv", "admin",
        {"agreement", "propose", "--peer", "Minsk", "--standard", "referral",
         "--legal-reference", "MoU 2026/14", "--impact-assessment",
         "DPIA 2026/3", "--impact-assessment-date", "2026-01-15"});
    ASSERT_EQ(proposed.code, 0) << proposed.output;
    ASSERT_TRUE(Shows("Minsk", "admin", {"--json", "agreement", "list"},
                      "agreement_id"));
    const nlohmann::json agreement =
        Json("Minsk", "admin", {"agreement", "list"})["agreements"][0];
    const std::string hash = agreement["hash"];
    const Ending wrong = Run("Minsk", "admin",
                             {"agreement", "sign", agreement["agreement_id"],
                              "--hash", std::string(hash.size(), '0')});
    EXPECT_NE(wrong.code, 0);
    const Ending is_signed =
        Run("Minsk", "admin",
            {"agreement", "sign", agreement["agreement_id"], "--hash", hash});
    ASSERT_EQ(is_signed.code, 0) << is_signed.output;
    ASSERT_TRUE(Shows("Kyiv", "admin", {"--json", "agreement", "list"},
                      "AGREEMENT_STATE_SIGNED"));
  }

  Words Proposal(const std::string& number) {
    return {"referral",  "propose",    "--case",    number,
            "--peer",    "Minsk",      "--type",    "SERVICE_REFERRAL",
            "--urgency", "URGENT_72H", "--service", "SAFE_SHELTER",
            "--risk",    "MEDIUM"};
  }
  void GiveConsent(const std::string& number, const std::string& purpose,
                   const Words& categories) {
    Words words = {"consent",       "give",    "--case",         number,
                   "--purpose",     purpose,   "--recipient",    "Minsk",
                   "--given-by",    "SELF",    "--method",       "WRITTEN",
                   "--language",    "uk",      "--text-version", "2026-1",
                   "--valid-until", InAYear(), "--confirmed",    kQuestions};
    for (const std::string& category : categories) {
      words.push_back("--category");
      words.push_back(category);
    }
    const Ending ending = Run("Kyiv", "caseworker", words);
    ASSERT_EQ(ending.code, 0) << ending.output;
  }

  ScratchFolder folder_;
  std::map<std::string, std::unique_ptr<NodeProcess>> nodes_;
};

TEST_F(CommandLineTest, ReferralFromInvitationToTheOpenedFile) {
  ASSERT_NO_FATAL_FAILURE(MakePeersAndAgree());
  ASSERT_NO_FATAL_FAILURE(AddPerson("Kyiv", "caseworker", "CASEWORKER"));
  ASSERT_NO_FATAL_FAILURE(AddPerson("Minsk", "focal", "FOCAL_POINT"));
  const std::string identity = folder_.path() + "/identity.json";
  WriteFile(identity, kIdentity);
  const std::string number =
      Json("Kyiv", "caseworker",
           {"case", "register", "--var", "gender=Female", "--var",
            "ageBroad=30--38", "--var", "majorityStatus=Adult", "--var",
            "citizenship=UKR", "--identity-file", identity})["number"];

  const Ending refused = Run("Kyiv", "caseworker", Proposal(number));
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.output, HasSubstr("CONSENT_MISSING"));
  ASSERT_NO_FATAL_FAILURE(GiveConsent(number, "TRANSNATIONAL_REFERRAL",
                                      {"CODED_PROFILE", "NEEDS"}));
  ASSERT_NO_FATAL_FAILURE(
      GiveConsent(number, "IDENTITY_DISCLOSURE", {"NAMES"}));

  const std::string referral =
      Json("Kyiv", "caseworker", Proposal(number))["referral"]["referral_id"];
  ASSERT_TRUE(Shows("Kyiv", "caseworker",
                    {"--json", "referral", "show", referral}, "DELIVERED"));
  const Ending preview = Run("Minsk", "focal", {"referral", "show", referral});
  EXPECT_EQ(preview.code, 0);
  for (const char* const secret :
       {"Олена", "Vyhadanenko", "EX0000017", "1994-05-17"}) {
    EXPECT_THAT(preview.output, Not(HasSubstr(secret)));
  }
  EXPECT_THAT(preview.output, Not(HasSubstr(number)));
  EXPECT_EQ(Run("Minsk", "focal", {"referral", "accept", referral}).code, 0);
  ASSERT_TRUE(Shows("Kyiv", "caseworker",
                    {"--json", "referral", "show", referral},
                    "REFERRAL_STATE_ACCEPTED"));
  const Ending disclosed =
      Run("Kyiv", "caseworker",
          {"referral", "disclose", referral, "--category", "NAMES"});
  ASSERT_EQ(disclosed.code, 0) << disclosed.output;
  ASSERT_TRUE(
      Shows("Minsk", "focal", {"referral", "open", referral}, "Vyhadanenko"));
  EXPECT_THAT(Run("Minsk", "focal", {"referral", "open", referral}).output,
              Not(HasSubstr("EX0000017")));
}

TEST_F(CommandLineTest, ExitCodesTellWhatWentWrong) {
  EXPECT_EQ(Run("Kyiv", "admin", {"whoami"}).code, 0);
  EXPECT_EQ(Run("Kyiv", "admin", {"case", "list"}).code, 1);
  EXPECT_EQ(Run("Kyiv", "admin", {"peer", "show"}).code, 2);
  EXPECT_EQ(Run("Kyiv", "admin", {"nonsense"}).code, 2);
  EXPECT_EQ(Run("Kyiv", "stranger", {"whoami"}).code, 3);
  EXPECT_EQ(Run("Kyiv", "admin", {"logout"}).code, 0);
  EXPECT_EQ(Run("Kyiv", "admin", {"whoami"}).code, 3);
  nodes_["Minsk"]->Kill();
  EXPECT_EQ(Run("Minsk", "admin", {"whoami"}).code, 4);
}

}  // namespace
}  // namespace amparo
