// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/iso_names.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace amparo::vocabulary {
namespace {

constexpr size_t kFileBytesMax = 16 * 1024 * 1024;

// In the order they are asked: the part of ISO 639 that most people speak
// first, because the other is large.
struct Standards {
  absl::string_view list;
  absl::string_view first;
  absl::string_view second;
};
constexpr Standards kStandards[] = {{"country", "3166-1", "3166-3"},
                                    {"subdivision", "3166-2", ""},
                                    {"language", "639-2", "639-3"}};

// Empty when it is not there or too large.
std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? std::streamoff{file.tellg()} : -1;
  if (size <= 0 || size > static_cast<std::streamoff>(kFileBytesMax)) return {};
  std::string bytes(static_cast<size_t>(size), '\0');
  file.seekg(0);
  if (!file.read(bytes.data(), size)) return {};
  return bytes;
}

std::string TextIn(const nlohmann::json& entry, const char* name) {
  const auto found = entry.find(name);
  return found != entry.end() && found->is_string() ? found->get<std::string>()
                                                    : std::string();
}

}  // namespace

bool IsoNames::Present() const {
  const absl::MutexLock lock(&mutex_);
  return !English("3166-1").empty();
}

std::string IsoNames::Find(absl::string_view list, absl::string_view code,
                           absl::Span<const absl::string_view> locales) const {
  const absl::MutexLock lock(&mutex_);
  for (const Standards& standards : kStandards) {
    if (standards.list != list) continue;
    for (absl::string_view standard : {standards.first, standards.second}) {
      if (standard.empty()) continue;
      const EnglishNames& names = English(standard);
      const auto name = names.find(code);
      if (name == names.end()) continue;
      for (absl::string_view locale : locales) {
        const MoFile* const file = Translations(standard, locale);
        const std::string* const text =
            file == nullptr ? nullptr : file->Find(name->second);
        if (text != nullptr) return *text;
      }
      return name->second;
    }
  }
  return {};
}

const IsoNames::EnglishNames& IsoNames::English(
    absl::string_view standard) const {
  std::unique_ptr<EnglishNames>& names = english_[standard];
  if (names != nullptr) return *names;
  names = std::make_unique<EnglishNames>();
  const nlohmann::json file = nlohmann::json::parse(
      ReadWhole(
          absl::StrCat(share_, "/iso-codes/json/iso_", standard, ".json")),
      /*cb=*/nullptr, /*allow_exceptions=*/false);
  const std::string key(standard);
  if (!file.is_object() || !file.contains(key)) return *names;
  for (const nlohmann::json& entry : file[key]) {
    if (!entry.is_object()) continue;
    // "Bolivia" before "Bolivia, Plurinational State of".
    std::string name = TextIn(entry, "common_name");
    if (name.empty()) name = TextIn(entry, "name");
    if (name.empty()) continue;
    for (const char* code : {"alpha_2", "alpha_3", "code"}) {
      const std::string text = TextIn(entry, code);
      if (!text.empty()) names->emplace(text, name);
    }
  }
  return *names;
}

const MoFile* IsoNames::Translations(absl::string_view standard,
                                     absl::string_view locale) const {
  const std::string path = absl::StrCat(share_, "/locale/", locale,
                                        "/LC_MESSAGES/iso_", standard, ".mo");
  const auto [place, fresh] = translations_.try_emplace(path);
  if (fresh) {
    absl::StatusOr<MoFile> file = MoFile::Parse(ReadWhole(path));
    if (file.ok()) {
      place->second = std::make_unique<MoFile>(*std::move(file));
    }
  }
  return place->second.get();
}

}  // namespace amparo::vocabulary
