// SPDX-License-Identifier: Apache-2.0
//
// What the outbox keeps in memory beside its rows.
#include <algorithm>

#include "node/delivery/delivery_records.h"
#include "node/delivery/outbox.h"

namespace amparo::delivery {

void Outbox::CountQueued(storage::Batch& batch, const OfficeId& peer,
                         int change) {
  batch.OnCommitted([this, peer, change] { counts_.Queued(peer, change); });
}

bool Outbox::PossiblySent(const OutboxKey& key) {
  absl::MutexLock lock(&attempted_mutex_);
  return key.start() != start_ || attempted_.contains(key.message);
}

absl::Time Outbox::NextDeadline(const OfficeId& peer) {
  absl::MutexLock lock(&deadlines_mutex_);
  const auto noted = deadlines_.find(peer);
  return noted == deadlines_.end() ? absl::InfinitePast() : noted->second;
}

void Outbox::ForgetDeadlines(const OfficeId& peer) {
  absl::MutexLock lock(&deadlines_mutex_);
  deadlines_[peer] = absl::InfiniteFuture();
}

void Outbox::NoteDeadline(const OfficeId& peer, absl::Time deadline) {
  absl::MutexLock lock(&deadlines_mutex_);
  const auto noted = deadlines_.find(peer);
  // Nobody looked yet: the first look finds this letter, too.
  if (noted == deadlines_.end()) return;
  noted->second = std::min(noted->second, deadline);
}

void Outbox::MarkAttempted(const MessageId& message) {
  absl::MutexLock lock(&attempted_mutex_);
  attempted_.insert(message);
}

void Outbox::ForgetAttempted(const MessageId& message) {
  absl::MutexLock lock(&attempted_mutex_);
  attempted_.erase(message);
}

}  // namespace amparo::delivery
