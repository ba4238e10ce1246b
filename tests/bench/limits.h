// SPDX-License-Identifier: Apache-2.0
//
// What this machine can do at best with the same calls, writes and
// cryptography, one after the other on one thread and with nothing around
// them. Errors end the program: there is nothing to measure then.
#ifndef AMPARO_TESTS_BENCH_LIMITS_H_
#define AMPARO_TESTS_BENCH_LIMITS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "node/storage/store.h"
#include "tests/bench/bench_node.h"

namespace amparo::bench {

// Ends the program with what went wrong.
void OrDie(const absl::Status& status);
template <class T>
T OrDie(absl::StatusOr<T> result) {
  OrDie(result.status());
  return *std::move(result);
}

// A server and a client with mutual TLS that carry messages of given sizes and
// do nothing with them.
class BareCalls {
 public:
  BareCalls();
  ~BareCalls();
  // The time that these calls take, in order.
  absl::Duration Take(const std::vector<SentCall>& calls);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// A store that is empty at first, in `folder`.
class BareStore {
 public:
  explicit BareStore(const std::string& folder);
  // The time of a synced batch of as many random rows and bytes.
  absl::Duration Take(const DiskWrite& write);

 private:
  const std::unique_ptr<storage::Store> store_;
};

// Of each, one after the other in a BareStore.
std::vector<absl::Duration> TakeWrites(const std::string& folder,
                                       const std::vector<DiskWrite>& writes);

// The sum.
absl::Duration Sum(const std::vector<absl::Duration>& times);

// What the exchange requires of each letter between outbox and stored receipt:
// seal, outer signature; outer verification, opening, inner verification,
// signature of the receipt; its verification.
absl::Duration LetterCryptography(size_t letters, size_t bytes);

// AES-256-GCM of so many values.
absl::Duration Encryption(size_t values, size_t bytes_each);

}  // namespace amparo::bench

#endif  // AMPARO_TESTS_BENCH_LIMITS_H_
