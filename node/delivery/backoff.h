// SPDX-License-Identifier: Apache-2.0
//
// How long to wait after attempts that failed. Pure.
#ifndef AMPARO_NODE_DELIVERY_BACKOFF_H_
#define AMPARO_NODE_DELIVERY_BACKOFF_H_

#include <cstdint>

#include "absl/time/time.h"
#include "crypto/base/random.h"

namespace amparo::delivery {

// After the `failures`-th failure in a row (from 1): limits::kBackoffMin
// doubled each time up to limits::kBackoffMax, of which a random part between
// a half and the whole, so that peers do not all come at once.
absl::Duration Backoff(uint32_t failures, crypto::RandomSource& random);

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_BACKOFF_H_
