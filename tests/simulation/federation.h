// SPDX-License-Identifier: Apache-2.0
//
// Five offices, their region and a stranger, set up once in a process: people
// enrolled, every two of the six friends, agreements signed, a few persons
// registered. Each seed gets copies, so that it pays for what happens to it
// and not for how offices come to be.
#ifndef AMPARO_TESTS_SIMULATION_FEDERATION_H_
#define AMPARO_TESTS_SIMULATION_FEDERATION_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "node/base/ids.h"
#include "tests/support/office_pair.h"

namespace amparo::simulation {

inline constexpr size_t kOffices = 5;
inline constexpr size_t kRegion = 5;
// A live node among exercise nodes: nobody's peer.
inline constexpr size_t kStranger = 6;
inline constexpr size_t kPlaces = 7;

// What people of an office may act on.
struct Desk {
  std::vector<std::string> cases;
  std::vector<ConsentId> consents;
};

// A consent of the case's person to all of `recipients`, with the usual
// categories of `purpose`. The request may be asked again.
absl::StatusOr<ConsentId> GiveConsentTo(TestOffice& office,
                                        const RequestId& request,
                                        const std::string& case_number,
                                        const std::set<OfficeId>& recipients,
                                        Purpose purpose,
                                        absl::Time valid_until);

class Federation {
 public:
  // Made at the first call; the same on every machine but for signatures.
  static const Federation& Shared();

  // Down, for copies.
  const TestOffice& office(size_t place) const { return *places_[place]; }
  const Desk& desk(size_t place) const { return desks_[place]; }
  absl::Time now() const { return clock_.Now(); }

 private:
  Federation();

  ManualClock clock_;
  TestNetwork network_;
  std::vector<std::unique_ptr<TestOffice>> places_;
  std::vector<Desk> desks_{kPlaces};
};

}  // namespace amparo::simulation

#endif  // AMPARO_TESTS_SIMULATION_FEDERATION_H_
