// SPDX-License-Identifier: Apache-2.0
//
// Whether the releases of a region's members hang together, for `amparod
// fsck`: each signed by its office, the index by table both ways.
#ifndef AMPARO_NODE_REGION_SOUNDNESS_H_
#define AMPARO_NODE_REGION_SOUNDNESS_H_

#include "absl/status/status.h"
#include "node/peering/soundness.h"
#include "node/storage/soundness.h"

namespace amparo::region {

// Checks region_releases and region_releases_by_table; both are empty where
// the office is no region.
absl::Status CheckRegion(storage::Inspection& inspection,
                         const peering::KnownOffices& offices);

}  // namespace amparo::region

#endif  // AMPARO_NODE_REGION_SOUNDNESS_H_
