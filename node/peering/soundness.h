// SPDX-License-Identifier: Apache-2.0
//
// Whether this office's keys and what it knows of its peers hold together, for
// `amparod fsck`: private keys against the bundle, bundles under their pins,
// agreements under both office keys, indexes both ways.
#ifndef AMPARO_NODE_PEERING_SOUNDNESS_H_
#define AMPARO_NODE_PEERING_SOUNDNESS_H_

#include <map>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "node/base/ids.h"
#include "node/peering/key_bundle.h"
#include "node/peering/peers.h"
#include "node/storage/soundness.h"

namespace amparo::peering {

// Whose signatures the other rooms check. What could not be read is not there.
struct KnownOffices {
  OfficeId own;
  std::optional<KeyBundle> own_bundle;
  std::map<OfficeId, Peer> peers;

  // Null when the office is neither this one nor a peer.
  const KeyBundle* BundleOf(const OfficeId& office) const;
};

// Checks own_office, own_keys, peers, invitations, agreements and their index.
// `now` decides which private keys must still be there. Owns the data keys of
// sealing keys.
absl::StatusOr<KnownOffices> CheckPeering(storage::Inspection& inspection,
                                          absl::Time now);

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_SOUNDNESS_H_
