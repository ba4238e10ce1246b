// SPDX-License-Identifier: Apache-2.0
//
// Letters that are right but for one thing, and the reason each must be
// refused for.
#ifndef AMPARO_TESTS_E2E_HOSTILE_LETTER_FAULTS_H_
#define AMPARO_TESTS_E2E_HOSTILE_LETTER_FAULTS_H_

#include <string>
#include <vector>

#include "node/base/errors.h"
#include "tests/e2e/hostile/federation.h"

namespace amparo::hostile {

struct Fault {
  const char* name;  // Of the test case.
  Reason reason;
  std::string (*letter)(Federation& all);
};

// Of the bytes, seals and signatures.
const std::vector<Fault>& FormFaults();
// Of what may be read without opening.
const std::vector<Fault>& HeaderFaults();
// Of agreement, consent and what is said.
const std::vector<Fault>& TermsFaults();

}  // namespace amparo::hostile

#endif  // AMPARO_TESTS_E2E_HOSTILE_LETTER_FAULTS_H_
