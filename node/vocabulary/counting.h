// SPDX-License-Identifier: Apache-2.0
//
// Which variables may be kept of a person who does not consent, as
// counting.tsv says. Immutable, thread-safe.
#ifndef AMPARO_NODE_VOCABULARY_COUNTING_H_
#define AMPARO_NODE_VOCABULARY_COUNTING_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::vocabulary {

// Codes that a list may have at most for a variable to be coarse.
inline constexpr size_t kCoarseCodesMax = 16;

// In the order of their names. Live as long as the process.
absl::Span<const Variable* const> CountingVariables();
bool IsCounting(absl::string_view variable);

// For tests. kInternal for a variable that is not known, computed, not coarse
// or out of order.
absl::StatusOr<std::vector<const Variable*>> ParseCounting(
    const Lists& lists, absl::string_view text);

}  // namespace amparo::vocabulary

#endif  // AMPARO_NODE_VOCABULARY_COUNTING_H_
