// SPDX-License-Identifier: Apache-2.0
//
// What people ask of a region.
#ifndef AMPARO_NODE_REGION_REGION_ACTIONS_H_
#define AMPARO_NODE_REGION_REGION_ACTIONS_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "node/base/clock.h"
#include "node/base/ids.h"
#include "node/peering/agreements.h"
#include "node/peering/own_office.h"
#include "node/peering/peers.h"
#include "node/people/caller.h"
#include "node/region/region.h"
#include "node/region/region_records.h"
#include "node/statistics/table_spec.h"
#include "node/storage/store.h"
#include "node/storage/table.h"
#include "node/storage/vault.h"

namespace amparo::region {

struct Answer {
  Trend trend;
  std::string title;
  uint32_t nodes_reporting = 0;
  // Offices that are active peers with an agreement for releases, and those
  // whose releases were summed though they are not any more.
  uint32_t nodes_expected = 0;
};

// Thread-safe. Everything in Parts must outlive it.
class TrendActions {
 public:
  struct Parts {
    const storage::Store& store;
    const storage::Vault& vault;
    const peering::OwnOffice& own;
    const peering::Peers& peers;
    const peering::Agreements& agreements;
    const statistics::Catalogue& catalogue;
    const Clock& clock;
  };
  explicit TrendActions(const Parts& parts);

  // TREND_READ. kWrongState on a node that is no region, saying whom to ask;
  // kTableUnknown; kFieldInvalid for office_ids that are no peers; and what
  // Sum answers. No release at all is an answer without rows.
  absl::StatusOr<Answer> ShowTrend(const people::Caller& caller,
                                   const Question& question) const;

 private:
  absl::StatusOr<std::vector<Contribution>> Read(
      const storage::Reader& reader, const statistics::TableSpec& spec,
      const Question& question) const;
  std::set<OfficeId> Expected(const Question& question) const;

  const Parts parts_;
  const storage::Table<ReceivedReleaseCodec> releases_;
  const storage::Table<ReleasePlaceCodec> places_;
};

}  // namespace amparo::region

#endif  // AMPARO_NODE_REGION_REGION_ACTIONS_H_
