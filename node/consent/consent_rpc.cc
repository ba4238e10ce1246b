// SPDX-License-Identifier: Apache-2.0
#include "node/consent/consent_rpc.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"

namespace amparo::consent {
namespace {

namespace v1 = ::amparo::office::v1;
using google::protobuf::RepeatedPtrField;

constexpr int kCategoriesMax = 64;

struct QuestionField {
  Question question;
  bool (v1::ConsentQuestions::*get)() const;
  void (v1::ConsentQuestions::*set)(bool);
};
using Q = v1::ConsentQuestions;
constexpr QuestionField kQuestionFields[] = {
    {Question::kAgreesToInterview, &Q::agrees_to_interview,
     &Q::set_agrees_to_interview},
    {Question::kPurposeExplained, &Q::purpose_explained,
     &Q::set_purpose_explained},
    {Question::kUseExplained, &Q::use_explained, &Q::set_use_explained},
    {Question::kResearchUseExplained, &Q::research_use_explained,
     &Q::set_research_use_explained},
    {Question::kAccessRightExplained, &Q::access_right_explained,
     &Q::set_access_right_explained},
    {Question::kStorageTimeExplained, &Q::storage_time_explained,
     &Q::set_storage_time_explained},
    {Question::kWithdrawalExplained, &Q::withdrawal_explained,
     &Q::set_withdrawal_explained},
};

bool LooksLikeCountry(absl::string_view text) {
  if (text.size() != 2 && text.size() != 3) return false;
  for (const char c : text) {
    if (!absl::ascii_isalpha(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

absl::StatusOr<std::set<OfficeId>> ReadRecipients(
    const RepeatedPtrField<std::string>& texts) {
  if (static_cast<size_t>(texts.size()) > limits::kRecipientsMax) {
    return FieldError("recipients",
                      absl::StrCat("must be at most ", limits::kRecipientsMax));
  }
  std::set<OfficeId> recipients;
  for (const std::string& text : texts) {
    if (LooksLikeCountry(text)) {
      return FieldError("recipients",
                        "must be offices: a consent to a whole country would "
                        "reach offices the person never heard of, name each "
                        "office by its id");
    }
    ASSIGN_OR_RETURN(const OfficeId office,
                     people::ReadId<OfficeId>("recipients", text));
    recipients.insert(office);
  }
  return recipients;
}

absl::StatusOr<std::set<DataCategory>> ReadCategories(
    absl::string_view field, const RepeatedPtrField<std::string>& names) {
  if (names.size() > kCategoriesMax) {
    return FieldError(field, absl::StrCat("must be at most ", kCategoriesMax));
  }
  std::set<DataCategory> categories;
  for (const std::string& name : names) {
    const std::optional<DataCategory> category = DataCategoryFromName(name);
    if (!category.has_value()) {
      return FieldError(field, "must hold only names of data categories");
    }
    categories.insert(*category);
  }
  return categories;
}

absl::StatusOr<absl::Time> ReadTime(absl::string_view field, int64_t millis) {
  if (millis <= 0) {
    return FieldError(field, "must be Unix milliseconds after 1970");
  }
  return FromUnixMillis(millis);
}

absl::Status ReadWords(const v1::GiveConsentRequest& message,
                       GiveRequest& request) {
  const std::optional<Purpose> purpose = PurposeFromName(message.purpose());
  if (!purpose.has_value()) {
    return FieldError("purpose", "must be the name of a purpose");
  }
  const auto given_by = GivenByFromNumber(static_cast<int>(message.given_by()));
  if (!given_by.has_value()) {
    return FieldError("given_by", "must say who gave the consent");
  }
  const auto method = MethodFromNumber(static_cast<int>(message.method()));
  if (!method.has_value()) {
    return FieldError("method", "must say how the consent was given");
  }
  request.purpose = *purpose;
  request.given_by = *given_by;
  request.method = *method;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<ConsentId>> ReadPageToken(
    const v1::ListConsentsRequest& message) {
  if (message.page_token().empty()) return std::optional<ConsentId>();
  ASSIGN_OR_RETURN(
      const ConsentId from,
      people::ReadId<ConsentId>("page_token", message.page_token()));
  return std::optional<ConsentId>(from);
}

absl::StatusOr<WithdrawRequest> ReadWithdraw(
    const v1::WithdrawConsentRequest& message) {
  WithdrawRequest request;
  ASSIGN_OR_RETURN(request.request, people::ReadId<RequestId>(
                                        "request_id", message.request_id()));
  ASSIGN_OR_RETURN(request.consent, people::ReadId<ConsentId>(
                                        "consent_id", message.consent_id()));
  return request;
}

}  // namespace

absl::StatusOr<GiveRequest> ReadGiveRequest(
    const v1::GiveConsentRequest& message) {
  GiveRequest request;
  ASSIGN_OR_RETURN(request.request, people::ReadId<RequestId>(
                                        "request_id", message.request_id()));
  request.case_number = message.case_number();
  RETURN_IF_ERROR(ReadWords(message, request));
  ASSIGN_OR_RETURN(request.recipients, ReadRecipients(message.recipients()));
  ASSIGN_OR_RETURN(request.categories,
                   ReadCategories("categories", message.categories()));
  ASSIGN_OR_RETURN(request.exclusions,
                   ReadCategories("exclusions", message.exclusions()));
  request.language = message.language();
  request.text_version = message.text_version();
  if (message.given_at_ms() != 0) {
    ASSIGN_OR_RETURN(request.given_at,
                     ReadTime("given_at_ms", message.given_at_ms()));
  }
  ASSIGN_OR_RETURN(request.valid_until,
                   ReadTime("valid_until_ms", message.valid_until_ms()));
  for (const QuestionField& field : kQuestionFields) {
    if ((message.questions().*field.get)()) {
      request.answered_yes.insert(field.question);
    }
  }
  request.assent = message.assent();
  request.best_interests_reference = message.best_interests_reference();
  return request;
}

// The numbers of the enums are the same on the wire and here; a test holds
// them together.
void WriteConsent(const Consent& consent, v1::Consent* message) {
  const ConsentFields& fields = consent.fields();
  message->set_consent_id(fields.id.hex());
  message->set_purpose(std::string(amparo::Name(fields.purpose)));
  for (const OfficeId& office : fields.recipients) {
    message->add_recipients(office.hex());
  }
  for (const DataCategory category : fields.categories) {
    message->add_categories(std::string(amparo::Name(category)));
  }
  for (const DataCategory category : fields.exclusions) {
    message->add_exclusions(std::string(amparo::Name(category)));
  }
  message->set_given_by(
      static_cast<v1::ConsentGivenBy>(static_cast<int>(fields.given_by)));
  message->set_method(
      static_cast<v1::ConsentMethod>(static_cast<int>(fields.method)));
  message->set_language(fields.language);
  message->set_text_version(fields.text_version);
  if (!fields.collector.empty()) {
    message->set_collector_person_id(fields.collector.hex());
  }
  message->set_given_at_ms(amparo::ToUnixMillis(fields.given_at));
  message->set_valid_until_ms(amparo::ToUnixMillis(fields.valid_until));
  for (const QuestionField& field : kQuestionFields) {
    (message->mutable_questions()->*field.set)(
        fields.answered_yes.count(field.question) > 0);
  }
  message->set_treated_as_minor(fields.treated_as_minor);
  message->set_assent(fields.assent);
  message->set_best_interests_reference(fields.best_interests_reference);
  message->set_state(
      static_cast<v1::ConsentState>(static_cast<int>(consent.state())));
  if (consent.withdrawn_at().has_value()) {
    message->set_withdrawn_at_ms(amparo::ToUnixMillis(*consent.withdrawn_at()));
  }
}

grpc::Status ConsentRpc::GiveConsent(grpc::ServerContext* context,
                                     const v1::GiveConsentRequest* request,
                                     v1::GiveConsentResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.ConsentService/GiveConsent",
      [&](const people::Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const GiveRequest give, ReadGiveRequest(*request));
        ASSIGN_OR_RETURN(const ConsentId id, actions_.Give(caller, give));
        response->set_consent_id(id.hex());
        return absl::OkStatus();
      });
}

grpc::Status ConsentRpc::ListConsents(grpc::ServerContext* context,
                                      const v1::ListConsentsRequest* request,
                                      v1::ListConsentsResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.ConsentService/ListConsents",
      [&](const people::Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const auto from, ReadPageToken(*request));
        ASSIGN_OR_RETURN(const ConsentPage page,
                         actions_.List(caller, request->case_number(),
                                       request->page_size(), from));
        for (const Consent& consent : page.consents) {
          WriteConsent(consent, response->add_consents());
        }
        if (page.next) response->set_next_page_token(page.next->hex());
        return absl::OkStatus();
      });
}

grpc::Status ConsentRpc::ShowConsent(grpc::ServerContext* context,
                                     const v1::ShowConsentRequest* request,
                                     v1::ShowConsentResponse* response) {
  return gate_.Answer(
      *context, "/amparo.office.v1.ConsentService/ShowConsent",
      [&](const people::Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(
            const auto id,
            people::ReadId<ConsentId>("consent_id", request->consent_id()));
        ASSIGN_OR_RETURN(const Consent consent, actions_.Show(caller, id));
        WriteConsent(consent, response->mutable_consent());
        return absl::OkStatus();
      });
}

grpc::Status ConsentRpc::WithdrawConsent(
    grpc::ServerContext* context, const v1::WithdrawConsentRequest* request,
    v1::WithdrawConsentResponse* response) {
  return gate_.Answer(*context,
                      "/amparo.office.v1.ConsentService/WithdrawConsent",
                      [&](const people::Caller& caller) -> absl::Status {
                        ASSIGN_OR_RETURN(const WithdrawRequest withdraw,
                                         ReadWithdraw(*request));
                        ASSIGN_OR_RETURN(const Consent consent,
                                         actions_.Withdraw(caller, withdraw));
                        WriteConsent(consent, response->mutable_consent());
                        return absl::OkStatus();
                      });
}

}  // namespace amparo::consent
