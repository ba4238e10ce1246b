// SPDX-License-Identifier: Apache-2.0

#include "tests/structure/layers.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace amparo::structure {
namespace {

using Json = nlohmann::json;
using Names = std::vector<std::string>;

constexpr absl::string_view kActions = "_actions";
constexpr absl::string_view kRpc = "_rpc";
constexpr absl::string_view kTransport = "_transport";

// "consent_actions" is of the room "consent"; any other part is its own room.
std::string RoomOf(absl::string_view part) {
  for (const absl::string_view suffix : {kActions, kRpc, kTransport}) {
    if (absl::ConsumeSuffix(&part, suffix)) break;
  }
  return std::string(part);
}

// The first target a CMake function call of `text` builds from `source`, for
// example "consent_actions"; "" when no call lists it.
std::string TargetThatLists(absl::string_view text, absl::string_view source) {
  std::string target;
  bool name_follows = false;
  for (absl::string_view line : Lines(text)) {
    line = line.substr(0, line.find('#'));
    for (absl::string_view word :
         absl::StrSplit(line, absl::ByAnyChar(" \t()"), absl::SkipEmpty())) {
      if (name_follows) target = std::string(word);
      name_follows = word == "amparo_library" || word == "amparo_binary" ||
                     word == "amparo_test" || word == "add_executable" ||
                     word == "add_library";
      if (word == source) return target;
    }
  }
  return "";
}

// Finds the target that builds a source of the tree.
class CMakeLists {
 public:
  explicit CMakeLists(const std::vector<SourceFile>& files) {
    for (const SourceFile& file : files) {
      absl::string_view folder = file.path;
      if (absl::ConsumeSuffix(&folder, "/CMakeLists.txt")) {
        lists_[std::string(folder)] = file.text;
      }
    }
  }

  // Looks into the nearest CMakeLists.txt above `path`; "" when it does not
  // list the source.
  std::string TargetOf(const std::string& path) const {
    std::string folder = path;
    do {
      const size_t slash = folder.rfind('/');
      folder = slash == std::string::npos ? "" : folder.substr(0, slash);
    } while (!folder.empty() && lists_.count(folder) == 0);
    if (folder.empty()) return "";
    return TargetThatLists(lists_.at(folder), path.substr(folder.size() + 1));
  }

 private:
  std::map<std::string, std::string> lists_;  // folder to CMakeLists.txt
};

// "proto/amparo/peer/v1/x.proto" and "amparo/peer/v1/x.pb.h": "proto/peer".
std::string ProtoPart(absl::string_view path) {
  absl::ConsumePrefix(&path, "proto/");
  const std::vector<std::string> steps = absl::StrSplit(path, '/');
  if (steps.size() < 4 || steps[0] != "amparo") return "";
  return absl::StrCat("proto/", steps[1]);
}

bool NameFits(const std::string& name, const std::string& part,
              const std::string& stem) {
  if (name == part || name == stem) return true;
  if (name == "crypto") return absl::StartsWith(part, "crypto/");
  return absl::StartsWith(name, "*") &&
         absl::EndsWith(stem, absl::string_view(name).substr(1));
}

}  // namespace

absl::StatusOr<Layers> Layers::Parse(absl::string_view json) {
  const Json root = Json::parse(json.begin(), json.end(), nullptr, false);
  if (!root.is_object() || !root.contains("uses")) {
    return absl::InvalidArgumentError("layers.json is no object with 'uses'");
  }
  Layers layers;
  layers.uses_ = root["uses"].get<std::map<std::string, Names>>();
  layers.actions_also_ = root["actions_also_use"].get<Names>();
  layers.rpc_also_ = root["rpc_also_use"].get<Names>();
  layers.everything_ = root["use_everything"].get<std::set<std::string>>();
  layers.part_of_file_ =
      root["part_of_file"].get<std::map<std::string, std::string>>();
  layers.third_party_ = root["headers"].get<std::map<std::string, Names>>();
  layers.quoted_third_party_ = root["quoted_from_elsewhere"].get<Names>();

  for (const auto& [part, uses] : layers.uses_) {
    for (const std::string& used : uses) {
      if (used != "crypto" && layers.uses_.count(RoomOf(used)) == 0) {
        return absl::InvalidArgumentError(
            absl::StrCat(part, " uses ", used, ", which is no part"));
      }
      if (used != part && layers.Reach(used).count(part) != 0) {
        return absl::InvalidArgumentError(
            absl::StrCat(part, " and ", used, " use each other"));
      }
    }
  }
  return layers;
}

void Layers::LearnTargets(const std::vector<SourceFile>& files) {
  const CMakeLists lists(files);
  for (const SourceFile& file : files) {
    if (!absl::EndsWith(file.path, ".cc")) continue;
    const std::string target = lists.TargetOf(file.path);
    const std::string room = PartByName(file.path);
    if (absl::StartsWith(file.path, "node/") && target != room &&
        RoomOf(target) == room) {
      part_of_file_.emplace(Stem(file.path), target);
    }
  }
}

std::string Layers::PartOf(absl::string_view path) const {
  const auto it = part_of_file_.find(Stem(path));
  return it == part_of_file_.end() ? PartByName(path) : it->second;
}

std::string Layers::PartByName(absl::string_view path) const {
  const std::string stem = Stem(path);
  const std::vector<std::string> steps = absl::StrSplit(path, '/');
  if (steps.size() < 2) return "";
  const std::string& top = steps[0];
  if (top == "tests" || top == "deploy") return top;
  if (top == "proto" || top == "amparo") return ProtoPart(path);
  if (steps.size() < 3) return "";
  const std::string folder = absl::StrCat(top, "/", steps[1]);
  if (top == "crypto" || top == "admin") return folder;
  if (top != "node") return "";
  if (MayUseEverything(steps[1])) return steps[1];
  if (absl::EndsWith(stem, kRpc)) return absl::StrCat(steps[1], kRpc);
  if (absl::EndsWith(stem, kActions) ||
      stem == absl::StrCat(folder, "/", steps[1], "_letters")) {
    return absl::StrCat(steps[1], kActions);
  }
  return steps[1];
}

std::vector<std::string> Layers::DirectUses(const std::string& part) const {
  Names uses;
  if (auto it = uses_.find(part); it != uses_.end()) uses = it->second;
  const std::string room = RoomOf(part);
  if (part != room) {
    const bool rpc = absl::EndsWith(part, kRpc);
    const Names& also = rpc ? rpc_also_ : actions_also_;
    uses.insert(uses.end(), also.begin(), also.end());
    uses.push_back(room);
    if (rpc) uses.push_back(absl::StrCat(room, kActions));
  }
  if (std::find(uses.begin(), uses.end(), "crypto") != uses.end()) {
    for (const auto& [name, unused] : uses_) {
      if (absl::StartsWith(name, "crypto/")) uses.push_back(name);
    }
  }
  return uses;
}

std::set<std::string> Layers::Reach(const std::string& part) const {
  std::set<std::string> reached;
  Names open = {part};
  while (!open.empty()) {
    const std::string next = std::move(open.back());
    open.pop_back();
    if (!reached.insert(next).second) continue;
    const Names uses = DirectUses(next);
    open.insert(open.end(), uses.begin(), uses.end());
  }
  return reached;
}

bool Layers::MayUseEverything(const std::string& part) const {
  return everything_.count(RoomOf(part)) != 0;
}

std::string Layers::WhyThirdPartyIsWrong(const std::string& path,
                                         const Include& include) const {
  const std::string part = PartOf(path);
  const std::string stem = Stem(path);
  for (const auto& [header, allowed] : third_party_) {
    // "a/*.h" stands for what starts with a/ and ends in .h, "a/" for a/*.
    const std::pair<absl::string_view, absl::string_view> ends =
        absl::StrSplit(header, absl::MaxSplits('*', 1));
    const bool applies = absl::StartsWith(include.target, ends.first) &&
                         absl::EndsWith(include.target, ends.second);
    if (!applies) continue;
    const bool fine = std::any_of(
        allowed.begin(), allowed.end(),
        [&](const std::string& name) { return NameFits(name, part, stem); });
    if (!fine) return absl::StrCat(part, " may not include ", include.target);
  }
  return "";
}

std::vector<Finding> Layers::CheckIncludes(
    const std::vector<SourceFile>& files) const {
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (!IsCpp(file.path)) continue;
    const std::string part = PartOf(file.path);
    if (part.empty() ||
        (uses_.count(RoomOf(part)) == 0 && !MayUseEverything(part))) {
      findings.push_back(
          {file.path, 0, "is of no part that layers.json names"});
      continue;
    }
    const std::set<std::string> reach = Reach(part);
    for (const Include& include : IncludesOf(file)) {
      std::string wrong = WhyThirdPartyIsWrong(file.path, include);
      const std::string used = PartOf(include.target);
      const bool ours = include.quoted && !used.empty();
      if (wrong.empty() && ours && reach.count(used) == 0 &&
          !MayUseEverything(part)) {
        wrong = absl::StrCat(part, " may not use ", used);
      }
      const bool foreign =
          std::any_of(quoted_third_party_.begin(), quoted_third_party_.end(),
                      [&](const std::string& prefix) {
                        return absl::StartsWith(include.target, prefix);
                      });
      if (wrong.empty() && include.quoted && !ours && !foreign) {
        wrong = absl::StrCat("\"", include.target,
                             "\" is not a path from the repository's root");
      }
      if (!wrong.empty()) findings.push_back({file.path, include.line, wrong});
    }
  }
  return findings;
}

std::vector<Finding> Layers::CheckImports(
    const std::vector<SourceFile>& files) const {
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (!absl::EndsWith(file.path, ".proto")) continue;
    const std::string part = PartOf(file.path);
    const std::set<std::string> reach = Reach(part);
    int number = 0;
    for (absl::string_view line : Lines(file.text)) {
      ++number;
      if (!absl::ConsumePrefix(&line, "import \"")) continue;
      const absl::string_view target = line.substr(0, line.find('"'));
      if (absl::StartsWith(target, "google/protobuf/")) continue;
      if (reach.count(PartOf(target)) == 0) {
        findings.push_back({file.path, number,
                            absl::StrCat(part, " may not import ", target)});
      }
    }
  }
  return findings;
}

std::vector<Finding> Layers::CheckTargets(
    const std::vector<SourceFile>& files) const {
  const CMakeLists lists(files);
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (!absl::EndsWith(file.path, ".cc")) continue;
    const std::string target = lists.TargetOf(file.path);
    const std::string part = PartByName(file.path);
    const std::string room = RoomOf(part);
    if (target.empty()) {
      findings.push_back({file.path, 0, "is in no CMakeLists.txt"});
      continue;
    }
    if (!absl::StartsWith(file.path, "node/") || room == "app") continue;
    const bool named_after_layer =
        part != room ||
        Stem(file.path) == absl::StrCat("node/", room, "/", room);
    if (named_after_layer ? target != part : RoomOf(target) != room) {
      findings.push_back(
          {file.path, 0,
           absl::StrCat("is of the part ", part, " but built into ", target)});
    }
  }
  return findings;
}

}  // namespace amparo::structure
