// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <vector>

#include "crypto/base/random.h"
#include "crypto/gaussian/discrete_gaussian.h"
#include "node/base/clock.h"
#include "tests/bench/limits.h"
#include "tests/bench/measures.h"
#include "tests/support/office_process.h"

namespace amparo::bench {
namespace {

constexpr absl::Duration kEnds = absl::Seconds(60);

}  // namespace

std::vector<Figure> MeasureNoise(const Sizes& sizes) {
  // The variance of a release at rho 0.005 of sensitivity 1.
  auto gaussian = OrDie(crypto::DiscreteGaussian::Create(
      {.num = 100, .den = 1}, crypto::SystemRandom()));
  int64_t sum = 0;
  const absl::Time begin = SystemClock().Now();
  for (int i = 0; i < sizes.samples; ++i) sum += gaussian.Sample();
  const absl::Duration took = SystemClock().Now() - begin;
  // What nobody uses, a compiler may leave out.
  if (sum > sizes.samples * int64_t{1000}) OrDie(absl::InternalError("noise"));
  return {{"discrete Gaussian sample, variance 100",
           absl::ToDoubleMicroseconds(took) / sizes.samples, "us", 0, "",
           "< 0.3 us"}};
}

std::vector<Figure> MeasureNode(const Sizes& sizes) {
  const ScratchFolder folder;
  const auto office =
      OrDie(OfficeProcess::Start(folder.path() + "/office", {}, {}));
  std::vector<absl::Duration> times;
  for (int i = 0; i < sizes.starts; ++i) {
    if (office->node().Terminate(kEnds) != 0) {
      OrDie(absl::InternalError("the node did not end"));
    }
    const absl::Time begin = SystemClock().Now();
    OrDie(office->node().Start());
    times.push_back(SystemClock().Now() - begin);
  }
  return {{"amparod, start to first answer, median",
           absl::ToDoubleMilliseconds(Median(times)), "ms", 0,
           "the key file's Argon2id is most of it", ""},
          {"amparod, resident memory, idle",
           ResidentMegabytes(office->node().pid()), "MB", 0, "", "< 80 MB"}};
}

}  // namespace amparo::bench
