// SPDX-License-Identifier: Apache-2.0
//
// A release of the shipped table for tests, sound in every figure, of two
// cohorts, with large, small and negative values.
#ifndef AMPARO_TESTS_UNIT_NODE_STATISTICS_EXAMPLE_RELEASE_H_
#define AMPARO_TESTS_UNIT_NODE_STATISTICS_EXAMPLE_RELEASE_H_

#include <string>
#include <vector>

#include "node/statistics/counting.h"
#include "node/statistics/release.h"
#include "node/statistics/table_spec.h"

namespace amparo::statistics {

template <class IdType>
IdType FilledId(char filled_with) {
  return *IdType::FromBytes(std::string(IdType::kSize, filled_with));
}

inline const TableSpec& ExampleSpec() {
  return **Catalogue::BuiltIn().Find("exploitation-form-by-sex-by-year");
}

// Counts of one cohort with the figures that follow from the values.
inline CohortCounts ExampleCounts(const std::string& cohort, Values values) {
  const TableSpec& spec = ExampleSpec();
  CohortCounts counts{*Cohort::Parse(cohort),
                      std::move(values),
                      spec.rho,
                      *EpsilonMilli(spec.rho),
                      0,
                      {}};
  counts.withheld = CountWithheld(counts.values, *Sigma2(spec));
  counts.coverage_permille = Coverage(spec, counts.values);
  return counts;
}

inline Release ExampleRelease() {
  const TableSpec& spec = ExampleSpec();
  Release release;
  release.id = FilledId<ReleaseId>('r');
  release.office = FilledId<OfficeId>('o');
  release.table = spec.id;
  release.spec_hash = SpecHash(spec);
  release.generated_at = absl::FromUnixSeconds(1735689600);
  release.unit = CountedUnit::kSourceRow;
  release.sigma2 = *Sigma2(spec);
  release.sensitivity2 = Sensitivity2(spec);
  release.rho = spec.rho;
  release.code_lists = "gender@1";
  release.statements = StatementsFor(spec);
  Values values(CellCount(spec), 3);
  values[0] = 120;
  values[1] = -4;
  release.cohorts = {ExampleCounts("2016", values),
                     ExampleCounts("2017", values)};
  return release;
}

}  // namespace amparo::statistics

#endif  // AMPARO_TESTS_UNIT_NODE_STATISTICS_EXAMPLE_RELEASE_H_
