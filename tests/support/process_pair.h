// SPDX-License-Identifier: Apache-2.0
//
// Two offices as processes that may refer to each other: what most tests of
// real nodes start from.
#ifndef AMPARO_TESTS_SUPPORT_PROCESS_PAIR_H_
#define AMPARO_TESTS_SUPPORT_PROCESS_PAIR_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/support/child_process.h"
#include "tests/support/office_process.h"

namespace amparo {

// Thread-safe as its offices are.
class ProcessPair {
 public:
  // Kyiv and Minsk, with all roles of an office: peers under ReferralTerms()
  // that greet each other every second.
  static absl::StatusOr<std::unique_ptr<ProcessPair>> Start();

  OfficeProcess& a() { return *a_; }
  OfficeProcess& b() { return *b_; }

  // A new case at `office` whose person consents to a referral to `recipient`.
  struct ConsentedCase {
    std::string number;
    std::string consent;
  };
  static absl::StatusOr<ConsentedCase> NewCase(OfficeProcess& office,
                                               const OfficeProcess& recipient);

 private:
  ProcessPair() = default;

  ScratchFolder folder_;
  std::unique_ptr<OfficeProcess> a_;
  std::unique_ptr<OfficeProcess> b_;
};

}  // namespace amparo

#endif  // AMPARO_TESTS_SUPPORT_PROCESS_PAIR_H_
