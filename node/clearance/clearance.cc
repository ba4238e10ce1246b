// SPDX-License-Identifier: Apache-2.0
#include "node/clearance/clearance.h"

#include <algorithm>

#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/consent/ledger.h"
#include "node/consent/statement.h"
#include "node/peering/agreements.h"
#include "node/peering/own_office.h"
#include "node/peering/peers.h"

namespace amparo::clearance {
namespace {

using Categories = std::vector<DataCategory>;

std::set<DataCategory> AsSet(const Categories& categories) {
  return {categories.begin(), categories.end()};
}

bool IdentifiesAPerson(DataCategory category) {
  return category == DataCategory::kNames ||
         category == DataCategory::kDatesOfBirth ||
         category == DataCategory::kDocuments ||
         category == DataCategory::kContacts;
}

// Letters that say something of a person under a consent of ours.
bool NeedsConsent(LetterType type) {
  return type == LetterType::kReferralRequest ||
         type == LetterType::kDisclosure;
}

// Which categories a type can carry at all: disclosure is staged, so a request
// never identifies, and an answer says only what is offered.
bool TypeCarries(LetterType type, DataCategory category) {
  switch (type) {
    case LetterType::kReferralRequest:
      return category == DataCategory::kCodedProfile ||
             category == DataCategory::kNeeds;
    case LetterType::kReferralAnswer:
      return category == DataCategory::kNeeds;
    case LetterType::kDisclosure:
      return IdentifiesAPerson(category) ||
             category == DataCategory::kCodedProfile ||
             category == DataCategory::kNeeds;
    case LetterType::kStatisticsRelease:
      return category == DataCategory::kStatisticalCounts;
    default:
      return false;
  }
}

bool IsSubset(const Categories& part, const std::set<DataCategory>& whole) {
  return std::all_of(part.begin(), part.end(), [&](DataCategory category) {
    return whole.count(category) > 0;
  });
}

bool IsDigest(const std::string& bytes) {
  return bytes.size() == crypto::kSha256Size;
}

absl::Status CheckContent(const ClearanceRequest& request) {
  if (request.categories.empty()) {
    return FieldError("categories", "must name what the letter holds");
  }
  for (DataCategory category : request.categories) {
    if (!TypeCarries(request.type, category)) {
      return FieldError("categories", "holds one this type never carries");
    }
  }
  if (request.type == LetterType::kDisclosure &&
      request.purpose != Purpose::kIdentityDisclosure) {
    return FieldError("purpose", "of a disclosure is IDENTITY_DISCLOSURE");
  }
  if (request.type == LetterType::kStatisticsRelease &&
      request.purpose != Purpose::kStatistics) {
    return FieldError("purpose", "of a release is STATISTICS");
  }
  return absl::OkStatus();
}

}  // namespace

Gate::Gate(const storage::Reader& reader, const peering::OwnOffice& own,
           const peering::Peers& peers, const peering::Agreements& agreements,
           const consent::Ledger& consents, const Clock& clock)
    : reader_(reader),
      own_(own),
      peers_(peers),
      agreements_(agreements),
      consents_(consents),
      clock_(clock) {}

absl::StatusOr<consent::Consent> Gate::ConsentOf(const ConsentId& id) const {
  absl::StatusOr<consent::Consent> consent = consents_.Get(reader_, id);
  // Whose letters these are, they may know that there is none.
  if (ReasonOf(consent.status()) == Reason::kNotAllowed) {
    return Error(Reason::kConsentMissing);
  }
  return consent;
}

absl::Status Gate::CheckPeer(const OfficeId& peer, bool protective) const {
  ASSIGN_OR_RETURN(const peering::Peer found, peers_.Get(peer));
  if (found.bundle.exercise != own_.exercise()) {
    return Error(Reason::kExerciseMismatch);
  }
  return peering::CheckMayExchange(found, protective);
}

absl::Status Gate::CheckRequest(const ClearanceRequest& request,
                                absl::Time now) const {
  if (!NeedsConsent(request.type) &&
      request.type != LetterType::kReferralAnswer &&
      request.type != LetterType::kStatisticsRelease) {
    return FieldError("type", "is cleared in another way");
  }
  if (!IsDigest(request.payload_digest)) {
    return FieldError("payload_digest", "must be 32 bytes");
  }
  if (request.expires_at == absl::InfiniteFuture()) {
    return FieldError("expires_at", "must be set");
  }
  if (request.expires_at <= now) return Error(Reason::kLetterExpired);
  RETURN_IF_ERROR(CheckContent(request));
  if (NeedsConsent(request.type)) {
    if (!request.consent.has_value()) return Error(Reason::kConsentMissing);
    return absl::OkStatus();
  }
  if (request.consent.has_value() || !request.consent_statement.empty() ||
      !request.consent_salt.empty()) {
    return FieldError("consent", "does not belong to this type of letter");
  }
  const bool answer = request.type == LetterType::kReferralAnswer;
  if (answer ? !IsDigest(request.thread_commitment)
             : !request.thread_commitment.empty()) {
    return Error(Reason::kConsentCommitmentMismatch);
  }
  return absl::OkStatus();
}

absl::Status Gate::CheckStatement(const ClearanceRequest& request,
                                  absl::Time now) const {
  const absl::StatusOr<consent::Statement> statement =
      consent::Statement::Decode(request.consent_statement);
  if (!statement.ok()) return Error(Reason::kConsentCommitmentMismatch);
  if (statement->recipient != request.recipient ||
      statement->purpose != request.purpose ||
      !IsSubset(request.categories, statement->categories) ||
      statement->valid_until <= now) {
    return Error(Reason::kConsentCommitmentMismatch);
  }
  // The statement may say less than the consent, never more.
  ASSIGN_OR_RETURN(const consent::Consent consent, ConsentOf(*request.consent));
  const Categories stated(statement->categories.begin(),
                          statement->categories.end());
  RETURN_IF_ERROR(consents_.CheckCovers(consent, request.purpose,
                                        request.recipient, stated, now));
  if (statement->valid_until > consent.fields().valid_until) {
    return Error(Reason::kConsentCommitmentMismatch);
  }
  return absl::OkStatus();
}

absl::StatusOr<Clearance> Gate::Clear(const ClearanceRequest& request) const {
  const absl::Time now = clock_.Now();
  RETURN_IF_ERROR(CheckRequest(request, now));
  RETURN_IF_ERROR(CheckPeer(request.recipient, /*protective=*/false));
  ASSIGN_OR_RETURN(
      const peering::Agreement agreement,
      agreements_.Covering(request.recipient, request.type, request.purpose,
                           AsSet(request.categories), now));
  ClearanceFacts facts;
  facts.recipient = request.recipient;
  facts.type = request.type;
  facts.purpose = request.purpose;
  facts.payload_digest = request.payload_digest;
  facts.agreement = agreement.id();
  facts.agreement_hash = agreement.hash();
  facts.categories = request.categories;
  facts.handling_codes = request.handling_codes;
  facts.handling_codes.insert(agreement.terms().handling_codes.begin(),
                              agreement.terms().handling_codes.end());
  facts.expires_at =
      std::min(request.expires_at, agreement.terms().valid_until);
  facts.consent_commitment = request.thread_commitment;
  if (NeedsConsent(request.type)) {
    ASSIGN_OR_RETURN(const consent::Consent consent,
                     ConsentOf(*request.consent));
    RETURN_IF_ERROR(consents_.CheckCovers(
        consent, request.purpose, request.recipient, request.categories, now));
    RETURN_IF_ERROR(CheckStatement(request, now));
    facts.consent = request.consent;
    ASSIGN_OR_RETURN(
        facts.consent_commitment,
        consent::Commitment(request.consent_salt, request.consent_statement));
    facts.expires_at = std::min(facts.expires_at, consent.fields().valid_until);
  }
  return Clearance(std::move(facts));
}

absl::StatusOr<Clearance> Gate::ClearPeering(
    const OfficeId& recipient, LetterType type,
    const std::string& payload_digest) const {
  if (!IsPeeringLetter(type)) {
    return FieldError("type", "is not of peering");
  }
  if (!IsDigest(payload_digest)) {
    return FieldError("payload_digest", "must be 32 bytes");
  }
  RETURN_IF_ERROR(CheckPeer(recipient, IsProtectiveLetter(type)));
  ClearanceFacts facts;
  facts.recipient = recipient;
  facts.type = type;
  facts.payload_digest = payload_digest;
  return Clearance(std::move(facts));
}

absl::StatusOr<Clearance> Gate::ClearProtective(
    const ProtectiveRequest& request) const {
  const bool receipt = request.type == LetterType::kReceipt;
  if (IsPeeringLetter(request.type) ||
      (!receipt && !IsProtectiveLetter(request.type))) {
    return FieldError("type", "is not protective");
  }
  if (!IsDigest(request.payload_digest)) {
    return FieldError("payload_digest", "must be 32 bytes");
  }
  if (request.agreement.empty() != request.agreement_hash.empty()) {
    return Error(Reason::kAgreementHashMismatch);
  }
  // A VOID takes the place of a letter to a peer that may have been confirmed
  // or not; where nothing passes yet, it waits like the letter did.
  if (request.type != LetterType::kVoid) {
    RETURN_IF_ERROR(CheckPeer(request.recipient, /*protective=*/!receipt));
  }
  ClearanceFacts facts;
  facts.recipient = request.recipient;
  facts.type = request.type;
  facts.payload_digest = request.payload_digest;
  facts.agreement = request.agreement;
  facts.agreement_hash = request.agreement_hash;
  facts.consent_commitment = request.consent_commitment;
  return Clearance(std::move(facts));
}

absl::StatusOr<Clearance> Gate::ClearAnew(const ClearanceFacts& facts) const {
  RETURN_IF_ERROR(Recheck(facts, clock_.Now()));
  return Clearance(facts);
}

absl::Status Gate::Recheck(const ClearanceFacts& facts, absl::Time now) const {
  if (facts.expires_at <= now) return Error(Reason::kLetterExpired);
  const bool protective = IsProtectiveLetter(facts.type);
  RETURN_IF_ERROR(CheckPeer(facts.recipient, protective));
  if (protective || IsPeeringLetter(facts.type) ||
      facts.type == LetterType::kReceipt) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const peering::Agreement agreement,
                   agreements_.Named(facts.recipient, facts.agreement,
                                     facts.agreement_hash));
  RETURN_IF_ERROR(peering::CheckLetter(agreement, own_.id(), facts.type,
                                       facts.purpose, AsSet(facts.categories),
                                       now));
  if (!NeedsConsent(facts.type)) return absl::OkStatus();
  if (!facts.consent.has_value()) return Error(Reason::kConsentMissing);
  ASSIGN_OR_RETURN(const consent::Consent consent, ConsentOf(*facts.consent));
  RETURN_IF_ERROR(consents_.CheckCovers(consent, facts.purpose, facts.recipient,
                                        facts.categories, now));
  // What the person excluded since, in another consent, beats this one.
  return consents_
      .FindActive(reader_, consent.subject(), facts.purpose, facts.recipient,
                  facts.categories, now)
      .status();
}

}  // namespace amparo::clearance
