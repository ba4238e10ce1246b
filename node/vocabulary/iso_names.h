// SPDX-License-Identifier: Apache-2.0
//
// Names of countries, their parts and languages in many languages, from the
// files of Debian's package iso-codes (LGPL 2.1+), which are read where they
// are installed and are no part of this program. Without the package there are
// no names and nothing else changes.
#ifndef AMPARO_NODE_VOCABULARY_ISO_NAMES_H_
#define AMPARO_NODE_VOCABULARY_ISO_NAMES_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "node/vocabulary/mo_file.h"

namespace amparo::vocabulary {

// Thread-safe. Files are read when they are first needed, each once, and kept;
// one that is missing, larger than 16 MiB or broken counts as having no names.
class IsoNames {
 public:
  // `share` is the folder that has "iso-codes/json" and "locale".
  explicit IsoNames(std::string share) : share_(std::move(share)) {}

  // Whether the package's list of countries can be read.
  bool Present() const;

  // The name of a code of the list "country", "subdivision" or "language" in
  // one of the locales, the first that has one ("prs", then "fa"), else in
  // English; empty when nobody names it.
  std::string Find(absl::string_view list, absl::string_view code,
                   absl::Span<const absl::string_view> locales) const;

 private:
  using EnglishNames = absl::flat_hash_map<std::string, std::string>;

  // Of "iso_3166-1.json" and its like; by every code of an entry.
  const EnglishNames& English(absl::string_view standard) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Null when there is none.
  const MoFile* Translations(absl::string_view standard,
                             absl::string_view locale) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string share_;
  mutable absl::Mutex mutex_;
  mutable absl::flat_hash_map<std::string, std::unique_ptr<EnglishNames>>
      english_ ABSL_GUARDED_BY(mutex_);
  mutable absl::flat_hash_map<std::string, std::unique_ptr<MoFile>>
      translations_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace amparo::vocabulary

#endif  // AMPARO_NODE_VOCABULARY_ISO_NAMES_H_
