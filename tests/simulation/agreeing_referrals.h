// SPDX-License-Identifier: Apache-2.0
//
// Invariants 3 and 4 for referrals that one office made of another.
#ifndef AMPARO_TESTS_SIMULATION_AGREEING_REFERRALS_H_
#define AMPARO_TESTS_SIMULATION_AGREEING_REFERRALS_H_

#include "node/base/ids.h"
#include "tests/simulation/findings.h"
#include "tests/simulation/holdings.h"

namespace amparo::simulation {

// What both sides hold of it agrees, and nothing outlives its consent.
void CheckReferrals(const OfficeId& from_id, const Holdings& asking,
                    const OfficeId& to_id, const Holdings& asked,
                    Findings& findings);

// Whatever a restore took from either: how the office that is asked has
// answered, the one that asks says too, or who answered is told that it may
// not.
void CheckAnswers(const OfficeId& from_id, const Holdings& asking,
                  const OfficeId& to_id, const Holdings& asked,
                  Findings& findings);

}  // namespace amparo::simulation

#endif  // AMPARO_TESTS_SIMULATION_AGREEING_REFERRALS_H_
