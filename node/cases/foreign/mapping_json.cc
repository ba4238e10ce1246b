// SPDX-License-Identifier: Apache-2.0
//
// Mapping::Parse: the JSON form of a mapping, read strictly.
#include <algorithm>
#include <initializer_list>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/cases/foreign/mapping.h"

namespace amparo::cases {
namespace {

using Json = nlohmann::json;

constexpr int kDepthMax = 6;
constexpr absl::string_view kForm = "amparo.mapping.v1";

absl::Status Invalid(absl::string_view key, absl::string_view what) {
  return Error(Reason::kMappingInvalid,
               absl::StrCat("mapping: ", key, " ", what));
}

// The mapping is the administrator's own file, so its keys may be repeated.
absl::Status OnlyKeys(const Json& object, absl::string_view where,
                      std::initializer_list<absl::string_view> known) {
  if (!object.is_object()) return Invalid(where, "must be an object");
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return Invalid(absl::StrCat(where, ".", key), "is not known");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Text(const Json& object, const char* key,
                                 absl::string_view where) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) {
    return Invalid(absl::StrCat(where, ".", key), "must be a text");
  }
  return found->get<std::string>();
}

absl::StatusOr<std::vector<std::string>> Texts(const Json& value,
                                               absl::string_view where) {
  if (!value.is_array()) return Invalid(where, "must be a list of texts");
  std::vector<std::string> texts;
  for (const Json& item : value) {
    if (!item.is_string()) return Invalid(where, "must be a list of texts");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

// An object of texts, as pairs.
absl::StatusOr<std::vector<Profile::Pair>> Pairs(const Json& value,
                                                 absl::string_view where) {
  if (!value.is_object()) return Invalid(where, "must be an object of texts");
  std::vector<Profile::Pair> pairs;
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) return Invalid(where, "must be an object of texts");
    pairs.emplace_back(key, text.get<std::string>());
  }
  return pairs;
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
  if (deep) return Invalid("file", "is nested too deeply");
  if (json.is_discarded()) return Invalid("file", "is not JSON");
  if (twice) return Invalid("file", "has a key that stands twice");
  return json;
}

absl::StatusOr<ColumnRule> ParseColumn(const Json& json,
                                       absl::string_view where) {
  RETURN_IF_ERROR(
      OnlyKeys(json, where, {"ignore", "variable", "codes", "sets"}));
  ColumnRule rule;
  if (json.contains("ignore")) {
    if (!json["ignore"].is_boolean() || !json["ignore"].get<bool>()) {
      return Invalid(where, "ignore can only be true");
    }
    rule.ignore = true;
  }
  if (json.contains("variable")) {
    ASSIGN_OR_RETURN(rule.variable, Text(json, "variable", where));
  }
  if (json.contains("codes")) {
    ASSIGN_OR_RETURN(const std::vector<Profile::Pair> codes,
                     Pairs(json["codes"], absl::StrCat(where, ".codes")));
    rule.codes.insert(codes.begin(), codes.end());
  }
  if (json.contains("sets")) {
    if (!json["sets"].is_object()) {
      return Invalid(absl::StrCat(where, ".sets"), "must be an object");
    }
    for (const auto& [text, pairs] : json["sets"].items()) {
      ASSIGN_OR_RETURN(rule.sets[text],
                       Pairs(pairs, absl::StrCat(where, ".sets")));
    }
  }
  const int ways = (rule.ignore ? 1 : 0) + (rule.variable.empty() ? 0 : 1) +
                   (json.contains("sets") ? 1 : 0);
  if (ways != 1) {
    return Invalid(where, "must have one of ignore, variable and sets");
  }
  if (!rule.codes.empty() && rule.variable.empty()) {
    return Invalid(where, "has codes without a variable");
  }
  return rule;
}

absl::StatusOr<std::vector<RowRule>> ParseRules(const Json& json,
                                                absl::string_view where) {
  if (!json.is_array()) return Invalid(where, "must be a list of rules");
  std::vector<RowRule> rules;
  for (const Json& item : json) {
    RETURN_IF_ERROR(OnlyKeys(item, where, {"column", "in"}));
    RowRule rule;
    ASSIGN_OR_RETURN(rule.column, Text(item, "column", where));
    if (!item.contains("in")) return Invalid(where, "must have in");
    ASSIGN_OR_RETURN(rule.values, Texts(item["in"], where));
    rules.push_back(std::move(rule));
  }
  return rules;
}

absl::Status ParseMinors(const Json& json, ConstantConsent& consent) {
  constexpr absl::string_view kWhere = "consent.minors";
  RETURN_IF_ERROR(OnlyKeys(json, kWhere,
                           {"given_by", "assent", "best_interests_reference"}));
  ASSIGN_OR_RETURN(const std::string given_by, Text(json, "given_by", kWhere));
  if (given_by != "GUARDIAN") {
    return Invalid("consent.minors.given_by", "must be GUARDIAN");
  }
  if (!json.contains("assent") || json["assent"] != true) {
    return Invalid("consent.minors.assent", "must be true");
  }
  ASSIGN_OR_RETURN(consent.best_interests_reference,
                   Text(json, "best_interests_reference", kWhere));
  consent.for_minors = true;
  return absl::OkStatus();
}

absl::StatusOr<ConstantConsent> ParseConsent(const Json& json) {
  constexpr absl::string_view kWhere = "consent";
  RETURN_IF_ERROR(
      OnlyKeys(json, kWhere,
               {"purpose", "text_version", "language", "given_by", "method",
                "valid_days", "all_questions_answered_yes", "minors"}));
  ASSIGN_OR_RETURN(const std::string purpose, Text(json, "purpose", kWhere));
  if (purpose != Name(Purpose::kStatistics)) {
    return Invalid("consent.purpose",
                   "must be STATISTICS: any other consent is given by the "
                   "person, not by a file");
  }
  ConstantConsent consent;
  ASSIGN_OR_RETURN(consent.text_version, Text(json, "text_version", kWhere));
  ASSIGN_OR_RETURN(consent.language, Text(json, "language", kWhere));
  ASSIGN_OR_RETURN(const std::string given_by, Text(json, "given_by", kWhere));
  ASSIGN_OR_RETURN(const std::string method, Text(json, "method", kWhere));
  bool known = false;
  for (int number = 1; number <= 3; ++number) {
    if (consent::Name(*consent::GivenByFromNumber(number)) == given_by) {
      consent.given_by = *consent::GivenByFromNumber(number);
      known = true;
    }
  }
  if (!known) return Invalid("consent.given_by", "is not a known word");
  known = false;
  for (int number = 1; number <= 3; ++number) {
    if (consent::Name(*consent::MethodFromNumber(number)) == method) {
      consent.method = *consent::MethodFromNumber(number);
      known = true;
    }
  }
  if (!known) return Invalid("consent.method", "is not a known word");
  const auto days = json.find("valid_days");
  if (days == json.end() || !days->is_number_integer() ||
      days->get<int64_t>() < 1 || days->get<int64_t>() > 3650) {
    return Invalid("consent.valid_days", "must be 1 to 3650");
  }
  consent.valid_days = days->get<int>();
  if (!json.contains("all_questions_answered_yes") ||
      json["all_questions_answered_yes"] != true) {
    return Invalid("consent.all_questions_answered_yes",
                   "must be true: otherwise there is no consent");
  }
  if (json.contains("minors")) {
    RETURN_IF_ERROR(ParseMinors(json["minors"], consent));
  }
  // What is left to be wrong, the language and the version, shows in a trial.
  const absl::Time trial = absl::FromUnixSeconds(0);
  const std::string any(ConsentId::kSize, '\x01');
  ASSIGN_OR_RETURN(const ConsentId id, ConsentId::FromBytes(any));
  ASSIGN_OR_RETURN(const SubjectId subject, SubjectId::FromBytes(any));
  const absl::Status valid = consent.For(id, subject, false, trial).status();
  if (!valid.ok()) return Invalid("consent", valid.message());
  if (!consent.for_minors) return consent;
  const absl::Status minors = consent.For(id, subject, true, trial).status();
  if (!minors.ok()) return Invalid("consent.minors", minors.message());
  return consent;
}

absl::Status ParseSource(const Json& json, Mapping& mapping) {
  ASSIGN_OR_RETURN(mapping.source, Text(json, "source", "mapping"));
  const bool word =
      std::all_of(mapping.source.begin(), mapping.source.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
               c == '_' || c == '-';
      });
  if (mapping.source.empty() || mapping.source.size() > 64 || !word) {
    return Invalid("source", "must be 1 to 64 letters, digits, . _ or -");
  }
  if (json.contains("separator")) {
    ASSIGN_OR_RETURN(const std::string separator,
                     Text(json, "separator", "mapping"));
    if (separator != "," && separator != ";" && separator != "\t") {
      return Invalid("separator", "must be a comma, a semicolon or a tab");
    }
    mapping.separator = separator[0];
  }
  const auto key = json.find("source_key");
  if (key == json.end()) {
    return Invalid("source_key", "must be \"row\" or name a column");
  }
  if (key->is_string() && *key == "row") return absl::OkStatus();
  RETURN_IF_ERROR(OnlyKeys(*key, "source_key", {"column"}));
  ASSIGN_OR_RETURN(mapping.key_column, Text(*key, "column", "source_key"));
  return absl::OkStatus();
}

absl::Status CheckAgainst(const vocabulary::Lists& lists,
                          const Mapping& mapping) {
  std::set<std::string> constant;
  for (const auto& [variable, code] : mapping.constants) {
    RETURN_IF_ERROR(lists.Check(variable, code).status());
    constant.insert(variable);
  }
  for (const auto& [name, rule] : mapping.columns) {
    if (!rule.variable.empty()) {
      // An unknown or computed variable shows with any code.
      const auto* variable = lists.FindVariable(rule.variable);
      RETURN_IF_ERROR(
          lists
              .Check(rule.variable,
                     variable == nullptr ? "" : variable->list->codes()[0].code)
              .status());
      if (constant.count(rule.variable) > 0) {
        return Invalid(rule.variable, "is a constant and a column");
      }
    }
    for (const auto& [text, code] : rule.codes) {
      RETURN_IF_ERROR(lists.Check(rule.variable, code).status());
    }
    for (const auto& [text, pairs] : rule.sets) {
      for (const auto& [variable, code] : pairs) {
        RETURN_IF_ERROR(lists.Check(variable, code).status());
        if (constant.count(variable) > 0) {
          return Invalid(variable, "is a constant and set by a column");
        }
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Mapping> Mapping::Parse(const vocabulary::Lists& lists,
                                       absl::string_view json_text) {
  ASSIGN_OR_RETURN(const Json json, ParseStrictly(json_text));
  RETURN_IF_ERROR(
      OnlyKeys(json, "mapping",
               {"form", "note", "source", "source_key", "separator", "columns",
                "constants", "unknown", "only_rows", "skip_rows", "consent"}));
  ASSIGN_OR_RETURN(const std::string form, Text(json, "form", "mapping"));
  if (form != kForm) {
    return Invalid("form", "must be \"amparo.mapping.v1\"");
  }
  Mapping mapping;
  RETURN_IF_ERROR(ParseSource(json, mapping));
  if (!json.contains("columns") || !json["columns"].is_object() ||
      json["columns"].empty()) {
    return Invalid("columns", "must be an object of columns");
  }
  for (const auto& [name, column] : json["columns"].items()) {
    ASSIGN_OR_RETURN(mapping.columns[name],
                     ParseColumn(column, absl::StrCat("columns.", name)));
  }
  if (json.contains("constants")) {
    ASSIGN_OR_RETURN(mapping.constants, Pairs(json["constants"], "constants"));
  }
  mapping.unknown = {"", "-99", "-99.0", "NULL", "NA", "Unknown"};
  if (json.contains("unknown")) {
    ASSIGN_OR_RETURN(mapping.unknown, Texts(json["unknown"], "unknown"));
  }
  if (json.contains("only_rows")) {
    ASSIGN_OR_RETURN(mapping.only_rows,
                     ParseRules(json["only_rows"], "only_rows"));
  }
  if (json.contains("skip_rows")) {
    ASSIGN_OR_RETURN(mapping.skip_rows,
                     ParseRules(json["skip_rows"], "skip_rows"));
  }
  if (json.contains("consent")) {
    ASSIGN_OR_RETURN(mapping.consent, ParseConsent(json["consent"]));
  }
  RETURN_IF_ERROR(CheckAgainst(lists, mapping));
  return mapping;
}

}  // namespace amparo::cases
