// SPDX-License-Identifier: Apache-2.0
#include "node/people/sessions.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/people/people.h"
#include "node/storage/table.h"

namespace amparo::people {

absl::StatusOr<Caller> Sessions::Find(absl::string_view token) const {
  const std::optional<std::string> digest = TokenDigest(token);
  if (!digest.has_value()) return Error(Reason::kNotSignedIn);
  const storage::Table<SessionCodec> sessions(vault_);
  ASSIGN_OR_RETURN(const std::optional<storage::Row<Session>> session,
                   sessions.Get(reader_, *digest));
  if (!session.has_value()) return Error(Reason::kNotSignedIn);
  if (clock_.Now() >= session->value.expires_at) {
    return Error(Reason::kSessionExpired);
  }
  const storage::Table<PersonCodec> persons(vault_);
  ASSIGN_OR_RETURN(std::optional<storage::Row<Person>> person,
                   persons.Get(reader_, session->value.person));
  if (!person.has_value() || person->value.state != PersonState::kActive) {
    return Error(Reason::kNotSignedIn);
  }
  return Caller::ForPerson(session->value.person, session->value.id,
                           std::move(person->value.roles),
                           std::move(person->value.team));
}

absl::StatusOr<OpenedSession> Sessions::Open(
    storage::Batch& batch, const PersonId& person,
    crypto::RandomSource& random) const {
  const absl::Time now = clock_.Now();
  const storage::Table<SessionCodec> table(vault_);
  std::vector<std::pair<absl::Time, std::string>> open;
  RETURN_IF_ERROR(
      ForEachOf(person, [&](const std::string& key, const Session& session) {
        if (now >= session.expires_at) {
          table.Delete(batch, key);
        } else {
          open.emplace_back(session.opened_at, key);
        }
      }));
  std::sort(open.begin(), open.end());
  for (size_t i = 0; i + kSessionsPerPersonMax <= open.size(); ++i) {
    table.Delete(batch, open[i].second);
  }
  OpenedSession opened;
  ASSIGN_OR_RETURN(opened.id, SessionId::FromBytes(crypto::RandomBytes(
                                  random, SessionId::kSize)));
  opened.token = NewToken(random);
  opened.expires_at = now + limits::kSessionLifetime;
  const std::optional<std::string> digest = TokenDigest(opened.token.Reveal());
  RETURN_IF_ERROR(table.Insert(batch, *digest,
                               {opened.id, person, now, opened.expires_at}));
  return opened;
}

absl::Status Sessions::End(storage::Batch& batch, const PersonId& person,
                           const SessionId& session) const {
  const storage::Table<SessionCodec> table(vault_);
  return ForEachOf(person, [&](const std::string& key, const Session& found) {
    if (found.id == session) table.Delete(batch, key);
  });
}

absl::Status Sessions::EndAll(storage::Batch& batch,
                              const PersonId& person) const {
  const storage::Table<SessionCodec> table(vault_);
  return ForEachOf(person, [&](const std::string& key, const Session&) {
    table.Delete(batch, key);
  });
}

// Sessions are found by token, so finding those of a person reads them all: at
// most kSessionsPerPersonMax for each person of an office.
absl::Status Sessions::ForEachOf(
    const PersonId& person,
    const std::function<void(const std::string& key, const Session&)>& row)
    const {
  const storage::Table<SessionCodec> table(vault_);
  return table.Scan(
      reader_, {}, {},
      [&](const std::string& key,
          const storage::Row<Session>& found) -> absl::StatusOr<bool> {
        if (found.value.person == person) row(key, found.value);
        return true;
      });
}

}  // namespace amparo::people
