// SPDX-License-Identifier: Apache-2.0
//
// What an agreement says: drawn up from the command line or a file, and shown
// before it is signed. Pure but for reading the file.
#ifndef AMPARO_ADMIN_CLI_AGREEMENT_TERMS_H_
#define AMPARO_ADMIN_CLI_AGREEMENT_TERMS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "amparo/office/v1/peering.pb.h"

namespace amparo::cli {

// As typed.
struct TermsOptions {
  std::string standard;    // "referral", "statistics", or empty.
  std::string terms_file;  // JSON of AgreementTerms, or empty.
  std::string legal_reference;
  std::string impact_assessment;
  std::string impact_assessment_date;
  std::string valid_from;
  std::string valid_until;
};

// The terms to propose: a standard or a file (exactly one), and what the other
// options say over it. Without dates an agreement holds from the start of
// today's day for one year of 365 days. USAGE names the option.
absl::StatusOr<office::v1::AgreementTerms> DrawUpTerms(
    const TermsOptions& options, absl::Time now, absl::TimeZone zone);

// What a person reads before signing: every term and the hash that is signed.
// `proposer` and `acceptor` are names.
std::string AgreementText(const office::v1::Agreement& agreement,
                          const std::string& proposer,
                          const std::string& acceptor, absl::TimeZone zone);

}  // namespace amparo::cli

#endif  // AMPARO_ADMIN_CLI_AGREEMENT_TERMS_H_
