// SPDX-License-Identifier: Apache-2.0
#ifndef AMPARO_TESTS_SIMULATION_FINDINGS_H_
#define AMPARO_TESTS_SIMULATION_FINDINGS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/simulation/invariants.h"

namespace amparo::simulation {

// Collects broken rules, each with the office it was seen at.
class Findings {
 public:
  // `out` must outlive it.
  Findings(std::string where, std::vector<Broken>& out)
      : where_(std::move(where)), out_(out) {}

  // Returns `holds`; when it does not, `parts` make the sentence.
  template <class... Parts>
  bool Require(int invariant, bool holds, const Parts&... parts) {
    if (!holds) {
      out_.push_back({invariant, absl::StrCat(where_, ": ", parts...)});
    }
    return holds;
  }

 private:
  const std::string where_;
  std::vector<Broken>& out_;
};

}  // namespace amparo::simulation

#endif  // AMPARO_TESTS_SIMULATION_FINDINGS_H_
