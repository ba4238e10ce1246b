// SPDX-License-Identifier: Apache-2.0
//
// What the design wants measured, each with its limit from the same run.
#ifndef AMPARO_TESTS_BENCH_MEASURES_H_
#define AMPARO_TESTS_BENCH_MEASURES_H_

#include <string>
#include <vector>

#include "tests/bench/figures.h"

namespace amparo::bench {

// How much of everything. The defaults take about a minute; the smoke test
// takes a little.
struct Sizes {
  int referrals = 3000;
  int latencies = 200;
  // So many that what opening the store takes does not count.
  int checked_referrals = 30000;
  int rows = 20000;
  int samples = 2000000;
  int starts = 5;
  int few_peers = 3;
  int many_peers = 50;
  int letters_each = 40;
  int queued = 100000;
  int cases = 1000000;
  int questions = 200;
};

// Each ends the program when something fails.
// Evidenced referrals a second, and the latency of one.
std::vector<Figure> MeasureExchange(const Sizes& sizes);
// Import of cases from a file.
std::vector<Figure> MeasureImport(const Sizes& sizes);
// A registry of many cases: disk, memory, start, lists, filters, searches.
std::vector<Figure> MeasureCases(const Sizes& sizes);
// Cost of a letter among few and many peers.
std::vector<Figure> MeasurePeers(const Sizes& sizes);
// Memory for letters that wait for an absent peer.
std::vector<Figure> MeasureQueue(const Sizes& sizes);
// What amparod fsck takes for a million rows.
std::vector<Figure> MeasureFsck(const Sizes& sizes);
// Noise.
std::vector<Figure> MeasureNoise(const Sizes& sizes);
// amparod as a process: start and memory.
std::vector<Figure> MeasureNode(const Sizes& sizes);

}  // namespace amparo::bench

#endif  // AMPARO_TESTS_BENCH_MEASURES_H_
