// SPDX-License-Identifier: Apache-2.0
//
// Files that the command line reads: terms of an agreement, who a person is,
// a session. First byte: which. Held: a refusal is USAGE with a message that
// names no value; what is accepted can be shown and, the session, written and
// read again.
#include "admin/cli/agreement_terms.h"
#include "admin/cli/failure.h"
#include "admin/cli/identity.h"
#include "admin/cli/output.h"
#include "admin/cli/session_file.h"
#include "tests/fuzz/fuzz.h"

namespace amparo {
namespace {

// Noon of the first day of 2026.
const absl::Time kNow = absl::FromUnixSeconds(1767268800);

void HoldUsage(const absl::Status& status) {
  HOLD(cli::ExitCodeOf(status) == cli::kUsage);
  fuzz::HoldMessage(status.message());
  HOLD(cli::DetailOf(status).reason() == cli::kReasonUsage);
}

void TryTerms(absl::string_view bytes) {
  cli::TermsOptions options;
  options.terms_file = fuzz::FileWith(bytes);
  options.legal_reference = "law";
  options.impact_assessment = "assessment";
  options.impact_assessment_date = "2026-01-01";
  const auto terms = cli::DrawUpTerms(options, kNow, absl::UTCTimeZone());
  if (!terms.ok()) {
    HoldUsage(terms.status());
    return;
  }
  HOLD(terms->valid_from_ms() != 0 && terms->valid_until_ms() != 0);
  office::v1::Agreement agreement;
  *agreement.mutable_terms() = *terms;
  HOLD(!cli::AgreementText(agreement, "A", "B", absl::UTCTimeZone()).empty());
}

void TryTime(absl::string_view bytes) {
  const auto time = cli::TimeOf(bytes, absl::UTCTimeZone(), "--valid-until");
  if (!time.ok()) {
    HoldUsage(time.status());
    return;
  }
  HOLD(*time >= 0 && *time < 253402300800000);  // Up to the year 9999.
  if (*time == 0) return;                       // Shown as "-".
  const std::string text = cli::TimeText(*time, absl::UTCTimeZone());
  const auto again = cli::TimeOf(text, absl::UTCTimeZone(), "--valid-until");
  HOLD(again.ok());
  HOLD(*again / 1000 == *time / 1000);  // Shown in seconds.
}

void TryIdentity(absl::string_view bytes) {
  const auto identity = cli::ReadIdentityFile(fuzz::FileWith(bytes));
  if (identity.ok()) {
    cli::IdentityText(*identity);
  } else {
    HoldUsage(identity.status());
  }
}

void TrySession(absl::string_view bytes) {
  const std::string path = fuzz::FileWith(bytes);
  const auto session = cli::ReadSessionFile(path);
  if (!session.ok()) {
    HoldUsage(session.status());
    return;
  }
  HOLD(cli::WriteSessionFile(path, *session).ok());
  const auto again = cli::ReadSessionFile(path);
  HOLD(again.ok());
  HOLD(again->name == session->name);
  HOLD(again->token.Reveal() == session->token.Reveal());
  HOLD(again->device_token.Reveal() == session->device_token.Reveal());
  HOLD(again->expires_at_ms == session->expires_at_ms);
}

}  // namespace
}  // namespace amparo

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  using namespace amparo;  // NOLINT
  fuzz::Parts parts(input, size);
  const uint8_t which = parts.Byte();
  switch (which % 4) {
    case 0:
      TryTerms(parts.Rest());
      break;
    case 1:
      TryIdentity(parts.Rest());
      break;
    case 2:
      TrySession(parts.Rest());
      break;
    case 3:
      TryTime(parts.Rest());
      break;
  }
  return 0;
}
