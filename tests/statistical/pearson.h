// SPDX-License-Identifier: Apache-2.0
//
// Pearson's chi-square test of counts against the probabilities they should
// have, and the error rate at which tests of this folder speak.

#ifndef AMPARO_TESTS_STATISTICAL_PEARSON_H_
#define AMPARO_TESTS_STATISTICAL_PEARSON_H_

#include <cstdint>
#include <vector>

namespace amparo::crypto {

// A right sampler turns a test red with at most this probability. Seeds are
// fixed, so in practice it never does by chance; a nightly run with other
// seeds relies on the rate.
inline constexpr double kFalseAlarm = 1e-9;

// The probability of a chi-square this large or larger, `degrees` >= 1: the
// upper regularised gamma function Q(degrees / 2, chi_square / 2), by the
// series and the continued fraction of Abramowitz and Stegun 6.5.29 and
// 6.5.31.
double ChiSquareTail(double chi_square, int degrees);

// The p-value of counts against probabilities (both by cell, probabilities
// summing to 1). Cells expected fewer than 10 times are pooled with their
// neighbours, so that the approximation holds.
double PearsonPValue(const std::vector<int64_t>& counts,
                     const std::vector<double>& probabilities);

}  // namespace amparo::crypto

#endif  // AMPARO_TESTS_STATISTICAL_PEARSON_H_
