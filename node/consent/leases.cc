// SPDX-License-Identifier: Apache-2.0
#include "node/consent/leases.h"

#include <cstdio>
#include <cstdlib>

namespace amparo::consent {

Lease::~Lease() { leases_.End(consent_, exclusive_); }

Leases::~Leases() {
  absl::MutexLock lock(&mutex_);
  if (held_.empty()) return;
  std::fputs("a consent lease outlives its leases\n", stderr);
  std::abort();
}

std::unique_ptr<Lease> Leases::Share(const ConsentId& consent) {
  absl::MutexLock lock(&mutex_);
  Holders& holders = held_[consent];
  if (holders.exclusive || holders.waiting > 0) return nullptr;
  ++holders.shares;
  return std::unique_ptr<Lease>(new Lease(*this, consent, false));
}

std::unique_ptr<Lease> Leases::Exclusive(const ConsentId& consent) {
  absl::MutexLock lock(&mutex_);
  ++held_[consent].waiting;
  const auto is_free = [this, &consent]() {
    mutex_.AssertHeld();
    const Holders& holders = held_[consent];
    return holders.shares == 0 && !holders.exclusive;
  };
  mutex_.Await(absl::Condition(&is_free));
  // Looked up again: entries move when others come.
  Holders& holders = held_[consent];
  --holders.waiting;
  holders.exclusive = true;
  return std::unique_ptr<Lease>(new Lease(*this, consent, true));
}

void Leases::End(const ConsentId& consent, bool exclusive) {
  absl::MutexLock lock(&mutex_);
  const auto found = held_.find(consent);
  Holders& holders = found->second;
  if (exclusive) {
    holders.exclusive = false;
  } else {
    --holders.shares;
  }
  if (holders.shares == 0 && !holders.exclusive && holders.waiting == 0) {
    held_.erase(found);
  }
}

}  // namespace amparo::consent
