// SPDX-License-Identifier: Apache-2.0
//
// Copies of a disk in memory: an old backup, or one set-up for many runs.
#ifndef AMPARO_TESTS_SUPPORT_DISK_COPY_H_
#define AMPARO_TESTS_SUPPORT_DISK_COPY_H_

#include <string>

#include "node/storage/store.h"

namespace amparo {

// Puts the files that `from` has in `directory` in place of those that `to`
// has there. No store may be open on either. Ends the program when it fails:
// memory does not.
void CopyDisk(const storage::MemoryDisk& from, storage::MemoryDisk& to,
              const std::string& directory);

}  // namespace amparo

#endif  // AMPARO_TESTS_SUPPORT_DISK_COPY_H_
