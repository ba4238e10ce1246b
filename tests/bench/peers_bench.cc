// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/limits.h"
#include "tests/bench/measures.h"
#include "tests/support/office_pair.h"

namespace amparo::bench {
namespace {

absl::Duration Span(const timeval& time) {
  return absl::Seconds(time.tv_sec) + absl::Microseconds(time.tv_usec);
}

// Of all threads of this process.
absl::Duration ProcessorTime() {
  rusage used;
  if (::getrusage(RUSAGE_SELF, &used) != 0) {
    OrDie(absl::InternalError("no figures of the process"));
  }
  return Span(used.ru_utime) + Span(used.ru_stime);
}

// One office and its peers, all in this process on memory disks.
struct Star {
  explicit Star(int peers)
      : hub({"Hub", "UKR", 1, peering::NodeRole::kOffice}, clock, network) {
    for (int i = 0; i < peers; ++i) {
      rim.push_back(std::make_unique<TestOffice>(
          OfficePlan{absl::StrCat("Rim", i), "BLR",
                     static_cast<uint64_t>(i) + 2, peering::NodeRole::kOffice},
          clock, network));
      Befriend(hub, *rim.back());
      Agree(hub, *rim.back(), FullTerms(clock.Now()));
    }
    // A person for each: what one has consented to is read with each letter.
    for (const auto& peer : rim) {
      case_numbers.push_back(hub.RegisterCase());
      hub.GiveConsent(case_numbers.back(), peer->id(),
                      Purpose::kTransnationalReferral);
    }
  }

  // So many referrals to each peer, until every receipt is stored.
  void Refer(int each) {
    std::vector<TestOffice*> all = {&hub};
    for (size_t peer = 0; peer < rim.size(); ++peer) {
      all.push_back(rim[peer].get());
      for (int i = 0; i < each; ++i) {
        OrDie(hub.node()
                  .referrals()
                  .Propose(hub.caseworker(),
                           hub.Proposal(case_numbers[peer], rim[peer]->id()))
                  .status());
      }
    }
    if (!RunUntilQuiet(all) || hub.Rows(storage::TableId::kOutbox) > 0) {
      OrDie(absl::InternalError("letters are left"));
    }
  }

  ManualClock clock;
  TestNetwork network;
  TestOffice hub;
  std::vector<std::unique_ptr<TestOffice>> rim;
  std::vector<std::string> case_numbers;
};

// Microseconds of processor a letter, at all ends.
double CostPerLetter(int peers, int each) {
  Star star(peers);
  star.Refer(1);
  const absl::Duration before = ProcessorTime();
  star.Refer(each);
  return absl::ToDoubleMicroseconds(ProcessorTime() - before) / (peers * each);
}

}  // namespace

std::vector<Figure> MeasurePeers(const Sizes& sizes) {
  const double few = CostPerLetter(sizes.few_peers, sizes.letters_each);
  const double many = CostPerLetter(sizes.many_peers, sizes.letters_each);
  return {
      {absl::StrCat("processor time a letter, ", sizes.many_peers, " peers"),
       many, "us", few,
       absl::StrCat("the same with ", sizes.few_peers, " peers"), "< 1.5"}};
}

}  // namespace amparo::bench
