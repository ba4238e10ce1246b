// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <tuple>
#include <utility>

#include "amparo/office/v1/case_entries.pb.h"
#include "amparo/office/v1/cases.pb.h"
#include "amparo/office/v1/third_persons.pb.h"
#include "tests/unit/admin/cli/cli_fixture.h"

namespace amparo::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr char kPerson[] = R"({
  "given_names": "Олена", "family_names": "Вигадана", "born": "1994-05",
  "documents": [{"type": "PASSPORT", "number": "EX17", "country": "UKR"}],
  "contacts": [{"type": "TELEPHONE", "value": "17",
                "safe_instruction": "Only messages."}]
})";

class CaseVerb : public CliTest {
 protected:
  CaseVerb() {
    office::v1::RegisterCaseResponse made;
    made.set_number("7K3P-92QX-A");
    made.set_treated_as_minor(true);
    node_->Answer("CaseService.RegisterCase", made);
    office::v1::GetCaseResponse shown;
    shown.mutable_summary()->set_number("7K3P-92QX-A");
    auto* const value = shown.add_profile();
    value->set_variable("gender");
    value->set_code("Female");
    value->set_label("Female");
    node_->Answer("CaseService.GetCase", shown);
    office::v1::GetIdentityResponse identity;
    identity.mutable_identity()->set_given_names("Олена");
    node_->Answer("CaseService.GetIdentity", identity);
  }

  office::v1::RegisterCaseRequest Registered() const {
    return node_->LastRequest<office::v1::RegisterCaseRequest>(
        "CaseService.RegisterCase");
  }
};

TEST_F(CaseVerb, RegisterSendsTheProfileAndAnIdentityFromAFile) {
  const Outcome outcome =
      Run({"case", "register", "--var", "gender=Female", "--var", "note=a=b",
           "--identity-file", Write("person.json", kPerson)});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Case 7K3P-92QX-A"));
  EXPECT_THAT(outcome.out, HasSubstr("guardian"));
  const auto request = Registered();
  ASSERT_EQ(request.profile_size(), 2);
  EXPECT_EQ(request.profile(0).variable(), "gender");
  EXPECT_EQ(request.profile(1).code(), "a=b");
  EXPECT_EQ(request.identity().given_names(), "Олена");
  EXPECT_EQ(request.identity().contacts(0).safe_instruction(),
            "Only messages.");
}

TEST_F(CaseVerb, RegisterWithoutNamesSendsNoIdentity) {
  EXPECT_EQ(Run({"case", "register", "--var", "gender=Female"}).code, 0);
  EXPECT_FALSE(Registered().has_identity());
}

TEST_F(CaseVerb, RegisterAsksForNamesOnTheTerminal) {
  prompter_.answers = {"Олена", "Вигадана", "", "", "1994"};
  EXPECT_EQ(
      Run({"case", "register", "--var", "gender=Female", "--ask-identity"})
          .code,
      0);
  EXPECT_EQ(Registered().identity().family_names(), "Вигадана");
  EXPECT_EQ(Registered().identity().born(), "1994");
}

TEST_F(CaseVerb, RegisterRefusesAnIdentityFileOthersMayRead) {
  const Outcome outcome = Run({"case", "register", "--identity-file",
                               Write("person.json", kPerson, 0640)});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("FILE_MODE_TOO_OPEN"));
  EXPECT_TRUE(node_->calls().empty());
}

TEST_F(CaseVerb, RegisterRefusesAWrongIdentityFileWithoutRepeatingIt) {
  for (const char* const content :
       {"Olena", "{\"name\": \"Olena\"}", "{\"given_names\": [\"Olena\"]}"}) {
    const Outcome outcome = Run(
        {"case", "register", "--identity-file", Write("person.json", content)});
    EXPECT_EQ(outcome.code, 2) << content;
    EXPECT_THAT(outcome.err, Not(HasSubstr("Olena")));
  }
  EXPECT_TRUE(node_->calls().empty());
}

TEST_F(CaseVerb, AFieldThatStandsTwiceInAnIdentityFileIsNamed) {
  const std::pair<const char*, const char*> files[] = {
      {R"({"given_names": "Olena", "given_names": "Maria"})", "given_names"},
      {R"({"given_names": "Olena", "givenNames": "Maria"})", "givenNames"},
      {R"({"born": "1994", "contacts": [{"type": "EMAIL", "value": "Olena"},
          {"type": "EMAIL", "value": "Olena", "type": "OTHER"}]})",
       "contacts.type"},
  };
  for (const auto& [content, key] : files) {
    const Outcome outcome = Run(
        {"case", "register", "--identity-file", Write("person.json", content)});
    EXPECT_EQ(outcome.code, 2) << content;
    EXPECT_THAT(outcome.err, HasSubstr("says " + std::string(key) + " twice"));
    EXPECT_THAT(outcome.err, Not(HasSubstr("Olena")));
    EXPECT_THAT(outcome.err, Not(HasSubstr("Maria")));
  }
  EXPECT_TRUE(node_->calls().empty());
}

TEST_F(CaseVerb, WhatStandsByItsDayAsksForTheDay) {
  for (const auto& [kind, option, value] :
       {std::tuple("decision", "--by", "Police"),
        std::tuple("risk", "--level", "HIGH")}) {
    EXPECT_THAT(Run({"case", "add", kind, "--help"}).out,
                ContainsRegex("--date[^\n]*REQUIRED"));
    const Outcome outcome =
        Run({"case", "add", kind, "7K3P-92QX-A", option, value});
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("--date"));
  }
  EXPECT_THAT(Run({"case", "add", "note", "--help"}).out,
              Not(ContainsRegex("--date[^\n]*REQUIRED")));
  EXPECT_TRUE(node_->calls().empty());
}

TEST_F(CaseVerb, RegisterRefusesAVariableWithoutACode) {
  for (const char* const variable : {"gender", "gender=", "=Female"}) {
    EXPECT_EQ(Run({"case", "register", "--var", variable}).code, 2);
  }
  EXPECT_TRUE(node_->calls().empty());
}

TEST_F(CaseVerb, ShowOpensTheIdentityOnlyWhenAsked) {
  const Outcome plain = Run({"case", "show", "7K3P-92QX-A"});
  EXPECT_THAT(plain.out, HasSubstr("gender    Female  Female"));
  EXPECT_EQ(node_->calls().size(), 1u);
  const Outcome asked = Run({"case", "show", "7K3P-92QX-A", "--identity"});
  EXPECT_THAT(asked.out, HasSubstr("Given names  Олена"));
  EXPECT_EQ(node_->calls().back().method, "CaseService.GetIdentity");
  const Outcome json =
      Run({"case", "show", "7K3P-92QX-A", "--identity", "--json"});
  const auto object = nlohmann::json::parse(json.out);
  EXPECT_EQ(object["summary"]["number"], "7K3P-92QX-A");
  EXPECT_EQ(object["identity"]["given_names"], "Олена");
}

TEST_F(CaseVerb, ListSaysWhatIsKnownOfEach) {
  office::v1::ListCasesResponse list;
  auto* const one = list.add_cases();
  one->set_number("7K3P-92QX-A");
  one->set_registered_at_ms(1770105600000);
  one->set_year(2026);
  one->set_has_identity(true);
  one->set_own(true);
  one->set_status("Active");
  one->set_risk_to_life(true);
  node_->Answer("CaseService.ListCases", list);
  EXPECT_EQ(
      Run({"case", "list"}).out,
      "Case         Registered                 Year  Source  Minor  Names   "
      "Whose  Status\n"
      "7K3P-92QX-A  2026-02-03T10:00:00+02:00  2026          no     sealed  "
      "yours  Active, RISK TO LIFE\n");
}

TEST_F(CaseVerb, AmendSendsOnlyThePartsThatTheFileNames) {
  node_->Answer("CaseService.AmendCase", office::v1::AmendCaseResponse());
  const Outcome outcome =
      Run({"case", "amend", "7K3P-92QX-A", "--version", "3", "--set",
           "gender=Female", "--remove", "citizenship", "--identity-file",
           Write("person.json", R"({"born": "1999", "otherLanguages": []})"),
           "--source-file", Write("source.txt", "passport\n")});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const auto request =
      node_->LastRequest<office::v1::AmendCaseRequest>("CaseService.AmendCase");
  EXPECT_EQ(request.expected_version(), 3u);
  EXPECT_EQ(request.source(), "passport");
  EXPECT_THAT(request.remove(), ElementsAre("citizenship"));
  EXPECT_THAT(request.identity_parts(),
              UnorderedElementsAre("born", "other_languages"));
}

TEST_F(CaseVerb, AMergeThatIsNotMadeSaysWhereAndEndsWithOne) {
  office::v1::MergeCasesResponse answer;
  auto* const conflict = answer.add_conflicts();
  conflict->set_field("gender");
  conflict->add_into("Female");
  conflict->add_merged("Male");
  answer.add_conflicts()->set_field("born");
  node_->Answer("CaseService.MergeCases", answer);
  prompter_.answers = {"same passport"};
  const Outcome outcome =
      Run({"case", "merge", "7K3P-92QX-A", "--into", "2M4T-81CD-6", "--prefer",
           "citizenship=merged"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("gender  Female  Male"));
  EXPECT_THAT(outcome.out, HasSubstr("born    sealed  sealed"));
  const auto request = node_->LastRequest<office::v1::MergeCasesRequest>(
      "CaseService.MergeCases");
  EXPECT_EQ(request.merged(), "7K3P-92QX-A");
  EXPECT_EQ(request.reason(), "same passport");
  ASSERT_EQ(request.choices_size(), 1);
  EXPECT_TRUE(request.choices(0).take_merged());
  EXPECT_EQ(Run({"case", "merge", "7K3P-92QX-A", "--into", "2M4T-81CD-6",
                 "--prefer", "gender"})
                .code,
            2);
}

TEST_F(CaseVerb, AMergeThatIsOnlyTriedAsksForNoReason) {
  node_->Answer("CaseService.MergeCases", office::v1::MergeCasesResponse());
  const Outcome outcome = Run(
      {"case", "merge", "7K3P-92QX-A", "--into", "2M4T-81CD-6", "--dry-run"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(prompter_.questions, IsEmpty());
}

TEST_F(CaseVerb, ARiskIsSentWithItsStatementAndShownOnTheCase) {
  node_->Answer("CaseEntryService.AddEntry", office::v1::AddEntryResponse());
  const Outcome outcome =
      Run({"case", "add", "risk", "7K3P-92QX-A", "--level", "EXTREME", "--date",
           "2025-02-11", "--risk-to-life", "--text-file",
           Write("risk.txt", "Threats.\nSeveral.\n")});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const auto request = node_->LastRequest<office::v1::AddEntryRequest>(
      "CaseEntryService.AddEntry");
  EXPECT_EQ(request.wording().happened(), "2025-02-11");
  EXPECT_TRUE(request.wording().risk().risk_to_life());
  EXPECT_EQ(request.wording().risk().statement(), "Threats.\nSeveral.");
  office::v1::GetCaseResponse shown;
  shown.mutable_summary()->set_risk_to_life(true);
  shown.mutable_risk()->set_kind("RISK");
  *shown.mutable_risk()->mutable_wording() = request.wording();
  node_->Answer("CaseService.GetCase", shown);
  Run({"case", "show", "7K3P-92QX-A"});  // As it was before.
  const Outcome show = Run({"case", "show", "7K3P-92QX-A"});
  EXPECT_THAT(show.out, HasSubstr("RISK TO LIFE"));
  EXPECT_THAT(show.out, HasSubstr("Threats."));
}

TEST_F(CaseVerb, AnEntryIsCorrectedWithTheVersionThatWasRead) {
  node_->Answer("CaseEntryService.AmendEntry",
                office::v1::AmendEntryResponse());
  prompter_.answers = {"Rang at noon.", "wrong hour"};
  const std::string id(32, 'a');
  EXPECT_EQ(Run({"case", "add", "note", "7K3P-92QX-A", "--amends", id,
                 "--version", "2"})
                .code,
            0);
  const auto request = node_->LastRequest<office::v1::AmendEntryRequest>(
      "CaseEntryService.AmendEntry");
  EXPECT_EQ(request.entry_id(), id);
  EXPECT_EQ(request.expected_version(), 2u);
  EXPECT_EQ(request.wording().note().text(), "Rang at noon.");
  EXPECT_EQ(request.reason(), "wrong hour");
}

TEST_F(CaseVerb, ThirdPersonsAreListedWithoutNames) {
  office::v1::ListThirdPersonsResponse list;
  auto* const one = list.add_persons();
  one->set_third_person_id("ab");
  one->set_kind("ALLEGED_PERPETRATOR");
  one->add_roles("Exploiter");
  node_->Answer("ThirdPersonService.ListThirdPersons", list);
  const Outcome outcome = Run({"case", "third", "list", "7K3P-92QX-A"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("ALLEGED_PERPETRATOR"));
  EXPECT_EQ(node_
                ->LastRequest<office::v1::ListThirdPersonsRequest>(
                    "ThirdPersonService.ListThirdPersons")
                .number(),
            "7K3P-92QX-A");
}

TEST_F(CaseVerb, AThirdPersonIsAmendedByAllThatIsSaidOfItNow) {
  office::v1::AmendThirdPersonResponse answer;
  answer.set_version(3);
  node_->Answer("ThirdPersonService.AmendThirdPerson", answer);
  prompter_.answers = {"her sister"};
  const std::string id(32, 'a');
  const Outcome outcome =
      Run({"case", "third", "amend", "7K3P-92QX-A", id, "--version", "2",
           "--kind", "DEPENDANT", "--relation", "CHILD", "--identity-file",
           Write("child.json", R"({"given_names": "Sino"})")});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "Version 3\n");
  const auto request = node_->LastRequest<office::v1::AmendThirdPersonRequest>(
      "ThirdPersonService.AmendThirdPerson");
  EXPECT_EQ(request.third_person_id(), id);
  EXPECT_EQ(request.expected_version(), 2u);
  EXPECT_EQ(request.relation(), "CHILD");
  EXPECT_EQ(request.identity().given_names(), "Sino");
  EXPECT_EQ(request.source(), "her sister");
}

TEST_F(CaseVerb, AThirdPersonIsShownWithWhatWasSaidBefore) {
  office::v1::GetThirdPersonResponse answer;
  answer.mutable_summary()->set_relation("CHILD");
  answer.mutable_summary()->set_version(2);
  auto* const before = answer.add_before();
  before->set_relation("SIBLING");
  before->set_source("her sister");
  before->mutable_identity()->set_given_names("Sina");
  node_->Answer("ThirdPersonService.GetThirdPerson", answer);
  const Outcome outcome =
      Run({"case", "third", "show", "7K3P-92QX-A", std::string(32, 'a')});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  for (const char* const said : {"CHILD", "SIBLING", "her sister", "Sina"}) {
    EXPECT_THAT(outcome.out, HasSubstr(said));
  }
}

TEST_F(CaseVerb, ListSendsItsFilter) {
  office::v1::ListCasesResponse list;
  list.add_cases()->set_number("7K3P-92QX-A");
  list.set_total(1234);
  node_->Answer("CaseService.ListCases", list);
  const Outcome outcome =
      Run({"case", "list", "--where", "gender=Female", "--where",
           "citizenship=TJK,UKR", "--not", "isForcedLabour=1", "--year",
           "2024..2025", "--registered", "2025-01-01..2025-01-31", "--minor",
           "no", "--status", "Active", "--limit", "1"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("1,234 cases in all"));
  const office::v1::CaseFilter filter =
      node_->LastRequest<office::v1::ListCasesRequest>("CaseService.ListCases")
          .filter();
  ASSERT_EQ(filter.where_size(), 3);
  EXPECT_EQ(filter.where(1).variable(), "citizenship");
  EXPECT_THAT(filter.where(1).codes(), ElementsAre("TJK", "UKR"));
  EXPECT_FALSE(filter.where(1).negated());
  EXPECT_TRUE(filter.where(2).negated());
  EXPECT_EQ(filter.year_from(), 2024);
  EXPECT_EQ(filter.year_to(), 2025);
  // The last day counts whole.
  EXPECT_EQ(filter.registered_before_ms() - filter.registered_from_ms(),
            int64_t{31} * 24 * 60 * 60 * 1000);
  EXPECT_TRUE(filter.has_minor());
  EXPECT_FALSE(filter.minor());
  EXPECT_THAT(filter.statuses(), ElementsAre("Active"));
}

TEST_F(CaseVerb, ListRefusesAFilterOfAnotherForm) {
  for (const std::vector<std::string>& bad :
       {std::vector<std::string>{"--where", "gender"},
        {"--where", "=Female"},
        {"--not", "gender="},
        {"--year", "soon"},
        {"--year", "2025..2024"},
        {"--registered", "2025-13-01"},
        {"--registered", "2025-02-01..2025-01-01"},
        {"--minor", "perhaps"}}) {
    std::vector<std::string> line = {"case", "list"};
    line.insert(line.end(), bad.begin(), bad.end());
    EXPECT_EQ(Run(line).code, 2) << bad[0] << " " << bad[1];
  }
  EXPECT_TRUE(node_->calls().empty());
}

TEST_F(CaseVerb, SearchTakesNamesFromAPrivateFileOnly) {
  office::v1::SearchCasesResponse found;
  found.add_cases()->set_number("7K3P-92QX-A");
  found.set_total(1);
  node_->Answer("CaseService.SearchCases", found);
  const Outcome outcome =
      Run({"case", "search", "--name-from", Write("name.txt", "Олена\n"),
           "--document-from", Write("document.txt", "FB 123456\n"), "--exact"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("7K3P-92QX-A"));
  const auto request = node_->LastRequest<office::v1::SearchCasesRequest>(
      "CaseService.SearchCases");
  EXPECT_EQ(request.name(), "Олена");
  EXPECT_EQ(request.document(), "FB 123456");
  EXPECT_EQ(request.telephone(), "");
  EXPECT_TRUE(request.exact_name());
  const Outcome open =
      Run({"case", "search", "--name-from", Write("open.txt", "Олена", 0644)});
  EXPECT_THAT(open.err, HasSubstr("FILE_MODE_TOO_OPEN"));
  EXPECT_NE(Run({"case", "search", "--name", "Olena"}).code, 0);
  // Half of a name would find nobody, or somebody else.
  const size_t before = node_->calls().size();
  for (const char* text : {"Олена\nВигадана\n", "\n", ""}) {
    EXPECT_EQ(
        Run({"case", "search", "--name-from", Write("more.txt", text)}).code,
        2);
  }
  EXPECT_EQ(node_->calls().size(), before);
}

}  // namespace
}  // namespace amparo::cli
