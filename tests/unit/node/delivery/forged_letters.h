// SPDX-License-Identifier: Apache-2.0
//
// Letters made by hand with an office's real keys, each wrong in one way that
// the test chooses.
#ifndef AMPARO_TESTS_UNIT_NODE_DELIVERY_FORGED_LETTERS_H_
#define AMPARO_TESTS_UNIT_NODE_DELIVERY_FORGED_LETTERS_H_

#include <functional>
#include <string>

#include "amparo/peer/v1/letter.pb.h"
#include "node/delivery/letter_codec.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::delivery {

// Called in this order; what is left empty is right.
struct Forgery {
  std::function<void(Plain&)> plain = nullptr;         // Before signing it.
  std::function<void(SignedPlain&)> sealed = nullptr;  // Before sealing.
  std::function<void(LetterHeader&)> outer = nullptr;  // Before sealing.
  std::function<void(peer::v1::Header&)> header =
      nullptr;                                      // Signed as changed.
  std::function<void(WireLetter&)> wire = nullptr;  // After signing.
};

// A referral request from `from`, first of a new thread, under the agreement
// of `offices`, as `forgery` changes it.
std::string Forge(TwoOffices& offices, Office& from, const Forgery& forgery);

// Every row of every table, so that a test can say "nothing changed".
std::string Dump(const Office& office);

}  // namespace amparo::delivery

#endif  // AMPARO_TESTS_UNIT_NODE_DELIVERY_FORGED_LETTERS_H_
