// SPDX-License-Identifier: Apache-2.0
//
// Listing and searching cases: the part of CasesActions that looks over many.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/cases/cases_actions.h"

namespace amparo::cases {
namespace {

using people::Permission;

// Which parts were asked for, never what for.
std::string KindOf(const PersonQuery& query) {
  std::string kind;
  for (const auto& [text, name] :
       {std::pair<const std::string&, const char*>(query.name, "NAME"),
        {query.document, "DOCUMENT"},
        {query.telephone, "TELEPHONE"}}) {
    if (text.empty()) continue;
    absl::StrAppend(&kind, kind.empty() ? "" : "+", name);
  }
  return kind;
}

}  // namespace

absl::StatusOr<CaseList> CasesActions::Open(Columns::Page page) const {
  CaseList list;
  list.next = std::move(page.next);
  list.total = page.total;
  for (const CaseId& id : page.cases) {
    ASSIGN_OR_RETURN(std::optional<Case> file,
                     services_.registry.Get(services_.store, id));
    // Gone since it was found.
    if (file.has_value()) list.cases.push_back(*std::move(file));
  }
  return list;
}

absl::StatusOr<CaseList> CasesActions::List(const people::Caller& caller,
                                            ListRequest request) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseRead));
  if (request.page_size < 0 || request.page_size > limits::kPageSizeMax) {
    return FieldError("page_size",
                      absl::StrCat("must be 0 to ", limits::kPageSizeMax));
  }
  RETURN_IF_ERROR(CheckFilter(vocabulary::Lists::BuiltIn(), request.filter));
  RETURN_IF_ERROR(services_.registry.ReadColumns(services_.store));
  const size_t limit = static_cast<size_t>(
      request.page_size == 0 ? limits::kPageSizeDefault : request.page_size);
  ASSIGN_OR_RETURN(Columns::Page page,
                   services_.registry.columns().Find(
                       ViewerOf(caller, Permission::kCaseRead), request.filter,
                       limit, request.page_token));
  return Open(std::move(page));
}

absl::StatusOr<CaseList> CasesActions::Search(const people::Caller& caller,
                                              const PersonQuery& query) {
  RETURN_IF_ERROR(caller.May(Permission::kCaseSearch));
  const absl::Time now = services_.clock.Now();
  RETURN_IF_ERROR(searches_.Take(caller.person().bytes(), now));
  RETURN_IF_ERROR(services_.registry.ReadColumns(services_.store));
  ASSIGN_OR_RETURN(const std::vector<SubjectId> subjects,
                   services_.registry.FindPersons(services_.store, query));
  const Columns::Page page = services_.registry.columns().Visible(
      ViewerOf(caller, Permission::kCaseSearch), subjects, kSearchAnswersMax);
  storage::Batch batch;
  RETURN_IF_ERROR(services_.log.Record(
      batch, {.kind = audit::EventKind::kCaseSearched,
              .at = now,
              .actor = caller.person(),
              .about = {{"type", KindOf(query)},
                        {"rows", absl::StrCat(page.cases.size())}}}));
  RETURN_IF_ERROR(services_.store.Commit(batch).status());
  return Open(page);
}

}  // namespace amparo::cases
