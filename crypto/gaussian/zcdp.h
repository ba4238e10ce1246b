// SPDX-License-Identifier: Apache-2.0
//
// What a zCDP budget means as (epsilon, delta), for people who read reports.
// For display only: the ledger counts rho, and nothing is decided on these
// floating-point figures. Any thread.

#ifndef AMPARO_CRYPTO_GAUSSIAN_ZCDP_H_
#define AMPARO_CRYPTO_GAUSSIAN_ZCDP_H_

#include "absl/status/statusor.h"

namespace amparo::crypto {

// The least delta for which rho-zCDP implies (epsilon, delta)-DP by the
// conversion of Canonne, Kamath and Steinke (arXiv 2004.00010, corollary 13).
// INVALID_ARGUMENT unless 0 <= rho <= 1000 and 0 <= epsilon, both finite.
absl::StatusOr<double> RhoToDelta(double rho, double epsilon);

// The least epsilon for the given delta, to about nine digits, never below
// the true value by more. INVALID_ARGUMENT unless 0 <= rho <= 1000 and
// 0 < delta < 1. At delta 1e-6: rho 0.025 is 1.0141, 0.1 is 2.14, 0.5 is 5.22,
// 1 is 7.77.
absl::StatusOr<double> RhoToEpsilon(double rho, double delta);

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_GAUSSIAN_ZCDP_H_
