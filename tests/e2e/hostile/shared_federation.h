// SPDX-License-Identifier: Apache-2.0
//
// What the suites of one program share: the federation, and what "refused"
// means.
#ifndef AMPARO_TESTS_E2E_HOSTILE_SHARED_FEDERATION_H_
#define AMPARO_TESTS_E2E_HOSTILE_SHARED_FEDERATION_H_

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "amparo/peer/v1/letter.pb.h"
#include "node/base/errors.h"
#include "node/storage/tables.h"
#include "tests/e2e/hostile/federation.h"

namespace amparo::hostile {

// Cases of all suites of a program have one federation, started by the first
// of them and ended after the last.
class SharedFederationTest : public testing::Test {
 protected:
  void SetUp() override;

  Federation& all() { return *all_; }
  const HostileOffice& hostile() { return all_->hostile(); }

  peer::v1::DeliverOutcome Send(const std::string& letter);
  // Taken; the receipt.
  std::string ExpectTaken(const std::string& letter);
  // Refused for `reason`, with a line in the log; nothing stored; another peer
  // is heard.
  void ExpectRefused(const std::string& letter, Reason reason);

  // Whatever `attack` does, nothing is stored but in `except`, and another
  // peer is heard.
  void ExpectNothingStored(const std::function<void()>& attack,
                           const std::set<storage::TableId>& except = {});
  // The same; besides, the node's log has a line of `event` with `reason`.
  void ExpectRefusal(const char* event, Reason reason,
                     const std::function<void()>& attack,
                     const std::set<storage::TableId>& except = {});

 private:
  Federation* all_ = nullptr;
};

}  // namespace amparo::hostile

#endif  // AMPARO_TESTS_E2E_HOSTILE_SHARED_FEDERATION_H_
