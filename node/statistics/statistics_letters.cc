// SPDX-License-Identifier: Apache-2.0
#include "node/statistics/statistics_letters.h"

#include <algorithm>
#include <utility>

#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/exchange_terms.h"
#include "node/base/status_macros.h"
#include "node/delivery/delivery.h"

namespace amparo::statistics {
namespace {

// The region may not have releases now; that is no reason not to publish.
bool LeavesOut(Reason reason) {
  switch (reason) {
    case Reason::kPeerNotConfirmed:
    case Reason::kPeerSuspended:
    case Reason::kAgreementMissing:
    case Reason::kAgreementExpired:
    case Reason::kTypeNotInAgreement:
    case Reason::kPurposeNotInAgreement:
    case Reason::kCategoryNotInAgreement:
      return true;
    default:
      return false;
  }
}

}  // namespace

absl::StatusOr<Outlet::Signature> LetterOutlet::Sign(
    absl::string_view body) const {
  ASSIGN_OR_RETURN(const peering::EpochSignature signature,
                   parts_.own.Sign(kReleaseType, body));
  return Signature{signature.epoch, signature.signature};
}

absl::StatusOr<std::vector<OfficeId>> LetterOutlet::Post(
    storage::Batch& batch, absl::string_view signed_body,
    absl::Span<const OfficeId> already) {
  const absl::Time now = parts_.clock.Now();
  std::vector<OfficeId> posted;
  for (const peering::Peer& peer : parts_.peers.List()) {
    if (peer.bundle.role != peering::NodeRole::kRegion ||
        std::find(already.begin(), already.end(), peer.id) != already.end()) {
      continue;
    }
    const absl::StatusOr<peering::Agreement> agreement =
        parts_.agreements.ActiveWith(peer.id, now);
    if (!agreement.ok() && LeavesOut(ReasonOf(agreement.status()))) continue;
    RETURN_IF_ERROR(agreement.status());

    clearance::ClearanceRequest request;
    request.recipient = peer.id;
    request.type = LetterType::kStatisticsRelease;
    request.purpose = Purpose::kStatistics;
    request.payload_digest = crypto::Sha256(signed_body);
    request.categories = {DataCategory::kStatisticalCounts};
    request.handling_codes = agreement->terms().handling_codes;
    request.expires_at =
        std::min(now + kReleaseLetterLifetime, agreement->terms().valid_until);
    absl::StatusOr<clearance::Clearance> clearance = parts_.gate.Clear(request);
    if (!clearance.ok() && LeavesOut(ReasonOf(clearance.status()))) continue;
    RETURN_IF_ERROR(clearance.status());

    ASSIGN_OR_RETURN(const ThreadId thread,
                     ThreadId::FromBytes(
                         crypto::RandomBytes(parts_.random, ThreadId::kSize)));
    delivery::Draft draft{*std::move(clearance),
                          thread,
                          std::string(signed_body),
                          {},
                          {},
                          absl::InfiniteFuture(),
                          absl::InfiniteFuture(),
                          std::nullopt};
    RETURN_IF_ERROR(parts_.outbox.Post(batch, std::move(draft)).status());
    posted.push_back(peer.id);
  }
  return posted;
}

}  // namespace amparo::statistics
