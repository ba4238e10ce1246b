// SPDX-License-Identifier: Apache-2.0
//
// OpeningOf of case_import.h.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "admin/cli/case_import.h"
#include "admin/cli/failure.h"
#include "admin/cli/secrets.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::ImportOpening;

constexpr size_t kMappingBytesMax = 256 * 1024;
constexpr int kBasesMax = 8;
constexpr absl::string_view kMappingPrefix = "mapping:";
constexpr absl::string_view kForm = "amparo.mapping.v1";
// Those that the node knows by itself.
constexpr absl::string_view kFormats[] = {"ctdc-27", "ctdc-63", "htcds"};

bool IsBuiltIn(absl::string_view name) {
  return std::find(std::begin(kFormats), std::end(kFormats), name) !=
         std::end(kFormats);
}

// What a mapping extends; empty when it does not say so in a way that can be
// followed, which the node then refuses.
std::string ExtendsOf(const std::string& mapping) {
  const auto json = nlohmann::json::parse(mapping, nullptr,
                                          /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("extends") ||
      !json["extends"].is_string()) {
    return "";
  }
  return json["extends"].get<std::string>();
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

bool Holds(const ImportOpening& opening, const std::string& name) {
  for (const office::v1::MappingFile& base : opening.bases()) {
    if (base.name() == name) return true;
  }
  return false;
}

// Adds what the mapping of `path` extends, and what that extends, and so on.
absl::Status AddBases(std::string path, std::string mapping,
                      ImportOpening& opening) {
  while (opening.bases_size() < kBasesMax) {
    const std::string name = ExtendsOf(mapping);
    if (name.empty() || IsBuiltIn(name) || Holds(opening, name)) break;
    path = name[0] == '/' ? name : FolderOf(path) + name;
    ASSIGN_OR_RETURN(mapping, ReadPlainFile(path, kMappingBytesMax,
                                            "--format: the extended mapping"));
    office::v1::MappingFile* const base = opening.add_bases();
    base->set_name(name);
    base->set_mapping(mapping);
  }
  return absl::OkStatus();
}

absl::Status AddMapping(const ImportOptions& options, ImportOpening& opening) {
  absl::string_view path = options.format;
  const bool file = absl::ConsumePrefix(&path, kMappingPrefix);
  if (!file && !IsBuiltIn(options.format)) {
    return UsageError("--format",
                      "must be ctdc-63, ctdc-27, htcds or mapping:FILE");
  }
  std::string own;
  if (file) {
    ASSIGN_OR_RETURN(
        own, ReadPlainFile(std::string(path), kMappingBytesMax, "--format"));
  }
  if (file && options.source.empty() && options.key.empty()) {
    opening.set_mapping(own);
    return AddBases(std::string(path), own, opening);
  }
  // Options stand above the mapping, as one that extends it.
  nlohmann::json above = {{"form", kForm}, {"extends", options.format}};
  if (!options.source.empty()) above["source"] = options.source;
  if (!options.key.empty()) above["source_key"] = {{"column", options.key}};
  opening.set_mapping(above.dump());
  if (!file) return absl::OkStatus();
  office::v1::MappingFile* const base = opening.add_bases();
  base->set_name(options.format);
  base->set_mapping(own);
  return AddBases(std::string(path), own, opening);
}

}  // namespace

absl::StatusOr<ImportOpening> OpeningOf(const ImportOptions& options) {
  ImportOpening opening;
  opening.set_request_id(NewRequestId());
  opening.set_dry_run(options.dry_run);
  opening.set_send_rejected(!options.rejected.empty());
  RETURN_IF_ERROR(AddMapping(options, opening));
  for (const std::string& only : options.only) {
    const std::pair<std::string, std::string> rule =
        absl::StrSplit(only, absl::MaxSplits('=', 1));
    if (rule.first.empty() || rule.second.empty()) {
      return UsageError("--only", "must be COLUMN=VALUE[,VALUE...]");
    }
    office::v1::RowRule* const row_rule = opening.add_only_rows();
    row_rule->set_column(rule.first);
    for (absl::string_view value : absl::StrSplit(rule.second, ',')) {
      row_rule->add_values(std::string(value));
    }
  }
  return opening;
}

}  // namespace amparo::cli
