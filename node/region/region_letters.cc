// SPDX-License-Identifier: Apache-2.0
#include "node/region/region_letters.h"

#include <optional>
#include <string>

#include "crypto/base/digest.h"
#include "crypto/sign/dsse.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"

namespace amparo::region {

using statistics::CohortCounts;

ReleaseReceiver::ReleaseReceiver(const storage::Reader& reader,
                                 const storage::Vault& vault,
                                 const peering::OwnOffice& own,
                                 const peering::Peers& peers,
                                 const statistics::Catalogue& catalogue)
    : reader_(reader),
      own_(own),
      peers_(peers),
      catalogue_(catalogue),
      releases_(vault),
      places_(vault) {}

absl::Status ReleaseReceiver::CheckSignature(
    const delivery::ReceivedLetter& letter,
    const peering::SignedBody& signed_body) const {
  ASSIGN_OR_RETURN(const peering::Peer peer, peers_.Get(letter.sender));
  if (signed_body.signatures.size() != 1 ||
      signed_body.signatures[0].office != letter.sender) {
    return Error(Reason::kSignatureInvalid);
  }
  const peering::BodySignature& signature = signed_body.signatures[0];
  ASSIGN_OR_RETURN(const peering::SigningKey key,
                   peer.bundle.SigningKeyOf(signature.key_epoch));
  if (letter.received_at > key.validity.verify_until) {
    return Error(Reason::kKeyEpochUnknown);
  }
  if (!crypto::VerifyDsse(key.key, statistics::kReleaseType, signed_body.body,
                          signature.signature)
           .ok()) {
    return Error(Reason::kSignatureInvalid);
  }
  return absl::OkStatus();
}

absl::Status ReleaseReceiver::CheckRelease(
    const delivery::ReceivedLetter& letter,
    const statistics::Release& release) const {
  if (release.office != letter.sender) {
    return Error(Reason::kLetterWrongSender);
  }
  ASSIGN_OR_RETURN(const statistics::TableSpec* spec,
                   catalogue_.FindByHash(release.spec_hash));
  RETURN_IF_ERROR(statistics::CheckAgainst(release, *spec));
  if (release.generated_at > letter.received_at + limits::kClockSkewMax) {
    return Error(Reason::kLetterFromFuture);
  }
  for (const CohortCounts& counts : release.cohorts) {
    if (release.generated_at < counts.cohort.end()) {
      return Error(Reason::kLetterMalformed,
                   "the release was made before its cohort was over");
    }
  }
  return absl::OkStatus();
}

absl::Status ReleaseReceiver::Receive(const delivery::ReceivedLetter& letter,
                                      storage::Batch& batch) {
  if (own_.role() != peering::NodeRole::kRegion) {
    return WithState(Error(Reason::kWrongState, "only a region takes releases"),
                     "OFFICE");
  }
  ASSIGN_OR_RETURN(const peering::SignedBody signed_body,
                   peering::SignedBody::Decode(letter.payload));
  RETURN_IF_ERROR(CheckSignature(letter, signed_body));
  ASSIGN_OR_RETURN(const statistics::Release release,
                   statistics::DecodeRelease(signed_body.body));
  RETURN_IF_ERROR(CheckRelease(letter, release));

  const std::string hash = crypto::Sha256(signed_body.body);
  size_t known = 0;
  for (const CohortCounts& counts : release.cohorts) {
    const PlaceKey key{release.table, counts.cohort, release.office};
    ASSIGN_OR_RETURN(const std::optional<storage::Row<ReleasePlace>> place,
                     places_.Get(reader_, key));
    if (!place.has_value()) {
      RETURN_IF_ERROR(
          places_.Insert(batch, key, ReleasePlace{release.id, hash}));
      continue;
    }
    if (place->value.hash != hash) return Error(Reason::kAlreadyReleased);
    ++known;
  }
  // All or none: the same body names the same cohorts.
  if (known == release.cohorts.size()) return absl::OkStatus();
  return releases_.Insert(
      batch, {release.office, release.id},
      ReceivedRelease{letter.payload, letter.message, letter.received_at});
}

}  // namespace amparo::region
