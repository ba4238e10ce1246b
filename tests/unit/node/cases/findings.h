// SPDX-License-Identifier: Apache-2.0
//
// What `amparod fsck` would say of the cases of a store.
#ifndef AMPARO_TESTS_UNIT_NODE_CASES_FINDINGS_H_
#define AMPARO_TESTS_UNIT_NODE_CASES_FINDINGS_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/cases/soundness.h"
#include "node/storage/soundness.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"
#include "tests/support/status_matchers.h"

namespace amparo::cases {

// The words of each; none of a sound store.
inline std::vector<std::string> FindingsIn(const storage::Reader& store,
                                           const storage::Vault& vault) {
  storage::Findings findings;
  storage::Inspection inspection(store, vault, findings);
  EXPECT_THAT(CheckCases(inspection), IsOk());
  std::vector<std::string> found;
  for (const storage::Finding& finding : findings.List()) {
    found.push_back(finding.what);
  }
  return found;
}

}  // namespace amparo::cases

#endif  // AMPARO_TESTS_UNIT_NODE_CASES_FINDINGS_H_
