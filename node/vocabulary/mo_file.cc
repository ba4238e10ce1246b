// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/mo_file.h"

#include <cstdint>
#include <optional>

#include "node/base/errors.h"

namespace amparo::vocabulary {
namespace {

constexpr uint32_t kMagic = 0x950412de;
constexpr uint32_t kMagicSwapped = 0xde120495;
constexpr char kContextEnd = '\4';

// Numbers and texts of the file, each within its bounds.
class MoReader {
 public:
  MoReader(absl::string_view bytes, bool big_endian)
      : bytes_(bytes), big_endian_(big_endian) {}

  std::optional<uint32_t> Number(uint64_t at) const {
    if (at > bytes_.size() || bytes_.size() - at < 4) return std::nullopt;
    uint32_t value = 0;
    for (uint64_t i = 0; i < 4; ++i) {
      const uint64_t place = big_endian_ ? i : 3 - i;
      value = (value << 8) | static_cast<uint8_t>(bytes_[at + place]);
    }
    return value;
  }

  // The text that the pair of length and offset at `at` names.
  std::optional<absl::string_view> Text(uint64_t at) const {
    const std::optional<uint32_t> length = Number(at);
    const std::optional<uint32_t> offset = Number(at + 4);
    if (!length.has_value() || !offset.has_value()) return std::nullopt;
    const uint64_t end = uint64_t{*offset} + *length;
    if (end >= bytes_.size() || bytes_[end] != '\0') return std::nullopt;
    return bytes_.substr(*offset, *length);
  }

 private:
  const absl::string_view bytes_;
  const bool big_endian_;
};

absl::Status Broken(absl::string_view what) {
  return Error(Reason::kRecordDamaged, what);
}

}  // namespace

absl::StatusOr<MoFile> MoFile::Parse(absl::string_view bytes) {
  const std::optional<uint32_t> magic = MoReader(bytes, false).Number(0);
  if (magic != kMagic && magic != kMagicSwapped) {
    return Broken("this is no catalogue of messages");
  }
  const MoReader reader(bytes, magic == kMagicSwapped);
  const std::optional<uint32_t> revision = reader.Number(4);
  const std::optional<uint32_t> count = reader.Number(8);
  const std::optional<uint32_t> originals = reader.Number(12);
  const std::optional<uint32_t> translations = reader.Number(16);
  if (!translations.has_value() || revision != 0u) {
    return Broken("the catalogue has another form");
  }
  // Two pairs of numbers each, so that a small file can not claim many.
  if (*count > bytes.size() / 16) {
    return Broken("the catalogue is cut off");
  }
  MoFile file;
  for (uint64_t i = 0; i < *count; ++i) {
    const auto original = reader.Text(*originals + 8 * i);
    const auto translation = reader.Text(*translations + 8 * i);
    if (!original.has_value() || !translation.has_value()) {
      return Broken("the catalogue is cut off");
    }
    const bool plain = original->find('\0') == absl::string_view::npos &&
                       original->find(kContextEnd) == absl::string_view::npos;
    if (!plain || original->empty() || translation->empty()) continue;
    file.texts_.emplace(*original, *translation);
  }
  return file;
}

const std::string* MoFile::Find(absl::string_view english) const {
  const auto found = texts_.find(english);
  return found == texts_.end() ? nullptr : &found->second;
}

}  // namespace amparo::vocabulary
