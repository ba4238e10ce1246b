// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/vocabulary_rpc.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/vocabulary/cells.h"

namespace amparo::vocabulary {
namespace {

namespace v1 = ::amparo::office::v1;

// A part of something that has an order: from the place the token names.
struct Page {
  size_t from = 0;
  size_t until = 0;
  std::string next_token;
};

absl::StatusOr<Page> PageOf(size_t count, int32_t size,
                            absl::string_view token) {
  if (size < 0 || size > limits::kPageSizeMax) {
    return FieldError("page_size", "must be 0 to 500");
  }
  Page page;
  if (!token.empty() &&
      (!absl::SimpleAtoi(token, &page.from) || page.from > count)) {
    return FieldError("page_token", "must be one that this list gave");
  }
  page.until = std::min(
      count, page.from + static_cast<size_t>(
                             size == 0 ? limits::kPageSizeDefault : size));
  if (page.until < count) page.next_token = absl::StrCat(page.until);
  return page;
}

void Write(const List& list, v1::CodeList* out) {
  out->set_id(list.id());
  out->set_version(list.version());
  out->set_source(list.source());
  out->set_licence(list.licence());
  out->set_codes(static_cast<uint32_t>(list.codes().size()));
  out->set_numbers(list.numbers());
}

void Write(const Field& field, v1::StandardField* out) {
  out->set_standard(field.standard);
  out->set_section(field.section);
  out->set_name(field.name);
  out->set_kind(std::string(Name(field.kind)));
  if (field.list != nullptr) out->set_list(field.list->id());
  out->set_core(field.core);
  out->set_deprecated(field.deprecated);
  out->set_alias(field.alias);
  out->set_home(std::string(Name(field.home)));
  out->set_part(field.part);
}

bool IsStandard(absl::string_view name) {
  return name == kCtdc63 || name == kCtdc27 || name == kHtcds;
}

absl::Status NoStandard() {
  return FieldError("standard", absl::StrCat("must be ", kCtdc63, ", ", kCtdc27,
                                             " or ", kHtcds));
}

}  // namespace

absl::Status Answer(const Lists& lists, const v1::ListCodeListsRequest& request,
                    v1::ListCodeListsResponse* response) {
  const std::vector<const List*> all = lists.All();
  ASSIGN_OR_RETURN(const Page page, PageOf(all.size(), request.page_size(),
                                           request.page_token()));
  for (size_t i = page.from; i < page.until; ++i) {
    Write(*all[i], response->add_lists());
  }
  response->set_next_page_token(page.next_token);
  response->set_edition(lists.edition());
  return absl::OkStatus();
}

absl::Status Answer(const Lists& lists, const Labels& labels,
                    const v1::GetCodeListRequest& request,
                    v1::GetCodeListResponse* response) {
  ASSIGN_OR_RETURN(const absl::string_view language,
                   LabelLanguage(request.language(), "language"));
  const List* const list = lists.FindList(request.id());
  if (list == nullptr) return FieldError("id", "must be the id of a list");
  ASSIGN_OR_RETURN(
      const Page page,
      PageOf(list->codes().size(), request.page_size(), request.page_token()));
  Write(*list, response->mutable_list());
  for (const Code& code :
       list->codes().subspan(page.from, page.until - page.from)) {
    v1::CodeEntry& entry = *response->add_codes();
    entry.set_code(code.code);
    entry.set_label(labels.Of(*list, code, language));
    for (const std::string& alias : code.aliases) entry.add_aliases(alias);
    entry.set_since(code.since);
    entry.set_withdrawn(code.withdrawn);
  }
  response->set_next_page_token(page.next_token);
  response->set_language(std::string(language));
  return absl::OkStatus();
}

absl::Status Answer(const Lists& lists, const v1::ListVariablesRequest& request,
                    v1::ListVariablesResponse* response) {
  const std::vector<const Variable*> all = lists.Variables();
  ASSIGN_OR_RETURN(const Page page, PageOf(all.size(), request.page_size(),
                                           request.page_token()));
  for (size_t i = page.from; i < page.until; ++i) {
    v1::ProfileVariable& variable = *response->add_variables();
    variable.set_name(all[i]->name);
    variable.set_list(all[i]->list->id());
    variable.set_kind(all[i]->derived    ? v1::VARIABLE_KIND_DERIVED
                      : all[i]->multiple ? v1::VARIABLE_KIND_MULTIPLE
                                         : v1::VARIABLE_KIND_SINGLE);
    for (const std::string& alias : all[i]->aliases) {
      variable.add_aliases(alias);
    }
  }
  response->set_next_page_token(page.next_token);
  return absl::OkStatus();
}

absl::Status Answer(const Fields& fields, const v1::ListFieldsRequest& request,
                    v1::ListFieldsResponse* response) {
  if (!request.standard().empty() && !IsStandard(request.standard())) {
    return NoStandard();
  }
  std::vector<const Field*> all;
  for (const Field& field : fields.all()) {
    if (request.standard().empty() || field.standard == request.standard()) {
      all.push_back(&field);
    }
  }
  ASSIGN_OR_RETURN(const Page page, PageOf(all.size(), request.page_size(),
                                           request.page_token()));
  for (size_t i = page.from; i < page.until; ++i) {
    Write(*all[i], response->add_fields());
  }
  response->set_next_page_token(page.next_token);
  return absl::OkStatus();
}

absl::Status Answer(const Lists& lists, const Fields& fields,
                    const v1::TranslateProfileRequest& request,
                    v1::TranslateProfileResponse* response) {
  if (!IsStandard(request.standard())) return NoStandard();
  if (static_cast<size_t>(request.values_size()) > limits::kProfileEntriesMax) {
    return FieldError("values", "must be at most 256");
  }
  std::vector<Coded> pairs;
  for (const v1::ProfileValue& value : request.values()) {
    ASSIGN_OR_RETURN(const Coded coded,
                     lists.Check(value.variable(), value.code()));
    pairs.push_back(coded);
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  for (size_t i = 1; i < pairs.size(); ++i) {
    if (pairs[i].variable == pairs[i - 1].variable &&
        !lists.FindVariable(pairs[i].variable)->multiple) {
      return FieldError(pairs[i].variable, "can have one code only");
    }
  }
  for (const Field& field : fields.all()) {
    const bool coded =
        field.home == Home::kProfile || field.home == Home::kComputed;
    if (field.standard != request.standard() || !coded || field.alias) {
      continue;
    }
    ASSIGN_OR_RETURN(std::string text, WriteCell(field, pairs));
    v1::FileCell& cell = *response->add_cells();
    cell.set_field(field.name);
    cell.set_text(std::move(text));
  }
  return absl::OkStatus();
}

grpc::Status VocabularyRpc::ListCodeLists(
    grpc::ServerContext* context, const v1::ListCodeListsRequest* request,
    v1::ListCodeListsResponse* response) {
  return gate_.Answer(*context,
                      "/amparo.office.v1.VocabularyService/ListCodeLists",
                      [&](const people::Caller&) {
                        return Answer(Lists::BuiltIn(), *request, response);
                      });
}

grpc::Status VocabularyRpc::GetCodeList(grpc::ServerContext* context,
                                        const v1::GetCodeListRequest* request,
                                        v1::GetCodeListResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.VocabularyService/GetCodeList",
      [&](const people::Caller&) {
        return Answer(Lists::BuiltIn(), Labels::BuiltIn(), *request, response);
      });
}

grpc::Status VocabularyRpc::ListVariables(
    grpc::ServerContext* context, const v1::ListVariablesRequest* request,
    v1::ListVariablesResponse* response) {
  return gate_.Answer(*context,
                      "/amparo.office.v1.VocabularyService/ListVariables",
                      [&](const people::Caller&) {
                        return Answer(Lists::BuiltIn(), *request, response);
                      });
}

grpc::Status VocabularyRpc::ListFields(grpc::ServerContext* context,
                                       const v1::ListFieldsRequest* request,
                                       v1::ListFieldsResponse* response) {
  return gate_.Answer(*context,
                      "/amparo.office.v1.VocabularyService/ListFields",
                      [&](const people::Caller&) {
                        return Answer(Fields::BuiltIn(), *request, response);
                      });
}

grpc::Status VocabularyRpc::TranslateProfile(
    grpc::ServerContext* context, const v1::TranslateProfileRequest* request,
    v1::TranslateProfileResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.VocabularyService/TranslateProfile",
      [&](const people::Caller&) {
        return Answer(Lists::BuiltIn(), Fields::BuiltIn(), *request, response);
      });
}

}  // namespace amparo::vocabulary
