// SPDX-License-Identifier: Apache-2.0
//
// Answers kept for repeated requests, so that asking again after a lost answer
// changes nothing twice: (person, request id) keeps the answer's bytes for
// limits::kRequestIdMemory. Answers are sealed; keep ids and states in them,
// not fields of a case.
//
//   ASSIGN_OR_RETURN(std::optional<std::string> kept,
//                    requests.Find(caller.person(), request, digest));
//   if (kept.has_value()) return Decode(*kept);
//   ... build the batch ...
//   RETURN_IF_ERROR(requests.Remember(batch, caller.person(), request, digest,
//                                     Encode(answer)));
//   commit
#ifndef AMPARO_NODE_PEOPLE_REQUESTS_H_
#define AMPARO_NODE_PEOPLE_REQUESTS_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/clock.h"
#include "node/base/ids.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"

namespace amparo::people {

// SHA-256 over the verb's name and its request's bytes, each after a u32be
// length. 32 bytes.
std::string BodyDigest(absl::string_view verb, absl::string_view request);

// Thread-safe; all references must outlive it.
class Requests {
 public:
  Requests(const storage::Reader& reader, const storage::Vault& vault,
           const Clock& clock)
      : reader_(reader), vault_(vault), clock_(clock) {}

  // The kept answer, or nullopt when the request is new, its memory has
  // lapsed, or `request` is empty (an internal caller). kRequestIdReused when
  // the same id came with another body.
  absl::StatusOr<std::optional<std::string>> Find(
      const PersonId& person, const RequestId& request,
      absl::string_view body_digest) const;

  // Adds the answer to `batch`. The commit fails with kVersionConflict when
  // the same request was answered meanwhile: call Find again. Does nothing
  // when `request` is empty.
  absl::Status Remember(storage::Batch& batch, const PersonId& person,
                        const RequestId& request, absl::string_view body_digest,
                        absl::string_view answer) const;

  // Adds the deletion of at most `limit` lapsed answers to `batch`; returns
  // how many. Reads the whole table: for a job that runs daily.
  absl::StatusOr<size_t> Sweep(storage::Batch& batch, size_t limit) const;

 private:
  const storage::Reader& reader_;
  const storage::Vault& vault_;
  const Clock& clock_;
};

}  // namespace amparo::people

#endif  // AMPARO_NODE_PEOPLE_REQUESTS_H_
