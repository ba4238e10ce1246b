// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/bench_pair.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/bench/limits.h"

namespace amparo::bench {

std::unique_ptr<BenchPair> MakeBenchPair() {
  auto pair = std::make_unique<BenchPair>();
  const char* const names[] = {"Kyiv", "Minsk"};
  for (int i = 0; i < 2; ++i) {
    NodeOptions options;
    options.name = names[i];
    pair->processes[i] = OrDie(
        OfficeProcess::Start(absl::StrCat(pair->folder.path(), "/", names[i]),
                             options, AllRolesOfAnOffice()));
  }
  OfficeProcess& a = *pair->processes[0];
  OfficeProcess& b = *pair->processes[1];
  OrDie(MakePeers(a, b));
  OrDie(Agree(a, b, ReferralTerms()).status());
  pair->case_number = OrDie(Register(a, AnIdentity()));
  OrDie(GiveConsent(a, pair->case_number, "TRANSNATIONAL_REFERRAL", b.id(),
                    {"CODED_PROFILE", "NEEDS"})
            .status());
  pair->token = a.caseworker().token();
  pair->b_id = OrDie(OfficeId::FromHex(b.id()));
  for (OfficeProcess* const office : {&a, &b}) {
    if (office->node().Terminate(kProcessEnds) != 0) {
      OrDie(absl::InternalError("a node did not end"));
    }
  }
  return pair;
}

void Propose(const BenchPair& pair, BenchNode& a,
             const people::Caller& caller) {
  const office::v1::ProposeReferralRequest wire =
      AProposal(pair.case_number, pair.b_id.hex());
  referral::ProposeRequest request;
  request.request_id = OrDie(RequestId::FromHex(wire.request_id()));
  request.case_number = wire.case_number();
  request.peer = wire.peer();
  request.referral_type = wire.referral_type();
  request.urgency = wire.urgency();
  request.services.assign(wire.services().begin(), wire.services().end());
  request.risk_level = wire.risk_level();
  request.again = wire.again();
  OrDie(a.node().referrals().Propose(caller, request).status());
}

void Deliver(const BenchPair& pair, BenchNode& a, size_t letters) {
  while (letters > 0) {
    const delivery::StepResult step =
        OrDie(a.node().dispatcher().Step(pair.b_id));
    if (step.delivered == 0 || step.refused > 0) {
      OrDie(absl::InternalError("a letter was not delivered"));
    }
    letters -= std::min(letters, step.delivered);
  }
}

}  // namespace amparo::bench
