// SPDX-License-Identifier: Apache-2.0
//
// Where a country lies: its UN M49 region and sub-region and the IOM regional
// office that answers for it. Data: countries.tsv.
#ifndef AMPARO_NODE_VOCABULARY_COUNTRIES_H_
#define AMPARO_NODE_VOCABULARY_COUNTRIES_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::vocabulary {

// Codes of the lists un-region, un-subregion and iom-office; any may be empty
// when nobody assigns it (Antarctica has no region, a country that is gone no
// office).
struct Place {
  std::string region;
  std::string subregion;
  std::string office;
};

// Immutable, thread-safe.
class Countries {
 public:
  Countries(Countries&&) = default;
  Countries& operator=(Countries&&) = default;

  // Made at the first call; lives as long as the process.
  static const Countries& BuiltIn();

  // For tests: lines as in countries.tsv. kInternal names the line that has a
  // code of no list, or stands twice.
  static absl::StatusOr<Countries> Parse(const Lists& lists,
                                         absl::string_view text);

  // `code` is one of the list country in its stored spelling; null for the
  // unknown country, for what is no country and for those that lie nowhere.
  const Place* Find(absl::string_view code) const;

 private:
  Countries() = default;

  absl::flat_hash_map<std::string, Place> places_;
};

}  // namespace amparo::vocabulary

#endif  // AMPARO_NODE_VOCABULARY_COUNTRIES_H_
