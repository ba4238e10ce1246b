// SPDX-License-Identifier: Apache-2.0
#include "node/statistics/release.h"

#include <algorithm>
#include <utility>

#include "amparo/region/v1/release.pb.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/record_bytes.h"

namespace amparo::statistics {
namespace {

namespace wire = ::amparo::region::v1;

constexpr int kCohortsMax = 256;
constexpr size_t kHashSize = 32;

absl::Status Malformed(absl::string_view what) {
  return Error(Reason::kLetterMalformed, what);
}

void EncodeCohort(const CohortCounts& counts, wire::CohortCounts* out) {
  out->set_cohort(counts.cohort.id());
  for (const int64_t value : counts.values) out->add_values(value);
  out->set_rho_spent_nano(counts.spent.nano());
  out->set_epsilon_milli(counts.epsilon_milli);
  out->set_withheld(counts.withheld);
  for (const uint32_t share : counts.coverage_permille) {
    out->add_coverage_permille(share);
  }
}

absl::StatusOr<CohortCounts> DecodeCohort(const wire::CohortCounts& in) {
  ASSIGN_OR_RETURN(Cohort cohort, Cohort::Parse(in.cohort()));
  ASSIGN_OR_RETURN(const Rho spent, Rho::FromNano(in.rho_spent_nano()));
  for (const int64_t value : in.values()) {
    if (value < -kReleasedValueMax || value > kReleasedValueMax) {
      return Malformed("a value of the release is out of range");
    }
  }
  return CohortCounts{
      cohort,
      std::vector<int64_t>(in.values().begin(), in.values().end()),
      spent,
      in.epsilon_milli(),
      in.withheld(),
      std::vector<uint32_t>(in.coverage_permille().begin(),
                            in.coverage_permille().end())};
}

absl::StatusOr<Statement> StatementFromNumber(int number) {
  if (number < static_cast<int>(Statement::kCountedAtEachNode) ||
      number > static_cast<int>(Statement::kConsentedOnly)) {
    return Error(Reason::kValueUnknown);
  }
  return static_cast<Statement>(number);
}

absl::Status DecodeCohorts(const wire::ReleaseBody& body, Release& release) {
  if (body.cohorts().empty() || body.cohorts_size() > kCohortsMax) {
    return Malformed("the release has no cohort or too many");
  }
  for (const wire::CohortCounts& in : body.cohorts()) {
    ASSIGN_OR_RETURN(CohortCounts counts, DecodeCohort(in));
    if (!release.cohorts.empty()) {
      const Cohort& before = release.cohorts.back().cohort;
      if (!(before < counts.cohort) || before.Overlaps(counts.cohort)) {
        return Malformed("cohorts of the release overlap or are out of order");
      }
    }
    release.cohorts.push_back(std::move(counts));
  }
  return absl::OkStatus();
}

absl::StatusOr<Release> FromWire(const wire::ReleaseBody& body) {
  Release release;
  ASSIGN_OR_RETURN(release.id, ReleaseId::FromBytes(body.release_id()));
  ASSIGN_OR_RETURN(release.office, OfficeId::FromBytes(body.office_id()));
  release.table = body.table_id();
  release.spec_hash = body.spec_hash();
  if (release.spec_hash.size() != kHashSize || release.table.empty()) {
    return Malformed("the release does not name its table");
  }
  if (body.generated_at_ms() < 0) return Malformed("a time is out of range");
  release.generated_at = amparo::FromUnixMillis(body.generated_at_ms());
  ASSIGN_OR_RETURN(release.unit, CountedUnitFromNumber(body.counted_unit()));
  if (body.protection() != wire::PROTECTION_DP) {
    return Error(Reason::kValueUnknown);
  }
  release.sigma2 = {body.sigma2_numerator(), body.sigma2_denominator()};
  if (release.sigma2.num == 0 || release.sigma2.den == 0 ||
      release.sigma2.num > crypto::kSigma2PartMax ||
      release.sigma2.den > crypto::kSigma2PartMax) {
    return Malformed("the variance of the release is out of range");
  }
  release.sensitivity2 = body.sensitivity2();
  ASSIGN_OR_RETURN(release.rho, Rho::FromNano(body.rho_nano()));
  RETURN_IF_ERROR(DecodeCohorts(body, release));
  release.rules_version = body.rules_version();
  release.code_lists = body.code_lists();
  for (const int number : body.statements()) {
    ASSIGN_OR_RETURN(const Statement statement, StatementFromNumber(number));
    release.statements.push_back(statement);
  }
  release.nodes_reporting = body.nodes_reporting();
  release.nodes_expected = body.nodes_expected();
  return release;
}

}  // namespace

absl::string_view Name(CountedUnit unit) {
  return unit == CountedUnit::kPerson ? "person" : "source-row";
}

absl::StatusOr<CountedUnit> CountedUnitFromName(absl::string_view name) {
  for (const CountedUnit unit :
       {CountedUnit::kPerson, CountedUnit::kSourceRow}) {
    if (Name(unit) == name) return unit;
  }
  return FieldError("counted_unit", "must be person or source-row");
}

absl::StatusOr<CountedUnit> CountedUnitFromNumber(int number) {
  if (number != static_cast<int>(CountedUnit::kPerson) &&
      number != static_cast<int>(CountedUnit::kSourceRow)) {
    return Error(Reason::kValueUnknown);
  }
  return static_cast<CountedUnit>(number);
}

absl::string_view Text(Statement statement) {
  switch (statement) {
    case Statement::kCountedAtEachNode:
      return "A person registered at two offices counts at both.";
    case Statement::kDetectionNotPrevalence:
      return "These are detected persons: they measure detection and not how "
             "many there are.";
    case Statement::kReferenceDateIsRegistration:
      return "The date is that of registration, not of the exploitation.";
    case Statement::kCohortIsAYear:
      return "Cohorts are years, because the source gives no quarter.";
    case Statement::kSumsCountMentions:
      return "A person with two forms counts in both, so sums over forms "
             "count mentions and not persons.";
    case Statement::kConsentedOnly:
      return "Only those who consented to statistics are counted.";
  }
  return "";
}

std::vector<Statement> StatementsFor(const TableSpec& spec) {
  std::vector<Statement> statements = {Statement::kCountedAtEachNode,
                                       Statement::kDetectionNotPrevalence,
                                       Statement::kReferenceDateIsRegistration};
  if (spec.period == Period::kYear) {
    statements.push_back(Statement::kCohortIsAYear);
  }
  if (std::any_of(
          spec.dimensions.begin(), spec.dimensions.end(),
          [](const Dimension& dimension) { return dimension.cap > 1; })) {
    statements.push_back(Statement::kSumsCountMentions);
  }
  statements.push_back(Statement::kConsentedOnly);
  return statements;
}

uint32_t CountWithheld(absl::Span<const int64_t> values,
                       crypto::Fraction sigma2) {
  const int64_t threshold = DisplayThreshold(sigma2);
  return static_cast<uint32_t>(
      std::count_if(values.begin(), values.end(), [threshold](int64_t value) {
        return !Displayed(value, threshold).has_value();
      }));
}

std::vector<uint32_t> Coverage(const TableSpec& spec,
                               absl::Span<const int64_t> values) {
  int64_t total = 0;
  std::vector<int64_t> unknown(spec.dimensions.size(), 0);
  for (size_t cell = 0; cell < values.size(); ++cell) {
    total += values[cell];
    const std::vector<size_t> places = CellPlaces(spec, cell);
    for (size_t i = 0; i < places.size(); ++i) {
      if (places[i] + 1 == spec.dimensions[i].levels.size()) {
        unknown[i] += values[cell];
      }
    }
  }
  std::vector<uint32_t> shares;
  for (const int64_t part : unknown) {
    if (total <= 0) {
      shares.push_back(kCoverageUnknown);
      continue;
    }
    const int64_t known = std::clamp(total - part, int64_t{0}, total);
    shares.push_back(static_cast<uint32_t>(known * 1000 / total));
  }
  return shares;
}

std::string EncodeRelease(const Release& release) {
  wire::ReleaseBody body;
  body.set_release_id(release.id.bytes());
  body.set_office_id(release.office.bytes());
  body.set_table_id(release.table);
  body.set_spec_hash(release.spec_hash);
  body.set_generated_at_ms(amparo::ToUnixMillis(release.generated_at));
  body.set_counted_unit(
      static_cast<wire::CountedUnit>(static_cast<int>(release.unit)));
  body.set_protection(wire::PROTECTION_DP);
  body.set_sigma2_numerator(release.sigma2.num);
  body.set_sigma2_denominator(release.sigma2.den);
  body.set_sensitivity2(release.sensitivity2);
  body.set_rho_nano(release.rho.nano());
  for (const CohortCounts& counts : release.cohorts) {
    EncodeCohort(counts, body.add_cohorts());
  }
  body.set_rules_version(release.rules_version);
  body.set_code_lists(release.code_lists);
  for (const Statement statement : release.statements) {
    body.add_statements(
        static_cast<wire::Statement>(static_cast<int>(statement)));
  }
  body.set_nodes_reporting(release.nodes_reporting);
  body.set_nodes_expected(release.nodes_expected);
  return storage::SerializeRecord(body);
}

absl::StatusOr<Release> DecodeRelease(absl::string_view bytes) {
  wire::ReleaseBody body;
  if (!body.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Malformed("the bytes are no release");
  }
  absl::StatusOr<Release> release = FromWire(body);
  // A field that breaks its range is, from outside, a malformed letter.
  if (!release.ok() && ReasonOf(release.status()) == Reason::kFieldInvalid) {
    return Malformed("a field of the release is out of range");
  }
  if (!release.ok() && ReasonOf(release.status()) == Reason::kInternal) {
    return Malformed("an id of the release has another length");
  }
  return release;
}

absl::Status CheckAgainst(const Release& release, const TableSpec& spec) {
  if (release.table != spec.id || release.spec_hash != SpecHash(spec)) {
    return FieldError("spec_hash", "must be that of the table named");
  }
  ASSIGN_OR_RETURN(const crypto::Fraction sigma2, Sigma2(spec));
  if (release.sigma2.num != sigma2.num || release.sigma2.den != sigma2.den) {
    return FieldError("sigma2", "must be what the table declares");
  }
  if (release.sensitivity2 != Sensitivity2(spec)) {
    return FieldError("sensitivity2", "must be what the table declares");
  }
  if (release.rho != spec.rho) {
    return FieldError("rho", "must be what the table declares");
  }
  for (const CohortCounts& counts : release.cohorts) {
    if ((counts.cohort.quarter() == 0) != (spec.period == Period::kYear)) {
      return FieldError("cohort", "must be of the table's period");
    }
    if (counts.values.size() != CellCount(spec)) {
      return FieldError("values", "must be one per cell of the table");
    }
    if (counts.withheld != CountWithheld(counts.values, sigma2) ||
        counts.coverage_permille != Coverage(spec, counts.values)) {
      return FieldError("withheld", "must follow from the values");
    }
    if (counts.spent < release.rho || spec.cap < counts.spent) {
      return FieldError("rho_spent", "must be from the charge to the cap");
    }
  }
  return absl::OkStatus();
}

}  // namespace amparo::statistics
