// SPDX-License-Identifier: Apache-2.0
//
// The one place that decides whether something may leave the office. A letter
// is put into the outbox only with a Clearance, and only the Gate can make
// one: the constructor is private. The same checks run again at the moment of
// sending (Recheck), under a lease on the consent.
//
// What is checked, in this order:
//   1. the peer is active (two persons confirmed it, nobody suspended it);
//   2. an agreement with it is in force and covers type, purpose and
//      categories (the newest that does);
//   3. where a person is concerned, the consent covers this purpose, this
//      recipient and these categories today, and the statement that travels
//      says no more than that.
// Protective letters (recall, VOID, non-delivery) carry no personal
// data and pass the suspended peer and the expired agreement.
#ifndef AMPARO_NODE_CLEARANCE_CLEARANCE_H_
#define AMPARO_NODE_CLEARANCE_CLEARANCE_H_

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "node/base/clock.h"
#include "node/base/exchange_terms.h"
#include "node/base/ids.h"
#include "node/storage/store.h"

namespace amparo::consent {
class Consent;
class Ledger;
}  // namespace amparo::consent
namespace amparo::peering {
class Agreements;
class OwnOffice;
class Peers;
}  // namespace amparo::peering

namespace amparo::clearance {

// What a clearance says, as a plain value: the outbox keeps it beside the
// letter so that it can be checked again. Holding facts allows nothing.
struct ClearanceFacts {
  OfficeId recipient;
  LetterType type = LetterType::kVoid;
  Purpose purpose = Purpose::kAdministration;
  std::string payload_digest;  // SHA-256 of the payload, 32 bytes.
  // Empty, both, for peering letters and protective letters about those.
  AgreementId agreement;
  std::string agreement_hash;  // 32 bytes.
  // The consent it leaves under, where a person is concerned and the consent
  // is ours.
  std::optional<ConsentId> consent;
  std::string consent_commitment;  // 32 bytes, or empty.
  std::vector<DataCategory> categories;
  std::set<HandlingCode> handling_codes;
  // absl::InfiniteFuture(): never.
  absl::Time expires_at = absl::InfiniteFuture();
};

// Leave to put one payload into the outbox for one recipient. Movable only:
// one clearance, one letter.
class Clearance {
 public:
  Clearance(Clearance&&) = default;
  Clearance& operator=(Clearance&&) = default;
  Clearance(const Clearance&) = delete;
  Clearance& operator=(const Clearance&) = delete;

  const ClearanceFacts& facts() const { return facts_; }

 private:
  friend class Gate;
  explicit Clearance(ClearanceFacts facts) : facts_(std::move(facts)) {}

  ClearanceFacts facts_;
};

// What a room asks leave for. Types REFERRAL_REQUEST, REFERRAL_ANSWER,
// DISCLOSURE and STATISTICS_RELEASE.
struct ClearanceRequest {
  OfficeId recipient;
  LetterType type = LetterType::kReferralRequest;
  Purpose purpose = Purpose::kTransnationalReferral;
  std::string payload_digest;  // SHA-256 of the payload, 32 bytes.
  // REFERRAL_REQUEST and DISCLOSURE: all three, statement being
  // consent::Statement::Encode() and salt 32 bytes, fresh per referral.
  std::optional<ConsentId> consent;
  std::string consent_statement;
  std::string consent_salt;
  // REFERRAL_ANSWER: the commitment of the request it answers. The consent
  // behind it is the other office's, so there is none of ours to name.
  std::string thread_commitment;
  std::vector<DataCategory> categories;
  std::set<HandlingCode> handling_codes;
  // Must lie in the future and be finite. The clearance ends no later than
  // the agreement and the consent.
  absl::Time expires_at = absl::InfinitePast();
};

// Thread-safe. All references must outlive it; `reader` is the store.
class Gate {
 public:
  Gate(const storage::Reader& reader, const peering::OwnOffice& own,
       const peering::Peers& peers, const peering::Agreements& agreements,
       const consent::Ledger& consents, const Clock& clock);

  // Errors, by what stands in the way: kPeerUnknown, kPeerNotConfirmed,
  // kPeerSuspended; kAgreementMissing, kAgreementExpired,
  // kTypeNotInAgreement, kPurposeNotInAgreement, kCategoryNotInAgreement;
  // kConsentMissing, kConsentWithdrawn, kConsentExpired,
  // kConsentNotForRecipient, kConsentNotForPurpose, kConsentNotForCategory,
  // kConsentCommitmentMismatch (the statement says other than the request);
  // kLetterExpired; kFieldInvalid.
  absl::StatusOr<Clearance> Clear(const ClearanceRequest& request) const;

  // For letters that make or keep up a peering: there is no agreement yet.
  // The peer must be active. kFieldInvalid for any other type.
  absl::StatusOr<Clearance> ClearPeering(
      const OfficeId& recipient, LetterType type,
      const std::string& payload_digest) const;

  // For RECALL, VOID, NON_DELIVERY and RECEIPT about an earlier letter, whose
  // agreement (may be empty) and commitment (may be empty) they repeat. The
  // peer must have been confirmed once; it may be suspended.
  struct ProtectiveRequest {
    OfficeId recipient;
    LetterType type = LetterType::kVoid;
    std::string payload_digest;
    AgreementId agreement;
    std::string agreement_hash;
    std::string consent_commitment;
  };
  absl::StatusOr<Clearance> ClearProtective(
      const ProtectiveRequest& request) const;

  // For a letter that was cleared, posted and never taken, because its place in
  // the thread was another's, to be written anew word for word: the checks of
  // Recheck, now, and its errors.
  absl::StatusOr<Clearance> ClearAnew(const ClearanceFacts& facts) const;

  // The same checks at the moment of sending, on what the outbox kept. The
  // caller holds a lease on the consent. kLetterExpired past expires_at;
  // kAgreementHashMismatch when the agreement named is not the one held.
  absl::Status Recheck(const ClearanceFacts& facts, absl::Time now) const;

 private:
  absl::Status CheckRequest(const ClearanceRequest& request,
                            absl::Time now) const;
  absl::Status CheckStatement(const ClearanceRequest& request,
                              absl::Time now) const;
  absl::StatusOr<consent::Consent> ConsentOf(const ConsentId& id) const;
  absl::Status CheckPeer(const OfficeId& peer, bool protective) const;

  const storage::Reader& reader_;
  const peering::OwnOffice& own_;
  const peering::Peers& peers_;
  const peering::Agreements& agreements_;
  const consent::Ledger& consents_;
  const Clock& clock_;
};

}  // namespace amparo::clearance

#endif  // AMPARO_NODE_CLEARANCE_CLEARANCE_H_
