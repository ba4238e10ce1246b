// SPDX-License-Identifier: Apache-2.0
#include "node/region/soundness.h"

#include <string>

#include "crypto/base/digest.h"
#include "crypto/sign/dsse.h"
#include "node/base/status_macros.h"
#include "node/peering/signed_body.h"
#include "node/region/region_records.h"
#include "node/statistics/release.h"

namespace amparo::region {
namespace {

using storage::Erasure;
using storage::Gravity;
using storage::Inspection;
using storage::Opened;
using storage::Row;
using storage::RowSet;
using storage::TableId;

// Whether the one signature is by a signing key of `office`. A key that its
// bundle no longer lists cannot be asked: a restore may have ended it.
bool SignedBy(const peering::KnownOffices& offices, const OfficeId& office,
              const peering::SignedBody& signed_body) {
  const peering::KeyBundle* const bundle = offices.BundleOf(office);
  if (bundle == nullptr || signed_body.signatures.size() != 1 ||
      signed_body.signatures[0].office != office) {
    return false;
  }
  const peering::BodySignature& signature = signed_body.signatures[0];
  const auto key = bundle->SigningKeyOf(signature.key_epoch);
  if (!key.ok()) return bundle->incarnation > 1;
  return crypto::VerifyDsse(key->key, statistics::kReleaseType,
                            signed_body.body, signature.signature)
      .ok();
}

}  // namespace

absl::Status CheckRegion(Inspection& inspection,
                         const peering::KnownOffices& offices) {
  RowSet expected;
  bool all_read = true;
  const auto check = [&](const ReceivedReleaseCodec::Key& key,
                         const Row<ReceivedRelease>& row) {
    const auto signed_body = peering::SignedBody::Decode(row.value.signed_body);
    if (!signed_body.ok() || !SignedBy(offices, key.first, *signed_body)) {
      inspection.Add(TableId::kRegionReleases, Gravity::kEvidence,
                     "a release is not signed by the office it is kept for");
    }
    const auto release = statistics::DecodeRelease(
        signed_body.ok() ? signed_body->body : std::string());
    if (!release.ok() || release->office != key.first ||
        release->id != key.second) {
      all_read = false;
      inspection.Add(TableId::kRegionReleases, Gravity::kRecord,
                     "a release cannot be read or is not in its place");
      return absl::OkStatus();
    }
    const std::string hash = crypto::Sha256(signed_body->body);
    for (const statistics::CohortCounts& counts : release->cohorts) {
      expected.Add({ReleasePlaceCodec::EncodeKey(
                        {release->table, counts.cohort, release->office}),
                    release->id.bytes(), hash});
    }
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const Opened opened,
                   storage::OpenAll<ReceivedReleaseCodec>(
                       inspection, Erasure::kNever, check));
  RowSet found;
  ASSIGN_OR_RETURN(const Opened places,
                   storage::OpenAll<ReleasePlaceCodec>(
                       inspection, Erasure::kNever,
                       [&](const PlaceKey& key, const Row<ReleasePlace>& row) {
                         found.Add({ReleasePlaceCodec::EncodeKey(key),
                                    row.value.release.bytes(), row.value.hash});
                         return absl::OkStatus();
                       }));
  if (all_read && opened.complete() && places.complete()) {
    inspection.Compare(expected, found, TableId::kRegionReleasesByTable,
                       Gravity::kDerived,
                       "the index by table does not say what the releases "
                       "say");
  }
  return absl::OkStatus();
}

}  // namespace amparo::region
