// SPDX-License-Identifier: Apache-2.0
//
// Everything a running node has stored, row by row, so that a test can say
// "nothing was stored" of a real process.
#ifndef AMPARO_TESTS_E2E_HOSTILE_STORE_PICTURE_H_
#define AMPARO_TESTS_E2E_HOSTILE_STORE_PICTURE_H_

#include <map>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "node/storage/store.h"
#include "node/storage/tables.h"
#include "tests/support/node_process.h"

namespace amparo::hostile {

// Rows as stored, by table and row key.
using Picture = std::map<storage::TableId, std::map<std::string, std::string>>;

// Every row of an open store.
absl::StatusOr<Picture> PictureOf(const storage::Reader& store);

// Every row of a running node: it is held (SIGSTOP), its files are copied, it
// goes on, and the copy is opened as after a crash. Call it on the thread that
// started the node.
absl::StatusOr<Picture> PictureOf(NodeProcess& node);

// "" when all rows of all tables but `except` are the same, else which tables
// differ and by how many rows.
std::string Difference(const Picture& before, const Picture& after,
                       const std::set<storage::TableId>& except = {});

}  // namespace amparo::hostile

#endif  // AMPARO_TESTS_E2E_HOSTILE_STORE_PICTURE_H_
