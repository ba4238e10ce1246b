// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/contact.h"

#include <algorithm>

#include "node/base/status_macros.h"
#include "node/delivery/backoff.h"

namespace amparo::delivery {
namespace {

void EndBackoff(PeerCursor& cursor) {
  cursor.failures = 0;
  cursor.next_attempt = absl::InfinitePast();
}

}  // namespace

absl::StatusOr<PeerCursor> Contact::Cursor() {
  absl::MutexLock lock(&mutex_);
  if (!loaded_) {
    ASSIGN_OR_RETURN(const auto row, table_.Get(store_, peer_));
    if (row.has_value()) cursor_ = row->value;
    loaded_ = true;
    if (contacted_) EndBackoff(cursor_);
  }
  return cursor_;
}

void Contact::Take(const PeerCursor& cursor) {
  absl::MutexLock lock(&mutex_);
  cursor_ = cursor;
  loaded_ = true;
}

absl::Status Contact::Save(const PeerCursor& cursor) {
  Take(cursor);
  storage::Batch batch;
  RETURN_IF_ERROR(table_.Put(batch, peer_, cursor));
  return store_.Commit(batch).status();
}

absl::StatusOr<absl::Time> Contact::Failed(absl::Time now) {
  ASSIGN_OR_RETURN(PeerCursor cursor, Cursor());
  ++cursor.failures;
  cursor.next_attempt = now + Backoff(cursor.failures, random_);
  RETURN_IF_ERROR(Save(cursor));
  return cursor.next_attempt;
}

absl::Status Contact::Reached() {
  ASSIGN_OR_RETURN(PeerCursor cursor, Cursor());
  EndBackoff(cursor);
  return Save(cursor);
}

std::map<ThreadId, Contact::Hold> Contact::Held() {
  absl::MutexLock lock(&mutex_);
  return held_;
}

absl::Time Contact::HoldThread(const OutboxRow& row, absl::Duration wait,
                               absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (held_.size() >= kHeldThreadsMax) held_.clear();
  Hold& hold = held_[row.thread];
  if (wait == absl::ZeroDuration()) {
    ++hold.failures;
    if (!contacted_) hold.failures = std::max(hold.failures, row.refusals);
    wait = Backoff(hold.failures, random_);
  }
  hold.until = now + wait;
  return hold.until;
}

void Contact::Release(const ThreadId& thread) {
  absl::MutexLock lock(&mutex_);
  held_.erase(thread);
}

void Contact::OnContact() {
  absl::MutexLock lock(&mutex_);
  // The answer to our own question is no reason to send sooner: a peer that
  // never knows its keys would make this spin.
  if (asking_) return;
  held_.clear();
  contacted_ = true;
  EndBackoff(cursor_);
}

bool Contact::Ask(const std::function<absl::Status()>& question) {
  {
    absl::MutexLock lock(&mutex_);
    asking_ = true;
  }
  const bool answered = question().ok();
  absl::MutexLock lock(&mutex_);
  asking_ = false;
  return answered;
}

}  // namespace amparo::delivery
