// SPDX-License-Identifier: Apache-2.0
//
// A GNU gettext message catalogue, as `msgfmt` writes it (GNU gettext manual,
// "The Format of GNU MO Files"): English texts and their translations. The
// file comes from another package, so every offset is checked.
#ifndef AMPARO_NODE_VOCABULARY_MO_FILE_H_
#define AMPARO_NODE_VOCABULARY_MO_FILE_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace amparo::vocabulary {

// Immutable, thread-safe.
class MoFile {
 public:
  MoFile(MoFile&&) = default;
  MoFile& operator=(MoFile&&) = default;

  // Both byte orders. Entries with a context or several forms of number are
  // left out: names have none. kRecordDamaged for what is no catalogue: a
  // wrong magic number, a revision but 0, an offset or length that leaves the
  // file, a text without its closing zero.
  static absl::StatusOr<MoFile> Parse(absl::string_view bytes);

  // The translation of an English text; null when there is none or it is
  // empty.
  const std::string* Find(absl::string_view english) const;

  size_t size() const { return texts_.size(); }

 private:
  MoFile() = default;

  absl::flat_hash_map<std::string, std::string> texts_;
};

}  // namespace amparo::vocabulary

#endif  // AMPARO_NODE_VOCABULARY_MO_FILE_H_
