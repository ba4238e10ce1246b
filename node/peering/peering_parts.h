// SPDX-License-Identifier: Apache-2.0
//
// What this room's actions work on, in one place: they all need the same.
#ifndef AMPARO_NODE_PEERING_PEERING_PARTS_H_
#define AMPARO_NODE_PEERING_PEERING_PARTS_H_

#include "crypto/base/random.h"
#include "node/audit/log.h"
#include "node/base/clock.h"
#include "node/peering/invitations.h"
#include "node/peering/own_office.h"
#include "node/peering/peers.h"
#include "node/people/requests.h"
#include "node/storage/store.h"

namespace amparo::peering {

// References only; whatever they point to must outlive who is given this. All
// of it is thread-safe.
struct PeeringParts {
  storage::Store& store;
  const audit::Log& log;
  const Clock& clock;
  crypto::RandomSource& random;
  OwnOffice& own;
  Peers& peers;
  const Invitations& invitations;
  const people::Requests& requests;
};

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_PEERING_PARTS_H_
