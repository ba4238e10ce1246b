// SPDX-License-Identifier: Apache-2.0
//
// What holds of the status and the entries that a row of any file tells.
#ifndef AMPARO_TESTS_FUZZ_CASE_LIFE_H_
#define AMPARO_TESTS_FUZZ_CASE_LIFE_H_

#include "node/cases/foreign/life_cells.h"

namespace amparo::fuzz {

// A closed case has a reason of the list and no other has one; what is written
// down may be kept, or is refused as any other row; whatever was left without
// a place is a note.
void HoldLife(cases::CaseLife life);

}  // namespace amparo::fuzz

#endif  // AMPARO_TESTS_FUZZ_CASE_LIFE_H_
