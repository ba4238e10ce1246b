// SPDX-License-Identifier: Apache-2.0
//
// `amparod fsck`: derives again what can be derived from the raw rows, and
// says where the store does not agree with itself. Reads only.
#ifndef AMPARO_NODE_APP_FSCK_H_
#define AMPARO_NODE_APP_FSCK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "node/storage/soundness.h"
#include "node/storage/store.h"

namespace amparo::app {

struct FsckReport {
  uint64_t rows = 0;  // Read.
  std::vector<storage::Finding> findings;

  bool clean() const { return findings.empty(); }
};

// Checks all rooms at one moment: `reader` is a snapshot of a store that runs,
// or a store that is only read. `now` decides which private keys must still be
// there. `threads` check rooms, and the rows of one room, side by side. An
// error means that it could not be checked: kPassphraseWrong for another node
// key, kNotInitialised for an empty store, kStorageFailed when the disk does
// not answer. Damage is no error but a finding.
absl::StatusOr<FsckReport> CheckNode(const storage::Reader& reader,
                                     crypto::Secret node_key,
                                     crypto::RandomSource& random,
                                     absl::Time now, int threads = 2);

// Opens a store (StorePath of a data directory) read only, checks it and
// closes it. Also kDirectoryInUse when a node runs. A store whose files
// RocksDB cannot open is a finding.
absl::StatusOr<FsckReport> CheckDirectory(const std::string& store_directory,
                                          crypto::Secret node_key,
                                          crypto::RandomSource& random,
                                          absl::Time now);

// What the operator reads; ends with a line break.
std::string Describe(const FsckReport& report);
// {"clean": bool, "rows": n, "findings": [{"table", "gravity", "what", "rows",
// "next_step"}]}
std::string DescribeAsJson(const FsckReport& report);

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_FSCK_H_
