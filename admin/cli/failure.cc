// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/failure.h"

#include <nlohmann/json.hpp>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "admin/cli/output.h"

namespace amparo::cli {
namespace {

using office::v1::ErrorDetail;

constexpr char kDetailUrl[] = "amparo.office.v1.ErrorDetail";
constexpr char kReasonInternal[] = "INTERNAL";

struct Step {
  absl::string_view reason;
  absl::string_view next;
};

constexpr Step kSteps[] = {
    {"NOT_SIGNED_IN", "sign in with `amparo login NAME`"},
    {"SESSION_EXPIRED", "sign in again with `amparo login NAME`"},
    {"SIGN_IN_REFUSED",
     "check the name and type the password again; when it is lost the "
     "administrator adds you under another name"},
    {"SIGN_IN_THROTTLED", "wait a few minutes, then sign in again"},
    {"NOT_ALLOWED",
     "check the number or id you gave; if it is right, ask your administrator "
     "whether your role covers this"},
    {"SECOND_PERSON_REQUIRED",
     "ask a colleague with that right to sign in and do this step"},
    {"FIELD_INVALID", "correct the field named and try again"},
    {"ENCODING_INVALID",
     "save the file as UTF-8, or type it on a terminal of UTF-8"},
    {"CODE_UNKNOWN",
     "the list's codes: `amparo vocabulary show LIST`; the list of a variable: "
     "`amparo vocabulary variables`"},
    {"WRONG_STATE", "look at it again with `show`; it has moved on"},
    {"VERSION_CONFLICT", "read it again, then repeat what you wanted"},
    {"CONSENT_MISSING",
     "talk with the person and record consent with `amparo consent give`"},
    {"CONSENT_WITHDRAWN",
     "the person withdrew: nothing may leave; a new consent is a new talk"},
    {"CONSENT_EXPIRED", "ask the person again and record a new consent"},
    {"CONSENT_NOT_FOR_RECIPIENT",
     "ask the person about this office and record consent for it"},
    {"CONSENT_NOT_FOR_PURPOSE",
     "one consent is for one purpose: record another for this one"},
    {"CONSENT_NOT_FOR_CATEGORY",
     "leave the category out, or ask the person and record consent for it"},
    {"CONSENT_INCOMPLETE",
     "ask all seven questions and record them with --confirmed"},
    {"GUARDIAN_REQUIRED",
     "for a minor give --given-by GUARDIAN, --assent and --best-interests"},
    {"PEER_UNKNOWN", "see `amparo peer list`"},
    {"PEER_AMBIGUOUS", "give the office id from `amparo peer list` instead"},
    {"PEER_NOT_CONFIRMED",
     "a second person compares the safety number and runs `amparo peer "
     "confirm`"},
    {"PEER_SUSPENDED", "`amparo peer resume` begins to end a suspension"},
    {"INVITATION_EXPIRED", "ask the other office for a new invitation"},
    {"INVITATION_INVALID", "ask the other office for a new invitation"},
    {"SAFETY_NUMBER_MISMATCH",
     "do not confirm: telephone the other office on a number you knew before, "
     "and compare again"},
    {"AGREEMENT_MISSING",
     "see `amparo agreement list`; propose one with `amparo agreement "
     "propose`"},
    {"AGREEMENT_EXPIRED", "propose a new one with `amparo agreement propose`"},
    {"AGREEMENT_HASH_MISMATCH", "read it again with `amparo agreement show`"},
    {"REFERRAL_OPEN",
     "look at it with `amparo referral show`; repeat with --again to ask once "
     "more all the same"},
    {"BUDGET_EXHAUSTED",
     "this cohort can never be released again: leave it out"},
    {"TABLE_UNKNOWN", "see `amparo table list`"},
    {"COLUMN_UNKNOWN",
     "correct the name, in a mapping file or after the option; `amparo "
     "vocabulary variables` shows what there is. Nothing was stored"},
    {"COLUMN_MISSING", "check that mapping and file belong together"},
    {"ALREADY_RELEASED", "see `amparo table releases`"},
    {"MAPPING_INVALID", "correct the mapping file; nothing was stored"},
    {"FILE_MODE_TOO_OPEN", "run `chmod 600` on the file"},
    {"NODE_LOCKED",
     "whoever runs the node gives it its passphrase: `amparod unlock --config "
     "FILE` as the node's user"},
    {"NODE_NOT_REACHABLE",
     "check that amparod runs and is unlocked, that --socket names its "
     "office.sock, and that your Unix user is in its office_group"},
    {"UNAVAILABLE", "try again in a moment"},
    {"USAGE", "see --help of the verb"},
};

bool IsSignIn(absl::string_view reason) {
  return reason == "NOT_SIGNED_IN" || reason == "SESSION_EXPIRED" ||
         reason == "SIGN_IN_REFUSED";
}

absl::Status WithDetail(absl::StatusCode code, absl::string_view message,
                        const ErrorDetail& detail) {
  absl::Status status(code, message);
  status.SetPayload(kDetailUrl, absl::Cord(detail.SerializeAsString()));
  return status;
}

}  // namespace

absl::Status Refusal(absl::string_view reason, absl::string_view message,
                     absl::string_view field, absl::string_view state) {
  ErrorDetail detail;
  detail.set_reason(std::string(reason));
  detail.set_field(std::string(field));
  detail.set_state(std::string(state));
  return WithDetail(absl::StatusCode::kFailedPrecondition, message, detail);
}

absl::Status UsageError(absl::string_view field, absl::string_view rule) {
  return Refusal(kReasonUsage, absl::StrCat(field, " ", rule), field);
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  // The two enums have the same numbers (gRPC took Abseil's).
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  ErrorDetail detail;
  if (!status.error_details().empty() &&
      detail.ParseFromString(status.error_details()) &&
      !detail.reason().empty()) {
    return WithDetail(code, status.error_message(), detail);
  }
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE ||
      status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return Refusal(kReasonNotReachable, "the node does not answer");
  }
  if (status.error_code() == grpc::StatusCode::CANCELLED) {
    return Refusal("UNAVAILABLE",
                   "the node ended the call: nothing moved for too long, or "
                   "the node is stopping");
  }
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    detail.set_reason("UNKNOWN_CALL");
    return WithDetail(code, "the node is of a version without this call",
                      detail);
  }
  detail.set_reason(kReasonInternal);
  return WithDetail(code, "the call failed in a way the node did not explain",
                    detail);
}

ErrorDetail DetailOf(const absl::Status& status) {
  ErrorDetail detail;
  const auto payload = status.GetPayload(kDetailUrl);
  if (!payload.has_value() || !detail.ParseFromString(std::string(*payload))) {
    detail.set_reason(kReasonInternal);
  }
  return detail;
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kDone;
  const std::string reason = DetailOf(status).reason();
  if (reason == kReasonUsage) return kUsage;
  if (IsSignIn(reason)) return kNotSignedIn;
  if (reason == kReasonNotReachable) return kNotReachable;
  if (reason == kReasonInternal ||
      status.code() == absl::StatusCode::kDataLoss ||
      status.code() == absl::StatusCode::kInternal) {
    return kProgramError;
  }
  return kRefused;
}

std::string NextStep(absl::string_view reason) {
  for (const Step& step : kSteps) {
    if (step.reason == reason) return std::string(step.next);
  }
  return "";
}

std::string FailureText(const absl::Status& status, bool json) {
  const ErrorDetail detail = DetailOf(status);
  if (json) {
    const nlohmann::ordered_json object = {
        {"reason", detail.reason()},
        {"message", std::string(status.message())},
        {"field", detail.field()},
        {"state", detail.state()}};
    return JsonText(object);
  }
  std::string text = absl::StrCat(Printable(detail.reason()), ": ",
                                  Printable(status.message()), "\n");
  if (!detail.field().empty()) {
    absl::StrAppend(&text, "  field: ", Printable(detail.field()), "\n");
  }
  if (!detail.state().empty()) {
    absl::StrAppend(&text, "  now:   ", Printable(detail.state()), "\n");
  }
  const std::string next = NextStep(detail.reason());
  if (!next.empty()) absl::StrAppend(&text, "  next:  ", next, "\n");
  return text;
}

}  // namespace amparo::cli
