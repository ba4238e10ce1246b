// SPDX-License-Identifier: Apache-2.0
//
// Sessions: who holds a token is the person, until it ends. Only the SHA-256
// of a token is stored. Each call reads the session and the person again, so
// that a disabled person or a changed role counts from the next call on.
#ifndef AMPARO_NODE_PEOPLE_SESSIONS_H_
#define AMPARO_NODE_PEOPLE_SESSIONS_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "node/base/clock.h"
#include "node/base/ids.h"
#include "node/people/caller.h"
#include "node/people/people_records.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"

namespace amparo::people {

struct OpenedSession {
  SessionId id;
  crypto::Secret token;  // Shown once.
  absl::Time expires_at;
};

// Thread-safe; references must outlive it.
class Sessions {
 public:
  Sessions(const storage::Reader& reader, const storage::Vault& vault,
           const Clock& clock)
      : reader_(reader), vault_(vault), clock_(clock) {}

  // Who holds `token`. kNotSignedIn when there is no such session or its
  // person may not sign in; kSessionExpired when it ended by time.
  absl::StatusOr<Caller> Find(absl::string_view token) const;

  // Adds a session of limits::kSessionLifetime to `batch`, and deletes the
  // person's lapsed ones and the oldest beyond kSessionsPerPersonMax.
  absl::StatusOr<OpenedSession> Open(storage::Batch& batch,
                                     const PersonId& person,
                                     crypto::RandomSource& random) const;

  // Adds the end of one session, or of all of a person, to `batch`. No such
  // session is no error.
  absl::Status End(storage::Batch& batch, const PersonId& person,
                   const SessionId& session) const;
  absl::Status EndAll(storage::Batch& batch, const PersonId& person) const;

 private:
  absl::Status ForEachOf(const PersonId& person,
                         const std::function<void(const std::string& key,
                                                  const Session&)>& row) const;

  const storage::Reader& reader_;
  const storage::Vault& vault_;
  const Clock& clock_;
};

}  // namespace amparo::people

#endif  // AMPARO_NODE_PEOPLE_SESSIONS_H_
