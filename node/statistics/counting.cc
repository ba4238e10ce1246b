// SPDX-License-Identifier: Apache-2.0
#include "node/statistics/counting.h"

#include <algorithm>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "node/base/exchange_terms.h"
#include "node/base/status_macros.h"

namespace amparo::statistics {
namespace {

constexpr absl::string_view kYearVariable = "yearOfRegistration";

// Places of the levels that count `codes`, ascending, Unknown left out.
std::vector<size_t> Places(const Dimension& dimension,
                           absl::Span<const absl::string_view> codes) {
  std::vector<size_t> places;
  for (size_t i = 0; i + 1 < dimension.levels.size(); ++i) {
    const std::vector<std::string>& of = dimension.levels[i].of;
    const bool found =
        std::any_of(codes.begin(), codes.end(), [&of](absl::string_view code) {
          return std::find(of.begin(), of.end(), code) != of.end();
        });
    if (found) places.push_back(i);
  }
  return places;
}

std::vector<absl::string_view> CodesOf(const Dimension& dimension,
                                       const cases::Profile& profile) {
  if (dimension.source == Source::kFormsOfExploitation) {
    return cases::FormsOfExploitation(profile);
  }
  std::vector<absl::string_view> codes;
  for (const vocabulary::Coded& entry : profile.entries()) {
    if (entry.variable == dimension.variable) codes.push_back(entry.code);
  }
  return codes;
}

bool AllSayNo(const Dimension& dimension, const cases::Profile& profile) {
  return std::all_of(dimension.none_when_all_no.begin(),
                     dimension.none_when_all_no.end(),
                     [&profile](const std::string& flag) {
                       return profile.Find(flag) == vocabulary::kNo;
                     });
}

// A code that says "unknown" beside a known one adds nothing; alone, or with
// no code at all, it is the level Unknown. No is not unknown: None needs every
// flag to say no.
std::vector<size_t> LevelsOf(const Dimension& dimension,
                             const cases::Profile& profile) {
  std::vector<size_t> places = Places(dimension, CodesOf(dimension, profile));
  if (places.size() > dimension.cap) places.resize(dimension.cap);
  if (!places.empty()) return places;
  const size_t unknown = dimension.levels.size() - 1;
  if (dimension.none_when_all_no.empty() ||
      profile.Has(dimension.variable, vocabulary::kUnknown) ||
      !AllSayNo(dimension, profile)) {
    return {unknown};
  }
  for (size_t i = 0; i < unknown; ++i) {
    if (dimension.levels[i].code == kNoneLevel) return {i};
  }
  return {unknown};
}

// Subjects who consent to be counted in published aggregates at `now`. An
// exclusion beats every consent.
absl::StatusOr<absl::flat_hash_set<SubjectId>> Consenting(
    const storage::Reader& reader, const consent::Ledger& consents,
    absl::Time now) {
  absl::flat_hash_set<SubjectId> agreed;
  absl::flat_hash_set<SubjectId> excluded;
  RETURN_IF_ERROR(consents.Scan(
      reader, [&](const consent::Consent& consent) -> absl::StatusOr<bool> {
        const consent::ConsentFields& fields = consent.fields();
        if (fields.purpose != Purpose::kStatistics ||
            consent.state() != consent::State::kActive ||
            now < fields.given_at || now >= fields.valid_until) {
          return true;
        }
        if (fields.exclusions.count(DataCategory::kStatisticalCounts) > 0) {
          excluded.insert(fields.subject);
        } else if (fields.recipients.empty() &&
                   fields.categories.count(DataCategory::kStatisticalCounts) >
                       0) {
          agreed.insert(fields.subject);
        }
        return true;
      }));
  for (const SubjectId& subject : excluded) agreed.erase(subject);
  return agreed;
}

}  // namespace

absl::StatusOr<std::vector<Values>> AddNoise(const ExactCounts& counts,
                                             crypto::Fraction sigma2,
                                             crypto::RandomSource& random) {
  ASSIGN_OR_RETURN(crypto::DiscreteGaussian noise,
                   crypto::DiscreteGaussian::Create(sigma2, random));
  std::vector<Values> noised = counts.Reveal(ExactCountAccess());
  for (Values& values : noised) {
    for (int64_t& value : values) value += noise.Sample();
  }
  return noised;
}

ExactCounts::ExactCounts(size_t cohorts, size_t cells)
    : values_(cohorts, Values(cells, 0)) {}

void ExactCounts::Add(size_t cohort, size_t cell) {
  // Far below the largest number, so that noise never overflows either.
  constexpr int64_t kMost = int64_t{1} << 53;
  int64_t& value = values_[cohort][cell];
  if (value < kMost) ++value;
}

std::vector<size_t> CellsOf(const TableSpec& spec,
                            const cases::Profile& profile) {
  std::vector<size_t> cells = {0};
  for (const Dimension& dimension : spec.dimensions) {
    const std::vector<size_t> places = LevelsOf(dimension, profile);
    std::vector<size_t> wider;
    wider.reserve(cells.size() * places.size());
    for (const size_t cell : cells) {
      for (const size_t place : places) {
        wider.push_back(cell * dimension.levels.size() + place);
      }
    }
    cells = std::move(wider);
  }
  return cells;
}

size_t CohortOf(const cases::Profile& profile,
                absl::Span<const Cohort> cohorts) {
  int year = 0;
  if (!absl::SimpleAtoi(profile.Find(kYearVariable), &year)) {
    return cohorts.size();
  }
  for (size_t i = 0; i < cohorts.size(); ++i) {
    if (cohorts[i].quarter() == 0 && cohorts[i].year() == year) return i;
  }
  return cohorts.size();
}

absl::StatusOr<ExactCounts> Count(const storage::Reader& reader,
                                  const cases::Registry& registry,
                                  const consent::Ledger& consents,
                                  const TableSpec& spec,
                                  absl::Span<const Cohort> cohorts,
                                  absl::Time now) {
  ASSIGN_OR_RETURN(const absl::flat_hash_set<SubjectId> consenting,
                   Consenting(reader, consents, now));
  ExactCounts counts(cohorts.size(), CellCount(spec));
  RETURN_IF_ERROR(registry.ScanProfiles(
      reader,
      [&](const SubjectId& subject,
          const cases::Profile& profile) -> absl::StatusOr<bool> {
        if (!consenting.contains(subject)) return true;
        const size_t cohort = CohortOf(profile, cohorts);
        if (cohort == cohorts.size()) return true;
        for (const size_t cell : CellsOf(spec, profile)) {
          counts.Add(cohort, cell);
        }
        return true;
      }));
  return counts;
}

}  // namespace amparo::statistics
