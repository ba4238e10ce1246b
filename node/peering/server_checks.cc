// SPDX-License-Identifier: Apache-2.0
#include "node/peering/server_checks.h"

namespace amparo::peering {

void ServerChecks::Note(const OfficeId& office, Reason why) {
  absl::MutexLock lock(&mutex_);
  if (why == Reason::kUnspecified) {
    refused_.erase(office);
  } else {
    refused_[office] = why;
  }
}

std::optional<Reason> ServerChecks::Refused(const OfficeId& office) const {
  absl::MutexLock lock(&mutex_);
  const auto found = refused_.find(office);
  if (found == refused_.end()) return std::nullopt;
  return found->second;
}

}  // namespace amparo::peering
