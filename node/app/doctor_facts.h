// SPDX-License-Identifier: Apache-2.0
//
// Gathers what doctor.h judges from a node that runs. Looks, and changes
// nothing; one connection is tried, to this node's own public address.
#ifndef AMPARO_NODE_APP_DOCTOR_FACTS_H_
#define AMPARO_NODE_APP_DOCTOR_FACTS_H_

#include <string>

#include "absl/time/time.h"
#include "node/app/config.h"
#include "node/app/doctor.h"
#include "node/app/node.h"

namespace amparo::app {

// Notes wall and steady time when it is made: how far the two have drifted
// apart since is how far somebody set the clock. Thread-safe.
class ClockWatch {
 public:
  explicit ClockWatch(const Clock& clock);
  // Positive when the wall clock was set forward.
  absl::Duration Jump() const;

 private:
  const Clock& clock_;
  const absl::Time wall_;
  const absl::Duration steady_;
};

// `config` is what the node was started with; its file is read again. Nothing
// is said of disk and files without a data directory, and nothing of the
// configuration when it is from no file. Takes up to kConnectTimeout.
inline constexpr absl::Duration kConnectTimeout = absl::Seconds(2);
absl::StatusOr<DoctorFacts> GatherFacts(Node& node, const ClockWatch& watch,
                                        const Config& config,
                                        const std::string& version);

// Whether anybody accepts a connection at "host:port" within the time.
bool Answers(const std::string& address, absl::Duration timeout);

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_DOCTOR_FACTS_H_
