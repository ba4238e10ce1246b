// SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/descriptor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "admin/cli/failure.h"
#include "admin/cli/output.h"
#include "admin/cli/peer_names.h"
#include "admin/cli/verbs.h"
#include "amparo/office/v1/consent.grpc.pb.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::Consent;
using office::v1::ConsentQuestions;
using office::v1::ConsentService;
using Names = std::map<std::string, std::string>;

struct ConsentOptions {
  std::string id;
  std::string case_number;
  std::string purpose;
  std::vector<std::string> recipients;
  std::vector<std::string> categories;
  std::vector<std::string> exclusions;
  std::string given_by;
  std::string method;
  std::string language;
  std::string text_version;
  std::string given_at;
  std::string valid_until;
  std::string confirmed;
  bool assent = false;
  std::string best_interests;
};

std::vector<std::string> QuestionNames() {
  std::vector<std::string> names;
  const auto* const type = ConsentQuestions::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    names.push_back(type->field(i)->name());
  }
  return names;
}

// Each question is named one by one: nobody confirms seven by one word.
absl::Status SetQuestions(absl::string_view list, ConsentQuestions* questions) {
  const auto* const type = ConsentQuestions::descriptor();
  for (absl::string_view name :
       absl::StrSplit(list, ',', absl::SkipWhitespace())) {
    const auto* const question =
        type->FindFieldByName(std::string(absl::StripAsciiWhitespace(name)));
    if (question == nullptr) {
      return UsageError("--confirmed",
                        absl::StrCat("takes a list of ",
                                     absl::StrJoin(QuestionNames(), ",")));
    }
    questions->GetReflection()->SetBool(questions, question, true);
  }
  std::vector<std::string> missing;
  for (int i = 0; i < type->field_count(); ++i) {
    if (!questions->GetReflection()->GetBool(*questions, type->field(i))) {
      missing.push_back(type->field(i)->name());
    }
  }
  if (missing.empty()) return absl::OkStatus();
  return Refusal("CONSENT_INCOMPLETE",
                 absl::StrCat("a consent counts when all seven questions were "
                              "asked and answered yes; missing: ",
                              absl::StrJoin(missing, ", ")),
                 "--confirmed");
}

absl::Status Give(Desk& desk, const ConsentOptions& options) {
  office::v1::GiveConsentRequest request;
  request.set_request_id(NewRequestId());
  request.set_case_number(options.case_number);
  request.set_purpose(options.purpose);
  for (const std::string& one : options.categories) request.add_categories(one);
  for (const std::string& one : options.exclusions) request.add_exclusions(one);
  ASSIGN_OR_RETURN(const auto given_by, EnumOf<office::v1::ConsentGivenBy>(
                                            options.given_by, "--given-by"));
  request.set_given_by(given_by);
  ASSIGN_OR_RETURN(const auto method, EnumOf<office::v1::ConsentMethod>(
                                          options.method, "--method"));
  request.set_method(method);
  request.set_language(options.language);
  request.set_text_version(options.text_version);
  if (!options.given_at.empty()) {
    ASSIGN_OR_RETURN(const int64_t given_at,
                     TimeOf(options.given_at, desk.zone(), "--given-at"));
    request.set_given_at_ms(given_at);
  }
  ASSIGN_OR_RETURN(const int64_t valid_until,
                   TimeOf(options.valid_until, desk.zone(), "--valid-until"));
  request.set_valid_until_ms(valid_until);
  request.set_assent(options.assent);
  request.set_best_interests_reference(options.best_interests);
  RETURN_IF_ERROR(SetQuestions(options.confirmed, request.mutable_questions()));
  ASSIGN_OR_RETURN(const std::vector<std::string> recipients,
                   PeerIds(desk, options.recipients, "--recipient"));
  for (const std::string& id : recipients) request.add_recipients(id);
  ASSIGN_OR_RETURN(const office::v1::GiveConsentResponse answer,
                   desk.Call(&ConsentService::Stub::GiveConsent, request));
  return desk.Print(answer,
                    absl::StrCat("Consent ", answer.consent_id(), "\n"));
}

std::string RecipientsText(const Names& names, const Consent& consent) {
  if (consent.recipients().empty()) return "no other office";
  std::vector<std::string> shown;
  for (const std::string& id : consent.recipients()) {
    shown.push_back(NameOr(names, id));
  }
  return absl::StrJoin(shown, ", ");
}

std::string StateText(const Desk& desk, const Consent& consent) {
  if (consent.state() == office::v1::CONSENT_STATE_WITHDRAWN) {
    return absl::StrCat("withdrawn ", desk.Time(consent.withdrawn_at_ms()));
  }
  if (consent.valid_until_ms() <= absl::ToUnixMillis(desk.now())) {
    return "expired";
  }
  return EnumWord(consent.state());
}

std::string ConsentText(const Desk& desk, const Names& names,
                        const Consent& consent) {
  Labelled lines;
  lines.Add("Consent", consent.consent_id());
  lines.Add("State", StateText(desk, consent));
  lines.Add("Purpose", consent.purpose());
  lines.Add("For", RecipientsText(names, consent));
  lines.Add("What", absl::StrJoin(consent.categories(), ", "));
  lines.AddIf("Never", absl::StrJoin(consent.exclusions(), ", "));
  lines.Add("Given", absl::StrCat(desk.Time(consent.given_at_ms()), " by ",
                                  EnumWord(consent.given_by()), ", ",
                                  EnumWord(consent.method())));
  lines.Add("Holds until", desk.Time(consent.valid_until_ms()));
  lines.Add("Text",
            absl::StrCat(consent.text_version(), " in ", consent.language()));
  if (consent.treated_as_minor()) {
    lines.Add("Minor", absl::StrCat("assent ", consent.assent() ? "yes" : "no",
                                    ", best interests ",
                                    consent.best_interests_reference()));
  }
  return lines.Text();
}

absl::Status List(Desk& desk, const ConsentOptions& options,
                  const Paging& paging) {
  if (options.case_number.empty()) {
    return UsageError("--case", "is missing");
  }
  office::v1::ListConsentsRequest request;
  request.set_case_number(options.case_number);
  ASSIGN_OR_RETURN(const auto answer,
                   Gather(desk, &ConsentService::Stub::ListConsents, request,
                          paging, [](office::v1::ListConsentsResponse* page) {
                            return page->mutable_consents();
                          }));
  if (desk.json()) return desk.Print(answer, "");
  const Names names = PeerNames(desk);
  Columns columns(
      {"Consent", "Purpose", "For", "What", "State", "Holds until"});
  for (const Consent& consent : answer.consents()) {
    columns.Add({consent.consent_id(), consent.purpose(),
                 RecipientsText(names, consent),
                 absl::StrJoin(consent.categories(), ", "),
                 StateText(desk, consent),
                 desk.Time(consent.valid_until_ms())});
  }
  return desk.Print(answer, columns.Text("No consents.") +
                                MoreText(answer.next_page_token()));
}

absl::Status Show(Desk& desk, const ConsentOptions& options) {
  office::v1::ShowConsentRequest request;
  request.set_consent_id(options.id);
  ASSIGN_OR_RETURN(const office::v1::ShowConsentResponse answer,
                   desk.Call(&ConsentService::Stub::ShowConsent, request));
  if (desk.json()) return desk.Print(answer, "");
  return desk.Print(answer,
                    ConsentText(desk, PeerNames(desk), answer.consent()));
}

absl::Status Withdraw(Desk& desk, const ConsentOptions& options) {
  office::v1::WithdrawConsentRequest request;
  request.set_request_id(NewRequestId());
  request.set_consent_id(options.id);
  ASSIGN_OR_RETURN(const office::v1::WithdrawConsentResponse answer,
                   desk.Call(&ConsentService::Stub::WithdrawConsent, request));
  return desk.Print(answer,
                    "Withdrawn. From now on nothing leaves under it, and every "
                    "office that received something is told.\n");
}

void AddGive(Verbs& verbs, CLI::App* noun) {
  auto options = std::make_shared<ConsentOptions>();
  CLI::App* const verb = verbs.Add(
      noun, "give", "Records what a person agreed to, for one purpose",
      absl::StrCat(
          "amparo consent give --case 7K3P-92QX-A \\\n"
          "    --purpose TRANSNATIONAL_REFERRAL --recipient Washington \\\n"
          "    --category CODED_PROFILE --category NEEDS --given-by SELF \\\n"
          "    --method WRITTEN --language uk --text-version 2026-1 \\\n"
          "    --valid-until 2027-01-31 --confirmed \\\n    ",
          absl::StrJoin(QuestionNames(), ",")),
      [options](Desk& desk) { return Give(desk, *options); });
  const auto add = [verb](const char* name, auto& value, const char* what) {
    return verb->add_option(name, value, what);
  };
  add("--case", options->case_number, "Number of the case")->required();
  add("--purpose", options->purpose,
      "One purpose, for instance TRANSNATIONAL_REFERRAL, IDENTITY_DISCLOSURE, "
      "STATISTICS")
      ->required();
  Repeated(add("--recipient", options->recipients,
               "Office that may receive it, by name or id; may be repeated"));
  Repeated(
      add("--category", options->categories,
          "CODED_PROFILE, NEEDS, NAMES, DATES_OF_BIRTH, DOCUMENTS, CONTACTS or "
          "STATISTICAL_COUNTS; may be repeated"))
      ->required();
  Repeated(add("--exclude", options->exclusions,
               "Category the person asked never to share; may be repeated"));
  add("--given-by", options->given_by, "SELF, GUARDIAN or OTHER")->required();
  add("--method", options->method, "WRITTEN, VERBAL or THUMBPRINT")->required();
  add("--language", options->language, "ISO 639 code of the language read")
      ->required();
  add("--text-version", options->text_version, "Version of the text read")
      ->required();
  add("--given-at", options->given_at, "When, if not now");
  add("--valid-until", options->valid_until, "Until when it holds")->required();
  add("--confirmed", options->confirmed,
      "The questions that were asked and answered yes, by name, with commas")
      ->required();
  verb->add_flag("--assent", options->assent, "The child agrees");
  add("--best-interests", options->best_interests,
      "Reference of the best-interests determination, for a minor");
}

}  // namespace

void AddConsentVerbs(Verbs& verbs) {
  CLI::App* const noun = verbs.Noun("consent", "What persons agreed to");
  AddGive(verbs, noun);
  auto options = std::make_shared<ConsentOptions>();
  auto paging = std::make_shared<Paging>();
  CLI::App* const list = verbs.Add(
      noun, "list", "Lists the consents of a case",
      "amparo consent list --case 7K3P-92QX-A",
      [options, paging](Desk& desk) { return List(desk, *options, *paging); });
  list->add_option("--case", options->case_number,
                   "Number of the case; needed");
  // `consent list NUMBER` is understood, too; --help shows one way.
  list->add_option("case", options->case_number)->group("");
  AddPaging(list, paging.get());
  CLI::App* const show =
      verbs.Add(noun, "show", "Shows a consent", "amparo consent show 5f0c...",
                [options](Desk& desk) { return Show(desk, *options); });
  CLI::App* const withdraw = verbs.Add(
      noun, "withdraw", "The person withdraws: recalls what was shared",
      "amparo consent withdraw 5f0c...",
      [options](Desk& desk) { return Withdraw(desk, *options); });
  for (CLI::App* const verb : {show, withdraw}) {
    verb->add_option("consent", options->id, "Id of the consent")->required();
  }
}

}  // namespace amparo::cli
