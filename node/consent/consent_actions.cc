// SPDX-License-Identifier: Apache-2.0
#include "node/consent/consent_actions.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/consent/consent_records.h"
#include "node/storage/table.h"

namespace amparo::consent {
namespace {

using people::Permission;

constexpr int kConflictRetriesMax = 5;

template <class Set>
std::string NumbersOf(const Set& set) {
  std::string bytes;
  for (const auto value : set) {
    crypto::AppendU32(&bytes, static_cast<uint32_t>(value));
  }
  return bytes;
}

int64_t MillisOrZero(absl::Time time) {
  return time < absl::UnixEpoch() || time >= absl::InfiniteFuture()
             ? 0
             : amparo::ToUnixMillis(time);
}

// Everything the request says, for telling a repetition from another request.
std::string Body(const GiveRequest& request) {
  std::string recipients;
  for (const OfficeId& office : request.recipients) {
    recipients += office.bytes();
  }
  std::string bytes;
  for (const std::string& part :
       {request.case_number, recipients, NumbersOf(request.categories),
        NumbersOf(request.exclusions), request.language, request.text_version,
        NumbersOf(request.answered_yes), request.best_interests_reference}) {
    crypto::AppendPrefixed(&bytes, part);
  }
  crypto::AppendU32(&bytes, static_cast<uint32_t>(request.purpose));
  crypto::AppendU32(&bytes, static_cast<uint32_t>(request.given_by));
  crypto::AppendU32(&bytes, static_cast<uint32_t>(request.method));
  crypto::AppendU8(&bytes, request.assent ? 1 : 0);
  crypto::AppendU8(&bytes, request.given_at.has_value() ? 1 : 0);
  crypto::AppendU64(&bytes, static_cast<uint64_t>(MillisOrZero(
                                request.given_at.value_or(absl::UnixEpoch()))));
  crypto::AppendU64(&bytes,
                    static_cast<uint64_t>(MillisOrZero(request.valid_until)));
  return bytes;
}

absl::StatusOr<Consent> Make(const vocabulary::Lists& lists,
                             const GiveRequest& request,
                             const SubjectFacts& facts,
                             const PersonId& collector, absl::Time now,
                             crypto::RandomSource& random) {
  ConsentFields fields;
  ASSIGN_OR_RETURN(fields.id, ConsentId::FromBytes(crypto::RandomBytes(
                                  random, ConsentId::kSize)));
  fields.subject = facts.subject;
  fields.purpose = request.purpose;
  fields.recipients = request.recipients;
  fields.categories = request.categories;
  fields.exclusions = request.exclusions;
  fields.given_by = request.given_by;
  fields.method = request.method;
  ASSIGN_OR_RETURN(const absl::string_view language,
                   lists.CheckCode("language", request.language, "language"));
  fields.language = std::string(language);
  fields.text_version = request.text_version;
  fields.collector = collector;
  // To the millisecond, as it is stored.
  fields.given_at =
      absl::FromUnixMillis(absl::ToUnixMillis(request.given_at.value_or(now)));
  fields.valid_until = request.valid_until;
  fields.answered_yes = request.answered_yes;
  fields.treated_as_minor = facts.treated_as_minor;
  fields.assent = request.assent;
  fields.best_interests_reference = request.best_interests_reference;
  if (fields.given_at > now + limits::kClockSkewMax) {
    return FieldError("given_at", "must not be in the future");
  }
  if (fields.valid_until <= now) {
    return FieldError("valid_until", "must be in the future");
  }
  return Consent::Create(std::move(fields));
}

bool IsConflict(const absl::Status& status) {
  return ReasonOf(status) == Reason::kVersionConflict;
}

}  // namespace

ConsentActions::ConsentActions(const Ground& ground,
                               const SubjectDirectory& subjects, Leases& leases,
                               std::vector<WithdrawalEffect*> effects)
    : ground_(ground),
      subjects_(subjects),
      leases_(leases),
      effects_(std::move(effects)),
      ledger_(ground.vault, ground.log),
      requests_(ground.store, ground.vault, ground.clock) {}

absl::StatusOr<ConsentId> ConsentActions::Give(const people::Caller& caller,
                                               const GiveRequest& request) {
  RETURN_IF_ERROR(caller.May(Permission::kConsentWrite));
  ASSIGN_OR_RETURN(
      const SubjectFacts facts,
      subjects_.Find(caller, Permission::kConsentWrite, request.case_number));
  const std::string digest = people::BodyDigest("GiveConsent", Body(request));
  for (int i = 0; i < kConflictRetriesMax; ++i) {
    absl::StatusOr<ConsentId> given = GiveOnce(caller, request, facts, digest);
    if (given.ok() || !IsConflict(given.status())) return given;
  }
  return Error(Reason::kVersionConflict);
}

absl::StatusOr<ConsentId> ConsentActions::GiveOnce(const people::Caller& caller,
                                                   const GiveRequest& request,
                                                   const SubjectFacts& facts,
                                                   const std::string& digest) {
  ASSIGN_OR_RETURN(const std::optional<std::string> kept,
                   requests_.Find(caller.person(), request.request, digest));
  if (kept.has_value()) return ConsentId::FromBytes(*kept);
  storage::Batch batch;
  RETURN_IF_ERROR(subjects_.BeginWork(batch, facts.subject));
  const absl::Time now = ground_.clock.Now();
  ASSIGN_OR_RETURN(const Consent consent,
                   Make(ground_.lists, request, facts, caller.person(), now,
                        ground_.random));
  ASSIGN_OR_RETURN(const std::vector<Consent> before,
                   ledger_.ListBySubject(ground_.store, facts.subject));
  if (before.size() >= kConsentsPerSubjectMax) {
    return Error(Reason::kLimitExceeded,
                 absl::StrCat("a case has at most ", kConsentsPerSubjectMax,
                              " consents"));
  }
  RETURN_IF_ERROR(
      ledger_.InsertImported(batch, consent, facts.key, caller.person(), now));
  RETURN_IF_ERROR(requests_.Remember(batch, caller.person(), request.request,
                                     digest, consent.id().bytes()));
  RETURN_IF_ERROR(ground_.store.Commit(batch).status());
  return consent.id();
}

absl::StatusOr<ConsentPage> ConsentActions::List(
    const people::Caller& caller, absl::string_view case_number, int page_size,
    std::optional<ConsentId> from) const {
  RETURN_IF_ERROR(caller.May(Permission::kConsentRead));
  ASSIGN_OR_RETURN(
      const SubjectFacts facts,
      subjects_.Find(caller, Permission::kConsentRead, case_number));
  if (page_size < 0 || page_size > limits::kPageSizeMax) {
    return FieldError("page_size",
                      absl::StrCat("must be 0 to ", limits::kPageSizeMax));
  }
  const size_t size = static_cast<size_t>(
      page_size == 0 ? limits::kPageSizeDefault : page_size);
  ASSIGN_OR_RETURN(std::vector<Consent> all,
                   ledger_.ListBySubject(ground_.store, facts.subject));
  ConsentPage page;
  for (Consent& consent : all) {
    if (from.has_value() && consent.id() < *from) continue;
    if (page.consents.size() == size) {
      page.next = consent.id();
      break;
    }
    page.consents.push_back(std::move(consent));
  }
  return page;
}

absl::StatusOr<Consent> ConsentActions::Require(const people::Caller& caller,
                                                Permission permission,
                                                const ConsentId& id) const {
  ASSIGN_OR_RETURN(Consent consent, ledger_.Get(ground_.store, id));
  RETURN_IF_ERROR(
      subjects_.FindSubject(caller, permission, consent.subject()).status());
  return consent;
}

absl::StatusOr<Consent> ConsentActions::Show(const people::Caller& caller,
                                             const ConsentId& id) const {
  RETURN_IF_ERROR(caller.May(Permission::kConsentRead));
  return Require(caller, Permission::kConsentRead, id);
}

absl::StatusOr<Consent> ConsentActions::Withdraw(
    const people::Caller& caller, const WithdrawRequest& request) {
  RETURN_IF_ERROR(caller.May(Permission::kConsentWrite));
  RETURN_IF_ERROR(
      Require(caller, Permission::kConsentWrite, request.consent).status());
  const std::string digest =
      people::BodyDigest("WithdrawConsent", request.consent.bytes());
  const std::unique_ptr<Lease> lease = leases_.Exclusive(request.consent);
  for (int i = 0; i < kConflictRetriesMax; ++i) {
    absl::StatusOr<Consent> withdrawn = WithdrawOnce(caller, request, digest);
    if (withdrawn.ok() || !IsConflict(withdrawn.status())) return withdrawn;
  }
  return Error(Reason::kVersionConflict);
}

absl::StatusOr<Consent> ConsentActions::WithdrawOnce(
    const people::Caller& caller, const WithdrawRequest& request,
    const std::string& digest) {
  ASSIGN_OR_RETURN(const std::optional<std::string> kept,
                   requests_.Find(caller.person(), request.request, digest));
  if (kept.has_value()) return ledger_.Get(ground_.store, request.consent);
  const storage::Table<ConsentCodec> table(ground_.vault);
  ASSIGN_OR_RETURN(const std::optional<storage::Row<Consent>> row,
                   table.Get(ground_.store, request.consent));
  if (!row.has_value()) return Error(Reason::kNotAllowed);
  const absl::Time now =
      absl::FromUnixMillis(absl::ToUnixMillis(ground_.clock.Now()));
  ASSIGN_OR_RETURN(Consent withdrawn,
                   row->value.Withdrawn(now, caller.person()));
  storage::Batch batch;
  RETURN_IF_ERROR(table.Replace(batch, request.consent, *row, withdrawn));
  for (WithdrawalEffect* effect : effects_) {
    RETURN_IF_ERROR(effect->OnWithdrawn(batch, withdrawn, now));
  }
  RETURN_IF_ERROR(ground_.log.Record(
      batch,
      {audit::EventKind::kConsentWithdrawn,
       now,
       caller.person(),
       {{"consent", request.consent.hex()},
        {"purpose", std::string(amparo::Name(withdrawn.purpose()))}}},
      row->key));
  RETURN_IF_ERROR(requests_.Remember(batch, caller.person(), request.request,
                                     digest, request.consent.bytes()));
  RETURN_IF_ERROR(ground_.store.Commit(batch).status());
  return withdrawn;
}

}  // namespace amparo::consent
