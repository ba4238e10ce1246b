// SPDX-License-Identifier: Apache-2.0
#include "node/people/requests.h"

#include <string>
#include <utility>

#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "crypto/base/secret.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/people/people_records.h"
#include "node/storage/table.h"

namespace amparo::people {
namespace {

using Row = storage::Row<KeptAnswer>;

bool Lapsed(const KeptAnswer& kept, absl::Time now) {
  return now - kept.answered_at > limits::kRequestIdMemory;
}

}  // namespace

std::string BodyDigest(absl::string_view verb, absl::string_view request) {
  std::string bytes;
  crypto::AppendPrefixed(&bytes, verb);
  crypto::AppendPrefixed(&bytes, request);
  return crypto::Sha256(bytes);
}

absl::StatusOr<std::optional<std::string>> Requests::Find(
    const PersonId& person, const RequestId& request,
    absl::string_view body_digest) const {
  if (request.empty()) return std::optional<std::string>();
  const storage::Table<RequestCodec> table(vault_);
  ASSIGN_OR_RETURN(std::optional<Row> row,
                   table.Get(reader_, {person, request}));
  if (!row.has_value() || Lapsed(row->value, clock_.Now())) {
    return std::optional<std::string>();
  }
  if (!crypto::ConstantTimeEqual(row->value.body_digest, body_digest)) {
    return Error(Reason::kRequestIdReused);
  }
  return std::optional<std::string>(std::move(row->value.answer));
}

absl::Status Requests::Remember(storage::Batch& batch, const PersonId& person,
                                const RequestId& request,
                                absl::string_view body_digest,
                                absl::string_view answer) const {
  if (request.empty()) return absl::OkStatus();
  const storage::Table<RequestCodec> table(vault_);
  const KeptAnswer kept{std::string(body_digest), std::string(answer),
                        clock_.Now()};
  ASSIGN_OR_RETURN(std::optional<Row> row,
                   table.Get(reader_, {person, request}));
  if (row.has_value() && Lapsed(row->value, clock_.Now())) {
    return table.Replace(batch, {person, request}, *row, kept);
  }
  return table.Insert(batch, {person, request}, kept);
}

absl::StatusOr<size_t> Requests::Sweep(storage::Batch& batch,
                                       size_t limit) const {
  const storage::Table<RequestCodec> table(vault_);
  size_t swept = 0;
  const absl::Time now = clock_.Now();
  RETURN_IF_ERROR(table.Scan(reader_, {}, {},
                             [&](const RequestCodec::Key& key,
                                 const Row& row) -> absl::StatusOr<bool> {
                               if (swept == limit) return false;
                               if (!Lapsed(row.value, now)) return true;
                               table.Delete(batch, key);
                               ++swept;
                               return true;
                             }));
  return swept;
}

}  // namespace amparo::people
