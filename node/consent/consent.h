// SPDX-License-Identifier: Apache-2.0
//
// One consent: what one person agreed to, for one purpose (privacy page,
// "Consent"; rules P1 to P7 and P23). A value that cannot be half empty: it
// exists only when every rule of its making holds. Pure: no clock, no storage.
#ifndef AMPARO_NODE_CONSENT_CONSENT_H_
#define AMPARO_NODE_CONSENT_CONSENT_H_

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "node/base/exchange_terms.h"
#include "node/base/ids.h"

namespace amparo::consent {

// Frozen numbers: they are on disk.
enum class GivenBy : int { kSelf = 1, kGuardian = 2, kOther = 3 };
enum class Method : int { kWritten = 1, kVerbal = 2, kThumbprint = 3 };
enum class State : int { kActive = 1, kWithdrawn = 2 };

// The seven questions of HTCDS 2.0, section Consent, that were asked and
// answered yes.
enum class Question : int {
  kAgreesToInterview = 1,
  kPurposeExplained = 2,
  kUseExplained = 3,          // Actual and potential use.
  kResearchUseExplained = 4,  // Research that identifies nobody.
  kAccessRightExplained = 5,  // The right to ask for one's own data.
  kStorageTimeExplained = 6,
  kWithdrawalExplained = 7,
};
absl::Span<const Question> AllQuestions();

absl::string_view Name(GivenBy given_by);   // "SELF"
absl::string_view Name(Method method);      // "WRITTEN"
absl::string_view Name(State state);        // "ACTIVE"
absl::string_view Name(Question question);  // "PURPOSE_EXPLAINED"
std::optional<GivenBy> GivenByFromNumber(int number);
std::optional<Method> MethodFromNumber(int number);
std::optional<State> StateFromNumber(int number);
std::optional<Question> QuestionFromNumber(int number);

inline constexpr absl::Duration kConsentLifetimeMax = absl::Hours(24 * 3660);

struct ConsentFields {
  ConsentId id;
  SubjectId subject;
  Purpose purpose = Purpose::kCaseServices;  // Never kAdministration.
  // Offices that may receive, at most limits::kRecipientsMax. May be empty
  // for CASE_SERVICES (this office only) and STATISTICS (aggregated counts
  // only); every other purpose names each recipient.
  std::set<OfficeId> recipients;
  // What may be shared; not empty. STATISTICS without recipients:
  // exactly STATISTICAL_COUNTS.
  std::set<DataCategory> categories;
  // What the person asked never to share with these recipients for this
  // purpose; none of `categories`. Beats any other consent (Ledger).
  std::set<DataCategory> exclusions;
  GivenBy given_by = GivenBy::kSelf;
  Method method = Method::kWritten;
  std::string language;      // ISO 639: two or three lower-case letters.
  std::string text_version;  // Of the text that was read: 1 to 64 characters
                             // of [A-Za-z0-9._-].
  PersonId collector;        // Empty: taken over by an import.
  absl::Time given_at;       // 1970 or later.
  absl::Time valid_until;    // After given_at, at most kConsentLifetimeMax.
  std::set<Question> answered_yes;  // All seven.
  // A minor, or of unknown age with indicators of a child (P7). Then: given
  // by a guardian, the child's assent, and a best-interests reference of 1 to
  // limits::kShortTextBytesMax bytes.
  bool treated_as_minor = false;
  bool assent = false;
  std::string best_interests_reference;
};

// A value; safe to share between threads.
class Consent {
 public:
  // kFieldInvalid names the field; kConsentIncomplete when not all questions
  // were answered yes; kGuardianRequired when a minor's consent lacks the
  // guardian, the assent or the reference.
  static absl::StatusOr<Consent> Create(ConsentFields fields);

  const ConsentFields& fields() const { return fields_; }
  const ConsentId& id() const { return fields_.id; }
  const SubjectId& subject() const { return fields_.subject; }
  Purpose purpose() const { return fields_.purpose; }
  State state() const {
    return withdrawn_at_.has_value() ? State::kWithdrawn : State::kActive;
  }
  // Set when withdrawn.
  const std::optional<absl::Time>& withdrawn_at() const {
    return withdrawn_at_;
  }
  const PersonId& withdrawn_by() const { return withdrawn_by_; }

  // This consent after its withdrawal, which is final. kWrongState when it
  // was withdrawn before.
  absl::StatusOr<Consent> Withdrawn(absl::Time at, const PersonId& by) const;

 private:
  explicit Consent(ConsentFields fields) : fields_(std::move(fields)) {}

  ConsentFields fields_;
  std::optional<absl::Time> withdrawn_at_;
  PersonId withdrawn_by_;
};

// Whether `categories` may go to `recipient` for `purpose` at `now`. OK, or
// the first of kConsentWithdrawn, kConsentExpired (also before it was given),
// kConsentNotForPurpose, kConsentNotForRecipient, kConsentNotForCategory
// (also when `categories` is empty). No purpose implies another. Police and
// immigration (`recipient_is_authority`) are covered by LAW_ENFORCEMENT only
// (P23).
absl::Status CheckCovers(const Consent& consent, Purpose purpose,
                         const OfficeId& recipient,
                         absl::Span<const DataCategory> categories,
                         absl::Time now, bool recipient_is_authority = false);

}  // namespace amparo::consent

#endif  // AMPARO_NODE_CONSENT_CONSENT_H_
