// SPDX-License-Identifier: Apache-2.0
//
// The mapping files of formats/, as formats.cmake writes them into the program
// at build time.
#ifndef AMPARO_NODE_CASES_FOREIGN_FORMATS_H_
#define AMPARO_NODE_CASES_FOREIGN_FORMATS_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace amparo::cases::formats {

struct Format {
  absl::string_view name;  // Of the file, without ".json".
  absl::string_view json;
};

extern const Format kAll[];
extern const size_t kCount;

}  // namespace amparo::cases::formats

#endif  // AMPARO_NODE_CASES_FOREIGN_FORMATS_H_
