// SPDX-License-Identifier: Apache-2.0
#include "node/app/restore.h"

#include <memory>

#include "node/base/status_macros.h"
#include "node/delivery/waiting_letters.h"
#include "node/peering/own_office.h"
#include "node/storage/vault.h"

namespace amparo::app {

absl::StatusOr<Restored> RestoreNode(const Ground& ground,
                                     const crypto::Secret& node_key) {
  ASSIGN_OR_RETURN(
      const std::unique_ptr<storage::Vault> vault,
      storage::Vault::Open(ground.store, node_key.Clone(), ground.random));
  ASSIGN_OR_RETURN(const delivery::WaitingOverview waiting,
                   delivery::OverviewOfWaiting(ground.store, *vault));
  Restored restored;
  restored.letters_waiting = waiting.letters;
  ASSIGN_OR_RETURN(restored.incarnation,
                   peering::OwnOffice::RaiseIncarnation(
                       ground.store, *vault, ground.random, ground.clock,
                       waiting.last_written_at));
  return restored;
}

}  // namespace amparo::app
