// SPDX-License-Identifier: Apache-2.0
#include "tests/support/process_pair.h"

#include "node/base/status_macros.h"

namespace amparo {

absl::StatusOr<std::unique_ptr<ProcessPair>> ProcessPair::Start() {
  std::unique_ptr<ProcessPair> pair(new ProcessPair());
  for (auto* const office : {&pair->a_, &pair->b_}) {
    NodeOptions options;
    options.name = office == &pair->a_ ? "Kyiv" : "Minsk";
    options.config_lines = {"hello_interval = 1s"};
    ASSIGN_OR_RETURN(
        *office, OfficeProcess::Start(pair->folder_.path() + "/" + options.name,
                                      options, AllRolesOfAnOffice()));
  }
  RETURN_IF_ERROR(MakePeers(pair->a(), pair->b()));
  RETURN_IF_ERROR(Agree(pair->a(), pair->b(), ReferralTerms()).status());
  return pair;
}

absl::StatusOr<ProcessPair::ConsentedCase> ProcessPair::NewCase(
    OfficeProcess& office, const OfficeProcess& recipient) {
  ConsentedCase made;
  ASSIGN_OR_RETURN(made.number, Register(office, AnIdentity()));
  ASSIGN_OR_RETURN(made.consent,
                   GiveConsent(office, made.number, "TRANSNATIONAL_REFERRAL",
                               recipient.id(), {"CODED_PROFILE", "NEEDS"}));
  return made;
}

}  // namespace amparo
