// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/agreement_terms.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin/cli/failure.h"
#include "admin/cli/output.h"
#include "admin/cli/secrets.h"
#include "crypto/base/status_macros.h"

namespace amparo::cli {
namespace {

using office::v1::AgreementTerms;

constexpr size_t kTermsBytesMax = 64 * 1024;
constexpr absl::Duration kValidDefault = absl::Hours(24 * 365);

// Both may ask, answer and send the identifying file. What else passes between
// peers (receipts, recalls, keys) needs no agreement.
AgreementTerms ReferralTerms() {
  AgreementTerms terms;
  for (const char* const type :
       {"REFERRAL_REQUEST", "REFERRAL_ANSWER", "DISCLOSURE"}) {
    terms.add_proposer_letter_types(type);
    terms.add_acceptor_letter_types(type);
  }
  for (const char* const purpose :
       {"TRANSNATIONAL_REFERRAL", "IDENTITY_DISCLOSURE"}) {
    terms.add_purposes(purpose);
  }
  for (const char* const category :
       {"CODED_PROFILE", "NEEDS", "NAMES", "DATES_OF_BIRTH", "DOCUMENTS",
        "CONTACTS"}) {
    terms.add_categories(category);
  }
  terms.add_handling_codes("NOT_FOR_PROCEEDINGS");
  terms.add_handling_codes("NO_ONWARD");
  terms.set_retention_days(730);
  return terms;
}

// Protected counts, either way; nothing about one person.
AgreementTerms StatisticsTerms() {
  AgreementTerms terms;
  terms.add_proposer_letter_types("STATISTICS_RELEASE");
  terms.add_acceptor_letter_types("STATISTICS_RELEASE");
  terms.add_purposes("STATISTICS");
  terms.add_categories("STATISTICAL_COUNTS");
  terms.set_retention_days(3650);
  terms.set_statistics_policy("dp");
  return terms;
}

absl::StatusOr<AgreementTerms> FileTerms(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text,
                   ReadPlainFile(path, kTermsBytesMax, "--terms"));
  AgreementTerms terms;
  if (!google::protobuf::util::JsonStringToMessage(text, &terms).ok()) {
    return UsageError("--terms",
                      "must be JSON with the fields of `agreement show "
                      "--json` under \"terms\", and no others");
  }
  return terms;
}

// What a file may have said; options are checked where they are read.
absl::Status CheckFileTimes(const AgreementTerms& terms) {
  for (const int64_t millis : {terms.valid_from_ms(), terms.valid_until_ms(),
                               terms.impact_assessment_at_ms()}) {
    if (millis < 0 || millis >= kYear10000Millis) {
      return UsageError("--terms",
                        "must have times from 1970 to the year 9999, in "
                        "milliseconds since 1970");
    }
  }
  return absl::OkStatus();
}

absl::Status SetTimes(const TermsOptions& options, absl::Time now,
                      absl::TimeZone zone, AgreementTerms* terms) {
  if (!options.valid_from.empty()) {
    ASSIGN_OR_RETURN(const int64_t from,
                     TimeOf(options.valid_from, zone, "--valid-from"));
    terms->set_valid_from_ms(from);
  } else if (terms->valid_from_ms() == 0) {
    terms->set_valid_from_ms(
        absl::ToUnixMillis(absl::FromCivil(absl::ToCivilDay(now, zone), zone)));
  }
  if (!options.valid_until.empty()) {
    ASSIGN_OR_RETURN(const int64_t until,
                     TimeOf(options.valid_until, zone, "--valid-until"));
    terms->set_valid_until_ms(until);
  } else if (terms->valid_until_ms() == 0) {
    terms->set_valid_until_ms(terms->valid_from_ms() +
                              absl::ToInt64Milliseconds(kValidDefault));
  }
  if (!options.impact_assessment_date.empty()) {
    ASSIGN_OR_RETURN(const int64_t at,
                     TimeOf(options.impact_assessment_date, zone,
                            "--impact-assessment-date"));
    terms->set_impact_assessment_at_ms(at);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AgreementTerms> DrawUpTerms(const TermsOptions& options,
                                           absl::Time now,
                                           absl::TimeZone zone) {
  if (options.standard.empty() == options.terms_file.empty()) {
    return UsageError("--standard", "or --terms is needed, and not both");
  }
  AgreementTerms terms;
  if (options.standard == "referral") {
    terms = ReferralTerms();
  } else if (options.standard == "statistics") {
    terms = StatisticsTerms();
  } else if (!options.standard.empty()) {
    return UsageError("--standard", "must be referral or statistics");
  } else {
    ASSIGN_OR_RETURN(terms, FileTerms(options.terms_file));
    RETURN_IF_ERROR(CheckFileTimes(terms));
  }
  if (!options.legal_reference.empty()) {
    terms.set_legal_reference(options.legal_reference);
  }
  if (!options.impact_assessment.empty()) {
    terms.set_impact_assessment_reference(options.impact_assessment);
  }
  RETURN_IF_ERROR(SetTimes(options, now, zone, &terms));
  if (terms.legal_reference().empty()) {
    return UsageError("--legal-reference", "is needed");
  }
  if (terms.impact_assessment_reference().empty()) {
    return UsageError("--impact-assessment", "is needed");
  }
  if (terms.impact_assessment_at_ms() == 0) {
    return UsageError("--impact-assessment-date", "is needed");
  }
  return terms;
}

std::string AgreementText(const office::v1::Agreement& agreement,
                          const std::string& proposer,
                          const std::string& acceptor, absl::TimeZone zone) {
  const AgreementTerms& terms = agreement.terms();
  const auto day = [zone](int64_t millis) {
    return absl::FormatTime("%Y-%m-%d", absl::FromUnixMillis(millis), zone);
  };
  Labelled lines;
  lines.Add("Agreement", agreement.agreement_id());
  lines.Add("Drawn up by", proposer);
  lines.Add("With", acceptor);
  lines.Add("State", absl::StrCat(EnumWord(agreement.state()),
                                  agreement.in_force() ? ", in force" : ""));
  lines.Add(absl::StrCat(Printable(proposer), " may send"),
            absl::StrJoin(terms.proposer_letter_types(), ", "));
  lines.Add(absl::StrCat(Printable(acceptor), " may send"),
            absl::StrJoin(terms.acceptor_letter_types(), ", "));
  lines.Add("For", absl::StrJoin(terms.purposes(), ", "));
  lines.Add("What", absl::StrJoin(terms.categories(), ", "));
  lines.AddIf("Handling", absl::StrJoin(terms.handling_codes(), ", "));
  lines.AddIf("Statistics", terms.statistics_policy());
  lines.Add("Kept at most", absl::StrCat(terms.retention_days(), " days"));
  lines.Add("In force", absl::StrCat(day(terms.valid_from_ms()), " until ",
                                     day(terms.valid_until_ms())));
  lines.Add("Legal reference", terms.legal_reference());
  lines.Add("Impact assessment",
            absl::StrCat(terms.impact_assessment_reference(), " of ",
                         day(terms.impact_assessment_at_ms())));
  lines.Add("What is signed", agreement.hash());
  return lines.Text();
}

}  // namespace amparo::cli
