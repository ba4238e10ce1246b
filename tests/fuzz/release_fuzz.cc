// SPDX-License-Identifier: Apache-2.0
//
// The body of a release as a region receives it, and the check against its
// table, also with the table's figures put in so that it gets to the values.
// Held: documented reasons only; what decodes is written and read again the
// same; a release that passes the check has its table's number of values.
#include <algorithm>

#include "node/statistics/release.h"
#include "node/statistics/table_spec.h"
#include "tests/fuzz/fuzz.h"

namespace amparo {
namespace {

void TryCheck(const statistics::Release& release,
              const statistics::TableSpec& spec) {
  const absl::Status sound = statistics::CheckAgainst(release, spec);
  if (!sound.ok()) {
    fuzz::HoldRefusal(sound, {Reason::kFieldInvalid});
    return;
  }
  for (const statistics::CohortCounts& counts : release.cohorts) {
    HOLD(counts.values.size() == statistics::CellCount(spec));
    HOLD(counts.coverage_permille.size() == spec.dimensions.size());
    for (const uint32_t share : counts.coverage_permille) {
      HOLD(share <= 1000 || share == statistics::kCoverageUnknown);
    }
  }
}

// The same values as a release of `spec`, repeated up to its cells.
statistics::Release Fitted(statistics::Release release,
                           const statistics::TableSpec& spec) {
  release.table = spec.id;
  release.spec_hash = statistics::SpecHash(spec);
  release.sigma2 = *statistics::Sigma2(spec);
  release.sensitivity2 = statistics::Sensitivity2(spec);
  release.rho = spec.rho;
  for (statistics::CohortCounts& counts : release.cohorts) {
    if (counts.values.empty()) counts.values.push_back(0);
    const size_t given = counts.values.size();
    counts.values.resize(statistics::CellCount(spec));
    for (size_t i = given; i < counts.values.size(); ++i) {
      counts.values[i] = counts.values[i - given];
    }
  }
  return release;
}

}  // namespace
}  // namespace amparo

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  const auto release = statistics::DecodeRelease(fuzz::AsText(input, size));
  if (!release.ok()) {
    fuzz::HoldRefusal(release.status(),
                      {Reason::kLetterMalformed, Reason::kValueUnknown});
    return 0;
  }
  const std::string written = statistics::EncodeRelease(*release);
  const auto again = statistics::DecodeRelease(written);
  HOLD(again.ok());
  HOLD(statistics::EncodeRelease(*again) == written);
  HOLD(!release->cohorts.empty());
  for (const auto& spec : statistics::Catalogue::BuiltIn().tables()) {
    TryCheck(*release, spec);
    TryCheck(Fitted(*release, spec), spec);
  }
  return 0;
}
