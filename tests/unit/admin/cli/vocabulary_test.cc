// SPDX-License-Identifier: Apache-2.0
#include "amparo/office/v1/vocabulary.pb.h"
#include "tests/unit/admin/cli/cli_fixture.h"

namespace amparo::cli {
namespace {

using ::testing::HasSubstr;

class VocabularyVerb : public CliTest {
 protected:
  VocabularyVerb() {
    office::v1::GetCodeListResponse gender;
    gender.mutable_list()->set_id("gender");
    gender.mutable_list()->set_version("1");
    gender.mutable_list()->set_source("CTDC");
    gender.mutable_list()->set_licence("CC BY 4.0");
    auto* const code = gender.add_codes();
    code->set_code("Female");
    code->set_label("زن");
    code->add_aliases("Woman");
    code->add_aliases("Feminine");
    gender.set_language("prs");
    node_->Answer("VocabularyService.GetCodeList", gender);
  }
};

TEST_F(VocabularyVerb, ListsAreShownWithVersionAndSource) {
  office::v1::ListCodeListsResponse answer;
  auto* const list = answer.add_lists();
  list->set_id("country");
  list->set_version("2026");
  list->set_source("ISO 3166");
  list->set_codes(1280);
  node_->Answer("VocabularyService.ListCodeLists", answer);
  const Outcome outcome = Run({"vocabulary", "lists"});
  EXPECT_EQ(outcome.out,
            "List     Version  Codes  Source\n"
            "country  2026     1,280  ISO 3166\n");
}

TEST_F(VocabularyVerb, AListIsShownInTheLanguageAskedFor) {
  const Outcome outcome =
      Run({"vocabulary", "show", "gender", "--language", "prs"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("gender version 1, CTDC (CC BY 4.0)\n"));
  EXPECT_THAT(outcome.out, HasSubstr("Female  زن     Woman, Feminine"));
  const auto asked = node_->LastRequest<office::v1::GetCodeListRequest>(
      "VocabularyService.GetCodeList");
  EXPECT_EQ(asked.id(), "gender");
  EXPECT_EQ(asked.language(), "prs");
  const auto json = nlohmann::json::parse(
      Run({"vocabulary", "show", "gender", "--json"}).out);
  EXPECT_EQ(json["list"]["id"], "gender");
  EXPECT_EQ(json["codes"][0]["label"], "زن");
}

TEST_F(VocabularyVerb, VariablesSayHowManyCodesTheyTake) {
  office::v1::ListVariablesResponse answer;
  auto* const variable = answer.add_variables();
  variable->set_name("citizenship");
  variable->set_list("country");
  variable->set_kind(office::v1::VARIABLE_KIND_MULTIPLE);
  node_->Answer("VocabularyService.ListVariables", answer);
  EXPECT_THAT(Run({"vocabulary", "variables"}).out,
              HasSubstr("citizenship  country  multiple"));
}

TEST_F(VocabularyVerb, FieldsSayWhereTheyAreKept) {
  office::v1::ListFieldsResponse answer;
  auto* const field = answer.add_fields();
  field->set_standard("HTCDS-2.0");
  field->set_name("prs_FirstName");
  field->set_kind("text");
  field->set_home("identity");
  field->set_part("given_names");
  node_->Answer("VocabularyService.ListFields", answer);
  EXPECT_THAT(
      Run({"vocabulary", "fields", "--standard", "HTCDS-2.0"}).out,
      HasSubstr("HTCDS-2.0  prs_FirstName  text        identity  given_names"));
  EXPECT_EQ(node_
                ->LastRequest<office::v1::ListFieldsRequest>(
                    "VocabularyService.ListFields")
                .standard(),
            "HTCDS-2.0");
}

TEST_F(VocabularyVerb, TheCrosswalkTakesValuesAndShowsColumns) {
  office::v1::TranslateProfileResponse answer;
  auto* const cell = answer.add_cells();
  cell->set_field("meansThreats");
  cell->set_text("1");
  node_->Answer("VocabularyService.TranslateProfile", answer);
  const Outcome outcome = Run({"vocabulary", "crosswalk", "--to", "CTDC-27",
                               "--var", "meansOfControlThreats=1"});
  EXPECT_EQ(outcome.out, "Column        Text\nmeansThreats  1\n");
  const auto asked = node_->LastRequest<office::v1::TranslateProfileRequest>(
      "VocabularyService.TranslateProfile");
  ASSERT_EQ(asked.values_size(), 1);
  EXPECT_EQ(asked.values(0).variable(), "meansOfControlThreats");
  EXPECT_EQ(asked.values(0).code(), "1");
  for (const char* value : {"x", "=1", "x="}) {
    EXPECT_EQ(
        Run({"vocabulary", "crosswalk", "--to", "CTDC-27", "--var", value})
            .code,
        2)
        << value;
  }
}

}  // namespace
}  // namespace amparo::cli
