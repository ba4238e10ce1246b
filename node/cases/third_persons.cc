// SPDX-License-Identifier: Apache-2.0
#include "node/cases/third_persons.h"

#include <algorithm>

#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/base/text.h"

namespace amparo::cases {

absl::Status CheckThirdPerson(const vocabulary::Lists& lists,
                              absl::CivilDay today,
                              ThirdPersonWording& person) {
  ASSIGN_OR_RETURN(const absl::string_view kind,
                   lists.CheckCode("third-person-kind", person.kind, "kind"));
  person.kind = std::string(kind);
  ASSIGN_OR_RETURN(
      const absl::string_view relation,
      lists.CheckCode("third-person-relation", person.relation, "relation"));
  person.relation = std::string(relation);
  for (std::string& role : person.roles) {
    ASSIGN_OR_RETURN(const absl::string_view code,
                     lists.CheckCode("role-in-process", role, "roles"));
    role = std::string(code);
  }
  std::sort(person.roles.begin(), person.roles.end());
  person.roles.erase(std::unique(person.roles.begin(), person.roles.end()),
                     person.roles.end());
  const bool alleged = person.kind == "ALLEGED_PERPETRATOR";
  if (alleged == person.roles.empty()) {
    return FieldError("roles",
                      alleged ? "must say what the person is alleged to have "
                                "done"
                              : "are only of an alleged perpetrator");
  }
  RETURN_IF_ERROR(CheckFreeText("note", person.note, limits::kFreeTextBytesMax,
                                person.identity.empty()));
  RETURN_IF_ERROR(CheckIdentity(lists, person.identity));
  if (!person.identity.photo.empty()) {
    return FieldError("photo", "is kept of the person of the case only");
  }
  return CheckBornBy(today, person.identity.born);
}

}  // namespace amparo::cases
