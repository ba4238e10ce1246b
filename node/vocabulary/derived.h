// SPDX-License-Identifier: Apache-2.0
//
// Variables that are computed from a profile whenever they are asked for and
// never stored, so that they can not contradict what they come from. Each is a
// pure function of the profile's values, HTCDS words included.
#ifndef AMPARO_NODE_VOCABULARY_DERIVED_H_
#define AMPARO_NODE_VOCABULARY_DERIVED_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/vocabulary/crosswalk.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::vocabulary {

// Whether the person was exploited in a country of their citizenship: yes when
// one of the citizenships is CountryOfExploitation, no when all of them are
// known and none is, unknown otherwise.
absl::string_view IsInternal(Pairs pairs);

// isForcedLabour and isSexualExploit: yes when both are, no when one is no.
absl::string_view IsSexAndLabour(Pairs pairs);

// The English labels of the codes of `list` whose flag `prefix` + code is yes,
// in alphabetical order, joined with ';': how CTDC writes means of control,
// forms of exploitation, labour, sexual exploitation and recruiters in one
// column. Empty when no flag is yes.
std::string Concatenated(Pairs pairs, absl::string_view prefix,
                         const List& list);

// Any derived variable by name: kYes, kNo, kUnknown, or a text that is empty
// when it is unknown. kColumnUnknown for every other name.
absl::StatusOr<std::string> Derive(Pairs pairs, absl::string_view variable);

}  // namespace amparo::vocabulary

#endif  // AMPARO_NODE_VOCABULARY_DERIVED_H_
