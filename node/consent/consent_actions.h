// SPDX-License-Identifier: Apache-2.0
//
// What people do with consents: give, list, show, withdraw. Permission first,
// then the case's scope, then one transaction with record, index, leaf and,
// for a withdrawal, everything that follows from it in other rooms.
#ifndef AMPARO_NODE_CONSENT_CONSENT_ACTIONS_H_
#define AMPARO_NODE_CONSENT_CONSENT_ACTIONS_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crypto/base/random.h"
#include "node/audit/log.h"
#include "node/base/clock.h"
#include "node/base/exchange_terms.h"
#include "node/base/ids.h"
#include "node/consent/consent.h"
#include "node/consent/leases.h"
#include "node/consent/ledger.h"
#include "node/consent/withdrawal.h"
#include "node/people/caller.h"
#include "node/people/requests.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::consent {

// What the room stands on. All must outlive who is given it.
struct Ground {
  storage::Store& store;
  const storage::Vault& vault;
  const audit::Log& log;
  const Clock& clock;
  crypto::RandomSource& random;
  const vocabulary::Lists& lists;
};

// See ConsentFields for what each must be.
struct GiveRequest {
  RequestId request;
  std::string case_number;
  Purpose purpose = Purpose::kCaseServices;
  std::set<OfficeId> recipients;
  std::set<DataCategory> categories;
  std::set<DataCategory> exclusions;
  GivenBy given_by = GivenBy::kSelf;
  Method method = Method::kWritten;
  std::string language;
  std::string text_version;
  // nullopt: now. Not later than limits::kClockSkewMax from now.
  std::optional<absl::Time> given_at;
  absl::Time valid_until;
  std::set<Question> answered_yes;
  bool assent = false;
  std::string best_interests_reference;
};

struct WithdrawRequest {
  RequestId request;
  ConsentId consent;
};

struct ConsentPage {
  std::vector<Consent> consents;  // In order of id.
  std::optional<ConsentId> next;  // nullopt at the end.
};

// Thread-safe; all references must outlive it.
class ConsentActions {
 public:
  // `effects` are told of withdrawals, in order, and outlive this.
  ConsentActions(const Ground& ground, const SubjectDirectory& subjects,
                 Leases& leases, std::vector<WithdrawalEffect*> effects);

  // The new consent's id. Errors: kNotAllowed, those of Consent::Create,
  // kLimitExceeded when the subject has kConsentsPerSubjectMax already,
  // kFieldInvalid when it was given in the future or has ended before now.
  absl::StatusOr<ConsentId> Give(const people::Caller& caller,
                                 const GiveRequest& request);

  // All consents of a case, active or not. `page_size` 1 to
  // limits::kPageSizeMax, 0 for the default.
  absl::StatusOr<ConsentPage> List(const people::Caller& caller,
                                   absl::string_view case_number, int page_size,
                                   std::optional<ConsentId> from) const;

  absl::StatusOr<Consent> Show(const people::Caller& caller,
                               const ConsentId& id) const;

  // Withdraws for good. When it returns OK nothing is on the wire under this
  // consent and nothing will be: it waits for batches that are (at most one
  // delivery call, limits::kDeliverCallTimeout), and queued letters, recalls
  // and referrals changed in the same commit. kWrongState when it was
  // withdrawn before.
  absl::StatusOr<Consent> Withdraw(const people::Caller& caller,
                                   const WithdrawRequest& request);

 private:
  absl::StatusOr<Consent> Require(const people::Caller& caller,
                                  people::Permission permission,
                                  const ConsentId& id) const;
  absl::StatusOr<ConsentId> GiveOnce(const people::Caller& caller,
                                     const GiveRequest& request,
                                     const SubjectFacts& facts,
                                     const std::string& digest);
  absl::StatusOr<Consent> WithdrawOnce(const people::Caller& caller,
                                       const WithdrawRequest& request,
                                       const std::string& digest);

  const Ground ground_;
  const SubjectDirectory& subjects_;
  Leases& leases_;
  const std::vector<WithdrawalEffect*> effects_;
  const Ledger ledger_;
  const people::Requests requests_;
};

}  // namespace amparo::consent

#endif  // AMPARO_NODE_CONSENT_CONSENT_ACTIONS_H_
