// SPDX-License-Identifier: Apache-2.0
//
// The files of this folder's data as the build compiled them in; see
// embed.cmake. Only for this room and its tests.
#ifndef AMPARO_NODE_VOCABULARY_EMBEDDED_H_
#define AMPARO_NODE_VOCABULARY_EMBEDDED_H_

#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace amparo::vocabulary::embedded {

// The files of lists/.
extern const absl::string_view kLists[];
extern const size_t kListCount;
extern const absl::string_view kVariables;  // variables.tsv
extern const absl::string_view kFields;     // fields.tsv
extern const absl::string_view kCountries;  // countries.tsv
extern const absl::string_view kCounting;   // counting.tsv
extern const absl::string_view kCrosswalk;  // crosswalk.tsv
// labels/*.tsv
extern const absl::string_view kLabelsAr;
extern const absl::string_view kLabelsEs;
extern const absl::string_view kLabelsFr;
extern const absl::string_view kLabelsPrs;
extern const absl::string_view kLabelsRu;
extern const absl::string_view kLabelsZh;

// Ends the process: our own data is broken, so nothing can be checked and
// nothing may run.
[[noreturn]] void EndBroken(const absl::Status& problem);

// What was read from the built-in data.
template <class T>
T Sound(absl::StatusOr<T> read) {
  if (!read.ok()) EndBroken(read.status());
  return *std::move(read);
}

}  // namespace amparo::vocabulary::embedded

#endif  // AMPARO_NODE_VOCABULARY_EMBEDDED_H_
