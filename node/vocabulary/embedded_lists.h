// SPDX-License-Identifier: Apache-2.0
//
// The list files as the build compiled them in; see embed.cmake. Only for
// vocabulary.cc and its tests.
#ifndef AMPARO_NODE_VOCABULARY_EMBEDDED_LISTS_H_
#define AMPARO_NODE_VOCABULARY_EMBEDDED_LISTS_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace amparo::vocabulary::embedded {

extern const absl::string_view kLists[];
extern const size_t kListCount;
extern const absl::string_view kVariables;

}  // namespace amparo::vocabulary::embedded

#endif  // AMPARO_NODE_VOCABULARY_EMBEDDED_LISTS_H_
