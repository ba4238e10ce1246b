// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "admin/cli/failure.h"
#include "admin/cli/output.h"
#include "admin/cli/verbs.h"
#include "amparo/office/v1/vocabulary.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::VocabularyService;

struct VocabularyOptions {
  std::string list;
  std::string language;
  std::string standard;
  std::vector<std::string> values;
  Paging paging;
};

absl::Status ShowLists(Desk& desk, const VocabularyOptions& options) {
  ASSIGN_OR_RETURN(const auto answer,
                   Gather(desk, &VocabularyService::Stub::ListCodeLists,
                          office::v1::ListCodeListsRequest(), options.paging,
                          [](office::v1::ListCodeListsResponse* page) {
                            return page->mutable_lists();
                          }));
  Columns rows({"List", "Version", "Codes", "Source"}, {2});
  for (const office::v1::CodeList& list : answer.lists()) {
    rows.Add({list.id(), list.version(), Grouped(list.codes()), list.source()});
  }
  return desk.Print(
      answer, rows.Text("No lists.") + MoreText(answer.next_page_token()));
}

absl::Status ShowList(Desk& desk, const VocabularyOptions& options) {
  office::v1::GetCodeListRequest request;
  request.set_id(options.list);
  request.set_language(options.language);
  // Gather keeps the pages' entries only; the rest is the same on every page.
  office::v1::GetCodeListResponse about;
  {
    office::v1::GetCodeListRequest first = request;
    first.set_page_size(1);
    ASSIGN_OR_RETURN(about,
                     desk.Call(&VocabularyService::Stub::GetCodeList, first));
  }
  ASSIGN_OR_RETURN(
      auto answer,
      Gather(desk, &VocabularyService::Stub::GetCodeList, request,
             options.paging, [](office::v1::GetCodeListResponse* page) {
               return page->mutable_codes();
             }));
  *answer.mutable_list() = about.list();
  answer.set_language(about.language());
  Columns rows({"Code", "Label", "Also", "Withdrawn in"});
  for (const office::v1::CodeEntry& code : answer.codes()) {
    rows.Add({code.code(), code.label(), absl::StrJoin(code.aliases(), ", "),
              code.withdrawn()});
  }
  return desk.Print(
      answer,
      absl::StrCat(Printable(answer.list().id()), " version ",
                   Printable(answer.list().version()), ", ",
                   Printable(answer.list().source()), " (",
                   Printable(answer.list().licence()), ")\n\n",
                   rows.Text("No codes."), MoreText(answer.next_page_token())));
}

absl::Status ShowVariables(Desk& desk, const VocabularyOptions& options) {
  ASSIGN_OR_RETURN(const auto answer,
                   Gather(desk, &VocabularyService::Stub::ListVariables,
                          office::v1::ListVariablesRequest(), options.paging,
                          [](office::v1::ListVariablesResponse* page) {
                            return page->mutable_variables();
                          }));
  Columns rows({"Variable", "List", "Takes", "Also"});
  for (const office::v1::ProfileVariable& variable : answer.variables()) {
    rows.Add({variable.name(), variable.list(), EnumWord(variable.kind()),
              absl::StrJoin(variable.aliases(), ", ")});
  }
  return desk.Print(
      answer, rows.Text("No variables.") + MoreText(answer.next_page_token()));
}

absl::Status ShowFields(Desk& desk, const VocabularyOptions& options) {
  office::v1::ListFieldsRequest request;
  request.set_standard(options.standard);
  ASSIGN_OR_RETURN(
      const auto answer,
      Gather(desk, &VocabularyService::Stub::ListFields, request,
             options.paging, [](office::v1::ListFieldsResponse* page) {
               return page->mutable_fields();
             }));
  Columns rows({"Standard", "Field", "Kind", "List", "Kept in", "As"});
  for (const office::v1::StandardField& field : answer.fields()) {
    rows.Add({field.standard(), field.name(), field.kind(), field.list(),
              field.home(), field.part()});
  }
  return desk.Print(
      answer, rows.Text("No fields.") + MoreText(answer.next_page_token()));
}

absl::Status Crosswalk(Desk& desk, const VocabularyOptions& options) {
  office::v1::TranslateProfileRequest request;
  request.set_standard(options.standard);
  for (const std::string& value : options.values) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(value, absl::MaxSplits('=', 1));
    if (pair.first.empty() || pair.second.empty()) {
      return UsageError("--var", "must be VARIABLE=CODE");
    }
    office::v1::ProfileValue* const one = request.add_values();
    one->set_variable(pair.first);
    one->set_code(pair.second);
  }
  ASSIGN_OR_RETURN(
      const office::v1::TranslateProfileResponse answer,
      desk.Call(&VocabularyService::Stub::TranslateProfile, request));
  Columns rows({"Column", "Text"});
  for (const office::v1::FileCell& cell : answer.cells()) {
    rows.Add({cell.field(), cell.text()});
  }
  return desk.Print(answer, rows.Text("No columns."));
}

}  // namespace

void AddVocabularyVerbs(Verbs& verbs) {
  CLI::App* const noun =
      verbs.Noun("vocabulary", "Code lists, variables, fields of standards");
  auto options = std::make_shared<VocabularyOptions>();
  CLI::App* const lists =
      verbs.Add(noun, "lists", "Lists the code lists",
                "amparo vocabulary lists --limit 100",
                [options](Desk& desk) { return ShowLists(desk, *options); });
  AddPaging(lists, &options->paging);
  CLI::App* const show = verbs.Add(
      noun, "show", "Shows the codes of a list, with labels in a language",
      "amparo vocabulary show gender\n"
      "amparo vocabulary show country --language prs --limit 300",
      [options](Desk& desk) { return ShowList(desk, *options); });
  show->add_option("list", options->list, "Id of the list")->required();
  show->add_option("--language", options->language,
                   "Of the labels: en, es, fr, ru, zh, ar or prs (Dari)");
  AddPaging(show, &options->paging);
  CLI::App* const variables = verbs.Add(
      noun, "variables", "Lists what a profile can hold",
      "amparo vocabulary variables --limit 100",
      [options](Desk& desk) { return ShowVariables(desk, *options); });
  AddPaging(variables, &options->paging);
  CLI::App* const fields = verbs.Add(
      noun, "fields", "Lists the fields of the standards and who keeps them",
      "amparo vocabulary fields --standard HTCDS-2.0 --limit 100",
      [options](Desk& desk) { return ShowFields(desk, *options); });
  fields->add_option("--standard", options->standard,
                     "CTDC-63, CTDC-27 or HTCDS-2.0; all without it");
  AddPaging(fields, &options->paging);
  CLI::App* const crosswalk = verbs.Add(
      noun, "crosswalk",
      "Shows how values stand in a file of a standard; stores nothing",
      "amparo vocabulary crosswalk --to CTDC-27 \\\n"
      "    --var meansOfControlDebtBondage=1 --var citizenship=TJ",
      [options](Desk& desk) { return Crosswalk(desk, *options); });
  crosswalk
      ->add_option("--to", options->standard, "CTDC-63, CTDC-27 or HTCDS-2.0")
      ->required();
  Repeated(crosswalk->add_option("--var", options->values,
                                 "VARIABLE=CODE; may be repeated"));
}

}  // namespace amparo::cli
