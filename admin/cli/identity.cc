// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/identity.h"

#include <google/protobuf/util/json_util.h>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin/cli/failure.h"
#include "admin/cli/output.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {

using office::v1::CaseIdentity;

absl::StatusOr<CaseIdentity> ReadIdentityFile(const std::string& path) {
  ASSIGN_OR_RETURN(const crypto::Secret content,
                   ReadPrivateFile(path, "--identity-file"));
  std::string text(content.Reveal());
  const absl::Cleanup wipe = [&text] {
    crypto::Cleanse(text.data(), text.size());
  };
  CaseIdentity identity;
  if (!google::protobuf::util::JsonStringToMessage(text, &identity).ok()) {
    return UsageError(
        "--identity-file",
        "must be JSON with given_names, family_names, given_names_romanised, "
        "family_names_romanised, born, documents (type, number, country), "
        "contacts (type, value, safe_instruction), primary_language, "
        "other_languages and photo_entry_id, and no other field");
  }
  return identity;
}

absl::StatusOr<CaseIdentity> AskIdentity(Prompter& prompter) {
  CaseIdentity identity;
  struct Question {
    const char* text;
    std::string* answer;
  };
  const Question questions[] = {
      {"Given names, as the person writes them",
       identity.mutable_given_names()},
      {"Family names, as the person writes them",
       identity.mutable_family_names()},
      {"Given names in Latin letters",
       identity.mutable_given_names_romanised()},
      {"Family names in Latin letters",
       identity.mutable_family_names_romanised()},
      {"Born (YYYY, YYYY-MM or YYYY-MM-DD)", identity.mutable_born()},
  };
  for (const Question& question : questions) {
    ASSIGN_OR_RETURN(*question.answer, prompter.Ask(question.text));
  }
  return identity;
}

std::string IdentityText(const CaseIdentity& identity) {
  Labelled lines;
  lines.AddIf("Given names", identity.given_names());
  lines.AddIf("Family names", identity.family_names());
  lines.AddIf("In Latin letters",
              absl::StrCat(identity.given_names_romanised(),
                           identity.given_names_romanised().empty() ? "" : " ",
                           identity.family_names_romanised()));
  lines.AddIf("Born", identity.born());
  for (const office::v1::IdentityDocument& document : identity.documents()) {
    lines.Add("Document", absl::StrCat(document.type(), " ", document.number(),
                                       " ", document.country()));
  }
  for (const office::v1::IdentityContact& contact : identity.contacts()) {
    lines.Add("Contact", absl::StrCat(contact.type(), " ", contact.value()));
    lines.Add("  safe use", contact.safe_instruction());
  }
  lines.AddIf("Language", identity.primary_language());
  lines.AddIf("Also speaks", absl::StrJoin(identity.other_languages(), ", "));
  lines.AddIf("Photo", identity.photo_entry_id());
  return lines.Text();
}

}  // namespace amparo::cli
