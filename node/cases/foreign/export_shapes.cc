// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/export_shapes.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "node/base/status_macros.h"
#include "node/cases/foreign/csv.h"
#include "node/vocabulary/cells.h"
#include "node/vocabulary/derived.h"
#include "node/vocabulary/fields.h"

namespace amparo::cases {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kSeparator = ',';

std::string Day(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone());
}

// What a profile says of a variable, computed ones included.
absl::StatusOr<std::vector<std::string>> CodesOf(
    const Profile& profile, const vocabulary::Variable& variable) {
  if (!variable.derived) return profile.CodesOf(variable.name);
  ASSIGN_OR_RETURN(std::string computed,
                   vocabulary::Derive(profile.entries(), variable.name));
  if (computed.empty()) return std::vector<std::string>();
  return std::vector<std::string>{std::move(computed)};
}

class CsvShape final : public ExportShape {
 public:
  CsvShape() : variables_(vocabulary::Lists::BuiltIn().Variables()) {}

  std::string Begin() override {
    std::vector<std::string> header = {"case_number", "registered_on", "source",
                                       "status", "treated_as_minor"};
    for (const vocabulary::Variable* variable : variables_) {
      header.push_back(variable->name);
    }
    return CsvLine(header, kSeparator);
  }

  absl::StatusOr<std::string> Row(const ExportedCase& one) override {
    std::vector<std::string> cells = {
        one.file.number.text(), Day(one.file.registered_at), one.file.source,
        std::string(Name(one.file.status)),
        one.file.treated_as_minor ? "1" : "0"};
    for (const vocabulary::Variable* variable : variables_) {
      ASSIGN_OR_RETURN(const std::vector<std::string> codes,
                       CodesOf(one.profile, *variable));
      cells.push_back(absl::StrJoin(codes, ";"));
    }
    return CsvLine(cells, kSeparator);
  }

  std::string End() override { return ""; }

 private:
  const std::vector<const vocabulary::Variable*> variables_;
};

class JsonShape final : public ExportShape {
 public:
  JsonShape() : variables_(vocabulary::Lists::BuiltIn().Variables()) {}

  std::string Begin() override {
    return absl::StrCat("{\"form\": \"amparo.cases.v1\", \"vocabulary\": ",
                        vocabulary::Lists::BuiltIn().edition(),
                        ", \"cases\": [");
  }

  absl::StatusOr<std::string> Row(const ExportedCase& one) override {
    Json json;
    json["case_number"] = one.file.number.text();
    json["registered_on"] = Day(one.file.registered_at);
    json["source"] = one.file.source;
    json["status"] = std::string(Name(one.file.status));
    json["treated_as_minor"] = one.file.treated_as_minor;
    Json& profile = json["profile"] = Json::object();
    Json& computed = json["computed"] = Json::object();
    for (const vocabulary::Variable* variable : variables_) {
      ASSIGN_OR_RETURN(const std::vector<std::string> codes,
                       CodesOf(one.profile, *variable));
      if (codes.empty()) continue;
      if (variable->derived) {
        computed[variable->name] = codes[0];
      } else if (variable->multiple) {
        profile[variable->name] = codes;
      } else {
        profile[variable->name] = codes[0];
      }
    }
    return absl::StrCat(
        std::exchange(begun_, true) ? "," : "", "\n",
        json.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  std::string End() override { return "\n]}\n"; }

 private:
  const std::vector<const vocabulary::Variable*> variables_;
  bool begun_ = false;
};

class Ctdc27Shape final : public ExportShape {
 public:
  Ctdc27Shape() {
    for (const vocabulary::Field& field : vocabulary::Fields::BuiltIn().all()) {
      if (field.standard != vocabulary::kCtdc27) continue;
      // The other names of its 2026 release are no columns of their own.
      const bool again = std::any_of(
          fields_.begin(), fields_.end(),
          [&](const auto* known) { return known->part == field.part; });
      if (!again) fields_.push_back(&field);
    }
  }

  std::string Begin() override {
    std::vector<std::string> header;
    for (const vocabulary::Field* field : fields_) {
      header.push_back(field->name);
    }
    return CsvLine(header, kSeparator);
  }

  absl::StatusOr<std::string> Row(const ExportedCase& one) override {
    std::vector<std::string> cells;
    for (const vocabulary::Field* field : fields_) {
      ASSIGN_OR_RETURN(std::string cell,
                       vocabulary::WriteCell(*field, one.profile.entries()));
      cells.push_back(std::move(cell));
    }
    return CsvLine(cells, kSeparator);
  }

  std::string End() override { return ""; }

 private:
  std::vector<const vocabulary::Field*> fields_;
};

}  // namespace

std::optional<ExportFormat> ExportFormatFromNumber(int number) {
  if (number < 1 || number > 3) return std::nullopt;
  return static_cast<ExportFormat>(number);
}

absl::string_view Name(ExportFormat format) {
  switch (format) {
    case ExportFormat::kCsv:
      return "csv";
    case ExportFormat::kJson:
      return "json";
    case ExportFormat::kCtdc27:
      return "ctdc-27";
  }
  return "";
}

std::unique_ptr<ExportShape> ExportShape::Make(ExportFormat format) {
  switch (format) {
    case ExportFormat::kCsv:
      return std::make_unique<CsvShape>();
    case ExportFormat::kJson:
      return std::make_unique<JsonShape>();
    case ExportFormat::kCtdc27:
      break;
  }
  return std::make_unique<Ctdc27Shape>();
}

}  // namespace amparo::cases
