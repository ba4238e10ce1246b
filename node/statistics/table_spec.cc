// SPDX-License-Identifier: Apache-2.0
#include "node/statistics/table_spec.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::statistics {
namespace {

constexpr size_t kDimensionsMax = 6;
constexpr absl::string_view kFormsList = "exploitation-type";

absl::Status Wrong(const TableSpec& spec, absl::string_view what) {
  return Error(Reason::kInternal,
               absl::StrCat("table \"", spec.id, "\": ", what));
}

void AppendCount(std::string* out, size_t count) {
  crypto::AppendU32(out, static_cast<uint32_t>(count));
}

void AppendDimension(std::string* out, const Dimension& dimension) {
  crypto::AppendPrefixed(out, dimension.name);
  crypto::AppendU8(out, static_cast<uint8_t>(dimension.source));
  crypto::AppendPrefixed(out, dimension.variable);
  AppendCount(out, dimension.levels.size());
  for (const Level& level : dimension.levels) {
    crypto::AppendPrefixed(out, level.code);
    crypto::AppendPrefixed(out, level.label);
    AppendCount(out, level.of.size());
    for (const std::string& code : level.of) crypto::AppendPrefixed(out, code);
  }
  crypto::AppendU32(out, dimension.cap);
  AppendCount(out, dimension.none_when_all_no.size());
  for (const std::string& flag : dimension.none_when_all_no) {
    crypto::AppendPrefixed(out, flag);
  }
}

// The list that a dimension's levels must cover, or null.
const vocabulary::List* ListOf(const Dimension& dimension,
                               const vocabulary::Lists& lists) {
  if (dimension.source == Source::kFormsOfExploitation) {
    return lists.FindList(kFormsList);
  }
  const vocabulary::Variable* variable = lists.FindVariable(dimension.variable);
  return variable == nullptr ? nullptr : variable->list;
}

absl::Status CheckLevels(const TableSpec& spec, const Dimension& dimension,
                         const vocabulary::Lists& lists) {
  const vocabulary::List* list = ListOf(dimension, lists);
  if (list == nullptr) return Wrong(spec, "a dimension has no code list");
  if (dimension.levels.size() < 2 ||
      dimension.levels.back().code != kUnknownLevel) {
    return Wrong(spec, "the last level of a dimension must be Unknown");
  }
  std::set<std::string> level_codes;
  std::set<std::string> covered;
  for (const Level& level : dimension.levels) {
    if (!level_codes.insert(level.code).second) {
      return Wrong(spec, "a level occurs twice");
    }
    if (level.of.empty() != (level.code == kNoneLevel)) {
      return Wrong(spec, "a level counts no code");
    }
    for (const std::string& code : level.of) {
      const vocabulary::Code* known = list->Find(code);
      if (known == nullptr || known->code != code ||
          !covered.insert(code).second) {
        return Wrong(spec, "a code is not in its list or counts twice");
      }
    }
  }
  if (covered.size() != list->codes().size()) {
    return Wrong(spec, "a code of the list counts nowhere");
  }
  const bool has_none = level_codes.count(std::string(kNoneLevel)) == 1;
  if (has_none == dimension.none_when_all_no.empty()) {
    return Wrong(spec, "level None and its flags belong together");
  }
  for (const std::string& flag : dimension.none_when_all_no) {
    if (lists.FindVariable(flag) == nullptr) {
      return Wrong(spec, "a flag is not a variable");
    }
  }
  return absl::OkStatus();
}

TableSpec ExploitationFormBySexByYear() {
  Dimension form;
  form.name = "form";
  form.source = Source::kFormsOfExploitation;
  form.variable = "typeOfExploitation";
  form.levels = {
      {"SexualExploitation", "Sexual exploitation", {"SexualExploitation"}},
      {"ForcedLabour", "Forced labour", {"ForcedLabour"}},
      {"ForcedMarriage", "Forced marriage", {"ForcedMarriage"}},
      {"OrganRemoval", "Organ removal", {"OrganRemoval"}},
      {"Other",
       "Other forms",
       {"ChildLabour", "Servitude", "ForcedMilitaryByNonStateActors",
        "ForcedBegging", "ForcedAdoption", "Surrogacy", "Other"}},
      {std::string(kNoneLevel), "No form of exploitation", {}},
      {std::string(kUnknownLevel), "Not known", {"-99"}},
  };
  form.cap = 2;
  form.none_when_all_no = {"isForcedLabour",       "isForcedMarriage",
                           "isForcedMilitary",     "isOrganRemoval",
                           "isOtherExploit",       "isSexualExploit",
                           "isSlaveryAndPractices"};
  Dimension sex;
  sex.name = "sex";
  sex.source = Source::kVariable;
  sex.variable = "gender";
  sex.levels = {
      {"Female", "Female", {"Female"}},
      {"Male", "Male", {"Male"}},
      {"Other", "Transgender or non-conforming", {"TransgenderNonConforming"}},
      {std::string(kUnknownLevel), "Not known", {"-99"}},
  };
  TableSpec spec;
  spec.id = "exploitation-form-by-sex-by-year";
  spec.title = "Form of exploitation by sex by year of registration";
  spec.dimensions = {form, sex};
  spec.period = Period::kYear;
  spec.noised_levels = 1;
  spec.cap = StandardCap();
  // A tenth of the cohort's lifetime budget: ten tables share it.
  spec.rho = *Rho::FromFraction(1, 20);
  return spec;
}

}  // namespace

size_t CellCount(const TableSpec& spec) {
  size_t cells = 1;
  for (const Dimension& dimension : spec.dimensions) {
    cells *= dimension.levels.size();
  }
  return cells;
}

size_t CellIndex(const TableSpec& spec, absl::Span<const size_t> places) {
  size_t cell = 0;
  for (size_t i = 0; i < spec.dimensions.size(); ++i) {
    cell = cell * spec.dimensions[i].levels.size() + places[i];
  }
  return cell;
}

std::vector<size_t> CellPlaces(const TableSpec& spec, size_t cell) {
  std::vector<size_t> places(spec.dimensions.size());
  for (size_t i = spec.dimensions.size(); i-- > 0;) {
    const size_t levels = spec.dimensions[i].levels.size();
    places[i] = cell % levels;
    cell /= levels;
  }
  return places;
}

uint32_t Sensitivity2(const TableSpec& spec) {
  uint32_t cells = spec.noised_levels;
  for (const Dimension& dimension : spec.dimensions) cells *= dimension.cap;
  return cells;
}

absl::StatusOr<crypto::Fraction> Sigma2(const TableSpec& spec) {
  return Sigma2For(Sensitivity2(spec), spec.rho);
}

std::string SpecHash(const TableSpec& spec) {
  std::string bytes("amparo.table-spec.v1");
  bytes.push_back('\0');
  crypto::AppendPrefixed(&bytes, spec.id);
  crypto::AppendPrefixed(&bytes, spec.title);
  AppendCount(&bytes, spec.dimensions.size());
  for (const Dimension& dimension : spec.dimensions) {
    AppendDimension(&bytes, dimension);
  }
  crypto::AppendU8(&bytes, static_cast<uint8_t>(spec.period));
  crypto::AppendU32(&bytes, spec.noised_levels);
  crypto::AppendU64(&bytes, static_cast<uint64_t>(spec.rho.nano()));
  crypto::AppendU64(&bytes, static_cast<uint64_t>(spec.cap.nano()));
  return crypto::Sha256(bytes);
}

absl::Status CheckSpec(const TableSpec& spec, const vocabulary::Lists& lists) {
  if (spec.dimensions.empty() || spec.dimensions.size() > kDimensionsMax) {
    return Wrong(spec, "the number of dimensions is out of range");
  }
  std::set<std::string> names = {"cohort", "office"};
  size_t cells = 1;
  for (const Dimension& dimension : spec.dimensions) {
    if (!names.insert(dimension.name).second) {
      return Wrong(spec, "a dimension's name is taken");
    }
    RETURN_IF_ERROR(CheckLevels(spec, dimension, lists));
    if (dimension.cap < 1 || dimension.cap > dimension.levels.size()) {
      return Wrong(spec, "a cap is out of range");
    }
    cells *= dimension.levels.size();
    if (cells > kCellsMax) return Wrong(spec, "there are too many cells");
  }
  if (spec.noised_levels < 1 || spec.cap < spec.rho) {
    return Wrong(spec, "it costs more than a cohort may ever be charged");
  }
  return Sigma2(spec).status();
}

const Level* FindLevel(const Dimension& dimension, absl::string_view code) {
  for (const Level& level : dimension.levels) {
    if (level.code == code) return &level;
  }
  return nullptr;
}

const Catalogue& Catalogue::BuiltIn() {
  static const auto* const built_in =
      new Catalogue({ExploitationFormBySexByYear()});
  return *built_in;
}

Catalogue::Catalogue(std::vector<TableSpec> tables)
    : tables_(std::move(tables)) {
  std::sort(tables_.begin(), tables_.end(),
            [](const TableSpec& a, const TableSpec& b) { return a.id < b.id; });
}

absl::StatusOr<const TableSpec*> Catalogue::Find(absl::string_view id) const {
  for (const TableSpec& spec : tables_) {
    if (spec.id == id) return &spec;
  }
  return Error(Reason::kTableUnknown);
}

absl::StatusOr<const TableSpec*> Catalogue::FindByHash(
    absl::string_view hash) const {
  for (const TableSpec& spec : tables_) {
    if (SpecHash(spec) == hash) return &spec;
  }
  return Error(Reason::kTableUnknown);
}

}  // namespace amparo::statistics
