// SPDX-License-Identifier: Apache-2.0
//
// An office whose keys were made long ago, so that a real node finds them due:
// no clock of a process is turned.
#ifndef AMPARO_TESTS_E2E_HOSTILE_AGED_OFFICE_H_
#define AMPARO_TESTS_E2E_HOSTILE_AGED_OFFICE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "node/peering/key_bundle.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"
#include "tests/support/node_process.h"

namespace amparo::hostile {

struct AgedOffice {
  std::unique_ptr<NodeProcess> node;               // Does not run yet.
  std::optional<peering::KeyBundle> first_bundle;  // Of the day it was made.
};

// As `amparod init` does it, with keys made at `born`. The administrator's
// code is of today.
absl::StatusOr<AgedOffice> InitialisedAt(const std::string& folder,
                                         const NodeOptions& options,
                                         absl::Time born);

// Opens the store of a node that does not run.
absl::Status WithStore(
    const NodeProcess& stopped,
    const std::function<absl::Status(storage::Store&, storage::Vault&)>& use);

}  // namespace amparo::hostile

#endif  // AMPARO_TESTS_E2E_HOSTILE_AGED_OFFICE_H_
