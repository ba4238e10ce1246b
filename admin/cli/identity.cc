// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/identity.h"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "admin/cli/failure.h"
#include "admin/cli/output.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {

using office::v1::CaseIdentity;

namespace {

// The first key of an object that stands twice in it, with the keys above it
// ("contacts.value"); empty when none does. Of two the later would win, and
// nobody would be told. nullopt for what is no JSON.
std::optional<std::string> KeyGivenTwice(const std::string& text) {
  using Json = nlohmann::json;
  std::vector<std::string> path;
  std::vector<std::set<std::string>> open;
  std::string twice;
  const auto watch = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) {
      path.emplace_back();
      open.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      path.pop_back();
      open.pop_back();
    } else if (event == Json::parse_event_t::key) {
      path.back() = value.get<std::string>();
      // given_names and givenNames are one field.
      const std::string name =
          absl::AsciiStrToLower(absl::StrReplaceAll(path.back(), {{"_", ""}}));
      if (!open.back().insert(name).second && twice.empty()) {
        twice = absl::StrJoin(path, ".");
      }
    }
    return true;
  };
  const Json json = Json::parse(text, watch, /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::nullopt;
  return twice;
}

}  // namespace

absl::StatusOr<CaseIdentity> ReadIdentityFile(const std::string& path) {
  ASSIGN_OR_RETURN(const crypto::Secret content,
                   ReadPrivateFile(path, "--identity-file"));
  std::string text(content.Reveal());
  const absl::Cleanup wipe = [&text] {
    crypto::Cleanse(text.data(), text.size());
  };
  CaseIdentity identity;
  const std::optional<std::string> twice = KeyGivenTwice(text);
  if (!twice.has_value() ||
      !google::protobuf::util::JsonStringToMessage(text, &identity).ok()) {
    return UsageError(
        "--identity-file",
        "must be JSON with given_names, family_names, given_names_romanised, "
        "family_names_romanised, born, documents (type, number, country), "
        "contacts (type, value, safe_instruction), primary_language, "
        "other_languages and photo_entry_id, and no other field");
  }
  // Only names of fields are left by now.
  if (!twice->empty()) {
    return UsageError("--identity-file",
                      absl::StrCat("says ", *twice, " twice: give it once"));
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
