// SPDX-License-Identifier: Apache-2.0
//
// The session of the person at this device, between two commands: a small JSON
// file of mode 0600 with two secrets, the session token (12 hours) and the
// device token (which keeps strangers' attempts from delaying this device).
#ifndef AMPARO_ADMIN_CLI_SESSION_FILE_H_
#define AMPARO_ADMIN_CLI_SESSION_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/secret.h"

namespace amparo::cli {

// What the file holds. Empty token: signed out.
struct StoredSession {
  std::string name;  // Sign-in name of who signed in last.
  crypto::Secret token;
  crypto::Secret device_token;
  int64_t expires_at_ms = 0;
};

// An empty session when there is no file. FILE_MODE_TOO_OPEN when anybody but
// the caller may read or write it; USAGE when it is not such a file.
absl::StatusOr<StoredSession> ReadSessionFile(const std::string& path);

// Replaces the file in one step, so that a crash leaves the old or the new
// one. Makes the folder it lies in, mode 0700, when that is missing.
absl::Status WriteSessionFile(const std::string& path,
                              const StoredSession& session);

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_SESSION_FILE_H_
