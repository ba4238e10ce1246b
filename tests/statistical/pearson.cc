// SPDX-License-Identifier: Apache-2.0

#include "tests/statistical/pearson.h"

#include <cmath>
#include <cstddef>

namespace amparo::crypto {
namespace {

constexpr double kExpectedLeast = 10;
constexpr int kTermsMost = 100000;

// P(a, x) by its series, for x < a + 1.
double LowerGamma(double a, double x) {
  double term = 1 / a;
  double sum = term;
  for (int n = 1; n < kTermsMost && term > sum * 1e-16; ++n) {
    term *= x / (a + n);
    sum += term;
  }
  return sum * std::exp(a * std::log(x) - x - std::lgamma(a));
}

// Q(a, x) by its continued fraction (Lentz's method), for x >= a + 1.
double UpperGamma(double a, double x) {
  constexpr double kTiny = 1e-300;
  double b = x + 1 - a;
  double c = 1 / kTiny;
  double d = 1 / b;
  double value = d;
  for (int n = 1; n < kTermsMost; ++n) {
    const double numerator = -n * (n - a);
    b += 2;
    d = numerator * d + b;
    if (std::abs(d) < kTiny) d = kTiny;
    c = b + numerator / c;
    if (std::abs(c) < kTiny) c = kTiny;
    d = 1 / d;
    const double step = d * c;
    value *= step;
    if (std::abs(step - 1) < 1e-15) break;
  }
  return value * std::exp(a * std::log(x) - x - std::lgamma(a));
}

}  // namespace

double ChiSquareTail(double chi_square, int degrees) {
  const double a = degrees / 2.0;
  const double x = chi_square / 2.0;
  if (x <= 0) return 1;
  return x < a + 1 ? 1 - LowerGamma(a, x) : UpperGamma(a, x);
}

double PearsonPValue(const std::vector<int64_t>& counts,
                     const std::vector<double>& probabilities) {
  int64_t total = 0;
  for (const int64_t count : counts) total += count;
  double chi_square = 0;
  int cells = 0;
  double pooled_count = 0;
  double pooled_expected = 0;
  double left = static_cast<double>(total);
  for (size_t i = 0; i < counts.size(); ++i) {
    const double expected = static_cast<double>(total) * probabilities[i];
    pooled_count += static_cast<double>(counts[i]);
    pooled_expected += expected;
    left -= expected;
    const bool last = i + 1 == counts.size();
    if ((pooled_expected < kExpectedLeast || left < kExpectedLeast) && !last) {
      continue;
    }
    const double difference = pooled_count - pooled_expected;
    chi_square += difference * difference / pooled_expected;
    ++cells;
    pooled_count = 0;
    pooled_expected = 0;
  }
  return cells < 2 ? 1 : ChiSquareTail(chi_square, cells - 1);
}

}  // namespace amparo::crypto
