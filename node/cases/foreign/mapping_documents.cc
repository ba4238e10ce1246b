// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/mapping_documents.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/cases/foreign/formats.h"

namespace amparo::cases {
namespace {

using Json = nlohmann::json;

constexpr int kDepthMax = 6;

absl::Status Refused(absl::string_view key, absl::string_view what) {
  return Error(Reason::kMappingInvalid,
               absl::StrCat("mapping: ", key, " ", what));
}

absl::StatusOr<Json> ParseStrictly(absl::string_view text) {
  if (text.size() > limits::kMappingBytesMax) {
    return Error(Reason::kLimitExceeded, "the mapping is too long");
  }
  // Later keys silently replace earlier ones in JSON; here that would hide a
  // column, so it is refused.
  std::vector<std::set<std::string>> open;
  bool twice = false;
  bool deep = false;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
    deep = deep || depth > kDepthMax;
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end && !open.empty()) {
      open.pop_back();
    }
    if (event == Json::parse_event_t::key && !open.empty()) {
      twice = !open.back().insert(value.get<std::string>()).second || twice;
    }
    return !deep;
  };
  Json json = Json::parse(text.begin(), text.end(), watch,
                          /*allow_exceptions=*/false);
  if (deep) return Refused("file", "is nested too deeply");
  if (json.is_discarded()) return Refused("file", "is not JSON");
  if (twice) return Refused("file", "has a key that stands twice");
  if (!json.is_object()) return Refused("file", "must be an object");
  return json;
}

absl::StatusOr<absl::string_view> Find(
    const std::string& name, absl::Span<const MappingDocument> bases) {
  const absl::string_view built_in = BuiltInFormat(name);
  if (!built_in.empty()) return built_in;
  for (const MappingDocument& base : bases) {
    if (base.name == name) return absl::string_view(base.json);
  }
  return Refused("extends",
                 "names a mapping that is neither built in nor sent with it");
}

// Entry by entry; null takes one away.
absl::Status MergeEntries(const std::string& key, const Json& upper,
                          Json& lower) {
  if (!upper.is_object() || !lower.is_object()) {
    return Refused(key, "must be an object");
  }
  for (const auto& [name, entry] : upper.items()) {
    if (!entry.is_null()) {
      lower[name] = entry;
    } else if (lower.erase(name) == 0) {
      return Refused(absl::StrCat(key, ".", name),
                     "is taken away and is not there");
    }
  }
  return absl::OkStatus();
}

absl::Status Merge(const Json& upper, Json& lower) {
  for (const auto& [key, value] : upper.items()) {
    if (key == "extends") continue;
    const bool by_entry = key == "columns" || key == "constants";
    if (by_entry && lower.contains(key)) {
      RETURN_IF_ERROR(MergeEntries(key, value, lower[key]));
    } else {
      lower[key] = value;
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<absl::string_view> BuiltInFormats() {
  std::vector<absl::string_view> names;
  for (size_t i = 0; i < formats::kCount; ++i) {
    names.push_back(formats::kAll[i].name);
  }
  return names;
}

absl::string_view BuiltInFormat(absl::string_view name) {
  for (size_t i = 0; i < formats::kCount; ++i) {
    if (formats::kAll[i].name == name) return formats::kAll[i].json;
  }
  return {};
}

absl::StatusOr<Json> ResolveMapping(absl::string_view json,
                                    absl::Span<const MappingDocument> bases) {
  if (bases.size() > limits::kMappingBasesMax) {
    return Error(Reason::kLimitExceeded, "the mapping extends too many");
  }
  for (const MappingDocument& base : bases) {
    if (!BuiltInFormat(base.name).empty()) {
      return Refused("extends", "has the name of a built-in format");
    }
  }
  std::vector<Json> chain;  // From the mapping down to what extends nothing.
  std::set<std::string> names;
  ASSIGN_OR_RETURN(Json top, ParseStrictly(json));
  chain.push_back(std::move(top));
  while (chain.back().contains("extends")) {
    const Json& extends = chain.back()["extends"];
    if (!extends.is_string()) return Refused("extends", "must be a text");
    const std::string name = extends.get<std::string>();
    if (!names.insert(name).second) {
      return Refused("extends", "leads back to itself");
    }
    if (names.size() > limits::kMappingDepthMax) {
      return Refused("extends", "leads too deep");
    }
    ASSIGN_OR_RETURN(const absl::string_view text, Find(name, bases));
    ASSIGN_OR_RETURN(Json base, ParseStrictly(text));
    chain.push_back(std::move(base));
  }
  Json whole = std::move(chain.back());
  for (size_t i = chain.size() - 1; i-- > 0;) {
    RETURN_IF_ERROR(Merge(chain[i], whole));
  }
  return whole;
}

}  // namespace amparo::cases
