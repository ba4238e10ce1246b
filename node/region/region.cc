// SPDX-License-Identifier: Apache-2.0
#include "node/region/region.h"

#include <algorithm>
#include <utility>

#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::region {
namespace {

using statistics::Cohort;
using statistics::CohortCounts;
using statistics::Dimension;
using statistics::Level;
using statistics::TableSpec;

// One of the things that rows tell apart.
struct Axis {
  std::vector<std::string> codes;
  std::vector<std::string> labels;
  // Place of the dimension in the table; nullopt for cohort and office.
  std::optional<size_t> dimension;
  std::vector<size_t> place_of_level;  // Of a dimension; kLeftOut if not kept.
};

constexpr size_t kLeftOut = static_cast<size_t>(-1);

std::optional<size_t> FindDimension(const TableSpec& spec,
                                    absl::string_view name) {
  for (size_t i = 0; i < spec.dimensions.size(); ++i) {
    if (spec.dimensions[i].name == name) return i;
  }
  return std::nullopt;
}

bool Keeps(const Question& question, const Dimension& dimension,
           const Level& level) {
  const auto filter = question.filters.find(dimension.name);
  return filter == question.filters.end() ||
         filter->second.count(level.code) > 0;
}

Axis DimensionAxis(const TableSpec& spec, const Question& question,
                   size_t place) {
  Axis axis;
  axis.dimension = place;
  const Dimension& dimension = spec.dimensions[place];
  for (const Level& level : dimension.levels) {
    if (!Keeps(question, dimension, level)) {
      axis.place_of_level.push_back(kLeftOut);
      continue;
    }
    axis.place_of_level.push_back(axis.codes.size());
    axis.codes.push_back(level.code);
    axis.labels.push_back(level.label);
  }
  return axis;
}

Axis CohortAxis(const std::set<Cohort>& cohorts) {
  Axis axis;
  for (const Cohort& cohort : cohorts) {
    axis.codes.push_back(cohort.id());
    axis.labels.push_back(cohort.id());
  }
  return axis;
}

Axis OfficeAxis(const std::map<OfficeId, std::string>& offices) {
  Axis axis;
  for (const auto& [office, name] : offices) {
    axis.codes.push_back(office.hex());
    axis.labels.push_back(name);
  }
  return axis;
}

// Row of a cell for the dimensions among the axes; kLeftOut when a filter
// drops the cell. Cohort and office stand at 0 and are added per contribution.
size_t RowOfCell(const TableSpec& spec, const Question& question,
                 const std::vector<Axis>& axes, size_t cell) {
  const std::vector<size_t> places = statistics::CellPlaces(spec, cell);
  for (size_t i = 0; i < places.size(); ++i) {
    const Dimension& dimension = spec.dimensions[i];
    if (!Keeps(question, dimension, dimension.levels[places[i]])) {
      return kLeftOut;
    }
  }
  size_t row = 0;
  for (const Axis& axis : axes) {
    const size_t place = axis.dimension.has_value()
                             ? axis.place_of_level[places[*axis.dimension]]
                             : 0;
    row = row * axis.codes.size() + place;
  }
  return row;
}

// What a contribution adds to the row of each of its cells.
size_t RowOffset(const Question& question, const std::vector<Axis>& axes,
                 const Contribution& contribution) {
  size_t offset = 0;
  for (size_t i = 0; i < axes.size(); ++i) {
    size_t place = 0;
    if (!axes[i].dimension.has_value()) {
      const std::string code = question.group_by[i] == kByCohort
                                   ? contribution.counts.cohort.id()
                                   : contribution.office.hex();
      place = static_cast<size_t>(
          std::find(axes[i].codes.begin(), axes[i].codes.end(), code) -
          axes[i].codes.begin());
    }
    offset = offset * axes[i].codes.size() + place;
  }
  return offset;
}

absl::StatusOr<size_t> RowCount(const std::vector<Axis>& axes) {
  size_t rows = 1;
  for (const Axis& axis : axes) {
    rows *= axis.codes.size();
    if (rows > kRowsMax) {
      return Error(Reason::kLimitExceeded,
                   "the answer has more than 10000 rows: narrow the question");
    }
  }
  return rows;
}

struct Cell {
  int64_t sum = 0;
  uint32_t values = 0;
};

TrendRow MakeRow(const std::vector<Axis>& axes, size_t row, const Cell& cell,
                 crypto::Fraction sigma2) {
  TrendRow out;
  out.codes.resize(axes.size());
  out.labels.resize(axes.size());
  for (size_t i = axes.size(); i-- > 0;) {
    const size_t place = row % axes[i].codes.size();
    row /= axes[i].codes.size();
    out.codes[i] = axes[i].codes[place];
    out.labels[i] = axes[i].labels[place];
  }
  out.values_summed = cell.values;
  out.half_width = statistics::HalfWidth(sigma2, cell.values);
  out.display_threshold = statistics::DisplayThreshold(sigma2, cell.values);
  out.value = statistics::Displayed(cell.sum, out.display_threshold);
  return out;
}

}  // namespace

absl::Status CheckQuestion(const TableSpec& spec, const Question& question) {
  std::set<std::string> seen;
  for (const std::string& name : question.group_by) {
    const bool known = name == kByCohort || name == kByOffice ||
                       FindDimension(spec, name).has_value();
    if (!known || !seen.insert(name).second) {
      return FieldError("group_by",
                        "must name dimensions of the table, \"cohort\" or "
                        "\"office\", each once");
    }
  }
  for (const auto& [name, codes] : question.filters) {
    const std::optional<size_t> place = FindDimension(spec, name);
    if (!place.has_value() || codes.empty()) {
      return FieldError("filters",
                        "must name a dimension of the table and levels of it");
    }
    for (const std::string& code : codes) {
      if (statistics::FindLevel(spec.dimensions[*place], code) == nullptr) {
        return FieldError("filters", "must name levels of the dimension");
      }
    }
  }
  if (question.from.has_value() && question.to.has_value() &&
      question.to->end() <= question.from->begin()) {
    return FieldError("to_cohort", "must not be before from_cohort");
  }
  return absl::OkStatus();
}

bool Concerns(const Question& question, const OfficeId& office,
              const Cohort& cohort) {
  if (!question.offices.empty() && question.offices.count(office) == 0) {
    return false;
  }
  return (!question.from.has_value() ||
          cohort.begin() >= question.from->begin()) &&
         (!question.to.has_value() || cohort.end() <= question.to->end());
}

absl::StatusOr<Trend> Sum(const TableSpec& spec, const Question& question,
                          absl::Span<const Contribution> contributions) {
  RETURN_IF_ERROR(CheckQuestion(spec, question));
  ASSIGN_OR_RETURN(const crypto::Fraction sigma2, statistics::Sigma2(spec));
  Trend trend;
  std::set<Cohort> cohorts;
  std::map<OfficeId, std::string> offices;
  std::vector<const Contribution*> concerned;
  for (const Contribution& contribution : contributions) {
    if (!Concerns(question, contribution.office, contribution.counts.cohort)) {
      continue;
    }
    concerned.push_back(&contribution);
    cohorts.insert(contribution.counts.cohort);
    offices[contribution.office] = contribution.office_name;
    trend.reporting.insert(contribution.office);
    trend.units.insert(contribution.unit);
  }
  trend.cohorts.assign(cohorts.begin(), cohorts.end());
  trend.statements = statistics::StatementsFor(spec);

  std::vector<Axis> axes;
  for (const std::string& name : question.group_by) {
    if (name == kByCohort) {
      axes.push_back(CohortAxis(cohorts));
    } else if (name == kByOffice) {
      axes.push_back(OfficeAxis(offices));
    } else {
      axes.push_back(DimensionAxis(spec, question, *FindDimension(spec, name)));
    }
  }
  ASSIGN_OR_RETURN(const size_t row_count, RowCount(axes));
  std::vector<size_t> offsets;
  for (const Contribution* contribution : concerned) {
    offsets.push_back(RowOffset(question, axes, *contribution));
  }
  std::vector<Cell> rows(row_count);
  for (size_t cell = 0; cell < statistics::CellCount(spec); ++cell) {
    const size_t row = RowOfCell(spec, question, axes, cell);
    if (row == kLeftOut) continue;
    for (size_t i = 0; i < concerned.size(); ++i) {
      Cell& into = rows[row + offsets[i]];
      into.sum += concerned[i]->counts.values[cell];
      ++into.values;
    }
  }
  for (size_t row = 0; row < rows.size(); ++row) {
    if (rows[row].values == 0) continue;
    trend.rows.push_back(MakeRow(axes, row, rows[row], sigma2));
  }
  return trend;
}

}  // namespace amparo::region
