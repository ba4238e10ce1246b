// SPDX-License-Identifier: Apache-2.0
#include "node/consent/consent.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"

namespace amparo::consent {
namespace {

constexpr size_t kTextVersionBytesMax = 64;

constexpr Question kQuestions[] = {
    Question::kAgreesToInterview,    Question::kPurposeExplained,
    Question::kUseExplained,         Question::kResearchUseExplained,
    Question::kAccessRightExplained, Question::kStorageTimeExplained,
    Question::kWithdrawalExplained,
};

bool IsLanguage(absl::string_view text) {
  if (text.size() != 2 && text.size() != 3) return false;
  for (const char c : text) {
    if (!absl::ascii_islower(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

bool IsTextVersion(absl::string_view text) {
  if (text.empty() || text.size() > kTextVersionBytesMax) return false;
  for (const char c : text) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.' &&
        c != '_' && c != '-') {
      return false;
    }
  }
  return true;
}

absl::Status CheckPurposeAndRecipients(const ConsentFields& fields) {
  if (!PurposeFromNumber(static_cast<int>(fields.purpose)).has_value() ||
      fields.purpose == Purpose::kAdministration) {
    return FieldError("purpose",
                      "must be a purpose that a person can agree "
                      "to");
  }
  if (fields.recipients.size() > limits::kRecipientsMax) {
    return FieldError("recipients",
                      absl::StrCat("must be at most ", limits::kRecipientsMax));
  }
  if (fields.recipients.count(OfficeId()) > 0) {
    return FieldError("recipients", "must not hold an empty office id");
  }
  const bool may_name_nobody = fields.purpose == Purpose::kCaseServices ||
                               fields.purpose == Purpose::kStatistics;
  if (fields.recipients.empty() && !may_name_nobody) {
    return FieldError("recipients",
                      "must name each office that may receive under this "
                      "purpose");
  }
  return absl::OkStatus();
}

absl::Status CheckCategories(const ConsentFields& fields) {
  if (fields.categories.empty()) {
    return FieldError("categories", "must name at least one category");
  }
  if (fields.purpose == Purpose::kStatistics && fields.recipients.empty() &&
      fields.categories !=
          std::set<DataCategory>{DataCategory::kStatisticalCounts}) {
    return FieldError("categories",
                      "must be STATISTICAL_COUNTS alone for STATISTICS "
                      "without recipients: it allows aggregated counts only");
  }
  for (const std::set<DataCategory>* set :
       {&fields.categories, &fields.exclusions}) {
    for (const DataCategory category : *set) {
      if (!DataCategoryFromNumber(static_cast<int>(category)).has_value()) {
        return FieldError("categories", "must hold only known categories");
      }
    }
  }
  for (const DataCategory category : fields.exclusions) {
    if (fields.categories.count(category) > 0) {
      return FieldError("exclusions",
                        "must not hold a category that is also agreed to");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckMaking(const ConsentFields& fields) {
  if (!GivenByFromNumber(static_cast<int>(fields.given_by)).has_value()) {
    return FieldError("given_by", "must say who gave the consent");
  }
  if (!MethodFromNumber(static_cast<int>(fields.method)).has_value()) {
    return FieldError("method", "must say how the consent was given");
  }
  if (!IsLanguage(fields.language)) {
    return FieldError("language",
                      "must be an ISO 639 code of two or three lower-case "
                      "letters");
  }
  if (!IsTextVersion(fields.text_version)) {
    return FieldError("text_version",
                      absl::StrCat("must be 1 to ", kTextVersionBytesMax,
                                   " letters, digits, '.', '_' or '-'"));
  }
  if (fields.given_at < absl::UnixEpoch() ||
      fields.given_at >= absl::InfiniteFuture()) {
    return FieldError("given_at", "must be a time from 1970 on");
  }
  if (fields.valid_until <= fields.given_at ||
      fields.valid_until - fields.given_at > kConsentLifetimeMax) {
    return FieldError("valid_until",
                      "must be after the time it was given, by at most 3660 "
                      "days");
  }
  return absl::OkStatus();
}

absl::Status CheckQuestions(const ConsentFields& fields) {
  for (const Question question : kQuestions) {
    if (fields.answered_yes.count(question) > 0) continue;
    return Error(Reason::kConsentIncomplete,
                 absl::StrCat("the consent question ", Name(question),
                              " was not answered yes: ask it, and record the "
                              "consent when all seven are"));
  }
  if (fields.answered_yes.size() != std::size(kQuestions)) {
    return FieldError("questions", "must hold only the seven questions");
  }
  return absl::OkStatus();
}

absl::Status CheckGuardian(const ConsentFields& fields) {
  if (fields.best_interests_reference.size() > limits::kShortTextBytesMax) {
    return FieldError(
        "best_interests_reference",
        absl::StrCat("must be at most ", limits::kShortTextBytesMax, " bytes"));
  }
  if (!fields.treated_as_minor) return absl::OkStatus();
  if (fields.given_by != GivenBy::kGuardian) {
    return Error(Reason::kGuardianRequired,
                 "the person is treated as a minor: a guardian must give this "
                 "consent");
  }
  if (!fields.assent) {
    return Error(Reason::kGuardianRequired,
                 "the person is treated as a minor: record the child's own "
                 "assent");
  }
  if (fields.best_interests_reference.empty()) {
    return Error(Reason::kGuardianRequired,
                 "the person is treated as a minor: name the best-interests "
                 "determination");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Span<const Question> AllQuestions() { return kQuestions; }

absl::string_view Name(GivenBy given_by) {
  switch (given_by) {
    case GivenBy::kSelf:
      return "SELF";
    case GivenBy::kGuardian:
      return "GUARDIAN";
    case GivenBy::kOther:
      return "OTHER";
  }
  return "UNKNOWN";
}

absl::string_view Name(Method method) {
  switch (method) {
    case Method::kWritten:
      return "WRITTEN";
    case Method::kVerbal:
      return "VERBAL";
    case Method::kThumbprint:
      return "THUMBPRINT";
  }
  return "UNKNOWN";
}

absl::string_view Name(State state) {
  switch (state) {
    case State::kActive:
      return "ACTIVE";
    case State::kWithdrawn:
      return "WITHDRAWN";
  }
  return "UNKNOWN";
}

absl::string_view Name(Question question) {
  switch (question) {
    case Question::kAgreesToInterview:
      return "AGREES_TO_INTERVIEW";
    case Question::kPurposeExplained:
      return "PURPOSE_EXPLAINED";
    case Question::kUseExplained:
      return "USE_EXPLAINED";
    case Question::kResearchUseExplained:
      return "RESEARCH_USE_EXPLAINED";
    case Question::kAccessRightExplained:
      return "ACCESS_RIGHT_EXPLAINED";
    case Question::kStorageTimeExplained:
      return "STORAGE_TIME_EXPLAINED";
    case Question::kWithdrawalExplained:
      return "WITHDRAWAL_EXPLAINED";
  }
  return "UNKNOWN";
}

std::optional<GivenBy> GivenByFromNumber(int number) {
  if (number < 1 || number > 3) return std::nullopt;
  return static_cast<GivenBy>(number);
}

std::optional<Method> MethodFromNumber(int number) {
  if (number < 1 || number > 3) return std::nullopt;
  return static_cast<Method>(number);
}

std::optional<State> StateFromNumber(int number) {
  if (number < 1 || number > 2) return std::nullopt;
  return static_cast<State>(number);
}

std::optional<Question> QuestionFromNumber(int number) {
  if (number < 1 || number > 7) return std::nullopt;
  return static_cast<Question>(number);
}

absl::StatusOr<Consent> Consent::Create(ConsentFields fields) {
  if (fields.id.empty()) return FieldError("id", "must not be empty");
  if (fields.subject.empty()) {
    return FieldError("subject", "must not be empty");
  }
  RETURN_IF_ERROR(CheckPurposeAndRecipients(fields));
  RETURN_IF_ERROR(CheckCategories(fields));
  RETURN_IF_ERROR(CheckMaking(fields));
  RETURN_IF_ERROR(CheckQuestions(fields));
  RETURN_IF_ERROR(CheckGuardian(fields));
  return Consent(std::move(fields));
}

absl::StatusOr<Consent> Consent::Withdrawn(absl::Time at,
                                           const PersonId& by) const {
  if (withdrawn_at_.has_value()) {
    return WithState(Error(Reason::kWrongState,
                           "this consent was withdrawn before, which is "
                           "final"),
                     Name(State::kWithdrawn));
  }
  Consent after = *this;
  after.withdrawn_at_ = at;
  after.withdrawn_by_ = by;
  return after;
}

absl::Status CheckCovers(const Consent& consent, Purpose purpose,
                         const OfficeId& recipient,
                         absl::Span<const DataCategory> categories,
                         absl::Time now, bool recipient_is_authority) {
  const ConsentFields& fields = consent.fields();
  if (consent.state() == State::kWithdrawn) {
    return Error(Reason::kConsentWithdrawn);
  }
  if (now < fields.given_at || now >= fields.valid_until) {
    return Error(Reason::kConsentExpired);
  }
  if (fields.purpose != purpose) return Error(Reason::kConsentNotForPurpose);
  if (recipient_is_authority && purpose != Purpose::kLawEnforcement) {
    return Error(Reason::kConsentNotForPurpose,
                 "police and immigration receive nothing under a general "
                 "consent: ask for one to LAW_ENFORCEMENT that names them");
  }
  // Aggregated counts concern no recipient; what they may hold is checked
  // with the category.
  const bool counts_only =
      purpose == Purpose::kStatistics && fields.recipients.empty();
  if (!counts_only && fields.recipients.count(recipient) == 0) {
    return Error(Reason::kConsentNotForRecipient);
  }
  if (categories.empty()) return Error(Reason::kConsentNotForCategory);
  for (const DataCategory category : categories) {
    if (fields.categories.count(category) == 0) {
      return Error(
          Reason::kConsentNotForCategory,
          absl::StrCat("the consent does not cover ", amparo::Name(category)));
    }
  }
  return absl::OkStatus();
}

}  // namespace amparo::consent
