// SPDX-License-Identifier: Apache-2.0
//
// Mapping::Parse: the JSON form of a mapping, read strictly.
#include <algorithm>
#include <initializer_list>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/cases/foreign/mapping.h"
#include "node/cases/foreign/mapping_documents.h"

namespace amparo::cases {
namespace {

using Json = nlohmann::json;

constexpr absl::string_view kForm = "amparo.mapping.v1";
constexpr absl::string_view kYearOfRegistration = "yearOfRegistration";

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

// A key that can only be true.
absl::StatusOr<bool> Flag(const Json& json, const char* key,
                          absl::string_view where) {
  const auto found = json.find(key);
  if (found == json.end()) return false;
  if (!found->is_boolean() || !found->get<bool>()) {
    return Invalid(absl::StrCat(where, ".", key), "can only be true");
  }
  return true;
}

// How the cell of a column is to be read, whatever it means.
absl::Status ParseCellForm(const Json& json, absl::string_view where,
                           ColumnRule& rule) {
  ASSIGN_OR_RETURN(rule.optional, Flag(json, "optional", where));
  if (json.contains("many")) {
    ASSIGN_OR_RETURN(const std::string many, Text(json, "many", where));
    if (many.size() != 1 || absl::StrContains("\"\r\n", many) ||
        !absl::ascii_isprint(static_cast<unsigned char>(many[0]))) {
      return Invalid(absl::StrCat(where, ".many"), "must be one character");
    }
    rule.many = many[0];
  }
  if (json.contains("date")) {
    ASSIGN_OR_RETURN(rule.date, Text(json, "date", where));
    const absl::Status valid = CheckDatePattern(rule.date);
    if (!valid.ok()) {
      return Invalid(absl::StrCat(where, ".date"), valid.message());
    }
  }
  if (json.contains("aliases")) {
    ASSIGN_OR_RETURN(rule.aliases,
                     Texts(json["aliases"], absl::StrCat(where, ".aliases")));
  }
  return absl::OkStatus();
}

absl::Status ParseSets(const Json& json, absl::string_view where,
                       ColumnRule& rule) {
  if (!json["sets"].is_object()) {
    return Invalid(absl::StrCat(where, ".sets"), "must be an object");
  }
  for (const auto& [text, pairs] : json["sets"].items()) {
    ASSIGN_OR_RETURN(rule.sets[text],
                     Pairs(pairs, absl::StrCat(where, ".sets")));
  }
  if (json.contains("others")) {
    if (json["others"] != "ignore") {
      return Invalid(absl::StrCat(where, ".others"), "can only be \"ignore\"");
    }
    rule.others_ignored = true;
  }
  return absl::OkStatus();
}

absl::Status ParseIdentity(const vocabulary::Lists& lists, const Json& json,
                           absl::string_view where, ColumnRule& rule) {
  ASSIGN_OR_RETURN(const std::string word, Text(json, "identity", where));
  absl::StatusOr<IdentityPart> part = ParseIdentityPart(lists, word);
  if (!part.ok()) {
    return Invalid(absl::StrCat(where, ".identity"), part.status().message());
  }
  rule.identity = *std::move(part);
  const auto position = json.find("position");
  if (position == json.end()) return absl::OkStatus();
  if (!position->is_number_integer() || position->get<int64_t>() < 1 ||
      position->get<int64_t>() > 9) {
    return Invalid(absl::StrCat(where, ".position"), "must be 1 to 9");
  }
  rule.identity->position = position->get<int>();
  return absl::OkStatus();
}

absl::Status ParseLife(const vocabulary::Lists& lists, const Json& json,
                       absl::string_view where, ColumnRule& rule) {
  ASSIGN_OR_RETURN(const std::string word, Text(json, "case", where));
  rule.life = FindLifePart(word);
  if (rule.life == nullptr) {
    return Invalid(absl::StrCat(where, ".case"),
                   "must be a part of a case, such as status or event.city");
  }
  if (!rule.life->coded()) return absl::OkStatus();
  for (const auto& [text, code] : rule.codes) {
    RETURN_IF_ERROR(
        lists.CheckCode(rule.life->list, code, rule.life->field).status());
  }
  return absl::OkStatus();
}

// That keys stand only beside what they belong to.
absl::Status CheckTogether(const Json& json, absl::string_view where,
                           const ColumnRule& rule) {
  const bool sets = json.contains("sets");
  const int ways = (rule.ignore ? 1 : 0) + (rule.variable.empty() ? 0 : 1) +
                   (sets ? 1 : 0) + (rule.identity.has_value() ? 1 : 0) +
                   (rule.life == nullptr ? 0 : 1) +
                   (rule.computed.empty() ? 0 : 1);
  if (ways != 1) {
    return Invalid(where,
                   "must have one of ignore, variable, sets, identity, case "
                   "and computed");
  }
  const bool coded_part = rule.life != nullptr && rule.life->coded();
  if (json.contains("codes") && rule.variable.empty() && !coded_part) {
    return Invalid(where, "has codes without a list");
  }
  if (json.contains("others") && !sets) {
    return Invalid(where, "has others without sets");
  }
  if (json.contains("position") && !rule.identity.has_value()) {
    return Invalid(where, "has a position without identity");
  }
  if (rule.many != 0 && !sets && rule.variable.empty() &&
      !(coded_part && rule.life->repeated)) {
    return Invalid(where, "has many without a variable or sets");
  }
  const bool born = rule.identity.has_value() &&
                    rule.identity->kind == IdentityPart::Kind::kBorn;
  const bool dated =
      rule.life != nullptr && rule.life->form == LifePart::Form::kDate;
  if (!rule.date.empty() && !born && !dated &&
      rule.variable != kYearOfRegistration) {
    return Invalid(where, "has a date and is none");
  }
  return absl::OkStatus();
}

absl::StatusOr<ColumnRule> ParseColumn(const vocabulary::Lists& lists,
                                       const Json& json,
                                       absl::string_view where) {
  RETURN_IF_ERROR(OnlyKeys(
      json, where,
      {"ignore", "variable", "codes", "sets", "others", "identity", "position",
       "case", "computed", "many", "date", "aliases", "optional", "note"}));
  ColumnRule rule;
  ASSIGN_OR_RETURN(rule.ignore, Flag(json, "ignore", where));
  RETURN_IF_ERROR(ParseCellForm(json, where, rule));
  if (json.contains("variable")) {
    ASSIGN_OR_RETURN(rule.variable, Text(json, "variable", where));
  }
  if (json.contains("codes")) {
    ASSIGN_OR_RETURN(const std::vector<Profile::Pair> codes,
                     Pairs(json["codes"], absl::StrCat(where, ".codes")));
    rule.codes.insert(codes.begin(), codes.end());
  }
  if (json.contains("sets")) RETURN_IF_ERROR(ParseSets(json, where, rule));
  if (json.contains("identity")) {
    RETURN_IF_ERROR(ParseIdentity(lists, json, where, rule));
  }
  if (json.contains("case")) {
    RETURN_IF_ERROR(ParseLife(lists, json, where, rule));
  }
  if (json.contains("computed")) {
    ASSIGN_OR_RETURN(rule.computed, Text(json, "computed", where));
  }
  RETURN_IF_ERROR(CheckTogether(json, where, rule));
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

absl::StatusOr<ConstantConsent> ParseConsent(const vocabulary::Lists& lists,
                                             const Json& json) {
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
  const absl::Status language =
      lists.CheckCode("language", consent.language, "language").status();
  if (!language.ok()) return Invalid("consent", language.message());
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
  // What is left to be wrong, the version, shows in a trial.
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
  std::set<absl::string_view> parts;
  for (const auto& [variable, code] : mapping.constants) {
    RETURN_IF_ERROR(lists.Check(variable, code).status());
    constant.insert(variable);
  }
  for (const auto& [name, rule] : mapping.columns) {
    if (rule.life != nullptr) {
      if (!rule.life->repeated && !parts.insert(rule.life->field).second) {
        return Invalid(rule.life->field, "is told by two columns");
      }
      continue;
    }
    if (!rule.computed.empty()) {
      const auto* variable = lists.FindVariable(rule.computed);
      if (variable == nullptr || !variable->derived ||
          variable->list->id() != "tri-state") {
        return Invalid(absl::StrCat("columns.", name, ".computed"),
                       "must be a computed flag");
      }
    }
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

// Every header of the file leads to one column.
absl::Status CheckHeaders(const Mapping& mapping) {
  std::set<std::string> headers;
  for (const auto& [name, rule] : mapping.columns) headers.insert(name);
  for (const auto& [name, rule] : mapping.columns) {
    for (const std::string& alias : rule.aliases) {
      if (!headers.insert(alias).second) {
        return Invalid(absl::StrCat("columns.", name, ".aliases"),
                       "has a header that another column has");
      }
    }
  }
  return absl::OkStatus();
}

absl::Status ParseColumns(const vocabulary::Lists& lists, const Json& json,
                          Mapping& mapping) {
  if (!json.contains("columns") || !json["columns"].is_object() ||
      json["columns"].empty()) {
    return Invalid("columns", "must be an object of columns");
  }
  for (const auto& [name, column] : json["columns"].items()) {
    ASSIGN_OR_RETURN(
        mapping.columns[name],
        ParseColumn(lists, column, absl::StrCat("columns.", name)));
  }
  // Its key needs no other meaning.
  if (!mapping.key_column.empty()) {
    ColumnRule key;
    key.ignore = true;
    mapping.columns.try_emplace(mapping.key_column, std::move(key));
  }
  return CheckHeaders(mapping);
}

}  // namespace

absl::StatusOr<Mapping> Mapping::Parse(
    const vocabulary::Lists& lists, absl::string_view json_text,
    absl::Span<const MappingDocument> bases) {
  ASSIGN_OR_RETURN(const Json json, ResolveMapping(json_text, bases));
  RETURN_IF_ERROR(
      OnlyKeys(json, "mapping",
               {"form", "note", "source", "source_key", "separator", "partial",
                "columns", "constants", "unknown", "not_recorded", "only_rows",
                "skip_rows", "consent"}));
  ASSIGN_OR_RETURN(const std::string form, Text(json, "form", "mapping"));
  if (form != kForm) {
    return Invalid("form", "must be \"amparo.mapping.v1\"");
  }
  Mapping mapping;
  RETURN_IF_ERROR(ParseSource(json, mapping));
  ASSIGN_OR_RETURN(mapping.partial, Flag(json, "partial", "mapping"));
  RETURN_IF_ERROR(ParseColumns(lists, json, mapping));
  if (json.contains("constants")) {
    ASSIGN_OR_RETURN(mapping.constants, Pairs(json["constants"], "constants"));
  }
  mapping.unknown = {"", "-99", "-99.0", "NULL", "NA", "Unknown"};
  if (json.contains("unknown")) {
    ASSIGN_OR_RETURN(mapping.unknown, Texts(json["unknown"], "unknown"));
  }
  if (json.contains("not_recorded")) {
    ASSIGN_OR_RETURN(mapping.not_recorded,
                     Texts(json["not_recorded"], "not_recorded"));
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
    ASSIGN_OR_RETURN(mapping.consent, ParseConsent(lists, json["consent"]));
  }
  RETURN_IF_ERROR(CheckAgainst(lists, mapping));
  return mapping;
}

}  // namespace amparo::cases
